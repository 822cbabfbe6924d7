"""How light falls on a tracked face: its skin as a tiny picture in texture space, smoothed, and its mean.

Nothing is read back. The colours are those of the finished picture at the time a pass first asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ar_effects.render.render_context import Component
from ar_effects.render.targets import small_map

if TYPE_CHECKING:
    from ar_effects.render.render_context import RenderContext

SIDE = 32
"""Texels of the map: about five millimetres each."""

_UNIT = 0


class DrawnFace(Protocol):
    """Draws its triangles with a program whose vertex shader includes ``face_mesh.glsl``."""

    def draw(self, program: Any) -> None:
        """With the state that is current."""


class FaceLight(Component):
    """The light on one face.

    Attributes:
        skin: (SIDE, SIDE) float colours times a weight, and the weight; linear light.
        soft: the same after a Gaussian of two texels; divide colour by weight.
        mean: one texel, the weighted mean.
    """

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self.skin, self._skin_fbo = self._map(SIDE)
        self._half, self._half_fbo = self._map(SIDE)
        self.soft, self._soft_fbo = self._map(SIDE)
        self.mean, self._mean_fbo = self._map(1)

    def update(self, face: DrawnFace) -> None:
        """Look at the face once more."""
        programs, run = self.context.programs, self.context.full_screen.draw
        sampler: Any = programs.get("face_light_map.vert.glsl", "face_light_map.frag.glsl")
        sampler["picture"].value = _UNIT
        self.context.targets.final.texture.use(_UNIT)
        self._skin_fbo.use()
        self._skin_fbo.clear()
        face.draw(sampler)
        blur: Any = programs.get("picture.vert.glsl", "face_light_blur.frag.glsl")
        blur["map"].value = _UNIT
        for source, target, direction in (
            (self.skin, self._half_fbo, (1, 0)),
            (self._half, self._soft_fbo, (0, 1)),
        ):
            source.use(_UNIT)
            blur["direction"].value = direction
            run(blur, target)
        mean: Any = programs.get("picture.vert.glsl", "face_light_mean.frag.glsl")
        mean["map"].value = _UNIT
        self.skin.use(_UNIT)
        run(mean, self._mean_fbo)

    def _map(self, side: int) -> tuple[Any, Any]:
        texture, fbo = map(self.own, small_map(self.context.ctx, side))
        return texture, fbo
