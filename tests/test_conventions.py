"""CONVENTIONS.md, one test a promise: axes, signs, order and units."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import synthetic_faces as synthetic

from ar_effects import errors
from ar_effects.errors import ArEffectsError, InputError
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import LANDMARK_COUNT, Frame, check_image
from ar_effects.tracking.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face

CAMERA = Camera.assumed(640, 480)
NOSE, CHIN, FOREHEAD = 1, 152, 10
RIGHT_IRIS, LEFT_IRIS = slice(468, 473), slice(473, 478)


def posed(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(478, 3) mean face in the camera frame, half a metre away."""
    pose = transform(rotation_from_angles_deg(yaw, pitch, roll), [0.0, 0.0, -500.0])
    return apply(pose, canonical_face().vertices_mm)


def seen(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(478, 2) the same in pixels of the picture."""
    return CAMERA.project(posed(yaw, pitch, roll))


# --- pictures ---------------------------------------------------------------------------------------------


def test_sizes_are_width_then_height():
    assert Frame(np.zeros((2, 3, 3), np.uint8), 0.0).size == (3, 2)
    assert (Camera.assumed(640, 480).width, Camera.assumed(640, 480).height) == (640, 480)


def test_pixel_0_is_the_centre_of_the_first_pixel():
    """The optical axis meets a two-pixel picture between its pixels, at 0.5."""
    np.testing.assert_allclose(Camera.assumed(2, 2).project(np.array([[0.0, 0.0, -1.0]])), [[0.5, 0.5]])
    doubled = Camera(10, 10, 5.0, 5.0, 0.0, 0.0).scaled_to(20, 20)
    assert (doubled.cx, doubled.cy) == (0.5, 0.5), "the centre of one pixel is the corner of four"


def test_demo_is_bgr(demo_frames):
    """The portrait's suit is orange: much red, little blue."""
    blue, _, red = demo_frames[0][440:, 400:500].reshape(-1, 3).mean(axis=0)
    assert red > blue + 40


@pytest.mark.parametrize("image", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), float), [[1]], None])
def test_only_bgr_pictures_are_frames(image):
    with pytest.raises(InputError):
        check_image(image)
    with pytest.raises(InputError):
        Frame(image, 0.0)


# --- landmarks --------------------------------------------------------------------------------------------


def test_left_and_right_are_the_person_s_own(demo_face):
    assert demo_face.eyes.left[0] > demo_face.eyes.right[0]
    for iris, eye in ((RIGHT_IRIS, demo_face.eyes.right), (LEFT_IRIS, demo_face.eyes.left)):
        centre, ring = demo_face.landmarks[iris, :2][0], demo_face.landmarks[iris, :2][1:]
        assert np.linalg.norm(centre - eye) < 0.15 * demo_face.eyes.distance_px
        assert np.linalg.norm(ring.mean(axis=0) - centre) < 1.0, "the first point is the centre"
    for ring, eye in ((RIGHT_EYE_RING, demo_face.eyes.right), (LEFT_EYE_RING, demo_face.eyes.left)):
        np.testing.assert_allclose(demo_face.landmarks[list(ring), :2].mean(axis=0), eye, atol=1e-3)


def test_landmark_axes(demo_face):
    landmarks = demo_face.landmarks
    assert landmarks.shape == (LANDMARK_COUNT, 3)
    assert landmarks[CHIN, 1] > landmarks[NOSE, 1] > landmarks[FOREHEAD, 1], "y points down"
    assert landmarks[NOSE, 2] < landmarks[[234, 454], 2].min(), "smaller z is nearer"


# --- frames of reference ----------------------------------------------------------------------------------


def test_head_frame_is_gltf_s():
    v = canonical_face().vertices_mm
    assert v[468, 0] < 0 < v[473, 0], "+X to the viewer's right, where the person's left eye is"
    assert v[FOREHEAD, 1] > 0 > v[CHIN, 1], "+Y up"
    assert v[NOSE, 2] > v[234, 2], "+Z out of the face"


