"""What people type after a ``#``, as plain words: case, accents, emoji, joined words, misspellings."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping

MAX_TAG_LENGTH = 100
"""Characters of the longest text that is taken for a tag; services allow fewer."""

MAX_PARTS = 8
"""Words that a joined tag is split into at most."""

_MADE_OF_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h"}
)
"""Letters that Unicode does not take apart, though people type them as plain ones."""

_ACCENTED_SCRIPTS = ("LATIN", "GREEK")
"""Where an accent may be left out; in Thai, Hindi or Japanese a mark is another letter."""

_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONS = range(0x1F1E6, 0x1F200)
_EMOJI_FILLERS = frozenset(
    [
        "HEAVY",
        "BLACK",
        "WHITE",
        "MEDIUM",
        "SMALL",
        "LARGE",
        "LIGHT",
        "DARK",
        "OPEN",
        "SYMBOL",
        "SIGN",
        "EMOJI",
    ]
)
"""Words of an emoji's name that say how it is drawn, and nothing of what it shows."""


def normalise(text: str) -> str:
    """A tag as one run of small letters and digits.

    Case, the ``#``, blanks, hyphens and punctuation are dropped; Latin and Greek letters lose their accents;
    an emoji becomes its Unicode name ("🐶" is "dog", as "DOG FACE" is its name).

    Args:
        text: a tag as typed, with or without its ``#``.

    Returns:
        The plain tag; empty where nothing is left, or where the text is longer than `MAX_TAG_LENGTH`.
    """
    if len(text) > MAX_TAG_LENGTH:
        return ""
    if text.isascii():
        return "".join(c for c in text.lower() if c.isalnum())
    folded = unicodedata.normalize("NFKC", text).casefold()
    named = "".join(_emoji_words(folded))
    kept: list[str] = []
    base_is_accented = False
    for c in unicodedata.normalize("NFD", named):
        category = unicodedata.category(c)
        if category[0] in "LN":
            kept.append(c)
            base_is_accented = unicodedata.name(c, "").startswith(_ACCENTED_SCRIPTS)
        elif category[0] == "M" and kept and not base_is_accented:
            kept.append(c)
    plain = unicodedata.normalize("NFC", "".join(kept)).translate(_MADE_OF_LETTERS)
    return plain if len(plain) <= MAX_TAG_LENGTH else ""


def _emoji_words(text: str) -> Iterable[str]:
    """The text with the words of each emoji in its place."""
    region_before = False
    for c in text:
        number = ord(c)
        if number in _SKIN_TONES:
            continue
        if number in _REGIONS:  # two of them make a flag
            yield ("" if region_before else "flag") + chr(number - _REGIONS.start + ord("a"))
            region_before = not region_before
            continue
        region_before = False
        yield emoji_name(c) if unicodedata.category(c) == "So" else c


def emoji_name(emoji: str) -> str:
    """What one emoji shows, as a tag: "DOG FACE" is "dog", "BLACK SUN WITH RAYS" is "sun".

    Args:
        emoji: one character.

    Returns:
        Small letters; empty where Unicode has no name for it.
    """
    words = unicodedata.name(emoji, "").replace("-", " ").split()
    if "WITH" in words and words[0] != "FACE":
        words = words[: words.index("WITH")]
    elif words[:2] == ["FACE", "WITH"]:
        words = words[2:]
    telling = [word for word in words if word not in _EMOJI_FILLERS and word != "FACE"] or words
    return "".join(telling).lower()


def split_joined(word: str, frequencies: Mapping[str, float], *, minimum: float = 0.0) -> tuple[str, ...]:
    """A joined tag in words: the most probable sequence when words are drawn by frequency.

    Dynamic programming over the word's places (Norvig, "Natural Language Corpus Data", 2009), with the tags'
    own frequencies: by those of books "selfietime" would be "self", "ie", "time".

    Args:
        word: a plain tag, as `normalise` gives it.
        frequencies: how often each known word is used; others are never a part.
        minimum: a part used more rarely is none.

    Returns:
        The parts in order; the word alone where it cannot be split, or where it is more probable whole.
    """
    total = sum(frequencies.values())
    longest = max(map(len, frequencies), default=0)
    return Splitter(frequencies, total, longest, minimum).split(word) if total else (word,)


class Splitter:
    """`split_joined` for many words: the sums over all frequencies are made once.

    Args:
        frequencies: how often each known word is used.
        total: the sum of them; None to add them up here.
        longest: letters of the longest known word; None to look here.
        minimum: a part used more rarely is none.
    """

    def __init__(
        self,
        frequencies: Mapping[str, float],
        total: float | None = None,
        longest: int | None = None,
        minimum: float = 0.0,
    ) -> None:
        self._frequencies, self._minimum = frequencies, minimum
        self._total = sum(frequencies.values()) if total is None else total
        self._longest = max(map(len, frequencies), default=0) if longest is None else longest

    def split(self, word: str, *, whole: bool = True) -> tuple[str, ...]:
        """The most probable parts; the word alone where there are none.

        Args:
            word: a plain tag.
            whole: the word itself may be a part, too.
        """
        if len(word) > MAX_TAG_LENGTH:
            return (word,)
        # best[end]: log-probability, parts
        best: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ())] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - self._longest), end):
                before, part = best[start], word[start:end]
                count = self._frequencies.get(part, 0.0)
                if before is None or count <= self._minimum or len(before[1]) == MAX_PARTS:
                    continue
                if part == word and not whole:
                    continue
                probability = before[0] + math.log(count / self._total)
                here = best[end]
                if here is None or probability > here[0]:
                    best[end] = probability, (*before[1], part)
        found = best[len(word)]
        return found[1] if found and word else (word,)


def singulars(word: str) -> list[str]:
    """What a plural may be the plural of, by English spelling, the likeliest first.

    The rules of WordNet's ``morphy``; which of them is a word at all, others know.
    """
    found: list[str] = []
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies") and len(word) > 4:
            found.append(word[:-3] + "y")
        if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
            found.append(word[:-2])
        if word.endswith("ves"):
            found += [word[:-3] + "f", word[:-3] + "fe"]
        found.append(word[:-1])
    elif len(word) > 4 and word.endswith("men"):
        found.append(word[:-3] + "man")
    return found


def without_repeats(word: str) -> list[str]:
    """A word with letters held down, such as "loooove", with each such run as two letters, and as one."""
    runs: list[tuple[str, int]] = []
    for c in word:
        if runs and runs[-1][0] == c:
            runs[-1] = c, runs[-1][1] + 1
        else:
            runs.append((c, 1))
    if all(count < 3 for _, count in runs):
        return []
    return ["".join(c * (n if count > 2 else count) for c, count in runs) for n in (2, 1)]


def one_edit_away(word: str, known: Mapping[str, float]) -> list[str]:
    """Known words that differ by one letter added, left out, changed, or swapped with its neighbour.

    Args:
        word: a plain tag.
        known: words by how often they are used.

    Returns:
        The most used first.
    """
    letters = "abcdefghijklmnopqrstuvwxyz"
    pairs = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    edits = {a + b[1:] for a, b in pairs if b}
    edits |= {a + b[1] + b[0] + b[2:] for a, b in pairs if len(b) > 1}
    edits |= {a + c + b[1:] for a, b in pairs if b for c in letters}
    edits |= {a + c + b for a, b in pairs for c in letters}
    edits.discard(word)
    return sorted((edit for edit in edits if edit in known), key=lambda edit: (-known[edit], edit))
