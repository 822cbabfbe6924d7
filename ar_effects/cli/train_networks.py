"""``train count`` and ``train export``: what networks cost, and networks as files that the app runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ar_effects.cli.train import need_packages
from ar_effects.errors import TrainingError
from ar_effects.messages import Message, sentence

if TYPE_CHECKING:
    from ar_effects.training.networks.checkpoints import Trained


def count_command(names: tuple[str, ...], classes: int) -> int:
    """One line a network."""
    need_packages()
    from ar_effects.training.networks.counting import count_named, known_plans

    plans = known_plans()
    for name in names or tuple(plans):
        if name not in plans:
            raise TrainingError(Message("train.network-unknown", name=name, names=", ".join(plans)))
        cost = count_named(name, classes)
        side = plans[name].side
        giga = cost.multiplications / 1e9
        millions = cost.parameters / 1e6
        click.echo(sentence("train.cost", name=name, parameters=millions, giga=giga, side=side))
    return 0


def export_command(source: Path, output: Path, precision: Any, pictures: Path | None, at_most: int) -> int:
    """Write the file, and say what it lost."""
    need_packages()
    from ar_effects.training.export import export, read_pictures
    from ar_effects.training.networks.checkpoints import load_trained

    trained: Trained = load_trained(source)
    if trained.notice is not None:
        click.echo(str(trained.notice), err=True)
    seen = None if pictures is None else read_pictures(trained, pictures, at_most)
    loss = export(trained, output, precision, seen)
    click.echo(
        sentence(
            "train.exported",
            path=output,
            size=loss.size / 1e6,
            precision=precision,
            pictures=loss.pictures,
            largest=loss.largest,
            same=loss.same_first,
            cosine=loss.least_cosine,
        )
    )
    return 0
