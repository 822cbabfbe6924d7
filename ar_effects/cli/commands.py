"""What can be typed after ``python app.py``; heavy imports wait until their command runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ar_effects.cli.calibrate_commands import calibrate
from ar_effects.cli.pack_commands import packs
from ar_effects.cli.parameters import PROVIDER, SOURCE, check_angle
from ar_effects.cli.train_network_commands import train
from ar_effects.version import program_version

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Show stack traces of errors.")
provider_option = click.option(
    "--provider", type=PROVIDER, default="auto", show_default=True, help="What the networks run on."
)
effect_option = click.option(
    "--effect",
    default="sunglasses",
    show_default=True,
    metavar="NAME",
    help="The name of a pack (`packs list`), the path of a pack's folder, or 'none'.",
)


fov_option = click.option(
    "--fov",
    type=float,
    metavar="DEG",
    callback=check_angle,
    help="The lens's angle along the picture's longer side. Without it: as calibrated, as the picture's EXIF "
    "tells, else 63.",
)


detail_option = click.option(
    "--detail",
    type=click.Choice(["auto", "full", "fast"]),
    default="auto",
    show_default=True,
    help="How finely effects are drawn. auto: everything in files, and in the window what keeps the camera's "
    "rate.",
)


def faces_option(default: int) -> Callable[..., Any]:
    """``--max-faces`` with the command's own default."""
    return click.option(
        "--max-faces",
        type=click.IntRange(1, 64),
        default=default,
        show_default=True,
        help="How many faces at most.",
    )


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"AR Effects, version {program_version()}")
        context.exit()


@click.group(invoke_without_command=True, context_settings=CONTEXT)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.option(
    "--source",
    type=SOURCE,
    metavar="webcam|N|NAME|PATH|demo",
    help="What to show: a camera by number or name, a video or picture, or the built-in clip. "
    "Without it: the webcam, or the clip if there is none.",
)
@effect_option
@click.option("--mirror/--no-mirror", default=None, help="Show as in a mirror. On for cameras.")
@click.option("--size", metavar="WxH", default="1280x720", show_default=True, help="Asked of the camera.")
@click.option(
    "--fps", type=click.FloatRange(1, 240), default=30.0, show_default=True, help="Asked of the camera."
)
@click.option(
    "--photos",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for photos. Default: AR Effects in your pictures folder.",
)
@click.option(
    "--predict/--no-predict",
    default=False,
    help="Show the newest picture, with the faces moved on to where they should be in it. For computers "
    "slower than their camera.",
)
@detail_option
@faces_option(5)
@provider_option
@fov_option
@debug_option
@click.pass_context
def app(context: click.Context, /, **options: Any) -> int | None:
    """Real-time face filters.

    Without a command: the window. Esc quits, Space takes a photo, Left and Right change the effect, C
    opens its controls, H shows the frame rate, M mirrors, F11 fills the screen (Esc leaves that first).
    """
    if context.invoked_subcommand is not None:
        return None
    from ar_effects.cli.start import start

    return start(**options)


@app.command(context_settings=CONTEXT)
@click.argument("source", metavar="INPUT", type=SOURCE)
@click.argument("output", type=click.Path(path_type=Path))
@effect_option
@detail_option
@faces_option(5)
@provider_option
@fov_option
@click.option(
    "--quality",
    type=click.Choice(["live", "good", "best"]),
    default="good",
    show_default=True,
    help="Of the video: quick to make, small, or for masters.",
)
@click.option(
    "--trace", type=click.Path(path_type=Path), help="Write every stage's runs, for ui.perfetto.dev."
)
@click.option(
    "--strip-metadata", is_flag=True, help="Leave out date, place, camera, title; they are kept without it."
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@debug_option
def render(**options: Any) -> int:
    """Draw an effect into a picture or video, without a screen.

    INPUT is a picture, a video, or "demo". OUTPUT ends in .mp4 or .mov for a video, in .png, .jpg or .webp
    for a picture. Size, frame count, timing and sounds of a video are kept, and date,
    place, camera and title of both.
    """
    from ar_effects.cli.files import render_command

    return render_command(**options)


@app.command(context_settings=CONTEXT)
@click.argument("source", metavar="INPUT", type=SOURCE)
@click.option(
    "--json",
    "output",
    type=click.Path(path_type=Path, allow_dash=True),
    default="-",
    help="File for the lines; without it they are printed.",
)
@faces_option(1)
@provider_option
@fov_option
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@debug_option
def track(**options: Any) -> int:
    """Write the faces of INPUT as JSON, one line a frame.

    INPUT is a picture, a video, "demo", or a folder of pictures, each tracked on its own. What each key
    means, and in which unit, is told by docs/track-json.md.
    """
    from ar_effects.cli.files import track_command

    return track_command(**options)


@app.command(context_settings=CONTEXT)
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--source",
    type=SOURCE,
    default="webcam",
    show_default=True,
    metavar="webcam|N|NAME|PATH|demo",
    help="A camera by number or name, a video, or the built-in clip.",
)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="End after so many seconds.")
@click.option("--copy", is_flag=True, help="Put a copy of the video into the session.")
@faces_option(1)
@provider_option
@fov_option
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@debug_option
def record(**options: Any) -> int:
    """Record what a camera or video shows, and what is tracked in it, for `replay`.

    SESSION is a folder to make. Frames of a camera are kept losslessly, at the times they came; a video is
    only referred to, without --copy. Ctrl-C ends the recording and keeps it; so do kill, closing the terminal
    and logging out.
    """
    from ar_effects.cli.session import record_command

    return record_command(**options)


@app.command(context_settings=CONTEXT)
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="OUT.json", help="Write the figures there."
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="OTHER.json",
    help="Show the figures beside those of another report.",
)
@click.option("--provider", type=PROVIDER, help="What the networks run on. Default: as recorded.")
@click.option("--quiet", is_flag=True, help="Say nothing but the figures and errors.")
@debug_option
def replay(**options: Any) -> int:
    """Track the frames of SESSION again and measure.

    Tells hit rate, jitter, changed identities and times, and whether the landmarks are those that were
    recorded.
    """
    from ar_effects.cli.session import replay_command

    return replay_command(**options)


@app.command(context_settings=CONTEXT)
@debug_option
def devices() -> int:
    """What works here: cameras, screen, OpenGL, networks, encoders; and what to install."""
    from ar_effects.cli.devices import devices_command

    return devices_command()


app.add_command(calibrate)
app.add_command(packs)
app.add_command(train)
