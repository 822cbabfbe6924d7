"""From a file of posts to a head's file: ``train head`` and what it is made of."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from ar_effects.cli.commands import app
from ar_effects.errors import TrainingError
from ar_effects.hashtags.head import read_head
from ar_effects.hashtags.posts import Post, write_posts
from ar_effects.training.heads import HeadSettings
from ar_effects.training.posted_heads import head_from_posts
from ar_effects.training.preparing import VocabularyOptions

THINGS = ("dog", "piano", "boat", "pizza")
SETTINGS = HeadSettings(iterations=20, folds=2, power=1.0, unit=False)
EACH = 14


@pytest.fixture
def posted(tmp_path):
    """A file of posts, each of one thing; every fourth is tagged #love as well; and what is true."""
    random = np.random.default_rng(0)
    posts = [
        Post(f"{thing}{i}.jpg", f"m{i}", (thing, *(("love",) if random.random() < 0.25 else ())))
        for thing in THINGS
        for i in range(EACH)
    ]
    write_posts(tmp_path / "posts.jsonl", posts)
    lines = [json.dumps({"file": p.file, "true_tags": [p.tags[0]]}) for p in posts]
    (tmp_path / "truth.jsonl").write_text("\n".join(lines))
    return tmp_path / "posts.jsonl"


def look(file, number, view):
    """An embedding around that of the thing in the file's name."""
    at = next(i for i, thing in enumerate(THINGS) if file.name.startswith(thing))
    return (np.eye(8)[at] * 4 + np.random.default_rng([number, view]).normal(size=8)).astype(np.float32)


def test_a_head_is_learnt_from_a_file_of_posts(posted):
    found = head_from_posts(
        posted,
        SETTINGS,
        truth_file=posted.with_name("truth.jsonl"),
        options=VocabularyOptions(minimum=3),
        views=2,
        embed=look,
        notes={"from": "a test"},
    )
    assert set(found.head.tags) == set(THINGS), "#love says nothing"
    assert found.pictures == len(THINGS) * EACH
    assert found.head.notes["from"] == "a test"
    assert found.head.notes["pictures"] == found.pictures
    scores = found.head.scores(np.eye(8, dtype=np.float32)[:4] * 4)
    assert [found.head.tags[i] for i in scores.argmax(axis=1)] == list(THINGS)


def test_pictures_that_cannot_be_read_are_left_out(posted):
    found = head_from_posts(
        posted,
        SETTINGS,
        options=VocabularyOptions(minimum=3),
        views=2,
        embed=lambda file, number, view: None if file.name == "dog3.jpg" else look(file, number, view),
    )
    assert [file.name for file in found.left_out] == ["dog3.jpg"]
    assert found.pictures == len(THINGS) * EACH - 1


def test_no_picture_is_said(posted):
    with pytest.raises(TrainingError) as caught:
        head_from_posts(posted, SETTINGS, embed=lambda *_: None, options=VocabularyOptions(minimum=3))
    assert caught.value.identifier == "train.nothing-to-learn"


@pytest.mark.parametrize("text", ["{", '{"file": "dog1.jpg"}', "[]", '{"file": "a", "true_tags": 5}'])
def test_a_broken_truth_is_said(posted, text):
    truth = posted.with_name("broken.jsonl")
    truth.write_text(text)
    with pytest.raises(TrainingError) as caught:
        head_from_posts(
            posted, SETTINGS, truth_file=truth, embed=look, views=1, options=VocabularyOptions(minimum=3)
        )
    assert caught.value.identifier == "train.truth-unreadable"


def test_the_command_writes_a_head_that_the_tagger_reads(posted, tmp_path):
    """With the real backbone on coloured squares: colours are easy to tell apart."""
    random = np.random.default_rng(1)
    colours = dict(zip(THINGS, ((0, 0, 200), (0, 200, 0), (200, 0, 0), (0, 200, 200)), strict=True))
    for thing, colour in colours.items():
        for i in range(EACH):
            picture = np.clip(np.array(colour) + random.normal(0, 12, (48, 48, 3)), 0, 255)
            cv2.imwrite(str(tmp_path / f"{thing}{i}.jpg"), picture.astype(np.uint8))
    output = tmp_path / "head.npz"
    command = ["train", "head", str(posted), "-o", str(output), "--minimum", "3", "--views", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "4 tags" in result.output
    assert set(read_head(output).tags) == set(THINGS)


def test_the_command_does_not_write_over_its_posts(posted):
    result = CliRunner().invoke(app, ["train", "head", str(posted), "-o", str(posted)])
    assert result.exit_code != 0
    assert posted.read_text().startswith("{")


def test_settings_are_kept_apart(posted):
    """More looks are another head."""
    heads = [
        head_from_posts(
            posted, replace(SETTINGS, folds=2), options=VocabularyOptions(minimum=3), views=looks, embed=look
        ).head
        for looks in (1, 3)
    ]
    assert not np.allclose(heads[0].weight, heads[1].weight)
