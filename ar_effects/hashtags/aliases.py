"""What hashtags call by another word, as the shipped list has it: nicknames, short forms, other languages.

A list written by hand (``assets/hashtags/aliases.txt``); what can be learnt from WordNet, from spelling or
from posts (`ar_effects.hashtags.shortened`) is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ar_effects.errors import AssetError
from ar_effects.hashtags.words import normalise
from ar_effects.messages import Message
from ar_effects.paths import ASSETS, RESTORE

LIST = ASSETS / "hashtags" / "aliases.txt"


def read_aliases(path: Path = LIST) -> Mapping[str, str]:
    """The words of the list, each with the tag it stands for.

    Args:
        path: lines ``TAG = WORD WORD ...``; those that are empty or begin with ``#`` say nothing.

    Returns:
        Plain tags by plain words; a tag is never a word of another.

    Raises:
        AssetError: the list is missing, or no such list.
    """
    try:
        found = _parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssetError(Message("hashtags.aliases-unreadable", path=path), fix=RESTORE) from error
    return MappingProxyType(found)


def _parse(text: str) -> dict[str, str]:
    """ValueError where a line is none of the list's, or a word is there twice."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        tag, is_there, words = line.partition(" = ")
        if not is_there or normalise(tag) != tag or not words:
            raise ValueError(line)
        for word in words.split(" "):
            if normalise(word) != word or not word or word in found:
                raise ValueError(word)
            found[word] = tag
    if not found or not found.keys().isdisjoint(found.values()):
        raise ValueError("a tag stands for another")
    return found


@cache
def aliases() -> Mapping[str, str]:
    """The shipped list, read once. AssetError."""
    return read_aliases()
