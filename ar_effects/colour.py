"""sRGB's encoding of light (IEC 61966-2-1), for whoever reckons with colours outside of shaders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def srgb_from_linear(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Encode 0..1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def linear_from_srgb(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decode 0..1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


LINEAR_FROM_BYTE = linear_from_srgb(np.arange(256) / 255)
"""(256,) float64: what each byte of a picture decodes to."""
