"""Pictures with several moving faces, put together from a clip with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from ar_effects.records import Image

GRIDS = {1: (1, 1), 2: (2, 1), 4: (2, 2), 8: (4, 2)}
"""Columns and rows of cells for so many faces."""

SHARE = 0.62
"""How much of its cell's shorter side a face takes."""


def crowd(
    frames: list[Image], box: tuple[float, float, float, float], faces: int, size: tuple[int, int]
) -> list[Image]:
    """The clip, ``faces`` times in every frame, each a little further on than the one before.

    Args:
        frames: (h, w, 3) BGR, one face each.
        box: x0, y0, x1, y1 around the face in all of them, pixels.
        faces: 1, 2, 4 or 8.
        size: (width, height) of the pictures to make.
    """
    columns, rows = GRIDS[faces]
    cell = (size[0] // columns, size[1] // rows)
    scale = SHARE * min(cell) / max(box[2] - box[0], box[3] - box[1])
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    matrix = np.array(
        [[scale, 0.0, cell[0] / 2 - scale * middle[0]], [0.0, scale, cell[1] / 2 - scale * middle[1]]]
    )
    small = [
        cv2.warpAffine(f, matrix, cell, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE) for f in frames
    ]
    made = []
    for i in range(len(frames)):
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        for k in range(faces):
            x, y = (k % columns) * cell[0], (k // columns) * cell[1]
            picture[y : y + cell[1], x : x + cell[0]] = small[(i + 11 * k) % len(small)]
        made.append(picture)
    return made
