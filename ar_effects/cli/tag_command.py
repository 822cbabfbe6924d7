"""The command ``tag``: hashtags of pictures, folders and clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ar_effects.cli.parameters import PROVIDER


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a file.")
@click.option("--embedding", is_flag=True, help="With --json: the picture's 1280 numbers, too.")
@click.option(
    "--backbone",
    default="efficientnet_lite0",
    show_default=True,
    metavar="NAME",
    help="Another network: an ONNX file with the outputs embedding and logits.",
)
@click.option("--faces/--no-faces", default=True, help="Look for faces. On.")
@click.option("--date/--no-date", default=False, help="Tags of the month and year it was taken. Off.")
@click.option(
    "--place/--no-place", default=False, help="Tags of the city and country that the file names. Off."
)
@click.option(
    "--provider", type=PROVIDER, default="auto", show_default=True, help="What the networks run on."
)
@click.option("--debug", is_flag=True, expose_value=False, help="Show stack traces of errors.")
def tag(**options: Any) -> int:
    """Hashtags of pictures and clips, the surest first, and why each is there.

    PATH is a picture, a video, or a folder of pictures. Only tags that are sure are shown. What cannot be
    read is told and left out; the exit code is then 1.
    """
    return tag_command(**options)


def tag_command(
    paths: tuple[Path, ...],
    as_json: bool,
    embedding: bool,
    backbone: str,
    faces: bool,
    date: bool,
    place: bool,
    provider: Any,
) -> int:
    """Print the tags; 1 if a file could not be read."""
    from ar_effects.app.pipeline.tagging import TagOptions, tag_files, tag_line, tag_text
    from ar_effects.errors import ArEffectsError
    from ar_effects.messages import sentence

    failed = False

    def problem(_: Path, error: ArEffectsError) -> None:
        nonlocal failed
        failed = True
        click.echo(sentence("cli.error", problem=error.one_line()), err=True)

    options = TagOptions(
        faces=faces, date=date, place=place, embedding=embedding, backbone=backbone, provider=provider
    )
    for path, tagged in tag_files(paths, options, problem):
        click.echo(tag_line(path, tagged, embedding=embedding) if as_json else tag_text(path, tagged))
    return int(failed)
