"""tools/posts: semi-real posts whose truth is known, from statistics made here."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.posts import read_posts
from tools.posts import __main__ as command
from tools.posts.categories import category_words
from tools.posts.generator import MAX_TAGS, Rates, generate
from tools.posts.statistics import Statistics

CATEGORIES = ["dalmatian", "pizza", "grand_piano", "sunflower", "yin_yang"]
PHOTOS = [(f"{category}/{i}.jpg", category) for category in CATEGORIES for i in range(80)]
GENERAL = ["love", "instagood", "happy", "summer", "selfie", "cute", "fun", "photooftheday", "friend", "sky"]
STATISTICS = Statistics.made(
    {
        "dog": ["puppy", "pet", "dogsofinstagram", "walk"],
        "food": ["yummy", "dinner", "delicious"],
        "music": ["guitar", "band", "singer"],
        "flower": ["garden", "spring", "nature"],
        "sea": ["beach", "sand"],
    },
    GENERAL,
)
CANONICALISER = Canonicaliser(STATISTICS.counts)


def made(noise: float = 0.0, seed: int = 0, **options):
    return generate(PHOTOS, STATISTICS, noise=noise, seed=seed, canonicaliser=CANONICALISER, **options)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_at_noise_p_exactly_p_of_the_posts_carry_no_true_tag_but_a_wrong_one(noise):
    posts, truths = made(noise)
    assert [post.file for post in posts] == [truth.file for truth in truths] == [file for file, _ in PHOTOS]
    assert sum(truth.is_false for truth in truths) == round(noise * len(PHOTOS))
    tags_of_categories = {truth.tag for truth in truths}
    for post, truth in zip(posts, truths, strict=True):
        typed = {truth.meant.get(tag, tag) for tag in post.tags}
        true = typed & set(truth.true_tags)
        if truth.is_false:
            canonical = {CANONICALISER.canonical(tag) for tag in typed}
            assert not true
            assert not {c.tag for c in canonical} & set(truth.true_tags)
            assert truth.wrong in post.tags
            assert truth.wrong in tags_of_categories - {truth.tag}
        else:
            assert true
            assert truth.wrong == ""
            assert CANONICALISER.canonical(post.tags[0]).tag == truth.tag


def test_wrong_tags_are_drawn_by_how_often_they_are_used():
    photos = [(f"{i}.jpg", "pizza") for i in range(900)]
    photos += [(f"{i}.jpg", "sunflower") for i in range(300)] + [
        (f"{i}.jpg", "dalmatian") for i in range(900)
    ]
    _, truths = generate(photos, STATISTICS, noise=1.0, canonicaliser=CANONICALISER)
    wrong = Counter(truth.wrong for truth in truths if truth.category == "dalmatian")
    assert set(wrong) == {"pizza", "sunflower"}
    assert wrong["pizza"] / 900 == pytest.approx(0.75, abs=0.05)


def test_less_noise_is_part_of_more_and_changes_no_other_post():
    clean, little, more = (made(noise) for noise in (0.0, 0.1, 0.25))
    false_little = {t.file for t in little[1] if t.is_false}
    false_more = {t.file for t in more[1] if t.is_false}
    assert false_little < false_more
    for (posts, truths), others in ((little, clean), (more, clean)):
        for post, truth, other in zip(posts, truths, others[0], strict=True):
            assert truth.is_false or post == other


def test_the_same_seed_makes_the_same_posts_and_another_others():
    assert made(0.25, seed=3) == made(0.25, seed=3)
    assert made(0.25, seed=3)[0] != made(0.25, seed=4)[0]


def test_tags_a_post_follow_the_real_posts():
    posts, _ = made(makers=400)
    lengths = [len(post.tags) for post in posts]
    assert np.mean(lengths) == pytest.approx(STATISTICS.mean_length, rel=0.15)
    assert max(lengths) <= MAX_TAGS
    assert all(len(set(post.tags)) == len(post.tags) for post in posts)


def test_companions_are_those_of_the_nearest_real_tag():
    posts, truths = made()
    beside: dict[str, Counter[str]] = {}
    for post, truth in zip(posts, truths, strict=True):
        beside.setdefault(truth.category, Counter()).update(
            tag for tag in post.tags if truth.why[tag] == "beside"
        )
    dogs, pizzas = beside["dalmatian"], beside["pizza"]
    assert dogs["puppy"] + dogs["pet"] > 10
    assert dogs["yummy"] == dogs["dinner"] == 0
    assert pizzas["yummy"] + pizzas["dinner"] > 10
    assert beside["yin_yang"] == Counter(), "no real tag is near it"


def test_people_have_habits():
    posts, truths = made(rates=Rates(habit=0.9, off_topic=0.05, bait_makers=1.0, bait=1.0))
    makers = {post.maker for post in posts}
    assert 10 < len(makers) <= 50
    by_count = Counter(post.maker for post in posts).most_common()
    assert by_count[0][1] > 2 * by_count[-1][1]
    habits = [t.why[tag] for p, t in zip(posts, truths, strict=True) for tag in p.tags]
    assert habits.count("habit") > habits.count("off-topic")
    assert habits.count("bait") > len(posts) / 2
    clean = made(rates=Rates(bait_makers=0.0))[1]
    assert not any("bait" in truth.why.values() for truth in clean)


def test_slips_of_the_pen_are_known():
    posts, truths = made(rates=Rates(misspelt=0.5, own_misspelt=0.5))
    slips = [(slip, word) for truth in truths for slip, word in truth.meant.items()]
    assert len(slips) > 100
    assert all(slip != word and abs(len(slip) - len(word)) <= 1 for slip, word in slips)
    for post, truth in zip(posts, truths, strict=True):
        assert set(truth.meant) <= set(post.tags) == set(truth.why)


def test_times_and_likes_are_there():
    posts, _ = made()
    times = [post.time_s for post in posts]
    assert max(times) - min(times) > 200 * 86400
    assert all(post.likes >= 0 for post in posts)
    assert len({post.likes for post in posts}) > 10


@pytest.mark.parametrize(
    ("category", "tag", "parents", "anchor"),
    [
        ("dalmatian", "dalmatian", ("dog", "animal"), "dog"),
        ("crocodile_head", "crocodile", ("reptile", "animal"), ""),
        ("grand_piano", "grandpiano", ("piano", "musicalinstrument"), "music"),
        ("water_lilly", "waterlily", ("plant",), "nature"),
        ("pizza", "pizza", ("food",), "food"),
        ("sunflower", "sunflower", ("flower", "plant"), "flower"),
        ("hedgehog", "hedgehog", ("animal",), ""),
        ("wrench", "wrench", ("tool",), ""),
        ("yin_yang", "yinyang", (), ""),
    ],
)
def test_a_category_in_words(category, tag, parents, anchor):
    words = category_words(category, CANONICALISER, STATISTICS.counts)
    assert (words.tag, words.parents, words.anchor) == (tag, parents, anchor)
    assert CANONICALISER.canonical(words.own[0]).tag == tag


@pytest.mark.parametrize("options", [{"noise": -0.1}, {"noise": 1.1}, {"makers": 0}])
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(ValueError, match="noise"):
        generate(PHOTOS, STATISTICS, canonicaliser=CANONICALISER, **options)
    with pytest.raises(ValueError, match="two categories"):
        generate(PHOTOS[:5], STATISTICS, noise=0.5, canonicaliser=CANONICALISER)


def test_statistics_are_those_of_the_posts():
    statistics = Statistics.of_posts([("a", "b"), ("a", "b", "c"), ("a",), ()])
    assert statistics.counts == {"a": 3, "b": 2, "c": 1}
    assert statistics.lengths == [1, 1, 1]
    assert statistics.mean_length == 2.0
    assert statistics.together["a"] == {"b": 2, "c": 1}
    rng = np.random.default_rng(0)
    drawn = Counter(statistics.by_frequency.one(rng) for _ in range(3000))
    assert drawn["a"] / 3000 == pytest.approx(0.5, abs=0.03)
    with pytest.raises(ValueError, match="no posts"):
        Statistics.of_posts([()])


def test_the_command_writes_posts_and_their_truth(tmp_path, monkeypatch, capsys):
    photos, harrison = tmp_path / "photos", tmp_path / "harrison"
    for category in ("dalmatian", "pizza", "BACKGROUND_Google"):
        (photos / category).mkdir(parents=True)
        for i in range(4):
            (photos / category / f"{i}.jpg").write_bytes(b"")
    (photos / "pizza" / "notes.txt").write_bytes(b"")
    harrison.mkdir()
    (harrison / "tag_list.txt").write_text("dog puppy love \nfood yummy \nlove \n" * 40, encoding="utf-8")
    out = tmp_path / "posts.jsonl"
    arguments = ["posts", "--photos", str(photos), "--harrison", str(harrison), "--noise", "0.5"]
    monkeypatch.setattr("sys.argv", [*arguments, "--seed", "7", "-o", str(out)])
    command.main()
    posts, report = read_posts(out)
    assert len(posts) == report.posts == 8
    assert {post.file.split("/")[0] for post in posts} == {"dalmatian", "pizza"}
    lines = (tmp_path / "posts.truth.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(json.loads(line)["is_false"] for line in lines) == 4
    first = out.read_bytes()
    command.main()
    assert out.read_bytes() == first
    assert "semi-real" in capsys.readouterr().out
