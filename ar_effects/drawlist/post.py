"""Changes of the whole picture that look at each pixel by itself, several of them in one pass.

All of them work on encoded sRGB values, as painting and grading programs do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import Draw, PictureDraw

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Lut:
    """A table of colours; compared by identity, uploaded once.

    Attributes:
        colours: (n, 3) float32, one curve a channel, or (n, n, n, 3) float32 by blue, green, red.
        low, high: the values that the first and the last entry stand for, by channel.
        shaper: curves that values go through before they are looked up, which has none itself.
    """

    colours: NDArray[np.float32]
    low: Rgb = (0.0, 0.0, 0.0)
    high: Rgb = (1.0, 1.0, 1.0)
    shaper: Lut | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LutStep:
    """Colours looked up in a table; ``amount`` 0..1 of the way from the picture's own."""

    lut: Lut
    amount: float = 1.0


@dataclass(frozen=True, slots=True)
class VignetteStep:
    """Corners that fade to a colour.

    Attributes:
        amount: 0..1, how far they fade.
        radius: where it begins, 0 the middle, 1 the corners.
        softness: over how much of the same measure it grows.
        colour: encoded sRGB.
    """

    amount: float
    radius: float = 0.5
    softness: float = 0.5
    colour: Rgb = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class GrainStep:
    """Noise, strongest in the middle tones.

    Attributes:
        amount: 0..1.
        size: of a grain, in 720ths of the picture's shorter side.
        coloured: each channel its own noise.
        place: (x, y) 0..1, where in the noise the picture lies; another in each frame makes it move.
    """

    amount: float
    size: float = 1.5
    coloured: bool = False
    place: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ToneStep:
    """Old film's colours, each 0..1: ``monochrome``, ``sepia``, ``fade`` (blacks lifted, whites dulled).

    ``gain`` multiplies everything.
    """

    monochrome: float = 0.0
    sepia: float = 0.0
    fade: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class ShiftStep:
    """Where the picture is read.

    Attributes:
        offset: the whole picture moves so much, as a share of its width and height.
        fringe: red is drawn out and blue drawn in by this share of the way to the corners.
    """

    offset: tuple[float, float] = (0.0, 0.0)
    fringe: float = 0.0


PostStep = LutStep | VignetteStep | GrainStep | ToneStep | ShiftStep


@dataclass(frozen=True, slots=True)
class Mark:
    """A scratch or a speck of dust.

    Attributes:
        centre: share of the width and height.
        half_size: half its length along its own axes, as a share of the picture's shorter side.
        turn_rad: of its own axes.
        light: encoded value it is drawn with, 0 black, 1 white.
        strength: 0..1.
    """

    centre: tuple[float, float]
    half_size: tuple[float, float]
    turn_rad: float
    light: float
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class PostDraw(PictureDraw):
    """Steps in one pass over the picture, then marks upon it.

    Attributes:
        steps: in order; a kind comes once at most, and ``ShiftStep`` only as the first.
        film_marks: few.
    """

    steps: tuple[PostStep, ...] = ()
    film_marks: tuple[Mark, ...] = ()

    def faded(self, fraction: float) -> PostDraw:
        """The same with only so much of its strength."""
        return PostDraw(
            tuple(_faded(step, fraction) for step in self.steps),
            tuple(replace(mark, strength=mark.strength * fraction) for mark in self.film_marks),
        )


def _faded(step: PostStep, fraction: float) -> PostStep:
    if isinstance(step, ToneStep):
        gain = 1.0 + (step.gain - 1.0) * fraction
        return ToneStep(step.monochrome * fraction, step.sepia * fraction, step.fade * fraction, gain)
    if isinstance(step, ShiftStep):
        return ShiftStep((step.offset[0] * fraction, step.offset[1] * fraction), step.fringe * fraction)
    return replace(step, amount=step.amount * fraction)


def joined(draws: Iterable[Draw]) -> Iterator[Draw]:
    """The same draws, with neighbours that one pass can do made one."""
    before: PostDraw | None = None
    for draw in draws:
        if not isinstance(draw, PostDraw):
            if before is not None:
                yield before
                before = None
            yield draw
            continue
        both = _as_one(before, draw) if before is not None else None
        if both is None and before is not None:
            yield before
        before = both or draw
    if before is not None:
        yield before


def _as_one(first: PostDraw, second: PostDraw) -> PostDraw | None:
    """One draw that does what both do, if there is one."""
    # Marks lie upon the first's picture, so that steps after them would have to change them, too.
    if first.film_marks and second.steps:
        return None
    steps, later = first.steps, second.steps
    shift, more = _parted(steps)
    moved, after = _parted(later)
    if moved is not None:
        # What a pixel's colour alone decides may as well be done after the picture has moved.
        if moved.fringe or not all(isinstance(step, (LutStep, ToneStep)) for step in more):
            return None
        offset, fringe = (shift.offset, shift.fringe) if shift is not None else ((0.0, 0.0), 0.0)
        shift = ShiftStep((offset[0] + moved.offset[0], offset[1] + moved.offset[1]), fringe)
    if {type(step) for step in more} & {type(step) for step in after}:
        return None
    return PostDraw(
        (*((shift,) if shift is not None else ()), *more, *after), first.film_marks + second.film_marks
    )


def _parted(steps: tuple[PostStep, ...]) -> tuple[ShiftStep | None, tuple[PostStep, ...]]:
    """Where the picture is read, which comes first, and what is done with it."""
    if steps and isinstance(steps[0], ShiftStep):
        return steps[0], steps[1:]
    return None, steps
