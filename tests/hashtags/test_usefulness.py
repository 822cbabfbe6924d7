"""Tags that say nothing and bait, learnt from what is tagged together."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.errors import PostsError
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.usefulness import Usefulness, things_among

TOPICS = {
    "beach": ["sea", "summer", "sand", "surf"],
    "dog": ["puppy", "pet", "fur", "walkies"],
    "pizza": ["food", "yummy", "dinner", "cheese"],
    "gym": ["fitness", "workout", "muscle", "sweat"],
}


def made_posts(seed: int = 0) -> list[tuple[str, ...]]:
    """Each post of a topic, half with a word that goes with all, a tenth with bait and what goes with it."""
    rng = np.random.default_rng(seed)
    posts = []
    for _ in range(2000):
        topic = rng.choice(list(TOPICS))
        tags = {str(topic): None}
        tags |= dict.fromkeys(str(t) for t in rng.choice(TOPICS[str(topic)], 2, replace=False))
        if rng.random() < 0.5:
            tags["wonderful"] = None
        if rng.random() < 0.1:
            tags |= {"likeforlike": None, "followme": None, "pleaselike": None}
        posts.append(tuple(tags))
    return posts


@pytest.fixture(scope="module")
def learnt() -> Usefulness:
    return Usefulness(made_posts())


def test_what_goes_with_everything_says_nothing(learnt):
    by_tag = {tag.tag: tag for tag in learnt.tags()}
    assert by_tag["wonderful"].says_nothing
    assert not any(by_tag[t].says_nothing for topic, more in TOPICS.items() for t in (topic, *more))
    assert by_tag["wonderful"].distance < 0.2 < 0.5 < by_tag["beach"].distance


def test_bait_is_found_beside_bait(learnt):
    by_tag = {tag.tag: tag for tag in learnt.tags()}
    assert by_tag["pleaselike"].is_bait, "not a seed"
    assert by_tag["likeforlike"].bait == 1.0
    assert not any(by_tag[t].is_bait for topic, more in TOPICS.items() for t in (topic, *more))
    assert not by_tag["wonderful"].is_bait


def test_what_is_left_out(learnt):
    assert learnt.left_out() == {"wonderful", "likeforlike", "followme", "pleaselike"}


def test_a_thing_stays_though_it_goes_with_nearly_everything():
    """A girl may be on a picture of anything; only what goes with all as "wonderful" does is left out."""
    rng = np.random.default_rng(3)
    posts = [
        (*tags, "girl") if rng.random() < (0.8 if "beach" in tags else 0.1) else tags for tags in made_posts()
    ]
    idea, thing = Usefulness(posts), Usefulness(posts, things={"girl"})
    distance = next(tag.distance for tag in idea.tags() if tag.tag == "girl")
    assert 0.2 < distance < 0.5
    assert "girl" in idea.left_out()
    assert "girl" not in thing.left_out()


def test_rare_tags_are_not_judged():
    posts = [*made_posts(), ("once", "beach")]
    assert "once" not in {tag.tag for tag in Usefulness(posts).tags()}


def test_chance_is_no_companion():
    """Forty posts drawn from all say as little as four hundred."""
    rng = np.random.default_rng(1)
    posts = made_posts()
    for count, tag in ((40, "few"), (400, "many")):
        for at in rng.choice(2000, count, replace=False):
            posts[at] = (*posts[at], tag)
    distance = {tag.tag: tag.distance for tag in Usefulness(posts).tags()}
    assert abs(distance["few"]) < 0.15
    assert abs(distance["many"]) < 0.15


@pytest.mark.parametrize("posts", [[], [()], [("dog",)] * 50])
def test_posts_that_tell_nothing(posts):
    with pytest.raises(PostsError) as caught:
        Usefulness(posts)
    assert caught.value.identifier == "vocabulary.empty"


def test_without_seeds_nothing_is_bait():
    assert not any(tag.is_bait for tag in Usefulness(made_posts(), seeds=()).tags())


def test_things_are_what_pictures_show():
    assert things_among(["Dogs", "love", "beach", "happiness", "qqqq"], Canonicaliser()) == {"dog", "beach"}
