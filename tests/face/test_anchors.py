from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ar_effects.face.anchors import ANCHORS, SCALE_LIMIT, camera_from_anchor, camera_from_eyes
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import Eyes, Face

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


fractions = st.tuples(st.floats(-0.04, 0.04), st.floats(-0.06, 0.06))


@st.composite
def people(draw, yaw: float = 24.9):
    camera = draw(synthetic.cameras())
    pose = draw(synthetic.poses(camera, yaw=yaw, pitch=25.0, roll=45.0))
    return camera, with_eyes_moved(synthetic.face_of(camera, pose), draw(fractions), draw(fractions))


@settings(max_examples=200)
@given(people())
def test_the_model_s_eyes_lie_exactly_on_the_person_s(person):
    camera, face = person
    place = camera_from_eyes(face, camera)
    scale = np.cbrt(np.linalg.det(place[:3, :3]))
    assume(1.001 / SCALE_LIMIT < scale < 0.999 * SCALE_LIMIT)
    off = seen_eyes(place, camera) - np.array([face.eyes.right, face.eyes.left])
    assert np.abs(off).max() < 1e-6 * face.eyes.distance_px + 1e-6


@given(people(), st.floats(0.94, 1.06))
def test_glasses_are_as_wide_as_this_person_s_pupils_lie_apart(person, span):
    """Their middle stays where it is seen."""
    camera, face = person
    place = camera_from_eyes(face, camera)
    wide = camera_from_eyes(dataclasses.replace(face, pupil_span=span), camera)
    size, wide_size = (np.cbrt(np.linalg.det(m[:3, :3])) for m in (place, wide))
    assume(1.07 / SCALE_LIMIT < size < SCALE_LIMIT / 1.07)
    assert wide_size / size == pytest.approx(span, rel=1e-6)
    off = seen_eyes(wide, camera).mean(axis=0) - (face.eyes.right + face.eyes.left) / 2
    assert np.abs(off).max() < 1e-6 * face.eyes.distance_px + 1e-4


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


# --- every anchor

ON_FACE = {"nose_tip": (1, 4), "mouth": (0, 13, 14, 17), "forehead": (151, 108, 337), "chin": (152, 175, 199)}
ON_HEAD = ("left_ear", "right_ear", "head_top", "neck")


@st.composite
def heads(draw, **limits: float):
    camera = draw(synthetic.cameras())
    return camera, synthetic.face_of(camera, draw(synthetic.poses(camera, **limits)))


def in_head(name, face, camera):
    return apply(
        np.linalg.inv(face.pose.camera_from_head), camera_from_anchor(name, face, camera)[None, :3, 3]
    )[0]


