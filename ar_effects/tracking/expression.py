"""What a face does: lids, gaze, mouth, brows and jaw from the raw landmarks, freed from the head's pose.

Each landmark's ray is met with the plane, parallel to the face, on which the posed canonical face has that
landmark: this gives its place in the *head* frame, so turning the head does not read as smiling. Measures are
distances there over the 63 mm between the canonical eyes, less what they are in this person's face at rest.
Lids as in Soukupova & Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016; the resting face
is an expectile that follows slowly (Newey & Powell, "Asymmetric Least Squares Estimation and Testing", 1987).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.profiling.spans import stage
from ar_effects.records import LANDMARK_COUNT, Expression, HeadPose, Matrix, Points, TrackedFrame
from ar_effects.tracking.analyser import Analyser, AnalyserSetup, Mode
from ar_effects.tracking.expression_events import ExpressionEvents

Values = list[float]
"""One number for each raw measure; nine are handled sooner one by one than by numpy."""

EYE_DISTANCE_MM = 63.0
MAX_STEP_S = 0.25
"""Longer without a frame counts as this much: a gap teaches nothing."""

LONGEST_S = 1.0
"""Longer without a frame is no longer told apart; a wild time stamp would end the clock's precision."""

GRAZING = 0.25
"""Cosine between ray and face under which the plane is no longer met: beyond 75 degrees all stays bounded."""

IMPOSSIBLE = 3.0
"""No part of a face lies so many eye distances from another: the landmarks or the pose are none."""

FAR_EYE_DEG = (30.0, 50.0)
"""Over these degrees of yaw the far eye's lids are taken over from the near eye's."""

CLOSED = 0.015
"""Lid opening that the network reports for shut eyes, in eye distances: 0 to 0.025 on real blinks."""

GAZE_NEEDS = 0.5
"""With the lids shut further than this nothing is seen of the iris: gaze holds."""

DEAD = 0.08
"""Share of each range that counts as rest: noise, and what neutral faces differ by."""

MEMORY_S = 80.0
"""The memory of the resting face grows to this long."""

DOUBT, DOUBT_S = 0.25, 0.7
"""How much wider the dead zone is for an unknown person, and how soon that fades."""

JAW_DEG = (25.0, 45.0)
"""Over these degrees of yaw the jaw's place beside the nose fades: its depth would be read as a shift."""

LEARN_ALL_S = 2.0
"""Until then all is learned from, afterwards what looks like an expression only by a tenth."""

# Names of the raw measures, in this order in every array.
(
    LID_LEFT,
    LID_RIGHT,
    LIPS,
    WIDTH,
    LIFT,
    BROWS,
    JAW,
    IRIS_X,
    IRIS_Y,
) = range(9)

Part = tuple[int, tuple[int, ...], float]
"""Axis (0 x, 1 y), landmarks, and the factor of their mean."""

_CORNERS = (33, 133, 362, 263)
_PARTS: tuple[tuple[Part, ...], ...] = (
    ((1, (387, 386, 385), 1.0), (1, (373, 374, 380), -1.0)),  # upper lid over lower lid, left
    ((1, (160, 159, 158), 1.0), (1, (144, 145, 153), -1.0)),
    ((1, (82, 13, 312), 1.0), (1, (87, 14, 317), -1.0)),  # between the lips' inner rims
    ((0, (291, 308), 1.0), (0, (61, 78), -1.0)),  # from corner to corner of the mouth
    ((1, (61, 78, 291, 308), 1.0), (1, (0, 13, 37, 267), -1.0)),  # its corners over the upper lip
    ((1, (70, 63, 105, 66, 107, 300, 293, 334, 296, 336), 1.0), (1, _CORNERS, -1.0)),  # brows over eyes
    ((0, (17, 18, 200, 199, 175, 152, 148, 377), 1.0), (0, (1, 4, 5, 168, 6, 197), -1.0)),  # jaw beside nose
    ((0, (468, 473), 1.0), (0, _CORNERS, -1.0)),
    ((1, (468, 473), 1.0), (1, _CORNERS, -1.0)),
)

_REST = (0.125, 0.125, 0.01, 0.76, -0.135, 0.34, 0.0, 0.0, 0.022)
"""The population's resting face, in eye distances: set by hand between the medians of 121 photographed faces,
many of which smile, and of ten clips."""

_RANGE = (0.11, 0.11, 0.42, 0.16, 0.09, 0.13, 0.12, 0.10, 0.07)
"""What counts as a full movement of each measure, in eye distances."""

_UP = (0.8, 0.8, 0.3, 0.4, 0.4, 0.3, 0.5, 0.5, 0.5)
"""The expectile that is rest: lids are mostly above, lips mostly below it, gaze to both sides."""

_FIRST_S = (0.2, 0.2, 1.5, 0.5, 0.4, 0.2, 0.2, 0.7, 0.7)
"""The population's mean weighs as much as so long of looking: much where people are alike (lips close),
little where they differ by as much as they move (brows)."""


