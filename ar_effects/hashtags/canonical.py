"""One tag for what people tag in many ways: #BrownBear, #brown_bears and #ursusarctos are "brownbear"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ar_effects.hashtags.everyday import (
    ABSTRACT_SUBJECTS,
    ACTS,
    ALIASES,
    FUNCTION_WORDS,
    MADE_SUBJECTS,
    NAMES,
    OWN_WORDS,
    PARENTS,
    PICTURED_SUBJECTS,
    TAG_WORDS,
)
from ar_effects.hashtags.wordnet import WordNet, wordnet
from ar_effects.hashtags.words import Splitter, normalise, one_edit_away, singulars, without_repeats

PICTURED_WEIGHT = 3.0
"""How much likelier a hashtag means what a picture can show than WordNet's texts do."""

CLASS_WEIGHT = 1.5
"""How much likelier still where it is one of the 1000 things that networks are taught to see."""

FIRST_WEIGHT = 2.5
"""The same where the word is the first of a meaning's words: a hedgehog is no porcupine, though called so."""

NAME_WEIGHT = 0.3
"""The same where the meaning is somebody's or some place's name: a crane is no writer."""

RANK_COST, LAST_RANK = 0.3, 2
"""How much rarer each further meaning is that WordNet's texts know as little of, and where that ends."""

OWN_SHARE, ABSTRACT_SHARE = 0.4, 0.8
"""Of a word's uses, how many one meaning must have for the word to stand for it: a thing, and an idea."""

THING_SHARE = 0.4
"""A verb that WordNet's texts have so often as a thing, too, is another tag than what one does: "shop"."""