@given(heads(), st.sampled_from(ANCHORS))
def test_every_anchor_is_a_similarity(person, name):
    camera, face = person
    place = camera_from_anchor(name, face, camera)
    scale = np.cbrt(np.linalg.det(place[:3, :3]))
    assert 1 / SCALE_LIMIT - 1e-9 <= scale <= SCALE_LIMIT + 1e-9
    np.testing.assert_allclose(place[:3, :3] @ place[:3, :3].T / scale**2, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(place[3], [0, 0, 0, 1])


@given(heads(), st.sampled_from(sorted(ON_FACE)))
def test_on_the_mean_face_an_anchor_is_the_mean_of_its_landmarks(person, name):
    camera, face = person
    expected = canonical_face().vertices_mm[list(ON_FACE[name])].mean(axis=0)
    np.testing.assert_allclose(in_head(name, face, camera), expected, atol=0.1)


@given(heads(yaw=50.0), st.sampled_from(sorted(ON_FACE)), st.floats(-20, 20), st.floats(-20, 20))
def test_anchors_of_the_face_move_with_this_person_s_landmarks(person, name, x, y):
    camera, face = person
    moved = face.landmarks.copy()
    moved[list(ON_FACE[name]), :2] += np.float32([x, y])
    other = dataclasses.replace(face, landmarks=moved)
    before, after = (
        camera.project(camera_from_anchor(name, f, camera)[None, :3, 3])[0] for f in (face, other)
    )
    np.testing.assert_allclose(after - before, [x, y], atol=1.0)


@given(heads(yaw=80.0), st.sampled_from(["left_eye", "right_eye"]))
def test_an_eye_s_anchor_is_seen_at_that_eye(person, name):
    camera, face = person
    seen = camera.project(camera_from_anchor(name, face, camera)[None, :3, 3])[0]
    np.testing.assert_allclose(seen, getattr(face.eyes, name.removesuffix("_eye")), atol=1e-3)


@given(heads())
def test_the_head_s_anchors_lie_where_heads_have_them(person):
    camera, face = person
    left, right = (in_head(f"{side}_ear", face, camera) for side in ("left", "right"))
    np.testing.assert_allclose(left, [82, -20, -84], atol=0.2)
    np.testing.assert_allclose(right, [-82, -20, -84], atol=0.2)
    top = in_head("head_top", face, camera)
    np.testing.assert_allclose(top[:2], [0, 110], atol=0.2)
    neck = in_head("neck", face, camera)
    assert neck[1] < -95.0  # under the chin, whichever way the head is turned
    assert np.linalg.norm(neck - [0, -160, -95]) < 95.0


def test_a_wider_face_carries_its_ears_outward():
    camera = Camera.assumed(1280, 720)
    face = synthetic.face_of(camera, transform(None, [0.0, 0.0, -500.0]))
    wide = face.landmarks.copy()
    middle = wide[:, 0].mean()
    wide[:, 0] = middle + (wide[:, 0] - middle) * 1.08
    other = dataclasses.replace(face, landmarks=wide)
    apart = [
        np.linalg.norm(
            camera_from_anchor("left_ear", f, camera)[:3, 3]
            - camera_from_anchor("right_ear", f, camera)[:3, 3]
        )
        for f in (face, other)
    ]
    assert apart[1] > apart[0] + 3.0


@pytest.mark.parametrize("name", ANCHORS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_no_anchor_jumps_as_the_head_turns(name, axis):
    """A head with a face of its own (landmarks off the mean's), turned by a quarter of a degree at a time."""
    camera = Camera.assumed(1280, 720)
    off = np.random.default_rng(7).normal(0.0, 4.0, (478, 2)).astype(np.float32)
    before = None
    for angle in np.arange(-85.0, 85.1, 0.25):
        angles = [0.0, 0.0, 0.0]
        angles[axis] = angle
        face = synthetic.face_of(camera, transform(rotation_from_angles_deg(*angles), [20.0, 0.0, -600.0]))
        landmarks = face.landmarks.copy()
        landmarks[:, :2] += off
        place = camera_from_anchor(name, dataclasses.replace(face, landmarks=landmarks), camera)
        if before is not None:
            assert np.linalg.norm(place[:3, 3] - before[:3, 3]) < 2.0
            assert np.abs(place[:3, :3] - before[:3, :3]).max() < 0.02
        before = place


@pytest.mark.parametrize("roll", np.arange(0.0, 360.0, 0.5)[::8])
def test_the_neck_does_not_jump_when_the_head_is_upside_down(roll):
    camera = Camera.assumed(1280, 720)
    places = [
        camera_from_anchor(
            "neck",
            synthetic.face_of(
                camera, transform(rotation_from_angles_deg(5.0, 3.0, angle), [0.0, 0.0, -600.0])
            ),
            camera,
        )
        for angle in (roll, roll + 0.5)
    ]
    assert np.linalg.norm(places[1][:3, 3] - places[0][:3, 3]) < 6.0


@given(heads(yaw=10.0, pitch=60.0, roll=20.0))
def test_the_neck_turns_less_than_the_head(person):
    camera, face = person

    def angle(matrix):
        return np.arccos(np.clip((np.trace(matrix[:3, :3]) - 1) / 2, -1, 1))

    head, neck = angle(face.pose.camera_from_head), angle(camera_from_anchor("neck", face, camera))
    assert neck <= head + 1e-6
    assert neck == pytest.approx(head - 0.5 * np.sin(head), abs=1e-5)
