"""The vocabulary: frequency cut, cap a maker, parents, and its file."""

from __future__ import annotations

import json

import pytest

from ar_effects.errors import PostsError
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.posts import Post
from ar_effects.hashtags.vocabulary import Vocabulary, VocabularyTag

CANONICALISER = Canonicaliser()


def posts_of(*tags: str, count: int, maker: str = "") -> list[Post]:
    return [Post(f"{i}.jpg", maker, tags) for i in range(count)]


def test_the_most_used_tags_in_order_with_their_parents():
    posts = (
        posts_of("Dalmatian", "love", count=6) + posts_of("dalmatians", count=3) + posts_of("pizza", count=4)
    )
    vocabulary = Vocabulary.of_posts(posts, CANONICALISER, minimum=4, left_out={"love"})
    assert vocabulary.tags == (
        VocabularyTag("dalmatian", 9, ("dog", "animal")),
        VocabularyTag("pizza", 4, ("food",)),
    )
    assert vocabulary.parents("dalmatian") == ("dog", "animal")
    assert vocabulary.parents("unknown") == ()
    assert vocabulary.index == {"dalmatian": 0, "pizza": 1}


def test_a_post_counts_once_for_two_ways_of_writing():
    vocabulary = Vocabulary.of_posts(posts_of("dog", "Dogs", "#DOG", count=5), CANONICALISER)
    assert vocabulary.tags == (VocabularyTag("dog", 5, ("animal",)),)


def test_nobody_s_habit_becomes_a_word():
    posts = posts_of("mybrand", count=500, maker="u1") + posts_of("pizza", count=20)
    posts += posts_of("pizza", count=5, maker="u1")
    vocabulary = Vocabulary.of_posts(posts, CANONICALISER, minimum=11, per_maker=10)
    assert vocabulary.names == ("pizza",)
    assert vocabulary.tags[0].count == 25, "those that name no maker are each somebody else's"


def test_parents_count_where_they_are_asked_for():
    posts = posts_of("dalmatian", count=5) + posts_of("poodle", count=5)
    plain = Vocabulary.of_posts(posts, CANONICALISER)
    wide = Vocabulary.of_posts(posts, CANONICALISER, with_parents=True)
    assert plain.names == ("dalmatian", "poodle")
    assert {"dog", "animal"} <= set(wide.names)
    assert wide.tags[wide.index["dog"]] == VocabularyTag("dog", 10, ("animal",))


def test_the_largest_vocabulary_that_is_wanted():
    posts = posts_of("dog", count=9) + posts_of("cat", count=8) + posts_of("pizza", count=7)
    assert Vocabulary.of_posts(posts, CANONICALISER, largest=2).names == ("dog", "cat")


def test_places_of_a_post_s_tags():
    vocabulary = Vocabulary([VocabularyTag("dog", 3), VocabularyTag("dalmatian", 2, ("dog", "animal"))])
    assert vocabulary.places(["dalmatians", "pizza"], CANONICALISER) == (1,)
    assert vocabulary.places(["dalmatians"], CANONICALISER, with_parents=True) == (1, 0)


@pytest.mark.parametrize("posts", [[], posts_of("dog", count=2), posts_of("###", count=20)])
def test_an_empty_vocabulary_is_refused(posts):
    with pytest.raises(PostsError) as caught:
        Vocabulary.of_posts(posts, CANONICALISER)
    assert caught.value.identifier == "vocabulary.empty"
    with pytest.raises(PostsError):
        Vocabulary([])


def test_the_file_gives_back_what_was_written(tmp_path):
    vocabulary = Vocabulary([VocabularyTag("dalmatian", 9, ("dog", "animal")), VocabularyTag("日本", 3)])
    vocabulary.write(tmp_path / "v.json")
    assert Vocabulary.read(tmp_path / "v.json").tags == vocabulary.tags
    first = (tmp_path / "v.json").read_bytes()
    Vocabulary.read(tmp_path / "v.json").write(tmp_path / "w.json")
    assert (tmp_path / "w.json").read_bytes() == first


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("{", "vocabulary.unreadable"),
        ("[" * 100_000, "vocabulary.unreadable"),
        ("[]", "vocabulary.not-one"),
        ('{"format": 2, "tags": []}', "vocabulary.not-one"),
        ('{"format": 1, "tags": {}}', "vocabulary.not-one"),
        ('{"format": 1, "tags": []}', "vocabulary.empty"),
        ('{"format": 1, "tags": ["dog"]}', "vocabulary.not-one"),
        ('{"format": 1, "tags": [{"tag": "Dog", "count": 1}]}', "vocabulary.not-one"),
        ('{"format": 1, "tags": [{"tag": "", "count": 1}]}', "vocabulary.not-one"),
        ('{"format": 1, "tags": [{"tag": "dog", "count": -1}]}', "vocabulary.not-one"),
        ('{"format": 1, "tags": [{"tag": "dog", "count": true}]}', "vocabulary.not-one"),
        ('{"format": 1, "tags": [{"tag": "dog", "count": 1, "parents": "animal"}]}', "vocabulary.not-one"),
        (json.dumps({"format": 1, "tags": [{"tag": "dog", "count": 1}] * 2}), "vocabulary.not-one"),
    ],
)
def test_a_broken_file_says_so(tmp_path, text, identifier):
    path = tmp_path / "v.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PostsError) as caught:
        Vocabulary.read(path)
    assert caught.value.identifier == identifier
    assert len(str(caught.value)) < 400 + len(str(path))


def test_a_missing_file(tmp_path):
    with pytest.raises(PostsError) as caught:
        Vocabulary.read(tmp_path / "none.json")
    assert caught.value.identifier == "vocabulary.unreadable"
