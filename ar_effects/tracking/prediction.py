"""Where faces will be a moment after their frame: for showing a newer picture than the one tracked.

Only the head's rigid motion is carried on (position, turn, size), never the local shape: a mouth that opens
does not go on opening. The motion is that of the last frame, damped, and no further than the frame before
agrees with it: of two vectors the later, cut to its share that the earlier has in it. A step and a stop are
then not taken for motion, at the price of one frame's delay when a motion begins. That is the limiter
against overshooting of van Leer, "Towards the ultimate conservative difference scheme", 1974 (minmod).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.rotations import rotation_from_vector, transform, vector_from_rotation
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.records import Face, HeadPose, Points
from ar_effects.tracking.eyes import eyes_of

DAMPING_S = 0.1
"""Motion is carried on for about so long, slower and slower."""

MAX_AHEAD_S = 0.1
"""Nothing is predicted farther than this."""

GAP_S = 0.25
"""After a longer gap the motion before says nothing."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Motion:
    """Of one face, a second: pixels, radians, log of the size; of its pose, millimetres and radians."""

    shift: Array
    turn: Array
    growth: float
    pose_shift: Array
    pose_turn: Array

    def limited(self, before: _Motion) -> _Motion:
        growth = min(max(before.growth * self.growth, 0.0) / max(self.growth**2, 1e-300), 1.0) * self.growth
        return _Motion(
            _agreed(self.shift, before.shift),
            _agreed(self.turn, before.turn),
            growth,
            _agreed(self.pose_shift, before.pose_shift),
            _agreed(self.pose_turn, before.pose_turn),
        )


@dataclass(slots=True, eq=False)
class _Known:
    face: Face
    time_s: float
    last: _Motion | None = None
    motion: _Motion | None = None


class Predictor:
    """Follows the results of a tracker and says where its faces will be. ``observe`` every frame's."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._faces: tuple[Face, ...] = ()

    def observe(self, faces: Sequence[Face], time_s: float) -> None:
        """Take over the faces of a frame, captured at ``time_s`` seconds."""
        self._faces = tuple(faces)
        known = {}
        for face in faces:
            if face.state != "tracking":
                continue  # where it is held is a prediction already
            one = known[face.id] = _Known(face, time_s)
            before = self._known.get(face.id)
            if before is not None and 0.0 < time_s - before.time_s < GAP_S:
                one.last = _motion(before.face, face, time_s - before.time_s)
                one.motion = one.last.limited(before.last) if before.last is not None else None
        self._known = known

    def at(self, time_s: float) -> tuple[Face, ...]:
        """The faces observed last, moved on to ``time_s``; those without a known motion as they are.

        Times before that of the frame, and later ones than ``MAX_AHEAD_S`` after it, count as these.
        """
        return tuple(self._moved(face, time_s) for face in self._faces)

    def _moved(self, face: Face, time_s: float) -> Face:
        one = self._known.get(face.id)
        if one is None or one.motion is None:
            return face
        ahead_s = min(max(time_s - one.time_s, 0.0), MAX_AHEAD_S)
        if not ahead_s > 0.0:
            return face
        share_s = DAMPING_S * -math.expm1(-ahead_s / DAMPING_S)
        motion = one.motion
        landmarks = _moved_points(face.landmarks, motion, share_s)
        turn = rotation_from_vector(motion.pose_turn * share_s)
        head = face.pose.camera_from_head
        pose = transform(turn @ head[:3, :3], head[:3, 3] + motion.pose_shift * share_s)
        moved = HeadPose(pose, face.pose.reprojection_px)
        return replace(face, landmarks=landmarks, pose=moved, eyes=eyes_of(landmarks))


def _motion(before: Face, now: Face, elapsed_s: float) -> _Motion:
    fit = fit_similarity(before.landmarks, now.landmarks)
    old, new = before.pose.camera_from_head, now.pose.camera_from_head
    return _Motion(
        (_middle(now.landmarks) - _middle(before.landmarks)) / elapsed_s,
        vector_from_rotation(fit.rotation) / elapsed_s,
        math.log(max(fit.scale, 1e-9)) / elapsed_s,
        (new[:3, 3] - old[:3, 3]) / elapsed_s,
        vector_from_rotation(new[:3, :3] @ old[:3, :3].T) / elapsed_s,
    )


def _agreed(now: Array, before: Array) -> Array:
    """``now``, cut to the share of it that ``before`` has in its direction: 0 to 1."""
    fraction = float(before @ now) / max(float(now @ now), 1e-300)
    return now * min(max(fraction, 0.0), 1.0)


def _moved_points(points: Points, motion: _Motion, share_s: float) -> Points:
    """(478, 3) turned and grown about their middle, and shifted."""
    middle = _middle(points)
    turn = rotation_from_vector(motion.turn * share_s) * math.exp(motion.growth * share_s)
    moved = (points - middle) @ turn.T + (middle + motion.shift * share_s)
    return np.asarray(moved, dtype=np.float32)


def _middle(points: Points) -> Array:
    """(3,) pixels."""
    return np.asarray(points.mean(axis=0, dtype=np.float64))
