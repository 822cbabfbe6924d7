"""One tag for many ways of writing, and what it is a kind of."""

from __future__ import annotations

import pytest

from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.wordnet import wordnet

TAGS = {
    "dog": 1400.0,
    "love": 9000.0,
    "selfie": 900.0,
    "time": 120.0,
    "goodtimes": 200.0,
    "happiness": 300.0,
    "color": 300.0,
    "colour": 110.0,
    "instagram": 800.0,
    "puma": 100.0,
    "loveyou": 500.0,
    "eat": 90.0,
    "clean": 40.0,
    "ski": 90.0,
    "amazing": 600.0,
    "kangaroo": 3.0,
    "instadog": 120.0,
}


@pytest.fixture(scope="module")
def plain() -> Canonicaliser:
    return Canonicaliser()


@pytest.fixture(scope="module")
def tagged() -> Canonicaliser:
    return Canonicaliser(TAGS)


@pytest.mark.parametrize(
    "same",
    [
        ["#BrownBear", "brown_bear", "ursusarctos", "BROWN BEARS"],
        ["dog", "dogs", "DOG", "\N{DOG FACE}", "perro"],
        ["woman", "women"],
        ["color", "colour", "colors"],
        ["colorful", "colourful"],
        ["like4like", "likeforlike", "likesforlikes", "LFL"],
        ["love", "loooove", "amor"],
        ["sunset", "sunsets", "sundown"],
        ["italy", "italia"],
        ["skiing", "ski"],
    ],
)
def test_the_same_thing_has_one_tag(plain, same):
    assert len({plain.canonical(tag).tag for tag in same}) == 1, [plain.canonical(t).tag for t in same]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dog", "puppy"),
        ("sunset", "sunrise"),
        ("shop", "shopping"),
        ("paint", "painting"),
        ("train", "training"),
        ("build", "building"),
        ("hedgehog", "porcupine"),
        ("machine", "car"),
        ("miss", "girl"),
        ("man", "world"),
        ("bus", "bu"),
    ],
)
def test_other_things_have_other_tags(plain, one, other):
    assert plain.canonical(one).tag != plain.canonical(other).tag


def test_the_tag_people_use_most_names_the_thing():
    assert Canonicaliser({"sunset": 1.0, "sundown": 9.0}).canonical("sunset").tag == "sundown"
    assert Canonicaliser({"sunset": 9.0, "sundown": 1.0}).canonical("sundown").tag == "sunset"


@pytest.mark.parametrize(
    ("tag", "parents"),
    [
        ("dalmatian", ("dog", "animal")),
        ("goldenretriever", ("dog", "animal")),
        ("grandpiano", ("piano", "musicalinstrument")),
        ("strawberry", ("fruit", "food")),
        ("schooner", ("sailboat", "vehicle")),
        ("sunflower", ("flower", "plant")),
        ("love", ()),
    ],
)
def test_parents_go_by_words_that_people_use(plain, tag, parents):
    assert plain.canonical(tag).parents == parents


def test_a_joined_tag_has_the_parents_of_its_head(tagged):
    assert tagged.canonical("dogsofinstagram").parents[:2] == ("dog", "animal")
    assert tagged.canonical("mydog").parents == ("dog", "animal")
    assert tagged.canonical("mydog").parts == ("my", "dog")
    selfie = tagged.canonical("selfietime")
    assert (selfie.parts, selfie.parents, selfie.synset) == (("selfie", "time"), (), None)


@pytest.mark.parametrize(
    "same",
    [
        ["goodtimes", "goodtime"],
        ["iloveyou", "loveyou"],
        ["cleaneating", "eatclean"],
        ["instadog", "dogstagram", "dogsgram"],
        ["happiness", "happines", "hapiness"],
    ],
)
def test_the_same_by_the_tags_frequencies(tagged, same):
    assert len({tagged.canonical(tag).tag for tag in same}) == 1, [tagged.canonical(t).tag for t in same]


def test_a_rare_word_is_no_misspelling_of_a_rare_one(tagged):
    assert tagged.canonical("kangaroos").tag == "kangaroo"
    assert tagged.canonical("kangarox").tag == "kangarox"


def test_a_quality_keeps_its_name(tagged):
    assert tagged.canonical("amazing").tag == "amazing"


def test_what_is_no_tag_is_empty(plain):
    for text in ("", "#", "!!!", "x" * 10_000):
        entry = plain.canonical(text)
        assert (entry.tag, entry.synset, entry.parents) == ("", None, ())


def test_canonical_tags_stay_as_they_are(tagged, plain):
    for canonicaliser in (tagged, plain):
        for text in ["dog", "skiing", "brownbears", "goodtimes", "like4like", "instadog", "women", "hipster"]:
            tag = canonicaliser.canonical(text).tag
            assert canonicaliser.canonical(tag).tag == tag, text


def test_every_class_of_the_networks_has_a_tag(plain):
    net = wordnet()
    entries = [plain.synset_tag(synset) for synset in net.classes]
    assert all(entry.tag and entry.tag not in entry.parents for entry in entries)
    assert len({entry.tag for entry in entries}) >= 985, "few share a name: two cranes, two swimsuits"
    with_parents = sum(bool(entry.parents) for entry in entries)
    assert with_parents >= 700
    dog = plain.canonical("dog").synset
    for entry in entries:
        if entry.synset is not None and net.is_a(entry.synset, dog):
            assert "dog" in (entry.tag, *entry.parents)
            assert "animal" in entry.parents
