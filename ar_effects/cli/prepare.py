"""What a first start on a computer waits for, in words."""

from __future__ import annotations

import click

from ar_effects.tracking.warm_up import warm_up


def prepare(quiet: bool = False) -> None:
    """Get the tracker ready; says so on stderr if it takes long."""
    warm_up(None if quiet else _tell)


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)
