"""The backdrop of the background pack, a city at dusk: ``python -m tools.assets.make_background``.

Painted out of focus and in linear light: a sky from deep blue to embers, dark houses, and in front of them
lamps as a lens of wide aperture shows them, discs with a brighter rim that overlap as light does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

PACK = Path(__file__).resolve().parents[2] / "effects" / "background"
FILE = "dusk.jpg"
SIZE = 1600, 900
SEED = 11
QUALITY = 88

SKY = (
    (0.00, (0.012, 0.020, 0.065)),
    (0.28, (0.040, 0.046, 0.150)),
    (0.46, (0.210, 0.100, 0.200)),
    (0.58, (0.680, 0.260, 0.150)),
    (0.70, (1.000, 0.480, 0.180)),
    (1.00, (0.300, 0.130, 0.090)),
)
"""Linear red, green and blue by the share of the height."""

LAMPS = (
    (1.0, 0.46, 0.12),
    (1.0, 0.60, 0.24),
    (1.0, 0.26, 0.12),
    (1.0, 0.52, 0.16),
    (0.30, 0.50, 1.0),
    (1.0, 0.80, 0.55),
)
HORIZON = 0.74
SKYLINES = ((0.52, 0.66, 18.0, (0.120, 0.055, 0.080)), (0.58, 0.76, 11.0, (0.022, 0.014, 0.034)))
"""Of each row of houses: heights between which its roofs lie, blur in pixels, colour."""

Layer = NDArray[np.float32]


def paint(size: tuple[int, int] = SIZE, seed: int = SEED) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 sRGB, RGB."""
    width, height = size
    rng = np.random.default_rng(seed)
    light = _sky(width, height)
    for low, high, blur, colour in SKYLINES:
        _houses(light, rng, low, high, blur, colour)
    _street(light)
    _lamps(light, rng, count=240, radii=(3.0, 9.0), rows=(0.50, 0.80), strength=1.3)
    _lamps(light, rng, count=90, radii=(12.0, 30.0), rows=(0.58, 0.96), strength=0.55)
    _lamps(light, rng, count=26, radii=(38.0, 66.0), rows=(0.45, 1.02), strength=0.18)
    shown = light / (1.0 + 0.35 * light)  # bright lamps roll off, as film lets them
    encoded = np.where(shown <= 0.0031308, shown * 12.92, 1.055 * np.power(shown, 1 / 2.4) - 0.055)
    # half a step of noise: a smooth sky shows its steps otherwise
    return np.clip(encoded * 255.0 + rng.random(encoded.shape), 0, 255).astype(np.uint8)


def _sky(width: int, height: int) -> Layer:
    places = [place for place, _ in SKY]
    rows = (np.arange(height) + 0.5) / height
    column = np.stack([np.interp(rows, places, [c[k] for _, c in SKY]) for k in range(3)], axis=-1)
    sky = np.repeat(column[:, None], width, axis=1).astype(np.float32)
    return np.ascontiguousarray(cv2.GaussianBlur(sky, (0, 0), height * 0.03), np.float32)


def _houses(
    light: Layer,
    rng: np.random.Generator,
    low: float,
    high: float,
    blur: float,
    colour: tuple[float, float, float],
) -> None:
    height, width = light.shape[:2]
    cover = np.zeros((height, width), np.float32)
    x = -int(rng.integers(0, 60))
    while x < width:
        wide = int(rng.integers(width // 22, width // 9))
        cover[int(height * rng.uniform(low, high)) :, max(x, 0) : max(x + wide, 0)] = 1.0
        x += wide
    cover = cv2.GaussianBlur(cover, (0, 0), blur)[:, :, None]
    light *= 1.0 - cover
    light += cover * np.array(colour, np.float32)


def _street(light: Layer) -> None:
    """The ground takes up the sky's last light."""
    height = light.shape[0]
    rows = np.clip(((np.arange(height) + 0.5) / height - HORIZON) / (1.0 - HORIZON), 0.0, 1.0)
    glow = (np.exp(-3.0 * rows) * (rows > 0.0)).astype(np.float32)[:, None, None]
    warm = np.tile(np.array([0.10, 0.045, 0.03], np.float32), (1, light.shape[1], 1))
    light += cv2.GaussianBlur(glow * warm, (0, 0), 18)


def _lamps(
    light: Layer,
    rng: np.random.Generator,
    *,
    count: int,
    radii: tuple[float, float],
    rows: tuple[float, float],
    strength: float,
) -> None:
    """Discs of light, each as bright as its lamp is near."""
    height, width = light.shape[:2]
    middle = 0.5 * (rows[0] + rows[1])
    for _ in range(count):
        x = rng.uniform(-0.03, 1.03) * width
        y = (middle + (rows[1] - rows[0]) * 0.5 * float(np.clip(rng.normal(0.0, 0.55), -1, 1))) * height
        radius = rng.uniform(*radii)
        colour = np.array(LAMPS[int(rng.integers(len(LAMPS)))], np.float32)
        power = strength * float(rng.uniform(0.35, 1.0))
        x0, x1 = max(int(x - radius - 3), 0), min(int(x + radius + 4), width)
        y0, y1 = max(int(y - radius - 3), 0), min(int(y + radius + 4), height)
        if x0 >= x1 or y0 >= y1:
            continue
        away = np.hypot(*np.meshgrid(np.arange(x0, x1) - x, np.arange(y0, y1) - y)) / radius
        soft = max(1.5 / radius, 0.05)
        inside = np.clip((1.0 - away) / soft, 0.0, 1.0)
        rim = 0.72 + 0.5 * np.clip(1.0 - np.abs(away - 0.92) / 0.12, 0.0, 1.0)
        light[y0:y1, x0:x1] += (power * inside * rim).astype(np.float32)[:, :, None] * colour


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.assets.make_background", description=__doc__)
    parser.add_argument("--out", type=Path, default=PACK / FILE)
    out = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(paint()).save(out, quality=QUALITY, optimize=True)
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
