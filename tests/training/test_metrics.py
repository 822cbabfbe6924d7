"""Metrics, against counting by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ar_effects.training.metrics import (
    average_precision,
    calibration_error,
    evaluate,
    precision_at,
    tag_groups,
    top_1,
)


def test_head_torso_and_tail_are_by_what_tags_make_of_all_uses():
    assert tag_groups([5, 50, 30, 10, 5]).tolist() == [2, 0, 1, 2, 2]
    assert tag_groups([1, 1, 1, 1]).tolist() == [0, 0, 1, 1], "ties go by number"


def test_average_precision_by_hand():
    assert average_precision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]) == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(average_precision([0.9, 0.1], [0, 0]))


def test_the_order_of_equal_scores_does_not_matter():
    scores, truth = np.array([0.5, 0.5, 0.5, 0.1]), np.array([1, 0, 0, 1])
    for order in ([0, 1, 2, 3], [2, 1, 0, 3], [1, 3, 0, 2]):
        assert average_precision(scores[order], truth[order]) == pytest.approx(0.5 * (1 / 3) + 0.5 * 0.5)


def test_average_precision_agrees_with_the_definition_on_random_scores():
    generator = np.random.default_rng(0)
    for _ in range(50):
        scores = np.round(generator.random(40), 1)
        truth = generator.random(40) < 0.3
        if not truth.any():
            continue
        expected, before = 0.0, 0.0
        for limit in sorted(set(scores), reverse=True):
            shown = scores >= limit
            recall = truth[shown].sum() / truth.sum()
            expected += (recall - before) * truth[shown].mean()
            before = recall
        assert average_precision(scores, truth) == pytest.approx(expected)


def test_precision_of_the_best_ten():
    scores, truth = np.arange(20)[::-1], np.arange(20) % 2 == 0
    assert precision_at(scores, truth) == 0.5
    assert precision_at(scores, truth, 1) == 1.0
    assert precision_at([0.1, 0.2], [0, 1]) == 0.5, "of as many as there are"


def test_top_1_is_right_with_any_tag_of_the_picture():
    assert top_1(np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]), np.array([[1, 1, 0], [0, 1, 1]])).tolist() == [
        True,
        False,
    ]


def test_calibration_error_by_hand():
    assert calibration_error([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0]) == pytest.approx(0.15)
    assert calibration_error([1.0, 0.0], [1, 0]) == 0
    assert calibration_error([0.95] * 2 + [0.05] * 2, [1, 1, 0, 0]) == pytest.approx(0.05)
    assert np.isnan(calibration_error([], []))


def test_a_network_that_knows_how_sure_it_is_has_a_small_error_and_a_boastful_one_does_not():
    generator = np.random.default_rng(1)
    sure = generator.random(20_000)
    right = generator.random(20_000) < sure
    assert calibration_error(sure, right) < 0.015
    assert calibration_error(sure**0.25, right) > 0.2


def test_the_report_tells_of_each_group():
    frequencies = [60, 30, 10]
    truth = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 1], [0, 0, 0]])
    scores = np.array(
        [[0.9, 0.1, 0], [0.8, 0.2, 0], [0.3, 0.6, 0.1], [0.6, 0.4, 0], [0.5, 0, 0.5], [0, 0, 1]], float
    )
    report = evaluate(scores, truth, frequencies)
    assert report.all.pictures == 5, "the one without tags is left out"
    assert report.all.top_1 == pytest.approx(4 / 5)
    assert report.groups["head"].pictures == 2
    assert report.groups["torso"].top_1 == pytest.approx(0.5)
    assert report.groups["tail"].pictures == 1
    assert report.groups["tail"].mean_average_precision == pytest.approx(1.0)
    assert report.all.lowest_top_1 == pytest.approx(0.5)
    json.dumps(report.table(), allow_nan=False)


def test_nothing_to_measure_is_told_as_nothing():
    report = evaluate(np.zeros((0, 3)), np.zeros((0, 3)), [1, 1, 1])
    assert report.table()["all"]["top_1"] is None
    assert report.table()["calibration_error"] is None
