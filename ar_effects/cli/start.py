"""``python app.py``: the window, or the best that can be had without one."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ar_effects.errors import InputError, RenderError, SourceError
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND, EFFECTS, PACKAGE, own_packs

if TYPE_CHECKING:
    from collections.abc import Callable

    from ar_effects.app.pipeline.live_pipeline import LivePipeline
    from ar_effects.app.window.ahead import Ahead, Bell
    from ar_effects.app.window.opening import OpenWindow
    from ar_effects.app.window.window import FilterWindow
    from ar_effects.packs.library import Library
    from ar_effects.sources.base import Source
    from ar_effects.sources.spec import SourceSpec

DEMO_OUTPUT = Path("out") / "demo.mp4"


def start(
    source: SourceSpec | None,
    effect: str,
    mirror: bool | None,
    size: str,
    fps: float,
    photos: Path | None,
    max_faces: int,
    provider: Any,
    predict: bool = False,
    detail: Any = "auto",
    fov: float | None = None,
    preview: bool = False,
    describe: bool = True,
) -> int:
    """Open the window; without a screen and without a named source render the demo clip to a file."""
    if not has_screen():
        if source is not None:
            raise RenderError(Message("window.no-screen-for-source", command=COMMAND, source=source))
        return render_demo(sentence("window.no-screen-here"), describe=describe)
    width, height = picture_size(size)
    from ar_effects.sources.spec import DEMO_WORD, SourceKind, SourceSpec

    greeting = ""
    chosen = source or SourceSpec.parse("webcam")
    if source is None and (problem := camera_problem()):
        chosen = SourceSpec.parse(DEMO_WORD)
        greeting = sentence("demo.shown-instead", problem=problem)
        click.echo(greeting, err=True)

    def opened() -> Source:
        from ar_effects.sources.open import open_source

        return open_source(chosen, width=width, height=height, fps=fps, loop=True, realtime=True)

    def make_pipeline(bell: Bell) -> LivePipeline:
        from ar_effects.app.pipeline.live_pipeline import LivePipeline

        pipeline = LivePipeline(
            opened,
            max_faces=max_faces,
            provider=provider,
            predict=predict,
            fov_deg=fov,
            on_frame=bell.ring,
        )
        pipeline.start()
        return pipeline

    def load_packs() -> tuple[type[FilterWindow], Library]:
        from ar_effects.app.window.window import FilterWindow
        from ar_effects.packs.library import Library

        library = Library()
        if effect != "none":
            library.load(effect)
        return FilterWindow, library

    def take_pipeline(bell: Bell, ahead: Ahead[LivePipeline], wake: Callable[[], None]) -> LivePipeline:
        bell.listen(wake)
        return ahead.take()

    gc.disable()  # nothing of what is loaded now is garbage; looking for some would take a tenth of the start
    ahead: Ahead[LivePipeline] | None = None
    opened_window: OpenWindow | None = None
    try:
        # what is wrong with a pack that was never put in place is told before a window is seen
        loaded = None if _is_installed(effect) else load_packs()
        from ar_effects.app.window.opening import get_ready, open_window

        opened_window = open_window()
        from ar_effects.app.window.ahead import Ahead, Bell  # with numpy and OpenCV

        bell = Bell()
        ahead = Ahead(
            partial(make_pipeline, bell), "start"
        )  # networks and camera load while the window gets ready
        packs = Ahead(lambda: loaded or load_packs(), "packs")
        get_ready(opened_window)
        filter_window, library = packs.take()
        window = filter_window(
            partial(take_pipeline, bell, ahead),
            library=library,
            effect=None if effect == "none" else effect,
            mirror=chosen.kind is SourceKind.CAMERA if mirror is None else mirror,
            photos=photos or _photo_folder(),
            greeting=greeting,
            detail=detail,
            on_first_picture=_loaded,
            opened=opened_window,
            preview=(lambda text: click.echo(text, err=True)) if preview else None,
            describe=describe,
        )
    except BaseException as error:
        gc.enable()
        with suppress(BaseException):  # what kept it from being made is no news now
            if ahead is not None:
                ahead.take().close()
        if opened_window is not None:
            opened_window.window.close()
        if source is not None or not isinstance(error, RenderError):
            raise
        # DISPLAY is set but leads nowhere. pyglet has chosen screens for this process: use another.
        return render_demo(error.one_line(stop=""), in_new_process=True, describe=describe)
    try:
        window.run()
    finally:
        gc.enable()  # no picture may ever have come
    return 0


def _is_installed(effect: str) -> bool:
    """Whether it is none, or a pack that was put in place: those were right then."""
    if effect == "none":
        return True
    return effect.isidentifier() and any((folder / effect).is_dir() for folder in (EFFECTS, own_packs()))


def _loaded() -> None:
    """What is there now stays: the collector looks at what comes after it only."""
    gc.freeze()
    gc.enable()


def has_screen() -> bool:
    """Whether a window could be opened at all; on Linux DISPLAY must be set, elsewhere there is one."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))


def camera_problem() -> str:
    """One sentence when no camera can be used; empty when one can be tried."""
    from ar_effects.sources.camera_list import known_cameras

    cameras = known_cameras()
    if cameras is None:
        return ""  # asking would switch cameras on; opening says what is wrong
    if not cameras:
        return sentence("camera.no-webcam")
    if not any(c.openable for c in cameras):
        return sentence("camera.webcam-denied", name=cameras[0].name)
    return ""


def render_demo(reason: str, in_new_process: bool = False, *, describe: bool = True) -> int:
    """Render the demo clip to out/demo.mp4 and say where."""
    click.echo(sentence("demo.rendered-instead", reason=reason, demo_output=DEMO_OUTPUT))
    try:
        DEMO_OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(
            Message("demo.folder-not-made", folder=DEMO_OUTPUT.parent.absolute()),
            got=error.strerror or str(error),
        ) from None
    if in_new_process:
        command = [sys.executable, "-m", "ar_effects", "render", "demo", str(DEMO_OUTPUT)]
        command += [] if describe else ["--no-describe"]
        found = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        return _waited_for(subprocess.Popen(command, env={**os.environ, "DISPLAY": "", "PYTHONPATH": found}))
    from ar_effects.cli.files import render_command
    from ar_effects.sources.spec import DEMO_WORD, SourceSpec

    return render_command(
        source=SourceSpec.parse(DEMO_WORD),
        output=DEMO_OUTPUT,
        effect="sunglasses",
        max_faces=1,
        provider="auto",
        quality="good",
        detail="full",
        fov=None,
        trace=None,
        strip_metadata=False,
        describe=describe,
        quiet=False,
    )


def _waited_for(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a command of ours; a signal to this process is one to that, which tidies up itself."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def picture_size(text: str) -> tuple[int, int]:
    """The numbers in a text such as 1280x720. Raises InputError."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(p.isdecimal() and 1 <= int(p) <= 16384 for p in parts):
        raise InputError(Message("cli.size-malformed"), got=repr(text))
    return int(parts[0]), int(parts[1])


def _photo_folder() -> Path:
    from platformdirs import user_pictures_path

    return user_pictures_path() / "AR Effects"
