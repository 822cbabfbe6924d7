"""The mesh of a tracked face as glowing lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.drawlist.face_paint import WireframeDraw
from ar_effects.render.drawing import draw_array
from ar_effects.render.face.face_mesh import FaceMeshes, view_of
from ar_effects.render.passes.base import Pass
from ar_effects.render.screen_rectangle import Rectangle
from ar_effects.render.stream_buffer import StreamBuffer

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEARER_MM = 6.0
_INVISIBLE = 1.0 / 512.0
_COLUMNS = ("in_from", "in_from_normal", "in_to", "in_to_normal")
_LINE_BYTES = 4 * 12
_LESS_EQUAL, _GREATER = "<=", ">"


class WireframePass(Pass[WireframeDraw]):
    """Draws a strip for each edge; what the face hides is drawn a second time, dimmer."""

    def prepare(self) -> None:
        """Make the program; the buffer gets its size with the first mesh."""
        context = self.context
        self._faces = context.shared(FaceMeshes)
        self._program: Any = context.programs.get("wireframe.vert.glsl", "wireframe.frag.glsl")
        self._lines: NDArray[np.float32] = np.empty((0, 2, 6), np.float32)
        self._stream = self.own(StreamBuffer(context.ctx, _LINE_BYTES))
        layout = (self._stream.buffer, "3f 3f 3f 3f/i", *_COLUMNS)
        self._array: Any = self.own(context.ctx.vertex_array(self._program, [layout]))

    def draw(self, draw: WireframeDraw) -> None:
        """Faces that cannot be seen, and lines without light, cost nothing."""
        context, ctx, program = self.context, self.context.ctx, self._program
        face = self._faces.get(draw.mesh)
        if face is None or draw.opacity < _INVISIBLE or not len(draw.edges):
            return
        self._send(draw)
        glow_px = draw.glow_px if draw.glow > 0.0 else 0.0
        reach = _beside(draw)
        for name, value in (
            ("size", tuple(map(float, context.size))),
            ("view", view_of(context.camera)),
            ("reach_px", reach),
            ("nearer_mm", NEARER_MM),
            ("width_px", draw.width_px),
            ("glow_px", glow_px),
            ("glow", draw.glow),
            ("faded", draw.hidden),
        ):
            program[name].value = value
        rectangle = self.area(draw)
        with self._faces.drawing(face, rectangle):
            ctx.disable(moderngl.CULL_FACE)
            ctx.enable(moderngl.BLEND)
            ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_COLOR)
            for depth, bright in ((_LESS_EQUAL, 1.0), (_GREATER, draw.hidden)):
                if draw.opacity * bright >= _INVISIBLE:
                    ctx.depth_func = depth
                    program["colour"].value = (*draw.colour, draw.opacity * bright)
                    draw_array(self._array, moderngl.TRIANGLE_STRIP, vertices=4, instances=len(draw.edges))
            ctx.disable(moderngl.BLEND)

    def area(self, draw: WireframeDraw) -> Rectangle | None:
        """The pixels of the face, and as far beside it as the light of its lines."""
        face = self._faces.get(draw.mesh)
        return grown(face.rectangle, int(np.ceil(_beside(draw))), self.context.size) if face else None

    def _send(self, draw: WireframeDraw) -> None:
        """Both ends of every line, side by side."""
        count = len(draw.edges)
        if len(self._lines) < count:
            self._lines = np.empty((count, 2, 6), np.float32)
        lines = self._lines[:count]
        np.take(draw.mesh.vertices, draw.edges, axis=0, out=lines, mode="clip")
        self._stream.write(lines)


def _beside(draw: WireframeDraw) -> float:
    """Half the width of a line's strip."""
    return 0.5 * draw.width_px + max(draw.glow_px if draw.glow > 0.0 else 0.0, 1.0)


def grown(rectangle: Rectangle, by: int, size: tuple[int, int]) -> Rectangle:
    """A rectangle with a margin, inside the picture."""
    left, top = max(rectangle.x - by, 0), max(rectangle.y - by, 0)
    right = min(rectangle.x + rectangle.width + by, size[0])
    bottom = min(rectangle.y + rectangle.height + by, size[1])
    return Rectangle(left, top, right - left, bottom - top)
