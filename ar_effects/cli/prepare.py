"""What a first start on a computer waits for, in words.

``python -m ar_effects.cli.prepare`` does all of it ahead of time, as the set-up does.
"""

from __future__ import annotations

import click

from ar_effects.tracking.warm_up import warm_up


def prepare(quiet: bool = False) -> None:
    """Get the tracker ready; says so on stderr if it takes long."""
    warm_up(None if quiet else _tell)


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)


def prepare_packs() -> None:
    """Make the levels of detail of all packs there are, which are then kept; broken packs are left out."""
    from ar_effects.errors import ArEffectsError
    from ar_effects.packs.library import Library

    library = Library()
    for name in library.names():
        try:
            library.load(name)
        except ArEffectsError as error:
            click.echo(error.one_line(), err=True)


if __name__ == "__main__":
    prepare()
    prepare_packs()
