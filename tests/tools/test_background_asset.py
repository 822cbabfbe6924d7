"""The shipped backdrop is what its script paints."""

from __future__ import annotations

import numpy as np
from PIL import Image

from tools.assets import make_background


def test_the_picture_is_what_the_script_paints():
    with Image.open(make_background.PACK / make_background.FILE) as picture:
        shipped = np.asarray(picture.convert("RGB"))
    painted = make_background.paint()
    assert shipped.shape == painted.shape == (*make_background.SIZE[::-1], 3)
    off = np.abs(shipped.astype(int) - painted)
    assert off.mean() < 2.0, "nothing but the coding's loss"
    assert np.ptp(shipped.mean(axis=(1, 2))) > 40, "a sky that changes with the height"
