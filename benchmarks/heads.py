"""Heads on the shipped backbone's embeddings: from clean labels, and from semi-real posts with noise.

Five folds over photographs by category; every score is of a photograph that the head, its temperature and its
vocabulary did not see. What ships looks at one picture once, and so does the test; training looks at mirrored
and cut ones, too. Temperatures are fitted inside the training folds, on a fifth of them.

The head from clean labels is asked for one of 99 categories. Posts name some categories by one word (a
crocodile and its head): heads from posts are asked for the category's tag, and are compared with the clean
head's answers read in the same way. Embeddings are kept in .cache/photos. Needs torch.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ar_effects.hashtags.head import prepared
from ar_effects.training.calibration import fit_temperature
from ar_effects.training.heads import (
    CLEAN,
    POSTS,
    Floats,
    HeadSettings,
    believed,
    fit_on_views,
    learnable_tags,
)
from ar_effects.training.metrics import Report, evaluate
from benchmarks.claims.frozen import World, posts_of, table_of
from benchmarks.common import RESULTS, parser, table, write_results
from benchmarks.photos import Photos, embeddings, stratified_folds
from tools.posts.harrison import read_posts
from tools.posts.statistics import Statistics

FOLDS = 5
NOISE = (0.25, 0.5)
BARS = {"top_1": 0.945, "mean_average_precision": 0.965, "precision_at_10": 0.99, "lowest_top_1": 0.6}
CALIBRATION_BAR = 0.03
NOISE_BARS = {0.25: 0.95, 0.5: 0.88}


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """(N, T) logits as shares of one whole."""
    grown = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float64)


def clean_scores(views: Floats, labels: NDArray[np.int64], settings: HeadSettings, seed: int) -> Floats:
    """(N, categories) out-of-fold probabilities of a head from clean labels."""
    truth = np.eye(int(labels.max()) + 1, dtype=np.float32)[labels]
    folds = stratified_folds(labels, FOLDS, seed)
    scores = np.zeros_like(truth)
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        inner = stratified_folds(labels[train], FOLDS, seed + 1) == 0
        part = fit_on_views(views[:, train[~inner]], truth[train[~inner]], settings)
        temperature = fit_temperature(part(_ready(views, train[inner], settings)), truth[train[inner]])
        layer = fit_on_views(views[:, train], truth[train], settings)
        scores[test] = softmax(layer(_ready(views, test, settings)) / temperature)
        print(f"  fold {fold + 1} of {FOLDS}: temperature {temperature:.3f}", flush=True)
    return scores


def posts_right(
    world: World, views: Floats, noise: float, settings: HeadSettings, seed: int
) -> NDArray[np.bool_]:
    """(N,) whether the likeliest category's tag, of a head from the other folds' posts, is right."""
    folds = stratified_folds(world.photos.labels, FOLDS, seed)
    right = np.zeros(len(world.photos), np.bool_)
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        names, truth = table_of(world, posts_of(world, train, noise, seed + fold))
        seen = views[:, train]
        learnt = learnable_tags(seen, truth, settings)
        places = {tag: i for i, tag in enumerate(np.array(names)[learnt].tolist())}
        trusted = believed(seen, truth[:, learnt], settings)
        logits = fit_on_views(seen, trusted, settings)(_ready(views, test, settings))
        scores = np.full((len(test), len(world.classes)), -np.inf)
        for column, tag in enumerate(world.classes):
            if tag in places:
                scores[:, column] = logits[:, places[tag]]
        right[test] = scores.argmax(axis=1) == world.targets[test]
        print(f"  fold {fold + 1} of {FOLDS}: {learnt.sum()} of {len(names)} tags", flush=True)
    return right


def _ready(views: Floats, places: NDArray[np.int64], settings: HeadSettings) -> Floats:
    return prepared(views[0, places], settings.power, unit=settings.unit)


def _row(report: Report) -> dict[str, float]:
    figures = {name: float(getattr(report.all, name)) for name in BARS}
    return figures | {"calibration_error": report.calibration_error}


def from_clean_labels(photos: Photos, views: Floats, world: World, seed: int) -> dict[str, Any]:
    """Figures of the head from clean labels, of the plain one, and of the first in the categories' tags."""
    truth = np.eye(len(photos.categories), dtype=np.float32)[photos.labels]
    print("From clean labels", flush=True)
    scores = clean_scores(views, photos.labels, CLEAN, seed)
    rows = {"clean labels": _row(evaluate(scores, truth, truth.mean(axis=0)))}
    print("Plain: logistic regression, one look", flush=True)
    plain = replace(CLEAN, discriminant=0.0, sampling="natural", power=1.0, unit=False, iterations=100)
    plain_scores = clean_scores(views[:1], photos.labels, plain, seed)
    rows["plain"] = _row(evaluate(plain_scores, truth, truth.mean(axis=0)))
    tag_of = np.array([world.classes.index(tag) for tag in world.tags])
    in_tags = [scores[:, tag_of == i].sum(axis=1) for i in range(len(world.classes))]
    right = float(np.mean(np.stack(in_tags, axis=1).argmax(axis=1) == world.targets))
    title = "Out of fold"
    print(table(title, ("head", *BARS, "ECE"), [(name, *row.values()) for name, row in rows.items()]))
    print(f"In the categories' tags: {right:.4f}", flush=True)
    return {"out_of_fold": rows, "clean_top_1_in_tags": right}


