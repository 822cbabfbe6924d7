"""What is learnt of real posts before any is made: how often each tag, how many a post, which together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Draw:
    """Draws words by weight, by one binary search each."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.words = tuple(weights)
        self._ends = np.cumsum(np.array(list(weights.values()), np.float64))

    def __bool__(self) -> bool:
        return bool(self.words)

    def one(self, rng: np.random.Generator) -> str:
        at = np.searchsorted(self._ends, rng.random() * self._ends[-1], side="right")
        return self.words[min(int(at), len(self.words) - 1)]


@dataclass(frozen=True)
class Statistics:
    """The statistics of posts that made ones are drawn from.

    Attributes:
        counts: posts with each tag.
        lengths: how many posts have 1, 2, 3 ... tags.
        together: posts with both of two tags, by one, then the other.
    """

    counts: Mapping[str, int]
    lengths: Sequence[int]
    together: Mapping[str, Mapping[str, int]]

    @classmethod
    def of_posts(cls, posts: Iterable[Sequence[str]]) -> Statistics:
        """Counted over posts, each a list of different tags."""
        counts: Counter[str] = Counter()
        lengths: Counter[int] = Counter()
        together: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for tags in posts:
            if not tags:
                continue
            counts.update(tags)
            lengths[len(tags)] += 1
            for tag in tags:
                together[tag].update(other for other in tags if other != tag)
        if not counts:
            raise ValueError("there are no posts with tags to learn statistics from")
        return cls(dict(counts), [lengths[n] for n in range(1, max(lengths) + 1)], dict(together))

    @classmethod
    def made(
        cls, topics: Mapping[str, Sequence[str]], general: Sequence[str], *, seed: int = 0
    ) -> Statistics:
        """Statistics without real posts, for tests: topics' own words, and words that go with everything.

        Args:
            topics: a word, and what is tagged beside it.
            general: words of all topics, the most used first (by Zipf's law).
            seed: of the posts that are made up and counted.
        """
        rng = np.random.default_rng(seed)
        by_rank = Draw({word: 1.0 / rank for rank, word in enumerate(general, 1)})
        posts = []
        for word, companions in topics.items():
            for _ in range(60):
                tags = {word: None}
                for _ in range(int(rng.integers(1, 6))):
                    use_companion = companions and rng.random() < 0.6
                    tags[str(rng.choice(list(companions))) if use_companion else by_rank.one(rng)] = None
                posts.append(tuple(tags))
        return cls.of_posts(posts)

    @property
    def mean_length(self) -> float:
        """Tags a post, on average."""
        lengths = np.array(self.lengths, np.float64)
        return float((lengths * np.arange(1, len(lengths) + 1)).sum() / lengths.sum())

    @cached_property
    def by_frequency(self) -> Draw:
        """Draws a tag by how often it is used."""
        return Draw({tag: float(count) for tag, count in sorted(self.counts.items())})

    @cached_property
    def _length_ends(self) -> Floats:
        return np.cumsum(np.array(self.lengths, np.float64))

    def length(self, rng: np.random.Generator) -> int:
        """How many tags a post has."""
        return int(np.searchsorted(self._length_ends, rng.random() * self._length_ends[-1], side="right")) + 1

    def beside(self, tag: str) -> Draw:
        """Draws what is tagged beside a tag, by how often; empty where nothing was."""
        return Draw({other: float(n) for other, n in sorted(self.together.get(tag, {}).items())})
