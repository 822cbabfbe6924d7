"""Plain tags: case, accents, emoji, joined words, plurals and slips of the pen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.hashtags.words import (
    MAX_TAG_LENGTH,
    normalise,
    one_edit_away,
    singulars,
    split_joined,
    without_repeats,
)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("#BrownBear", "brownbear"),
        ("brown_bear", "brownbear"),
        ("Café", "cafe"),
        ("cafe\u0301", "cafe"),
        ("Straße", "strasse"),
        ("Æbleskive", "aebleskive"),
        ("smørrebrød", "smorrebrod"),
        ("\uff24\uff2f\uff27", "dog"),
        ("rock'n'roll", "rocknroll"),
        ("100happydays", "100happydays"),
        ("日本", "日本"),
        ("がんばれ", "がんばれ"),  # not かんばれ: the marks are letters there
        ("สวัสดี", "สวัสดี"),
        ("Αθήνα", "αθηνα"),
        ("#", ""),
        ("  ", ""),
        ("!?", ""),
    ],
)
def test_a_tag_becomes_one_run_of_small_letters(typed, plain):
    assert normalise(typed) == plain


@pytest.mark.parametrize(
    ("emoji", "plain"),
    [
        ("\N{DOG FACE}", "dog"),
        ("\N{CAT FACE}", "cat"),
        ("\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}", "heart"),
        ("\N{BLACK SUN WITH RAYS}", "sun"),
        ("\N{SMILING FACE WITH SUNGLASSES}", "smiling"),
        ("\N{SLICE OF PIZZA}", "sliceofpizza"),
        ("\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}", "wavinghand"),
        ("\N{REGIONAL INDICATOR SYMBOL LETTER I}\N{REGIONAL INDICATOR SYMBOL LETTER T}", "flagit"),
        ("my\N{DOG FACE}", "mydog"),
    ],
)
def test_an_emoji_is_its_name(emoji, plain):
    assert normalise(emoji) == plain


def test_what_is_too_long_is_no_tag():
    assert normalise("a" * MAX_TAG_LENGTH) == "a" * MAX_TAG_LENGTH
    assert normalise("a" * (MAX_TAG_LENGTH + 1)) == ""
    assert normalise("\ufdfa" * MAX_TAG_LENGTH) == "", "one character that stands for eighteen"
    assert normalise("é" * 10_000) == ""


@given(st.text(max_size=60))
def test_a_plain_tag_stays_as_it_is(text):
    plain = normalise(text)
    assert normalise(plain) == plain
    assert all(c.isalnum() or not c.isascii() for c in plain)


def test_joined_words_are_split_by_the_tags_own_frequencies():
    tags = {"selfie": 300.0, "time": 200.0, "self": 1.0, "ie": 1.0}
    assert split_joined("selfietime", tags) == ("selfie", "time")
    books = {"self": 300.0, "ie": 100.0, "time": 2000.0, "selfie": 0.0}
    assert split_joined("selfietime", books) == ("self", "ie", "time"), "what books know"


def test_a_frequent_joined_tag_stays_whole():
    assert split_joined("sunset", {"sun": 100.0, "set": 100.0, "sunset": 900.0}) == ("sunset",)


@pytest.mark.parametrize("word", ["", "qqq", "timex", "x" * 10_000])
def test_what_cannot_be_split_stays_whole(word):
    assert split_joined(word, {"time": 3.0, "self": 2.0}) == (word,)


def test_nothing_is_split_where_no_tag_is_known():
    assert split_joined("selfietime", {}) == ("selfietime",)


@pytest.mark.parametrize(
    ("many", "one"),
    [("dogs", "dog"), ("cities", "city"), ("boxes", "box"), ("beaches", "beach"), ("wolves", "wolf")],
)
def test_plurals_by_rule(many, one):
    assert one in singulars(many)


@pytest.mark.parametrize("word", ["bus", "class", "iris", "is", "sea", "menu"])
def test_no_plural_is_left_alone(word):
    assert singulars(word) == []


def test_letters_held_down():
    assert without_repeats("loooove") == ["loove", "love"]
    assert without_repeats("sooooocoool") == ["soocool", "socol"]
    assert without_repeats("cool") == []


def test_neighbours_by_one_slip_the_most_used_first():
    known = {"happiness": 50.0, "happines": 1.0, "happy": 90.0}
    assert one_edit_away("hapiness", known) == ["happiness"]
    assert one_edit_away("happinses", known) == ["happiness", "happines"]
    assert one_edit_away("happiness", known) == ["happines"], "not the word itself"
