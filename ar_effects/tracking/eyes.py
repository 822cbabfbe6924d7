"""Where effects that belong to the eyes are anchored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING
from ar_effects.records import Eyes, Points


def eyes_of(landmarks: Points) -> Eyes:
    """The eye anchors: the mean of each eye's lid contour, which gaze does not move and blinks hardly do."""
    left, right = _ring_means(landmarks, _EYE_RINGS)
    return Eyes(left, right)


@compiled
def _ring_means(landmarks: Points, rings: NDArray[np.intp]) -> NDArray[np.float32]:
    """(k, 2) mean places of (k, n) landmarks."""
    means = np.zeros((rings.shape[0], 2), np.float32)
    for i in range(rings.shape[0]):
        x, y = 0.0, 0.0
        for j in range(rings.shape[1]):
            x += landmarks[rings[i, j], 0]
            y += landmarks[rings[i, j], 1]
        means[i, 0], means[i, 1] = x / rings.shape[1], y / rings.shape[1]
    return means


_EYE_RINGS = np.array([LEFT_EYE_RING, RIGHT_EYE_RING])
