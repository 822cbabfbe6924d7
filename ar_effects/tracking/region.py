"""The square, turned region of the frame that the mesh network looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.profiling.spans import stage
from ar_effects.records import Image, Points

MARGIN = 1.5
"""The region's side over the long side of what it holds: what the network was trained with."""

MAX_ABS = 10.0
"""A network that sees something more than so many sides of its crop away has diverged."""

LEFT_OF_PICTURE_CORNER, RIGHT_OF_PICTURE_CORNER = 33, 263
"""Outer eye corners; the line through them is level in the region."""


LARGE_PX = 900 * 900
"""Pixels of the frame under a region from which on it is turned before it is converted."""


@dataclass(frozen=True, slots=True)
class Region:
    """A turned square.

    Attributes:
        centre: (x, y) in pixels of the frame.
        side: length in pixels.
        roll_rad: > 0 clockwise as seen: the direction of the region's x axis in the frame.
    """

    centre: tuple[float, float]
    side: float
    roll_rad: float

    def frame_from_crop(self, crop_side: int) -> NDArray[np.float64]:
        """(2, 3) affine map from pixels of the crop to pixels of the frame.

        Index i of the crop lies at ``low corner + i * step``, as in training; half a step off costs
        0.5 % of the eye distance (docs/decisions/0005-tracking.md).
        """
        scale = self.side / crop_side
        c, s = math.cos(self.roll_rad) * scale, math.sin(self.roll_rad) * scale
        middle = crop_side / 2
        return np.array(
            [
                [c, -s, self.centre[0] - c * middle + s * middle],
                [s, c, self.centre[1] - s * middle - c * middle],
            ]
        )

    @stage("cut")
    def cut(self, image: Image, crop_side: int) -> Image:
        """(crop_side, crop_side, 3) of the frame; what lies outside repeats the border."""
        return _warp(image, self.frame_from_crop(crop_side), crop_side)

    @stage("cut")
    def cut_rgba(self, image: Image, crop_side: int) -> Image:
        """The same pixels as (crop_side, crop_side, 4) RGBA, which OpenCV turns in half the time.

        Only the part of the frame under the region is converted; around large regions that costs more than
        it saves, and the pixels are converted after the turn.
        """
        (x, y), (height, width, _) = self.centre, image.shape
        reach = 0.5 * self.side * (abs(math.cos(self.roll_rad)) + abs(math.sin(self.roll_rad))) + 2.0
        # At least the nearest pixels, which are repeated where the region lies outside.
        left, top = int(min(max(x - reach, 0.0), width - 1.0)), int(min(max(y - reach, 0.0), height - 1.0))
        right, bottom = (
            int(min(max(x + reach + 1.0, 1.0), width)),
            int(min(max(y + reach + 1.0, 1.0), height)),
        )
        matrix = self.frame_from_crop(crop_side)
        if (right - left) * (bottom - top) > LARGE_PX:
            return cv2.cvtColor(_warp(image, matrix, crop_side), cv2.COLOR_BGR2RGBA)  # type: ignore[no-any-return]
        matrix[0, 2] -= left
        matrix[1, 2] -= top
        part = cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_BGR2RGBA)
        return _warp(part, matrix, crop_side)

    def to_frame(self, landmarks: NDArray[np.float32], crop_side: int) -> Points:
        """(n, 3) landmarks in pixels of the crop -> (n, 3) float32 in pixels of the frame; z scales along."""
        return _to_frame(landmarks, *self.centre, self.side / crop_side, self.roll_rad, crop_side / 2)

    @property
    def is_usable(self) -> bool:
        """False for what a diverged track leaves behind: NaN, or nothing to cut."""
        return self.side >= 1.0 and math.isfinite(self.side + sum(self.centre) + self.roll_rad)


def _warp(picture: Image, frame_from_crop: NDArray[np.float64], crop_side: int) -> Image:
    return cv2.warpAffine(  # type: ignore[no-any-return]
        picture,
        frame_from_crop,
        (crop_side, crop_side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def region_from_landmarks(landmarks: Points) -> Region:
    """The region to look at next, around (n, 3) landmarks of the last frame.

    The box is taken in the head's own turned axes, so that the region does not grow when the head
    leans (an upright box of a leaning head is up to 1.4 times as long).
    """
    x, y, side, roll_rad = _bounds(landmarks)
    return Region((x, y), side, roll_rad)


@compiled
def _to_frame(
    landmarks: NDArray[np.float32], x: float, y: float, scale: float, roll_rad: float, middle: float
) -> Points:
    c, s = math.cos(roll_rad) * scale, math.sin(roll_rad) * scale
    found = np.empty(landmarks.shape, np.float32)
    for k in range(landmarks.shape[0]):
        across, along = landmarks[k, 0] - middle, landmarks[k, 1] - middle
        found[k, 0] = x + c * across - s * along
        found[k, 1] = y + s * across + c * along
        found[k, 2] = scale * landmarks[k, 2]
    return found


@compiled
def max_abs(landmarks: Points) -> float:
    """The largest of all numbers without its sign; NaN if one is."""
    largest = np.float32(0.0)
    for k in range(landmarks.shape[0]):
        for i in range(landmarks.shape[1]):
            value = abs(landmarks[k, i])
            if not value <= largest:
                largest = value
                if math.isnan(value):
                    return math.nan
    return float(largest)


@compiled
def _bounds(landmarks: Points) -> tuple[float, float, float, float]:
    """Centre x, y, side and roll of the region around landmarks."""
    first, last = LEFT_OF_PICTURE_CORNER, RIGHT_OF_PICTURE_CORNER
    roll_rad = math.atan2(
        float(landmarks[last, 1]) - float(landmarks[first, 1]),
        float(landmarks[last, 0]) - float(landmarks[first, 0]),
    )
    c, s = math.cos(roll_rad), math.sin(roll_rad)
    low_x, high_x, low_y, high_y = math.inf, -math.inf, math.inf, -math.inf
    for k in range(landmarks.shape[0]):
        along = c * landmarks[k, 0] + s * landmarks[k, 1]
        across = c * landmarks[k, 1] - s * landmarks[k, 0]
        low_x, high_x = min(low_x, along), max(high_x, along)
        low_y, high_y = min(low_y, across), max(high_y, across)
    x, y = (low_x + high_x) / 2, (low_y + high_y) / 2
    return c * x - s * y, s * x + c * y, max(high_x - low_x, high_y - low_y) * MARGIN, roll_rad


def region_from_detection(
    box: tuple[float, float, float, float],
    right_eye: tuple[float, float],
    left_eye: tuple[float, float],
) -> Region:
    """The region around a detected box (x0, y0, x1, y1), level with the eyes; all in pixels."""
    x0, y0, x1, y1 = box
    roll = math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    return Region(((x0 + x1) / 2, (y0 + y1) / 2), max(x1 - x0, y1 - y0) * MARGIN, roll)
