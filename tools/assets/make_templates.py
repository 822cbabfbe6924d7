"""Makes the pictures of ``assets/templates``: what ``packs new`` copies for a designer to begin with.

Run ``python -m tools.assets.make_templates``. Everything is drawn from the numbers below.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ar_effects.packs.templates import TEMPLATES
from tools.assets.face_regions import spline

Floats = NDArray[np.float64]

SIDE, SUPERSAMPLING = 1024, 2
SPARKLE_SIDE = 128

# Shares of the texture, on the person's right half; mirrored about the middle.
MASK = (
    (0.50, 0.300), (0.43, 0.262), (0.33, 0.212), (0.22, 0.186), (0.115, 0.170), (0.118, 0.270),
    (0.135, 0.360), (0.185, 0.440), (0.265, 0.482), (0.350, 0.480), (0.415, 0.445), (0.455, 0.425),
    (0.482, 0.442), (0.50, 0.450),
)  # fmt: skip
EYE = (
    (0.244, 0.338), (0.270, 0.314), (0.310, 0.300), (0.352, 0.304), (0.395, 0.330), (0.424, 0.366),
    (0.390, 0.392), (0.340, 0.404), (0.290, 0.394), (0.260, 0.368),
)  # fmt: skip
SCROLLS = (
    ((0.185, 0.250), 0.034, 0.6, 5.6, 1),
    ((0.245, 0.232), 0.024, 3.4, 8.0, -1),
    ((0.190, 0.385), 0.026, -0.4, 4.6, -1),
)
"""Spirals: middle, radius, angles where they begin and end, and which way they turn."""

BORDER, LINE, BEAD_EVERY, BEAD = 0.0085, 0.0028, 0.0155, 0.0031
DARK_GOLD, GOLD, BRIGHT_GOLD = (0.42, 0.26, 0.08), (0.86, 0.63, 0.27), (1.0, 0.93, 0.70)


def mask() -> NDArray[np.uint8]:
    """(1024, 1024, 4) the cloth of the mask in greys, to be tinted: straight alpha."""
    inside = _depth()
    x, y = _grid()
    weave = 0.5 + 0.5 * np.sin(2 * np.pi * 26 * (x + y)) * np.sin(2 * np.pi * 26 * (x - y))
    grey = 0.70 + 0.20 * np.clip(inside / 0.05, 0.0, 1.0) + 0.10 * (weave - 0.5)
    alpha = np.clip(inside * SIDE * SUPERSAMPLING + 0.5, 0.0, 1.0)
    return _picture(np.repeat(grey[..., None], 3, axis=2), alpha)


def trim() -> NDArray[np.uint8]:
    """(1024, 1024, 4) the golden border, beads and scrolls: straight alpha."""
    inside = _depth()
    height = np.zeros_like(inside)  # of the relief, 0..1
    border = 1.0 - ((inside - BORDER / 2) / (BORDER / 2)) ** 2
    height = np.maximum(height, np.where((inside >= 0) & (inside <= BORDER), border, 0.0))
    thin = 1.0 - ((inside - 0.0235) / LINE) ** 2
    height = np.maximum(height, thin)
    for centre in _beads(inside):
        _put_bead(height, centre)
    drawn = np.zeros(inside.shape, np.uint8)
    for middle, radius, begin, end, way in SCROLLS:
        for side in (1, -1):
            points = _spiral(middle, radius, begin, end, way)
            points[:, 0] = points[:, 0] if side > 0 else 1.0 - points[:, 0]
            _stroke(drawn, points, 0.0052)
    scroll = cv2.distanceTransform(drawn, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
    height = np.maximum(height, np.clip(scroll / (0.0027 * SIDE * SUPERSAMPLING), 0.0, 1.0))
    x, y = _grid()
    gem = 1.0 - (np.abs(x - 0.5) / 0.017 + np.abs(y - 0.352) / 0.032)
    height = np.maximum(height, np.clip(gem * 3.0, 0.0, 1.0))
    height = np.clip(height, 0.0, 1.0)
    light = _lit(height)
    colour = _mixed(DARK_GOLD, GOLD, np.clip(light * 2, 0, 1))
    colour = colour + (np.array(BRIGHT_GOLD) - colour) * np.clip(light * 2 - 1, 0, 1)[..., None]
    ruby = np.clip(gem * 3.0 - 0.9, 0.0, 1.0)[..., None]
    facets = 0.55 + 0.45 * np.sign((x - 0.5) * (y - 0.352) + 1e-9)[..., None]
    colour = colour * (1 - ruby) + ruby * facets * np.array([0.82, 0.06, 0.16])
    return _picture(colour, np.clip(height * 6.0, 0.0, 1.0))


def sparkle() -> NDArray[np.uint8]:
    """(128, 128, 4) a four-pointed star with a soft glow, white: particles are coloured by the manifest."""
    y, x = (np.mgrid[0:SPARKLE_SIDE, 0:SPARKLE_SIDE] + 0.5) / SPARKLE_SIDE * 2.0 - 1.0
    far = np.hypot(x, y)
    rays = np.exp(-np.abs(x) * np.abs(y) * 90.0) * np.clip(1.0 - far, 0.0, 1.0) ** 1.2
    glow = 0.55 * np.exp(-((far / 0.28) ** 2))
    alpha = np.clip(rays + glow, 0.0, 1.0) * np.clip((1.0 - far) * 8.0, 0.0, 1.0)
    white = np.full((*alpha.shape, 3), 255, np.uint8)
    return np.dstack([white, np.rint(alpha * 255).astype(np.uint8)])


@lru_cache(maxsize=1)
def _depth() -> Floats:
    """(2048, 2048) how far inside of the mask, as shares of the side; below 0 outside."""
    size = SIDE * SUPERSAMPLING
    filled = np.zeros((size, size), np.uint8)
    half = spline(np.array(MASK))
    outline = np.concatenate([half, (half * [-1, 1] + [1, 0])[::-1]])
    cv2.fillPoly(filled, [_px(outline)], 1, shift=4)
    for eye in (np.array(EYE), np.array(EYE) * [-1, 1] + [1, 0]):
        cv2.fillPoly(filled, [_px(spline(eye, closed=True))], 0, shift=4)
    into = cv2.distanceTransform(filled, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    out = cv2.distanceTransform(1 - filled, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(cv2.GaussianBlur((into - out).astype(np.float64), (0, 0), 1.2) / size)


def _beads(inside: Floats) -> list[Floats]:
    """Along the outline and the eyes, a little inside."""
    size = SIDE * SUPERSAMPLING
    level = (inside > 0.0160).astype(np.uint8)
    lines, _ = cv2.findContours(level, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    found = []
    for line in lines:
        points = line[:, 0].astype(np.float64) / size
        if points[:, 0].max() < 0.5:  # an eye: the other one's beads are these, mirrored
            continue
        steps = np.linalg.norm(np.diff(points, axis=0, append=points[:1]), axis=1)
        way = np.concatenate([[0.0], np.cumsum(steps)])
        count = round(way[-1] / BEAD_EVERY)
        at = (np.arange(count) + 0.5) * way[-1] / count
        here = np.stack([np.interp(at, way[:-1], points[:, k]) for k in range(2)], axis=1)
        found += list(here)
        if points[:, 0].min() > 0.5:
            found += list(here * [-1, 1] + [1, 0])
    return found


def _put_bead(height: Floats, centre: Floats) -> None:
    """A ball on the relief, looked at only where it is."""
    size = SIDE * SUPERSAMPLING
    (u, v), reach = np.rint(centre * size).astype(int), int(BEAD * size) + 2
    here = np.s_[max(v - reach, 0) : v + reach + 1, max(u - reach, 0) : u + reach + 1]
    y, x = (np.mgrid[here] + 0.5) / size
    ball = 1.0 - ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / BEAD**2
    height[here] = np.maximum(height[here], ball)


def _spiral(middle: tuple[float, float], radius: float, begin: float, end: float, way: int) -> Floats:
    t = np.linspace(0.0, 1.0, 60)
    angle = begin + (end - begin) * t
    r = radius * (1.0 - 0.82 * t)
    return np.stack([middle[0] + way * r * np.cos(angle), middle[1] + r * np.sin(angle)], axis=1)


def _stroke(drawn: NDArray[np.uint8], points: Floats, width: float) -> None:
    size = SIDE * SUPERSAMPLING
    for k in range(len(points) - 1):  # thinner towards its end
        thick = max(round(width * size * (1.0 - 0.6 * k / len(points))), 1)
        begin, end = (tuple(map(int, p)) for p in _px(points[k : k + 2]))
        cv2.line(drawn, begin, end, 1, thick, cv2.LINE_8, 4)


def _lit(height: Floats) -> Floats:
    """0..1: light from above left on a relief."""
    smooth = cv2.GaussianBlur(height, (0, 0), 1.6)
    down, right = np.gradient(smooth)
    return np.asarray(np.clip(0.45 - 2.2 * down - 1.2 * right, 0.0, 1.0))


def _mixed(a: tuple[float, ...], b: tuple[float, ...], fraction: Floats) -> Floats:
    return np.asarray(np.array(a) + (np.array(b) - np.array(a)) * fraction[..., None])


@lru_cache(maxsize=1)
def _grid() -> tuple[Floats, Floats]:
    size = SIDE * SUPERSAMPLING
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    return x, y


def _px(points: Floats) -> NDArray[np.int32]:
    return np.asarray(np.rint((points * SIDE * SUPERSAMPLING - 0.5) * 16), np.int32)


def _picture(colour: Floats, alpha: Floats) -> NDArray[np.uint8]:
    """Straight alpha of the final size; colours are averaged by what can be seen of them."""
    shape = (SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING)
    less = alpha.reshape(shape).mean(axis=(1, 3))
    seen = (colour * alpha[..., None]).reshape(*shape, 3).mean(axis=(1, 3))
    plain = colour.reshape(*shape, 3).mean(axis=(1, 3))
    out = np.where(less[..., None] > 1e-3, seen / np.maximum(less, 1e-3)[..., None], plain * 0 + 0.5)
    return np.asarray(np.rint(np.clip(np.dstack([out, less]), 0, 1) * 255), np.uint8)


PICTURES = {"mask/mask.png": mask, "mask/trim.png": trim, "particles/sparkle.png": sparkle}


def main(folder: Path = TEMPLATES) -> None:
    """Write all of them."""
    for name, draw in PICTURES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw()).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
