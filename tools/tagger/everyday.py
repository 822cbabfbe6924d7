"""The head for everyday things: ridge regression on embeddings of a few photographs with boxes, and their
parts.

The photographs are COCO's whose own licence is free. Each is seen whole and in random parts, with the objects
that a part shows for its labels: 63 photographs become 756 pictures of more sizes. Photographs of single
things (Caltech-101's) are the other side. What is out of fold is out of fold by photograph, parts and all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.hashtags.backbone import Backbone
from ar_effects.hashtags.everyday_head import POWER, EverydayHead
from ar_effects.hashtags.head import prepared
from ar_effects.hashtags.tagger import SCENE
from ar_effects.sources.picture import load_picture

PARTS = 10
LEAST_PHOTOS = 5
"""Of a thing, for it to be learnt."""

PHOTO_WEIGHT, PART_WEIGHT, SINGLE_WEIGHT = 10.0, 2.0, 1.0
RIDGE, BIAS = 2.0, 0.3
SINGLES_A_CATEGORY = 8
VISIBLE = 0.4
"""How much of an object's box must lie in a part for the part to show it."""

FOLDS = 9
PRECISION, LEAST_SHOWN = 0.9, 2
GRID = tuple(np.arange(-0.2, 0.61, 0.05).round(2))
SCENES_KEPT = 0.97
"""Of the photographs, the share that must count as scenes: the backbone's classes are then held back."""

SAME = {
    "chair": "chair", "windsor_chair": "chair", "cup": "cup", "laptop": "laptop", "car_side": "car",
    "cellphone": "cell phone", "stop_sign": "stop sign", "pizza": "pizza", "umbrella": "umbrella",
    "elephant": "elephant", "airplanes": "airplane", "Motorbikes": "motorcycle", "ketch": "boat",
    "schooner": "boat",
}  # fmt: skip
"""Caltech's categories that are things of COCO's."""

WITH_PEOPLE = frozenset({
    "Faces", "Faces_easy", "BACKGROUND_Google", "accordion", "saxophone", "cellphone", "wheelchair", "buddha",
    "dollar_bill", "euphonium", "mandolin",
})  # fmt: skip
"""Caltech's categories with people in many of their photographs, or none that may be learnt from."""


@dataclass
class Examples:
    """Embeddings with their labels.

    Attributes:
        embeddings: (n, d).
        labels: (n, things) bool.
        photo: (n,) which photograph each is of; -1 those of single things.
        whole: (n,) whether it is a photograph, and no part.
        names: of the things.
    """

    embeddings: NDArray[np.float32]
    labels: NDArray[np.bool_]
    photo: NDArray[np.int64]
    whole: NDArray[np.bool_]
    names: list[str]

    @property
    def weights(self) -> NDArray[np.float64]:
        weights = np.where(self.whole, PHOTO_WEIGHT, PART_WEIGHT / PARTS * 5)
        return np.where(self.photo < 0, SINGLE_WEIGHT, weights)


