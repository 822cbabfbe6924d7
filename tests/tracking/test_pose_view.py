"""What a pose makes of the landmarks, the median of residuals, and how far a filter opens."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, rotation_from_vector, transform
from ar_effects.tracking.pose.model import model_of
from ar_effects.tracking.pose.steps import _middle
from ar_effects.tracking.pose.view import MIN_DEPTH_MM, depth_agreement, is_possible, observe
from ar_effects.tracking.smoothing import SmoothingParameters
from ar_effects.tracking.smoothing_steps import gain

CAMERA = Camera.assumed(640, 480)
MODEL = model_of(canonical_face())
AHEAD = transform(rotation_from_angles_deg(10.0, -5.0, 3.0), [40.0, -20.0, -600.0])


def seen(camera: Camera, pose: np.ndarray) -> np.ndarray:
    intrinsics = camera.fx, camera.fy, camera.cx, camera.cy
    return observe(synthetic.landmarks_of(camera, pose), MODEL.used, intrinsics)


def possible(start: np.ndarray, observed: np.ndarray) -> bool:
    return is_possible(start, observed, MODEL.weights, MODEL.size)


# --- what is observed -------------------------------------------------------------------------------------


@given(st.data())
def test_observing_undoes_the_camera(data):
    camera = data.draw(synthetic.cameras())
    camera = replace(camera, fy=1.2 * camera.fy, cx=camera.cx + 9.0)
    pose = data.draw(synthetic.poses(camera))
    points = apply(pose, canonical_face().vertices_mm[MODEL.used])
    assume(points[:, 2].max() < -50.0)
    np.testing.assert_allclose(seen(camera, pose), (points[:, :2] / -points[:, 2:]).T, atol=1e-6)


@given(st.data())
def test_the_pose_itself_is_possible(data):
    pose = data.draw(synthetic.poses(CAMERA, yaw=50.0))
    assume(apply(pose, canonical_face().vertices_mm)[:, 2].max() < -50.0)
    assert possible(pose, seen(CAMERA, pose))


@pytest.mark.parametrize(
    ("place", "is_near"),
    [
        ([40.0, -20.0, -600.0], True),
        ([60.0, -10.0, -500.0], True),
        ([40.0, -20.0, -950.0], True),
        ([120.0, -60.0, -1900.0], False),  # a third as large as what is seen
        ([16.0, -8.0, -240.0], False),  # more than twice
        ([300.0, -20.0, -600.0], False),  # elsewhere
        ([40.0, -260.0, -600.0], False),
        ([40.0, -20.0, 600.0], False),  # behind the camera
        ([0.0, 0.0, -MIN_DEPTH_MM], False),
        ([0.0, 0.0, 0.0], False),
    ],
)
def test_a_start_is_about_where_and_as_large_as_the_landmarks(place, is_near):
    assert possible(transform(AHEAD[:3, :3], place), seen(CAMERA, AHEAD)) is is_near


def test_a_start_shows_the_face():
    for yaw, shows in {0: True, 80: True, -80: True, 100: False, 180: False, -110: False}.items():
        start = transform(rotation_from_angles_deg(float(yaw), 0.0, 0.0), [0.0, 0.0, -600.0])
        assert possible(start, seen(CAMERA, AHEAD)) is shows, yaw


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_start_is_finite(value):
    for place in np.ndindex(3, 4):
        start = AHEAD.copy()
        start[place] = value
        assert not possible(start, seen(CAMERA, AHEAD)), place


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_nothing_is_possible_where_nothing_is_seen(value):
    assert not possible(AHEAD, np.full((2, len(MODEL.used)), value))


# --- depth ------------------------------------------------------------------------------------------------


def agreement(pose: np.ndarray, landmarks: np.ndarray) -> float:
    return depth_agreement(pose, landmarks, MODEL.used, MODEL.vertices)


@given(st.data())
def test_the_network_s_depth_agrees_with_the_pose_and_not_with_the_mirrored_one(data):
    pose = data.draw(synthetic.poses(CAMERA, roll=180.0))
    landmarks = synthetic.landmarks_of(CAMERA, pose)
    assert agreement(pose, landmarks) == pytest.approx(1.0, abs=1e-3)
    landmarks[:, 2] *= -0.7
    landmarks[:, 2] += 12.0
    assert agreement(pose, landmarks) == pytest.approx(-1.0, abs=1e-3)


def test_the_depth_tells_a_head_turned_the_other_way():
    for yaw in (-50.0, 50.0):
        turned = transform(rotation_from_angles_deg(yaw, 0.0, 0.0), [0.0, 0.0, -3000.0])
        mirrored = transform(rotation_from_angles_deg(-yaw, 0.0, 0.0), [0.0, 0.0, -3000.0])
        landmarks = synthetic.landmarks_of(CAMERA, turned)
        assert agreement(mirrored, landmarks) < 0.0 < 0.99 < agreement(turned, landmarks)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1.0, 1e6]))
def test_it_is_a_correlation(seed, scale):
    rng = np.random.default_rng(seed)
    landmarks = (rng.normal(size=(478, 3)) * scale).astype(np.float32)
    rotation = rotation_from_vector(rng.uniform(-3.0, 3.0, 3))
    toward = rotation[2] @ MODEL.vertices
    expected = np.corrcoef(toward, -landmarks[MODEL.used, 2].astype(np.float64))[0, 1]
    assert agreement(transform(rotation, [0.0, 0.0, -500.0]), landmarks) == pytest.approx(expected, abs=1e-5)


def test_a_face_without_depth_agrees_with_nothing():
    landmarks = synthetic.landmarks_of(CAMERA, AHEAD)
    landmarks[:, 2] = 3.0
    assert abs(agreement(AHEAD, landmarks)) < 1e-3


# --- the median -------------------------------------------------------------------------------------------


class Guarded:
    """An array that a negative or too large place ends, and too long a search."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values.tolist()
        self.looks = 0

    def __len__(self) -> int:
        return len(self.values)

    def copy(self) -> Guarded:
        return self

    def _check(self, place: int) -> int:
        self.looks += 1
        assert 0 <= place < len(self.values)
        assert self.looks < 100 * len(self.values) ** 2
        return place

    def __getitem__(self, place: int) -> float:
        return self.values[self._check(place)]

    def __setitem__(self, place: int, value: float) -> None:
        self.values[self._check(place)] = value


