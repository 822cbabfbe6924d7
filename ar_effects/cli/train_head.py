"""``train head``: a head on the shipped backbone's embeddings, from a file of posts."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import click

from ar_effects.cli.train import need_packages
from ar_effects.messages import sentence


def head_command(
    posts: Path,
    output: Path,
    folder: Path | None,
    truth: Path | None,
    minimum: int,
    per_maker: int,
    views: int,
    quiet: bool,
    **settings: Any,
) -> int:
    """Learn the head, write it, and tell what it knows."""
    need_packages()
    from dataclasses import replace

    from ar_effects.hashtags.head import write_head
    from ar_effects.training.heads import POSTS
    from ar_effects.training.posted_heads import head_from_posts
    from ar_effects.training.preparing import VocabularyOptions
    from ar_effects.writing import check_not_input, check_target

    check_target(output)
    check_not_input(output, [path for path in (posts, truth) if path is not None])
    hidden = quiet or not sys.stderr.isatty()
    bar_of: Any = click.progressbar
    with bar_of(length=1000, file=sys.stderr, hidden=hidden) as bar:
        found = head_from_posts(
            posts,
            replace(POSTS, **settings),
            folder=folder,
            truth_file=truth,
            options=VocabularyOptions(minimum, per_maker),
            views=views,
            progress=lambda done, of: bar.update(1000 * done // of - bar.pos),
        )
    write_head(output, found.head)
    if not quiet:
        click.echo(
            sentence(
                "train.head-written",
                path=output,
                tags=len(found.head.tags),
                pictures=found.pictures,
                sure=sum(map(math.isfinite, found.head.threshold)),
                idle=found.tags - len(found.head.tags),
                left_out=len(found.left_out),
            )
        )
    return 0
