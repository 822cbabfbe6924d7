"""Makes the compact table of nouns out of WordNet's files (wndb(5WN) tells their format)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ar_effects.hashtags.words import normalise

HYPERNYM, INSTANCE_HYPERNYM = "@", "@i"
OTHER_PARTS_OF_SPEECH = {"verb": "2", "adj": "3", "adv": "4"}


class Synset(NamedTuple):
    offset: int
    subject: int  # the lexicographer's file: 5 are animals, 6 artefacts ...
    lemmas: tuple[str, ...]
    identifiers: tuple[int, ...]  # of each lemma within its lexicographer's file
    hypernyms: tuple[int, ...]  # offsets


def synsets_of(data: str) -> Iterator[Synset]:
    """The synsets of a data file, in its order."""
    for line in data.splitlines():
        if line.startswith("  "):  # the licence
            continue
        fields = line.split(" | ", 1)[0].split()
        count = int(fields[3], 16)
        words = fields[4 : 4 + 2 * count]
        at = 5 + 2 * count
        pointers = [fields[at + 4 * i : at + 4 * i + 4] for i in range(int(fields[at - 1]))]
        yield Synset(
            int(fields[0]),
            int(fields[1]),
            tuple(word.split("(")[0] for word in words[::2]),  # adjectives carry "(a)" and the like
            tuple(int(identifier, 16) for identifier in words[1::2]),
            tuple(int(to) for kind, to, *_ in pointers if kind in {HYPERNYM, INSTANCE_HYPERNYM}),
        )


def counts_of(counts: str) -> dict[tuple[str, str, int, int], int]:
    """How often each sense was met in the tagged texts: by lemma, part of speech, subject, identifier."""
    found: dict[tuple[str, str, int, int], int] = {}
    for line in counts.splitlines():
        key, _, count = line.split()
        lemma, rest = key.split("%", 1)
        speech, subject, identifier, *_ = rest.split(":")
        at = lemma, speech, int(subject), int(identifier)
        found[at] = max(found.get(at, 0), int(count))
    return found


def spelling_variants(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Words of one synset that differ by a habit of spelling: "colourful" by "colorful", "grey" by "gray"."""
    both_ways = (pair for one, other in pairs for pair in ((one, other), (other, one)))
    return {british: american for british, american in both_ways if american in _american(british)}


def _american(word: str) -> set[str]:
    habits = [("our", "or"), ("is", "iz"), ("ys", "yz"), ("ll", "l"), ("grey", "gray"), ("re", "er")]
    habits += [("ae", "e"), ("oe", "e"), ("ogue", "og"), ("ence", "ense"), ("pp", "p")]
    return {
        word[:i] + new + word[i + len(old) :]
        for old, new in habits
        for i in range(1 if old != "grey" else 0, len(word))
        if word.startswith(old, i)
    }


def noun_table(files: Mapping[str, str], classes: list[int]) -> dict[str, NDArray[np.generic]]:
    """The arrays of the table, by the names that `ar_effects.hashtags.wordnet` reads.

    Args:
        files: WordNet's files by name.
        classes: offsets of ImageNet's classes in order.
    """
    synsets = list(synsets_of(files["data.noun"]))
    index = {synset.offset: i for i, synset in enumerate(synsets)}
    counts = counts_of(files["cntlist.rev"])

    def count(lemma: str, synset: Synset, identifier: int, speech: str = "1") -> int:
        return counts.get((lemma.lower(), speech, synset.subject, identifier), 0)

    uses = {
        (lemma.lower(), i): count(lemma, synset, identifier)
        for i, synset in enumerate(synsets)
        for lemma, identifier in zip(synset.lemmas, synset.identifiers, strict=True)
    }
    # "blackout" is known from "blackout" first, and from "black out" for what senses that has besides.
    senses: dict[str, dict[int, int]] = {}
    index_lines = [line.split() for line in files["index.noun"].splitlines() if not line.startswith("  ")]
    for fields in sorted(index_lines, key=lambda f: (sum(c in "_-" for c in f[0]), f[0])):
        lemma, key = fields[0], normalise(fields[0])
        if key:
            for offset in fields[-int(fields[2]) :]:
                at = index[int(offset)]
                senses.setdefault(key, {}).setdefault(at, uses[lemma, at])
    keys = sorted(senses)

    others: dict[str, int] = {}
    neighbours: list[tuple[str, str]] = []
    for name, speech in OTHER_PARTS_OF_SPEECH.items():
        for synset in synsets_of(files[f"data.{name}"]):
            words = [normalise(lemma) for lemma in synset.lemmas]
            neighbours += [(a, b) for a in words for b in words if a < b]
            speeches = (speech, "5") if name == "adj" else (speech,)
            for lemma, word, identifier in zip(synset.lemmas, words, synset.identifiers, strict=True):
                # "work out" says nothing of how "workout" is used.
                met = sum(count(lemma, synset, identifier, s) for s in speeches if "_" not in lemma)
                others[word] = others.get(word, 0) + met
    others.pop("", None)
    variants = spelling_variants(neighbours)
    irregular = dict(line.split()[:2] for line in files["noun.exc"].splitlines())
    irregular = {normalise(many): normalise(one) for many, one in irregular.items()}
    return {
        "offsets": np.array([synset.offset for synset in synsets], np.uint32),
        "subjects": np.array([synset.subject for synset in synsets], np.uint8),
        "lemmas": _text("|".join(synset.lemmas) for synset in synsets),
        "lemma_uses": np.array(
            [uses[w.lower(), i] for i, s in enumerate(synsets) for w in s.lemmas], np.uint16
        ),
        "hypernym_counts": np.array([len(synset.hypernyms) for synset in synsets], np.uint8),
        "hypernyms": np.array([index[to] for synset in synsets for to in synset.hypernyms], np.uint32),
        "keys": _text(keys),
        "sense_counts": np.array([len(senses[key]) for key in keys], np.uint8),
        "senses": np.array([at for key in keys for at in senses[key]], np.uint32),
        "sense_uses": np.array([n for key in keys for n in senses[key].values()], np.uint16),
        "other_words": _text(sorted(others)),
        "other_uses": np.array([others[word] for word in sorted(others)], np.uint16),
        "variants": _text(f"{word} {variants[word]}" for word in sorted(variants)),
        "irregular": _text(f"{many} {irregular[many]}" for many in sorted(irregular)),
        "classes": np.array([index[offset] for offset in classes], np.uint32),
    }


def _text(lines: Iterable[str]) -> NDArray[np.uint8]:
    """Lines of ASCII as bytes: an array of strings would be padded to the longest."""
    return np.frombuffer("\n".join(lines).encode("ascii"), np.uint8)
