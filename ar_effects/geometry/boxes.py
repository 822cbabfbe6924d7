"""Cells of a square grid as boxes, few and large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def boxes_of(cells: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Boxes that hold all cells that are set, each once, and no others.

    Squares of halved sides, the largest first, neighbours in a row as one box. Software draws in blocks of
    pixels: what borders on many cells would be drawn many times.

    Args:
        cells: (n, n), n a power of two.

    Returns:
        (m, 4) left, top, right and bottom, in cells.
    """
    found = []
    left, side = cells, len(cells)
    while side:
        count = len(cells) // side
        full = left.reshape(count, side, count, side).all(axis=(1, 3))
        ends = np.diff(np.pad(full, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        rows, first = np.nonzero(ends > 0)
        _, beyond = np.nonzero(ends < 0)
        found.append(side * np.stack([first, rows, beyond, rows + 1], axis=1))
        left = left & ~full.repeat(side, axis=0).repeat(side, axis=1)
        side //= 2
    return np.ascontiguousarray(np.concatenate(found), np.float32)
