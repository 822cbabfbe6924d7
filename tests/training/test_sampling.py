"""How often pictures are shown."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.training.sampling import (
    SAMPLINGS,
    epoch_order,
    picture_repeat_factors,
    tag_frequencies,
    tag_repeat_factors,
)

TAGS = [[0]] * 80 + [[1]] * 16 + [[2, 0]] * 4


def test_frequencies_are_proportions_of_pictures():
    np.testing.assert_allclose(tag_frequencies(TAGS, 4), [0.84, 0.16, 0.04, 0.0])
    np.testing.assert_allclose(tag_frequencies([[1, 1], [0]], 2), [0.5, 0.5])


@pytest.mark.parametrize(
    ("sampling", "expected"), [("natural", [1, 1, 1]), ("sqrt", [1, 1, 2]), ("uniform", [1, 1, 4])]
)
def test_factors_are_those_of_the_paper(sampling, expected):
    np.testing.assert_allclose(tag_repeat_factors([0.5, 0.16, 0.04], sampling, 0.16), expected)


def test_without_a_threshold_every_tag_but_the_most_frequent_is_shown_more_often():
    np.testing.assert_allclose(tag_repeat_factors([0.64, 0.16, 0.01], "sqrt"), [1, 2, 8])


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_tags_of_no_picture_change_nothing(sampling):
    assert tag_repeat_factors([0.5, 0.0], sampling).tolist() == [1, 1]
    assert tag_repeat_factors([0.0, 0.0], sampling).tolist() == [1, 1]
    assert tag_repeat_factors([], sampling).tolist() == []


def test_a_picture_goes_by_its_rarest_tag():
    assert picture_repeat_factors([[0], [2, 0], []], np.array([1.0, 2.0, 8.0])).tolist() == [1, 8, 1]


def test_the_same_seed_and_epoch_are_the_same_order():
    factors = np.linspace(1, 3, 50)
    first = epoch_order(factors, seed=4, epoch=2)
    assert first.tolist() == epoch_order(factors, seed=4, epoch=2).tolist()
    assert first.tolist() != epoch_order(factors, seed=4, epoch=3).tolist()
    assert first.tolist() != epoch_order(factors, seed=5, epoch=2).tolist()
    assert epoch_order([1.0] * 6, seed=1, epoch=0).tolist() == [5, 0, 4, 2, 3, 1], "on every machine"


def test_a_whole_factor_is_kept_to_exactly():
    order = epoch_order([1.0, 3.0, 2.0], seed=0, epoch=0)
    assert np.bincount(order).tolist() == [1, 3, 2]


def test_a_part_of_a_factor_is_rounded_so_that_the_mean_is_right():
    factors = np.array([1.0, 1.25, 2.5, 1.25] * 3)
    times = [np.bincount(epoch_order(factors, seed=0, epoch=e), minlength=12) for e in range(1000)]
    np.testing.assert_allclose(np.mean(times, axis=0), factors, atol=0.06)
    assert (np.abs(np.array(times) - factors) < 1).all(), "never further than to the next number"


def test_an_epoch_of_a_given_length_has_that_length_whatever_the_sampling():
    frequencies = tag_frequencies(TAGS, 3)
    for sampling in SAMPLINGS:
        factors = picture_repeat_factors(TAGS, tag_repeat_factors(frequencies, sampling))
        for epoch in range(20):
            assert len(epoch_order(factors, seed=0, epoch=epoch, length=70)) == 70


def test_uniform_sampling_shows_each_tag_about_equally_often():
    tags = [[0]] * 80 + [[1]] * 16 + [[2]] * 4
    factors = picture_repeat_factors(tags, tag_repeat_factors(tag_frequencies(tags, 3), "uniform"))
    order = epoch_order(factors, seed=0, epoch=0)
    shown = np.bincount([tags[i][0] for i in order])
    assert shown.tolist() == [80, 80, 80]


def test_no_pictures_make_no_order():
    assert epoch_order([], seed=0, epoch=0).tolist() == []
