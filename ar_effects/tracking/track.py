"""One followed face: its filters, where it is expected next, and what it looks like."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.face.canonical import MESH_COUNT
from ar_effects.geometry.small import write_product
from ar_effects.profiling.spans import stage
from ar_effects.records import Expression, Image, Matrix, Points
from ar_effects.tracking.distance import DistanceFuser
from ar_effects.tracking.expression import ExpressionMeter
from ar_effects.tracking.pupils import PupilSpan
from ar_effects.tracking.region import Region, region_from_landmarks
from ar_effects.tracking.smoothing import FaceSmoother

THUMBNAIL = 12
"""Side of the small picture by which people are told apart, pixels."""

APPEARANCE_MEMORY_S = 1.0
VELOCITY_MEMORY_S = 0.06
FORGET_SHAPE_S = 0.25
COAST_DRIFT_S = 0.35
"""A face that is not seen is expected to keep moving for about this long, slower and slower."""


class Track:
    """A face with an id. Positions are pixels of the frame, times capture seconds.

    Attributes:
        id: the person's.
        size: of the face: root mean square distance of its landmarks from their middle, pixels.
        landmarks: (478, 3) steadied.
        score: the mesh network's, of the last look.
        raw: the landmarks as the network gave them: filters must not dull a blink.
        pose: the last pose, where the next solution starts.
        meter: measures the expression; ``expression`` is the last.
        distance: learns how large the head is.
        pupils: learns how far apart the pupils lie.
        step_s: between the last two frames it was seen in.
        seen_s: when it was last seen.
        appearance: (THUMBNAIL, THUMBNAIL, 3) float32 running mean thumbnail; None before the first.
    """

    def __init__(
        self, face_id: int, landmarks: Points, score: float, time_s: float, smooth: bool = True
    ) -> None:
        self.id = face_id
        self.smoother = FaceSmoother() if smooth else None
        self.landmarks = self.smoother.update(landmarks, time_s) if self.smoother else landmarks
        self.raw = landmarks
        self.score = score
        self.pose: Matrix | None = None
        self._pose_before: Matrix | None = None
        self.meter = ExpressionMeter()
        self.expression: Expression | None = None
        self.distance = DistanceFuser()
        self.pupils = PupilSpan()
        self.step_s = 0.0
        self.seen_s = time_s
        self.appearance: NDArray[np.float32] | None = None
        self._velocity = (0.0, 0.0)
        x, y, self.size = extent_of(self.landmarks)
        self._centre = (x, y)

    def see(
        self, landmarks: Points, score: float, time_s: float, appearance: NDArray[np.float32] | None
    ) -> None:
        """Take over what was found in a new frame."""
        elapsed = self.step_s = time_s - self.seen_s
        before_x, before_y = self._centre
        # After a gap the shape may have changed at will: the filter starts anew, in place.
        if self.smoother and elapsed > FORGET_SHAPE_S:
            self.smoother.reset()
        self.raw = landmarks
        self.landmarks = self.smoother.update(landmarks, time_s) if self.smoother else landmarks
        x, y, self.size = extent_of(self.landmarks)
        self._centre = (x, y)
        if elapsed > 0:
            (vx, vy), fraction = self._velocity, -math.expm1(-elapsed / VELOCITY_MEMORY_S)
            vx += fraction * ((x - before_x) / elapsed - vx)
            vy += fraction * ((y - before_y) / elapsed - vy)
            self._velocity = (vx, vy)
        self.score, self.seen_s = score, max(time_s, self.seen_s)
        if appearance is not None:
            if self.appearance is None:
                self.appearance = appearance
            else:
                self.appearance += -math.expm1(-max(elapsed, 0.0) / APPEARANCE_MEMORY_S) * (
                    appearance - self.appearance
                )

    def rescale(self, x: float, y: float) -> None:
        """Frames of the same view come so many times as wide and high from now on.

        What is measured in millimetres, angles and shares of the face stays as it is.
        """
        if self.smoother:
            self.smoother.rescale(x, y)
        self.raw, self.landmarks = _rescaled(self.raw, x, y), _rescaled(self.landmarks, x, y)
        u, v, self.size = extent_of(self.landmarks)
        self._centre = (u, v)
        self._velocity = (self._velocity[0] * x, self._velocity[1] * y)

    def expected(self, time_s: float) -> tuple[float, float]:
        """Where the face's middle x, y should be by now."""
        (x, y), (vx, vy), ahead_s = self._centre, self._velocity, self._ahead_s(time_s)
        return x + vx * ahead_s, y + vy * ahead_s

    def _ahead_s(self, time_s: float) -> float:
        """How much of its motion a face is expected to have gone on with since it was seen."""
        return COAST_DRIFT_S * -math.expm1(-max(time_s - self.seen_s, 0.0) / COAST_DRIFT_S)

    def region(self, time_s: float) -> Region:
        """Where to look for it."""
        region = region_from_landmarks(self.landmarks)
        (x, y), (vx, vy), ahead_s = region.centre, self._velocity, self._ahead_s(time_s)
        return Region((x + vx * ahead_s, y + vy * ahead_s), region.side, region.roll_rad)

    def pose_start(self) -> Matrix | None:
        """Where the next pose is expected: the last motion goes on. Mostly one step from the solution."""
        if self.pose is None or self._pose_before is None:
            return self.pose
        return extrapolate(self.pose, self._pose_before)

    def remember_pose(self, pose: Matrix, moving: bool) -> None:
        """Keep the pose of this frame; ``moving`` says whether the one before was of the frame before."""
        self._pose_before = self.pose if moving else None
        self.pose = pose

    def held(self, time_s: float) -> Points:
        """(478, 3) the last landmarks, moved to where the face is expected."""
        moved = self.landmarks.copy()
        moved[:, :2] += np.subtract(self.expected(time_s), self._centre)
        return moved


def _rescaled(landmarks: Points, x: float, y: float) -> Points:
    """New ones, since tracked faces share the old; pixels are counted from the middle of the first."""
    middle, scale = np.array([0.5, 0.5, 0.0]), np.array([x, y, math.sqrt(x * y)])
    return np.asarray((landmarks + middle) * scale - middle, np.float32)


@compiled
def extent_of(landmarks: Points) -> tuple[float, float, float]:
    """A face's middle x, y, and the root mean square distance of its landmarks from there; pixels."""
    x, y, square = 0.0, 0.0, 0.0
    for k in range(MESH_COUNT):
        x += landmarks[k, 0]
        y += landmarks[k, 1]
    x /= MESH_COUNT
    y /= MESH_COUNT
    for k in range(MESH_COUNT):
        u, v = landmarks[k, 0] - x, landmarks[k, 1] - y
        square += u * u + v * v
    return x, y, math.sqrt(square / MESH_COUNT)


@compiled
def extrapolate(last: Matrix, before: Matrix) -> Matrix:
    """The pose after ``last`` if the motion since ``before`` is made once more."""
    start, turn = last.copy(), np.empty((3, 3))
    write_product(last, before.T, turn)
    write_product(turn, last, start)
    for i in range(3):
        start[i, 3] += last[i, 3] - before[i, 3]
    return start


@stage("looks")
def appearance_of(image: Image, landmarks: Points) -> NDArray[np.float32]:
    """A thumbnail of the face, upright, with overall brightness and contrast taken out."""
    crop = region_from_landmarks(landmarks)
    tight = Region(crop.centre, crop.side / 1.5, crop.roll_rad).cut(image, 4 * THUMBNAIL)
    small = cv2.resize(tight, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / max(float(np.sqrt((small * small).mean())), 1.0), dtype=np.float32)
