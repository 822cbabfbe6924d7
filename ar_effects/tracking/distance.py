"""How large this person's head is, by the irises: what makes a pose's distance metric.

A picture alone cannot tell a large head from a near one. The visible iris is nearly the same in
everybody, 11.7 mm across with a standard deviation of about 0.4 mm (Rüfer, Schröder & Erb,
"White-to-white corneal diameter", Cornea 24, 2005): how much of the face it takes says how large the
face is. Single frames are off by some per cent, so many are averaged, and the average is believed
only as far as people's irises are more alike than their heads are.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.profiling.spans import stage
from ar_effects.records import HeadPose, Matrix, Points

SCALE_LOW, SCALE_HIGH = 0.8, 1.2
"""What is answered at most."""

HEAD_SPREAD, IRIS_SPREAD, FRAME_NOISE = 0.07, 0.045, 0.05
"""Standard deviations as shares: of heads (children too), of irises as the network draws them, and of
one frame's measurement."""

ALIKE_FRAMES = 10.0
"""Neighbouring frames share their errors: so many count as one."""

FULL_SIZE_PX, SMALLEST_PX = 14.0, 5.0
"""Iris diameters from which a frame counts in full, and below which it says nothing."""

FRONTAL_DEG, TURNED_DEG = 12.0, 30.0
"""Angles between face and line of sight: full weight below the first, none above the second."""

SHUT_SHARE, OPEN_SHARE = 0.4, 0.65
"""Distance of the lids over the iris diameter: no weight below the first, full above the second."""

UNLIKE_SHARE = 0.25
"""Difference between the two irises at which a frame says nothing."""

MEMORY = 300.0
"""Weight at which old frames begin to be forgotten: ten seconds of good ones."""

OUTLIER = 0.1
"""A frame farther from the average pulls no harder than one at this distance (Huber)."""

_ENDS = np.array([[469, 471], [474, 476]])
_LIDS = np.array([[159, 145], [386, 374]])


class DistanceFuser:
    """One person's head size relative to the mean head's, frame by frame.

    Deterministic: the same frames give the same scales. One per track; ``reset`` for another person.

    A head of scale s that looks like the mean head at distance d is at s * d: the metric position
    is ``scale * pose.translation_mm``. The pose itself stays with the mean head's millimetres, in which
    models are made: what is drawn does not depend on the scale.
    """

    def __init__(self) -> None:
        self._mean = 0.0  # of the logarithm
        self._weight = 0.0

    def reset(self) -> None:
        """Forget the person."""
        self._mean = self._weight = 0.0

    @property
    def scale(self) -> float:
        """Head size over the mean head's, 0.8..1.2; 1 while nothing is known."""
        if self._weight <= 0.0:
            return 1.0
        heads, irises = HEAD_SPREAD**2, IRIS_SPREAD**2
        noise = FRAME_NOISE**2 * max(ALIKE_FRAMES / self._weight, 1e-9)
        believed = heads / (heads + irises + noise)
        return float(min(max(math.exp(believed * self._mean), SCALE_LOW), SCALE_HIGH))

    @stage("head size")
    def update(self, landmarks: Points, pose: HeadPose, camera: Camera) -> float:
        """Take one frame in, if it says anything, and return the scale.

        Args:
            landmarks: (478, 3) pixels, seen in this frame.
            pose: solved from them with ``camera``.
            camera: intrinsics.
        """
        scale, weight = iris_scale(landmarks, pose, camera)
        if weight > 0.0:
            off = math.log(scale) - self._mean
            if self._weight >= 1.0:
                off = min(max(off, -OUTLIER), OUTLIER)
            self._mean += off * weight / (self._weight + weight)
            self._weight = min(self._weight + weight, MEMORY)
        return self.scale


def iris_scale(landmarks: Points, pose: HeadPose, camera: Camera) -> tuple[float, float]:
    """(scale, weight) by one frame alone: head size over the mean head's, and 0..1 how far to trust it.

    The irises are compared with the posed mean face's, which are as the network draws them: 12.4 mm
    where pupils are 63 mm apart, 6 % wider than anatomy has it. So the mean face has scale 1.

    Args:
        landmarks: (478, 3) pixels.
        pose: solved from them with ``camera``.
        camera: intrinsics.
    """
    matrix = pose.camera_from_head
    across, expected, opening, nearest = _irises(
        landmarks, matrix, _iris_ends(), _ENDS, _LIDS, camera.fx, camera.fy
    )
    smallest, total = min(across), sum(across)
    if not (smallest >= SMALLEST_PX and nearest < -1.0 and math.isfinite(total)):
        return 1.0, 0.0
    scale = expected / total
    x, y, z = matrix[:3, 3].tolist()
    facing = -(x * matrix[0, 2] + y * matrix[1, 2] + z * matrix[2, 2]) / math.sqrt(x * x + y * y + z * z)
    angle = math.degrees(math.acos(min(max(facing, -1.0), 1.0)))
    weight = (
        min(smallest / FULL_SIZE_PX, 1.0) ** 2
        * _rise(angle, TURNED_DEG, FRONTAL_DEG)
        * _rise(opening, SHUT_SHARE, OPEN_SHARE)
        * _rise(2.0 * abs(across[0] - across[1]) / total, UNLIKE_SHARE, 0.0)
    )
    return (scale, weight) if math.isfinite(scale * weight) and scale > 0.0 else (1.0, 0.0)


@compiled
def _irises(
    landmarks: Points,
    camera_from_head: Matrix,
    vertices: NDArray[np.float64],
    ends: NDArray[np.int64],
    lids: NDArray[np.int64],
    fx: float,
    fy: float,
) -> tuple[tuple[float, float], float, float, float]:
    """How wide each iris is seen; how wide both should be together; the smaller opening of the lids over its
    iris; and the largest z of the irises' ends in the camera frame.

    Args:
        landmarks: (478, 3) pixels.
        camera_from_head: the pose.
        vertices: (4, 3) the irises' ends on the mean face.
        ends: (2, 2) which landmarks they are.
        lids: (2, 2) the lids' middles.
        fx: pixels.
        fy: pixels.
    """
    m, seen = camera_from_head, np.empty((4, 2))
    nearest = -math.inf
    for k in range(4):
        x, y, z = vertices[k, 0], vertices[k, 1], vertices[k, 2]
        depth = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
        nearest = max(nearest, depth)
        away = min(depth, -1e-9)
        seen[k, 0] = fx * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]) / away
        seen[k, 1] = fy * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]) / away
    expected = 0.0
    for k in range(0, 4, 2):
        expected += math.hypot(seen[k, 0] - seen[k + 1, 0], seen[k, 1] - seen[k + 1, 1])
    right, left = _length(landmarks, ends[0]), _length(landmarks, ends[1])
    opening = min(
        _length(landmarks, lids[0]) / max(right, 1e-9), _length(landmarks, lids[1]) / max(left, 1e-9)
    )
    return (right, left), expected, opening, nearest


@compiled
def _length(landmarks: Points, pair: NDArray[np.int64]) -> float:
    """The distance between two landmarks, pixels."""
    a, b = pair
    return math.hypot(
        float(landmarks[a, 0]) - float(landmarks[b, 0]), float(landmarks[a, 1]) - float(landmarks[b, 1])
    )


@lru_cache(maxsize=1)
def _iris_ends() -> NDArray[np.float64]:
    return np.ascontiguousarray(canonical_face().vertices_mm[_ENDS.ravel()])


def _rise(value: float, none: float, full: float) -> float:
    """0 at ``none``, 1 at ``full``, linear between; either may be the larger."""
    return min(max((value - none) / (full - none), 0.0), 1.0)
