"""Where a picture shows something that has not been looked at for long enough."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Image

CELLS = 48
"""Along the picture's longer side."""

SUBSAMPLE = 4
"""Only every so many pixels are read in each direction of a picture larger than VGA."""

CHANGED, MOVING = 14.0, 9.0
"""Of 255, the mean of a cell that is not what it was; and from one frame to the next."""

TRUSTED_S = 0.5
"""A cell that is new is trusted after so long without motion, and two rounds of looking."""

LEARN_S = 3.0
"""How fast what is trusted may change by itself."""


class ChangeDetector:
    """Follows the cells of a video's picture.

    Attributes:
        new: (rows, columns) bool, cells that are not trusted, and their neighbours.
    """

    def __init__(self) -> None:
        self.new: NDArray[np.bool_] = np.ones((1, 1), bool)
        self._size: tuple[int, int] | None = None

    def update(self, image: Image, known: NDArray[np.bool_], round_frames: int, step_s: float) -> None:
        """Look at the next frame.

        Args:
            image: it.
            known: (rows, columns) as ``shape_of`` says, cells that somebody else takes care of.
            round_frames: frames in which all of the picture is looked at.
            step_s: since the frame before.
        """
        rows, columns = shape_of(image)
        step = SUBSAMPLE if max(image.shape) > 640 else 1
        small = cv2.resize(
            np.ascontiguousarray(image[::step, ::step]), (columns, rows), interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        size = (image.shape[1], image.shape[0])
        if size != self._size:
            self._size = size
            self._trusted, self._last = small.copy(), small
            self._wait_s = np.full((rows, columns), TRUSTED_S)
            self._wait_frames = np.full((rows, columns), 2 * round_frames)
        changed = _far(small, self._trusted, CHANGED)
        moving = _far(small, self._last, MOVING)
        self._last = small
        waiting = self._wait_s > 0.0
        begin = (changed & ~waiting) | moving
        self._wait_s = np.where(begin, TRUSTED_S, self._wait_s - step_s)
        self._wait_frames = np.where(begin, 2 * round_frames, self._wait_frames - 1)
        done = ((self._wait_s <= 0.0) & (self._wait_frames <= 0)) | known
        self._wait_s = np.where(done, 0.0, np.maximum(self._wait_s, 1e-6))
        self._wait_frames = np.where(done, 0, np.maximum(self._wait_frames, 0))
        settled = done & waiting | known
        self._trusted[settled] = small[settled]
        calm = done & ~settled
        self._trusted[calm] += min(step_s / LEARN_S, 1.0) * (small[calm] - self._trusted[calm])
        new = (self._wait_s > 0.0).astype(np.uint8)
        self.new = (cv2.dilate(new, np.ones((3, 3), np.uint8)) > 0) & ~known

    def rectangles(self, limit: int) -> list[tuple[float, float, float, float]] | None:
        """x0, y0, x1, y1 in pixels round the new cells; None where there are more than ``limit``."""
        if self._size is None:
            return None
        count, _, boxes, _ = cv2.connectedComponentsWithStats(self.new.astype(np.uint8), connectivity=8)
        if count - 1 > limit:
            return None
        across = self._size[0] / self.new.shape[1]
        down = self._size[1] / self.new.shape[0]
        return [
            (x * across - 0.5, y * down - 0.5, (x + w) * across - 0.5, (y + h) * down - 0.5)
            for x, y, w, h in boxes[1:, :4].tolist()
        ]


def shape_of(image: Image) -> tuple[int, int]:
    """(rows, columns) of a picture's cells."""
    height, width = image.shape[:2]
    side = max(width, height) / CELLS
    return max(round(height / side), 1), max(round(width / side), 1)


def _far(a: NDArray[np.float32], b: NDArray[np.float32], limit: float) -> NDArray[np.bool_]:
    """Cells that differ, apart from a change of all of the picture's light."""
    off = a - b
    off -= np.median(off, axis=(0, 1))
    return np.asarray(np.abs(off).max(axis=2) > limit)
