"""The size of a person's head by the irises."""

from __future__ import annotations

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.tracking.distance import SCALE_HIGH, SCALE_LOW, DistanceFuser, iris_scale
from ar_effects.tracking.pose.solver import solve_pose

CAMERA = Camera.assumed(1280, 720)
IRISES = ([468, 469, 470, 471, 472], [473, 474, 475, 476, 477])


def seen(scale: float, pose: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Landmarks of a head ``scale`` times the mean's, with irises as everybody has them."""
    landmarks = synthetic.landmarks_of(CAMERA, pose)
    factor = (1.0 + noise * np.random.default_rng(seed).normal()) / scale
    for iris in IRISES:
        centre = landmarks[iris[0], :2].copy()
        landmarks[iris, :2] = centre + (landmarks[iris, :2] - centre) * factor
    return landmarks


def front(distance_mm: float = 500.0, yaw: float = 0.0) -> np.ndarray:
    return transform(rotation_from_angles_deg(yaw, 0, 0), [10.0, 5.0, -distance_mm])


def looking_here(pose: np.ndarray) -> np.ndarray:
    """The head of a pose with its face turned to the camera by so much as it was turned to the front."""
    to_camera = -pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    pitch, yaw = np.degrees([np.arcsin(to_camera[1]), np.arctan2(to_camera[0], to_camera[2])])
    return transform(rotation_from_angles_deg(yaw, pitch, 0.0) @ pose[:3, :3], pose[:3, 3])


@settings(max_examples=50)
@given(st.floats(0.8, 1.2), synthetic.poses(CAMERA, yaw=8.0, pitch=8.0, roll=45.0), st.floats(300.0, 600.0))
def test_one_frame_tells_the_scale_anywhere_in_the_picture(scale, pose, depth_mm):
    pose[:3, 3] *= depth_mm / -pose[2, 3]
    pose = looking_here(pose)
    assume(apply(pose, canonical_face().vertices_mm)[:, 2].max() < -50.0)
    landmarks = seen(scale, pose)
    found, weight = iris_scale(landmarks, solve_pose(landmarks, CAMERA), CAMERA)
    assume(weight > 0)  # in the picture's corners the eyes look too unlike each other
    assert found == pytest.approx(scale, rel=0.02)


@pytest.mark.parametrize("scale", [0.9, 1.0, 1.1])
def test_many_frames_are_believed_as_far_as_irises_are_alike(scale):
    fuser, steps = DistanceFuser(), []
    for i in range(200):
        pose = front(500.0)
        landmarks = seen(scale, pose, noise=0.05, seed=i)
        steps.append(fuser.update(landmarks, solve_pose(landmarks, CAMERA), CAMERA))
    assert fuser.scale == pytest.approx(1.0 + 0.7 * (scale - 1.0), abs=0.015)
    assert np.abs(np.diff(steps[30:])).max() < 0.003, "steady"
    assert abs(steps[0] - 1.0) < 0.5 * abs(scale - 1.0) + 0.03, "one frame alone is hardly believed"


def test_the_scaled_distance_is_nearer_the_truth():
    """A head 10 % larger than the mean at 660 mm looks like the mean at 600."""
    fuser = DistanceFuser()
    landmarks = seen(1.1, front(600.0))
    pose = solve_pose(landmarks, CAMERA)
    for _ in range(100):
        fuser.update(landmarks, pose, CAMERA)
    assert abs(fuser.scale * -pose.translation_mm[2] - 660) < 0.5 * abs(-pose.translation_mm[2] - 660)


def test_blinks_turned_heads_and_small_faces_say_nothing():
    for pose in (front(500.0, yaw=45.0), front(6000.0)):
        landmarks = seen(1.2, pose)
        assert iris_scale(landmarks, solve_pose(landmarks, CAMERA), CAMERA)[1] == 0.0
    blink = seen(1.2, front())
    for upper, lower in ((159, 145), (386, 374)):
        blink[upper, :2] = blink[lower, :2]
    assert iris_scale(blink, solve_pose(blink, CAMERA), CAMERA)[1] == 0.0
    unlike = seen(1.0, front())
    unlike[[474, 476], 0] = unlike[473, 0] + np.array([1.0, -1.0]) * 1.5 * (unlike[474, 0] - unlike[473, 0])
    assert iris_scale(unlike, solve_pose(unlike, CAMERA), CAMERA)[1] == 0.0


def test_wild_frames_pull_little():
    fuser = DistanceFuser()
    for i in range(100):
        landmarks = seen(0.25 if i % 5 == 4 else 1.05, front())
        fuser.update(landmarks, solve_pose(landmarks, CAMERA), CAMERA)
    assert fuser.scale == pytest.approx(1.035, abs=0.025)


def test_it_is_deterministic_and_forgets():
    a, b = DistanceFuser(), DistanceFuser()
    for i in range(20):
        landmarks = seen(0.9, front(), noise=0.04, seed=i)
        pose = solve_pose(landmarks, CAMERA)
        assert a.update(landmarks, pose, CAMERA) == b.update(landmarks, pose, CAMERA)
    assert a.scale != 1.0
    a.reset()
    assert a.scale == 1.0


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0, 1e3, 1e6, float("nan"), float("inf")]))
def test_garbage_stays_within_the_limits(seed, spread):
    rng, fuser = np.random.default_rng(seed), DistanceFuser()
    pose = solve_pose(seen(1.0, front()), CAMERA)
    for _ in range(3):
        landmarks = (rng.normal(size=(478, 3)) * spread + 300.0).astype(np.float32)
        assert SCALE_LOW <= fuser.update(landmarks, pose, CAMERA) <= SCALE_HIGH
    landmarks = seen(1.0, front())
    for _ in range(50):
        assert SCALE_LOW <= fuser.update(landmarks, pose, CAMERA) <= SCALE_HIGH
