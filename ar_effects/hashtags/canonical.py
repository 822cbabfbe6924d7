"""One tag for what people tag in many ways: #BrownBear, #brown_bears and #ursusarctos are "brownbear"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ar_effects.hashtags.everyday import (
    ALIASES,
    FUNCTION_WORDS,
    NAMES,
    PARENTS,
    PICTURED_SUBJECTS,
)
from ar_effects.hashtags.wordnet import WordNet, wordnet
from ar_effects.hashtags.words import Splitter, normalise, one_edit_away, singulars, without_repeats

PICTURED_WEIGHT = 3.0
"""How much likelier a hashtag means what a picture can show than WordNet's texts do."""

CLASS_WEIGHT = 2.0
"""How much likelier still where it is one of the 1000 things that networks are taught to see."""

FIRST_WEIGHT = 2.5
"""The same where the word is the first of a meaning's words: a hedgehog is no porcupine, though called so."""

RANK_COST = 0.5
"""How much rarer each further meaning is that WordNet's texts know as little of."""

OWN_SHARE = 0.4
"""Of a word's uses, how many one meaning must have for the word to stand for it."""

MISSPELT_LENGTH, MISSPELT_RATIO = 6, 50.0
"""A word of so many letters, so many times rarer than one a letter away, is that one misspelt."""

SHORT_LENGTH, SHORT_MINIMUM = 4, 3.0
"""So short a word is part of a joined tag only if it is used so much: else every word falls to pieces."""

PHYSICAL_ENTITY_OFFSET = 1930

_NUMBER_WORDS = (("4", "for"), ("2", "to"))
_BETWEEN_LETTERS = {digit: re.compile(rf"(?<=[a-z]){digit}(?=[a-z])") for digit, _ in _NUMBER_WORDS}


@dataclass(frozen=True)
class CanonicalTag:
    """What a tag is called, and what that is a kind of.

    Attributes:
        tag: the canonical tag, plain; empty where nothing of the text is a tag.
        synset: its meaning in WordNet, by the number `WordNet` gives it; None where it has none.
        parents: canonical tags of what it is a kind of, the nearest first, by words that people use.
        parts: the words of a joined tag; the tag alone where it is one word.
    """

    tag: str
    synset: int | None = None
    parents: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


