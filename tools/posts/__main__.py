"""``python -m tools.posts``: semi-real posts of real photographs, with the truth in a file of its own.

``--photos`` is a folder with a folder for each category; ``--harrison`` is HARRISON's, whose posts lend their
statistics and none of their pictures. Beside ``posts.jsonl`` the truth is written as ``posts.truth.jsonl``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ar_effects.hashtags.posts import write_posts
from tools.posts.generator import generate, write_truths
from tools.posts.harrison import read_posts
from tools.posts.statistics import Statistics

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
BACKGROUND = "BACKGROUND_Google"
"""The folder of Caltech-101 that is no category."""


def photos_in(folder: Path, left_out: frozenset[str] = frozenset({BACKGROUND})) -> list[tuple[str, str]]:
    """Each photograph's file, relative to the folder, and its category, in order."""
    return [
        (file.relative_to(folder).as_posix(), category.name)
        for category in sorted(folder.iterdir())
        if category.is_dir() and category.name not in left_out
        for file in sorted(category.iterdir())
        if file.suffix.lower() in SUFFIXES
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.posts", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--harrison", type=Path, required=True)
    parser.add_argument("--noise", type=float, default=0.0, help="share of posts with no true tag, 0 to 1")
    parser.add_argument("--makers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--leave-out", nargs="*", default=[BACKGROUND], metavar="CATEGORY")
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    photos = photos_in(given.photos, frozenset(given.leave_out))
    if not photos:
        parser.error(f"{given.photos} has no folders with photographs in them")
    statistics = Statistics.of_posts(read_posts(given.harrison))
    posts, truths = generate(photos, statistics, noise=given.noise, makers=given.makers, seed=given.seed)
    write_posts(given.out, posts)
    truth_path = given.out.with_name(f"{given.out.stem}.truth.jsonl")
    write_truths(truth_path, truths)
    tags = sum(len(post.tags) for post in posts) / len(posts)
    false = sum(truth.is_false for truth in truths)
    print(f"{len(posts):,} semi-real posts, {tags:.2f} tags each, {false:,} false: {given.out}, {truth_path}")


if __name__ == "__main__":
    main()
