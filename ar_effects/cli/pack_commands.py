"""What can be typed after ``python app.py packs``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ar_effects.cli.parameters import PROVIDER, SOURCE

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
TEMPLATES = ("sunglasses", "mask", "makeup", "particles")


class PackFolder(click.Path):
    """A pack's folder, where somebody names the manifest in it, or says no more than the pack's name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The folder as a Path."""
        from ar_effects.packs.files import MANIFEST
        from ar_effects.packs.library import Library

        path = super().convert(value, param, ctx)
        assert isinstance(path, Path)
        if path.name == MANIFEST and path.is_file():
            return path.parent
        named = None if path.exists() or len(path.parts) != 1 else Library().folder_of(path.name)
        return named or path


PATH, PACK = click.Path(path_type=Path), PackFolder(path_type=Path)

_debug = click.option("--debug", is_flag=True, expose_value=False, help="Show stack traces of errors.")


@click.group(context_settings=CONTEXT)
def packs() -> None:
    """Make, check, preview, measure and share effect packs."""


@packs.command("list", context_settings=CONTEXT)
@click.option("--folder", type=PATH, help="Where the packs are. Default: those of the program, and your own.")
@_debug
def list_packs(**options: Any) -> int:
    """The packs there are."""
    from ar_effects.cli.packs import list_command

    return list_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("paths", nargs=-1, type=PACK, metavar="[PATH|NAME]...")
@click.option("--strict", is_flag=True, help="Advice counts as an error.")
@_debug
def check(**options: Any) -> int:
    """Every problem of packs at once, with file, line, key and what to do. Default: all there are."""
    from ar_effects.cli.packs import check_command

    return check_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("paths", nargs=-1, required=True, type=PACK, metavar="PATH|NAME...")
@_debug
def upgrade(**options: Any) -> int:
    """Rewrite packs of an older format: new names of keys, and nothing else."""
    from ar_effects.cli.packs import upgrade_command

    return upgrade_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("name")
@click.option("--template", type=click.Choice(TEMPLATES), default="sunglasses", show_default=True)
@click.option("--folder", type=PATH, help="Where to make it. Default: among your own packs.")
@_debug
def new(**options: Any) -> int:
    """Make a pack to begin with."""
    from ar_effects.cli.packs import new_command

    return new_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("path", type=PACK, metavar="PATH|NAME")
@click.option("--source", type=SOURCE, default="demo", show_default=True, metavar="webcam|N|NAME|PATH|demo")
@click.option("--max-faces", type=click.IntRange(1, 64), default=5, show_default=True)
@click.option("--provider", default="auto", show_default=True, type=PROVIDER)
@_debug
def preview(**options: Any) -> int:
    """The window on one pack: what you save is shown at once, what is wrong is told there and printed."""
    from ar_effects.cli.packs import preview_command

    return preview_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("path", type=PACK, metavar="PATH|NAME")
@click.argument("output", type=PATH, metavar="OUT.png")
@click.option("--pictures", type=PATH, help="A folder with pictures of people, to be cast, too.")
@_debug
def sheet(**options: Any) -> int:
    """A contact sheet: the pack on several heads, turned, nodding, near and far."""
    from ar_effects.cli.packs import sheet_command

    return sheet_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("path", type=PACK, metavar="PATH|NAME")
@click.option("--size", default="1280x720", show_default=True, metavar="WxH")
@click.option("--write/--no-write", default=True, help="Write the figures to card.toml in the pack.")
@_debug
def cost(**options: Any) -> int:
    """Milliseconds of each layer, triangles and memory, against the published limits."""
    from ar_effects.cli.packs import cost_command

    return cost_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("path", type=PACK, metavar="PATH|NAME")
@click.argument("output", type=PATH, required=False, metavar="[FILE.arfx]")
@_debug
def bundle(**options: Any) -> int:
    """The pack as one file, every file in it listed and the list signed with your key."""
    from ar_effects.cli.packs import bundle_command

    return bundle_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("bundle", type=PATH, metavar="FILE.arfx")
@click.option("--replace", is_flag=True, help="In place of a pack of the same name.")
@click.option("--trust", is_flag=True, help="Also of another author.")
@click.option("--older", is_flag=True, help="Also an older version than the one that is installed.")
@click.option("--shaders", is_flag=True, help="Also with programs of its author's for the graphics card.")
@_debug
def install(**options: Any) -> int:
    """Unpack a bundle among your own packs, after everything in it was checked."""
    from ar_effects.cli.packs import install_command

    return install_command(**options)


@packs.command(context_settings=CONTEXT)
@click.argument("output", type=click.Path(path_type=Path, allow_dash=True), default="-")
@_debug
def schema(**options: Any) -> int:
    """The JSON Schema of effect.toml, by which editors complete and check it."""
    from ar_effects.cli.packs import schema_command

    return schema_command(**options)