def examples(photos: Path, singles: Path) -> Examples:
    """All examples of two folders: COCO's with ``annotations.json``, and Caltech's by category."""
    backbone = Backbone()
    found = json.loads((photos / "annotations.json").read_text(encoding="utf-8"))
    counts: dict[str, int] = {}
    for entry in found:
        for name in {o[0] for o in entry["objects"]}:
            counts[name] = counts.get(name, 0) + 1
    names = sorted((n for n, c in counts.items() if c >= LEAST_PHOTOS), key=lambda n: (-counts[n], n))
    embeddings, labels, photo, whole = [], [], [], []
    for number, entry in enumerate(found):
        image = load_picture(photos / entry["file"])
        for part, shown in _parts(image, entry, number):
            embeddings.append(backbone.run([part]).embedding[0])
            labels.append([*(name in shown for name in names), True])
            photo.append(number)
            whole.append(part is image)
    for folder in sorted(p for p in singles.iterdir() if p.is_dir() and p.name not in WITH_PEOPLE):
        files = sorted(folder.glob("*.jpg"))
        for path in files[:: max(len(files) // SINGLES_A_CATEGORY, 1)][:SINGLES_A_CATEGORY]:
            embeddings.append(backbone.run([load_picture(path)]).embedding[0])
            labels.append([*(SAME.get(folder.name) == name for name in names), False])
            photo.append(-1)
            whole.append(True)
    return Examples(np.array(embeddings), np.array(labels), np.array(photo), np.array(whole), [*names, SCENE])


def _parts(
    image: NDArray[np.uint8], entry: dict[str, object], seed: int
) -> Iterator[tuple[NDArray[np.uint8], set[str]]]:
    height, width = image.shape[:2]
    scale = width / float(entry["width"])  # type: ignore[arg-type]
    boxes = [(str(n), np.array(b) * scale) for n, b, _ in entry["objects"]]  # type: ignore[attr-defined]
    names = {n for n, _ in boxes}
    yield image, names
    yield np.ascontiguousarray(image[:, ::-1]), names
    rng = np.random.default_rng(seed)
    for _ in range(PARTS):
        share = rng.uniform(0.35, 0.9)
        w, h = int(width * share), int(height * share * rng.uniform(0.8, 1.0))
        x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
        shown = set()
        for name, (bx, by, bw, bh) in boxes:
            across = max(min(bx + bw, x + w) - max(bx, x), 0) * max(min(by + bh, y + h) - max(by, y), 0)
            if across >= VISIBLE * bw * bh:
                shown.add(name)
        part = image[y : y + h, x : x + w]
        yield np.ascontiguousarray(part[:, :: rng.choice((-1, 1))]), shown


def fitted(data: Examples, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(d + 1, things) weights of ridge regression to -1 and 1, the bias last."""
    x = _with_bias(data.embeddings[chosen])
    root = np.sqrt(data.weights[chosen])[:, None]
    x, y = x * root, (data.labels[chosen] * 2.0 - 1.0) * root
    solved: NDArray[np.float64] = x.T @ np.linalg.solve(x @ x.T + RIDGE * np.eye(len(x)), y)
    return solved


def out_of_fold(data: Examples, photos: NDArray[np.int64], folds: int = FOLDS) -> NDArray[np.float64]:
    """(photos, things) scores of whole photographs by weights that saw none of their pictures."""
    scores = np.zeros((len(photos), len(data.names)))
    for fold in range(folds):
        held = photos[fold::folds]
        chosen = np.isin(data.photo, [-1, *np.setdiff1d(photos, held)])
        weights = fitted(data, chosen)
        for index, number in enumerate(photos):
            if number in held:
                row = np.nonzero((data.photo == number) & data.whole)[0][:1]
                scores[index] = (_with_bias(data.embeddings[row]) @ weights)[0]
    return scores


def thresholds(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each thing the lowest of ``GRID`` from which on ``PRECISION`` are right; infinite where none is."""
    found = np.full(labels.shape[1], np.inf)
    for thing in range(labels.shape[1] - 1):
        for value in GRID:
            shown = scores[:, thing] >= value
            if shown.sum() >= LEAST_SHOWN and labels[shown, thing].mean() >= PRECISION:
                found[thing] = value
                break
    found[-1] = np.quantile(scores[:, -1], 1.0 - SCENES_KEPT)
    return found


def whole_labels(data: Examples, photos: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.array([data.labels[np.nonzero((data.photo == n) & data.whole)[0][0]] for n in photos])


def head_of(data: Examples, photos: NDArray[np.int64] | None = None, singles: int = 1) -> EverydayHead:
    """The head of some photographs, with thresholds by scores out of fold within them.

    Args:
        data: all examples.
        photos: those that it may see; None for all.
        singles: of the pictures of single things every which one; the others are left for measuring.
    """
    if photos is None:
        photos = np.arange(data.photo.max() + 1)
    scores = out_of_fold(data, photos)
    alone = (data.photo < 0) & (np.arange(len(data.photo)) % singles == 0)
    weights = fitted(data, np.isin(data.photo, photos) | alone)
    return EverydayHead(
        "efficientnet_lite0",
        tuple(data.names),
        weights[:-1].astype(np.float32),
        (weights[-1] * BIAS).astype(np.float32),
        thresholds(scores, whole_labels(data, photos)).astype(np.float32),
    )


def _with_bias(embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    x = prepared(embeddings, POWER, unit=True).astype(np.float64)
    return np.hstack([x, np.full((len(x), 1), BIAS)])
