"""Painting on the face's texture space by script: brushes, soft patches, hairs, noise; the same on every run.

Places are shares of the texture's sides, (0, 0) its upper left, as on ``assets/face/template.png``.
Everything is painted larger than it is stored and made smaller at the end.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.assets.face_regions import spline

SIDE, SUPERSAMPLING = 1024, 2
LARGE = SIDE * SUPERSAMPLING
COARSE = 4
"""What is very soft is blurred on a grid that much coarser."""

Floats = NDArray[np.float32]
Places = Sequence[tuple[float, float]]
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A brush drawn along a curve.

    Attributes:
        places: the curve goes through them.
        width: of the brush where it is widest.
        begin, end: width at the ends, as shares of the widest.
        fullest: share of the way where it is widest.
    """

    places: Places
    width: float
    begin: float = 0.1
    end: float = 0.0
    fullest: float = 0.4

    def outline(self) -> NDArray[np.float64]:
        """(n, 2) the edge of what the brush leaves."""
        line = spline(np.array(self.places, np.float64), steps=16)
        along = np.gradient(line, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        t = np.linspace(0.0, 1.0, len(line))
        wide = np.where(
            t < self.fullest,
            self.begin + (1 - self.begin) * np.sin(0.5 * np.pi * t / max(self.fullest, 1e-6)),
            self.end + (1 - self.end) * np.cos(0.5 * np.pi * (t - self.fullest) / (1 - self.fullest)),
        )
        half = 0.5 * self.width * wide[:, None] * across
        return np.concatenate([line + half, (line - half)[::-1]])

    def mirrored(self) -> Stroke:
        """The same on the other half of the face."""
        places = [(1.0 - x, y) for x, y in self.places]
        return Stroke(places, self.width, self.begin, self.end, self.fullest)


def on_both(strokes: Iterable[Stroke]) -> list[Stroke]:
    """Strokes of one half, and of the other."""
    return [s for stroke in strokes for s in (stroke, stroke.mirrored())]


def brushed(strokes: Iterable[Stroke]) -> Floats:
    """0..1 where any of the strokes went."""
    drawn = np.zeros((LARGE, LARGE), np.uint8)
    for stroke in strokes:
        cv2.fillPoly(drawn, [_px(stroke.outline())], 255, cv2.LINE_AA, 4)
    return drawn.astype(np.float32) / np.float32(255)


def patch(*outlines: Places, soft: float = 0.0, both: bool = True) -> Floats:
    """0..1 inside of closed curves, mirrored too where ``both``; the edge is ``soft`` wide."""
    drawn = np.zeros((LARGE, LARGE), np.uint8)
    for outline in outlines:
        curve = spline(np.array(outline, np.float64), closed=True, steps=16)
        cv2.fillPoly(drawn, [_px(curve)], 255, cv2.LINE_AA, 4)
        if both:
            cv2.fillPoly(drawn, [_px(curve * [-1, 1] + [1, 0])], 255, cv2.LINE_AA, 4)
    mask = drawn.astype(np.float32) / np.float32(255)
    return blurred(mask, 0.5 * soft) if soft else mask


def spot(centre: tuple[float, float], radii: tuple[float, float], power: float = 2.0) -> Floats:
    """A soft hill, 1 in its middle."""
    x, y = grid()
    way = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2
    return np.asarray(np.exp(-(way ** (0.5 * power))), np.float32)


def blurred(field: Floats, sigma: float) -> Floats:
    """A field with edges as soft as a share of the side."""
    px = sigma * LARGE
    if px < 2 * COARSE:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), px), np.float32)
    small = cv2.resize(field, (LARGE // COARSE, LARGE // COARSE), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), px / COARSE)
    return np.asarray(cv2.resize(small, (LARGE, LARGE), interpolation=cv2.INTER_CUBIC), np.float32)


def noise(rng: np.random.Generator, cells: int, octaves: int = 3, stretch: float = 1.0) -> Floats:
    """About -1..1: smooth chance, ``cells`` hills across; ``stretch`` > 1 draws them out downwards."""
    total = np.zeros((LARGE, LARGE), np.float32)
    for k in range(octaves):
        n = cells << k
        coarse = rng.uniform(-1, 1, (max(int(n / stretch), 2) + 2, n + 2)).astype(np.float32)
        total += cv2.resize(coarse, (LARGE, LARGE), interpolation=cv2.INTER_CUBIC) * np.float32(0.5**k)
    return total


def pushed(field: Floats, right: Floats, down: Floats) -> Floats:
    """A field whose places are moved, by shares of the side: edges become uneven."""
    x, y = grid()
    places = (x + right) * LARGE - 0.5, (y + down) * LARGE - 0.5
    return np.asarray(cv2.remap(field, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def over(under: Floats, colour: Rgb, fraction: Floats) -> Floats:
    """A colour laid over (h, w, 3)."""
    return np.asarray(under + (np.array(colour, np.float32) - under) * fraction[..., None], np.float32)


def hairs(
    colour: Floats,
    rng: np.random.Generator,
    count: int,
    length: tuple[float, float],
    flow: tuple[Floats, Floats],
    vary: float,
    within: Floats | None = None,
) -> Floats:
    """Short strokes, each of the colour where it begins, somewhat lighter or darker: fur.

    Args:
        colour: (h, w, 3) 0..1, what is under them.
        rng: where they are.
        count: how many.
        length: shortest and longest.
        flow: directions in which they lie, rightwards and downwards.
        vary: how far lighter or darker.
        within: only there.
    """
    canvas = np.rint(np.clip(colour, 0, 1) * 255).astype(np.uint8)
    roots = rng.uniform(0.0, 1.0, (count, 2))
    lengths = rng.uniform(*length, count)
    tones = 1.0 + vary * rng.uniform(-1.0, 1.0, count)
    bends = rng.normal(0.0, 0.22, count)
    at = np.minimum((roots * LARGE).astype(int), LARGE - 1)
    dx, dy = (f[at[:, 1], at[:, 0]].astype(np.float64) for f in flow)
    size = np.maximum(np.hypot(dx, dy), 1e-6)
    angle = np.arctan2(dy / size, dx / size) + bends
    tips = roots + lengths[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    begin, end = _px(roots), _px(tips)
    shades = np.clip(colour[at[:, 1], at[:, 0]] * tones[:, None], 0, 1) * 255
    kept = np.ones(count, bool) if within is None else within[at[:, 1], at[:, 0]] > 0.5
    for k in np.flatnonzero(kept).tolist():
        shade = tuple(shades[k].tolist())
        cv2.line(canvas, begin[k].tolist(), end[k].tolist(), shade, 2, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / np.float32(255)


@lru_cache(maxsize=1)
def grid() -> tuple[Floats, Floats]:
    """Middles of the large picture's texels."""
    y, x = (np.mgrid[0:LARGE, 0:LARGE].astype(np.float32) + np.float32(0.5)) / np.float32(LARGE)
    return x, y


def picture(colour: Floats | Rgb, alpha: Floats) -> NDArray[np.uint8]:
    """(SIDE, SIDE, 4) straight alpha; colours are averaged by what can be seen of them."""
    full = np.broadcast_to(np.asarray(colour, np.float32), (LARGE, LARGE, 3))
    alpha = np.clip(alpha, 0, 1)
    shape = (SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING)
    less = alpha.reshape(shape).mean(axis=(1, 3))
    seen = (np.clip(full, 0, 1) * alpha[..., None]).reshape(*shape, 3).mean(axis=(1, 3))
    plain = np.clip(full, 0, 1).reshape(*shape, 3).mean(axis=(1, 3))
    out = np.where(less[..., None] > 1e-3, seen / np.maximum(less, 1e-3)[..., None], plain)
    return np.asarray(np.rint(np.clip(np.dstack([out, less]), 0, 1) * 255), np.uint8)


def webp(pixels: NDArray[np.uint8], quality: int = 88) -> bytes:
    """The file of a picture with fine structure."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=quality, alpha_quality=95, method=6)
    return file.getvalue()


def png(pixels: NDArray[np.uint8]) -> bytes:
    """The file of a picture of smooth areas, exact."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


def _px(places: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.asarray(np.rint((places * LARGE - 0.5) * 16), np.int32)
