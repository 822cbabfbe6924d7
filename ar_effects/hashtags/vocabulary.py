"""Which canonical tags are learnt: often enough, by enough people, and saying something of the picture."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ar_effects.errors import PostsError
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.posts import Post
from ar_effects.hashtags.words import normalise
from ar_effects.messages import Message
from ar_effects.writing import write_text

FORMAT = 1
"""Of the JSON file."""


@dataclass(frozen=True)
class VocabularyTag:
    """One tag that is learnt.

    Attributes:
        tag: canonical and plain.
        count: posts that have it, after the cap a maker.
        parents: canonical tags of what it is a kind of, the nearest first.
    """

    tag: str
    count: int
    parents: tuple[str, ...] = ()


class Vocabulary:
    """Canonical tags in order, the most used first.

    Args:
        tags: each once.

    Raises:
        PostsError: there is none.
    """

    def __init__(self, tags: Iterable[VocabularyTag]) -> None:
        self.tags = tuple(tags)
        if not self.tags:
            raise PostsError(Message("vocabulary.empty", minimum=1))

    def __len__(self) -> int:
        return len(self.tags)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The place of each tag."""
        return {entry.tag: i for i, entry in enumerate(self.tags)}

    @property
    def names(self) -> tuple[str, ...]:
        """The tags in order."""
        return tuple(entry.tag for entry in self.tags)

    def parents(self, tag: str) -> tuple[str, ...]:
        """What a tag is a kind of, the nearest first; none where it is not in the vocabulary."""
        at = self.index.get(tag)
        return () if at is None else self.tags[at].parents

    def places(
        self, tags: Iterable[str], canonicaliser: Canonicaliser, *, with_parents: bool = False
    ) -> tuple[int, ...]:
        """Places of the tags of a post that are in the vocabulary, each once, in order.

        Args:
            tags: as typed.
            canonicaliser: the one that the vocabulary was made with.
            with_parents: those of their parents, too.
        """
        found: dict[int, None] = {}
        for text in tags:
            tag = canonicaliser.canonical(text)
            for name in (tag.tag, *(tag.parents if with_parents else ())):
                if name in self.index:
                    found[self.index[name]] = None
        return tuple(found)

    @classmethod
    def of_posts(
        cls,
        posts: Iterable[Post],
        canonicaliser: Canonicaliser,
        *,
        minimum: int = 5,
        per_maker: int = 50,
        largest: int | None = None,
        left_out: Collection[str] = (),
        with_parents: bool = False,
    ) -> Vocabulary:
        """The tags of posts that are worth learning.

        Args:
            posts: with tags as typed.
            canonicaliser: brings them to one form.
            minimum: posts a tag must have.
            per_maker: posts of one maker that count for one tag, so that nobody's habit becomes a word. Posts
                that name no maker are each somebody else's.
            largest: tags at most, the most used; None for all.
            left_out: canonical tags that say nothing (`ar_effects.hashtags.usefulness`).
            with_parents: a post counts for the parents of its tags, too.

        Raises:
            PostsError: no tag is left.
        """
        counts: Counter[str] = Counter()
        of_maker: Counter[tuple[str, str]] = Counter()
        parents: dict[str, tuple[str, ...]] = {}
        for post in posts:
            names: dict[str, None] = {}
            for text in post.tags:
                tag = canonicaliser.canonical(text)
                parents.setdefault(tag.tag, tag.parents)
                for i, up in enumerate(tag.parents):
                    parents.setdefault(up, tag.parents[i + 1 :])
                names.update(dict.fromkeys((tag.tag, *(tag.parents if with_parents else ()))))
            for name in names:
                if post.maker:
                    if of_maker[post.maker, name] >= per_maker:
                        continue
                    of_maker[post.maker, name] += 1
                counts[name] += 1
        unwanted = {"", *left_out}
        kept = sorted(
            (-count, tag) for tag, count in counts.items() if count >= minimum and tag not in unwanted
        )
        if not kept:
            raise PostsError(Message("vocabulary.empty", minimum=minimum))
        return cls(VocabularyTag(tag, -count, parents[tag]) for count, tag in kept[:largest])

    def as_json(self) -> str:
        """The text of its file, as `read` takes it."""
        entries = [
            {"tag": entry.tag, "count": entry.count, "parents": list(entry.parents)} for entry in self.tags
        ]
        return json.dumps({"format": FORMAT, "tags": entries}, ensure_ascii=False, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all. SinkError."""
        write_text(path, self.as_json())

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """Read what `write` wrote.

        Raises:
            PostsError: it cannot be read, is no vocabulary, or an empty one.
        """
        try:
            data = json.loads(path.read_bytes().decode("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise PostsError(Message("vocabulary.unreadable", path=path, reason=reason)) from error
        if (
            not isinstance(data, dict)
            or data.get("format") != FORMAT
            or not isinstance(data.get("tags"), list)
        ):
            got = data.get("format") if isinstance(data, dict) else type(data).__name__
            raise _not_one(path, f'"format": {FORMAT}, "tags": [...]', got)
        tags = [_entry(path, entry) for entry in data["tags"]]
        if len({entry.tag for entry in tags}) < len(tags):
            twice = Counter(entry.tag for entry in tags).most_common(1)[0][0]
            raise _not_one(path, '"tag": each once', twice)
        return cls(tags)


def _entry(path: Path, entry: Any) -> VocabularyTag:
    """One tag of the file, checked."""
    wanted = '{"tag": plain text, "count": from 0, "parents": [plain text ...]}'
    if not isinstance(entry, dict):
        raise _not_one(path, wanted, entry)
    tag, count, parents = entry.get("tag"), entry.get("count"), entry.get("parents", [])
    plain = [tag, *parents] if isinstance(parents, list) else [None]
    is_plain = all(isinstance(word, str) and word and normalise(word) == word for word in plain)
    if not is_plain or isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise _not_one(path, wanted, entry)
    return VocabularyTag(str(tag), count, tuple(parents))


def _not_one(path: Path, wanted: str, got: object) -> PostsError:
    text = str(got)
    got_short = text if len(text) <= 60 else text[:57] + "..."
    return PostsError(Message("vocabulary.not-one", path=path, wanted=wanted, got=got_short))
