"""Reads HARRISON (Park et al., 2016, arXiv 1605.05054): the tags of 57,383 real posts, without pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

TAG_LIST, VOCABULARY = "tag_list.txt", "vocab_index.txt"


def read_posts(folder: Path) -> list[tuple[str, ...]]:
    """The tags of each post, each once, in the order typed."""
    lines = (folder / TAG_LIST).read_text(encoding="utf-8").splitlines()
    return [tuple(dict.fromkeys(line.split())) for line in lines]


def read_rows(folder: Path) -> list[str]:
    """The tags of the vocabulary by their row."""
    lines = (folder / VOCABULARY).read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def tag_frequencies(posts: Iterable[Iterable[str]]) -> Counter[str]:
    """How many posts have each tag."""
    return Counter(tag for post in posts for tag in post)
