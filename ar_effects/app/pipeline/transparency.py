"""An effect over a transparent picture, which stays transparent where nothing was drawn."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.colour import LINEAR_FROM_BYTE
from ar_effects.media.frames import over_black
from ar_effects.records import Image, Transparency

KEEPS_ALPHA = frozenset({".png", ".webp"})
"""Endings of pictures that can be transparent."""


def drawn(picture: Transparency, draw: Callable[[Image], Image]) -> Transparency:
    """The picture with what ``draw`` draws, which knows nothing of alpha.

    It is drawn over black and over white, and where both differ less than black and white do, something was
    drawn over them: the two-background matting of Smith and Blinn, "Blue Screen Matting" (SIGGRAPH 1996,
    theorem 4), with the difference taken in linear light, as effects are blended. Pixels that the effect did
    not touch stay as they were to the bit.

    Args:
        picture: as its file has it.
        draw: gives a picture with the effect, of the same size.
    """
    alpha = picture.alpha
    wide = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    black: Image = over_black(picture.bgr, alpha)
    white: Image = cv2.add(black, 255 - wide)
    on_black, on_white = draw(black), draw(white)
    touched = (on_black != black).any(axis=2) | (on_white != white).any(axis=2)
    result, result_alpha = picture.bgr.copy(), alpha.copy()
    if touched.any():
        own = alpha[touched] / 255.0
        there = (LINEAR_FROM_BYTE[white[touched]] - LINEAR_FROM_BYTE[black[touched]]).sum(axis=1)
        left = (LINEAR_FROM_BYTE[on_white[touched]] - LINEAR_FROM_BYTE[on_black[touched]]).sum(axis=1)
        seen_through = np.clip(left / np.maximum(there, 1e-6), 0.0, 1.0)
        opaque = 1.0 - (1.0 - own) * seen_through
        result_alpha[touched] = _bytes(255.0 * opaque)
        result[touched] = _bytes(on_black[touched] / np.maximum(opaque, 1e-6)[:, None])
    return Transparency(result, result_alpha)


def _bytes(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
