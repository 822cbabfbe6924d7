"""How light falls on a tracked face: its skin as a tiny picture in texture space, smoothed, and its mean.

Nothing is read back. The colours are those of the finished picture at the time a pass first asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

if TYPE_CHECKING:
    from ar_effects.render.canvas import Canvas
    from ar_effects.render.face_mesh import GpuFace

SIDE = 32
"""Texels of the map: about five millimetres each."""

_UNIT = 0


class FaceLight:
    """The light on one face.

    Attributes:
        skin: (SIDE, SIDE) float colours times a weight, and the weight; linear light.
        soft: the same after a Gaussian of two texels; divide colour by weight.
        mean: one texel, the weighted mean.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._owned: list[Any] = []
        self.skin, self._skin_fbo = self._map(ctx, SIDE)
        self._half, self._half_fbo = self._map(ctx, SIDE)
        self.soft, self._soft_fbo = self._map(ctx, SIDE)
        self.mean, self._mean_fbo = self._map(ctx, 1)
        self.screen = ctx.screen

    def update(self, canvas: Canvas, face: GpuFace) -> None:
        """Look at the face once more."""
        programs = canvas.programs
        look: Any = programs.get("face_light_map.vert.glsl", "face_light_map.frag.glsl")
        look["picture"].value = _UNIT
        canvas.targets.final.texture.use(_UNIT)
        self._skin_fbo.use()
        self._skin_fbo.clear()
        face.draw(look)
        blur: Any = programs.get("picture.vert.glsl", "face_light_blur.frag.glsl")
        blur["map"].value = _UNIT
        for source, target, direction in (
            (self.skin, self._half_fbo, (1, 0)),
            (self._half, self._soft_fbo, (0, 1)),
        ):
            source.use(_UNIT)
            blur["direction"].value = direction
            canvas.faces.fill(blur, target)
        mean: Any = programs.get("picture.vert.glsl", "face_light_mean.frag.glsl")
        mean["map"].value = _UNIT
        self.skin.use(_UNIT)
        canvas.faces.fill(mean, self._mean_fbo)

    def release(self) -> None:
        """Free everything."""
        self.screen.use()  # moderngl binds again what was bound last: that must not be a freed one
        for thing in reversed(self._owned):
            thing.release()
        self._owned.clear()

    def _map(self, ctx: moderngl.Context, side: int) -> tuple[Any, Any]:
        texture, fbo = small_map(ctx, side)
        self._owned += [texture, fbo]
        return texture, fbo


def small_map(ctx: moderngl.Context, side: int) -> tuple[Any, Any]:
    """A square texture of floats, and the framebuffer on it. Half floats are slow to read in software."""
    texture = ctx.texture((side, side), 4, dtype="f4")
    texture.repeat_x = texture.repeat_y = False
    return texture, ctx.framebuffer([texture])
