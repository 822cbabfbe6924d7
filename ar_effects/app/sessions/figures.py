"""What a replay is measured by, frame by frame: how much landmarks tremble, and whether identities hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.similarity import fit_similarity
from ar_effects.records import Eyes, Face, Points
from ar_effects.tracking.eyes import eyes_of

SWITCH_WITHIN_S = 1.0
"""A face that comes back later than this may well get a new identity."""

SWITCH_WITHIN_EYES = 1.0
"""Eye distances within which two faces in consecutive frames are the same head."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One face in one frame: what the figures need of it.

    Attributes:
        id: the person's.
        landmarks: (478, 2) pixels.
        eyes: (2, 2) the eye anchors, left and right, pixels.
        raw_eyes: the same of the landmarks before they were steadied; None where they are not known.
    """

    id: int
    landmarks: Array
    eyes: Array
    raw_eyes: Array | None = None

    @classmethod
    def of(cls, face: Face, raw: Points | None = None) -> Seen:
        """From the tracker's record, and its landmarks of the same frame before they were steadied."""
        eyes, raw_eyes = _anchors(face.eyes), None if raw is None else _anchors(eyes_of(raw))
        return cls(face.id, face.landmarks[:, :2].astype(np.float64), eyes, raw_eyes)

    @property
    def eye_distance(self) -> float:
        """Pixels; never 0."""
        return max(float(np.hypot(*(self.eyes[0] - self.eyes[1]))), 1e-6)


def _anchors(eyes: Eyes) -> Array:
    return np.array([eyes.left, eyes.right], np.float64)


@dataclass(frozen=True, slots=True)
class Jitter:
    """Root mean squares of second differences over the eye distance, in percent; None without three frames.

    Attributes:
        landmarks: with the head's own motion (move, turn, scale) taken out of every frame.
        eyes: of the eye anchors as they are.
        triples: runs of three frames they rest on.
    """

    landmarks: float | None
    eyes: float | None
    triples: int


def measure_jitter(frames: Sequence[tuple[float, Sequence[Seen]]]) -> Jitter:
    """Jitter over all faces that were seen in three frames in a row.

    A second difference is p(before) - 2 p(now) + p(after). Where frames come unevenly, twice the distance
    of p(now) to the straight line between its neighbours at its own time; evenly spaced that is the same.

    Args:
        frames: (time in seconds, faces seen) of every frame in order.
    """
    shape_sum = eyes_sum = 0.0
    triples = 0
    for (t0, a), (t1, b), (t2, c) in zip(frames, frames[1:], frames[2:], strict=False):
        fraction = (t1 - t0) / (t2 - t0) if t2 > t0 else 0.5
        before, after = {f.id: f for f in a}, {f.id: f for f in c}
        for now in b:
            if now.id not in before or now.id not in after:
                continue
            first, last = before[now.id], after[now.id]
            shapes = [fit_similarity(f.landmarks, now.landmarks).apply(f.landmarks) for f in (first, last)]
            shape_sum += _square(shapes[0], now.landmarks, shapes[1], fraction) / now.eye_distance**2
            eyes_sum += _square(first.eyes, now.eyes, last.eyes, fraction) / now.eye_distance**2
            triples += 1
    if not triples:
        return Jitter(None, None, 0)
    return Jitter(
        100 * float(np.sqrt(shape_sum / triples)), 100 * float(np.sqrt(eyes_sum / triples)), triples
    )


def _square(before: Array, now: Array, after: Array, fraction: float) -> float:
    """Mean squared length of the points' second differences."""
    second = 2 * ((1 - fraction) * before + fraction * after - now)
    return float((second**2).sum(axis=1).mean())


def count_id_switches(frames: Sequence[tuple[float, Sequence[Seen]]]) -> int:
    """How often a head went on under another identity.

    Every face is matched to the nearest of those last seen less than a second ago and less than an eye
    distance away, the nearest pairs first; a match of two identities is a switch.
    """
    switches = 0
    last: dict[int, tuple[float, Seen]] = {}
    for time_s, faces in frames:
        last = {k: v for k, v in last.items() if time_s - v[0] <= SWITCH_WITHIN_S}
        pairs = sorted(
            (
                float(np.hypot(*(face.eyes.mean(axis=0) - old.eyes.mean(axis=0)))) / face.eye_distance,
                i,
                old_id,
            )
            for i, face in enumerate(faces)
            for old_id, (_, old) in last.items()
        )
        matched: dict[int, int] = {}
        for distance, i, old_id in pairs:
            if distance <= SWITCH_WITHIN_EYES and i not in matched and old_id not in matched.values():
                matched[i] = old_id
        for i, old_id in matched.items():
            if faces[i].id != old_id:
                switches += 1
                last.pop(old_id, None)
        last |= {face.id: (time_s, face) for face in faces}
    return switches
