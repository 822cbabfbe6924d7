"""The one interface of everything that delivers frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ar_effects.records import Frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source delivers.

    Attributes:
        name: what people call it: a path, a camera's name.
        width, height: of the frames as delivered (after any rotation).
        fps: measured or declared frames a second; 0 for a single picture.
        frame_count: None where nobody can know (cameras, damaged files).
        live: True when frames come at their own pace and late ones may be dropped.
        notes: sentences for the person, such as "asked for 1920x1080, got 1280x720".
    """

    name: str
    width: int
    height: int
    fps: float
    frame_count: int | None = None
    live: bool = False
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """Delivers frames in order; a context manager that frees the device or file."""

    @property
    def info(self) -> SourceInfo:
        """What this source delivers."""

    def frames(self) -> Iterator[Frame]:
        """Frames until the end. Raises SourceError; CameraLostError when a camera went away."""

    def close(self) -> None:
        """Free the device or file. May be called twice, and from another thread."""

    def __enter__(self) -> Source: ...

    def __exit__(self, *exc: object) -> None: ...
