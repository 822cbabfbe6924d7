"""Writes ``.cube`` files: a table of colours by a rule, in Oklab where hues are moved (Ottosson 2020)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
"""(..., 3), 0..1."""

_LMS_FROM_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB_FROM_LMS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def cube(title: str, rule: Callable[[Colours], Colours], size: int = 25) -> bytes:
    """The file of a table: ``rule`` takes encoded sRGB colours to others."""
    steps = np.linspace(0.0, 1.0, size)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")  # red changes fastest
    given = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    found = np.round(np.clip(rule(given), 0.0, 1.0), 4) + 0.0
    rows = "\n".join(f"{r:.4g} {g:.4g} {b:.4g}" for r, g, b in found.tolist())
    return f'TITLE "{title}"\nLUT_3D_SIZE {size}\n{rows}\n'.encode()


def oklab(encoded: Colours) -> Colours:
    """Encoded sRGB -> Oklab."""
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _LMS_FROM_RGB.T) @ _LAB_FROM_LMS.T)


def encoded(lab: Colours) -> Colours:
    """Oklab -> encoded sRGB, clipped."""
    lms = (lab @ np.linalg.inv(_LAB_FROM_LMS).T) ** 3
    linear = np.clip(lms @ np.linalg.inv(_LMS_FROM_RGB).T, 0.0, 1.0)
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055))


def smooth(low: float | Colours, high: float | Colours, x: Colours) -> Colours:
    """0 below low, 1 above high, smooth between; the other way round where high is below low."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
