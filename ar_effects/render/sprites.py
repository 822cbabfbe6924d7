"""Sprites and particles on the graphics card: with the state of OpenGL that is current, premultiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.drawlist import MAX_STOPS, PARTICLE_COLUMNS
from ar_effects.geometry.boxes import boxes_of
from ar_effects.render.cache import IdentityCache
from ar_effects.render.targets import GL_SRGB8_ALPHA8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ar_effects.drawlist import ParticlesDraw, SpriteDraw, Texture
    from ar_effects.render.canvas import Canvas

SPRITE_UNIT = 1
CELLS, MOST_BOXES = 16, 64
"""Cells a side that are looked at for what is clear, and boxes of them that are drawn at most."""

LARGE_PX = 64
"""Smaller pictures are drawn as a whole: a cell must be wider than what filtering mixes, too."""

_WHOLE = np.array([[0.0, 0.0, 1.0, 1.0]], np.float32)
_FLOAT_BYTES = 4
_SHADED = frozenset({"confetti"})


def flat_sampler(ctx: moderngl.Context) -> moderngl.Sampler:
    """How flat pictures are read: nothing lies so slanted that it is worth what anisotropy costs."""
    return ctx.sampler(
        repeat_x=False,
        repeat_y=False,
        filter=(moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR),
        anisotropy=1.0,
    )


class SpritePainter:
    """Draws pictures; those that play keep one texture each, which is written when they go on."""

    def __init__(self, canvas: Canvas) -> None:
        self._ctx = canvas.ctx
        self._canvas = canvas
        self._vaos: dict[bool, tuple[Any, Any]] = {}
        self._matrix = np.empty((4, 4), np.float32)
        self._boxes = np.zeros((MOST_BOXES, 4), np.float32)
        self._sampler = flat_sampler(canvas.ctx)
        self._parts = IdentityCache["Texture", _Parts](_Parts)
        self._streams = IdentityCache[object, _Stream](lambda _: _Stream(canvas.ctx))

    def draw(self, sprite: SpriteDraw, side_px: int) -> None:
        """Draw; the frame block is bound, blending is on. ``side_px``: about its shorter side on screen."""
        boxes = _WHOLE
        if sprite.stream is None and side_px >= LARGE_PX:
            boxes = self._parts.get(sprite.pixels).boxes
        if not len(boxes):
            return
        program, vao = self._program(moving=sprite.stream is not None)
        if sprite.stream is None:
            self._canvas.texture(sprite.pixels).use(SPRITE_UNIT)
            self._sampler.use(SPRITE_UNIT)
        else:
            self._streams.get(sprite.stream).use(sprite.pixels, sprite.version)
        self._matrix[:] = sprite.camera_from_sprite.T
        program["camera_from_sprite"].write(self._matrix)
        program["opacity"].value = min(sprite.opacity, 1.0)
        program["additive"].value = float(sprite.additive)
        self._boxes[: len(boxes)] = boxes
        program["boxes"].write(self._boxes)
        vao.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(boxes))
        self._sampler.clear(SPRITE_UNIT)

    def next_frame(self) -> None:
        """Forget what stopped playing a while ago."""
        self._parts.next_frame()
        self._streams.next_frame()

    def release(self) -> None:
        """Free everything."""
        for _, vao in self._vaos.values():
            vao.release()
        self._vaos.clear()
        self._streams.release()
        self._sampler.release()

    def _program(self, *, moving: bool) -> tuple[Any, Any]:
        if moving not in self._vaos:
            defines = {f"BOXES {MOST_BOXES}", *(("STREAM",) if moving else ())}
            program: Any = self._canvas.programs.get(
                "sprite.vert.glsl", "sprite.frag.glsl", frozenset(defines)
            )
            program["sprite"].value = SPRITE_UNIT
            self._vaos[moving] = program, self._ctx.vertex_array(program, [])
        return self._vaos[moving]


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


class _Stream:
    """The texture of something that plays."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._texture: Any = None
        self._version: int | None = None

    def use(self, pixels: Texture, version: int) -> None:
        size = (pixels.shape[1], pixels.shape[0])
        if self._texture is None or self._texture.size != size:
            self.release()
            self._texture = self._ctx.texture(size, 4, internal_format=GL_SRGB8_ALPHA8)
            self._texture.filter = (moderngl.NEAREST, moderngl.NEAREST)  # the shader filters
        if version != self._version:
            self._texture.write(np.ascontiguousarray(pixels))
            self._version = version
        self._texture.use(SPRITE_UNIT)

    def release(self) -> None:
        if self._texture is not None:
            self._texture.release()
        self._texture = self._version = None


class ParticlePainter:
    """Draws each swarm in one call, from one buffer that every swarm is sent to in its turn."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._vaos: dict[frozenset[str], tuple[Any, Any]] = {}
        self._buffer: Any = None
        self._stops = np.zeros((MAX_STOPS, 4), np.float32)
        self._sizes = np.zeros(MAX_STOPS, np.float32)
        self._sampler = flat_sampler(canvas.ctx)

    def draw(self, draw: ParticlesDraw) -> None:
        """Draw; the frame block is bound, blending is on."""
        particles = draw.particles
        if not len(particles):
            return
        defines = {"PICTURE"} if draw.picture is not None else {f"SHAPE_{draw.shape.upper()}"}
        if draw.picture is None and draw.shape in _SHADED:
            defines.add("SHADED")
        self._send(particles)
        program, vao = self._program(frozenset(defines))
        aspect = 1.0
        if draw.picture is not None:
            self._canvas.texture(draw.picture).use(SPRITE_UNIT)
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
        vao.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(particles))
        self._sampler.clear(SPRITE_UNIT)

    def release(self) -> None:
        """Free everything."""
        for _, vao in self._vaos.values():
            vao.release()
        self._vaos.clear()
        if self._buffer is not None:
            self._buffer.release()
            self._buffer = None
        self._sampler.release()

    def _send(self, particles: NDArray[np.float32]) -> None:
        rows = np.ascontiguousarray(particles, np.float32)
        if self._buffer is None:
            self._buffer = self._canvas.ctx.buffer(reserve=rows.nbytes, dynamic=True)
        # orphaned: the driver may still be reading what was sent for the swarm before
        self._buffer.orphan(max(rows.nbytes, self._buffer.size))
        self._buffer.write(rows)

    def _program(self, defines: frozenset[str]) -> tuple[Any, Any]:
        if defines not in self._vaos:
            program: Any = self._canvas.programs.get("particle.vert.glsl", "particle.frag.glsl", defines)
            if "sprite" in program:
                program["sprite"].value = SPRITE_UNIT
            layout = (self._buffer, "3f 4f 1f/i", "in_position", "in_life", "in_own")
            assert PARTICLE_COLUMNS * _FLOAT_BYTES == 32
            vao = self._canvas.ctx.vertex_array(program, [layout], skip_errors=True)
            self._vaos[defines] = program, vao
        return self._vaos[defines]
