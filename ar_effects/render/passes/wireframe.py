"""The mesh of a tracked face as glowing lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.render.passes.face_texture import view_of
from ar_effects.render.screen_rectangle import Rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ar_effects.drawlist.face_paint import WireframeDraw
    from ar_effects.render.canvas import Canvas

NEARER_MM = 6.0
_INVISIBLE = 1.0 / 512.0
_COLUMNS = ("in_from", "in_from_normal", "in_to", "in_to_normal")
_LESS_EQUAL, _GREATER = "<=", ">"


class WireframePass:
    """Draws a strip for each edge; what the face hides is drawn a second time, dimmer."""

    def __init__(self, canvas: Canvas) -> None:
        self._ctx = canvas.ctx
        self._program: Any = canvas.programs.get("wireframe.vert.glsl", "wireframe.frag.glsl")
        self._lines: NDArray[np.float32] = np.empty((0, 2, 6), np.float32)
        self._buffer: Any = None
        self._vao: Any = None

    def draw(self, canvas: Canvas, draw: WireframeDraw) -> None:
        """Faces that cannot be seen, and lines without light, cost nothing."""
        face = canvas.faces.get(draw.mesh)
        if face is None or draw.opacity < _INVISIBLE or not len(draw.edges):
            return
        self._fill(draw)
        program, ctx = self._program, self._ctx
        glow_px = draw.glow_px if draw.glow > 0.0 else 0.0
        reach = _beside(draw)
        for name, value in (
            ("size", tuple(map(float, canvas.size))),
            ("view", view_of(canvas.camera)),
            ("reach_px", reach),
            ("nearer_mm", NEARER_MM),
            ("width_px", draw.width_px),
            ("glow_px", glow_px),
            ("glow", draw.glow),
            ("faded", draw.hidden),
        ):
            program[name].value = value
        rectangle = self.reach(canvas, draw)
        with canvas.faces.drawing(face, rectangle):
            ctx.disable(moderngl.CULL_FACE)
            ctx.enable(moderngl.BLEND)
            ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_COLOR)
            for depth, bright in ((_LESS_EQUAL, 1.0), (_GREATER, draw.hidden)):
                if draw.opacity * bright >= _INVISIBLE:
                    ctx.depth_func = depth
                    program["colour"].value = (*draw.colour, draw.opacity * bright)
                    self._vao.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(draw.edges))
            ctx.disable(moderngl.BLEND)

    def reach(self, canvas: Canvas, draw: WireframeDraw) -> Rectangle | None:
        """The pixels of the face, and as far beside it as the light of its lines."""
        face = canvas.faces.get(draw.mesh)
        return grown(face.rectangle, int(np.ceil(_beside(draw))), canvas.size) if face else None

    def next_frame(self) -> None:
        """Nothing is kept that grows."""

    def release(self) -> None:
        """Free the buffer."""
        for thing in (self._vao, self._buffer):
            if thing is not None:
                thing.release()
        self._vao = self._buffer = None

    def _fill(self, draw: WireframeDraw) -> None:
        """Both ends of every line, side by side."""
        count = len(draw.edges)
        if len(self._lines) < count:
            self.release()
            self._lines = np.empty((count, 2, 6), np.float32)
            self._buffer = self._ctx.buffer(reserve=self._lines.nbytes, dynamic=True)
            layout = (self._buffer, "3f 3f 3f 3f/i", *_COLUMNS)
            self._vao = self._ctx.vertex_array(self._program, [layout])
        lines = self._lines[:count]
        np.take(draw.mesh.vertices, draw.edges, axis=0, out=lines, mode="clip")
        self._buffer.orphan()
        self._buffer.write(lines)


def _beside(draw: WireframeDraw) -> float:
    """Half the width of a line's strip."""
    return 0.5 * draw.width_px + max(draw.glow_px if draw.glow > 0.0 else 0.0, 1.0)


def grown(rectangle: Rectangle, by: int, size: tuple[int, int]) -> Rectangle:
    """A rectangle with a margin, inside the picture."""
    left, top = max(rectangle.x - by, 0), max(rectangle.y - by, 0)
    right = min(rectangle.x + rectangle.width + by, size[0])
    bottom = min(rectangle.y + rectangle.height + by, size[1])
    return Rectangle(left, top, right - left, bottom - top)
