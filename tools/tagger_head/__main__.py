"""``python -m tools.tagger_head``: the shipped tagger's head, from semi-real posts over Caltech-101.

Writes models/tagger_head.npz, and models/tagger_head.toml with its hash, licence and data. ``--photos`` is
Caltech-101 as folders by category; ``Faces``, whose people never agreed, and the background folder are left
out. ``--harrison`` lends the statistics of its posts. The same folders give the same bytes on one machine
with the same versions. Needs torch (requirements-train.txt).
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ar_effects.hashtags.head import SHIPPED, write_head
from ar_effects.hashtags.posts import write_posts
from ar_effects.training.heads import POSTS, Floats
from ar_effects.training.posted_heads import PostedHead, head_from_posts
from ar_effects.training.preparing import VocabularyOptions
from ar_effects.writing import write_text
from benchmarks.photos import Photos, embeddings
from tools.posts.generator import generate, write_truths
from tools.posts.harrison import read_posts
from tools.posts.statistics import Statistics

NOISE, SEED, LOOKS, MINIMUM = 0.1, 0, 5, 5
NEVER_SHOWN = frozenset({"people"})
"""True of statues of Buddha only, and nothing to be said of photographs with people."""

RECORD = """\
# What models/tagger_head.npz is. Written by `python -m tools.tagger_head`.

[tagger_head]
file = "tagger_head.npz"
sha256 = "{sha256}"
summary = "Which of {tags} hashtags a picture has, from EfficientNet-Lite0's embedding."
inputs = {{ embedding = ["pictures", 1280] }}
outputs = {{ scores = ["pictures", {tags}] }}
backbone = "efficientnet_lite0"
licence = "CC-BY-4.0"
copyright = "Caltech-101: Fei-Fei Li, Marco Andreetto, Marc'Aurelio Ranzato, Pietro Perona"
photographs = {pictures}
categories = {categories}
posts = "semi-real, noise {noise}, seed {seed}; statistics of HARRISON (arXiv 1605.05054)"
"""


def made(photos: Photos, statistics: Statistics, folder: Path) -> PostedHead:
    """The head, by way of files of posts and truth in a folder, as `ar-effects train head` reads them."""
    pairs = [
        (name, photos.categories[label]) for name, label in zip(photos.names, photos.labels, strict=True)
    ]
    posts, truths = generate(pairs, statistics, noise=NOISE, seed=SEED)
    write_posts(folder / "posts.jsonl", posts)
    write_truths(folder / "posts.truth.jsonl", truths)
    views = [embeddings(photos, view) for view in range(LOOKS)]

    def look(_: Path, number: int, view: int) -> Floats | None:
        return np.asarray(views[view][number], np.float32)

    return head_from_posts(
        folder / "posts.jsonl",
        POSTS,
        folder=photos.folder,
        truth_file=folder / "posts.truth.jsonl",
        options=VocabularyOptions(minimum=MINIMUM),
        views=LOOKS,
        embed=look,
        notes={"data": "Caltech-101 without Faces and background, CC BY 4.0", "noise": NOISE, "seed": SEED},
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.tagger_head", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--harrison", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, default=SHIPPED)
    given = parser.parse_args()
    torch.set_num_threads(1)
    photos = Photos.in_folder(given.photos)
    statistics = Statistics.of_posts(read_posts(given.harrison))
    with tempfile.TemporaryDirectory() as folder:
        found = made(photos, statistics, Path(folder))
    head = found.head
    never = np.isin(head.tags, sorted(NEVER_SHOWN))
    head = replace(head, threshold=np.where(never, np.inf, head.threshold).astype(np.float32))
    write_head(given.out, head)
    record = RECORD.format(
        sha256=hashlib.sha256(given.out.read_bytes()).hexdigest(),
        tags=len(found.head.tags),
        pictures=found.pictures,
        categories=len(photos.categories),
        noise=NOISE,
        seed=SEED,
    )
    write_text(given.out.with_suffix(".toml"), record)
    sure = int(np.isfinite(head.threshold).sum())
    print(f"{given.out}: {len(found.head.tags)} of {found.tags} tags, {sure} sure, {found.pictures} pictures")


if __name__ == "__main__":
    main()
