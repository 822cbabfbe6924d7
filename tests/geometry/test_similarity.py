import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.geometry.rotations import rotation_from_vector
from ar_effects.geometry.similarity import fit_similarity

seeds = st.integers(0, 2**32 - 1)


def cloud(seed: int, dimensions: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(12, dimensions))


@given(seeds, st.floats(0.05, 50.0), st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-9, 9)] * 3))
def test_a_similarity_is_recovered(seed, scale, vector, translation):
    source, rotation = cloud(seed), rotation_from_vector(vector)
    fit = fit_similarity(source, scale * source @ rotation.T + translation)
    assert fit.scale == pytest.approx(scale)
    np.testing.assert_allclose(fit.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(fit.translation, translation, atol=1e-8)
    np.testing.assert_allclose(fit.apply(source), scale * source @ rotation.T + translation, atol=1e-8)


@given(seeds, st.sampled_from([2, 3]), st.integers(0, 2))
def test_a_reflection_is_never_the_answer(seed, dimensions, axis):
    source = cloud(seed, dimensions)
    flip = np.ones(dimensions)
    flip[axis % dimensions] = -1.0
    fit = fit_similarity(source, source * flip)
    assert np.linalg.det(fit.rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(fit.rotation @ fit.rotation.T, np.eye(dimensions), atol=1e-9)


@given(seeds, st.booleans())
def test_no_neighbouring_similarity_is_nearer(seed, mirrored):
    """The fit is a minimum of what it says it minimises, weights included, and among proper ones only."""
    rng = np.random.default_rng(seed)
    source, target, weights = cloud(seed), rng.normal(size=(12, 3)), rng.uniform(0.1, 5.0, 12)
    if mirrored:
        target = 0.1 * target + source * [1.0, -1.0, 1.0]
    fit = fit_similarity(source, target, weights)

    def cost(scale, rotation, translation):
        off = scale * source @ rotation.T + translation - target
        return weights @ (off * off).sum(axis=1)

    best = cost(fit.scale, fit.rotation, fit.translation)
    for _ in range(10):
        nearby = rotation_from_vector(rng.normal(size=3) * 1e-3) @ fit.rotation
        moved = fit.translation + rng.normal(size=3) * 1e-3
        assert cost(fit.scale + rng.normal() * 1e-3, nearby, moved) >= best - 1e-12


def test_a_point_of_no_weight_has_no_say():
    source, weights = cloud(1), np.ones(12)
    target = source * 2.0
    target[3] += 100.0
    weights[3] = 0.0
    assert fit_similarity(source, target, weights).scale == pytest.approx(2.0)
    assert fit_similarity(source, target).scale != pytest.approx(2.0)


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_sizes_do_not_matter(size):
    source, rotation = size * cloud(3), rotation_from_vector([0.3, -0.2, 0.1])
    assert fit_similarity(source, 2.0 * source @ rotation.T).scale == pytest.approx(2.0)


def test_points_in_one_place_give_finite_numbers():
    fit = fit_similarity(np.zeros((5, 3)), np.ones((5, 3)))
    assert np.isfinite([fit.scale, *fit.rotation.ravel(), *fit.translation]).all()
