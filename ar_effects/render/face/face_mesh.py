"""Tracked faces on the graphics card: one upload for each face and frame, one depth buffer for all.

Passes that follow the skin ask ``context.shared(FaceMeshes)`` for ``faces``, and for ``faces.get(mesh)``, and
draw between the lines of ``with faces.drawing(face):`` with ``face.draw(program)``. Their vertex shaders
include ``face_mesh.glsl``, which declares the attributes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.render.drawing import draw_array
from ar_effects.render.face.face_light import FaceLight
from ar_effects.render.face.face_parts import FaceParts, GpuPart, Part, StreamPart
from ar_effects.render.render_context import Component
from ar_effects.render.screen_rectangle import Rectangle, beyond, union
from ar_effects.render.stream_buffer import StreamBuffer
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ar_effects.drawlist.face_mesh import FaceMesh, FaceTopology
    from ar_effects.geometry.camera import Camera
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.render_context import RenderContext
    from ar_effects.render.targets import Picture, Targets

MARGIN_PX = 2
"""One pixel for a triangle's edge beyond pixel centres, one for rounding."""


_CONSTANT = ("in_uv", "in_border_mm", "in_rims")


class GpuFace:
    """One face of this frame, until the frame is finished; its buffers then are another's.

    Attributes:
        mesh: what was uploaded; there is none between frames.
        rectangle: the pixels it can touch, a margin of ``MARGIN_PX`` around them.
        has_depth: whether the depth buffer of faces has it.
    """

    def __init__(
        self, context: RenderContext, parts: Callable[[FaceTopology], FaceParts], mesh: FaceMesh
    ) -> None:
        self._context = context
        self._parts = parts
        self.mesh: FaceMesh
        self.rectangle = Rectangle(0, 0, 0, 0)
        self.has_depth = False
        self._vertices = StreamBuffer(context.ctx, mesh.vertices.nbytes)
        self._arrays: IdentityCache[GpuPart | StreamPart, _Arrays] = context.cache(lambda _: _Arrays(), None)
        self._light: FaceLight | None = None
        self._light_is_new = False

    def light(self) -> FaceLight:
        """How light falls on it, looked at once a frame. Binds a framebuffer of its own."""
        if self._light is None:
            self._light = FaceLight(self._context)
        if not self._light_is_new:
            self._light.update(self)
            self._light_is_new = True
        return self._light

    def upload(self, mesh: FaceMesh, rectangle: Rectangle) -> None:
        """Have this mesh's vertices in the buffer."""
        self._vertices.write(np.ascontiguousarray(mesh.vertices, np.float32))
        self.mesh, self.rectangle = mesh, rectangle
        self.has_depth = self._light_is_new = False

    def finish(self) -> None:
        """The frame is finished: the mesh is held no longer."""
        del self.mesh

    def draw(self, program: Any, part: Part = "face") -> None:
        """Draw triangles with the state that is current.

        Args:
            program: its vertex shader includes ``face_mesh.glsl``; the uniform ``size`` is filled in.
            part: "face", eyes and mouth open; "eyes" and "mouth", what fills these; "lids", both of them;
                "closed", everything; or (m, 3) uint32 triangles, one object as long as they are the same.
        """
        draw_array(self._array(program, self._parts(self.mesh.topology).part(part)))

    def draw_some(self, program: Any, triangles: NDArray[np.uint32]) -> None:
        """As ``draw``, triangles of "closed" that are others in every frame."""
        stream = self._parts(self.mesh.topology).stream
        stream.write(triangles)
        draw_array(self._array(program, stream), vertices=triangles.size)

    def release(self) -> None:
        """Free the buffer."""
        self._context.drop(self._arrays)
        self._vertices.release()
        if self._light is not None:
            self._light.release()
            self._light = None

    def _array(self, program: Any, part: GpuPart | StreamPart) -> Any:
        if "size" in program:
            program["size"].value = tuple(map(float, self._context.size))
        arrays = self._arrays.get(part)
        array = arrays.by_program.get(id(program))
        if array is None:
            array = arrays.by_program[id(program)] = self._context.ctx.vertex_array(
                program,
                [
                    (self._vertices.buffer, "3f 3f", "in_place", "in_normal"),
                    (part.constant, "2f 1f 2f", *_CONSTANT),
                ],
                part.indices,
                2,
                skip_errors=True,  # programs that have no use for some of it
            )
        return array


class _Arrays:
    """The vertex arrays of a part of a face, by the id() of their programs, which live to the end."""

    def __init__(self) -> None:
        self.by_program: dict[int, Any] = {}

    def release(self) -> None:
        for array in self.by_program.values():
            array.release()
        self.by_program.clear()


