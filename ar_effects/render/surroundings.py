"""What the camera sees as a tiny blurred disc: what shiny things reflect from in front of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.render.face_light import small_map
from ar_effects.render.textures import build_mipmaps
from ar_effects.render.uniform_blocks import MIRRORED_LEVELS

if TYPE_CHECKING:
    from ar_effects.render.canvas import Canvas

SIDE = 32
"""Texels of the finest level; rough surfaces see up to ``MIRRORED_LEVELS`` coarser ones."""

_PICTURE_UNIT = 0


class Host:
    """A small texture with mip levels, filled at most once a frame from the finished picture so far."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._made: tuple[Any, Any] | None = None
        self._is_new = False

    def texture(self) -> Any:
        """The disc of this frame. Binds a framebuffer of its own."""
        canvas = self._canvas
        if self._made is None:
            self._made = small_map(canvas.ctx, SIDE)
            self._made[0].filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        texture, fbo = self._made
        if not self._is_new:
            program: Any = canvas.programs.get("picture.vert.glsl", "surroundings.frag.glsl")
            program["picture"].value, program["side"].value = _PICTURE_UNIT, float(SIDE)
            canvas.targets.final.texture.use(_PICTURE_UNIT)
            canvas.faces.fill(program, fbo)
            build_mipmaps(texture, MIRRORED_LEVELS)
            self._is_new = True
        return texture

    def next_frame(self) -> None:
        """A frame is finished."""
        self._is_new = False

    def release(self) -> None:
        """Free the texture."""
        if self._made is not None:
            self._canvas.ctx.screen.use()  # moderngl binds again what was bound last: not a freed one
            for thing in reversed(self._made):
                thing.release()
            self._made = None
