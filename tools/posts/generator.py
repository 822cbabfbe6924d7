"""Makes semi-real posts: real photographs, with the tags that people would have typed, and the truth known.

The statistics are of real posts (`tools.posts.statistics`); which post says something false, who makes it,
when, and what it is liked are drawn. With the same seed, the posts that are false at little noise are false
at more, and all others are the same: what noise costs can be compared pair by pair.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.posts import Post
from ar_effects.writing import write_text
from tools.posts.categories import CategoryWords, category_words
from tools.posts.statistics import Draw, Statistics

START_S = 1_460_000_000.0
"""When the first post was made: April 2016, the month of HARRISON's."""

YEAR_S = 365.25 * 86400.0
BAIT = ("likeforlike", "followforfollow", "tagsforlikes", "followme", "likeforlikes", "follow", "f4f", "l4l")
"""Typed by makers who want to be seen, whatever the picture is."""

MAX_TAGS = 30
"""As many as the service of HARRISON's posts allows."""


@dataclass(frozen=True)
class Rates:
    """How often people do what they do; shares of posts or tags, 0 to 1.

    Attributes:
        synonym: the category's word is another than the usual one.
        parent: each thing that it is a kind of is tagged, too; else it is missing.
        misspelt: a tag, the category's own apart, has a slip of the pen in it.
        own_misspelt: the category's own tag has.
        off_topic: of the further tags, those that are drawn by frequency, and not beside what is shown.
        habit: of the further tags, those that are the maker's own, whatever is shown.
        bait_makers: makers who use bait.
        bait: a post of theirs has it.
    """

    synonym: float = 0.2
    parent: float = 0.3
    misspelt: float = 0.02
    own_misspelt: float = 0.0
    off_topic: float = 0.2
    habit: float = 0.15
    bait_makers: float = 0.15
    bait: float = 0.6


@dataclass(frozen=True)
class Maker:
    """Somebody who posts.

    Attributes:
        name: as posts have it.
        activity: weight of being the one who makes a post.
        wordiness: how many times the usual number of tags are typed.
        habits: tags that are typed whatever is shown.
        uses_bait: wants to be seen.
        followers: people who may like what is posted.
        hour: of the day, when most is posted.
    """

    name: str
    activity: float
    wordiness: float
    habits: tuple[str, ...]
    uses_bait: bool
    followers: float
    hour: float


@dataclass(frozen=True)
class Truth:
    """What is known of a made post and no post says.

    Attributes:
        file: the picture, as the post has it.
        category: as it was given.
        tag: the category's canonical tag.
        true_tags: plain tags that say truly what is shown: its words and what it is a kind of.
        is_false: the post was chosen to carry none of them, but ``wrong`` for it.
        wrong: the tag that was drawn by frequency instead; empty where the post is true.
        why: of each typed tag, what it is: own, parent, wrong, beside, off-topic, habit or bait.
        meant: of misspelt tags, the word.
    """

    file: str
    category: str
    tag: str
    true_tags: tuple[str, ...]
    is_false: bool
    wrong: str
    why: Mapping[str, str]
    meant: Mapping[str, str] = field(default_factory=dict)


def generate(
    photos: Sequence[tuple[str, str]],
    statistics: Statistics,
    *,
    noise: float = 0.0,
    makers: int = 50,
    seed: int = 0,
    rates: Rates | None = None,
    canonicaliser: Canonicaliser | None = None,
) -> tuple[list[Post], list[Truth]]:
    """One semi-real post a photograph.

    Args:
        photos: file and category of each.
        statistics: of the posts whose habits are borrowed.
        noise: share of the posts that carry no true tag but a wrong one, drawn by how often each category's
            tag is used; the number is exact (rounded), and the posts of less noise are among those of more.
        makers: how many people post.
        seed: of everything drawn.
        rates: how often people do what; None for the usual.
        canonicaliser: of the tags; None for one that knows the statistics' frequencies.

    Returns:
        Posts and what is true of them, in the order of ``photos``.

    Raises:
        ValueError: noise is no share, there is no maker, or noise is wanted and there is one category.
    """
    if not 0.0 <= noise <= 1.0 or makers < 1:
        raise ValueError(f"noise must be from 0 to 1 and makers at least 1, got {noise} and {makers}")
    rates = rates or Rates()
    canonicaliser = canonicaliser or Canonicaliser(statistics.counts)
    names = sorted({category for _, category in photos})
    words = {name: category_words(name, canonicaliser, statistics.counts) for name in names}
    used: dict[str, int] = {}
    for _, category in photos:
        used[words[category].tag] = used.get(words[category].tag, 0) + 1
    if noise and len(used) < 2:
        raise ValueError("a wrong tag can only be drawn where there are two categories or more")
    people = _makers(statistics, makers, rates, np.random.default_rng([seed, 1]))
    order = np.random.default_rng([seed, 2]).permutation(len(photos))
    is_false = np.zeros(len(photos), bool)
    is_false[order[: round(noise * len(photos))]] = True
    typist = _Typist(statistics, rates, used, canonicaliser)
    by_activity = Draw({str(i): person.activity for i, person in enumerate(people)})
    posts, truths = [], []
    for i, (file, category) in enumerate(photos):
        rng = np.random.default_rng([seed, 3, i])
        maker = people[int(by_activity.one(rng))]
        time_s, liking = _time(maker, rng), rng.random(2)
        typed = typist.type(words[category], maker, is_false=bool(is_false[i]), rng=rng)
        tags = tuple(typed.why)
        rate = maker.followers * (0.02 + 0.06 * liking[0]) * (1.0 + 0.03 * len(tags))
        likes = int(np.random.default_rng([seed, 4, i]).poisson(rate))
        posts.append(Post(file, maker.name, tags, time_s, likes))
        own = words[category]
        true_tags = tuple(sorted(own.true_tags))
        truths.append(
            Truth(file, category, own.tag, true_tags, bool(is_false[i]), typed.wrong, typed.why, typed.meant)
        )
    return posts, truths


