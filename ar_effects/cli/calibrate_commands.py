"""What can be typed after ``python app.py calibrate``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from ar_effects.cli.parameters import SOURCE, check_angle
from ar_effects.messages import sentence

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_debug = click.option("--debug", is_flag=True, expose_value=False, help="Show stack traces of errors.")
_camera = click.option("--camera", metavar="NAME", help="Keep it under this name. Default: the camera's own.")


@click.group(invoke_without_command=True, context_settings=CONTEXT)
@click.option(
    "--source",
    type=SOURCE,
    default="webcam",
    show_default=True,
    metavar="webcam|N|NAME|PATH|FOLDER",
    help="Where a chessboard is seen: a camera, a video, or a folder of pictures.",
)
@click.option("--board", default="9x6", show_default=True, metavar="CxR", help="Inner corners of the board.")
@click.option(
    "--square",
    type=click.FloatRange(min=0, min_open=True),
    default=25.0,
    show_default=True,
    metavar="MM",
    help="Side of one square.",
)
@_camera
@click.option("--quiet", is_flag=True, help="Say nothing but the result and errors.")
@_debug
@click.pass_context
def calibrate(context: click.Context, /, **options: Any) -> int | None:
    """Measure a camera's lens with a chessboard, once, for truer head positions.

    Show a printed chessboard from many sides: near and far, in all corners, tilted. Good pictures are taken
    by themselves. What is measured is kept; the commands below show, forget, and assume.
    """
    if context.invoked_subcommand is not None:
        _refuse_idle_options(context)
        return None
    from ar_effects.cli.calibrate import measure_command

    return measure_command(**options)


@calibrate.command(context_settings=CONTEXT)
@click.option(
    "--fov",
    "fov_deg",
    type=float,
    metavar="DEG",
    required=True,
    callback=check_angle,
    help="The lens's angle along the picture's longer side.",
)
@click.option(
    "--source",
    type=SOURCE,
    default="webcam",
    show_default=True,
    metavar="webcam|N|NAME",
    help="The camera, where --camera does not name it.",
)
@_camera
@_debug
def assume(**options: Any) -> int:
    """Assume an angle from the data sheet, until the lens is measured."""
    from ar_effects.cli.calibrate import assume_command

    return assume_command(**options)


@calibrate.command("list", context_settings=CONTEXT)
@_debug
def list_cameras() -> int:
    """Show what is kept."""
    from ar_effects.cli.calibrate import list_command

    return list_command()


@calibrate.command(context_settings=CONTEXT)
@click.argument("name")
@_debug
def forget(name: str) -> int:
    """Forget what is kept for the camera NAME."""
    from ar_effects.cli.calibrate import forget_command

    return forget_command(name)


def _refuse_idle_options(context: click.Context) -> None:
    """Usage error where options of measuring are given to a command that does not measure."""
    for option in context.command.params:
        given = option.name and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
        if given and option.expose_value:
            raise click.UsageError(
                sentence(
                    "calibration.option-of-measuring",
                    option=option.opts[0],
                    action=context.invoked_subcommand,
                ),
                context,
            )
