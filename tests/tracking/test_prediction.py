"""Prediction: even motion goes on, steps and stops do not, and the shape is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_faces import face_of
from tracker_checks import check_face

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import angles_deg_from_rotation, rotation_from_angles_deg, transform
from ar_effects.tracking.prediction import DAMPING_S, MAX_AHEAD_S, Predictor

CAMERA = Camera.of_fov(640, 480, 63.0, "shorter")
FRAME_S = 1 / 30
DAMPED = DAMPING_S * (1 - np.exp(-FRAME_S / DAMPING_S)) / FRAME_S
"""The share of an even motion that is carried on over one frame."""


def head(x_mm=0.0, yaw_deg=0.0, roll_deg=0.0, z_mm=-500.0):
    return face_of(CAMERA, transform(rotation_from_angles_deg(yaw_deg, 0.0, roll_deg), [x_mm, 0.0, z_mm]))


def after(*faces, ahead_s=FRAME_S, step_s=FRAME_S):
    """The last face moved on, when these were seen one frame after the other."""
    predictor = Predictor()
    for i, face in enumerate(faces):
        predictor.observe((face,), i * step_s)
    (moved,) = predictor.at((len(faces) - 1) * step_s + ahead_s)
    check_face(moved)
    return moved


def test_even_motion_goes_on():
    now, moved = head(8.0), after(head(0.0), head(4.0), head(8.0))
    wanted = head(8.0 + 4.0 * DAMPED)
    np.testing.assert_allclose(moved.landmarks[:, :2], wanted.landmarks[:, :2], atol=0.3)
    np.testing.assert_allclose(moved.eyes.left, wanted.eyes.left, atol=0.3)
    np.testing.assert_allclose(moved.pose.translation_mm, wanted.pose.translation_mm, atol=1e-6)
    assert moved.eyes.left[0] - now.eyes.left[0] > 2.5
    assert (moved.id, moved.score, moved.quality) == (now.id, now.score, now.quality)


def test_turning_leaning_and_coming_nearer_go_on():
    turned = after(head(yaw_deg=0), head(yaw_deg=3), head(yaw_deg=6))
    assert angles_deg_from_rotation(turned.pose.camera_from_head[:3, :3])[0] == pytest.approx(6 + 3 * DAMPED)
    leaning = after(head(roll_deg=0), head(roll_deg=4), head(roll_deg=8))
    wanted = head(roll_deg=8 + 4 * DAMPED)
    np.testing.assert_allclose(leaning.landmarks[:, :2], wanted.landmarks[:, :2], atol=0.1)
    nearer = after(head(z_mm=-500), head(z_mm=-480), head(z_mm=-460))
    wide = [f.eyes.distance_px for f in (head(z_mm=-460), nearer, head(z_mm=-440))]
    assert wide[0] < wide[1] < wide[2]


def test_the_shape_is_not_carried_on():
    """A mouth that opens is as open as it was; the whole face is where it was."""
    faces = [head() for _ in range(3)]
    for i, face in enumerate(faces):
        face.landmarks[[13, 14, 17, 87, 317], 1] += 4.0 * i
    moved = after(*faces)
    np.testing.assert_allclose(moved.landmarks, faces[-1].landmarks, atol=0.35)


@pytest.mark.parametrize(
    ("places_mm", "why"),
    [((0.0, 0.0, 12.0), "a step"), ((0.0, 4.0, 4.0), "a stop"), ((0.0, 4.0, 0.0), "a turn back")],
)
def test_what_the_frame_before_does_not_agree_with_is_not_carried_on(places_mm, why):
    moved = after(*(head(x) for x in places_mm))
    np.testing.assert_allclose(
        moved.landmarks, head(places_mm[-1]).landmarks, atol=0.02, err_msg=f"{why} is over when it is seen"
    )


def test_of_a_motion_that_slows_down_the_slower_counts():
    moved = after(head(0.0), head(6.0), head(8.0))
    np.testing.assert_allclose(moved.pose.translation_mm[0], 8.0 + 2.0 * DAMPED)
    moved = after(head(0.0), head(2.0), head(8.0))
    np.testing.assert_allclose(moved.pose.translation_mm[0], 8.0 + 2.0 * DAMPED, rtol=1e-6)


def test_uneven_frames_are_velocities():
    predictor = Predictor()
    for t, x in ((0.0, 0.0), (0.05, 5.0), (0.07, 7.0)):
        predictor.observe((head(x),), t)
    (moved,) = predictor.at(0.07 + FRAME_S)
    assert moved.pose.translation_mm[0] == pytest.approx(7.0 + 100.0 * FRAME_S * DAMPED)


def test_it_never_goes_far_and_never_back():
    faces = [head(0.0), head(4.0), head(8.0)]
    far, limit = after(*faces, ahead_s=10.0), after(*faces, ahead_s=MAX_AHEAD_S)
    np.testing.assert_array_equal(far.landmarks, limit.landmarks)
    assert limit.pose.translation_mm[0] < 8.0 + 4.0 * 3
    for ahead_s in (0.0, -1.0):
        assert after(*faces, ahead_s=ahead_s).pose.translation_mm[0] == 8.0


def test_faces_without_a_known_motion_stay_where_they_are():
    new = head(50.0)
    assert after(new) is new
    assert after(head(0.0), new) is new, "one move may be a step"
    assert after(head(0.0), head(4.0), new, step_s=1.0) is new, "too long ago"
    assert after(head(0.0), head(4.0), new, step_s=0.0) is new, "time stands still"
    held = replace(head(8.0), state="coasting", unseen_s=0.03)
    assert after(head(0.0), head(4.0), held) is held, "held where it is expected already"


def test_everybody_moves_on_their_own():
    predictor = Predictor()
    for i in range(3):
        one, other = head(4.0 * i), replace(head(100.0 - 4.0 * i), id=2)
        predictor.observe((one, other) if i % 2 else (other, one), i * FRAME_S)
    moved = {face.id: face.pose.translation_mm[0] for face in predictor.at(2 * FRAME_S + FRAME_S)}
    assert moved[1] == pytest.approx(8.0 + 4.0 * DAMPED)
    assert moved[2] == pytest.approx(92.0 - 4.0 * DAMPED)
    predictor.observe((), 3 * FRAME_S)
    assert predictor.at(3 * FRAME_S) == ()


@pytest.mark.parametrize("seed", range(3))
def test_any_motion_gives_numbers(seed):
    rng = np.random.default_rng(seed)
    predictor = Predictor()
    t = 0.0
    for _ in range(60):
        face = head(rng.normal(0, 80), rng.uniform(-180, 180), rng.uniform(-180, 180), -rng.uniform(100, 900))
        if rng.random() < 0.2:
            face = replace(face, landmarks=np.full_like(face.landmarks, rng.normal(0, 100)))
        predictor.observe((face,), t)
        with np.errstate(all="raise", under="ignore"):
            for moved in predictor.at(t + rng.uniform(-1, 1)):
                assert np.isfinite(moved.landmarks).all()
                assert np.isfinite(moved.pose.camera_from_head).all()
        t += rng.choice([0.0, -1.0, 1e-9, 0.03, 0.03, 0.03, 5.0, 1e12])
