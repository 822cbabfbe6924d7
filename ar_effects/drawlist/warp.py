"""A part of the picture drawn anew with its pixels moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import PictureDraw


@dataclass(frozen=True, slots=True, eq=False)
class WarpDraw(PictureDraw):
    """A mesh of triangles, each filled from another place of the picture under it.

    Attributes:
        vertices: (n, 4) float32 pixels: x and y where it is drawn, x and y where it reads.
        triangles: (m, 3) uint16. Pixels that read (nearly) where they are drawn are left alone.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint16]