def write_truths(path: Path, truths: Iterable[Truth]) -> None:
    """What is true of made posts, a JSON object a line, in the posts' order. SinkError."""
    write_text(path, "".join(json.dumps(asdict(truth), ensure_ascii=False) + "\n" for truth in truths))


@dataclass
class _Typed:
    """The tags of one post as they are typed, what each is, and the wrong one."""

    why: dict[str, str] = field(default_factory=dict)
    meant: dict[str, str] = field(default_factory=dict)
    wrong: str = ""


class _Typist:
    """Types the tags of posts."""

    def __init__(
        self,
        statistics: Statistics,
        rates: Rates,
        used: Mapping[str, int],
        canonicaliser: Canonicaliser,
    ) -> None:
        self._statistics, self._rates, self._used = statistics, rates, used
        self._canonicaliser = canonicaliser
        self._beside = cache(statistics.beside)

    def type(self, words: CategoryWords, maker: Maker, *, is_false: bool, rng: np.random.Generator) -> _Typed:
        # True and false posts draw from generators of their own, so that noise changes no other post.
        count = min(MAX_TAGS, max(1, round(self._statistics.length(rng) * maker.wordiness)))
        typed = _Typed()
        if is_false:
            others = {tag: float(n) for tag, n in self._used.items() if tag not in words.true_tags}
            typed.wrong = Draw(others).one(rng) if others else ""
            if typed.wrong:
                typed.why[typed.wrong] = "wrong"
        else:
            self._say_what_is_shown(typed, words, count, rng)
        self._say_more(typed, words, maker, count, is_false=is_false, rng=rng)
        return typed

    def _say_what_is_shown(
        self, typed: _Typed, words: CategoryWords, count: int, rng: np.random.Generator
    ) -> None:
        own = words.own[0]
        if len(words.own) > 1 and rng.random() < self._rates.synonym:
            own = words.own[1 + int(rng.integers(len(words.own) - 1))]
        self._add(typed, own, "own", self._rates.own_misspelt, rng)
        for parent in words.parents:
            if len(typed.why) < count and rng.random() < self._rates.parent:
                self._add(typed, parent, "parent", self._rates.misspelt, rng)

    def _say_more(
        self,
        typed: _Typed,
        words: CategoryWords,
        maker: Maker,
        count: int,
        *,
        is_false: bool,
        rng: np.random.Generator,
    ) -> None:
        rates, law = self._rates, self._statistics.by_frequency
        companions = self._beside(words.anchor)
        if maker.uses_bait and rng.random() < rates.bait:
            for tag in rng.permutation(list(BAIT))[: 1 + int(rng.integers(3))]:
                if len(typed.why) < max(2, count):
                    self._add(typed, str(tag), "bait", 0.0, rng)
        for _ in range(8 * count):  # some are drawn twice
            if len(typed.why) >= count:
                break
            kind = rng.random()
            if kind < rates.habit and maker.habits:
                tag, why = maker.habits[int(rng.integers(len(maker.habits)))], "habit"
            elif kind < rates.habit + rates.off_topic or is_false or not companions:
                tag, why = law.one(rng), "off-topic"
            else:
                tag, why = companions.one(rng), "beside"
            if not (is_false and self._is_true(tag, words)):
                self._add(typed, tag, why, rates.misspelt, rng)

    def _is_true(self, tag: str, words: CategoryWords) -> bool:
        """Whether a tag says what is shown, in whatever form and be it in a joined one."""
        canonical = self._canonicaliser.canonical(tag)
        return not words.true_tags.isdisjoint({tag, canonical.tag, *canonical.parents})

    @staticmethod
    def _add(typed: _Typed, tag: str, why: str, misspelt: float, rng: np.random.Generator) -> None:
        if tag in typed.why or tag in typed.meant.values():
            return
        if rng.random() < misspelt and len(tag) > 3:
            slip = _slip(tag, rng)
            if slip not in typed.why:
                typed.meant[slip] = tag
                tag = slip
        typed.why[tag] = why


def _slip(word: str, rng: np.random.Generator) -> str:
    """A word with one slip of the pen: two letters swapped, one left out, or one typed twice."""
    at = int(rng.integers(len(word) - 1))
    kind = int(rng.integers(3))
    if kind == 0 and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def _makers(statistics: Statistics, count: int, rates: Rates, rng: np.random.Generator) -> list[Maker]:
    """People with habits; how much each posts falls as one over the rank (Zipf's law)."""
    people = []
    for i in range(count):
        habits = tuple(dict.fromkeys(statistics.by_frequency.one(rng) for _ in range(int(rng.integers(4)))))
        people.append(
            Maker(
                name=f"maker{i + 1}",
                activity=1.0 / (i + 1.0) ** 0.7,
                wordiness=float(np.exp(rng.normal(0.0, 0.35)) / np.exp(0.35**2 / 2)),
                habits=habits,
                uses_bait=bool(rng.random() < rates.bait_makers),
                followers=float(np.exp(rng.normal(5.5, 1.0))),
                hour=float(rng.uniform(7.0, 23.0)),
            )
        )
    return people


def _time(maker: Maker, rng: np.random.Generator) -> float:
    """A moment of the year, most often at the maker's hour."""
    day = int(rng.integers(365))
    hour = float(rng.normal(maker.hour, 2.0)) % 24.0
    return round(START_S + min(day * 86400.0 + hour * 3600.0, YEAR_S), 0)
