"""Cells as boxes: every cell that is set once, no other, and few boxes."""

import numpy as np
import pytest

from ar_effects.geometry.boxes import boxes_of


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("side", [1, 2, 16, 64])
def test_boxes_hold_each_cell_once(side, fraction):
    cells = np.random.default_rng(side).random((side, side)) < fraction
    count = np.zeros((side, side), int)
    for left, top, right, bottom in boxes_of(cells).astype(int):
        count[top:bottom, left:right] += 1
    assert np.array_equal(count, cells.astype(int))


def test_what_is_large_is_one_box():
    assert boxes_of(np.ones((64, 64), bool)).tolist() == [[0.0, 0.0, 64.0, 64.0]]
    upper = np.zeros((64, 64), bool)
    upper[:32] = True
    assert boxes_of(upper).tolist() == [[0.0, 0.0, 64.0, 32.0]]
    row, column = np.indices((64, 64)) - 31.5
    disc = np.hypot(row, column) < 25.0
    assert len(boxes_of(disc)) < 0.1 * disc.sum()
