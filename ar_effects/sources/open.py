"""From what somebody named to a source that is open."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ar_effects.errors import ArEffectsError, AssetError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.media.pictures import is_still_file
from ar_effects.messages import Message
from ar_effects.paths import ASSETS, RESTORE
from ar_effects.reasons import SourceErrorKind
from ar_effects.sources.base import BasicSource, SourceInfo
from ar_effects.sources.camera import CameraSource
from ar_effects.sources.picture import PictureSource
from ar_effects.sources.spec import SOURCES, SourceKind, SourceOptions, SourceSpec
from ar_effects.sources.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ar_effects.records import Frame
    from ar_effects.sources.base import Source

DEMO_CLIP = ASSETS / "demo" / "demo.mp4"
DEMO_CAMERA = Camera.of_fov(640, 480, 63.0, "shorter")
"""What the built-in clip was drawn through: its ground truth is right with this lens only."""

_PROTOCOL = ("info", "kind", "time_base", "frames", "release", "reopen", "close")


def open_source(
    given: SourceSpec | str | int | Path,
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
    """Open what somebody named.

    Args:
        given: parsed, or as people type it: "webcam" or "auto" for the first camera, a number, "demo", the
            path of a picture or video, a part of a camera's name, or a plug-in's word, a colon, and the rest.
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
    spec = SourceSpec.parse(given)
    options = SourceOptions(clock=clock, width=width, height=height, fps=fps, loop=loop, realtime=realtime)
    if spec.kind is SourceKind.PLUGIN:
        return _PluginSource(spec, options)
    if spec.kind is SourceKind.CAMERA:
        return _open_camera(spec, options, camera)
    if spec.kind is SourceKind.DEMO:
        if not demo_clip.is_file():
            raise AssetError(Message("asset.demo-missing"), expected=str(demo_clip), fix=RESTORE)
        return VideoSource(demo_clip, loop=loop, realtime=realtime, clock=clock, camera=DEMO_CAMERA)
    return _open_file(spec, options)


def input_files(given: SourceSpec | str | int | Path, demo_clip: Path = DEMO_CLIP) -> tuple[Path, ...]:
    """The files that frames are read from: one, all of a folder, or none where it is a camera.

    For who must not write over them. Nothing is opened, and nothing here raises.
    """
    try:
        spec = SourceSpec.parse(given)
        path = demo_clip if spec.kind is SourceKind.DEMO else spec.path
        if spec.kind is SourceKind.FOLDER:
            return tuple(path.iterdir())
        # A plug-in may read the file that its words name.
        return (path,) if spec.kind is not SourceKind.CAMERA and path.is_file() else ()
    except (SourceError, OSError, ValueError):
        return ()


def _open_camera(spec: SourceSpec, options: SourceOptions, make: Callable[..., Source]) -> Source:
    def opened() -> Source:
        return make(
            spec.device, width=options.width, height=options.height, fps=options.fps, clock=options.clock
        )

    if spec.device == "auto" or isinstance(spec.device, int):
        return opened()
    try:
        return opened()
    except SourceError as error:  # the word may as well have been meant for a file
        raise SourceError(
            Message("source.unknown", text=spec), kind=SourceErrorKind.MISSING, got=error.what
        ) from None


def _open_file(spec: SourceSpec, options: SourceOptions) -> Source:
    # By content, since endings lie; the likelier kind first, so that its error is the one to show.
    path = spec.path

    def picture() -> Source:
        repeat = options.loop or options.realtime
        return PictureSource(path, repeat=repeat, fps=options.fps, clock=options.clock)

    def video() -> Source:
        return VideoSource(path, loop=options.loop, realtime=options.realtime, clock=options.clock)

    # A GIF is a film, unless it holds one picture only.
    still = spec.kind is SourceKind.PICTURE and (path.suffix.lower() != ".gif" or is_still_file(path))
    first, second = (picture, video) if still else (video, picture)
    try:
        return first()
    except SourceError as error:
        try:
            return second()
        except SourceError:
            raise error from None


class _PluginSource(BasicSource):
    """A plug-in's source, whose troubles name the plug-in: it is no code of ours."""

    def __init__(self, spec: SourceSpec, options: SourceOptions) -> None:
        self._spec = spec
        try:
            self._source = SOURCES[spec.scheme](spec.value, options)
            missing = [name for name in _PROTOCOL if not hasattr(self._source, name)]
        except ArEffectsError:
            raise
        except Exception as error:
            raise self._failed(error) from error
        if missing:
            raise SourceError(
                Message(
                    "source.plugin-gives-none",
                    scheme=spec.scheme,
                    names=", ".join(_PROTOCOL),
                    kind=type(self._source).__name__,
                    missing=", ".join(missing),
                )
            )
        self.kind: SourceKind = self._source.kind
        self.time_base: Fraction | None = self._source.time_base

    @property
    def info(self) -> SourceInfo:  # type: ignore[override]  # theirs may change while frames are read
        """Theirs."""
        return self._source.info

    def frames(self) -> Iterator[Frame]:
        """Theirs."""
        try:
            yield from self._source.frames()
        except ArEffectsError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def release(self) -> None:
        """Theirs."""
        self._source.release()

    def reopen(self) -> None:
        """Theirs."""
        self._source.reopen()

    def close(self) -> None:
        """Theirs."""
        self._source.close()

    def _failed(self, error: Exception) -> SourceError:
        return SourceError(
            Message("source.plugin-failed", scheme=self._spec.scheme, source=self._spec),
            got=f"{type(error).__name__}: {error}",
        )