class Canonicaliser:
    """Brings tags to one form each.

    Args:
        frequencies: how often each plain tag is used, for what joined tags are split into, for what is a
            misspelling, and for which of several words is the usual one; None where no posts are known.
        net: WordNet; None for the shipped table.

    Raises:
        AssetError: the shipped table is missing or damaged.
    """

    def __init__(self, frequencies: Mapping[str, float] | None = None, net: WordNet | None = None) -> None:
        self._frequencies = dict(frequencies or {})
        self.net = net or wordnet()
        self._known: dict[str, CanonicalTag] = {}
        self._senses: dict[str, tuple[int, float] | None] = {}
        self._names: dict[int, str] = {}
        self._classes = frozenset(self.net.classes)

    def canonical(self, text: str) -> CanonicalTag:
        """The canonical tag of what somebody typed.

        Args:
            text: a tag, with or without its ``#``.

        Returns:
            The same for all ways of writing it; empty where the text holds no letter or is too long.
        """
        found = self._known.get(text)
        if found is None:
            plain = normalise(text)
            found = self._known[text] = self._canonical(plain) if plain else CanonicalTag("")
        return found

    def synset_tag(self, synset: int) -> CanonicalTag:
        """The canonical tag of a meaning, such as a class of a network."""
        name = self._name(synset)
        return CanonicalTag(name, synset, self._parents(synset, name), (name,))

    def _canonical(self, plain: str) -> CanonicalTag:
        word = self._one_word(plain)
        synset = self._synset(word)
        if synset is not None:
            name = self._name(synset) if word in self._words_for(synset) else word
            return CanonicalTag(name, synset, self._parents(synset, name), (name,))
        if self.net.is_word(word):
            return CanonicalTag(word, None, (), (word,))
        parts = self._splitter.split(word, whole=False)
        if len(parts) == 1:
            return CanonicalTag(word, None, (), (word,))
        return CanonicalTag(word, None, self._parents_of_joined(parts, word), parts)

    # --- one word -------------------------------------------------------------------------------------------

    def _one_word(self, plain: str) -> str:
        """A word without what spelling, number, habit and slips add to it."""
        for digit, letters in _NUMBER_WORDS:
            plain = _BETWEEN_LETTERS[digit].sub(letters, plain)
        word = next((w for w in without_repeats(plain) if self._is_known(w)), plain)
        word = ALIASES.get(word, word)
        word = self._singular(word)
        word = ALIASES.get(word, word)
        word = self.net.usual_spelling(word)
        if not self._is_known(word):
            word = self._spelt_right(word)
        return word

    def _is_known(self, word: str) -> bool:
        return word in self._frequencies or word in ALIASES or self.net.is_word(word)

    def _singular(self, word: str) -> str:
        irregular = self.net.irregular_singular(word)
        candidates = ([irregular] if irregular else []) + singulars(word)
        own = sum(self.net.uses(word)) + (self.net.other_uses(word) or 0)
        for base in candidates:
            if self.net.synsets(base):
                if not self.net.is_word(word) or sum(self.net.uses(base)) > 5 * own:
                    return base
            elif base in self._frequencies and not self.net.is_word(word):
                return base
        return word

    def _spelt_right(self, word: str) -> str:
        if len(word) < MISSPELT_LENGTH or not word.isascii() or not word.isalpha() or not self._frequencies:
            return word
        nearest = next(iter(one_edit_away(word, self._frequencies)), None)
        own = self._frequencies.get(word, 0.0)
        if nearest is None or self._frequencies[nearest] < MISSPELT_RATIO * max(own, 1.0):
            return word
        if len(self._splitter.split(word, whole=False)) > 1:  # two words, and no slip
            return word
        return nearest

    @cached_property
    def _splitter(self) -> Splitter:
        return Splitter(_PartFrequencies(self._frequencies, self.net), total=1e6, longest=24)

    # --- meanings -------------------------------------------------------------------------------------------

    def _weights(self, word: str) -> list[tuple[int, float]]:
        """Each meaning of a noun with how likely it is meant in a hashtag."""
        found = []
        for rank, (synset, uses) in enumerate(zip(self.net.synsets(word), self.net.uses(word), strict=True)):
            weight = (uses + 1.0) / (1.0 + RANK_COST * rank)
            if normalise(self.net.lemmas(synset)[0]) == word:
                weight *= FIRST_WEIGHT
            if self.net.subject(synset) in PICTURED_SUBJECTS:
                weight *= PICTURED_WEIGHT
            if synset in self._classes or synset in self._parent_names:
                weight *= CLASS_WEIGHT
            found.append((synset, weight))
        return found

    def _main_sense(self, word: str) -> tuple[int, float] | None:
        """The likeliest meaning of a word and its part of all uses, verbs and adjectives counted in."""
        if word not in self._senses:
            weights = self._weights(word)
            others = self.net.other_uses(word)
            total = sum(weight for _, weight in weights) + (0.0 if others is None else others + 1.0)
            best = max(weights, key=lambda item: item[1], default=None)
            self._senses[word] = None if best is None else (best[0], best[1] / total)
        return self._senses[word]

    def _synset(self, word: str) -> int | None:
        sense = self._main_sense(word)
        return sense[0] if sense and sense[1] >= OWN_SHARE else None

    def _words_for(self, synset: int) -> tuple[str, ...]:
        """The words that stand for a meaning: those whose main one it is."""
        words = dict.fromkeys(normalise(lemma) for lemma in self.net.lemmas(synset))
        return tuple(word for word in words if self._synset(word) == synset)

    def _name(self, synset: int) -> str:
        """The tag of a meaning: of its words the one tagged most; without tags, the one people say."""
        if synset not in self._names:
            words = self._words_for(synset)
            first = self.net.lemmas(synset)[0]
            tagged = max(words, key=lambda word: self._frequencies.get(word, 0.0), default="")
            if self._frequencies.get(tagged):
                name = tagged
            else:
                name = NAMES.get(first.lower()) or (words[0] if words else normalise(first))
            self._names[synset] = name
        return self._names[synset]

    # --- what is a kind of what -----------------------------------------------------------------------------

    @cached_property
    def _parent_names(self) -> dict[int, str]:
        """The kinds that people use, and what they call them."""
        found = {}
        for subject, words in PARENTS.items():
            for word in words.split():
                synset = next((s for s in self.net.synsets(word) if self.net.subject(s) == subject), None)
                if synset is not None:
                    found[synset] = NAMES.get(self.net.lemmas(synset)[0].lower(), word)
        return found

    def _parents(self, synset: int, name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for up in self.net.ancestors(synset):
            if up in self._parent_names:
                found[self._parent_names[up]] = None
        found.pop(name, None)
        return tuple(found)

    def _parents_of_joined(self, parts: tuple[str, ...], word: str) -> tuple[str, ...]:
        """Of a joined tag: its head noun, if that is a thing, and what this is a kind of."""
        head = parts[-1]
        for i, part in enumerate(parts[1:], 1):
            if part in {"of", "in", "for", "at", "on"}:
                head = parts[i - 1]
                break
        synset = self._synset(self._one_word(head))
        if synset is None or not self.net.is_a(synset, self._physical):
            return ()
        name = self._name(synset)
        return tuple(p for p in dict.fromkeys((name, *self._parents(synset, name))) if p != word)

    @cached_property
    def _physical(self) -> int:
        return self.net.by_offset(PHYSICAL_ENTITY_OFFSET)


class _PartFrequencies(Mapping[str, float]):
    """How often a word is a part of joined tags: the tags' own frequencies, and a little for other words."""

    def __init__(self, tags: Mapping[str, float], net: WordNet) -> None:
        self._tags, self._net = tags, net
        total = sum(tags.values())
        self._scale = 5e5 / total if total else 0.0

    def __getitem__(self, word: str) -> float:
        found = self._tags.get(word, 0.0) * self._scale
        if word in FUNCTION_WORDS:
            found += 2000.0
        elif len(word) > 2:
            found += self._words(word) or 0.5 * max(map(self._words, singulars(word)), default=0.0)
        if not found or (len(word) <= SHORT_LENGTH and found < SHORT_MINIMUM):
            raise KeyError(word)
        return found

    def _words(self, word: str) -> float:
        others = self._net.other_uses(word)
        uses = self._net.uses(word)
        return (sum(uses) + 0.3 if uses else 0.0) + (0.0 if others is None else others + 0.3)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)
