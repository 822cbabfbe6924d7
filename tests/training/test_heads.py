"""Heads on frozen embeddings: what they learn from tags, what they believe, and how sure they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.errors import TrainingError
from ar_effects.hashtags.head import prepared, read_head, write_head
from ar_effects.training.calibration import fit_temperature
from ar_effects.training.heads import (
    HeadSettings,
    believed,
    fit_both,
    fit_discriminant,
    fit_layer,
    fit_on_views,
    learnable_tags,
    out_of_fold,
    sampling_weights,
    train_head,
    varied,
)
from ar_effects.training.metrics import average_precision

TAGS, EACH, SIZE = 6, 30, 24
QUICK = HeadSettings(iterations=40, weight_decay=1e-3, power=1.0, unit=False)


def pictures(seed: int = 0, spread: float = 1.0, each: int = EACH) -> tuple[np.ndarray, np.ndarray]:
    """(N, SIZE) embeddings around a centre for each of TAGS things, and which it is."""
    centres = np.random.default_rng(7).normal(size=(TAGS, SIZE)) * 1.5
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(TAGS), each)
    return (centres[labels] + spread * random.normal(size=(len(labels), SIZE))).astype(np.float32), labels


def one_hot(labels: np.ndarray, count: int = TAGS) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[labels]


def right(layer, x: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(layer(x).argmax(axis=1) == labels))


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_a_layer_learns_what_it_is_shown(loss):
    x, labels = pictures()
    layer = fit_layer(x, one_hot(labels), replace(QUICK, loss=loss))
    other, truth = pictures(seed=1)
    assert right(layer, other, truth) > 0.9


def test_the_layer_is_where_the_gradient_ends():
    """At the least, the loss's own gradient by the weights is minus that of their squares."""
    x, labels = pictures(each=10)
    truth = one_hot(labels)
    layer = fit_layer(x, truth, replace(QUICK, iterations=500))
    logits = layer(x).astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    gradient = x.T @ (shares - truth) / len(x)
    np.testing.assert_allclose(gradient, -2 * QUICK.weight_decay * layer.weight, atol=2e-4)


def test_pictures_of_weight_0_teach_nothing():
    x, labels = pictures(each=10)
    wrong = np.concatenate([labels, np.roll(labels, 13)])
    weights = np.concatenate([np.ones(len(x)), np.zeros(len(x))]).astype(np.float32)
    doubled = np.concatenate([x, x])
    for fit in (
        lambda *a: fit_layer(*a[:2], QUICK, *a[2:]),
        lambda *a: fit_discriminant(*a[:2], 0.2, *a[2:]),
    ):
        with_them, without = fit(doubled, one_hot(wrong), weights), fit(x, one_hot(labels), None)
        np.testing.assert_allclose(with_them(x), without(x), atol=2e-2, rtol=1e-2)


def test_the_discriminant_is_fisher_s():
    """Two tags of one covariance: the direction is its inverse times the difference of the means."""
    random = np.random.default_rng(0)
    mix = random.normal(size=(4, 4)) + 2 * np.eye(4)
    labels = np.repeat([0, 1], 4000)
    x = random.normal(size=(8000, 4)) @ mix.T + np.outer(labels, [1.0, 2.0, 0.0, -1.0])
    layer = fit_discriminant(x.astype(np.float32), one_hot(labels, 2), 0.0)
    expected = np.linalg.solve(mix @ mix.T, [1.0, 2.0, 0.0, -1.0])
    np.testing.assert_allclose(layer.weight[:, 1] - layer.weight[:, 0], expected, atol=0.05)


def test_a_tag_that_no_picture_has_is_the_least_likely():
    x, labels = pictures(each=8)
    layer = fit_discriminant(x, one_hot(labels, TAGS + 1), 0.2)
    assert not (layer(x).argmax(axis=1) == TAGS).any()


def test_mixed_logits_are_of_one_spread():
    x, labels = pictures()
    layer = fit_both(x, one_hot(labels), replace(QUICK, discriminant=0.5))
    assert layer(x).std() == pytest.approx(1.0, abs=0.2)


def test_centring_is_folded_into_the_layer():
    x, labels = pictures()
    moved = 5.0 + 3.0 * x
    settings = replace(QUICK, iterations=200)
    plain, far = (fit_on_views(v[None], one_hot(labels), settings) for v in (x, moved))
    np.testing.assert_allclose(far(moved), plain(x), atol=0.05)


def test_other_looks_count_as_more_pictures():
    x, labels = pictures()
    noisy = x + np.random.default_rng(3).normal(size=x.shape).astype(np.float32)
    one = fit_on_views(x[None], one_hot(labels), QUICK)
    two = fit_on_views(np.stack([x, noisy]), one_hot(labels), QUICK)
    assert np.abs(one(x) - two(x)).max() > 0.01
    assert right(two, *pictures(seed=4)) > 0.9


def test_no_score_is_of_a_picture_that_was_learnt_from():
    """With as many dimensions as pictures a layer learns all by heart; out of fold it knows nothing."""
    random = np.random.default_rng(0)
    x = random.normal(size=(1, 60, 80)).astype(np.float32)
    labels = random.integers(3, size=60)
    settings = replace(QUICK, weight_decay=1e-6, discriminant=0.0, iterations=200)
    logits, layers = out_of_fold(x, one_hot(labels, 3), np.arange(60) % 4, settings)
    assert right(layers[0], x[0, np.arange(60) % 4 != 0], labels[np.arange(60) % 4 != 0]) == 1.0
    assert np.mean(logits.argmax(axis=1) == labels) < 0.6