def _measures() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The landmarks needed, and the (9, 2, n) matrix from their x and y in mm to raw measures."""
    needed = sorted({k for parts in _PARTS for _, group, _ in parts for k in group})
    place = {k: i for i, k in enumerate(needed)}
    matrix = np.zeros((len(_PARTS), 2, len(needed)))
    for row, parts in zip(matrix, _PARTS, strict=True):
        for axis, group, factor in parts:
            for k in group:
                row[axis, place[k]] += factor / len(group) / EYE_DISTANCE_MM
    return np.array(needed), matrix


_NEEDED, _MATRIX = _measures()
_PER_FULL = tuple((k, 1.0 / _RANGE[k]) for k in range(LIPS, len(_RANGE)))
_LEARNING = tuple((k, 1.0 / _RANGE[k], _RANGE[k], _UP[k], _FIRST_S[k]) for k in range(len(_RANGE)))


@compiled
def _measure(
    landmarks: Points,
    camera_from_head: Matrix,
    intrinsics: tuple[float, float, float, float],
    needed: NDArray[np.intp],
    depth_mm: NDArray[np.float64],
    matrix: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The raw measures, (k,), of landmarks brought to their places in the head frame.

    Args:
        landmarks: (478, 3) pixels.
        camera_from_head: the pose.
        intrinsics: fx, fy, cx, cy, pixels.
        needed: (n,) which landmarks.
        depth_mm: (n,) their z on the canonical face.
        matrix: (k, 2, n) from their x and y to the measures.
    """
    fx, fy, cx, cy = intrinsics
    r, raw = camera_from_head, np.zeros(matrix.shape[0])
    ahead = r[0, 3] * r[0, 2] + r[1, 3] * r[1, 2] + r[2, 3] * r[2, 2]
    for i in range(len(needed)):
        u, v = (landmarks[needed[i], 0] - cx) / fx, (cy - landmarks[needed[i], 1]) / fy
        # The ray in the head frame, from the pinhole. Places relative to the pinhole's: every measure is a
        # difference, so that takes itself out.
        reach = (depth_mm[i] + ahead) / min(r[0, 2] * u + r[1, 2] * v - r[2, 2], -GRAZING)
        x, y = reach * (r[0, 0] * u + r[1, 0] * v - r[2, 0]), reach * (r[0, 1] * u + r[1, 1] * v - r[2, 1])
        for k in range(len(raw)):
            raw[k] += matrix[k, 0, i] * x + matrix[k, 1, i] * y
    return raw


class ExpressionMeter:
    """Measures one face's expression from frame to frame, and learns its resting face meanwhile."""

    def __init__(self) -> None:
        self._depth_mm = canonical_face().vertices_mm[_NEEDED, 2]
        self.reset()

    def reset(self) -> None:
        """Forget the person: the next frame is measured against the population's resting face."""
        self._rest: Values = list(_REST)
        self._learned_s = 0.0
        self._clock_s = 0.0
        self._time_s: float | None = None
        self._events = ExpressionEvents()
        self._last = Expression()

    @stage("expression")
    def update(self, landmarks: Points, pose: HeadPose, camera: Camera, time_s: float) -> Expression:
        """The expression in one frame; what cannot be measured repeats the last one, without events.

        Args:
            landmarks: (478, 3) float32 pixels, as the network gave them, not smoothed.
            pose: the head's pose in the same frame.
            camera: the intrinsics that the pose was solved with.
            time_s: capture time; a time that stands still or goes back counts as no time passing.
        """
        step_s = self._step(time_s)
        raw = self._raw(landmarks, pose, camera)
        if raw is None:
            self._last = _without_events(self._last)
            return self._last
        yaw, pitch, roll = pose.angles_deg
        _share_far_eye(raw, yaw)
        self._learn(raw, step_s)
        rest = self._rest
        left = (raw[LID_LEFT] - CLOSED) / max(rest[LID_LEFT] - CLOSED, 0.02)
        right = (raw[LID_RIGHT] - CLOSED) / max(rest[LID_RIGHT] - CLOSED, 0.02)
        lips, width, lift, brows, jaw, iris_x, iris_y = [
            (raw[k] - rest[k]) * per_full for k, per_full in _PER_FULL
        ]
        gaze = (self._last.gaze_x, self._last.gaze_y)
        if left + right > 2 * GAZE_NEEDS:
            gaze = (_within(iris_x, -1.0), _within(iris_y, -1.0))
        dead = DEAD + DOUBT * math.exp(-self._learned_s / DOUBT_S)
        jaw *= 1.0 - _between(abs(yaw), JAW_DEG)
        opened = max(lips, 0.0) * _RANGE[LIPS] / _RANGE[WIDTH]
        self._last = Expression(
            eye_open_left=_within(left),
            eye_open_right=_within(right),
            gaze_x=gaze[0],
            gaze_y=gaze[1],
            mouth_open=_rise(lips, DEAD),
            smile=_rise(_smile(width, lift, opened), dead),
            pucker=_rise((-width - NARROWS * opened) * PUCKER, dead),
            brow_raise=_rise(brows, dead),
            jaw_left=_rise(jaw, dead),  # the person's left is the head frame's +X
            jaw_right=_rise(-jaw, dead),
            events=self._events.update(self._clock_s, (left, right), (yaw, pitch, roll)),
        )
        return self._last

    def _step(self, time_s: float) -> float:
        """Seconds passed since the last call, 0..MAX_STEP_S; moves the own clock, which never goes back."""
        if not math.isfinite(time_s):
            return 0.0
        passed = 0.0 if self._time_s is None else max(time_s - self._time_s, 0.0)
        self._time_s = time_s
        self._clock_s += min(passed, LONGEST_S)
        return min(passed, MAX_STEP_S)

    def _raw(self, landmarks: Points, pose: HeadPose, camera: Camera) -> Values | None:
        """The raw measures in eye distances; None where the input is no posed face."""
        if landmarks.shape != (LANDMARK_COUNT, 3) or not pose.camera_from_head[2, 3] < 0.0:
            return None
        raw: Values = _measure(
            landmarks,
            pose.camera_from_head,
            (camera.fx, camera.fy, camera.cx, camera.cy),
            _NEEDED,
            self._depth_mm,
            _MATRIX,
        ).tolist()
        return raw if all(abs(r) < IMPOSSIBLE for r in raw) else None  # NaN compares false

    def _learn(self, raw: Values, step_s: float) -> None:
        """Move the resting face towards what is seen, as far as it does not look like an expression."""
        if step_s <= 0.0:
            return
        looked_s = min(self._learned_s, MEMORY_S)
        self._learned_s += step_s
        known = self._learned_s > LEARN_ALL_S
        rest, paces = self._rest, 4.0 * step_s
        for k, per_full, full, up, first_s in _LEARNING:
            off = (raw[k] - rest[k]) * per_full
            fraction = paces / (first_s + looked_s) * (up if off > 0.0 else 1.0 - up)
            if known and not -UNUSUAL <= off <= UNUSUAL:
                fraction *= 0.1
            rest[k] += min(fraction, 0.5) * min(max(off, -1.0), 1.0) * full


