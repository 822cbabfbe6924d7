"""Old film, moment by moment: the same time and seed give the same picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ar_effects.drawlist.post import (
    GrainStep,
    Mark,
    PostDraw,
    PostStep,
    ShiftStep,
    ToneStep,
    VignetteStep,
)

FRAMES_PER_S = 18.0
"""Of the film: everything on it stays for one of its frames."""

SCRATCHES, SCRATCH_S = 4, 0.9
SPECKS = 10


@dataclass(frozen=True, slots=True)
class Film:
    """How old it is, each 0..1."""

    grain: float = 0.35
    vignette: float = 0.5
    fade: float = 0.3
    scratches: float = 0.3
    dust: float = 0.3
    weave: float = 0.3
    flicker: float = 0.25
    sepia: float = 0.6
    monochrome: float = 0.0


def tick_of(time_s: float, per_s: float = FRAMES_PER_S) -> int:
    """Number of the film's frame at a time."""
    return math.floor(time_s * per_s + 1e-6)


def grain_place(seed: int, tick: int) -> tuple[float, float]:
    """Where in the noise a frame lies."""
    x, y = _rng(seed, 1, tick).random(2)
    return float(x), float(y)


def film_draw(film: Film, time_s: float, seed: int) -> PostDraw:
    """One frame of it."""
    tick = tick_of(time_s)
    sway = _rng(seed, 2, tick).normal(size=3)
    # slow sway of the gate, and a little of every frame's own
    x = 0.7 * math.sin(2.1 * time_s + seed) + 0.3 * math.sin(5.3 * time_s) + 0.35 * float(sway[0])
    y = 0.8 * math.sin(1.3 * time_s + 2.0 * seed) + 0.6 * float(sway[1])
    gain = 1.0 + 0.05 * film.flicker * (float(np.clip(sway[2], -2.0, 2.0)) + math.sin(9.0 * time_s))
    steps: tuple[PostStep, ...] = (
        ShiftStep((0.0012 * film.weave * x, 0.0022 * film.weave * y)),
        ToneStep(film.monochrome, film.sepia, film.fade, gain),
        GrainStep(0.55 * film.grain, 1.7, place=grain_place(seed, tick)),
        VignetteStep(0.85 * film.vignette, 0.38, 0.75, (0.03, 0.02, 0.01)),
    )
    return PostDraw(steps, (*_scratches(film.scratches, time_s, seed), *_specks(film.dust, tick, seed)))


def _scratches(amount: float, time_s: float, seed: int) -> list[Mark]:
    """Fine lines down the film that last for many frames."""
    film_marks = []
    for k in range(SCRATCHES if amount > 0.0 else 0):
        life = tick_of(time_s / SCRATCH_S + k / SCRATCHES, 1.0)
        there, x, y, width, length, light, strength, drift = map(float, _rng(seed, 10 + k, life).random(8))
        if there > amount:
            continue
        tremble = float(_rng(seed, 20 + k, tick_of(time_s)).normal()) * 0.0006
        at = x + 0.01 * (drift - 0.5) * (time_s / SCRATCH_S + k / SCRATCHES - life) + tremble
        shade = 0.95 if light > 0.3 else 0.05
        half_size = (0.0005 + 0.0006 * width, 0.15 + 1.0 * length)
        film_marks.append(Mark((at, y), half_size, 0.0, shade, 0.1 + 0.22 * strength))
    return film_marks


def _specks(amount: float, tick: int, seed: int) -> list[Mark]:
    """Dust and hairs, others in each frame."""
    rng = _rng(seed, 3, tick)
    rows = rng.random((SPECKS, 7))
    return [
        Mark(
            (float(x), float(y)),
            (0.0012 + 0.003 * float(w) ** 3, 0.0015 + 0.02 * float(h) ** 6),
            float(turn) * math.pi,
            0.06 if dark < 0.75 else 0.94,
            0.35 + 0.45 * amount,
        )
        for there, x, y, w, h, turn, dark in rows
        if there < 0.6 * amount
    ]


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng([k & 0xFFFFFFFF for k in key])