def test_a_frontal_face_has_the_identity_rotation():
    points = seen()
    assert points[468, 0] < points[473, 0]
    assert points[FOREHEAD, 1] < points[CHIN, 1], "upright, y down"
    assert points[468, 1] == pytest.approx(points[473, 1], abs=1e-3)
    assert points[NOSE, 0] == pytest.approx((points[468, 0] + points[473, 0]) / 2, abs=0.1)


def test_the_camera_looks_along_minus_z():
    assert posed()[NOSE, 2] > posed()[234, 2], "the nose is nearer: a greater z"
    np.testing.assert_allclose(
        CAMERA.project(np.array([[10.0, 20.0, -100.0]])),
        [[CAMERA.cx + CAMERA.fx * 0.1, CAMERA.cy - CAMERA.fy * 0.2]],
    )


# --- angles -----------------------------------------------------------------------------------------------


def test_positive_yaw_turns_the_nose_to_the_right_of_the_picture():
    for yaw in (10.0, 40.0):
        points, mirrored = seen(yaw=yaw), seen(yaw=-yaw)
        middle = (points[468] + points[473]) / 2
        assert points[NOSE, 0] > middle[0] + 5
        assert mirrored[NOSE, 0] < (mirrored[468, 0] + mirrored[473, 0]) / 2 - 5


def test_positive_pitch_lifts_the_chin():
    assert seen(pitch=15.0)[NOSE, 1] < seen()[NOSE, 1] - 3 < seen(pitch=-15.0)[NOSE, 1] - 6
    assert posed(pitch=15.0)[CHIN, 2] > posed()[CHIN, 2], "the chin comes forward"
    assert posed(pitch=15.0)[FOREHEAD, 2] < posed()[FOREHEAD, 2], "the forehead goes back"


def test_positive_roll_is_clockwise_as_seen():
    points = seen(roll=20.0)
    assert points[FOREHEAD, 0] > points[CHIN, 0] + 10, "the top of the head goes to the right"
    line = points[473] - points[468]
    assert np.degrees(np.arctan2(line[1], line[0])) == pytest.approx(20.0, abs=0.5)


def test_angles_are_composed_as_written():
    yaw, pitch, roll = 30.0, -20.0, 15.0
    one = rotation_from_angles_deg
    np.testing.assert_allclose(one(yaw, pitch, roll), one(yaw, 0, 0) @ one(0, pitch, 0) @ one(0, 0, roll))
    s = np.sin(np.radians(30.0))
    assert one(30, 0, 0)[0, 2] == pytest.approx(s), "Ry(yaw)"
    assert one(0, 30, 0)[1, 2] == pytest.approx(s), "Rx(-pitch)"
    assert one(0, 0, 30)[0, 1] == pytest.approx(s), "Rz(-roll)"


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(25, 0, 0), (0, 12, 0), (0, 0, 30), (-20, -10, -15)])
def test_a_solved_pose_speaks_of_the_same_angles(yaw, pitch, roll):
    from ar_effects.tracking.pose import solve_pose

    pose = transform(rotation_from_angles_deg(yaw, pitch, roll), [20.0, -30.0, -600.0])
    solved = solve_pose(synthetic.landmarks_of(CAMERA, pose), CAMERA)
    assert (solved.yaw_deg, solved.pitch_deg, solved.roll_deg) == pytest.approx((yaw, pitch, roll), abs=0.1)
    assert solved.translation_mm == pytest.approx([20.0, -30.0, -600.0], abs=0.5)


# --- errors -----------------------------------------------------------------------------------------------


def test_every_error_people_see_is_of_one_tree():
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]
    assert len(classes) > 5
    for cls in classes:
        assert issubclass(cls, ArEffectsError)
        assert not issubclass(cls, (ValueError, RuntimeError, OSError))


def test_an_error_says_what_expected_got_and_fix_on_one_line():
    error = ArEffectsError("The thing\nis wrong.", expected="a", got="b", fix="Do that.")
    assert str(error) == "The thing is wrong, expected a, got b. Do that."
    assert (error.expected, error.got, error.fix) == ("a", "b", "Do that.")
    assert str(ArEffectsError("Wrong")) == "Wrong."
