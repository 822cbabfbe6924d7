"""``python -m tools.assets.make_fire``: what the fire breath is made of, by chance with a seed.

A tongue of fire and a puff of smoke for particles, and the light of the fire on the face around the mouth.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.assets import face_drawing as draw
from tools.assets.face_drawing import Floats
from tools.assets.packs import write

PUFF_SIDE = 256
LIGHT_SIDE = 256
GLOW_SIDE = 64
MOUTH = (0.5, 0.70)
SEED = 5


def flame() -> NDArray[np.uint8]:
    """(256, 256, 4) a billow of fire, white: particles colour it. Bright in its middle, torn at its edge."""
    x, y = _grid(PUFF_SIDE)
    rng = np.random.default_rng(SEED)
    folds = _ridges(rng, 5, 3)
    x, y = x + 0.16 * _noise(rng, 4, 3), y + 0.16 * _noise(rng, 4, 3)
    ball = np.clip(1.0 - np.hypot(x, y) / 0.82, 0, 1)
    alpha = np.clip(1.5 * ball**0.75 * (1.35 * folds - 0.10), 0, 1)
    return _white(alpha * _inside(PUFF_SIDE))


def smoke() -> NDArray[np.uint8]:
    """(256, 256, 4) a soft puff, white."""
    x, y = _grid(PUFF_SIDE)
    rng = np.random.default_rng(SEED + 1)
    clouds = 0.55 + 0.45 * _noise(rng, 4, 4)
    ball = np.clip(1.0 - np.hypot(x, y) / 0.9, 0, 1)
    return _white(np.clip(ball**1.2 * clouds, 0, 1) * _inside(PUFF_SIDE))


def glow() -> NDArray[np.uint8]:
    """(64, 64, 4) the air around the fire, white and thin."""
    x, y = _grid(GLOW_SIDE)
    return _white(np.asarray(0.24 * np.clip(1.0 - np.hypot(x, y), 0, 1) ** 1.8, np.float32))


def light() -> NDArray[np.uint8]:
    """(256, 256, 4) the light on the skin, in texture space: strongest at the lips, gone at the brows."""
    x, y = (_grid(LIGHT_SIDE)[k] * 0.5 + 0.5 for k in range(2))
    away = np.hypot((x - MOUTH[0]) * 1.1, (y - MOUTH[1]) * 0.9)
    return _white(0.6 * np.clip(np.exp(-((away / 0.24) ** 2)) + 0.18 * np.exp(-((away / 0.45) ** 2)), 0, 1))


def _grid(side: int) -> tuple[Floats, Floats]:
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + np.float32(0.5)) / np.float32(0.5 * side) - 1
    return x, y


def _inside(side: int) -> Floats:
    """0 at the picture's edge."""
    x, y = _grid(side)
    return np.asarray(np.clip((1.0 - np.hypot(x, y)) * 6.0, 0, 1), np.float32)


def _noise(rng: np.random.Generator, cells: int, octaves: int) -> Floats:
    total = np.zeros((PUFF_SIDE, PUFF_SIDE), np.float32)
    for k in range(octaves):
        n = (cells << k) + 3
        coarse = rng.uniform(-1, 1, (n, n)).astype(np.float32)
        total += cv2.resize(coarse, (PUFF_SIDE, PUFF_SIDE), interpolation=cv2.INTER_CUBIC) * np.float32(
            0.5**k
        )
    return total


def _ridges(rng: np.random.Generator, cells: int, octaves: int) -> Floats:
    """0..1: bright lines between dark cells, as in burning gas (ridged noise; Musgrave, 1998)."""
    total = np.zeros((PUFF_SIDE, PUFF_SIDE), np.float32)
    for k in range(octaves):
        total += (1.0 - np.abs(_noise(rng, cells << k, 1))) ** 2 * np.float32(0.55**k)
    return np.asarray(total / total.max(), np.float32)


def _white(alpha: Floats) -> NDArray[np.uint8]:
    white = np.full((*alpha.shape, 3), 255, np.uint8)
    return np.dstack([white, np.rint(alpha * 255).astype(np.uint8)])


FILES = {
    "fire_breath/flame.png": lambda: draw.png(flame()),
    "fire_breath/smoke.png": lambda: draw.png(smoke()),
    "fire_breath/glow.png": lambda: draw.png(glow()),
    "fire_breath/light.png": lambda: draw.png(light()),
}

if __name__ == "__main__":
    write(FILES)
