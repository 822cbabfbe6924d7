"""``python -m tools.assets.make_neon``: the night behind the neon face, and a person in its light."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.assets.colour_tables import Colours, cube, smooth
from tools.assets.packs import write

SIZE = 1600, 900
SEED = 4
HORIZON = 0.66
SUN, SUN_RADIUS = (0.5, 0.40), 0.36
"""Middle as shares of the picture, radius as a share of its height."""

NIGHT, DUSK = (0.004, 0.003, 0.014), (0.060, 0.006, 0.075)
MAGENTA, CYAN = (1.0, 0.055, 0.56), (0.05, 0.70, 1.0)
SUN_TOP, SUN_LOW = (1.0, 0.62, 0.12), (1.0, 0.03, 0.36)
LANES, ROWS = 3.2, 9.0
"""Spacing of the floor's lines along it, and how quickly those across it come."""


def night() -> NDArray[np.uint8]:
    """(900, 1600, 3) RGB: a striped sun over a floor of glowing lines."""
    width, height = SIZE
    rng = np.random.default_rng(SEED)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    v, u = (y + 0.5) / height, ((x + 0.5) / width - 0.5) * width / height
    light = _mix(NIGHT, DUSK, smooth(0.0, HORIZON, v))
    stars = np.zeros((height, width))
    for _ in range(260):
        stars[int(rng.integers(0, int(height * 0.58))), int(rng.integers(0, width))] = (
            rng.uniform(0.2, 1.0) ** 2
        )
    light += 4.0 * cv2.GaussianBlur(stars, (0, 0), 0.9)[..., None] * np.array([0.75, 0.85, 1.0])

    down = v - SUN[1]
    way = np.hypot(u - (SUN[0] - 0.5), down)
    disc = np.clip((SUN_RADIUS - way) * height / 1.5 + 0.5, 0, 1)
    below = np.clip((down + 0.06) / (SUN_RADIUS + 0.06), 0, 1)  # stripes widen downwards
    stripe = (down * 17.0) % 1.0
    disc *= np.clip((stripe - below * 0.72) * 14.0, 0, 1) ** np.where(below > 0, 1, 0)
    sun = _mix(SUN_TOP, SUN_LOW, np.clip((down + SUN_RADIUS) / (1.5 * SUN_RADIUS), 0, 1))
    light += 0.9 * disc[..., None] * sun
    light += 0.30 * np.exp(-((way / (1.6 * SUN_RADIUS)) ** 2))[..., None] * np.array(SUN_LOW)

    floor = np.clip((v - HORIZON) / (1 - HORIZON), 1e-4, 1)
    light = np.where((v > HORIZON)[..., None], _mix((0.030, 0.003, 0.050), NIGHT, floor), light)
    depth = 1.0 / floor
    across = np.abs((np.log2(depth) * ROWS * 0.35 + depth * 0.35) % 1.0 - 0.5) * 2
    per_px = np.abs(np.gradient(np.log2(depth) * ROWS * 0.35 + depth * 0.35, axis=0)) * 2
    lines = np.clip(1.4 - (1 - across) / np.maximum(1.3 * per_px, 1e-6), 0, 1)
    side = u * depth * LANES
    worker_slot = np.abs(side % 1.0 - 0.5) * 2
    per_px = np.hypot(*np.gradient(side)) * 2
    lines = np.maximum(lines, np.clip(1.4 - (1 - worker_slot) / np.maximum(1.3 * per_px, 1e-6), 0, 1))
    lines *= (v > HORIZON) * smooth(0.0, 0.06, floor)
    glow = cv2.GaussianBlur(lines, (0, 0), 9.0) + 0.7 * cv2.GaussianBlur(lines, (0, 0), 30.0)
    light += (
        smooth(0.0, 0.25, floor)[..., None]
        * (0.75 * lines + 0.8 * glow)[..., None]
        * _mix(CYAN, MAGENTA, smooth(0.0, 0.9, floor))
    )
    edge = np.exp(-np.abs(v - HORIZON) * height / 3.0) + 0.35 * np.exp(-np.abs(v - HORIZON) * height / 22.0)
    light += edge[..., None] * np.array(CYAN) * 0.6

    shown = light / (1.0 + 0.45 * light)
    encoded = np.where(
        shown <= 0.0031308, shown * 12.92, 1.055 * np.maximum(shown, 1e-9) ** (1 / 2.4) - 0.055
    )
    # half a step of noise: a smooth sky shows its steps otherwise
    return np.asarray(np.clip(encoded * 255.0 + rng.random(encoded.shape), 0, 255), np.uint8)


def lit(colours: Colours) -> Colours:
    """A person at night between a magenta and a cyan lamp: shadows blue, lights pink, all of it dim."""
    luma = colours @ np.array([0.299, 0.587, 0.114])
    places = (0.0, 0.25, 0.55, 0.8, 1.0)
    toned = np.stack(
        [
            np.interp(luma, places, row)
            for row in (
                (0.008, 0.050, 0.270, 0.520, 0.820),
                (0.010, 0.045, 0.110, 0.260, 0.640),
                (0.032, 0.160, 0.390, 0.620, 0.920),
            )
        ],
        axis=1,
    )
    return np.asarray(toned * 0.86 + 0.14 * colours * np.array([0.55, 0.45, 0.80]))


def _mix(a: tuple[float, ...], b: tuple[float, ...], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.array(a) + (np.array(b) - np.array(a)) * fraction[..., None])


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90, optimize=True)
    return file.getvalue()


FILES = {
    "neon/night.jpg": lambda: _jpeg(night()),
    "neon/lit.cube": lambda: cube("Neon light", lit, 17),
}

if __name__ == "__main__":
    write(FILES)
