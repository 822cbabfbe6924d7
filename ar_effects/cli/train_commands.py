"""What can be typed after ``python app.py train``; torch is loaded when one of them runs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ar_effects.messages import sentence

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
PATH = click.Path(path_type=Path)
PACKAGES = ("torch", "fsspec")
"""Of the extra `train`, those that no command does without."""

SAMPLINGS = ("natural", "sqrt", "uniform")
LOSSES = ("softmax", "sigmoid")
PRECISIONS = ("float32", "bfloat16", "float16")
DEFAULT_NETWORK = "resnext26_8x2d"

_debug = click.option("--debug", is_flag=True, expose_value=False, help="Show stack traces of errors.")
_quiet = click.option("--quiet", is_flag=True, help="Say nothing but errors.")
_positive = click.IntRange(min=1)
per_maker = click.option(
    "--per-maker",
    type=_positive,
    default=50,
    show_default=True,
    help="Posts of one maker that count for a tag.",
)


def missing_packages() -> tuple[str, ...]:
    """Of ``PACKAGES``, those that are not installed."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)


class TrainGroup(click.Group):
    """Says in its help, and in that of its commands, which extra brings what is missing."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What is missing, under everything else."""
        super().format_epilog(ctx, formatter)
        write_note(formatter)


class TrainCommand(click.Command):
    """A command of `TrainGroup`."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What is missing, under everything else."""
        super().format_epilog(ctx, formatter)
        write_note(formatter)


def write_note(formatter: click.HelpFormatter) -> None:
    """One sentence where packages are missing; nothing where all are there."""
    missing = missing_packages()
    if missing:
        formatter.write_paragraph()
        formatter.write_text(sentence("train.extra-note", missing=", ".join(missing)))


@click.group(cls=TrainGroup, context_settings=CONTEXT)
def train() -> None:
    """Make networks learn from pictures and their hashtags: docs/training.md."""


@train.command(cls=TrainCommand, context_settings=CONTEXT)
@click.argument("posts", type=PATH, metavar="POSTS.jsonl")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder or address of the shards.")
@click.option("--folder", type=PATH, help="Where the pictures are. Default: beside the posts.")
@click.option("--minimum", type=_positive, default=5, show_default=True, help="Posts that a tag must have.")
@per_maker
@click.option("--largest", type=_positive, help="Tags at most, the most used. Default: all.")
@click.option("--with-parents", is_flag=True, help="A picture of a dalmatian is one of a dog, too.")
@click.option(
    "--vocabulary", type=PATH, help="Take the tags of other shards: their vocabulary.json. Default: make one."
)
@click.option(
    "--without",
    multiple=True,
    metavar="SHARDS",
    help="Leave out pictures that are in these shards, to be tested with. Can be given several times.",
)
@click.option(
    "--side",
    type=click.IntRange(min=0),
    default=256,
    show_default=True,
    help="Shorter side of stored pictures in pixels; 0: as they are.",
)
@click.option("--quality", type=click.IntRange(1, 100), default=92, show_default=True, help="Of the JPEGs.")
@click.option("--pictures-per-shard", type=_positive, default=1000, show_default=True)
@click.option(
    "--most-tags", type=_positive, default=30, show_default=True, help="Posts with more tags are dropped."
)
@click.option(
    "--distance",
    type=click.IntRange(0, 15),
    default=4,
    show_default=True,
    help="Bits of 64 in which the hashes of one picture may differ.",
)
@click.option("--threads", type=_positive, default=2, show_default=True, help="That read pictures.")
@_quiet
@_debug
def shards(**options: Any) -> int:
    """Write posts as WebDataset shards: tags brought to one form, bait and duplicates left out.

    POSTS.jsonl has one post a line, as docs/training.md says. What is dropped is counted and told. The same
    command goes on where it was stopped, and mends shards that were damaged.
    """
    from ar_effects.cli.train import shards_command

    return shards_command(**options)


@train.command(cls=TrainCommand, context_settings=CONTEXT)
@click.option("--shards", required=True, metavar="SHARDS", help="What is learnt from: a folder or address.")
@click.option("-o", "--output", required=True, type=PATH, metavar="FOLDER", help="Of the run's files.")
@click.option("--measure-with", metavar="SHARDS", help="Default: pictures held out of those learnt from.")
@click.option("--hold-out", type=click.FloatRange(0, 0.9), default=0.1, show_default=True)
@click.option(
    "--network", default=DEFAULT_NETWORK, show_default=True, metavar="NAME", help="Any wrong name lists them."
)
@click.option(
    "--weights",
    type=PATH,
    metavar="FILE",
    help="Begin with those of another run's network.pt, or published ones.",
)
@click.option(
    "--part",
    type=click.Choice(["all", "head"]),
    default="all",
    show_default=True,
    help="Which part of the network learns.",
)
@click.option("--loss", type=click.Choice(LOSSES), default="softmax", show_default=True)
@click.option(
    "--sampling",
    type=click.Choice(SAMPLINGS),
    default="sqrt",
    show_default=True,
    help="How often pictures of rare tags are shown.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="Tags of at least this proportion of the pictures are shown once. Default: the most frequent only.",
)
@click.option("--epochs", type=_positive, default=10, show_default=True)
@click.option("--batch", type=_positive, default=64, show_default=True, help="Pictures, of all processes.")
@click.option(
    "--learning-rate", type=click.FloatRange(min=0), default=0.1, show_default=True, help="For 256 pictures."
)
@click.option(
    "--warm-up", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Proportion of the steps."
)
@click.option("--learner", type=click.Choice(["sgd", "adamw"]), default="sgd", show_default=True)
@click.option("--weight-decay", type=click.FloatRange(min=0), default=1e-4, show_default=True)
@click.option(
    "--clip", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Longest gradient; 0: any."
)
@click.option(
    "--ema",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.999,
    show_default=True,
    help="Decay of the moving average of weights; 0: none.",
)
@click.option("--precision", type=click.Choice(PRECISIONS), default="float32", show_default=True)
@click.option(
    "--patience",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Epochs without a better one after which it ends; 0: never.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--accumulate",
    type=_positive,
    default=1,
    show_default=True,
    help="Parts in which a batch is computed, for want of memory.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Processes that read pictures.",
)
@click.option("--checkpoint-every", type=_positive, default=200, show_default=True, help="Steps.")
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda|mps")
@_quiet
@_debug
def run(**options: Any) -> int:
    """Learn from shards. The same command goes on where it was stopped, killed or broken off.

    Beyond one processor or graphics card: torchrun --nproc-per-node 2 -m ar_effects train run ...
    """
    from ar_effects.cli.train import run_command

    return run_command(**options)


@train.command(cls=TrainCommand, context_settings=CONTEXT)
@click.option("--test", required=True, metavar="SHARDS")
@click.option("--training", required=True, metavar="SHARDS")
@click.option("--distance", type=click.IntRange(0, 15), default=4, show_default=True)
@click.option(
    "--weights", type=PATH, metavar="network.pt", help="Compare by this network's embeddings, as well."
)
@click.option(
    "--similarity",
    type=click.FloatRange(0, 1),
    default=0.95,
    show_default=True,
    help="Cosine of embeddings from which on two pictures are the same.",
)
@_debug
def duplicates(**options: Any) -> int:
    """Name the pictures to test with that are among those learnt from, by hash and by embedding."""
    from ar_effects.cli.train import duplicates_command

    return duplicates_command(**options)
