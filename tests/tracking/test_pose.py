from __future__ import annotations

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import (
    apply,
    rotation_angle_deg,
    rotation_from_angles_deg,
    rotation_from_vector,
    transform,
)
from ar_effects.tracking.pose.model import model_of
from ar_effects.tracking.pose.solver import solve_pose, start_pose
from ar_effects.tracking.pose.steps import linearise, move, step_from

CAMERA = Camera.assumed(640, 480)


@st.composite
def scenes(draw):
    """A camera and a head wholly in front of it."""
    camera = draw(synthetic.cameras())
    pose = draw(synthetic.poses(camera))
    assume(apply(pose, canonical_face().vertices_mm)[:, 2].max() < -50.0)
    return camera, pose


def assert_same(found: np.ndarray, true: np.ndarray) -> None:
    assert rotation_angle_deg(found[:3, :3], true[:3, :3]) < 0.05
    assert np.linalg.norm(found[:3, 3] - true[:3, 3]) < 0.5
    np.testing.assert_allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-9)


@settings(max_examples=200)
@given(scenes())
def test_a_head_is_found_from_its_landmarks_alone(scene):
    camera, pose = scene
    found = solve_pose(synthetic.landmarks_of(camera, pose), camera)
    assert_same(found.camera_from_head, pose)
    assert found.reprojection_px < 0.01


@settings(max_examples=100)
@given(scenes(), st.floats(0.6, 1.4))
def test_a_flat_or_deep_guess_of_the_network_s_depth_does_not_matter(scene, z_scale):
    camera, pose = scene
    assume(abs(pose[2, 2]) > np.cos(np.radians(50)))
    assert_same(solve_pose(synthetic.landmarks_of(camera, pose, z_scale), camera).camera_from_head, pose)


@settings(max_examples=100)
@given(scenes(), st.tuples(*[st.floats(-0.25, 0.25)] * 3), st.tuples(*[st.floats(-40, 40)] * 3))
def test_a_head_is_found_from_where_it_was(scene, turn, shift):
    camera, pose = scene
    start = transform(rotation_from_vector(turn) @ pose[:3, :3], pose[:3, 3] + shift)
    assume(start[2, 3] < -200)
    kept = start.copy()
    landmarks = synthetic.landmarks_of(camera, pose)
    landmarks[:, 2] = 0.0  # only the start may depend on it
    assert_same(solve_pose(landmarks, camera, start).camera_from_head, pose)
    np.testing.assert_array_equal(start, kept)


@settings(max_examples=50)
@given(scenes())
def test_the_start_is_never_flipped(scene):
    camera, pose = scene
    start = start_pose(synthetic.landmarks_of(camera, pose), camera, canonical_face())
    assert rotation_angle_deg(start[:3, :3], pose[:3, :3]) < 40.0
    assert start[2, 3] < 0


def test_reprojection_is_the_distance_that_is_left():
    pose = transform(None, [0.0, 0.0, -500.0])
    landmarks = synthetic.landmarks_of(CAMERA, pose)
    noise = np.random.default_rng(0).normal(0, 2.0, (478, 2)).astype(np.float32)
    landmarks[:, :2] += noise
    face = canonical_face()
    expected = np.sqrt(np.average((noise**2).sum(axis=1), weights=face.weights))
    assert solve_pose(landmarks, CAMERA).reprojection_px == pytest.approx(expected, rel=0.15), (
        "of few landmarks"
    )


def test_noise_of_a_pixel_moves_the_pose_little():
    pose = transform(rotation_from_angles_deg(20, -5, 10), [30.0, 10.0, -500.0])
    clean = synthetic.landmarks_of(CAMERA, pose)
    rng = np.random.default_rng(0)
    for _ in range(20):
        noisy = clean + rng.normal(0, 1.0, clean.shape).astype(np.float32)
        found = solve_pose(noisy, CAMERA).camera_from_head
        assert rotation_angle_deg(found[:3, :3], pose[:3, :3]) < 1.5
        assert np.linalg.norm(found[:3, 3] - pose[:3, 3]) < 10.0


