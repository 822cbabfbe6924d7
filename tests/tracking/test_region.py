from __future__ import annotations

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import given, settings
from hypothesis import strategies as st

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.tracking.region import MARGIN, Region, region_from_detection, region_from_landmarks

FACE = synthetic.landmarks_of(
    Camera.assumed(640, 480), transform(rotation_from_angles_deg(15, 5, 0), [20.0, 10.0, -500.0])
)


@st.composite
def regions(draw):
    centre = (draw(st.floats(100, 540)), draw(st.floats(100, 380)))
    return Region(centre, draw(st.floats(40, 500)), draw(st.floats(-np.pi, np.pi)))


def smooth_picture() -> np.ndarray:
    """Blue tells x, green tells y, in pixels / 4."""
    y, x = np.mgrid[0:480, 0:640] / 4.0
    return np.dstack([x, y, np.zeros_like(x)]).round().astype(np.uint8)


@settings(max_examples=60)
@given(regions(), st.sampled_from([64, 128, 192]))
def test_a_cut_pixel_comes_from_where_to_frame_puts_it(region, side):
    crop = region.cut(smooth_picture(), side).astype(np.float64) * 4
    index = np.arange(0, side, 7)
    x, y = np.meshgrid(index, index)
    points = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1).astype(np.float32)
    frame = region.to_frame(points, side)
    inside = ((frame[:, :2] >= 0) & (frame[:, :2] <= [639, 479])).all(axis=1)
    seen = crop[y.ravel(), x.ravel(), :2]
    np.testing.assert_allclose(
        seen[inside], frame[inside, :2], atol=4.5
    )  # a step of the picture, and rounding


@st.composite
def regions_anywhere(draw):
    centre = (draw(st.floats(-400, 1000)), draw(st.floats(-400, 900)))
    return Region(centre, draw(st.floats(1, 900)), draw(st.floats(-np.pi, np.pi)))


@settings(max_examples=100)
@given(regions_anywhere())
def test_the_quick_cut_shows_the_same_pixels_in_other_order(region):
    picture = smooth_picture()
    rgba = region.cut_rgba(picture, 64)
    assert rgba.shape == (64, 64, 4)
    off = np.abs(rgba[..., 2::-1].astype(int) - region.cut(picture, 64))
    assert off.max() <= 1  # places are rounded to 1/32 pixel, from another corner


def test_outside_of_the_frame_the_border_is_repeated():
    picture = np.full((100, 100, 3), 77, np.uint8)
    assert (Region((0.0, 0.0), 500.0, 0.3).cut(picture, 64) == 77).all()


@given(regions(), st.integers(16, 256))
def test_corners_middle_and_depth_of_a_region(region, side):
    corner, middle, x_end = region.to_frame(
        np.array([[0, 0, 0], [side / 2, side / 2, side], [side, side / 2, 0]], np.float32), side
    )
    np.testing.assert_allclose(middle[:2], region.centre, atol=1e-3)
    assert middle[2] == pytest.approx(region.side, rel=1e-5), "depth is scaled as x and y are"
    across = x_end[:2] - middle[:2]
    assert np.linalg.norm(across) == pytest.approx(region.side / 2, rel=1e-4)
    expected = [np.cos(region.roll_rad), np.sin(region.roll_rad)]
    np.testing.assert_allclose(across / np.linalg.norm(across), expected, atol=1e-3)
    assert np.linalg.norm(corner[:2] - middle[:2]) == pytest.approx(region.side / np.sqrt(2), rel=1e-4)


@given(st.floats(-np.pi, np.pi), st.floats(0.2, 5.0), st.floats(-300, 300), st.floats(-300, 300))
def test_the_region_turns_grows_and_moves_with_the_face(angle, scale, dx, dy):
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    turned = FACE.copy()
    turned[:, :2] = FACE[:, :2] @ np.array([[c, s], [-s, c]], np.float32) + np.array([dx, dy], np.float32)
    before, after = region_from_landmarks(FACE), region_from_landmarks(turned)
    assert after.side == pytest.approx(before.side * scale, rel=1e-4)
    lean = (after.roll_rad - before.roll_rad - angle + np.pi) % (2 * np.pi) - np.pi
    assert lean == pytest.approx(0.0, abs=1e-4)
    x, y = before.centre
    np.testing.assert_allclose(after.centre, [c * x - s * y + dx, s * x + c * y + dy], atol=0.05 * scale)


def test_the_region_holds_the_face_with_its_margin():
    region = region_from_landmarks(FACE)
    inverse = np.linalg.inv(np.vstack([region.frame_from_crop(1), [0, 0, 1]]))
    inside = FACE[:, :2] @ inverse[:2, :2].T + inverse[:2, 2]
    low, high = inside.min(axis=0), inside.max(axis=0)
    assert (high - low).max() == pytest.approx(1 / MARGIN, rel=1e-4)
    np.testing.assert_allclose((low + high) / 2, [0.5, 0.5], atol=1e-4)


def test_the_region_of_a_detection_is_level_with_the_eyes():
    region = region_from_detection((100.0, 200.0, 200.0, 260.0), (120.0, 220.0), (170.0, 270.0))
    assert region.centre == (150.0, 230.0)
    assert region.side == pytest.approx(150.0)
    assert region.roll_rad == pytest.approx(np.pi / 4)


@pytest.mark.parametrize(
    "region",
    [
        Region((float("nan"), 0.0), 10.0, 0.0),
        Region((0.0, float("inf")), 10.0, 0.0),
        Region((0.0, 0.0), float("nan"), 0.0),
        Region((0.0, 0.0), 10.0, float("nan")),
        Region((0.0, 0.0), 0.5, 0.0),
    ],
)
def test_what_a_diverged_track_leaves_behind_is_not_usable(region):
    assert not region.is_usable
    assert Region((0.0, 0.0), 10.0, 0.0).is_usable
