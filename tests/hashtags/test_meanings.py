"""The shipped table of WordNet's nouns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ar_effects.errors import AssetError
from ar_effects.hashtags.wordnet import TABLE, WordNet, wordnet

DOG, CAT, ANIMAL, PERSON = 2084071, 2121620, 15388, 7846
"""Offsets of WordNet 3.0."""


def test_words_and_their_meanings():
    net = wordnet()
    assert net.by_offset(DOG) in net.synsets("dog")
    assert net.synsets("brownbear") == net.synsets("ursusarctos")
    assert net.lemmas(net.synsets("brownbear")[0]) == ("brown bear", "bruin", "Ursus arctos")
    assert net.synsets("likeforlike") == ()
    assert len(net.uses("dog")) == len(net.synsets("dog"))
    assert net.uses("dog")[0] == max(net.uses("dog")) > 0


def test_words_that_are_no_nouns():
    net = wordnet()
    assert net.is_word("beautiful")
    assert net.synsets("beautiful") == ()
    assert net.other_uses("beautiful")
    assert net.other_uses("pizza") is None
    assert net.usual_spelling("colourful") == "colorful"
    assert net.usual_spelling("beautiful") == "beautiful"
    assert net.irregular_singular("children") == "child"
    assert net.irregular_singular("dogs") is None


def test_what_is_a_kind_of_what():
    net = wordnet()
    dog, animal = net.by_offset(DOG), net.by_offset(ANIMAL)
    dalmatian = net.synsets("dalmatian")[1]
    assert net.is_a(dalmatian, dog)
    assert net.is_a(dog, animal)
    assert net.is_a(dog, dog)
    assert not net.is_a(animal, dog)
    assert not net.is_a(net.by_offset(CAT), dog)
    ancestors = net.ancestors(dalmatian)
    assert ancestors.index(dog) < ancestors.index(animal)
    assert len(set(ancestors)) == len(ancestors)
    for path in net.paths(dalmatian):
        assert path[0] == dalmatian
        assert net.hypernyms(path[-1]) == ()
        assert all(up in net.hypernyms(at) for at, up in pairwise(path))
    assert len(net.paths(dalmatian)) >= 2, "a dog is a canine, and a domestic animal"


def test_below_whole():
    net = wordnet()
    assert net.below_whole(net.by_offset(DOG))
    assert not net.below_whole(net.whole)
    assert not net.below_whole(net.synsets("love")[0])
    parents = net.parents_below_whole(net.by_offset(DOG))
    assert net.by_offset(ANIMAL) in parents
    assert net.whole not in parents


def test_the_classes_of_networks_are_in_their_order():
    """0 tench, 151 chihuahua, 207 golden retriever, 963 pizza, 999 toilet tissue: sorted by offset."""
    net = wordnet()
    assert len(net.classes) == len(set(net.classes)) == 1000
    offsets = [net.offset(synset) for synset in net.classes]
    assert offsets == sorted(offsets)
    for index, word in {
        0: "tench",
        151: "chihuahua",
        207: "goldenretriever",
        251: "dalmatian",
        963: "pizza",
        999: "toilettissue",
    }.items():
        assert net.classes[index] in net.synsets(word), word


def test_every_hypernym_is_a_synset_and_nothing_goes_round_in_circles():
    net = wordnet()
    ups = np.concatenate([net.hypernyms(s) for s in range(len(net)) if net.hypernyms(s)])
    assert ups.min() >= 0
    assert ups.max() < len(net)
    roots = [s for s in range(len(net)) if not net.hypernyms(s)]
    assert [net.lemmas(s) for s in roots] == [("entity",)]


def test_an_unknown_offset():
    with pytest.raises(KeyError):
        wordnet().by_offset(1)
    with pytest.raises(KeyError):
        wordnet().by_offset(99_999_999)


def test_princeton_s_licence_lies_beside_it():
    text = TABLE.with_name("WORDNET-LICENSE").read_text(encoding="utf-8")
    assert "Copyright 2006 by Princeton University" in " ".join(text.split())
    assert 'PROVIDED "AS IS"' in text


@pytest.mark.parametrize("damage", ["missing", "cut off", "text", "another archive"])
def test_a_damaged_table_says_so(tmp_path, damage):
    path = tmp_path / "wordnet.npz"
    if damage == "cut off":
        path.write_bytes(TABLE.read_bytes()[:100_000])
    elif damage == "text":
        path.write_text("no archive")
    elif damage == "another archive":
        np.savez(path, offsets=np.zeros(3, np.uint32))
    with pytest.raises(AssetError) as caught:
        WordNet(path)
    assert caught.value.identifier == "hashtags.wordnet-unreadable"
    assert caught.value.facts["path"] == path
    assert caught.value.fix
