"""Occluders on the graphics card: meshes that only fill depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ar_effects.errors import InputError
from ar_effects.messages import Message
from ar_effects.render.drawing import draw_array
from ar_effects.render.screen_rectangle import corners
from ar_effects.render.stream_buffer import StreamBuffer

if TYPE_CHECKING:
    import moderngl
    from numpy.typing import NDArray

    from ar_effects.drawlist import Mesh
    from ar_effects.render.programs import Programs


class GpuMesh:
    """An occluder's triangles; ``update`` replaces them."""

    def __init__(self, ctx: moderngl.Context, programs: Programs, mesh: Mesh) -> None:
        self._ctx = ctx
        self._program = programs.get("depth.vert.glsl", "depth.frag.glsl")
        self._stream = StreamBuffer(ctx, max(mesh.vertices.nbytes, 12))
        self._indices: Any = None
        self._vao: Any = None
        self._triangles: NDArray[np.uint32] | None = None
        self._count = self._vertices_needed = 0
        self._vertices: NDArray[np.float32] = mesh.vertices
        self._box: NDArray[np.float64] | None = None
        try:
            self.update(mesh)
        except BaseException:
            self.release()
            raise

    def update(self, mesh: Mesh) -> None:
        """Upload; triangles that are the same array as before are not sent again."""
        vertices = np.ascontiguousarray(mesh.vertices, np.float32)
        self._vertices, self._box = vertices, None
        if len(vertices) < self._vertices_needed:
            self._triangles = None  # checked again below
        if mesh.triangles is not self._triangles:
            indices = packed_indices(mesh.triangles, len(vertices))
            self._release_triangles()
            self._indices = self._ctx.buffer(indices) if indices.size else self._ctx.buffer(reserve=4)
            self._vao = self._ctx.vertex_array(
                self._program, [(self._stream.buffer, "3f", "in_position")], self._indices, indices.itemsize
            )
            self._triangles, self._count = mesh.triangles, indices.size
            self._vertices_needed = int(mesh.triangles.max()) + 1 if indices.size else 0
        self._stream.write(vertices)

    @property
    def box(self) -> NDArray[np.float64]:
        """(8, 4) homogeneous corners of the box around its vertices."""
        if self._box is None:
            vertices = self._vertices if len(self._vertices) else np.zeros((1, 3))
            self._box = corners(np.stack([vertices.min(axis=0), vertices.max(axis=0)]))
        return self._box

    def draw(self) -> None:
        """Draw with the state and the draw block that are current."""
        if self._count:
            draw_array(self._vao, vertices=self._count)

    def release(self) -> None:
        """Free the buffers."""
        self._release_triangles()
        self._stream.release()

    def _release_triangles(self) -> None:
        for thing in (self._vao, self._indices):
            if thing is not None:
                thing.release()
        self._vao = self._indices = self._triangles = None


def packed_indices(triangles: NDArray[np.uint32], vertex_count: int) -> NDArray[Any]:
    """Two bytes an index where they suffice; what a driver does with a wild index is anybody's guess."""
    if triangles.size and int(triangles.max()) >= vertex_count:
        raise InputError(
            Message("render.indices-past-vertices", vertex_count=vertex_count), got=str(triangles.max())
        )
    return np.ascontiguousarray(triangles, np.uint16 if vertex_count <= 0xFFFF else np.uint32)
