"""Scores that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.training.calibration import (
    fit_isotonic,
    fit_platt,
    fit_temperature,
    threshold_for_precision,
)
from ar_effects.training.metrics import calibration_error


def drawn(temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure by a factor, and the truth drawn from what they should have been."""
    generator = np.random.default_rng(2)
    honest = generator.normal(size=(6000, 5)) * 1.5
    likely = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    tags = [generator.choice(5, p=row) for row in likely]
    return honest * temperature, np.eye(5)[tags]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_is_found_again(temperature):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.06)


def test_no_pictures_leave_the_temperature_as_it_is():
    assert fit_temperature(np.zeros((0, 3)), np.zeros((0, 3))) == 1
    assert fit_temperature(np.zeros((2, 3)), np.zeros((2, 3))) == 1


def boastful() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    logits = generator.normal(size=(4000, 3)) * 2
    true = 1 / (1 + np.exp(-(0.7 * logits - np.array([0.0, 1.0, 2.0]))))
    return logits, generator.random(logits.shape) < true


def test_platt_finds_slope_and_offset_of_each_tag():
    curves = fit_platt(*boastful())
    np.testing.assert_allclose(curves.slope, 0.7, atol=0.07)
    np.testing.assert_allclose(curves.offset, [0, -1, -2], atol=0.15)


@pytest.mark.parametrize("fit", [fit_platt, fit_isotonic])
def test_a_curve_for_each_tag_mends_the_calibration(fit):
    logits, truth = boastful()
    before = 1 / (1 + np.exp(-logits[2000:]))
    after = fit(logits[:2000], truth[:2000])(logits[2000:])
    for tag in (1, 2):
        assert calibration_error(after[:, tag], truth[2000:, tag]) < 0.03
        assert calibration_error(before[:, tag], truth[2000:, tag]) > 0.1


def test_a_tag_without_examples_gets_a_small_probability_and_one_that_is_upside_down_is_flat():
    curves = fit_platt([[1.0, 3.0], [2.0, -3.0], [3.0, -2.0]], [[0, 0], [0, 1], [0, 1]])
    assert curves([[5.0, 0.0]])[0, 0] == pytest.approx(0.2)
    assert curves.slope.tolist() == [0, 0]


def test_isotonic_pools_what_goes_down():
    curve = fit_isotonic(np.array([[1.0], [2], [3], [4]]), np.array([[0], [1], [0], [1]]))
    np.testing.assert_allclose(
        curve(np.array([[0.0], [1], [2], [2.5], [3], [4], [9]]))[:, 0], [0, 0, 0.5, 0.5, 0.5, 1, 1]
    )


def test_isotonic_never_falls_and_is_the_nearest_such_curve():
    generator = np.random.default_rng(5)
    scores = np.sort(np.round(generator.random(60), 1))
    truth = generator.random(60) < scores
    found = fit_isotonic(scores[:, None], truth[:, None])(scores[:, None])[:, 0]
    assert (np.diff(found) >= 0).all()
    best = np.sum((found - truth) ** 2)
    for _ in range(300):
        other = np.sort(np.clip(found + generator.normal(size=60) * 0.05, 0, 1))
        _, places = np.unique(scores, return_inverse=True)
        other = (np.bincount(places, other) / np.bincount(places))[places]
        assert np.sum((other - truth) ** 2) >= best - 1e-12


def test_the_threshold_is_the_lowest_that_is_right_often_enough():
    scores, truth = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([1, 1, 0, 1, 0])
    assert threshold_for_precision(scores, truth, 1.0) == 0.8
    assert threshold_for_precision(scores, truth, 0.75) == 0.6
    assert threshold_for_precision(scores, truth, 0.5) == 0.5
    assert threshold_for_precision(scores, ~truth.astype(bool), 0.9) == np.inf
    assert threshold_for_precision([], [], 0.9) == np.inf


def test_equal_scores_stand_on_one_side_of_a_threshold():
    assert threshold_for_precision([0.9, 0.5, 0.5], [1, 1, 0], 0.8) == 0.9


def test_few_examples_do_not_do_where_it_has_to_be_sure():
    assert threshold_for_precision([0.9, 0.8], [1, 1], 0.9, confidence_z=1.0) == np.inf
    many = np.linspace(1, 0.5, 100)
    assert threshold_for_precision(many, np.ones(100), 0.9, confidence_z=1.0) == 0.5
    assert threshold_for_precision([0.9, 0.8], [1, 1], 0.9, least=3) == np.inf
