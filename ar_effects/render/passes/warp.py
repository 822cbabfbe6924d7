"""Warps: a mesh over the picture that reads a snapshot of it elsewhere."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np

from ar_effects.drawlist.warp import WarpDraw
from ar_effects.render.drawing import draw_array
from ar_effects.render.passes.base import Pass
from ar_effects.render.screen_rectangle import Rectangle
from ar_effects.render.stream_buffer import StreamBuffer
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB

PICTURE_UNIT = 0
MARGIN_PX = 2
_SMALLEST_BYTES = 16


class WarpPass(Pass[WarpDraw]):
    """Draws a warp's mesh; the buffers grow with the largest and stay."""

    def prepare(self) -> None:
        """Make the program; the buffers get their size with the first warp."""
        self._program: Any = self.context.programs.get("warp.vert.glsl", "warp.frag.glsl")
        self._vertices = self.own(StreamBuffer(self.context.ctx, _SMALLEST_BYTES))
        self._triangles = self.own(StreamBuffer(self.context.ctx, _SMALLEST_BYTES))
        layout = (self._vertices.buffer, "4f", "in_drawn_read")
        self._array: Any = self.own(
            self.context.ctx.vertex_array(self._program, [layout], self._triangles.buffer, 2)
        )

    def draw(self, draw: WarpDraw) -> None:
        """A warp that moves nothing, or is not finite, leaves the picture as it is."""
        if not draw.triangles.size or not np.isfinite(draw.vertices).all():
            return
        context, ctx = self.context, self.context.ctx
        rectangle = _rectangle(draw.vertices, context.size)
        if rectangle is None:
            return
        self._vertices.write(np.ascontiguousarray(draw.vertices))
        # room for every cell of the same grid, so that a growing warp does not ask again and again
        self._triangles.write(np.ascontiguousarray(draw.triangles), 12 * len(draw.vertices))
        with context.snapshot(rectangle) as under:
            under.use(PICTURE_UNIT)
            self._program["picture"].value = PICTURE_UNIT
            self._program["size"].value = tuple(map(float, context.size))
            context.targets.draw_to_current(rectangle)
            ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
            draw_array(self._array, moderngl.TRIANGLES, vertices=draw.triangles.size)
            ctx.disable_direct(GL_FRAMEBUFFER_SRGB)


def _rectangle(vertices: np.ndarray, size: tuple[int, int]) -> Rectangle | None:
    """The pixels that are drawn or read."""
    places = vertices.reshape(-1, 2)
    left, top = np.maximum(np.floor(places.min(axis=0)) - MARGIN_PX, 0)
    right, bottom = np.minimum(np.ceil(places.max(axis=0)) + MARGIN_PX + 1, size)
    if left >= right or top >= bottom:
        return None
    return Rectangle(int(left), int(top), int(right - left), int(bottom - top))