class FaceMeshes(Component):
    """The faces of the frame. Nothing is allocated before the first face is drawn."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._slots: list[GpuFace] = []
        self._here: dict[int, GpuFace] = {}
        self._topologies = context.cache(self._parts_of, keep_frames=None)
        self._targets: Targets | None = None
        self._depth: Any = None
        self._framebuffers: dict[int, tuple[Picture, Any]] = {}
        self._cleared: list[Rectangle] = []  # where this frame's depth is

    def rectangle(self, face: GpuFace, triangles: NDArray[np.uint32]) -> Rectangle | None:
        """The pixels that some of its triangles can touch; None if none can be seen."""
        vertices = self.parts(face.mesh.topology).part(triangles).vertices
        return _rectangle(face.mesh.vertices[vertices, :2], self.context.size)

    def get(self, mesh: FaceMesh) -> GpuFace | None:
        """The face, uploaded when it is asked for first in a frame; None if no pixel of it can be seen."""
        face = self._here.get(id(mesh))
        if face is not None:
            return face
        if not np.isfinite(mesh.vertices).all():
            return None
        rectangle = _rectangle(mesh.vertices[:, :2], self.context.size)
        if rectangle is None:
            return None
        if len(self._here) == len(self._slots):
            self._slots.append(GpuFace(self.context, self.parts, mesh))
        face = self._slots[len(self._here)]
        face.upload(mesh, rectangle)
        self._here[id(mesh)] = face
        return face

    def parts(self, topology: FaceTopology) -> FaceParts:
        """Constant buffers of a topology."""
        return self._topologies.get(topology)

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
        ctx = self.context.ctx
        if not hidden:
            self._fill_depth(face, rectangle or face.rectangle)
        self._draw_to_current(rectangle or face.rectangle)
        if not hidden:
            ctx.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
            ctx.depth_func = "<="
            self._cull_back()
        ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        try:
            yield
        finally:
            ctx.disable_direct(GL_FRAMEBUFFER_SRGB)
            if not hidden:
                ctx.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
                ctx.depth_func = "<"

    def next_frame(self) -> None:
        """A frame is finished: its faces are forgotten, their buffers are used again."""
        for face in self._here.values():
            face.finish()
        self._here.clear()
        self._cleared.clear()

    def release(self) -> None:
        """Free everything."""
        for face in self._slots:
            face.release()
        self._topologies.release()
        self._slots.clear()
        self._here.clear()
        self._release_framebuffers()
        super().release()

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
        self.context.ctx.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._cull_back()
        face.draw(self.context.programs.get("face_depth.vert.glsl", "depth.frag.glsl"), "closed")
        self.context.ctx.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        face.has_depth = True

    def _cull_back(self) -> None:
        self.context.ctx.cull_face = "back"
        self.context.ctx.front_face = "cw"  # clip y points down the picture

    def _draw_to_current(self, scissor: Rectangle | None, *, depth: bool = False) -> None:
        """As ``Targets.draw_to_current``, with the depth buffer of faces; writes colour or depth."""
        fbo, alpha = self._framebuffer(), self.context.targets.keep_alpha
        fbo.scissor = scissor
        fbo.color_mask = (False,) * 4 if depth else (True, True, True, alpha)
        fbo.depth_mask = depth
        fbo.use()

    def _framebuffer(self) -> Any:
        targets = self.context.targets
        if targets is not self._targets:  # the picture's size changed
            self._release_framebuffers()
            self._targets = targets
            self._depth = self.context.ctx.depth_renderbuffer(targets.size)
        found = self._framebuffers.get(id(targets.current))
        if found is None:
            made = self.context.ctx.framebuffer([targets.current.texture], self._depth)
            found = self._framebuffers[id(targets.current)] = (targets.current, made)
        return found[1]

    def _parts_of(self, topology: FaceTopology) -> FaceParts:
        return FaceParts(self.context, topology)

    def _release_framebuffers(self) -> None:
        if self._framebuffers:
            self.context.ctx.screen.use()  # moderngl binds again what was bound last: not a freed one
        for _, fbo in self._framebuffers.values():
            fbo.release()
        self._framebuffers.clear()
        if self._depth is not None:
            self._depth.release()
        self._depth = self._targets = None


def view_of(camera: Camera) -> tuple[float, float, float, float]:
    """What turns a pixel's place into the direction towards the camera, x and y for z = 1."""
    return (-1.0 / camera.fx, 1.0 / camera.fy, camera.cx / camera.fx, -camera.cy / camera.fy)


def _rectangle(places: NDArray[np.float32], size: tuple[int, int]) -> Rectangle | None:
    """The pixels of the picture that triangles between (n, 2) places can touch; None if there are none."""
    if not len(places):
        return None
    left, top = np.maximum(np.floor(places.min(axis=0) + 0.5) - MARGIN_PX, 0)
    right, bottom = np.minimum(np.floor(places.max(axis=0) + 0.5) + MARGIN_PX + 1, size)
    if left >= right or top >= bottom:
        return None
    return Rectangle(int(left), int(top), int(right - left), int(bottom - top))