numbers = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 2.0])
lengths = st.integers(1, 70)


@given(arrays(np.float64, lengths, elements=numbers))
@example(np.array([7.0]))
@example(np.array([2.0, 1.0]))
@example(np.zeros(64))
@example(np.arange(64.0)[::-1].copy())
@example(np.array([1.0, math.inf, -math.inf, math.inf]))
def test_the_middle_is_the_upper_median(values):
    kept = values.copy()
    assert _middle(values) == np.partition(values, len(values) // 2)[len(values) // 2]
    np.testing.assert_array_equal(values, kept)


@given(arrays(np.float64, lengths, elements=numbers | st.sampled_from([math.nan, math.inf, -math.inf])))
@example(np.full(64, math.nan))
@example(np.array([math.nan, 1.0]))
@example(np.array([1.0, math.nan, 0.0]))
@example(np.array([-math.inf, math.inf, math.nan, -math.inf]))
def test_what_is_no_number_neither_leads_outside_nor_round_in_circles(values):
    plain = getattr(_middle, "py_func", _middle)
    guarded = Guarded(values)
    found = plain(guarded)
    np.testing.assert_array_equal(np.sort(guarded.values), np.sort(values), "all of them are still there")
    np.testing.assert_equal(found, _middle(values))


# --- how far a filter opens -------------------------------------------------------------------------------

BANDS = SmoothingParameters().as_array()
rows = st.integers(0, len(BANDS) - 1)
steps_s = st.floats(1e-3, 0.25)
innovations = st.floats(0.0, 0.2) | st.floats(0.0, 1e9)


@given(rows, innovations, innovations, steps_s)
def test_a_filter_opens_with_the_innovation(row, one, other, dt_s):
    less, more = sorted((one, other))
    fractions = [gain(BANDS, row, i, dt_s) for i in (0.0, less, more)]
    assert 0.0 < fractions[0] <= fractions[1] <= fractions[2] <= 1.0


@given(rows, st.floats(0.0, 0.1), steps_s, steps_s)
def test_a_filter_opens_with_the_time_passed(row, innovation, one, other):
    less, more = sorted((one, other))
    assert gain(BANDS, row, innovation, less) <= gain(BANDS, row, innovation, more)


@given(rows, steps_s)
def test_noise_is_averaged_over_the_band_s_time_and_a_step_taken_over(row, dt_s):
    rest_s, low, high = BANDS[row]
    resting = 1.0 - math.exp(-dt_s / rest_s)
    assert gain(BANDS, row, low, dt_s) == pytest.approx(resting)
    assert gain(BANDS, row, 0.5 * (low + high), dt_s) == pytest.approx(0.5 * (1.0 + resting))
    assert gain(BANDS, row, high, dt_s) == pytest.approx(1.0)
    # Two short steps are one of twice the length: the pace of the camera does not matter.
    assert (1.0 - gain(BANDS, row, 0.0, dt_s)) ** 2 == pytest.approx(1.0 - gain(BANDS, row, 0.0, 2.0 * dt_s))
