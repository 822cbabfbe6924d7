"""How far apart a person's pupils lie: learned where it is seen, and not from where they look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import Expression
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.pupils import LEFT_PUPIL, LIMIT, MEAN, RIGHT_PUPIL, PupilSpan
from ar_effects.tracking.tracker import FaceTracker

CAMERA = Camera.assumed(640, 480)
OPEN, SHUT = Expression(), Expression(eye_open_left=0.1, eye_open_right=1.0)
FPS = 30.0


def landmarks(fraction: float = 0.0, aside: float = 0.0, yaw: float = 0.0) -> np.ndarray:
    """The mean face 500 mm away; its pupils farther apart by a share, and looking aside by another."""
    pose = transform(rotation_from_angles_deg(yaw, 0, 0), [0.0, 0.0, -500.0])
    points = CAMERA.project(apply(pose, canonical_face().vertices_mm)).astype(np.float32)
    apart = points[LEFT_PUPIL] - points[RIGHT_PUPIL]
    points[LEFT_PUPIL:] += (0.5 * fraction + aside) * apart
    points[RIGHT_PUPIL:LEFT_PUPIL] += (-0.5 * fraction + aside) * apart
    return np.column_stack([points, np.zeros(len(points), np.float32)]).astype(np.float32)


def after(seconds: float, points: np.ndarray, expression: Expression = OPEN, yaw: float = 0.0) -> float:
    pupils = PupilSpan()
    for _ in range(round(seconds * FPS)):
        pupils.update(points, eyes_of(points), expression, yaw, 1 / FPS)
    return pupils.span


def test_the_mean_face_has_the_mean_span():
    assert pytest.approx(0.994, abs=0.01) == MEAN
    assert PupilSpan().span == 1.0
    assert after(5.0, landmarks()) == pytest.approx(1.0, abs=2e-3)


@given(st.floats(-0.05, 0.05), st.floats(-0.1, 0.1))
def test_a_person_s_span_is_learned_wherever_both_eyes_look(fraction, aside):
    assert after(20.0, landmarks(fraction, aside)) == pytest.approx(1.0 + fraction, abs=0.005)


def test_it_is_learned_in_seconds_and_without_a_jump():
    points, pupils = landmarks(0.05), PupilSpan()
    spans = [pupils.update(points, eyes_of(points), OPEN, 0.0, 1 / FPS) for _ in range(150)]
    assert spans[0] < 1.003
    assert 1.02 < spans[29] < 1.03, "after a second it counts as much as the mean face"
    assert spans[-1] > 1.035
    assert np.diff(spans).max() < 0.002


@pytest.mark.parametrize(
    ("points", "expression", "yaw"),
    [
        (landmarks(0.05), SHUT, 0.0),
        (landmarks(0.05, yaw=30.0), OPEN, 30.0),
        (np.full((478, 3), np.nan, np.float32), OPEN, 0.0),
        (np.zeros((478, 3), np.float32), OPEN, 0.0),
    ],
    ids=["shut", "turned", "nan", "one point"],
)
def test_what_says_nothing_teaches_nothing(points, expression, yaw):
    assert after(3.0, points, expression, yaw) == 1.0


def test_a_clock_that_stands_still_teaches_nothing():
    pupils, points = PupilSpan(), landmarks(0.05)
    assert pupils.update(points, eyes_of(points), OPEN, 0.0, 0.0) == 1.0
    assert pupils.update(points, eyes_of(points), OPEN, 0.0, -1.0) == 1.0


@pytest.mark.parametrize("fraction", [-0.9, -0.3, 0.3, 50.0])
def test_nobody_s_pupils_are_farther_off_than_the_limit(fraction):
    assert 1.0 - LIMIT <= after(60.0, landmarks(fraction)) <= 1.0 + LIMIT


def test_the_tracker_tells_it(cpu, demo_frames):
    tracker = FaceTracker(provider=cpu)
    spans = [tracker.track(frame, i / FPS)[0].pupil_span for i, frame in enumerate(demo_frames)]
    assert spans[0] == 1.0
    assert 1.0 - LIMIT <= min(spans) <= max(spans) <= 1.0 + LIMIT
    assert len(set(spans)) > 20
    assert np.abs(np.diff(spans)).max() < 0.004
