"""Which tags say nothing of the picture: those that go with everything, and bait.

Both are learnt from what is tagged together. A tag that says something has companions of its own: *beach*
goes with *sea* and *summer*. One that says nothing goes with whatever is tagged often, and its companions are
nearly those of all posts. Bait goes with bait. Only where it starts is given: a few words that ask for
something. A word for a thing that can be seen (*girl*, *sun*) goes with nearly everything, too, and stays
unless it does so even more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import PostsError
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.messages import Message

BAIT_SEEDS = frozenset({"likeforlike", "followforfollow", "followme", "tagsforlikes", "like", "follow"})
"""Canonical tags that ask for something: where the search for bait starts."""

MINIMUM_POSTS = 30
"""Of a tag used more rarely nothing is said: its companions are too few to tell."""

SAYS_NOTHING_BELOW, THING_SAYS_NOTHING_BELOW = 0.5, 0.2
"""Nats by which the companions of a tag that says something differ from all posts': an idea's, a thing's."""

BAIT_ABOVE = 0.1
"""Share of the seeds beside bait, above what stands beside any tag.

The walk ends there: what goes with bait in its turn is whatever is baited for, such as singers.
"""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TagUsefulness:
    """What posts tell of one tag.

    Attributes:
        tag: canonical.
        posts: how many have it.
        distance: how far its companions are from those of all posts, in nats (Kullback and Leibler, 1951),
            less what chance alone gives so few of them.
        bait: share of bait among its companions, from 0 to 1.
        says_nothing: it goes with everything.
        is_bait: it goes with bait.
    """

    tag: str
    posts: int
    distance: float
    bait: float
    says_nothing: bool
    is_bait: bool


class Usefulness:
    """Learnt from the canonical tags of posts.

    Args:
        posts: the tags of each, each once.
        seeds: canonical tags that are bait for sure.
        things: canonical tags of what a picture can show (`things_among`).
        minimum: posts that a tag must have to be judged.

    Raises:
        PostsError: no post has two tags.
    """

    def __init__(
        self,
        posts: Iterable[Sequence[str]],
        *,
        seeds: Collection[str] = BAIT_SEEDS,
        things: Collection[str] = (),
        minimum: int = MINIMUM_POSTS,
    ) -> None:
        counted: Counter[str] = Counter()
        kept = []
        for tags in posts:
            counted.update(tags)
            if len(tags) > 1:
                kept.append(tags)
        self.names = tuple(sorted(tag for tag, n in counted.items() if n >= minimum))
        if not kept or not self.names:
            raise PostsError(Message("vocabulary.empty", minimum=minimum))
        self._posts = np.array([counted[name] for name in self.names])
        self._seeds, self._things = frozenset(seeds), frozenset(things)
        self._together = _together(kept, {name: i for i, name in enumerate(self.names)})

    @cached_property
    def distances(self) -> Floats:
        """(N,) of `TagUsefulness.distance`."""
        together = self._together
        totals = together.sum(axis=1)
        background = together.sum(axis=0) / max(1.0, together.sum())
        # A tag never stands beside itself: else frequent ones would seem to have companions of their own.
        expected = np.tile(background, (len(background), 1))
        np.fill_diagonal(expected, 0.0)
        expected /= np.maximum(expected.sum(axis=1, keepdims=True), 1e-12)
        observed = together / np.maximum(totals, 1.0)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
        different = (together > 0).sum(axis=1)
        by_chance = np.maximum(different - 1, 0) / (2.0 * np.maximum(totals, 1.0))  # Miller, 1955
        return np.asarray(terms.sum(axis=1) - by_chance, np.float64)

    @cached_property
    def bait(self) -> Floats:
        """(N,) of `TagUsefulness.bait`: the share of bait beside each tag, more than beside any other."""
        seeds = np.array([name in self._seeds for name in self.names], np.float64)
        if not seeds.any():
            return seeds
        together = self._together
        totals = np.maximum(together.sum(axis=1), 1.0)
        beside = together / totals[:, None]
        usual = together.sum(axis=0) / max(1.0, together.sum())
        everywhere = float(usual @ seeds)
        beside_seeds = (beside @ seeds - everywhere) / max(1e-9, 1.0 - everywhere)
        return np.asarray(np.clip(np.maximum(seeds, beside_seeds), 0.0, 1.0), np.float64)

    def tags(self) -> list[TagUsefulness]:
        """All tags that can be judged, those that say least first."""
        found = [
            TagUsefulness(
                name,
                int(self._posts[i]),
                float(self.distances[i]),
                float(self.bait[i]),
                bool(self._together[i].any() and self.distances[i] < self._least_distance(name)),
                bool(self.bait[i] > BAIT_ABOVE),
            )
            for i, name in enumerate(self.names)
        ]
        return sorted(found, key=lambda tag: (tag.distance, tag.tag))

    def _least_distance(self, name: str) -> float:
        return THING_SAYS_NOTHING_BELOW if name in self._things else SAYS_NOTHING_BELOW

    def left_out(self) -> frozenset[str]:
        """The tags that say nothing, and bait."""
        return frozenset(tag.tag for tag in self.tags() if tag.says_nothing or tag.is_bait)


def things_among(tags: Iterable[str], canonicaliser: Canonicaliser) -> frozenset[str]:
    """The canonical tags, of some, whose meaning is something that a picture can show."""
    entries = (canonicaliser.canonical(tag) for tag in tags)
    return frozenset(entry.tag for entry in entries if canonicaliser.is_thing(entry))


def _together(posts: Sequence[Sequence[str]], index: Mapping[str, int]) -> Floats:
    """(N, N) posts that have both of two tags."""
    together = np.zeros((len(index), len(index)))
    for tags in posts:
        places = sorted({index[tag] for tag in tags if tag in index})
        together[np.ix_(places, places)] += 1.0
    np.fill_diagonal(together, 0.0)
    return together
