"""Steps over the whole picture in one pass, and scratches and dust upon it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from ar_effects.drawlist.post import GrainStep, LutStep, PostDraw, ShiftStep, ToneStep, VignetteStep
from ar_effects.render.passes.base import Pass
from ar_effects.render.textures import four_floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ar_effects.drawlist.post import Lut, Mark, PostStep
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.render_context import RenderContext

LUT_UNIT, NOISE_UNIT, SHAPER_UNIT = 1, 2, 3
NOISE_SIDE = 256
MAX_MARKS = 24
"""As the vertex shader has room for."""

INVISIBLE = 0.5 / 255.0

_CALLS = {LutStep: "looked_up", VignetteStep: "vignetted", GrainStep: "grainy", ToneStep: "toned"}


class PostPass(Pass[PostDraw]):
    """Makes the picture anew with all steps at once, and draws the marks upon it."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._luts: IdentityCache[Lut, Any] = self.own(context.cache(self._upload))
        self._noise: Any = None

    def draw(self, draw: PostDraw) -> None:
        """Steps that would change nothing are left out."""
        steps = [step for step in draw.steps if _is_seen(step)]
        if steps:
            program = self._program(steps, decoded=not self.context.targets.reads_encoded)
            for step in steps:
                self._set(program, step)
            self.context.transform(program, smooth=any(isinstance(step, ShiftStep) for step in steps))
        film_marks = [mark for mark in draw.film_marks if mark.strength >= INVISIBLE]
        if film_marks:
            self._draw_marks(film_marks[:MAX_MARKS])

    def _program(self, steps: Sequence[PostStep], *, decoded: bool) -> Any:
        defines = {"DECODED"} if decoded else set()
        calls = ""
        for step in steps:
            if isinstance(step, LutStep):
                defines.add("LUT_3D" if step.lut.colours.ndim == 4 else "LUT_1D")
                defines |= {"LUT_SHAPER"} if step.lut.shaper else set()
            elif isinstance(step, GrainStep):
                defines |= {"GRAIN", "COLOURED"} if step.coloured else {"GRAIN"}
            elif isinstance(step, ShiftStep):
                defines |= {"MOVED"} if any(step.offset) else set()
                defines |= {"FRINGE"} if step.fringe else set()
            else:
                defines.add("TONE" if isinstance(step, ToneStep) else "VIGNETTE")
            if type(step) in _CALLS:
                calls += f"colour = {_CALLS[type(step)]}(colour); "
        return self.context.programs.get(
            "picture.vert.glsl", "post.frag.glsl", frozenset({*defines, f"STEPS {calls}"})
        )

    def _set(self, program: Any, step: PostStep) -> None:
        """Bind a step's textures and set its uniforms."""
        if isinstance(step, LutStep):
            self._set_table(program, "lut", step.lut, LUT_UNIT)
            if step.lut.shaper is not None:
                self._set_table(program, "shaper", step.lut.shaper, SHAPER_UNIT)
            program["lut_amount"].value = step.amount
        elif isinstance(step, VignetteStep):
            program["vignette"].value = (step.amount, step.radius, 1.0 / max(step.softness, 1e-3), 0.0)
            program["vignette_colour"].value = step.colour
        elif isinstance(step, GrainStep):
            if self._noise is None:
                self._noise = self.own(_noise_texture(self.context.ctx))
            self._noise.use(NOISE_UNIT)
            size_px = max(step.size * min(self.context.size) / 720.0, 1.0)
            program["noise"].value = NOISE_UNIT
            # whole texels: between them the noise would be averaged away
            place = [round(p * NOISE_SIDE) / NOISE_SIDE for p in step.place]
            program["grain"].value = (step.amount, 1.0 / (NOISE_SIDE * size_px), *place)
        elif isinstance(step, ToneStep):
            program["tone"].value = (step.monochrome, step.sepia, step.fade, step.gain)
        else:
            program["shift"].value = (*step.offset, step.fringe)

    def _set_table(self, program: Any, name: str, lut: Lut, unit: int) -> None:
        self._luts.get(lut).use(unit)
        side = lut.colours.shape[0]
        low, high = np.array(lut.low), np.array(lut.high)
        scale = (side - 1) / side / (high - low)  # the first and last entry lie half a texel inside
        program[name].value = unit
        program[f"{name}_scale"].value = tuple(scale)
        program[f"{name}_offset"].value = tuple(0.5 / side - low * scale)

    def _draw_marks(self, film_marks: list[Mark]) -> None:
        context, ctx = self.context, self.context.ctx
        program: Any = context.programs.get("mark.vert.glsl", "mark.frag.glsl")
        short = min(context.size)
        boxes, appearances = np.zeros((MAX_MARKS, 4), np.float32), np.zeros((MAX_MARKS, 4), np.float32)
        for i, mark in enumerate(film_marks):
            boxes[i] = (*mark.centre, mark.half_size[0] * short, mark.half_size[1] * short)
            appearances[i] = (mark.turn_rad, mark.light, min(mark.strength, 1.0), 0.0)
        program["size"].value = tuple(map(float, context.size))
        program["boxes"].write(boxes)
        program["appearances"].write(appearances)
        context.targets.draw_to_current()
        ctx.enable(moderngl.BLEND)
        ctx.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        context.full_screen.draw_squares(program, len(film_marks))
        ctx.disable(moderngl.BLEND)

    def _upload(self, lut: Lut) -> Any:
        data, ctx = four_floats(lut.colours), self.context.ctx
        side = data.shape[0]
        if data.ndim == 4:
            texture: Any = ctx.texture3d((side, side, side), 4, data, dtype="f4")
            texture.repeat_z = False
        else:
            texture = ctx.texture((side, 1), 4, data, dtype="f4")
        texture.repeat_x = texture.repeat_y = False
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return texture


def _is_seen(step: PostStep) -> bool:
    """Whether a step changes any pixel."""
    if isinstance(step, ToneStep):
        return max(step.monochrome, step.sepia, step.fade, abs(step.gain - 1.0)) >= INVISIBLE
    if isinstance(step, ShiftStep):
        return step.fringe > 1e-6 or max(map(abs, step.offset)) > 1e-6
    return step.amount >= INVISIBLE


def _noise_texture(ctx: moderngl.Context) -> Any:
    """Normal noise about the middle of a byte, the same on every machine."""
    noise = np.random.default_rng(720).normal(127.5, 42.0, (NOISE_SIDE, NOISE_SIDE, 4))
    texture = ctx.texture((NOISE_SIDE, NOISE_SIDE), 4, np.clip(np.round(noise), 0, 255).astype(np.uint8))
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    return texture
