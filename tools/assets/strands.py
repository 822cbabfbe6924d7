"""Hair and fur, drawn strand by strand into textures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.assets.meshes import Array

SUPERSAMPLING = 3
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Strand:
    """One hair.

    Attributes:
        points: (n, 2) shares of the picture, from root to tip.
        width: at the root, in pixels of the finished picture; it narrows to the tip.
        light: (root, tip) brightness, 0..1.
    """

    points: Array
    width: float
    light: tuple[float, float]


def curl(
    root: tuple[float, float],
    angle: float,
    length: float,
    bend: float,
    *,
    wave: float = 0.0,
    phase: float = 0.0,
    count: int = 9,
) -> Array:
    """(count, 2) points of a strand that begins at an angle (0 right, pi/2 down) and turns by ``bend``."""
    s = np.linspace(0.0, 1.0, count)
    heading = angle + bend * s + wave * np.sin(2 * np.pi * s * 1.3 + phase)
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1)[:-1] * length / (count - 1)
    return np.asarray(np.concatenate([[root], np.array(root) + np.cumsum(steps, axis=0)]))


def drawn(
    strands: Iterable[Strand], size: tuple[int, int], ground: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """(h, w, 4) grey strands, the first lowest; alpha is what they cover, 1 on a (h, w) ``ground``."""
    width, height = size
    big = (height * SUPERSAMPLING, width * SUPERSAMPLING)
    light = np.zeros(big, np.uint8)
    if ground is not None:
        light[:] = np.rint(cv2.resize(ground, big[::-1], interpolation=cv2.INTER_LINEAR) * 255)
    cover = np.full(big, 255 if ground is not None else 0, np.uint8)
    scale = np.array([big[1], big[0]]) * (1 << _SHIFT)
    for strand in strands:
        points = np.rint(strand.points * scale).astype(np.int32)
        last = len(points) - 1
        for k in range(last):
            fraction = k / max(last - 1, 1)
            thick = max(round(strand.width * SUPERSAMPLING * (1.0 - 0.75 * fraction)), 1)
            grey = round(255 * (strand.light[0] + (strand.light[1] - strand.light[0]) * fraction))
            a, b = (tuple(map(int, p)) for p in points[k : k + 2])
            cv2.line(light, a, b, grey, thick, cv2.LINE_8, _SHIFT)
            if ground is None:
                cv2.line(cover, a, b, 255, thick, cv2.LINE_8, _SHIFT)
    shape = (height, SUPERSAMPLING, width, SUPERSAMPLING)
    alpha = (cover.astype(np.float64) / 255).reshape(shape)
    grey = (light.astype(np.float64).reshape(shape) * alpha).sum(axis=(1, 3))
    grey = grey / np.maximum(alpha.sum(axis=(1, 3)), 1e-6)
    less = alpha.mean(axis=(1, 3)) * 255
    # Clear pixels take the nearest strand's grey: smaller copies of the texture stay as light.
    filled = _bled(grey, less > 0)
    return np.dstack([*[np.rint(filled).astype(np.uint8)] * 3, np.rint(less).astype(np.uint8)])


def _bled(grey: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    if known.all() or not known.any():
        return grey
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    value = np.zeros(labels.max() + 1)
    value[labels[known]] = grey[known]
    return np.asarray(value[labels])


def swirls(seed: int, cells: int = 6) -> NDArray[np.float64]:
    """(256, 256) smooth noise, mean 0, deviation 1: locks lie together."""
    coarse = np.random.default_rng(seed).normal(0, 1, (cells, cells))
    smooth = cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC)
    return np.asarray((smooth - smooth.mean()) / smooth.std())


def fur(
    size: tuple[int, int],
    count: int,
    seed: int,
    *,
    length: float = 0.12,
    spread: float = 0.16,
    swirl: float = 0.28,
) -> NDArray[np.uint8]:
    """(h, w, 4) a coat that is combed upwards: opaque, brightness about 0.75, to be tinted."""
    random = np.random.default_rng(seed)
    lean, tone, fine = swirls(seed + 1), swirls(seed + 2, 9), swirls(seed + 3, 24)
    places = random.uniform(-0.05, 1.1, (count, 2))
    places = places[np.argsort(places[:, 1])]  # hairs lie over those above them
    strands = []
    for x, y in places:
        at = (int(np.clip(y, 0, 0.999) * 256), int(np.clip(x, 0, 0.999) * 256))
        light = 0.72 + 0.045 * tone[at] + 0.05 * fine[at] + random.normal(0, 0.055)
        angle = -np.pi / 2 + swirl * lean[at] + random.normal(0, spread)
        points = curl((x, y), angle, length * random.uniform(0.6, 1.3), random.normal(0, 0.35))
        bright = (float(np.clip(light * 0.8, 0.1, 1)), float(np.clip(light * 1.16, 0.1, 1)))
        strands.append(Strand(points, random.uniform(1.6, 3.4), bright))
    return drawn(strands, size, np.full((8, 8), 0.55))


def fringe(
    size: tuple[int, int],
    count: int,
    seed: int,
    *,
    length: tuple[float, float] = (0.48, 0.84),
    spread: float = 0.22,
    width: tuple[float, float] = (1.6, 3.2),
) -> NDArray[np.uint8]:
    """(h, w, 4) hairs that stand on the picture's lower edge; clear between them."""
    random = np.random.default_rng(seed)
    narrow = np.array([size[1] / size[0], 1.0])  # a strand's lengths are shares of the height
    strands = []
    for _ in range(count):
        light = 0.80 + random.normal(0, 0.09)
        angle = -np.pi / 2 + random.normal(0, spread)
        reach = random.uniform(*length)
        root = np.array([random.uniform(-0.02, 1.02), 1.02])
        points = root + curl((0.0, 0.0), angle, reach, random.normal(0, 0.4), count=12) * narrow
        bright = (float(np.clip(light * 0.8, 0.1, 1)), float(np.clip(light * 1.16, 0.1, 1)))
        strands.append(Strand(points, random.uniform(*width), bright))
    return drawn(strands, size)
