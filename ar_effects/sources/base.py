"""The one interface of everything that delivers frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from ar_effects.errors import SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Frame
from ar_effects.sources.spec import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ar_effects.media.decoding import Chapter


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file that frames are read from, and what it holds besides them, for who makes another one of it.

    Attributes:
        path: of the file.
        origin_s: seconds taken off the file's own times, 0 for most; its sound needs the same.
        has_audio: whether there is sound.
        left_out: what else it holds: other films, subtitles, data; a phrase each.
        metadata: what a video says of itself, by FFmpeg's names: title, creation_time, location and others.
        chapters: its parts, on the clock of the frames.
    """

    path: Path
    origin_s: Fraction = Fraction(0)
    has_audio: bool = False
    left_out: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source delivers.

    Attributes:
        name: what people call it: a path, a camera's name.
        width, height: of the frames as delivered (after any rotation).
        fps: measured or declared frames a second; 0 for a single picture.
        frame_count: None where nobody can know (cameras, damaged files).
        is_live: True when frames come at their own pace and late ones may be dropped.
        notes: sentences for the person, such as "asked for 1920x1080, got 1280x720".
        camera: intrinsics of these frames where the file itself tells them; None where nothing is told.
        file: that the frames are read from; None where there is none.
    """

    name: str
    width: int
    height: int
    fps: float
    frame_count: int | None = None
    is_live: bool = False
    notes: tuple[str, ...] = ()
    camera: Camera | None = None
    file: SourceFile | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height


class Source(Protocol):
    """Delivers frames in order; a context manager that frees the device or file."""

    @property
    def info(self) -> SourceInfo:
        """What this source delivers; ``notes`` may grow while frames are read."""

    @property
    def kind(self) -> SourceKind:
        """A camera, a video, or a picture."""

    @property
    def time_base(self) -> Fraction | None:
        """Seconds per tick of its frames' ``pts``; None where they have only ``time_s``."""

    def frames(self) -> Iterator[Frame]:
        """Frames until the end. Raises SourceError; CameraLostError when a camera went away."""

    def release(self) -> None:
        """Give a device back that others may want meanwhile; ``frames`` begins anew after `reopen`.

        May be called from another thread. What is no device has nothing to give back, and goes on.
        """

    def reopen(self) -> None:
        """Try once to take back a device that was released or lost. Raises SourceError where that fails."""

    def close(self) -> None:
        """Free the device or file. May be called twice, and from another thread."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class BasicSource:
    """What sources that are no devices have in common. A source of one's own adds ``info`` and ``frames``."""

    info: SourceInfo
    kind: SourceKind = SourceKind.VIDEO
    time_base: Fraction | None = None

    def frames(self) -> Iterator[Frame]:
        """Frames until the end."""
        raise NotImplementedError

    def release(self) -> None:
        """Nothing that others may want."""

    def reopen(self) -> None:
        """Raises SourceError: what is no device stays open until it ends."""
        raise SourceError(Message("source.not-reopened", name=self.info.name), kind=SourceErrorKind.LOST)

    def close(self) -> None:
        """Nothing to free."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
