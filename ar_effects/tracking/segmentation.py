"""Where the people of a frame are: a soft mask, steady from frame to frame."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.inference.network import Network
from ar_effects.inference.provider import Provider
from ar_effects.profiling.spans import stage
from ar_effects.records import Image, Mask, TrackedFrame, check_image
from ar_effects.tracking.analyser import Analyser, AnalyserSetup

HOLD_S = 0.15
"""Time constant of the smoothing where the picture stands still."""

STILL, MOVED = 5.0, 18.0
"""Change of a pixel's colour, 0..255, up to which it stands still and from which on its past says nothing."""

LONGEST_STEP_S = 0.5
"""After a longer gap, or where the clock goes back, nothing of the past is kept."""

CUT_SHARE = 0.45
"""Share of the pixels whose colours changed that makes another scene."""

NEAR, NEAR_GAIN = 17, 4.0
"""What moves takes its neighbourhood along: the side of that, in 128ths of the frame, and how strongly."""


class PersonSegmentation(Analyser):
    """The selfie segmentation network on whole frames, smoothed over time where the picture stands still.

    Every pixel remembers a mean of what the network said of it, and of the colours it said that of. The
    memory counts as far as the colours are still there: what moves is believed at once, what stands still is
    averaged, and after a cut nothing is left of the past.

    Args:
        provider: what the network runs on.
        smooth: False gives every frame's mask as the network does, for single pictures.

    Raises:
        ModelError: the network's file is missing or altered.
    """

    produces = "segmentation"
    cost_ms = 4.0

    def __init__(self, provider: Provider, smooth: bool = True) -> None:
        self._network = Network("selfie_segmentation", provider)
        self._smooth = smooth
        self._mask: Mask | None = None
        self._colours: NDArray[np.float32] | None = None
        self._time_s = 0.0

    @property
    def side(self) -> int:
        """Width and height of the masks."""
        return self._network.side

    @classmethod
    def create(cls, setup: AnalyserSetup) -> Self:
        """Steady over the frames of a video."""
        return cls(setup.provider, smooth=setup.mode == "video")

    def annotate(self, tracked: TrackedFrame) -> TrackedFrame:
        """The frame with its ``segmentation``."""
        return replace(tracked, segmentation=self.mask(tracked.frame.image, tracked.frame.time_s))

    def mask(self, image: Image, time_s: float) -> Mask:
        """Where the people are.

        Args:
            image: (h, w, 3) BGR.
            time_s: of the frame.

        Returns:
            (side, side) float32 in 0..1, a new array: the whole frame, squeezed into a square. Index i is the
            mean of the i-th of ``side`` equal strips of the frame.
        """
        check_image(image)
        side = self.side
        small = self._shrunk(image, side)
        mask = np.ascontiguousarray(self._network.run_picture(small)[0][0, 0])
        if not np.isfinite(mask).all():  # a diverged network saw nobody
            mask = np.zeros((side, side), np.float32)
        return self._smoothed(mask, small, time_s) if self._smooth else mask

    def reset(self) -> None:
        """Forget the past."""
        self._mask = self._colours = None

    @staticmethod
    @stage("shrink")
    def _shrunk(image: Image, side: int) -> Image:
        # Means, not samples, which flicker with their pixel's noise. Halves are quick to take.
        height, width = image.shape[:2]
        while min(height, width) >= 2 * side and height % 2 == width % 2 == 0:
            height, width = height // 2, width // 2
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)  # type: ignore[no-any-return]

    @stage("steady")
    def _smoothed(self, mask: Mask, small: Image, time_s: float) -> Mask:
        step_s, self._time_s = time_s - self._time_s, time_s
        half_size = self.side // 2
        colours = cv2.resize(small, (half_size, half_size), interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._mask is None or self._colours is None or not 0.0 <= step_s <= LONGEST_STEP_S:
            return self._begin(mask, colours)
        change = cv2.absdiff(colours, self._colours).reshape(-1, 3).max(axis=1).reshape(half_size, half_size)
        moved = np.clip((change - STILL) * np.float32(1.0 / (MOVED - STILL)), 0.0, 1.0)
        if float(np.count_nonzero(moved >= 1.0)) > CUT_SHARE * moved.size:
            return self._begin(mask, colours)
        # Something even in colour moves with its edges.
        near = cv2.blur(moved, (NEAR, NEAR)) * np.float32(NEAR_GAIN)
        moved = np.minimum(np.maximum(cv2.dilate(moved, _AROUND), near), 1.0)
        fresh = 1.0 - exp(-max(step_s, 1e-4) / HOLD_S)
        fraction = np.float32(fresh) + np.float32(1.0 - fresh) * moved
        self._colours += fraction[:, :, None] * (colours - self._colours)
        fraction = cv2.resize(fraction, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        self._mask = self._mask + fraction * (mask - self._mask)
        return self._mask

    def _begin(self, mask: Mask, colours: NDArray[np.float32]) -> Mask:
        self._mask, self._colours = mask, colours
        return mask


_AROUND = np.ones((3, 3), np.uint8)
