import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.geometry.rotations import (
    angles_deg_from_rotation,
    apply,
    rotation_angle_deg,
    rotation_from_angles_deg,
    rotation_from_vector,
    transform,
)

yaws = st.floats(-179.0, 179.0)
pitches = st.floats(-89.0, 89.0)
vectors = st.tuples(*[st.floats(-3.0, 3.0)] * 3).map(np.array)


@given(yaws, pitches, yaws)
def test_angles_make_a_round_trip(yaw, pitch, roll):
    rotation = rotation_from_angles_deg(yaw, pitch, roll)
    assert angles_deg_from_rotation(rotation) == pytest.approx((yaw, pitch, roll), abs=1e-9)


@given(vectors)
def test_rotation_of_a_vector_is_proper_and_keeps_its_axis(vector):
    rotation = rotation_from_vector(vector)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(rotation @ vector, vector, atol=1e-12)


@given(yaws, pitches, yaws)
def test_any_rotation_is_rebuilt_from_its_angles(yaw, pitch, roll):
    """Also where two angles turn about one axis, and angles differ though the rotation does not."""
    rotation = (
        rotation_from_angles_deg(yaw, np.sign(pitch) * 90.0, roll)
        if abs(pitch) > 80
        else (rotation_from_angles_deg(yaw, pitch, roll))
    )
    np.testing.assert_allclose(
        rotation_from_angles_deg(*angles_deg_from_rotation(rotation)), rotation, atol=1e-7
    )


@given(vectors, st.floats(0.0, np.pi))
def test_angle_between_rotations(axis, angle):
    length = np.linalg.norm(axis)
    if length < 1e-3:
        axis, length = np.array([0.0, 0.0, 1.0]), 1.0
    start = rotation_from_vector(axis[::-1])
    turned = start @ rotation_from_vector(axis / length * angle)
    assert rotation_angle_deg(start, turned) == pytest.approx(np.degrees(angle), abs=1e-9)


@pytest.mark.parametrize("degrees", [1e-7, 1e-5, 180.0 - 1e-6])
def test_angle_keeps_its_precision_at_both_ends(degrees):
    """The arc cosine of the trace would return 0 for the first and 180 for the last."""
    turned = rotation_from_vector(np.array([0.0, np.radians(degrees), 0.0]))
    measured = rotation_angle_deg(np.eye(3), turned)
    assert measured == pytest.approx(degrees, rel=1e-6)
    assert abs(measured - degrees) < 1e-8


def test_tiny_rotation_vectors_are_not_lost():
    rotation = rotation_from_vector([0.0, 0.0, 1e-12])
    assert rotation[1, 0] == pytest.approx(1e-12)
    assert rotation[0, 1] == pytest.approx(-1e-12)


@given(vectors, vectors, vectors)
def test_chains_of_transforms_read_right_to_left(vector, translation, point):
    a_from_b, b_from_c = transform(rotation_from_vector(vector), translation), transform(None, point)
    points = np.array([point, translation, [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(apply(a_from_b @ b_from_c, points), apply(a_from_b, apply(b_from_c, points)))
    back = np.linalg.inv(a_from_b)
    np.testing.assert_allclose(apply(back, apply(a_from_b, points)), points, atol=1e-12)
