"""The one interface of everything that delivers frames."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from ar_effects.geometry.camera import Camera
from ar_effects.records import Alpha, Frame, Image, Record

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    """

    name: str
    width: int
    height: int
    fps: float
    frame_count: int | None = None
    is_live: bool = False
    notes: tuple[str, ...] = ()
    camera: Camera | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame(Frame):
    """A frame of a file, with the file's own exact time beside ``time_s``.

    Attributes:
        pts: presentation time in ticks of ``time_base``; strictly rising within one source.
        time_base: seconds per tick.
        duration: how long the frame stands, in ticks; 0 where the file does not say.
    """

    pts: int = 0
    time_base: Fraction = Fraction(1, 1000)
    duration: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Transparency(Record):
    """What a transparent picture is before it is laid over black.

    Attributes:
        bgr: (height, width, 3) uint8, its own colours, straight.
        alpha: (height, width) uint8.
    """

    bgr: Image
    alpha: Alpha


@dataclass(frozen=True, slots=True, eq=False)
class PictureFrame(Frame):
    """A frame that is a picture of its own.

    Attributes:
        camera: intrinsics, where the file tells them.
        transparency: of a picture that is not opaque; ``image`` has it over black.
    """

    camera: Camera | None = None
    transparency: Transparency | None = None


class Source(Protocol):
    """Delivers frames in order; a context manager that frees the device or file."""

    @property
    def info(self) -> SourceInfo:
        """What this source delivers; ``notes`` may grow while frames are read."""

    def frames(self) -> Iterator[Frame]:
        """Frames until the end. Raises SourceError; CameraLostError when a camera went away."""

    def close(self) -> None:
        """Free the device or file. May be called twice, and from another thread."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class DeviceSource(Source, Protocol):
    """A source that others may want meanwhile, as a camera: it can be given back and taken again."""

    def release(self) -> None:
        """Give the device back; ``frames`` begins anew after `reopen`. May be called from another thread."""

    def reopen(self) -> None:
        """Take the device back, once. Raises SourceError where that cannot be had now."""
