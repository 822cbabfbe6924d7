"""The tagger: hashtags of a picture, the surest first, and why each is there.

Four sources, each with its own way to be sure:

- the backbone's classes, summed up over WordNet to the kinds people name ("dog" of 120 breeds): animals, what
  one rides in, and food; other things only where a picture shows one thing, for in scenes the classes are
  nonsense;
- the head trained from posts (`ar_effects.hashtags.head`), of pictures like those that it learnt from;
- the head for everyday things in scenes (`ar_effects.hashtags.everyday_head`);
- what is known: light, faces, and what the picture's file says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.hashtags import head as trained_head
from ar_effects.hashtags.backbone import DEFAULT, Backbone, Features, seen
from ar_effects.hashtags.canonical import Canonicaliser, CanonicalTag
from ar_effects.hashtags.everyday_head import EverydayHead, read_everyday
from ar_effects.hashtags.head import Head, read_head
from ar_effects.hashtags.known import KnownTag, SeenFace, capture_tags, date_tags, face_tags
from ar_effects.hashtags.light import LightTag, light_tags
from ar_effects.hashtags.wordnet import WordNet, wordnet
from ar_effects.hashtags.words import normalise
from ar_effects.inference.provider_types import Provider
from ar_effects.media.xmp import Capture
from ar_effects.messages import Message
from ar_effects.records import Image

SCENE = "scene"
"""The everyday head's word for a picture of several things, which the classes know nothing of."""

ANIMALS, FOOD = 5, 13
CONVEYANCE_OFFSET, FURNITURE_OFFSET = 3100490, 3405725
"""WordNet's subjects, and the synsets of what one rides in and of furniture."""

GROUPS = ("animal", "conveyance", "food", "furniture", "thing")

SURE = {"animal": 0.5, "conveyance": 0.5, "food": 0.5, "furniture": 0.5, "thing": 0.6}
"""Summed probabilities from which on a kind is shown, where a picture shows one thing."""

SURE_IN_SCENES = {"animal": 0.8, "conveyance": 0.5, "food": 0.9, "furniture": 0.3, "thing": np.inf}
"""The same in scenes; by photographs that were held out: benchmarks/results/tagger.json."""

WIDE = frozenset({
    "animal", "plant", "person", "people", "food", "vehicle", "musicalinstrument", "furniture", "clothing",
    "footwear", "building", "tool", "weapon", "thing", "fruit", "ediblefruit", "vegetable", "drink",
    "beverage", "shop", "house", "jewelry", "aircraft", "ship",
})  # fmt: skip
"""Kinds so wide that nobody who sees the picture learns anything: told as parents, and no tags of their
own."""