@settings(max_examples=150)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 1e-6, 1e-2, 1.0, 1e2, 1e4, 1e6, 1e8]),
    st.sampled_from([(1, 1, 1), (1, 1, 0), (1, 0, 0), (0, 0, 1), (-1, 1, 1), (1, 1, -1)]),
    st.floats(-1e4, 1e4),
)
def test_garbage_gives_a_finite_pose(seed, spread, axes, offset):
    """Lines, points, planes, mirrored and scattered faces, of any size, anywhere."""
    rng = np.random.default_rng(seed)
    face = synthetic.landmarks_of(CAMERA, transform(None, [0, 0, -500.0])) - [320, 240, 0]
    base = rng.normal(size=(478, 3)) if seed % 2 else face / 100
    landmarks = (base * axes * spread + offset).astype(np.float32)
    for start in (None, transform(None, [0.0, 0.0, -400.0])):
        pose = solve_pose(landmarks, CAMERA, start)
        assert np.isfinite(pose.camera_from_head).all()
        assert np.isfinite(pose.angles_deg).all()
        assert np.isfinite(pose.reprojection_px)
        assert pose.translation_mm[2] < 0, "in front of the camera"
        assert np.linalg.det(pose.camera_from_head[:3, :3]) == pytest.approx(1.0)


@settings(max_examples=30)
@given(scenes(), st.integers(0, 2**32 - 1))
def test_the_step_is_that_of_the_numerical_jacobian(scene, seed):
    """Gauss-Newton's step by generalised least squares on finite differences of Camera.project."""
    camera, pose = scene
    model, rng = model_of(canonical_face()), np.random.default_rng(seed)
    n = len(model.used)
    vertices, trust = canonical_face().vertices_mm[model.used], rng.uniform(0.2, 1.0, n)
    unit = np.array([camera.fx, -camera.fy])

    def projected(step: np.ndarray) -> np.ndarray:
        moved = transform(rotation_from_vector(step[:3]), step[3:]) @ pose
        return ((camera.project(apply(moved, vertices)) - [camera.cx, camera.cy]) / unit).T

    observed = projected(np.zeros(6)) + rng.normal(0, 3 / camera.fx, (2, n))
    jacobian = []
    for k, size in enumerate([1e-5] * 3 + [1e-3] * 3):
        step = np.zeros(6)
        step[k] = size
        jacobian.append((projected(step) - projected(-step)) / (2 * size))
    weighted, trusted = np.array(jacobian) @ model.unalike, np.array(jacobian) * trust
    normal = np.einsum("aij,bij->ab", weighted, trusted)
    right = np.einsum("aij,ij->a", weighted, (observed - projected(np.zeros(6))) * trust)
    expected = np.linalg.solve(normal, right)
    basis = np.empty((10, n))
    linearise(basis, model.vertices, observed, pose)
    found = transform(rotation_from_vector(expected[:3]), expected[3:]) @ pose
    move(pose, step_from(basis, model.unalike, trust))
    np.testing.assert_allclose(pose, found, atol=1e-3)


def test_a_step_is_a_turn_and_then_a_shift():
    start = transform(rotation_from_vector([0.1, 0.2, -0.3]), [10.0, 20.0, -500.0])
    for vector in ([0.3, -0.2, 0.1], [3.0, 0.5, -1.0], [1e-6, 2e-6, 0.0], [0.0, 0.0, 0.0]):
        pose = start.copy()
        move(pose, np.array([*vector, 1.0, 2.0, 3.0]))
        expected = transform(rotation_from_vector(vector), [1.0, 2.0, 3.0]) @ start
        np.testing.assert_allclose(pose, expected, atol=1e-10)


def test_few_landmarks_stand_for_all():
    """In mirrored pairs, all over the face, none of them moving with the gaze."""
    face = canonical_face()
    used = model_of(face).used
    assert set(face.mirror[used]) == set(used)
    assert used.max() < MESH_COUNT
    far = np.linalg.norm(face.vertices_mm[:MESH_COUNT, None] - face.vertices_mm[used], axis=2).min(axis=1)
    assert far.max() < 30.0
    assert far.mean() < 12.0
