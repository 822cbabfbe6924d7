"""The head that ships: the file of its record, small, and of this backbone."""

from __future__ import annotations

import hashlib
import tomllib

import numpy as np
import pytest

from ar_effects.hashtags.backbone import DEFAULT
from ar_effects.hashtags.head import SHIPPED, read_head
from ar_effects.inference.manifest import read_manifest

RECORD = tomllib.loads(SHIPPED.with_suffix(".toml").read_text(encoding="utf-8"))["tagger_head"]


@pytest.fixture(scope="module")
def shipped():
    return read_head()


def test_it_is_the_file_of_its_record(shipped):
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == RECORD["sha256"]
    assert RECORD["outputs"]["scores"][1] == len(shipped.tags)
    assert RECORD["licence"] == "CC-BY-4.0"
    assert shipped.notes["pictures"] == RECORD["photographs"]


def test_it_is_of_the_shipped_backbone(shipped):
    assert shipped.backbone == DEFAULT
    assert shipped.weight.shape[0] == read_manifest()[DEFAULT].outputs["embedding"][1]


def test_it_is_small(shipped):
    assert SHIPPED.stat().st_size < 2e6


def test_it_knows_what_its_photographs_show_and_nobody_s_face(shipped):
    assert {"flamingo", "pizza", "dalmatian", "wheelchair"} <= set(shipped.tags)
    assert not {"face", "faces", "people", "person"} & {
        tag for tag, least in zip(shipped.tags, shipped.threshold, strict=True) if np.isfinite(least)
    }


def test_nothing_is_shown_that_is_not_sure(shipped):
    assert (shipped.threshold >= 0.5).all()
    figures = shipped.notes["out_of_fold"]["all"]
    assert figures["precision_of_shown"] >= 0.9
    assert 0 <= figures["sure_tags"] - np.isfinite(shipped.threshold).sum() <= 1, "people is held back"


def test_love_is_no_tag_of_a_picture(shipped):
    assert not {"love", "instagood", "likeforlike", "followme"} & set(shipped.tags)
