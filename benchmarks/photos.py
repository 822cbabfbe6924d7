"""Photographs in folders by category, and their embeddings, kept between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.hashtags.backbone import DEFAULT, Backbone
from ar_effects.inference.manifest import read_manifest
from ar_effects.media.pictures import read
from ar_effects.paths import ROOT
from ar_effects.records import Image
from ar_effects.training.heads import varied

CACHE = ROOT / ".cache" / "photos"
NO_CATEGORIES = frozenset({"Faces", "Faces_easy", "BACKGROUND_Google"})
"""People who never agreed, and what is no category."""

CHUNK = 128
"""Pictures that are looked at before what was found is kept: a run that is ended loses no more."""


@dataclass(frozen=True, eq=False)
class Photos:
    """Photographs with one category each.

    Attributes:
        folder: in which they lie.
        names: files relative to it.
        categories: all categories, sorted.
        labels: (photos,) places in ``categories``.
    """

    folder: Path
    names: tuple[str, ...]
    categories: tuple[str, ...]
    labels: NDArray[np.int64]

    @classmethod
    def in_folder(cls, folder: Path, left_out: frozenset[str] = NO_CATEGORIES) -> Photos:
        """All JPEGs of a folder with a folder for each category."""
        folders = [f for f in sorted(folder.iterdir()) if f.is_dir() and f.name not in left_out]
        names = [f"{f.name}/{p.name}" for f in folders for p in sorted(f.glob("*.jpg"))]
        if not names:
            raise SystemExit(f"{folder} holds no folders with .jpg files in them")
        categories = tuple(f.name for f in folders)
        places = {name: i for i, name in enumerate(categories)}
        return cls(
            folder, tuple(names), categories, np.array([places[n.split("/", 1)[0]] for n in names], np.int64)
        )

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def key(self) -> str:
        """Changes where files or the backbone do."""
        found = hashlib.sha256(read_manifest()[DEFAULT].sha256.encode())
        for name in self.names:
            found.update(f"{name} {(self.folder / name).stat().st_size}\n".encode())
        return found.hexdigest()[:16]

    def pictures(self) -> Iterator[Image]:
        """All of them, one after the other."""
        for name in self.names:
            yield read(self.folder / name).bgr


def embeddings(photos: Photos, view: int = 0, *, cache: Path = CACHE) -> NDArray[np.float32]:
    """What the shipped backbone says of photographs; from the cache where they were looked at before.

    Args:
        photos: (N).
        view: 0 as they are; others as `ar_effects.training.heads.varied` changes them.
        cache: where chunks of embeddings are kept.

    Returns:
        (N, 1280) float32.
    """
    folder = cache / photos.key
    folder.mkdir(parents=True, exist_ok=True)
    backbone: Backbone | None = None
    parts = []
    for begin in range(0, len(photos), CHUNK):
        path = folder / f"view{view}-{begin}.npy"
        if not path.exists():
            backbone = backbone or Backbone(threads=1)
            chunk = _chunk(photos, range(begin, min(begin + CHUNK, len(photos))), view, backbone)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.save(file, chunk)
            part.replace(path)
        parts.append(np.load(path))
    return np.concatenate(parts)


def _chunk(photos: Photos, places: Sequence[int], view: int, backbone: Backbone) -> NDArray[np.float32]:
    found = []
    for i in places:
        picture = read(photos.folder / photos.names[i]).bgr
        found.append(backbone.run([varied(picture, view, i)]).embedding)
    return np.concatenate(found)


def stratified_folds(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Of each photograph the number of the fold it is tested in; each category is spread over all.

    Args:
        labels: (N,).
        count: how many folds.
        seed: of the order.

    Returns:
        (N,) from 0 to ``count`` - 1.
    """
    random = np.random.default_rng([seed, count])
    folds = np.empty(len(labels), np.int64)
    start = 0
    for label in np.unique(labels):
        own = random.permutation(np.flatnonzero(labels == label))
        folds[own] = (np.arange(len(own)) + start) % count
        start += len(own)
    return folds
