"""The nouns of WordNet 3.0 (Miller, 1995), from the table that ``tools/wordnet`` makes.

A synset is one meaning and the words for it; here it is a number, its place in the table. Words are asked
for as plain tags (`ar_effects.hashtags.words.normalise`), so that "brownbear" is WordNet's "brown_bear".
"""

from __future__ import annotations

import zipfile
from bisect import bisect_left
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import AssetError
from ar_effects.hashtags.words import normalise
from ar_effects.messages import Message
from ar_effects.paths import ASSETS, RESTORE

TABLE = ASSETS / "hashtags" / "wordnet.npz"

WHOLE_OFFSET = 3553
"""WordNet's "whole": parts that are regarded as one thing. What a picture shows lies below."""

Integers: TypeAlias = NDArray[np.int64]


class WordNet:
    """Words, synsets, and what is a kind of what.

    Args:
        path: the table.

    Raises:
        AssetError: the table is missing or damaged.
    """

    def __init__(self, path: Path = TABLE) -> None:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as table:
                self._arrays = {name: table[name] for name in table.files}
            self._offsets = self._arrays["offsets"].astype(np.int64)
            self._keys = self._lines("keys")
            self._sense_starts = _starts(self._arrays["sense_counts"])
            self._hypernym_starts = _starts(self._arrays["hypernym_counts"])
            self.classes: tuple[int, ...] = tuple(self._arrays["classes"].tolist())
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise AssetError(Message("hashtags.wordnet-unreadable", path=path), fix=RESTORE) from error

    def _lines(self, name: str) -> list[str]:
        text: str = self._arrays[name].tobytes().decode("ascii")
        return text.split("\n")

    # --- words ----------------------------------------------------------------------------------------------

    def synsets(self, word: str) -> tuple[int, ...]:
        """The meanings of a noun, as a plain tag, the most used first; none where it is no noun."""
        at = self._place(word)
        if at is None:
            return ()
        return tuple(self._arrays["senses"][self._sense_starts[at] : self._sense_starts[at + 1]].tolist())

    def uses(self, word: str) -> tuple[int, ...]:
        """How often each meaning was met in WordNet's tagged texts, in the order of `synsets`."""
        at = self._place(word)
        if at is None:
            return ()
        return tuple(self._arrays["sense_uses"][self._sense_starts[at] : self._sense_starts[at + 1]].tolist())

    def other_uses(self, word: str) -> int | None:
        """How often a word was met there as a verb, adjective or adverb; None where it is none of them."""
        return self._other_words.get(word)

    def is_word(self, word: str) -> bool:
        """Whether it is a word of any kind, in its basic form."""
        return self._place(word) is not None or word in self._other_words

    def usual_spelling(self, word: str) -> str:
        """The American spelling of a word that is no noun: "colourful" is "colorful"; others as they are."""
        return self._variants.get(word, word)

    def irregular_singular(self, word: str) -> str | None:
        """The singular of a plural that is not made by rule ("men"); None for others."""
        return self._irregular.get(word)

    def _place(self, word: str) -> int | None:
        at = bisect_left(self._keys, word)
        return at if at < len(self._keys) and self._keys[at] == word else None

    @cached_property
    def _other_words(self) -> dict[str, int]:
        return dict(zip(self._lines("other_words"), self._arrays["other_uses"].tolist(), strict=True))

    @cached_property
    def _variants(self) -> dict[str, str]:
        return dict(line.split() for line in self._lines("variants"))

    @cached_property
    def _irregular(self) -> dict[str, str]:
        return dict(line.split() for line in self._lines("irregular"))

    # --- synsets --------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._offsets)

    def lemmas(self, synset: int) -> tuple[str, ...]:
        """The words of a synset, with blanks: ("brown bear", "bruin", "Ursus arctos")."""
        return tuple(self._lemmas[synset].replace("_", " ").split("|"))

    def lemma_uses(self, synset: int) -> tuple[int, ...]:
        """How often each of `lemmas` was met in this meaning in WordNet's tagged texts."""
        start = int(self._lemma_starts[synset])
        return tuple(self._arrays["lemma_uses"][start : start + len(self.lemmas(synset))].tolist())

    def subject(self, synset: int) -> int:
        """The number of its lexicographer's file: 5 animals, 6 artefacts, 13 food, 18 people, 20 plants."""
        return int(self._arrays["subjects"][synset])

    def name(self, synset: int) -> str:
        """The word most used for a synset, as a plain tag; the first where the texts know none of them."""
        words = [normalise(lemma) for lemma in self.lemmas(synset)]
        uses = self.lemma_uses(synset)
        return words[max(range(len(words)), key=lambda i: (uses[i], -i))]

    def hypernyms(self, synset: int) -> tuple[int, ...]:
        """What it is a kind, or an instance, of, one step up."""
        start, stop = self._hypernym_starts[synset : synset + 2]
        return tuple(self._arrays["hypernyms"][start:stop].tolist())

    def ancestors(self, synset: int) -> tuple[int, ...]:
        """Everything it is a kind of, the nearest first, each once."""
        found: dict[int, None] = {}
        level = self.hypernyms(synset)
        while level:
            found.update(dict.fromkeys(level))
            level = tuple(dict.fromkeys(up for at in level for up in self.hypernyms(at) if up not in found))
        return tuple(found)

    def paths(self, synset: int) -> list[tuple[int, ...]]:
        """Every way from a synset (first) up to the root (last)."""
        ups = self.hypernyms(synset)
        return [(synset, *path) for up in ups for path in self.paths(up)] if ups else [(synset,)]

    def is_a(self, synset: int, ancestor: int) -> bool:
        """Whether it is a kind of the other, or the same."""
        return synset == ancestor or ancestor in self.ancestors(synset)

    @cached_property
    def whole(self) -> int:
        """WordNet's "whole"."""
        return self.by_offset(WHOLE_OFFSET)

    def below_whole(self, synset: int) -> bool:
        """Whether it is a kind of "whole", and not that itself."""
        return self.whole in self.ancestors(synset)

    def parents_below_whole(self, synset: int) -> tuple[int, ...]:
        """Its ancestors that are a kind of "whole" themselves, the nearest first."""
        return tuple(up for up in self.ancestors(synset) if self.below_whole(up))

    def by_offset(self, offset: int) -> int:
        """The synset of a WordNet 3.0 offset: 2084071, or ImageNet's n02084071, is the dog. KeyError."""
        at = int(np.searchsorted(self._offsets, offset))
        if at == len(self._offsets) or self._offsets[at] != offset:
            raise KeyError(offset)
        return at

    def offset(self, synset: int) -> int:
        """Its WordNet 3.0 offset."""
        return int(self._offsets[synset])

    @cached_property
    def _lemmas(self) -> list[str]:
        return self._lines("lemmas")

    @cached_property
    def _lemma_starts(self) -> Integers:
        return _starts(np.array([line.count("|") + 1 for line in self._lemmas]))


def _starts(counts: NDArray[np.generic]) -> Integers:
    """Where each group of a flat array starts, and where the last ends."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


@cache
def wordnet() -> WordNet:
    """The shipped table, read once. AssetError."""
    return WordNet()
