from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ar_effects.effects.anchors import SCALE_LIMIT, camera_from_eyes
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import Eyes, Face
from ar_effects.tracking.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face

CENTRES = np.array(
    [canonical_face().vertices_mm[list(ring)].mean(axis=0) for ring in (RIGHT_EYE_RING, LEFT_EYE_RING)]
)


def with_eyes_moved(face: Face, right: tuple[float, float], left: tuple[float, float]) -> Face:
    """The face with its eyes off by shares of their distance."""
    d = face.eyes.distance_px
    moved = Eyes(
        left=face.eyes.left + np.float32(d) * np.array(left, np.float32),
        right=face.eyes.right + np.float32(d) * np.array(right, np.float32),
    )
    return dataclasses.replace(face, eyes=moved)


def seen_eyes(place: np.ndarray, camera: Camera) -> np.ndarray:
    return camera.project(apply(place, CENTRES))


shares = st.tuples(st.floats(-0.04, 0.04), st.floats(-0.06, 0.06))


@st.composite
def people(draw, yaw: float = 24.9):
    camera = draw(synthetic.cameras())
    pose = draw(synthetic.poses(camera, yaw=yaw, pitch=25.0, roll=45.0))
    return camera, with_eyes_moved(synthetic.face_of(camera, pose), draw(shares), draw(shares))


@settings(max_examples=200)
@given(people())
def test_the_model_s_eyes_lie_exactly_on_the_person_s(person):
    camera, face = person
    place = camera_from_eyes(face, camera)
    scale = np.cbrt(np.linalg.det(place[:3, :3]))
    assume(1.001 / SCALE_LIMIT < scale < 0.999 * SCALE_LIMIT)
    off = seen_eyes(place, camera) - np.array([face.eyes.right, face.eyes.left])
    assert np.abs(off).max() < 1e-6 * face.eyes.distance_px + 1e-6


@given(people(yaw=60.0))
def test_it_is_a_similarity_at_the_head_s_distance(person):
    camera, face = person
    place = camera_from_eyes(face, camera)
    scale = np.cbrt(np.linalg.det(place[:3, :3]))
    assert 1 / SCALE_LIMIT - 1e-9 <= scale <= SCALE_LIMIT + 1e-9
    rotation = place[:3, :3] / scale
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(place[3], [0, 0, 0, 1])
    middle = CENTRES.mean(axis=0)[None]
    assert apply(place, middle)[0, 2] == pytest.approx(apply(face.pose.camera_from_head, middle)[0, 2])


@given(people(yaw=75.0))
def test_the_middle_between_the_eyes_is_met_at_every_angle(person):
    camera, face = person
    middle = seen_eyes(camera_from_eyes(face, camera), camera).mean(axis=0)
    np.testing.assert_allclose(middle, (face.eyes.right + face.eyes.left) / 2, atol=1e-3)


@pytest.mark.parametrize("yaw", [-20.0, 0.0, 20.0])
def test_the_mean_face_needs_no_correction(yaw):
    camera = Camera.assumed(640, 480)
    pose = transform(rotation_from_angles_deg(yaw, 5.0, -10.0), [30.0, 20.0, -450.0])
    place = camera_from_eyes(synthetic.face_of(camera, pose), camera)
    np.testing.assert_allclose(place[:3, :3], pose[:3, :3], atol=2e-3)
    np.testing.assert_allclose(place[:3, 3], pose[:3, 3], atol=0.1)


@pytest.mark.parametrize(
    ("apart", "expected"), [(0.05, 1.1), (-0.05, 0.9), (0.4, SCALE_LIMIT), (-0.4, 1 / SCALE_LIMIT)]
)
def test_eyes_farther_apart_widen_the_model_up_to_a_limit(apart, expected):
    camera = Camera.assumed(640, 480)
    face = synthetic.face_of(camera, transform(None, [0.0, 0.0, -450.0]))
    place = camera_from_eyes(with_eyes_moved(face, (-apart, 0.0), (apart, 0.0)), camera)
    assert np.cbrt(np.linalg.det(place[:3, :3])) == pytest.approx(expected, rel=0.01)


def test_a_head_in_profile_is_not_resized_or_leaned_by_its_eyes():
    camera = Camera.assumed(640, 480)
    pose = transform(rotation_from_angles_deg(65.0, 0.0, 0.0), [0.0, 0.0, -500.0])
    face = with_eyes_moved(synthetic.face_of(camera, pose), (0.1, 0.2), (-0.1, -0.2))
    np.testing.assert_allclose(camera_from_eyes(face, camera)[:3, :3], pose[:3, :3], atol=1e-12)


def test_trust_fades_without_a_jump():
    camera = Camera.assumed(640, 480)
    places = []
    for yaw in np.arange(20.0, 66.0, 0.5):
        pose = transform(rotation_from_angles_deg(yaw, 0.0, 0.0), [0.0, 0.0, -500.0])
        face = with_eyes_moved(synthetic.face_of(camera, pose), (-0.03, 0.02), (0.03, -0.02))
        places.append(np.cbrt(np.linalg.det(camera_from_eyes(face, camera)[:3, :3])))
    assert np.abs(np.diff(places)).max() < 0.01
    assert places[0] > 1.03
    assert places[-1] == pytest.approx(1.0)


def test_eyes_in_one_place_give_finite_numbers():
    camera = Camera.assumed(640, 480)
    face = synthetic.face_of(camera, transform(None, [0.0, 0.0, -450.0]))
    face = dataclasses.replace(face, eyes=Eyes(face.eyes.right, face.eyes.right))
    assert np.isfinite(camera_from_eyes(face, camera)).all()
