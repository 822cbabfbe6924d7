"""Warps: a mesh over the picture that reads a snapshot of it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.render.screen_rectangle import Rectangle
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB

if TYPE_CHECKING:
    from ar_effects.drawlist.warp import WarpDraw
    from ar_effects.render.canvas import Canvas

PICTURE_UNIT = 0
MARGIN_PX = 2


class WarpPass:
    """Draws a warp's mesh; the buffers grow with the largest and stay."""

    def __init__(self, canvas: Canvas) -> None:
        self._ctx = canvas.ctx
        self._program: Any = canvas.programs.get("warp.vert.glsl", "warp.frag.glsl")
        self._vertices: Any = None
        self._triangles: Any = None
        self._vao: Any = None

    def draw(self, canvas: Canvas, draw: WarpDraw) -> None:
        """A warp that moves nothing, or is not finite, leaves the picture as it is."""
        if not draw.triangles.size or not np.isfinite(draw.vertices).all():
            return
        rectangle = _rectangle(draw.vertices, canvas.size)
        if rectangle is None:
            return
        self._upload(np.ascontiguousarray(draw.vertices), np.ascontiguousarray(draw.triangles))
        under = canvas.snapshot(rectangle)
        under.texture.use(PICTURE_UNIT)
        self._program["picture"].value = PICTURE_UNIT
        self._program["size"].value = tuple(map(float, canvas.size))
        canvas.targets.draw_to_current(rectangle)
        self._ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        self._vao.render(moderngl.TRIANGLES, vertices=draw.triangles.size)
        self._ctx.disable_direct(GL_FRAMEBUFFER_SRGB)
        canvas.targets.give_back(under)

    def next_frame(self) -> None:
        """Nothing is kept by frame."""

    def release(self) -> None:
        """Free the buffers."""
        for thing in (self._vao, self._vertices, self._triangles):
            if thing is not None:
                thing.release()
        self._vao = self._vertices = self._triangles = None

    def _upload(self, vertices: np.ndarray, triangles: np.ndarray) -> None:
        if (
            self._vao is None
            or self._vertices.size < vertices.nbytes
            or self._triangles.size < triangles.nbytes
        ):
            # room for every cell of the same grid, so that a growing warp does not ask again and again
            room = max(12 * len(vertices), triangles.nbytes)
            self.release()
            self._vertices = self._ctx.buffer(reserve=vertices.nbytes, dynamic=True)
            self._triangles = self._ctx.buffer(reserve=room, dynamic=True)
            layout = (self._vertices, "4f", "in_drawn_read")
            self._vao = self._ctx.vertex_array(self._program, [layout], self._triangles, 2)
        else:
            self._vertices.orphan()
            self._triangles.orphan()
        self._vertices.write(vertices)
        self._triangles.write(triangles)


def _rectangle(vertices: np.ndarray, size: tuple[int, int]) -> Rectangle | None:
    """The pixels that are drawn or read."""
    places = vertices.reshape(-1, 2)
    left, top = np.maximum(np.floor(places.min(axis=0)) - MARGIN_PX, 0)
    right, bottom = np.minimum(np.ceil(places.max(axis=0)) + MARGIN_PX + 1, size)
    if left >= right or top >= bottom:
        return None
    return Rectangle(int(left), int(top), int(right - left), int(bottom - top))
