"""The claims' rules: intervals cover, pairs stay pairs, and a verdict is what the page says it is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.claims import report, statistics
from benchmarks.claims.frozen import NOISE, SAMPLINGS, World, clean_posts, posts_of, split, table_of
from benchmarks.claims.scratch import PLANS, SIZES
from benchmarks.claims.statistics import (
    FAILED,
    HELD,
    UNDECIDED,
    Effect,
    contrast,
    effect,
    slope_factors,
    straightness,
    together,
)
from benchmarks.photos import Photos, stratified_folds
from tools.posts.statistics import Statistics

SEEDS, PHOTOGRAPHS = 6, 400


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    monkeypatch.setattr(statistics, "DRAWS", 200)


def outcomes(share: float, seed: int) -> np.ndarray:
    """(seeds, photographs) right with this share, half of them not tested."""
    random = np.random.default_rng(seed)
    found = (random.random((SEEDS, PHOTOGRAPHS)) < share).astype(float)
    found[random.random(found.shape) < 0.5] = np.nan
    return found


def test_a_verdict_needs_all_of_the_interval():
    assert Effect(0.02, 0.01, 0.03).verdict() == HELD
    assert Effect(0.02, -0.001, 0.04).verdict() == UNDECIDED
    assert Effect(-0.02, -0.04, -0.001).verdict() == FAILED
    assert Effect(0.0, -0.004, 0.004).verdict(margin=0.005) == HELD
    assert Effect(-0.003, -0.004, -0.001).verdict(margin=0.005) == FAILED, "worse is worse, be it by little"


def test_one_failed_part_fails_the_claim():
    assert together([HELD, HELD]) == HELD
    assert together([HELD, UNDECIDED]) == UNDECIDED
    assert together([HELD, UNDECIDED, FAILED]) == FAILED


def test_untested_photographs_count_for_nothing():
    values = np.array([[1.0, np.nan, 0.0], [1.0, 1.0, np.nan]])
    assert effect(values, draws=50).mean == pytest.approx(0.75)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    covered = [
        found.low <= 0.3 <= found.high for found in (effect(outcomes(0.3, s), draws=200) for s in range(60))
    ]
    assert 0.85 <= np.mean(covered) <= 1.0


def test_pairs_are_surer_than_their_parts():
    """Two arms that are right on nearly the same photographs: their difference has a narrow interval."""
    one = outcomes(0.5, 0)
    other = one.copy()
    other[:, :8] = np.where(np.isnan(one[:, :8]), np.nan, 0.0)
    paired = effect(contrast({"one": one, "other": other}, {"one": 1.0, "other": -1.0}))
    alone = effect(one)
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_the_slope_is_that_of_the_line():
    sizes = (10, 20, 40, 80)
    arms = {f"n{n}": np.full((1, 3), 0.1 + 0.05 * i) for i, n in enumerate(sizes)}
    slope = contrast(arms, slope_factors(sizes, list(arms)))
    np.testing.assert_allclose(slope, 0.05)
    assert straightness(sizes, [0.1, 0.15, 0.2, 0.25]) == pytest.approx(1.0)
    assert straightness(sizes, [0.1, 0.1, 0.1, 0.4]) < report.STRAIGHT
    assert straightness(sizes, [0.2] * 4) == 0.0


def made(shares: dict[str, float]) -> dict[str, np.ndarray]:
    """Arms on the same photographs: an arm of a larger share is right where one of a smaller is."""
    random = np.random.default_rng(3)
    hard, tested = random.random((SEEDS, PHOTOGRAPHS)), random.random((SEEDS, PHOTOGRAPHS)) < 0.5
    return {name: np.where(tested, (hard < share).astype(float), np.nan) for name, share in shares.items()}


def world_of_claims(**changes: float) -> dict[str, dict[str, np.ndarray]]:
    """Outcomes by which every claim holds, but for what is changed."""
    a = dict(zip((f"noise {n:g}" for n in NOISE), (0.9, 0.88, 0.83, 0.6), strict=True))
    a |= {f"shuffled noise {n:g}": 0.01 for n in NOISE} | {"clean": 0.92}
    b = dict(zip(SAMPLINGS, (0.5, 0.6, 0.62), strict=True))
    b |= {f"shuffled {s}": 0.02 for s in SAMPLINGS} | {"clean": 0.7}
    c = {"softmax": 0.85, "sigmoid": 0.8, "shuffled softmax": 0.01, "shuffled sigmoid": 0.01, "clean": 0.9}
    d = {"narrow to narrow": 0.9, "wide to narrow": 0.85, "wide to wide": 0.8, "narrow to wide": 0.6}
    d |= {f"shuffled {name}": 0.5 for name in d} | {"clean": 0.95}
    ef = {
        f"{plan} {size}": 0.2 + rise * i
        for plan, rise in zip(PLANS, (0.01, 0.03, 0.05), strict=True)
        for i, size in enumerate(SIZES)
    }
    ef |= {f"shuffled middle {size}": 0.2 for size in (SIZES[0], SIZES[-1])} | {"clean": 0.5}
    groups = {"a": a, "b": b, "c": c, "d": d, "ef": ef}
    for name, share in changes.items():
        group, _, arm = name.partition("__")
        groups[group][arm.replace("_", " ")] = share
    return {group: made(arms) for group, arms in groups.items()}


def verdicts(**changes: float) -> dict[str, str]:
    return {claim: found["verdict"] for claim, found in report.judged(world_of_claims(**changes)).items()}


def test_where_all_is_as_the_papers_say_all_claims_hold():
    found = report.judged(world_of_claims())
    assert {claim: result["verdict"] for claim, result in found.items()} == dict.fromkeys("abcdef", HELD)
    assert all(all(result["controls"].values()) for result in found.values())
    assert "square-root" in report.SAYS["b"]
    assert report.show(found).count("held") == 6


def test_each_claim_can_fail():
    assert verdicts(**{"a__noise_0.1": 0.6})["a"] == FAILED, "10 % costs as much as 50 %"
    assert verdicts(b__uniform=0.3)["b"] == FAILED
    assert verdicts(c__sigmoid=0.95)["c"] == FAILED
    assert verdicts(d__narrow_to_wide=0.95)["d"] == FAILED
    flat = {f"ef__middle_{size}": 0.6 - 0.05 * i for i, size in enumerate(SIZES)}
    assert verdicts(**flat)["e"] == FAILED
    bent = {f"ef__middle_{size}": 0.1 for size in SIZES[:-1]} | {f"ef__middle_{SIZES[-1]}": 0.6}
    assert verdicts(**bent)["e"] == FAILED, "it grows, but not log-linearly"
    steep = {f"ef__small_{size}": 0.1 + 0.1 * i for i, size in enumerate(SIZES)}
    assert verdicts(**steep)["f"] == FAILED


def test_what_cannot_be_told_apart_is_undecided():
    assert verdicts(b__uniform=0.5)["b"] == UNDECIDED


def test_controls_tell_of_leaks():
    found = report.judged(world_of_claims(a__clean=0.5, a__shuffled_noise_0=0.4))
    assert not found["a"]["controls"]["shuffled: at chance (below 3 %)"]
    assert not found["a"]["controls"]["clean labels are not beaten"]


# --- what they look at ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("photos")
    for category in ("dalmatian", "pizza", "grand_piano", "Faces", "BACKGROUND_Google"):
        (folder / category).mkdir()
        for i in range(12):
            (folder / category / f"{i:02}.jpg").write_bytes(b"not looked at")
    photos = Photos.in_folder(folder)
    embeddings = np.random.default_rng(0).normal(size=(len(photos), 1280)).astype(np.float32)
    words = {"dalmatian": ["dog", "pet"], "pizza": ["food", "yum"], "piano": ["music"]}
    return World(photos, embeddings, Statistics.made(words, ["love", "cute", "happy"]))


def test_people_and_the_background_are_no_categories(world):
    assert world.photos.categories == ("dalmatian", "grand_piano", "pizza")
    assert len(world.photos) == 36
    assert len(world.classes) == 3


def test_no_photograph_is_learnt_from_and_tested(world):
    for seed in range(3):
        part = split(world, seed)
        assert not set(part.train) & set(part.test)
        assert len(part.train) == len(part.test) == 18
        np.testing.assert_allclose(part.x[part.train].mean(axis=0), 0.0, atol=1e-4)
    assert not np.array_equal(split(world, 0).train, split(world, 1).train)


def test_shuffled_posts_are_the_same_tags_of_other_photographs(world):
    part = split(world, 0)
    plain, shuffled = (posts_of(world, part.train, 0.1, 0, shuffled=s) for s in (False, True))
    assert [p.file for p in plain] == [p.file for p in shuffled]
    assert sorted(p.tags for p in plain) == sorted(p.tags for p in shuffled)
    assert [p.tags for p in plain] != [p.tags for p in shuffled]


def test_clean_posts_have_the_category_s_tag_alone(world):
    part = split(world, 0)
    names, truth = table_of(world, clean_posts(world, part.train))
    assert set(names) == set(world.classes)
    assert (truth.sum(axis=1) == 1).all()
    found = [world.classes.index(names[i]) for i in truth.argmax(axis=1)]
    np.testing.assert_array_equal(found, world.targets[part.train])


def test_a_category_s_tag_is_one_that_its_posts_have(world):
    part = split(world, 0)
    names, _ = table_of(world, posts_of(world, part.train, 0.0, 0))
    assert set(world.classes) <= set(names)


def test_folds_spread_each_category(world):
    folds = stratified_folds(world.photos.labels, 4, 0)
    for label in range(3):
        assert np.bincount(folds[world.photos.labels == label]).tolist() == [3, 3, 3, 3]


def test_the_page_and_the_picture_are_made_of_the_results(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    page = tmp_path / "claims.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "PICTURE", tmp_path / "claims.png")
    record = {
        "machine": {"cpu": "some", "date": "2026-01-01"},
        "figures": {
            "photographs": 36,
            "seeds": {"a": 10},
            "processor_minutes": {"a": 2.0},
            "claims": report.judged(world_of_claims()),
        },
    }
    report.write_pages(record)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert text.count("**held**") == 6
    assert "**no**" not in text
    assert (tmp_path / "claims.png").stat().st_size > 10_000
    report.write_pages(record)
    assert page.read_text(encoding="utf-8") == text, "written again it is the same"
