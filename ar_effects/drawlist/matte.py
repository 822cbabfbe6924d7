"""How much of each pixel is person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.boxes import boxes_of

TILES = 64
"""A matte's frame is cut into so many equal tiles a side."""

BEHIND, EDGE, PERSON = 0, 1, 2
"""What a tile holds: nothing of a person, some, nothing else."""


@dataclass(frozen=True, eq=False)
class Matte:
    """A soft cut around the people of a frame, as a function of the frame's own colours.

    Attributes:
        coefficients: (h, w, 4) float32 over the whole frame, interpolated linearly. The share of person in a
            pixel is ``a_r r + a_g g + a_b b + c``, clamped to 0..1; r, g, b are square roots of the
            frame's linear colours.
        tiles: (TILES, TILES) uint8, what each tile holds.
    """

    coefficients: NDArray[np.float32]
    tiles: NDArray[np.uint8]

    @cached_property
    def boxes(self) -> dict[int, NDArray[np.float32]]:
        """By kind: (n, 4) left, top, right and bottom of boxes of tiles of that kind, few and large."""
        return {kind: boxes_of(self.tiles == kind) for kind in (BEHIND, EDGE, PERSON)}
