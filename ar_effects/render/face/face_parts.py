"""What the faces of one topology share on the graphics card: constant attributes, and triangles by parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ar_effects.render.stream_buffer import StreamBuffer

if TYPE_CHECKING:
    import moderngl

    from ar_effects.drawlist.face_mesh import FaceTopology
    from ar_effects.render.render_context import RenderContext

Part = str | NDArray[np.uint32]
"""Triangles to draw: a name, or themselves."""


class GpuPart:
    """Some triangles of a topology.

    Attributes:
        constant: the buffer of what is constant of the topology's vertices.
        indices: the index buffer, two bytes an index.
        vertices: (k,) the vertices that its triangles have, each once, rising.
    """

    def __init__(self, ctx: moderngl.Context, constant: Any, triangles: NDArray[np.uint32]) -> None:
        self.constant = constant
        self.indices: Any = ctx.buffer(np.ascontiguousarray(triangles, np.uint16))
        self.vertices: NDArray[np.uint32] = np.unique(triangles)

    def release(self) -> None:
        """Free the indices; what is constant is the topology's."""
        self.indices.release()


class StreamPart:
    """Triangles that are others every time, as ``GpuPart``."""

    def __init__(self, ctx: moderngl.Context, constant: Any, most: int) -> None:
        self.constant = constant
        self._buffer = StreamBuffer(ctx, max(6 * most, 6))
        self.indices: Any = self._buffer.buffer

    def write(self, triangles: NDArray[np.uint32]) -> None:
        """Have these triangles in it."""
        self._buffer.write(np.ascontiguousarray(triangles, np.uint16))

    def release(self) -> None:
        """Free the indices."""
        self._buffer.release()


class FaceParts:
    """Buffers of one topology.

    Attributes:
        closed: (m, 3) uint32, the triangles of the part of this name.
        stream: for triangles of ``closed`` that are others every time.
    """

    def __init__(self, context: RenderContext, topology: FaceTopology) -> None:
        constant = np.column_stack([topology.uvs, topology.border_mm, topology.rims])
        self._context, self._ctx = context, context.ctx
        self._constant: Any = self._ctx.buffer(np.ascontiguousarray(constant, np.float32))
        face, eyes, mouth = topology.triangles, topology.eye_triangles, topology.mouth_triangles
        parts = {
            "face": face,
            "eyes": eyes,
            "mouth": mouth,
            "lids": np.concatenate([eyes, mouth]),
            "closed": np.concatenate([face, eyes, mouth]),
        }
        self._named = {name: self._upload(triangles) for name, triangles in parts.items()}
        self._own = context.cache(self._upload, keep_frames=None)
        self.stream = StreamPart(self._ctx, self._constant, len(parts["closed"]))
        self.closed: NDArray[np.uint32] = parts["closed"]

    def part(self, part: Part) -> GpuPart:
        """A part; triangles of one's own are uploaded when they are asked for first."""
        return self._named[part] if isinstance(part, str) else self._own.get(part)

    def release(self) -> None:
        """Free everything."""
        self._context.drop(self._own)
        for thing in (self.stream, *self._named.values(), self._constant):
            thing.release()

    def _upload(self, triangles: NDArray[np.uint32]) -> GpuPart:
        return GpuPart(self._ctx, self._constant, triangles)
