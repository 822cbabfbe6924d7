"""The shipped list of what hashtags call by another word."""

from __future__ import annotations

import pytest

from ar_effects.errors import AssetError
from ar_effects.hashtags.aliases import aliases, read_aliases
from ar_effects.hashtags.canonical import Canonicaliser


@pytest.fixture(scope="module")
def plain() -> Canonicaliser:
    return Canonicaliser()


def test_every_word_of_the_list_becomes_its_tag(plain):
    wrong = {w: t for w, t in aliases().items() if plain.canonical(w).tag != plain.canonical(t).tag}
    assert not wrong


def test_every_tag_of_the_list_is_another(plain):
    tags = sorted(set(aliases().values()))
    names = [plain.canonical(tag).tag for tag in tags]
    assert len(set(names)) == len(tags), "a tag of two lines"
    assert all(plain.canonical(name).tag == name for name in names)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "dog\n",
        "dog = \n",
        "dog = doggy\ncat = doggy\n",  # one word for two
        "dog = doggy\ndoggy = pooch\n",  # a way of two steps
        "Dog = doggy\n",
        "dog = Doggy\n",
        "dog = doggy  perro\n",
        "photo = \ufffd\n",
    ],
)
def test_a_damaged_list_is_told(tmp_path, text):
    path = tmp_path / "aliases.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssetError) as caught:
        read_aliases(path)
    assert caught.value.identifier == "hashtags.aliases-unreadable"


def test_a_missing_list_and_bytes_that_are_no_text_are_told(tmp_path):
    with pytest.raises(AssetError):
        read_aliases(tmp_path / "none.txt")
    path = tmp_path / "aliases.txt"
    path.write_bytes(b"dog = \xff\n")
    with pytest.raises(AssetError):
        read_aliases(path)


@pytest.mark.parametrize(
    "same",
    [
        ["philly", "philadelphia"],
        ["vegas", "LasVegas", "las_vegas"],
        ["nyc", "NewYork", "new_york_city"],
        ["vsco", "vscocam", "VSCO"],
        ["iphoneography", "iphonephotography"],
        ["latergram", "latepost"],
        ["igcat", "instacat", "catstagram", "catsgram", "instacats"],
        ["dogsofig", "dogsofinsta", "dogsofinstagram", "dogs_of_instagram"],
        ["s4s", "shoutout4shoutout", "shoutoutforshoutout"],
        ["f4f", "follow4follow"],
        ["kidz", "kids", "kid", "children"],
        ["friendz", "friends"],
        ["chillin", "chilling"],
        ["swimmin", "swimming"],
        ["happyy", "happyyyy", "happy"],
        ["doggie", "doggy", "dogs"],
        ["grey", "gray"],
        ["travelling", "traveling"],
        ["jewellery", "jewelry"],
        ["theatre", "theater"],
        ["moustache", "mustache"],
        ["thebahamas", "bahamas"],
        ["bdaygirl", "birthdaygirl"],
        ["mensfashion", "menfashion"],
        ["atardecer", "sunset", "закат"],
        ["猫", "cat"],
        ["1d", "OneDirection"],
    ],
)
def test_the_same_in_the_language_of_hashtags(plain, same):
    assert len({plain.canonical(tag).tag for tag in same}) == 1, [plain.canonical(t).tag for t in same]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fit", "fitness"),
        ("health", "healthy"),
        ("fashion", "fashionista"),
        ("nail", "nailart"),
        ("run", "runner"),
        ("vans", "van"),
        ("glasses", "glass"),
        ("dog", "doglover"),
        ("dog", "instadog"),
        ("dog", "dogsofinstagram"),
        ("voice", "thevoice"),
        ("directioner", "onedirection"),
        ("throwback", "throwbackthursday"),
        ("world", "universe"),
        ("beach", "beachhouse"),
        ("justin", "just"),
        ("jazz", "ja"),
        ("selfie", "selfiesunday"),
        ("vegas", "vegasbaby"),
        ("russia", "sovietunion"),
    ],
)
def test_what_is_another_tag_stays_one(plain, one, other):
    assert plain.canonical(one).tag != plain.canonical(other).tag


def test_a_name_within_a_longer_tag_is_not_said_twice(plain):
    assert plain.canonical("lasvegasbaby").tag == plain.canonical("vegasbaby").tag == "lasvegasbaby"
