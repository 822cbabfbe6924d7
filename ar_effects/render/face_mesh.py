"""Tracked faces on the graphics card: one upload for each face and frame, one depth buffer for all.

Passes that follow the skin call ``canvas.faces.get(mesh)`` and draw between the lines of
``with canvas.faces.drawing(face):`` with ``face.draw(program)``. Their vertex shaders include
``face_mesh.glsl``, which declares the attributes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.render.face_light import FaceLight
from ar_effects.render.face_parts import FaceParts, Part
from ar_effects.render.screen_rectangle import Rectangle, beyond, union
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ar_effects.drawlist.face_mesh import FaceMesh, FaceTopology
    from ar_effects.render.canvas import Canvas
    from ar_effects.render.targets import Picture, Targets

MARGIN_PX = 2
"""One pixel for a triangle's edge beyond pixel centres, one for rounding."""


_CONSTANT = ("in_uv", "in_border_mm", "in_rims")


class GpuFace:
    """One face of this frame, until the frame is finished.

    Attributes:
        mesh: what was uploaded.
        rectangle: the pixels it can touch, a margin of ``MARGIN_PX`` around them.
        vertices: the buffer of ``mesh.vertices``.
    """

    def __init__(self, faces: FaceMeshes) -> None:
        self._faces = faces
        self.mesh: FaceMesh
        self.rectangle = Rectangle(0, 0, 0, 0)
        self.vertices: Any = None
        self._topology: FaceTopology | None = None
        self._vaos: dict[tuple[int, str | int], Any] = {}
        self._generation = 0
        self.has_depth = False
        self._light: FaceLight | None = None
        self._light_is_new = False

    def light(self, canvas: Canvas) -> FaceLight:
        """How light falls on it, looked at once a frame. Binds a framebuffer of its own."""
        if self._light is None:
            self._light = FaceLight(self._faces.ctx)
        if not self._light_is_new:
            self._light.update(canvas, self)
            self._light_is_new = True
        return self._light

    def upload(self, mesh: FaceMesh, rectangle: Rectangle) -> None:
        """Fill the buffer again."""
        if self.vertices is None or self.vertices.size != mesh.vertices.nbytes:
            self.release()
            self.vertices = self._faces.ctx.buffer(reserve=mesh.vertices.nbytes, dynamic=True)
        if mesh.topology is not self._topology:
            self._release_vaos()
            self._topology = mesh.topology
        self.vertices.orphan()
        self.vertices.write(np.ascontiguousarray(mesh.vertices, np.float32))
        self.mesh, self.rectangle = mesh, rectangle
        self.has_depth = self._light_is_new = False

    def draw(self, program: Any, part: Part = "face") -> None:
        """Draw triangles with the state that is current.

        Args:
            program: its vertex shader includes ``face_mesh.glsl``; the uniform ``size`` is filled in.
            part: "face", eyes and mouth open; "eyes" and "mouth", what fills these; "lids", both of them;
                "closed", everything; or (m, 3) uint32 triangles, one object as long as they are the same.
        """
        shared = self._faces.shared(self.mesh.topology)
        indices, generation = shared.part(part), shared.generation
        name = part if isinstance(part, str) else id(part)
        self._vao(program, name, indices, generation).render()

    def draw_some(self, program: Any, triangles: NDArray[np.uint32]) -> None:
        """As ``draw``, triangles of "closed" that are others in every frame."""
        shared = self._faces.shared(self.mesh.topology)
        indices = shared.stream(triangles)
        self._vao(program, "some", indices, shared.generation).render(vertices=triangles.size)

    def _vao(self, program: Any, name: str | int, indices: Any, generation: int) -> Any:
        if "size" in program:
            program["size"].value = tuple(map(float, self._faces.size))
        if generation != self._generation:
            self._release_vaos()
            self._generation = generation
        key = (id(program), name)
        vao = self._vaos.get(key)
        if vao is None:
            vao = self._vaos[key] = self._faces.ctx.vertex_array(
                program,
                [
                    (self.vertices, "3f 3f", "in_place", "in_normal"),
                    (self._faces.shared(self.mesh.topology).constant, "2f 1f 2f", *_CONSTANT),
                ],
                indices,
                2,
                skip_errors=True,  # programs that have no use for some of it
            )
        return vao

    def release(self) -> None:
        """Free the buffer."""
        self._release_vaos()
        if self.vertices is not None:
            self.vertices.release()
            self.vertices = None
        if self._light is not None:
            self._light.release()
            self._light = None

    def _release_vaos(self) -> None:
        for vao in self._vaos.values():
            vao.release()
        self._vaos.clear()