UNUSUAL = 0.4
"""Farther from rest than this share of the range is taken for an expression."""

NARROWS = 0.35
"""How much narrower an opening mouth becomes, over how far it opens."""

PUCKER = 0.75
"""A pucker narrows the mouth by more than a smile widens it."""

WIDENS, LIFTS, DROPS = 0.6, 0.4, 0.3
"""Shares of width and corners in a smile; an opening mouth leaves the corners behind by DROPS."""


def _smile(width: float, lift: float, opened: float) -> float:
    """A wider mouth with raised corners; ``opened`` is the lips' gap in units of the width's range."""
    lifted = lift + DROPS * opened
    return WIDENS * (width + NARROWS * opened) + LIFTS * lifted


def _share_far_eye(raw: Values, yaw_deg: float) -> None:
    """Write the near eye's lids into the far eye's as the head turns away."""
    fraction = _between(abs(yaw_deg), FAR_EYE_DEG)
    if fraction > 0.0:  # nose to the right of the picture: the person's right side is near
        far, near = (LID_LEFT, LID_RIGHT) if yaw_deg > 0 else (LID_RIGHT, LID_LEFT)
        raw[far] += fraction * (raw[near] - raw[far])


def _within(value: float, low: float = 0.0) -> float:
    return min(max(value, low), 1.0)


def _between(value: float, limits: tuple[float, float]) -> float:
    """0 at the first limit, 1 at the second."""
    low, high = limits
    return _within((value - low) / (high - low))


def _rise(fraction: float, dead: float) -> float:
    """0..1 of what is beyond the dead zone."""
    return _within((fraction - dead) / (1.0 - dead))


class PictureExpression(Analyser):
    """What faces do in a single picture, compared with the mean face at rest.

    Nobody knows how this person rests. In a video the tracker does, and has measured it already.
    """

    produces = "expression"
    cost_ms = 0.2
    whole_frame = False

    def __init__(self, mode: Mode) -> None:
        self._mode = mode

    @classmethod
    def create(cls, setup: AnalyserSetup) -> Self:
        """Nothing to load."""
        return cls(setup.mode)

    def annotate(self, tracked: TrackedFrame) -> TrackedFrame:
        """The frame whose faces have an ``expression``."""
        if self._mode == "video":
            return tracked
        time_s, camera = tracked.frame.time_s, tracked.camera
        faces = tuple(
            replace(f, expression=ExpressionMeter().update(f.landmarks, f.pose, camera, time_s))
            for f in tracked.faces
        )
        return replace(tracked, faces=faces)


def _without_events(expression: Expression) -> Expression:
    return replace(expression, events=()) if expression.events else expression
