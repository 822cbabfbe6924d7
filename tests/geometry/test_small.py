"""Compiled rotations and equations of a handful of numbers, against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ar_effects.geometry.rotations import rotation_from_vector
from ar_effects.geometry.small import nearest_rotation, solve, turn_between, write_product, write_rotation

vectors = st.tuples(*[st.floats(-3.0, 3.0)] * 3).map(np.array)
directions = vectors.filter(lambda v: np.linalg.norm(v) > 1e-3).map(lambda v: v / np.linalg.norm(v))
matrices = arrays(np.float64, (3, 3), elements=st.integers(-9, 9).map(float))
"""Whole numbers: many of them are singular, reflect, or have equal singular values."""


def rotated(vector) -> np.ndarray:
    rotation = np.full((3, 3), np.nan)
    write_rotation(*(float(v) for v in vector), rotation)
    return rotation


def check_proper(rotation: np.ndarray) -> None:
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) > 0.0


# --- rotations --------------------------------------------------------------------------------------------


@given(vectors)
@example(np.zeros(3))
@example(np.array([1e-9, -1e-9, 1e-9]))
@example(np.array([0.0, 1e-300, 0.0]))
@example(np.array([3e-4, 0.0, -4e-4]))
@example(np.array([0.0, 0.0, np.pi]))
def test_a_vector_becomes_its_rotation(vector):
    np.testing.assert_allclose(rotated(vector), rotation_from_vector(vector), atol=1e-14)


@given(matrices, matrices)
def test_products(left, right):
    product = np.full((3, 3), np.nan)
    write_product(left, right, product)
    np.testing.assert_array_equal(product, left @ right)


@given(vectors, directions, st.floats(0.0, np.pi - 1e-6))
@example(np.zeros(3), np.array([0.0, 1.0, 0.0]), 0.0)
@example(np.zeros(3), np.array([0.0, 1.0, 0.0]), 1e-12)
@example(np.zeros(3), np.array([0.0, 1.0, 0.0]), 2e-9)
@example(np.ones(3), np.array([0.6, 0.0, -0.8]), np.pi - 1e-6)
def test_the_turn_between_two_rotations_is_found(old, axis, angle):
    old = rotation_from_vector(old)
    turn = turn_between(rotation_from_vector(angle * axis) @ old, old)
    np.testing.assert_allclose(turn, angle * axis, atol=1e-8)


@given(vectors, directions, st.floats(-12.0, -5.0), st.sampled_from([-1.0, 0.0, 1.0]))
@example(np.zeros(3), np.array([0.0, 0.0, 1.0]), -9.0, 1.0)
@example(np.zeros(3), np.array([-0.6, 0.8, 0.0]), -9.0, 0.0)
def test_half_a_turn_about_either_end_of_its_axis(old, axis, exponent, side):
    """There the axis changes its sign at once; turning by what was found must lead back all the same."""
    old = rotation_from_vector(old)
    new = rotation_from_vector((np.pi + side * 10.0**exponent) * axis) @ old
    turn = turn_between(new, old)
    assert np.linalg.norm(turn) == pytest.approx(np.pi, abs=2e-5)
    np.testing.assert_allclose(rotated(turn) @ old, new, atol=1e-6)


@given(directions, st.floats(-9.0, -1.0))
def test_small_turns_keep_their_digits(axis, exponent):
    turn = turn_between(rotation_from_vector(10.0**exponent * axis), np.eye(3))
    np.testing.assert_allclose(turn, 10.0**exponent * axis, atol=1e-15)


# --- the nearest rotation ---------------------------------------------------------------------------------


def by_svd(covariance: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The rotation, the sum it reaches, and how far the next best turn is from that: 0 if there are many."""
    u, (a, b, c), vt = np.linalg.svd(covariance)
    sign = 1.0 if np.linalg.det(u) * np.linalg.det(vt) > 0.0 else -1.0
    return u @ np.diag([1.0, 1.0, sign]) @ vt, a + b + sign * c, b + sign * c


def check_nearest(covariance: np.ndarray, scale: float) -> None:
    rotation = np.full((3, 3), np.nan)
    reached = nearest_rotation(covariance, rotation)
    check_proper(rotation)
    best, most, margin = by_svd(covariance)
    assert reached == pytest.approx(most, abs=1e-11 * scale)
    assert (rotation * covariance).sum() == pytest.approx(most, abs=1e-11 * scale)
    if margin > 1e-3 * scale:
        np.testing.assert_allclose(rotation, best, atol=1e-9)


@given(matrices, st.integers(-60, 60))
@example(np.zeros((3, 3)), 0)
@example(np.eye(3), 0)
@example(-np.eye(3), 0)
@example(np.diag([1.0, 1.0, -1.0]), 0)
@example(np.diag([-1.0, -1.0, 1.0]), 0)
@example(np.ones((3, 3)), 0)
def test_the_nearest_rotation_is_that_of_the_singular_values(matrix, exponent):
    """Of any matrix: singular, reflecting, of any size. It may be one of many, never a reflection."""
    scale = 10.0**exponent
    check_nearest(matrix * scale, 10.0 * scale)


@given(vectors, st.integers(0, 2**32 - 1), st.sampled_from(["solid", "flat", "mirrored", "noisy"]))
def test_a_turned_cloud_of_points_is_turned_back(vector, seed, kind):
    rng, turn = np.random.default_rng(seed), rotation_from_vector(vector)
    source = rng.normal(0.0, [90.0, 60.0, 30.0], (40, 3))
    if kind == "flat":
        source[:, 2] = 0.0
    target = source @ turn.T
    if kind == "mirrored":
        target *= [1.0, 1.0, -1.0]
    if kind == "noisy":
        target += rng.normal(0.0, 20.0, target.shape)
    source, target = source - source.mean(axis=0), target - target.mean(axis=0)
    covariance = target.T @ source / len(source)
    check_nearest(covariance, float(np.abs(covariance).max()))
    if kind in ("solid", "flat"):
        rotation = np.empty((3, 3))
        scale = nearest_rotation(covariance, rotation) / (source * source).sum(axis=1).mean()
        assert scale == pytest.approx(1.0)
        np.testing.assert_allclose(rotation, turn, atol=1e-9)


@given(vectors, st.floats(-14.0, 0.0))
def test_nearly_a_rotation_is_no_trouble(vector, exponent):
    """All turns of one singular value nearly alike: Jacobi's rotations have next to nothing to go by."""
    rng = np.random.default_rng(1)
    check_nearest(rotation_from_vector(vector) + 10.0**exponent * rng.normal(size=(3, 3)), 5.0)


# --- equations --------------------------------------------------------------------------------------------


@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.integers(-30, 30))
def test_equations_are_solved(n, seed, exponent):
    rng = np.random.default_rng(seed)
    left = rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.7)  # zeros ask for pivots
    assume(np.linalg.cond(left) < 1e6)
    left *= 10.0**exponent
    right = rng.normal(size=n)
    equations = np.column_stack([left, right])
    assert solve(equations)
    expected = np.linalg.solve(left, right)
    np.testing.assert_allclose(equations[:, n], expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize(
    "left",
    [
        [[0.0]],
        [[1.0, 2.0], [2.0, 4.0]],
        [[0.0, 1.0], [0.0, 1.0]],
        [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[np.nan]],
        [[1.0, 0.0], [0.0, np.nan]],
    ],
)
def test_equations_that_determine_nothing_are_told(left):
    left = np.array(left)
    assert not solve(np.column_stack([left, np.ones(len(left))]))