MADE_THING_USES = 10
"""What is made ("painting") is another tag than to make it where the texts have it so often, or no tag is."""

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

    def is_thing(self, entry: CanonicalTag) -> bool:
        """Whether a tag means something that can be seen: a thing, an animal, a person, a place."""
        return entry.synset is not None and self.net.is_a(entry.synset, self._physical)

    def synset_tag(self, synset: int) -> CanonicalTag:
        """The canonical tag of a meaning, such as a class of a network."""
        name = self._name(synset)
        return CanonicalTag(name, synset, self._parents(synset, name), (name,))

    def _canonical(self, plain: str) -> CanonicalTag:
        word = self._one_word(plain)
        synset = self._synset(word)
        if synset is not None:
            name = word if word in OWN_WORDS else self._name(synset)
            return CanonicalTag(name, synset, self._parents(synset, name), (name,))
        if self.net.is_word(word):
            return CanonicalTag(word, None, (), (word,))
        parts = self._parts(word)
        if len(parts) == 1:
            return CanonicalTag(word, None, (), (word,))
        key = self._joined_key(parts)
        name = self._joined_names.get(key, key)
        return CanonicalTag(name, None, self._parents_of_joined(parts, name), parts)

    # --- one word -------------------------------------------------------------------------------------------

    def _one_word(self, plain: str) -> str:
        """A word without what spelling, number, habit and slips add to it."""
        for digit, letters in _NUMBER_WORDS:
            plain = _BETWEEN_LETTERS[digit].sub(letters, plain)
        word = next((w for w in without_repeats(plain) if self._is_known(w)), plain)
        word = ALIASES.get(word, word)
        word = self._singular(word)
        word = ALIASES.get(word, word)
        word = self._without_ing(word)
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
            elif (base in self._frequencies or base in ALIASES) and not self.net.is_word(word):
                return base
        return word

    def _without_ing(self, word: str) -> str:
        """What one does by its verb: "skiing" is "ski", but "painting" is a thing and "shopping" no shop."""
        stem = word[:-3]
        if not word.endswith("ing") or len(stem) < 3:
            return word
        sense = self._main_sense(word)
        if sense and sense[1] >= OWN_SHARE and self.net.subject(sense[0]) != ACTS:
            is_made = self.net.subject(sense[0]) in MADE_SUBJECTS and bool(self._frequencies)
            if not is_made or max(self.net.uses(word)) >= MADE_THING_USES:
                return word
        undoubled = [stem[:-1]] if stem[-1] == stem[-2] else []
        for verb in (stem, *undoubled, stem + "e"):
            if self.net.other_uses(verb) is not None:
                if self._uses_as_thing(verb) > THING_SHARE * (self.net.other_uses(verb) or 0):
                    return word
                # Of what nobody tags the verb, nor calls so, the name stays: "amazing" is not "amaze".
                is_verb = (
                    verb in self._frequencies if self._frequencies else self.net.other_uses(word) is None
                )
                return verb if is_verb else word
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

    def _uses_as_thing(self, word: str) -> int:
        """How often WordNet's texts have a word for a thing that can be seen."""
        meanings = zip(self.net.synsets(word), self.net.uses(word), strict=True)
        things = (uses for synset, uses in meanings if self.net.subject(synset) in PICTURED_SUBJECTS)
        return max(things, default=0)

    # --- joined words ---------------------------------------------------------------------------------------

    def _parts(self, word: str) -> tuple[str, ...]:
        """The words of a joined tag; "dogstagram" is "instadog" said the other way round."""
        for ending in ("stagram", "tagram", "gram"):
            stem = self._singular(word.removesuffix(ending))
            if word.endswith(ending) and len(stem) > 2 and word not in TAG_WORDS and self._is_known(stem):
                return "insta", stem
        parts = self._splitter.split(word, whole=False)
        if len(parts) == 1:
            return parts
        # A frequent joined tag is a part of others: "iloveyou" is "i" and "loveyou" at first.
        return tuple(piece for part in parts for piece in self._pieces(part))

    def _pieces(self, part: str) -> tuple[str, ...]:
        if len(part) < 4 or self.net.is_word(self._singular(part)) or part in TAG_WORDS:
            return (part,)
        return self._splitter.split(part, whole=False)

    def _joined_key(self, parts: tuple[str, ...]) -> str:
        """A joined tag with each of its words in its own canonical form.

        "iloveyou" is "loveyou", and "cleaneating" is "eatclean".
        """
        if parts[0] == "i" and len(parts) > 2:
            parts = parts[1:]
        plain = [part if len(part) < 3 or part in FUNCTION_WORDS else self._part_key(part) for part in parts]
        if parts[-1].endswith("ing") and plain[-1] != parts[-1]:
            plain = [plain[-1], *plain[:-1]]
        return "".join(plain)

    def _part_key(self, part: str) -> str:
        word = self._one_word(part) if part not in TAG_WORDS else part
        synset = self._synset(word)
        return word if synset is None or word in OWN_WORDS else self._name(synset)

    @cached_property
    def _joined_names(self) -> dict[str, str]:
        """Of the ways of writing a joined tag, the one tagged most, by key."""
        found: dict[str, str] = {}
        for tag in sorted(self._frequencies, key=lambda tag: (-self._frequencies[tag], tag)):
            if not self.net.is_word(tag) and tag not in ALIASES:
                parts = self._parts(tag)
                if len(parts) > 1:
                    found.setdefault(self._joined_key(parts), tag)
        return found

    @cached_property
    def _splitter(self) -> Splitter:
        return Splitter(_PartFrequencies(self._frequencies, self.net), total=1e6, longest=24)

    # --- meanings -------------------------------------------------------------------------------------------

    def _weights(self, word: str) -> list[tuple[int, float]]:
        """Each meaning of a noun with how likely it is meant in a hashtag."""
        found = []
        for rank, (synset, uses) in enumerate(zip(self.net.synsets(word), self.net.uses(word), strict=True)):
            weight = (uses + 1.0) / (1.0 + RANK_COST * min(rank, LAST_RANK))
            lemmas = self.net.lemmas(synset)
            if normalise(lemmas[0]) == word:
                weight *= FIRST_WEIGHT
            if not any(lemma.islower() and normalise(lemma) == word for lemma in lemmas):
                weight *= NAME_WEIGHT
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
            ranked = sorted(weights, key=lambda item: -item[1])
            # Against the next likeliest alone: WordNet has many meanings that nobody has in mind.
            rest = (ranked[1][1] if len(ranked) > 1 else 0.0) + (0.0 if others is None else others + 1.0)
            self._senses[word] = (ranked[0][0], ranked[0][1] / (ranked[0][1] + rest)) if ranked else None
        return self._senses[word]

    def _synset(self, word: str) -> int | None:
        sense = self._main_sense(word)
        if sense is None:
            return None
        needed = ABSTRACT_SHARE if self.net.subject(sense[0]) in ABSTRACT_SUBJECTS else OWN_SHARE
        return sense[0] if sense[1] >= needed else None

    def _words_for(self, synset: int) -> tuple[str, ...]:
        """The words that stand for a meaning: those whose main one it is."""
        words = dict.fromkeys(normalise(lemma) for lemma in self.net.lemmas(synset))
        return tuple(word for word in words if word not in OWN_WORDS and self._synset(word) == synset)

    def _name(self, synset: int) -> str:
        """The tag of a meaning: of its words the one tagged most; without tags, the one people say."""
        if synset not in self._names:
            words = self._words_for(synset)
            first = self.net.lemmas(synset)[0]
            tagged = max(words, key=lambda word: self._frequencies.get(word, 0.0), default="")
            if self._frequencies.get(tagged):
                name = tagged
            else:
                word = normalise(first)
                is_usual = not words or self._synset(word) is None  # "wrench" is more often a verb
                name = NAMES.get(first.lower()) or (word if is_usual else words[0])
            self._names[synset] = name
        return self._names[synset]

    # --- what is a kind of what -----------------------------------------------------------------------------

    @cached_property
    def _parent_names(self) -> dict[int, str]:
        """The kinds that people use, and what they call them."""
        found = {}
        for subject, words in PARENTS.items():
            for word in words.split():
                meanings = [s for s in self.net.synsets(word) if self.net.subject(s) == subject]
                first = [s for s in meanings if normalise(self.net.lemmas(s)[0]) == word]
                for synset in (first or meanings)[:1]:
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
        if word in FUNCTION_WORDS or word in TAG_WORDS:
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
