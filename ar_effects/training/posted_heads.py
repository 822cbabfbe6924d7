"""From a file of posts to a head: pictures looked at by the shipped backbone, tags as shards have them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ar_effects.errors import InputError, SourceError, TrainingError
from ar_effects.hashtags.backbone import DEFAULT, Backbone
from ar_effects.hashtags.canonical import Canonicaliser
from ar_effects.hashtags.head import Head
from ar_effects.hashtags.posts import Post, read_posts
from ar_effects.hashtags.vocabulary import Vocabulary
from ar_effects.hashtags.words import normalise
from ar_effects.media.pictures import read
from ar_effects.messages import Message
from ar_effects.training.heads import Floats, HeadSettings, train_head, varied
from ar_effects.training.losses import multi_hot
from ar_effects.training.preparing import VocabularyOptions, prepare

Embed = Callable[[Path, int, int], Floats | None]
"""A picture's file, number and view to its embedding, (D,); None where it cannot be read."""


@dataclass(frozen=True, slots=True, eq=False)
class PostedHead:
    """A head, and what became of the posts.

    Attributes:
        head: what was learnt.
        pictures: how many it learnt from.
        left_out: files that could not be read, or have no tag that is learnt.
        tags: how many tags the vocabulary has, those that no picture shows among them.
    """

    head: Head
    pictures: int
    left_out: Sequence[Path]
    tags: int


def backbone_embedder(name: str | Path = DEFAULT) -> Embed:
    """Looks by a backbone that runs here. ModelError where it cannot."""
    backbone = Backbone(name, threads=1)

    def embed(file: Path, number: int, view: int) -> Floats | None:
        try:
            picture = read(file).bgr
        except (SourceError, InputError):
            return None
        return np.asarray(backbone.run([varied(picture, view, number)]).embedding[0])

    return embed


def head_from_posts(
    posts_file: Path,
    settings: HeadSettings,
    *,
    folder: Path | None = None,
    truth_file: Path | None = None,
    options: VocabularyOptions | None = None,
    views: int = 5,
    embed: Embed | None = None,
    backbone: str = DEFAULT,
    notes: dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PostedHead:
    """Learn a head from posts.

    Args:
        posts_file: JSON lines, as `ar_effects.hashtags.posts` reads them.
        settings: of learning and calibration.
        folder: that pictures are named relative to; None for the posts' own.
        truth_file: JSON lines with ``file`` and ``true_tags``, what is right of a picture, to calibrate with;
            None to take what was posted for right.
        options: of the vocabulary.
        views: of each picture; the first is the picture as it is.
        embed: how pictures are looked at; None for the shipped backbone.
        backbone: its name.
        notes: kept in the head's file.
        progress: told how many pictures of all are done.

    Returns:
        The head and what was left out.

    Raises:
        PostsError: a file cannot be read, or no tag is left.
        TrainingError: no picture is left, or none of the tags can be learnt.
        ModelError: the backbone cannot run.
    """
    # All tags: which ones say nothing, bait among them, the pictures tell better than a tag's companions.
    posts, _ = read_posts(posts_file)
    canonicaliser = _canonicaliser(posts)
    options = options or VocabularyOptions()
    vocabulary = Vocabulary.of_posts(
        posts,
        canonicaliser,
        minimum=options.minimum,
        per_maker=options.per_maker,
        largest=options.largest,
        with_parents=options.with_parents,
    )
    prepared = prepare(posts_file, options, vocabulary=vocabulary, folder=folder)
    embed = embed or backbone_embedder(backbone)
    kept, left_out, embedded = [], [], []
    for number, example in enumerate(prepared.examples):
        found = (
            _embedded(embed, example.file, number, views) if example.tags and not example.dropped else None
        )
        if found is None:
            left_out.append(example.file)
        else:
            kept.append(number)
            embedded.append(found)
        if progress is not None:
            progress(number + 1, len(prepared.examples))
    if not kept:
        raise TrainingError(Message("train.nothing-to-learn", place=posts_file))
    names = prepared.vocabulary.names
    posted = multi_hot([prepared.examples[i].tags for i in kept], len(names)).numpy()
    right = None
    if truth_file is not None:
        base = posts_file.parent if folder is None else folder
        files = [prepared.examples[i].file for i in kept]
        right = _truth(truth_file, base, files, names, canonicaliser)
    kept_notes = {"pictures": len(kept), "posts": len(prepared.examples), "looks": views} | (notes or {})
    stacked = np.stack(embedded, axis=1)
    head = train_head(stacked, posted, names, settings, backbone=backbone, right=right, notes=kept_notes)
    return PostedHead(head, len(kept), tuple(left_out), len(names))


def _canonicaliser(posts: Sequence[Post]) -> Canonicaliser:
    return Canonicaliser(Counter(plain for post in posts for tag in post.tags if (plain := normalise(tag))))


def _embedded(embed: Embed, file: Path, number: int, views: int) -> Floats | None:
    found = []
    for view in range(views):
        one = embed(file, number, view)
        if one is None:
            return None
        found.append(one)
    return np.stack(found)


def _truth(
    truth_file: Path, base: Path, files: Sequence[Path], names: Sequence[str], canonicaliser: Canonicaliser
) -> Floats:
    """(pictures, tags), 1 where a tag says truly what the picture shows."""
    places = {name: i for i, name in enumerate(names)}
    true_of: dict[Path, set[int]] = {}
    try:
        for line in truth_file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            canonical = (canonicaliser.canonical(tag).tag for tag in entry["true_tags"])
            own = true_of.setdefault(base / str(entry["file"]), set())
            own.update(places[tag] for tag in canonical if tag in places)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(Message("train.truth-unreadable", path=truth_file, reason=error)) from None
    right = np.zeros((len(files), len(names)), np.float32)
    for row, file in enumerate(files):
        right[row, sorted(true_of.get(file, ()))] = 1.0
    return right
