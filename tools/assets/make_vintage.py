"""``python -m tools.assets.make_vintage``: the colours of old film, and the rounded edge of its gate."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.assets.colour_tables import Colours, cube, smooth
from tools.assets.packs import write

SEED = 9
SIZE = 1280, 720
EDGE, CORNER, SOFT = 0.030, 0.075, 0.006
"""Width of the gate's edge, radius of its corners and their softness, shares of the height."""


def faded(colours: Colours) -> Colours:
    """Reversal film of the seventies: warm lights, green-blue shadows that are never black, calm blues."""
    luma = colours @ np.array([0.299, 0.587, 0.114])
    grey = luma[:, None]
    bent = colours + 0.10 * np.sin(2 * np.pi * (colours - 0.5)) * 0.5  # a film's shoulder and toe
    bent = grey + (bent - grey) * 0.84
    lights, shadows = smooth(0.35, 1.0, luma)[:, None], 1.0 - smooth(0.0, 0.55, luma)[:, None]
    bent = bent * (1.0 + lights * np.array([0.045, 0.0, -0.11]))
    bent = bent + shadows * np.array([-0.006, 0.020, 0.030])
    black, white = np.array([0.068, 0.060, 0.072]), np.array([0.985, 0.955, 0.865])
    return np.asarray(black + bent * (white - black))


def gate() -> NDArray[np.uint8]:
    """(720, 1280, 4) black with a clear, rounded window: straight alpha; its edge is uneven."""
    width, height = SIZE
    rng = np.random.default_rng(SEED)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    half = np.array([width / 2 - EDGE * height, height / 2 - EDGE * height]) / height
    p = np.stack([np.abs(x - width / 2 + 0.5), np.abs(y - height / 2 + 0.5)], axis=-1) / height
    q = p - half + CORNER
    away = np.hypot(*np.moveaxis(np.maximum(q, 0), -1, 0)) + np.minimum(q.max(axis=-1), 0) - CORNER
    rough = cv2.resize(rng.uniform(-1, 1, (120, 214)), SIZE, interpolation=cv2.INTER_CUBIC)
    alpha = np.clip((away + 0.0009 * rough) / SOFT + 0.5, 0, 1)
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[..., :3] = 8
    rgba[..., 3] = np.rint(255 * alpha)
    return rgba


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


FILES = {
    "vintage/film.cube": lambda: cube("Faded film", faded),
    "vintage/gate.png": lambda: _png(gate()),
}

if __name__ == "__main__":
    write(FILES)