MOST = 12
"""Tags of one picture."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag of a picture.

    Attributes:
        tag: canonical, without the #.
        score: 0..1, how likely it is right.
        why: where it comes from.
        parents: canonical tags of what it is a kind of, the nearest first.
    """

    tag: str
    score: float
    why: Message
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tagged:
    """What the tagger says of one picture.

    Attributes:
        tags: the surest first.
        embedding: (size,) float32 of length 1.
        people: how many faces are known; None where nobody looked.
    """

    tags: tuple[Tag, ...]
    embedding: NDArray[np.float32]
    people: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of a picture besides its pixels.

    Attributes:
        faces: found in it or told by its file; None where nobody looked.
        capture: what its file says; None for nothing.
        taken: when, where that may be told.
        places: tags of where, where that may be told.
    """

    faces: Sequence[SeenFace] | None = None
    capture: Capture | None = None
    taken: datetime | None = None
    places: Iterable[KnownTag] = field(default_factory=tuple)


class Tagger:
    """Gives pictures their hashtags. Several threads may use one at once.

    Args:
        backbone: of a network in ``models/manifest.toml``, or the path of an ONNX file.
        provider: what to run on; None for the CPU.
        threads: of the CPU provider.
        everyday: another head for everyday things than the shipped one.

    Raises:
        ModelError: a network or head is missing or damaged.
        AssetError: the table of words is missing or damaged.
    """

    def __init__(
        self,
        backbone: str | Path = DEFAULT,
        provider: Provider | None = None,
        threads: int | None = None,
        everyday: EverydayHead | None = None,
    ) -> None:
        self.backbone = Backbone(backbone, provider, threads)
        self._net = wordnet()
        self._canonical = Canonicaliser()
        self._kinds = _Kinds(self._net, self._canonical)
        everyday = everyday or read_everyday()
        head = read_head() if trained_head.SHIPPED.is_file() else None
        # A head is worth nothing on another network's embeddings.
        self._everyday = everyday if everyday.backbone == self.backbone.name else None
        self._head = head if head is not None and head.backbone == self.backbone.name else None
        self._words = [replace(self._canonical.canonical(tag), tag=normalise(tag)) for tag in everyday.tags]

    def tag(self, picture: Image, known: Known | None = None) -> Tagged:
        """The tags of one picture, (h, w, 3) uint8 BGR. InputError, ModelError."""
        small = seen(picture, self.backbone.side)  # is the same for light, and a thirtieth of a photo
        return self.tag_features(self.backbone.run([small]), [small], known)

    def tag_features(
        self, features: Features, pictures: Sequence[Image], known: Known | None = None
    ) -> Tagged:
        """The tags of one picture, or of several of one clip, by what the backbone said of them.

        Args:
            features: of the pictures.
            pictures: at least one.
            known: besides.
        """
        known = known or Known()
        embedding = features.embedding.mean(axis=0, keepdims=True)
        tags = [*self._known(known), *self._light(pictures), *self._content(features, embedding)]
        best: dict[str, Tag] = {}
        for tag in tags:
            if tag.tag and (tag.tag not in best or tag.score > best[tag.tag].score):
                best[tag.tag] = tag
        length = max(float(np.linalg.norm(embedding)), 1e-12)
        faces = known.faces
        return Tagged(
            tuple(sorted(best.values(), key=lambda tag: -tag.score)[:MOST]),
            (embedding[0] / length).astype(np.float32),
            None if faces is None else len(faces),
        )

    def _content(self, features: Features, embedding: NDArray[np.float32]) -> list[Tag]:
        found: list[Tag] = []
        scene = self._everyday is not None
        if self._everyday is not None:
            scores = self._everyday.scores(embedding)[0]
            scene = self._is_scene(self._everyday, scores)
            found.extend(self._everyday_tags(self._everyday, scores))
        if features.logits.shape[1] == len(self._net.classes):
            found.extend(self._kinds.tags(features.logits, SURE_IN_SCENES if scene else SURE))
        if self._head is not None and self._head.is_familiar(embedding)[0]:
            found.extend(self._head_tags(self._head, embedding))
        return found

    @staticmethod
    def _is_scene(head: EverydayHead, scores: NDArray[np.float32]) -> bool:
        at = head.tags.index(SCENE) if SCENE in head.tags else None
        return at is None or bool(scores[at] >= head.threshold[at])

    def _everyday_tags(self, head: EverydayHead, scores: NDArray[np.float32]) -> Iterable[Tag]:
        for at in np.nonzero(scores >= head.threshold)[0]:
            if head.tags[at] != SCENE:
                sure = float(np.clip(0.9 + 0.09 * (scores[at] - head.threshold[at]), 0.9, 0.99))
                yield _tag(self._words[at], sure, Message("why.everyday", name=head.tags[at]))

    def _head_tags(self, head: Head, embedding: NDArray[np.float32]) -> Iterable[Tag]:
        scores = head.scores(embedding)[0]
        for at in np.nonzero(scores >= head.threshold)[0]:
            word = self._canonical.canonical(head.tags[at])
            tag = CanonicalTag(head.tags[at], word.synset, word.parents)
            yield _tag(tag, float(scores[at]), Message("why.posts", fraction=float(scores[at])))

    def _light(self, pictures: Sequence[Image]) -> Iterable[Tag]:
        """Those that all pictures of a clip have."""
        every = [light_tags(picture) for picture in pictures]
        for light in every[0] if every else []:
            if all(light.tag in {other.tag for other in some} for some in every):
                yield self._worded(light)

    def _known(self, known: Known) -> Iterable[Tag]:
        if known.capture is not None:
            yield from map(self._worded, capture_tags(known.capture))
        if known.faces:
            yield from map(self._worded, face_tags(known.faces))
        if known.taken is not None:
            yield from map(self._worded, date_tags(known.taken))
        yield from map(self._worded, known.places)

    def _worded(self, known: KnownTag | LightTag) -> Tag:
        word = self._canonical.canonical(known.tag)
        return _tag(replace(word, tag=known.tag), known.score, known.why)


def _tag(word: CanonicalTag, score: float, why: Message) -> Tag:
    return Tag(word.tag, round(score, 4), why, word.parents)


class _Kinds:
    """The classes of ImageNet and the kinds that people name, and which class is of which."""

    def __init__(self, net: WordNet, canonical: Canonicaliser) -> None:
        conveyance, furniture = net.by_offset(CONVEYANCE_OFFSET), net.by_offset(FURNITURE_OFFSET)
        columns: dict[int, list[int]] = {}
        words: dict[int, CanonicalTag] = {}
        named: dict[str, int] = {}
        for at, synset in enumerate(net.classes):
            word = canonical.synset_tag(synset)
            words[synset] = word
            columns.setdefault(synset, []).append(at)
            for parent in word.parents:
                if parent not in named:
                    up = next(
                        (a for a in net.ancestors(synset) if canonical.synset_tag(a).tag == parent), None
                    )
                    if up is None:
                        continue
                    named[parent] = up
                    words[up] = canonical.synset_tag(up)
                if net.is_a(synset, named[parent]):
                    columns.setdefault(named[parent], []).append(at)
        self.synsets = [s for s in columns if words[s].tag not in WIDE]
        self.words = [words[s] for s in self.synsets]
        self.labels = [net.lemmas(s)[0] for s in self.synsets]
        groups = [
            "animal" if net.subject(s) == ANIMALS else "food" if net.subject(s) == FOOD
            else "conveyance" if net.is_a(s, conveyance)
            else "furniture" if s in net.classes and net.is_a(s, furniture) else "thing"
            for s in self.synsets
        ]  # fmt: skip
        self.groups = np.array([GROUPS.index(name) for name in groups])
        self.sums = np.zeros((len(net.classes), len(self.synsets)), np.float32)
        for column, synset in enumerate(self.synsets):
            self.sums[sorted(set(columns[synset])), column] = 1.0

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """(kinds,) the sums of the classes' softmax, its mean over the pictures of a clip."""
        shifted = logits - logits.max(axis=1, keepdims=True)
        grown = np.exp(shifted)
        shares = (grown / grown.sum(axis=1, keepdims=True)).mean(axis=0)
        found: NDArray[np.float32] = shares @ self.sums
        return found

    def tags(self, logits: NDArray[np.float32], sure: dict[str, float]) -> Iterable[Tag]:
        probabilities = self.probabilities(logits)
        needed = np.array([sure[name] for name in GROUPS], np.float32)[self.groups]
        for at in np.nonzero(probabilities >= needed)[0]:
            probability = float(probabilities[at])
            why = Message("why.class", name=self.labels[at], fraction=probability)
            yield _tag(self.words[at], min(probability, 0.99), why)
