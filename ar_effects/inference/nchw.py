"""From a picture's pixels to a network's planes, compiled."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled

RED, GREEN, BLUE = (0, 8, 16) if sys.byteorder == "little" else (24, 16, 8)
"""Bits before each colour of an RGBA pixel that is read as one number."""


@compiled
def write_planes(
    pixels: NDArray[np.uint32], scale: np.float32, low: np.float32, channels: NDArray[np.float32]
) -> None:
    """Fill the planes with ``scale * colour + low``.

    A pixel is read whole and taken apart by shifts, which become vector instructions; single bytes four apart
    do not, and take six times as long.

    Args:
        pixels: (height, width, 1) RGBA, each pixel seen as one number.
        scale: float32, and
        low: float32: numbers of another kind would be computed with in double.
        channels: (3, height, width) red, green, blue.
    """
    red, green, blue = channels[0], channels[1], channels[2]
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            pixel = pixels[y, x, 0]
            red[y, x] = np.float32(np.int32((pixel >> RED) & 255)) * scale + low
            green[y, x] = np.float32(np.int32((pixel >> GREEN) & 255)) * scale + low
            blue[y, x] = np.float32(np.int32((pixel >> BLUE) & 255)) * scale + low