def test_rare_tags_count_for_more():
    truth = one_hot(np.repeat([0, 1], [90, 10]), 2)
    natural, root, uniform = (sampling_weights(truth, s) for s in ("natural", "sqrt", "uniform"))
    assert natural[-1] == natural[0] == 1
    assert root[-1] / root[0] == pytest.approx(3.0)
    assert uniform[-1] / uniform[0] == pytest.approx(9.0)
    assert sampling_weights(np.zeros((2, 3), np.float32), "sqrt").tolist() == [0, 0]


def test_a_tag_that_says_nothing_is_not_learnable():
    x, labels = pictures()
    random = np.random.default_rng(5)
    idle = (random.random((len(x), 2)) < [0.5, 0.1]).astype(np.float32)
    found = learnable_tags(x[None], np.concatenate([one_hot(labels), idle], axis=1), QUICK)
    assert found[:TAGS].all()
    assert not found[TAGS:].any()


def test_wrong_tags_are_believed_less():
    x, labels = pictures()
    random = np.random.default_rng(6)
    wrong = random.random(len(x)) < 0.3
    tagged = np.where(wrong, (labels + 1 + random.integers(TAGS - 1, size=len(x))) % TAGS, labels)
    trust = believed(x[None], one_hot(tagged), replace(QUICK, rounds=2, trust=1.0))
    own = trust[np.arange(len(x)), tagged]
    assert own[wrong].mean() < 0.35 < 0.85 < own[~wrong].mean()
    assert ((trust > 0) <= (one_hot(tagged) > 0)).all()
    believing = right(fit_both(x, one_hot(tagged), QUICK), *pictures(seed=8))
    doubting = right(fit_both(x, trust, QUICK), *pictures(seed=8))
    assert doubting >= believing


def test_without_rounds_everything_is_believed():
    truth = one_hot(np.arange(6))
    assert believed(np.zeros((1, 6, SIZE), np.float32), truth, QUICK) is truth


def test_a_head_knows_what_it_was_taught_and_how_sure_it_is(tmp_path):
    x, labels = pictures(each=60)
    random = np.random.default_rng(2)
    posted = np.concatenate([one_hot(labels), (random.random((len(x), 1)) < 0.4)], axis=1).astype(np.float32)
    tags = [*(f"thing{i}" for i in range(TAGS)), "love"]
    truth = posted.copy()
    truth[:, -1] = 0
    settings = replace(QUICK, power=0.5, unit=True, folds=3)
    head = train_head(
        x[None], posted, tags, settings, backbone="made up", right=truth, notes={"from": "tests"}
    )
    assert head.tags == tuple(tags[:-1]), "what says nothing is not in it"
    other, own = pictures(seed=9)
    scores = head.scores(other)
    assert np.mean(scores.argmax(axis=1) == own) > 0.9
    shown = scores >= head.threshold
    assert (one_hot(own)[shown]).mean() >= settings.precision - 0.05, "sure tags are right that often"
    assert shown.any(axis=1).mean() > 0.5
    write_head(tmp_path / "head.npz", head)
    np.testing.assert_allclose(read_head(tmp_path / "head.npz").scores(other), scores, atol=1e-6)


def test_the_same_posts_make_the_same_file(tmp_path):
    x, labels = pictures(each=10)
    for name in ("a", "b"):
        head = train_head(
            x[None], one_hot(labels), [f"t{i}" for i in range(TAGS)], replace(QUICK, folds=2), backbone="b"
        )
        write_head(tmp_path / f"{name}.npz", head)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_posts_that_teach_nothing_are_said():
    x, labels = pictures(each=10)
    shuffled = np.random.default_rng(1).permutation(labels)
    with pytest.raises(TrainingError) as caught:
        train_head(x[None], one_hot(shuffled), [f"t{i}" for i in range(TAGS)], QUICK, backbone="b")
    assert caught.value.identifier == "train.head-no-tags"


def test_embeddings_that_are_no_numbers_are_said():
    x, labels = pictures(each=5)
    x[3, 2] = np.nan
    with pytest.raises(TrainingError) as caught:
        fit_layer(x, one_hot(labels), QUICK)
    assert caught.value.identifier == "train.head-not-finite"


def test_looks_are_the_same_for_the_same_numbers_and_differ_for_others():
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert varied(picture, 0, 5) is picture
    np.testing.assert_array_equal(varied(picture, 1, 5), picture[:, ::-1])
    looks = [varied(picture, view, number) for view, number in ((2, 5), (2, 5), (3, 5), (2, 6))]
    np.testing.assert_array_equal(looks[0], looks[1])
    assert len({look.tobytes() for look in looks}) == 3
    assert all(look.size >= 0.4 * picture.size and look.dtype == np.uint8 for look in looks)


def test_the_smallest_picture_has_looks():
    assert varied(np.zeros((1, 1, 3), np.uint8), 2, 0).shape == (1, 1, 3)


def test_temperature_of_mixed_logits_makes_them_sure():
    """Mixed logits have a spread of 1; divided by their temperature they say what they know."""
    x, labels = pictures(spread=0.3)
    layer = fit_on_views(prepared(x, 1.0, unit=False)[None], one_hot(labels), QUICK)
    assert fit_temperature(layer(x), one_hot(labels)) < 0.5
    assert average_precision(layer(x)[:, 0], one_hot(labels)[:, 0]) == pytest.approx(1.0)