class FaceMeshes:
    """The faces of the frame. Made by the canvas; nothing is allocated before the first face is drawn."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.ctx = canvas.ctx
        self._slots: list[GpuFace] = []
        self._here: dict[int, GpuFace] = {}
        self._shared: dict[int, FaceParts] = {}
        self._whole: dict[int, Any] = {}
        self._targets: Targets | None = None
        self._depth: Any = None
        self._framebuffers: dict[int, tuple[Picture, Any]] = {}
        self._cleared: list[Rectangle] = []  # where this frame's depth is

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self._canvas.size

    def rectangle(self, face: GpuFace, triangles: NDArray[np.uint32]) -> Rectangle | None:
        """The pixels that some of its triangles can touch; None if none can be seen."""
        return _rectangle(face.mesh.vertices[np.unique(triangles), :2], self.size)

    def get(self, mesh: FaceMesh) -> GpuFace | None:
        """The face, uploaded when it is asked for first in a frame; None if no pixel of it can be seen."""
        face = self._here.get(id(mesh))
        if face is not None:
            return face
        rectangle = _rectangle(mesh.vertices[:, :2], self.size) if np.isfinite(mesh.vertices).all() else None
        if rectangle is None:
            return None
        if len(self._here) == len(self._slots):
            self._slots.append(GpuFace(self))
        face = self._slots[len(self._here)]
        face.upload(mesh, rectangle)
        self._here[id(mesh)] = face
        return face

    def shared(self, topology: FaceTopology) -> FaceParts:
        """Constant buffers of a topology."""
        if id(topology) not in self._shared:
            self._shared[id(topology)] = FaceParts(self.ctx, topology)
        return self._shared[id(topology)]

    def fill(self, program: Any, fbo: Any) -> None:
        """Run a program of ``picture.vert.glsl`` on every pixel of a framebuffer that is no picture's."""
        vao = self._whole.get(id(program))
        if vao is None:
            vao = self._whole[id(program)] = self.ctx.vertex_array(program, [])
        fbo.use()
        vao.render(moderngl.TRIANGLES, vertices=3)

    @contextmanager
    def drawing(
        self, face: GpuFace, rectangle: Rectangle | None = None, *, hidden: bool = False
    ) -> Iterator[None]:
        """What is drawn in the block goes to the current picture, in linear light, inside the rectangle.

        Args:
            face: from ``get``.
            rectangle: of the picture; None for the face's own.
            hidden: draw also what turns away and what other parts of the face hide. Otherwise back faces are
                dropped, and so is what lies behind the faces that were drawn in this frame so far.
        """
        if not hidden:
            self._fill_depth(face, rectangle or face.rectangle)
        self._draw_to_current(rectangle or face.rectangle)
        if not hidden:
            self.ctx.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
            self.ctx.depth_func = "<="
            self._cull_back()
        self.ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        try:
            yield
        finally:
            self.ctx.disable_direct(GL_FRAMEBUFFER_SRGB)
            if not hidden:
                self.ctx.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
                self.ctx.depth_func = "<"

    def next_frame(self) -> None:
        """A frame is finished: its faces are forgotten, their buffers are used again."""
        self._here.clear()
        self._cleared.clear()

    def release(self) -> None:
        """Free everything."""
        for face in self._slots:
            face.release()
        for shared in self._shared.values():
            shared.release()
        self._slots.clear()
        self._shared.clear()
        self._here.clear()
        for vao in self._whole.values():
            vao.release()
        self._whole.clear()
        self._release_framebuffers()

    def _fill_depth(self, face: GpuFace, rectangle: Rectangle) -> None:
        """Have the depth of the face, and the farthest around it as far as the rectangle goes."""
        wanted = union([face.rectangle, rectangle])
        anew = beyond(wanted, self._cleared)
        if face.has_depth and not anew:
            return
        self._draw_to_current(None, depth=True)
        for part in anew:
            self._framebuffer().clear(depth=1.0, viewport=part)
        self._cleared += anew
        if face.has_depth:
            return
        self.ctx.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._cull_back()
        face.draw(self._canvas.programs.get("face_depth.vert.glsl", "depth.frag.glsl"), "closed")
        self.ctx.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        face.has_depth = True

    def _cull_back(self) -> None:
        self.ctx.cull_face = "back"
        self.ctx.front_face = "cw"  # clip y points down the picture

    def _draw_to_current(self, scissor: Rectangle | None, *, depth: bool = False) -> None:
        """As ``Targets.draw_to_current``, with the depth buffer of faces; writes colour or depth."""
        fbo, alpha = self._framebuffer(), self._canvas.targets.keep_alpha
        fbo.scissor = scissor
        fbo.color_mask = (False,) * 4 if depth else (True, True, True, alpha)
        fbo.depth_mask = depth
        fbo.use()

    def _framebuffer(self) -> Any:
        targets = self._canvas.targets
        if targets is not self._targets:  # the picture's size changed
            self._release_framebuffers()
            self._targets = targets
            self._depth = self.ctx.depth_renderbuffer(targets.size)
        found = self._framebuffers.get(id(targets.current))
        if found is None:
            made = self.ctx.framebuffer([targets.current.texture], self._depth)
            found = self._framebuffers[id(targets.current)] = (targets.current, made)
        return found[1]

    def _release_framebuffers(self) -> None:
        if self._framebuffers:
            self.ctx.screen.use()  # moderngl binds again what was bound last: that must not be a freed one
        for _, fbo in self._framebuffers.values():
            fbo.release()
        self._framebuffers.clear()
        if self._depth is not None:
            self._depth.release()
        self._depth = self._targets = None


def _rectangle(places: NDArray[np.float32], size: tuple[int, int]) -> Rectangle | None:
    """The pixels of the picture that triangles between (n, 2) places can touch; None if there are none."""
    if not len(places):
        return None
    left, top = np.maximum(np.floor(places.min(axis=0) + 0.5) - MARGIN_PX, 0)
    right, bottom = np.minimum(np.floor(places.max(axis=0) + 0.5) + MARGIN_PX + 1, size)
    if left >= right or top >= bottom:
        return None
    return Rectangle(int(left), int(top), int(right - left), int(bottom - top))
