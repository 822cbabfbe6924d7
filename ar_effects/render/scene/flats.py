"""Sprites and particles of a scene: where they are seen, how far away, and drawn one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import moderngl
import numpy as np

from ar_effects.drawlist import ParticlesDraw, SpriteDraw
from ar_effects.render.render_context import Component
from ar_effects.render.scene.sprites import ParticlePainter, SpritePainter
from ar_effects.render.screen_rectangle import Rectangle, corners, screen_rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ar_effects.drawlist import Scene
    from ar_effects.geometry.camera import Camera
    from ar_effects.render.render_context import RenderContext

INVISIBLE = 0.5 / 255.0
_CAMERA = np.eye(4)
_SPRITE_BOX = corners(np.array([[-0.5, -0.5, 0.0], [0.5, 0.5, 0.0]]))


class Flat(NamedTuple):
    """A sprite or swarm in sight; it takes its place among see-through surfaces by its depth.

    ``hidden``: whether the depth of what is there already counts.
    """

    draw: SpriteDraw | ParticlesDraw
    depth: float
    rectangle: Rectangle
    hidden: bool


def back_to_front(flats: Sequence[Flat]) -> list[Flat]:
    """In the order to draw them; swarms that fly through one another, as flames and the light on them do, in
    that in which they are listed: their middles change places by chance.
    """
    ordered: list[Flat] = []
    for flat in flats:
        nearer = (k for k, other in enumerate(ordered) if _is_nearer(other, flat))
        ordered.insert(next(nearer, len(ordered)), flat)
    return ordered


def _is_nearer(one: Flat, other: Flat) -> bool:
    if isinstance(one.draw, ParticlesDraw) and isinstance(other.draw, ParticlesDraw):
        return bool(one.draw.bounds_mm[0, 2] > other.draw.bounds_mm[1, 2])
    return one.depth < other.depth


class Flats(Component):
    """Finds and draws them."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._ctx = context.ctx
        self._sprites = self.own(SpritePainter(context))
        self._particles = self.own(ParticlePainter(context))

    def seen(self, scene: Scene, camera: Camera) -> list[Flat]:
        """Those that touch the picture; what has a matrix or bounds that are not finite is left out."""
        found: list[Flat] = []
        for sprite in scene.sprites:
            matrix = sprite.camera_from_sprite
            if sprite.opacity >= INVISIBLE and np.isfinite(matrix).all():
                rectangle = screen_rectangle(_SPRITE_BOX, matrix, camera)
                if rectangle is not None:
                    found.append(Flat(sprite, -float(matrix[2, 3]), rectangle, sprite.occluded))
        for swarm in scene.particles:
            bounds = swarm.bounds_mm
            if swarm.opacity >= INVISIBLE and len(swarm.particles) and np.isfinite(bounds).all():
                rectangle = screen_rectangle(corners(bounds), _CAMERA, camera)
                if rectangle is not None:
                    depth = -0.5 * float(bounds[0, 2] + bounds[1, 2])
                    found.append(Flat(swarm, depth, rectangle, swarm.occluded))
        return found

    def draw(self, flat: Flat) -> None:
        """Draw with blending on; leaves the depth test on and the blending premultiplied."""
        self._ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        if flat.hidden:
            self._ctx.enable(moderngl.DEPTH_TEST)
        else:
            self._ctx.disable(moderngl.DEPTH_TEST)
        if isinstance(flat.draw, SpriteDraw):
            self._sprites.draw(flat.draw, min(flat.rectangle.width, flat.rectangle.height))
        else:
            self._particles.draw(flat.draw)
        self._ctx.enable(moderngl.DEPTH_TEST)
