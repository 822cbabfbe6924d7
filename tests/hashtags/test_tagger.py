"""The tagger: sure tags only, each with why; held back in scenes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.errors import ModelError
from ar_effects.hashtags.backbone import Features
from ar_effects.hashtags.everyday_head import EverydayHead, read_everyday, write_everyday
from ar_effects.hashtags.known import SeenFace
from ar_effects.hashtags.tagger import SCENE, Known, Tagger
from ar_effects.hashtags.wordnet import wordnet
from ar_effects.media.xmp import Capture

GREY = np.full((40, 40, 3), 128, np.uint8)


def head(scene: float, laptop: float = -1.0) -> EverydayHead:
    return EverydayHead(
        "efficientnet_lite0",
        ("laptop", SCENE),
        np.zeros((1280, 2), np.float32),
        np.array([laptop, scene], np.float32),
        np.zeros(2, np.float32),
    )


@pytest.fixture(scope="module")
def tagger():
    return Tagger(everyday=head(-1.0))


@pytest.fixture(scope="module")
def in_scenes():
    return Tagger(everyday=head(1.0, laptop=0.5))


def features(**classes: float) -> Features:
    """Logits by which these classes have these shares."""
    net = wordnet()
    shares = np.full(1000, (1.0 - sum(classes.values())) / 1000)
    for word, share in classes.items():
        synset = next(s for s in net.synsets(word) if s in net.classes)
        shares[net.classes.index(synset)] += share
    return Features(np.ones((1, 1280), np.float32), np.log(shares)[None].astype(np.float32))


def names(tagger, found, known=None):
    return [tag.tag for tag in tagger.tag_features(found, [GREY], known).tags]


def test_unsure_breeds_are_a_sure_dog(tagger):
    found = tagger.tag_features(features(dalmatian=0.3, beagle=0.3, pug=0.3), [GREY])
    (dog,) = [tag for tag in found.tags if tag.tag == "dog"]
    assert dog.score == pytest.approx(0.9, abs=0.02)
    assert "animal" in dog.parents
    assert "dog" in str(dog.why)
    assert not {"dalmatian", "beagle", "animal"} & {tag.tag for tag in found.tags}


def test_things_are_held_back_in_scenes(tagger, in_scenes):
    assert "microwave" in names(tagger, features(microwave=0.9))
    assert names(in_scenes, features(microwave=0.9)) == ["laptop"]
    assert "dog" in names(in_scenes, features(dalmatian=0.9))
    assert names(in_scenes, features(dalmatian=0.6)) == ["laptop"]


def test_what_is_known_comes_first_and_once(tagger):
    known = Known(
        faces=[SeenFace((0.3, 0.3, 0.6, 0.7))],
        capture=Capture((9, 9), "Dog", "dog", ("dog", "puppy", "cute")),
    )
    found = tagger.tag_features(features(dalmatian=0.9), [GREY], known)
    assert found.tags[0].tag == "dog"
    assert found.tags[0].score == 1.0
    assert [tag.tag for tag in found.tags].count("dog") == 1
    assert {"puppy", "cute", "person", "portrait"} <= {tag.tag for tag in found.tags}
    assert found.people == 1
    assert [tag.score for tag in found.tags] == sorted((tag.score for tag in found.tags), reverse=True)
    assert tagger.tag_features(features(), [GREY]).people is None
    assert np.linalg.norm(found.embedding) == pytest.approx(1.0)


def test_a_head_is_silent_for_another_backbone():
    other = Tagger(everyday=replace(head(-1.0, laptop=1.0), backbone="another"))
    assert "laptop" not in names(other, features())


def test_the_shipped_head_reads_and_a_damaged_one_is_refused(tmp_path):
    shipped = read_everyday()
    assert SCENE in shipped.tags
    assert shipped.weight.shape == (1280, len(shipped.tags))
    write_everyday(tmp_path / "a.npz", shipped)
    again = read_everyday(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.weight, shipped.weight)
    data = (tmp_path / "a.npz").read_bytes()
    for broken in (b"", b"no file", data[: len(data) // 2]):
        (tmp_path / "b.npz").write_bytes(broken)
        with pytest.raises(ModelError):
            read_everyday(tmp_path / "b.npz")
    write_everyday(tmp_path / "c.npz", replace(shipped, bias=shipped.bias[:-1]))
    with pytest.raises(ModelError):
        read_everyday(tmp_path / "c.npz")