def judged(found: dict[str, Any]) -> dict[str, bool]:
    """Which bars are met, of what was measured."""
    met = {}
    if "out_of_fold" in found:
        clean = found["out_of_fold"]["clean labels"]
        met = {name: clean[name] >= bar for name, bar in BARS.items()}
        met["calibration_error"] = clean["calibration_error"] <= CALIBRATION_BAR
    if "out_of_fold" in found and "posts_top_1" in found:
        for noise, bar in NOISE_BARS.items():
            met[f"noise {noise:g}"] = found["posts_top_1"][f"{noise:g}"] >= bar * found["clean_top_1_in_tags"]
    return met


def main() -> int:
    options = parser("heads", __doc__)
    options.add_argument("--photos", type=Path, required=True, help="folder with a folder for each category")
    options.add_argument("--harrison", type=Path, required=True, help="folder of HARRISON's tag_list.txt")
    options.add_argument("--views", type=int, default=5, help="looks at each training picture")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--part", choices=("clean", "posts"), help="one of both; the other's figures stay")
    given = options.parse_args()
    torch.set_num_threads(1)
    photos = Photos.in_folder(given.photos)
    views = np.stack([embeddings(photos, view) for view in range(given.views)])
    world = World(photos, views[0], Statistics.of_posts(read_posts(given.harrison)))
    found: dict[str, Any] = {}
    if given.part != "posts":
        found |= from_clean_labels(photos, views, world, given.seed)
    if given.part != "clean":
        found["posts_top_1"] = {}
        for noise in NOISE:
            print(f"From posts, noise {noise:g}", flush=True)
            right = float(posts_right(world, views, noise, POSTS, given.seed).mean())
            found["posts_top_1"][f"{noise:g}"] = right
            print(f"Noise {noise:g}: {right:.4f}", flush=True)
    kept = RESULTS / "heads.json"
    if given.part and kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))["figures"] | found
    met = judged(found)
    print("; ".join(f"{name}: {'met' if fine else 'MISSED'}" for name, fine in met.items()))
    found |= {
        "photographs": len(photos),
        "categories": len(photos.categories),
        "views": given.views,
        "seed": given.seed,
        "bars_met": met,
    }
    write_results("heads", "python -m benchmarks.heads --photos DIR --harrison DIR", found)
    return 0 if all(met.values()) else 2


if __name__ == "__main__":
    raise SystemExit(main())
