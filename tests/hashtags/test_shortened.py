"""Short names learnt from posts: what hardly stands without a longer tag that it is a part of."""

from __future__ import annotations

import pytest

from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.shortened import candidates, names_of_short

ALONE = [["sunny"]] * 200


def posts(short: str, longer: str, together: int = 95, apart: int = 5, only_longer: int = 60):
    """Posts where a short tag stands beside a longer one, and without."""
    return [
        *([[short, longer, "sunny"]] * together),
        *([[short, "sunny"]] * apart),
        *([[longer]] * only_longer),
        *ALONE,
    ]


@pytest.mark.parametrize(
    ("short", "longer"),
    [
        ("tebo", "tebomarsh"),  # first name
        ("quillan", "dorianquillan"),  # family name
        ("zanth", "zanthoria"),  # cut short
        ("vs", "velvetsparrow"),  # initials
        ("2s", "twosparrow"),  # with a number
    ],
)
def test_a_tag_that_hardly_stands_without_its_name_is_that_name(short, longer):
    canonicaliser = Canonicaliser.of_posts(posts(short, longer))
    assert canonicaliser.canonical(short).tag == canonicaliser.canonical(longer).tag
    assert Canonicaliser().canonical(short).tag != Canonicaliser().canonical(longer).tag, "nobody told"


@pytest.mark.parametrize(
    ("short", "longer", "counts"),
    [
        ("tebo", "tebomarsh", {"apart": 20}),  # often without
        ("tebo", "tebomarsh", {"together": 25, "apart": 0}),  # too rare to say
        ("tebo", "marshton", {}),  # no part of it
        ("terrier", "bostonterrier", {}),  # a word of its own, and wider
        ("happydog", "happydogworld", {}),  # several words of their own
        ("fit", "fitness", {}),
        ("selfie", "selfiezoria", {}),
        ("instago", "instagood", {}),  # they stand in the same lists
    ],
)
def test_what_may_stand_by_itself_is_no_short_name(short, longer, counts):
    canonicaliser = Canonicaliser.of_posts(posts(short, longer, **counts))
    assert canonicaliser.canonical(short).tag != canonicaliser.canonical(longer).tag


def test_a_longer_tag_is_the_name_only_if_it_is_as_frequent():
    frequencies = {"tebo": 100.0, "tebomarsh": 99.0, "tebomarshes": 100.0}
    found = candidates(frequencies, lambda tag: (tag,), lambda tag: False)
    assert found["tebo"] == {"tebomarshes"}


def test_the_tag_it_shares_most_with_is_the_name_to_the_end_of_the_way():
    own = [["te", "tebo", "tebomarsh"]] * 40 + [["te", "tebo", "teboxx"]] * 2 + [["tebomarsh"]] * 5
    frequencies = {"te": 42.0, "tebo": 42.0, "tebomarsh": 45.0, "teboxx": 42.0}
    longer = {"te": {"tebo"}, "tebo": {"tebomarsh", "teboxx"}}
    assert names_of_short(own, frequencies, longer) == {"te": "tebomarsh", "tebo": "tebomarsh"}


def test_a_tag_typed_twice_in_a_post_counts_once():
    doubled = [[*tags, *tags] for tags in posts("tebo", "tebomarsh", together=20, apart=0)]
    canonicaliser = Canonicaliser.of_posts(doubled)
    assert canonicaliser.canonical("tebo").tag != canonicaliser.canonical("tebomarsh").tag


def test_learnt_names_keep_their_form():
    canonicaliser = Canonicaliser.of_posts(posts("tebo", "tebomarsh"))
    tag = canonicaliser.canonical("#Tebo").tag
    assert tag == "tebomarsh"
    assert canonicaliser.canonical(tag).tag == tag


def test_no_posts_teach_nothing():
    assert Canonicaliser.of_posts([]).canonical("dogs").tag == "dog"
    assert Canonicaliser.of_posts([[], [""]]).canonical("dogs").tag == "dog"
