"""Sprites and particles on the graphics card: with the state of OpenGL that is current, premultiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.drawlist import MAX_STOPS, PARTICLE_COLUMNS
from ar_effects.geometry.boxes import boxes_of
from ar_effects.render.drawing import draw_array
from ar_effects.render.render_context import Component
from ar_effects.render.stream_buffer import StreamBuffer
from ar_effects.render.textures import StreamTexture, flat_sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ar_effects.drawlist import ParticlesDraw, SpriteDraw, Texture
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.render_context import RenderContext

SPRITE_UNIT = 1
CELLS, MOST_BOXES = 16, 64
"""Cells a side that are looked at for what is clear, and boxes of them that are drawn at most."""

LARGE_PX = 64
"""Smaller pictures are drawn as a whole: a cell must be wider than what filtering mixes, too."""

_WHOLE = np.array([[0.0, 0.0, 1.0, 1.0]], np.float32)
_FLOAT_BYTES = 4
_SHADED = frozenset({"confetti"})


class SpritePainter(Component):
    """Draws pictures; those that play keep one texture each, which is written when they go on."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._programs: dict[bool, Any] = {}
        self._matrix = np.empty((4, 4), np.float32)
        self._boxes = np.zeros((MOST_BOXES, 4), np.float32)
        self._sampler = self.own(flat_sampler(context.ctx))
        self._parts: IdentityCache[Texture, _Parts] = self.own(context.cache(_Parts))
        self._streams: IdentityCache[object, StreamTexture] = self.own(
            # the shader filters
            context.cache(lambda _: StreamTexture(context.ctx, (moderngl.NEAREST, moderngl.NEAREST)))
        )

    def draw(self, sprite: SpriteDraw, side_px: int) -> None:
        """Draw; the frame block is bound, blending is on. ``side_px``: about its shorter side on screen."""
        boxes = _WHOLE
        if sprite.stream is None and side_px >= LARGE_PX:
            boxes = self._parts.get(sprite.pixels).boxes
        if not len(boxes):
            return
        program = self._program(moving=sprite.stream is not None)
        if sprite.stream is None:
            self.context.texture(sprite.pixels).use(SPRITE_UNIT)
            self._sampler.use(SPRITE_UNIT)
        else:
            self._streams.get(sprite.stream).shown(sprite.pixels, sprite.version).use(SPRITE_UNIT)
        self._matrix[:] = sprite.camera_from_sprite.T
        program["camera_from_sprite"].write(self._matrix)
        program["opacity"].value = min(sprite.opacity, 1.0)
        program["additive"].value = float(sprite.additive)
        self._boxes[: len(boxes)] = boxes
        program["boxes"].write(self._boxes)
        self.context.full_screen.draw_squares(program, len(boxes))
        self._sampler.clear(SPRITE_UNIT)

    def _program(self, *, moving: bool) -> Any:
        if moving not in self._programs:
            defines = {f"BOXES {MOST_BOXES}", *(("STREAM",) if moving else ())}
            program: Any = self.context.programs.get(
                "sprite.vert.glsl", "sprite.frag.glsl", frozenset(defines)
            )
            program["sprite"].value = SPRITE_UNIT
            self._programs[moving] = program
        return self._programs[moving]


class _Parts:
    """Where a picture is not clear, a cell around it: frames and corners leave most of a picture alone.

    Attributes:
        boxes: (n, 4) left, top, right and bottom as shares of the picture.
    """

    def __init__(self, pixels: Texture) -> None:
        self.boxes = _WHOLE
        height, width = pixels.shape[:2]
        if min(height, width) < CELLS or pixels[..., 3].all():
            return
        starts = [np.arange(CELLS) * side // CELLS for side in (height, width)]
        rows = np.maximum.reduceat(pixels[..., 3], starts[0], axis=0)
        seen = np.pad(np.maximum.reduceat(rows, starts[1], axis=1) > 0, 1)
        # a cell more: pixels are mixed with those around them
        seen = seen[:-2] | seen[1:-1] | seen[2:]
        boxes = boxes_of(seen[:, :-2] | seen[:, 1:-1] | seen[:, 2:])
        if len(boxes) <= MOST_BOXES:
            self.boxes = boxes / np.float32(CELLS)

    def release(self) -> None:
        """Nothing is the graphics card's."""


class ParticlePainter(Component):
    """Draws each swarm in one call, from one buffer that every swarm is sent to in its turn."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._arrays: dict[frozenset[str], tuple[Any, Any]] = {}
        self._stream: StreamBuffer | None = None
        self._stops = np.zeros((MAX_STOPS, 4), np.float32)
        self._sizes = np.zeros(MAX_STOPS, np.float32)
        self._sampler = self.own(flat_sampler(context.ctx))

    def draw(self, draw: ParticlesDraw) -> None:
        """Draw; the frame block is bound, blending is on."""
        particles = draw.particles
        if not len(particles):
            return
        defines = {"PICTURE"} if draw.picture is not None else {f"SHAPE_{draw.shape.upper()}"}
        if draw.picture is None and draw.shape in _SHADED:
            defines.add("SHADED")
        program, array = self._array(frozenset(defines), particles)
        aspect = 1.0
        if draw.picture is not None:
            self.context.texture(draw.picture).use(SPRITE_UNIT)
            self._sampler.use(SPRITE_UNIT)
            aspect = draw.picture.shape[1] / draw.picture.shape[0]
        self._stops[: len(draw.colours)] = draw.colours
        self._sizes[: len(draw.sizes)] = draw.sizes
        program["colours"].write(self._stops)
        program["sizes"].write(self._sizes)
        program["stops"].value = (len(draw.colours), len(draw.sizes))
        program["by_life"].value = float(draw.by_life)
        program["fade"].value = draw.fade
        program["opacity"].value = min(draw.opacity, 1.0)
        program["aspect"].value = aspect
        program["additive"].value = float(draw.additive)
        draw_array(array, moderngl.TRIANGLE_STRIP, vertices=4, instances=len(particles))
        self._sampler.clear(SPRITE_UNIT)

    def _array(self, defines: frozenset[str], particles: NDArray[np.float32]) -> tuple[Any, Any]:
        """The program, and the vertex array with these particles in its buffer."""
        rows = np.ascontiguousarray(particles, np.float32)
        if self._stream is None:
            self._stream = self.own(StreamBuffer(self.context.ctx, rows.nbytes))
        self._stream.write(rows)
        if defines not in self._arrays:
            program: Any = self.context.programs.get("particle.vert.glsl", "particle.frag.glsl", defines)
            if "sprite" in program:
                program["sprite"].value = SPRITE_UNIT
            layout = (self._stream.buffer, "3f 4f 1f/i", "in_position", "in_life", "in_own")
            assert PARTICLE_COLUMNS * _FLOAT_BYTES == 32
            array = self.own(self.context.ctx.vertex_array(program, [layout], skip_errors=True))
            self._arrays[defines] = program, array
        return self._arrays[defines]
