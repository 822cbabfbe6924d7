"""One word or name to a source: what people type after --source."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ar_effects.errors import AssetError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.media.pictures import is_still_file
from ar_effects.paths import ASSETS, RESTORE
from ar_effects.sources.camera import CameraSource
from ar_effects.sources.naming import exists, is_any_camera, is_demo, looks_like_path
from ar_effects.sources.picture import PICTURE_SUFFIXES, PictureSource
from ar_effects.sources.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from ar_effects.sources.base import Source

DEMO_CLIP = ASSETS / "demo" / "demo.mp4"
DEMO_CAMERA = Camera.of_fov(640, 480, 63.0, "shorter")
"""What the built-in clip was drawn through: its ground truth is right with this lens only."""


def open_source(
    spec: str | int | Path,
    *,
    width: int = 1280,
    height: int = 720,
    fps: float = 30.0,
    loop: bool = False,
    realtime: bool = False,
    clock: Callable[[], float] = time.monotonic,
    demo_clip: Path = DEMO_CLIP,
    camera: Callable[..., Source] = CameraSource,
) -> Source:
    """Open whatever ``spec`` names.

    Args:
        spec: "webcam" or "auto" for the first camera, a number, "demo", the path of a picture or video, or a
            part of a camera's name. A path that exists wins over a camera's name.
        width: asked of a camera, pixels.
        height: asked of a camera, pixels.
        fps: asked of a camera; the pace of a repeated picture.
        loop: play files again and again; a picture is repeated.
        realtime: files come at the pace of a camera.
        clock: seconds, for live sources.
        demo_clip: the clip behind "demo".
        camera: makes camera sources; for tests.

    Raises:
        SourceError: nothing of that name, or it cannot be opened.
        AssetError: the demo clip is missing.
    """
    text = str(spec).strip()
    if is_demo(text):
        if not demo_clip.is_file():
            raise AssetError(
                "The demo clip is missing",
                expected=str(demo_clip),
                fix=RESTORE,
            )
        return VideoSource(demo_clip, loop=loop, realtime=realtime, clock=clock, camera=DEMO_CAMERA)
    path = Path(text)
    if text.isdecimal() or is_any_camera(text):
        device: str | int = int(text) if text.isdecimal() else "auto"
        return camera(device, width=width, height=height, fps=fps, clock=clock)
    if not text:
        raise SourceError(
            "No source was named", expected='"webcam", "demo" or a file', fix="Name one after --source"
        )
    if exists(path) or looks_like_path(text):
        return _open_file(path, fps=fps, loop=loop, realtime=realtime, clock=clock)
    try:
        return camera(text, width=width, height=height, fps=fps, clock=clock)
    except SourceError as error:
        raise SourceError(
            f'There is no file "{text}", and no camera of that name works',
            got=error.what,
            fix="Check the spelling, or start with --source demo",
        ) from None


def input_files(spec: str | int | Path, demo_clip: Path = DEMO_CLIP) -> tuple[Path, ...]:
    """The files that ``spec`` has frames read from: one, all of a folder, or none where it is a camera.

    For who must not write over them. Nothing is opened, and nothing here raises.
    """
    text = str(spec).strip()
    path = demo_clip if is_demo(text) else Path(text)
    try:
        return tuple(path.iterdir()) if path.is_dir() else (path,) if path.exists() else ()
    except (OSError, ValueError):
        return ()


def _open_file(path: Path, *, fps: float, loop: bool, realtime: bool, clock: Callable[[], float]) -> Source:
    # By content, since endings lie; the likelier kind first, so that its error is the one to show.
    def picture() -> Source:
        return PictureSource(path, repeat=loop or realtime, fps=fps, clock=clock)

    def video() -> Source:
        return VideoSource(path, loop=loop, realtime=realtime, clock=clock)

    # A GIF is a film, unless it holds one picture only.
    named = path.suffix.lower() in PICTURE_SUFFIXES
    still = named and (path.suffix.lower() != ".gif" or is_still_file(path))
    first, second = (picture, video) if still else (video, picture)
    try:
        return first()
    except SourceError as error:
        try:
            return second()
        except SourceError:
            raise error from None
