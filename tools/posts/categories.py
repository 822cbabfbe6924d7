"""A category of photographs in words: what people would call it, and which real tag is nearest in meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.everyday import ANIMALS, ARTEFACTS, FOOD, PICTURED_SUBJECTS
from ar_effects.hashtags.words import normalise, singulars

VIEWS = ("body", "head", "face", "side")
"""What categories add to say what of a thing is seen: "crocodile_head"."""

TOPICS = {
    "aircraft": "travel",
    "alcohol": "drink",
    "ball": "sport",
    "building": "architecture",
    "clothes": "fashion",
    "computer": "work",
    "furniture": "interior",
    "musicalinstrument": "music",
    "phone": "iphone",
    "plant": "nature",
    "sailboat": "boat",
    "tower": "architecture",
    "vehicle": "travel",
}
"""Where no parent is a real tag: the real tag of the topic that such things belong to."""

BRANDS = frozenset({"apple", "jordan", "puma"})
"""Tags of real posts that mean a maker of things, and not the thing: their companions do not fit it."""

FOOD_OFFSET = 21265
"""WordNet's "food", which is no kind of "whole"."""

MEANT = {"bass": ANIMALS, "cup": ARTEFACTS, "nautilus": ANIMALS, "octopus": ANIMALS, "seahorse": ANIMALS}
"""Which of a word's meanings a category of photographs has, where people mean another."""

OTHER_WORDS = {
    "faces": "face",
    "binocular": "binoculars",
    "garfield": "cat",
    "motorbikes": "motorcycle",
    "snoopy": "beagle",
    "stopsign": "streetsign",
    "waterlilly": "waterlily",
    "yinyang": "symbol",
}
"""Words of categories that WordNet lacks, by one of the nearest meaning that it has."""


OTHER_SPELLINGS = frozenset({"binocular", "faces", "motorbikes", "waterlilly"})
"""Of these, those that are only spelt, or called, in another way."""


@dataclass(frozen=True)
class CategoryWords:
    """What people may tag a photograph of a category with.

    Attributes:
        category: as the folder is called.
        tag: its own canonical tag.
        synset: its meaning; None where WordNet has none.
        own: what is typed for it: its word, its plural, synonyms; plain, the usual first.
        parents: canonical tags of what it is a kind of, the nearest first.
        anchor: the real tag of the nearest meaning, whose companions stand for its own; empty where none is.
    """

    category: str
    tag: str
    synset: int | None
    own: tuple[str, ...]
    parents: tuple[str, ...]
    anchor: str

    @property
    def true_tags(self) -> frozenset[str]:
        """Everything that says truly what is shown, plain."""
        return frozenset((self.tag, *self.own, *self.parents))


def category_words(category: str, canonicaliser: Canonicaliser, counts: Mapping[str, int]) -> CategoryWords:
    """The words of a category.

    Args:
        category: such as "grand_piano".
        canonicaliser: of the tags.
        counts: how often each real tag is used.
    """
    net = canonicaliser.net
    plain = _without_view(category)
    synset = _pictured(OTHER_WORDS.get(plain, plain), canonicaliser)
    if synset is None:
        return CategoryWords(category, plain, None, (plain,), (), plain if plain in counts else "")
    entry = canonicaliser.synset_tag(synset)
    if plain in OTHER_WORDS and normalise(category) != OTHER_WORDS[plain]:
        own, tag, parents = [plain], plain, (entry.tag, *entry.parents)
        if plain in OTHER_SPELLINGS:
            own, tag, parents = [entry.tag], entry.tag, entry.parents
    else:
        words = dict.fromkeys(normalise(lemma) for lemma in net.lemmas(synset))
        means_it = [word for word in words if canonicaliser.canonical(word).tag == entry.tag]
        usual = plain if plain in means_it else entry.tag
        own, tag, parents = [usual, *(w for w in means_it if w != usual)], entry.tag, entry.parents
    own.append(_plural(own[0]))
    return CategoryWords(category, tag, synset, tuple(own), parents, _anchor(synset, canonicaliser, counts))


def _without_view(category: str) -> str:
    words = category.lower().replace("-", "_").split("_")
    if len(words) > 1 and words[-1] in VIEWS:
        words = words[:-1]
    return normalise("".join(words))


def _plural(word: str) -> str:
    if word.endswith("fish"):
        return word
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _pictured(word: str, canonicaliser: Canonicaliser) -> int | None:
    """What a word means in tags, or the first of its meanings that a photograph can show."""
    net = canonicaliser.net
    usual = canonicaliser.canonical(word).synset
    wanted = {MEANT[word]} if word in MEANT else PICTURED_SUBJECTS
    for candidate in (word, *singulars(word)):
        shown = [synset for synset in net.synsets(candidate) if net.subject(synset) in wanted]
        shown.sort(key=lambda s: (s not in net.classes, normalise(net.lemmas(s)[0]) != candidate))
        if word not in MEANT and usual is not None and net.subject(usual) in wanted:
            return usual
        if shown:
            return shown[0]
    return None


def _anchor(synset: int, canonicaliser: Canonicaliser, counts: Mapping[str, int]) -> str:
    """Of the meaning's words, then its parents' from the nearest, the first that is a real tag."""
    net = canonicaliser.net
    for at in (synset, *net.ancestors(synset)):
        is_shown = net.below_whole(at) or net.subject(at) == FOOD or net.offset(at) == FOOD_OFFSET
        if not is_shown and at != synset:  # "object" and "entity" are no topics
            continue
        words = [canonicaliser.synset_tag(at).tag, *(normalise(lemma) for lemma in net.lemmas(at))]
        # A word counts where this is what it means in tags: WordNet calls a person "cause".
        known = [
            w for w in words if w in counts and w not in BRANDS and canonicaliser.canonical(w).synset == at
        ]
        if known:
            return max(known, key=lambda word: (counts[word], word))
    parents = canonicaliser.synset_tag(synset).parents
    return next((TOPICS[up] for up in parents if TOPICS.get(up) in counts), "")
