import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.errors import InputError
from ar_effects.geometry.camera import Camera

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
    near, far = 10.0, 20000.0
    clip = np.column_stack([points, np.ones(len(points))]) @ camera.gl_projection(near, far).T
    ndc = clip[:, :3] / clip[:, 3:]
    window = (ndc[:, :2] + 1) / 2 * [camera.width, camera.height]  # of the framebuffer, row 0 first
    np.testing.assert_allclose(
        window - 0.5, camera.project(points), atol=1e-6
    )  # a pixel's centre is at + 0.5
    assert ((ndc[:, 2] > -1) & (ndc[:, 2] < 1)).all()


def test_depth_runs_from_near_to_far():
    camera = Camera.assumed(640, 480)
    for z, expected in ((-10.0, -1.0), (-20000.0, 1.0)):
        clip = camera.gl_projection(10.0, 20000.0) @ [0.0, 0.0, z, 1.0]
        assert clip[2] / clip[3] == pytest.approx(expected)


@given(cameras(), points, st.integers(1, 5))
def test_a_scaled_camera_sees_the_same_place_of_the_picture(camera, points, factor):
    scaled = camera.scaled_to(camera.width * factor, camera.height * factor)
    share = (camera.project(points) + 0.5) / [camera.width, camera.height]
    scaled_share = (scaled.project(points) + 0.5) / [scaled.width, scaled.height]
    np.testing.assert_allclose(scaled_share, share, rtol=1e-9, atol=1e-9)


@given(cameras())
def test_scaling_there_and_back_changes_nothing(camera):
    back = camera.scaled_to(123, 457).scaled_to(camera.width, camera.height)
    assert (back.fx, back.fy, back.cx, back.cy) == pytest.approx(
        (camera.fx, camera.fy, camera.cx, camera.cy), rel=1e-9, abs=1e-9
    )


def test_assumed_camera_spans_its_field_of_view_on_the_shorter_side():
    half = np.tan(np.radians(63.0) / 2)
    for width, height in ((640, 480), (480, 640)):
        camera = Camera.assumed(width, height)
        edge = np.array([[0.0, half, -1.0]]) if height < width else np.array([[half, 0.0, -1.0]])
        expected = [(width - 1) / 2, -0.5] if height < width else [width - 0.5, (height - 1) / 2]
        np.testing.assert_allclose(camera.project(edge)[0], expected)
    assert Camera.assumed(640, 480).fx == Camera.assumed(480, 640).fx


@pytest.mark.parametrize(
    "values", [(0, 1, 1, 1, 0, 0), (1, -1, 1, 1, 0, 0), (1, 1, 0.0, 1, 0, 0), (1, 1, 1, float("nan"), 0, 0)]
)
def test_impossible_intrinsics_are_refused(values):
    with pytest.raises(InputError, match="intrinsics are impossible"):
        Camera(*values)
