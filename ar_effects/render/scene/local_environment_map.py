"""What the camera sees as a tiny blurred disc: what shiny things reflect from in front of them."""

from __future__ import annotations

from typing import Any

import moderngl

from ar_effects.render.render_context import Component
from ar_effects.render.scene.uniform_blocks import MIRRORED_LEVELS
from ar_effects.render.targets import small_map
from ar_effects.render.textures import build_mipmaps

SIDE = 32
"""Texels of the finest level; rough surfaces see up to ``MIRRORED_LEVELS`` coarser ones."""

_PICTURE_UNIT = 0


class LocalEnvironmentMap(Component):
    """A small texture with mip levels, filled at most once a frame from the finished picture so far."""

    _made: tuple[Any, Any] | None = None
    _is_new = False

    def texture(self) -> Any:
        """The disc of this frame. Binds a framebuffer of its own."""
        context = self.context
        if self._made is None:
            texture, fbo = map(self.own, small_map(context.ctx, SIDE))
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            self._made = texture, fbo
        texture, fbo = self._made
        if not self._is_new:
            program: Any = context.programs.get("picture.vert.glsl", "local_environment_map.frag.glsl")
            program["picture"].value, program["side"].value = _PICTURE_UNIT, float(SIDE)
            context.targets.final.texture.use(_PICTURE_UNIT)
            context.full_screen.draw(program, fbo)
            build_mipmaps(texture, MIRRORED_LEVELS)
            self._is_new = True
        return texture

    def next_frame(self) -> None:
        """A frame is finished."""
        self._is_new = False
