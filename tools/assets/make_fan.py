"""``python -m tools.assets.make_fan``: the football fan's paint in greys, to be tinted with any colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.assets import face_drawing as draw
from tools.assets.face_drawing import Floats, Stroke
from tools.assets.packs import write

SEED = 3

# Three stripes on the right cheek, the upper edge first; the left cheek's are mirrored.
BEGIN, END, SLOPE = 0.118, 0.335, -0.10
ROWS = (0.470, 0.532, 0.594)
WIDTH = 0.062
LINE = 0.021
"""Of the short stripe on the nose and the stripes below the eyes."""


def cheeks(rows: Sequence[int], seed: int) -> NDArray[np.uint8]:
    """(1024, 1024, 4) some of the three stripes on both cheeks, in greys, straight alpha."""
    rng = np.random.default_rng(seed)
    x, y = draw.grid()
    height, alpha = np.zeros_like(x), np.zeros_like(x)
    for row in rows:
        for side in (0, 1):
            u = x if side == 0 else 1.0 - x
            along = (u - BEGIN) / (END - BEGIN)
            across = (y - ROWS[row] - SLOPE * (0.5 - along) * 0.6 - 0.022 * (along - 0.5) ** 2) / WIDTH
            paint, relief = _brush(rng, along, across)
            height = np.where(paint > alpha, relief, height)
            alpha = np.maximum(alpha, paint)
    return draw.picture(np.repeat(_tone(height)[..., None], 3, axis=2), 0.96 * alpha)


def half(side: int) -> NDArray[np.uint8]:
    """(1024, 1024, 4) one half of the face, the person's right (0) or left (1), with a brushed edge."""
    rng = np.random.default_rng(SEED + 10)  # the same edge for both halves
    x, y = draw.grid()
    edge = 0.5 + 0.004 * draw.noise(rng, 14, 3)
    rng = np.random.default_rng(SEED + 11 + side)
    streaks = _streaks(rng, draw.noise(rng, 5, 2), x, y)
    outline = np.hypot(x - 0.5, y - 0.5) + 0.012 * draw.noise(rng, 20, 3)
    alpha = np.clip((edge - x if side == 0 else x - edge) / 0.004 + 0.5, 0, 1)
    alpha = alpha * np.clip((0.455 - outline) / 0.02, 0, 1) * (0.86 + 0.14 * streaks)
    return draw.picture(np.repeat(_tone(streaks)[..., None], 3, axis=2), 0.93 * alpha)


def lines() -> NDArray[np.uint8]:
    """(1024, 1024, 4) two strokes below each eye, as players wear them; black, straight alpha."""
    rng = np.random.default_rng(SEED + 20)
    strokes = [Stroke(((0.255, 0.425), (0.315, 0.437), (0.385, 0.428)), LINE, 0.75, 0.6, 0.5)]
    drawn = draw.brushed(draw.on_both(strokes))
    wobble = tuple(0.0022 * draw.noise(rng, 60, 3) for _ in range(2))
    grain = np.clip(1.0 - 0.35 * np.clip(draw.noise(rng, 90, 3), 0, 1), 0, 1)
    return draw.picture((0.03, 0.03, 0.035), 0.92 * draw.pushed(drawn, *wobble) * grain)


def _brush(rng: np.random.Generator, along: Floats, across: Floats) -> tuple[Floats, Floats]:
    """How much of the paint is there, and its relief, for a broad brush that went from 0 to 1."""
    streaks = np.asarray(cv2.resize(_bristles(rng), (1024, 2048), interpolation=cv2.INTER_LINEAR), np.float32)
    found = cv2.remap(
        streaks,
        (np.clip(along, -0.3, 1.3) + 0.3) / 1.6 * 1023,
        (np.clip(across, -1, 1) + 1) / 2 * 2047,
        cv2.INTER_LINEAR,
    )
    ends = 0.10 * (found - 0.5)
    wobble = 0.05 * draw.noise(rng, 18, 3)
    there = np.clip((0.5 + 0.3 * wobble - np.abs(across)) / 0.045, 0, 1)
    there = there * np.clip((along - ends) / 0.03, 0, 1) * np.clip((1.0 + 3.2 * ends - along) / 0.05, 0, 1)
    dry = np.clip((along - 0.55) / 0.6, 0, 1)  # the paint runs out
    there = there * np.clip(1.0 - dry * np.clip(1.6 - 3.4 * found, 0, 1), 0, 1)
    return np.asarray(there, np.float32), found


def _bristles(rng: np.random.Generator) -> Floats:
    """0..1: lines along the brush that change slowly."""
    fine = cv2.GaussianBlur(rng.uniform(0, 1, (220, 10)).astype(np.float32), (0, 0), 0.8)
    broad = cv2.GaussianBlur(rng.uniform(0, 1, (220, 10)).astype(np.float32), (0, 0), sigmaX=1.5, sigmaY=5.0)
    both = fine + 1.6 * broad
    return np.asarray((both - both.min()) / (both.max() - both.min()), np.float32)


def _streaks(rng: np.random.Generator, bend: Floats, x: Floats, y: Floats) -> Floats:
    """0..1: bristle lines down the face."""
    streaks = np.asarray(cv2.resize(_bristles(rng), (512, 2048), interpolation=cv2.INTER_LINEAR), np.float32)
    places = np.clip(y, 0, 1) * 511, np.clip(x + 0.012 * bend, 0, 1) * 2047
    return np.asarray(cv2.remap(streaks, *places, cv2.INTER_LINEAR))


def _tone(height: Floats) -> Floats:
    """Thick paint is lighter."""
    return np.asarray(0.90 + 0.10 * height, np.float32)


FILES = {
    "fan/outer.png": lambda: draw.png(cheeks((0, 2), SEED)),
    "fan/middle.png": lambda: draw.png(cheeks((1,), SEED + 1)),
    "fan/half_right.webp": lambda: draw.webp(half(0)),
    "fan/half_left.webp": lambda: draw.webp(half(1)),
    "fan/lines.png": lambda: draw.png(lines()),
}

if __name__ == "__main__":
    write(FILES)
