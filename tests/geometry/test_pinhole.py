import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.errors import InputError
from ar_effects.geometry.camera import ASSUMED_FOV_DEG, MAX_FOV_DEG, MIN_FOV_DEG, Camera

sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000))
points = st.lists(
    st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(-5000, -20)), min_size=1, max_size=5
).map(np.array)


@st.composite
def cameras(draw):
    width, height = draw(sizes)
    return Camera(
        width,
        height,
        draw(st.floats(50, 4000)),
        draw(st.floats(50, 4000)),
        draw(st.floats(-0.5, width)),
        draw(st.floats(-0.5, height)),
    )


@given(cameras(), points)
def test_unproject_undoes_project(camera, points):
    pixels = camera.project(points)
    np.testing.assert_allclose(camera.unproject(pixels, -points[:, 2]), points, atol=1e-8)


@given(cameras(), points)
def test_opengl_draws_a_point_where_project_says(camera, points):
    points = points - [0.0, 0.0, camera.depths_mm[0]]  # nothing is drawn nearer
    clip = np.column_stack([points, np.ones(len(points))]) @ camera.gl_projection().T
    ndc = clip[:, :3] / clip[:, 3:]
    window = (ndc[:, :2] + 1) / 2 * [camera.width, camera.height]  # of the framebuffer, row 0 first
    np.testing.assert_allclose(
        window - 0.5, camera.project(points), atol=1e-6
    )  # a pixel's centre is at + 0.5
    assert ((ndc[:, 2] > -1) & (ndc[:, 2] < 1)).all()


def test_depth_runs_from_near_to_far():
    camera = Camera.assumed(640, 480)
    assert camera.depths_mm == (10.0, 20000.0)
    for z, expected in ((-10.0, -1.0), (-20000.0, 1.0)):
        clip = camera.gl_projection() @ [0.0, 0.0, z, 1.0]
        assert clip[2] / clip[3] == pytest.approx(expected)


@given(cameras(), points, st.integers(1, 5))
def test_a_scaled_camera_sees_the_same_place_of_the_picture(camera, points, factor):
    scaled = camera.scaled_to(camera.width * factor, camera.height * factor)
    fraction = (camera.project(points) + 0.5) / [camera.width, camera.height]
    scaled_share = (scaled.project(points) + 0.5) / [scaled.width, scaled.height]
    np.testing.assert_allclose(scaled_share, fraction, rtol=1e-9, atol=1e-9)


@given(cameras())
def test_scaling_there_and_back_changes_nothing(camera):
    back = camera.scaled_to(123, 457).scaled_to(camera.width, camera.height)
    assert (back.fx, back.fy, back.cx, back.cy) == pytest.approx(
        (camera.fx, camera.fy, camera.cx, camera.cy), rel=1e-9, abs=1e-9
    )


def test_a_face_of_a_few_pixels_is_drawn_through_any_lens():
    for size in ((640, 480), (4000, 3000)):
        for angle in (MIN_FOV_DEG, 10.0, 63.0):
            camera = Camera.of_fov(*size, angle)
            near, far = camera.depths_mm
            assert near < 63.0 * camera.fx / size[0], "eyes at both edges"
            assert far >= 63.0 * camera.fx / 4.0, "eyes four pixels apart"


@given(sizes, st.floats(MIN_FOV_DEG, MAX_FOV_DEG), st.sampled_from(["longer", "shorter"]))
def test_a_camera_sees_its_angle_along_the_side_named(size, angle, side):
    camera = Camera.of_fov(*size, angle, side)
    half = np.tan(np.radians(angle) / 2)
    along_x = (size[0] >= size[1]) == (side == "longer")
    edge = camera.project(np.array([[half, 0.0, -1.0] if along_x else [0.0, half, -1.0]]))[0]
    expected = [size[0] - 0.5, (size[1] - 1) / 2] if along_x else [(size[0] - 1) / 2, -0.5]
    np.testing.assert_allclose(edge, expected, rtol=1e-9, atol=1e-6)
    if side == "longer":
        assert camera.fov_deg == pytest.approx(angle)


def test_the_assumed_angle_is_a_webcam_s_for_every_whole_picture():
    for size in ((640, 480), (1280, 720), (720, 1280), (500, 500)):
        assert Camera.assumed(*size).fov_deg == pytest.approx(ASSUMED_FOV_DEG)
        assert Camera.assumed(*size).fx == Camera.assumed(*size[::-1]).fx


@given(sizes)
def test_no_assumed_camera_sees_more_than_a_lens_does(size):
    camera = Camera.assumed(*size)
    assert MIN_FOV_DEG * 0.999 <= camera.fov_deg <= ASSUMED_FOV_DEG * 1.001
    longer = Camera.assumed(max(size) * 2, min(size))
    assert longer.fov_deg <= camera.fov_deg * 1.001


@pytest.mark.parametrize("angle", [0, -3, 1.9, 170.1, 180, 400, float("nan"), float("inf")])
def test_impossible_angles_are_refused(angle):
    with pytest.raises(InputError, match=r"field of view is impossible.*2 to 170 degrees"):
        Camera.of_fov(640, 480, angle)


@pytest.mark.parametrize(
    "values", [(0, 1, 1, 1, 0, 0), (1, -1, 1, 1, 0, 0), (1, 1, 0.0, 1, 0, 0), (1, 1, 1, float("nan"), 0, 0)]
)
def test_impossible_intrinsics_are_refused(values):
    with pytest.raises(InputError, match="intrinsics are impossible"):
        Camera(*values)
