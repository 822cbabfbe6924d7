"""What the words after --source name, read once, at the edge. Nothing is opened, and no library is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from ar_effects.errors import SourceError
from ar_effects.messages import Message
from ar_effects.plugins import Registry
from ar_effects.reasons import SourceErrorKind

if TYPE_CHECKING:
    from ar_effects.sources.base import Source

DEMO_WORD, CAMERA_WORDS = "demo", frozenset({"webcam", "camera", "auto"})
"""Words that are no names, however they are written: the built-in clip, and the first camera that works."""

PICTURE_SUFFIXES = frozenset(
    {
        ".avif",
        ".bmp",
        ".gif",
        ".heic",
        ".heif",
        ".hif",
        ".jfif",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".jp2",
        ".png",
        ".ppm",
        ".pgm",
        ".tif",
        ".tiff",
        ".webp",
    }
)

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):")
"""As in RFC 3986, section 3.1, but of two characters or more: one is a drive of Windows."""


class SourceKind(Enum):
    """What delivers frames.

    A `SourceSpec` has the kind that its words tell, a source the one that was found: the content of a file
    decides whether it is a video or a picture, and a plug-in's source is a camera, a video or a picture, too.
    """

    CAMERA = "camera"
    """A device, which others may want meanwhile: see `Source.release`."""
    VIDEO = "video"
    PICTURE = "picture"
    """One frame."""
    FOLDER = "folder"
    DEMO = "demo"
    """The built-in clip."""
    PLUGIN = "plug-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """How a source is to be opened.

    Attributes:
        clock: seconds, for live sources.
        width, height: asked of a camera, pixels.
        fps: asked of a camera; the pace of a repeated picture.
        loop: play again and again.
        realtime: frames come at the pace of a camera.
    """

    clock: Callable[[], float]
    width: int = 1280
    height: int = 720
    fps: float = 30.0
    loop: bool = False
    realtime: bool = False


SourceOpener = Callable[[str, SourceOptions], "Source"]
"""Opens what follows the colon; raises SourceError where that cannot be had."""

SOURCES: Registry[SourceOpener] = Registry(
    "sources", reserved={DEMO_WORD, *CAMERA_WORDS, *(kind.value for kind in SourceKind)}
)
"""Plug-ins' openers by the word before the colon, as "test-pattern" in ``--source test-pattern:3``."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Which source somebody named.

    Attributes:
        kind: as far as the words tell.
        value: of a camera its number, a part of its name, or "auto" for the first that works; of a file or
            folder its path; of a plug-in what follows the colon; empty for the demo.
        scheme: the plug-in's word, before the colon; otherwise empty.
    """

    kind: SourceKind
    value: str = ""
    scheme: str = ""

    @classmethod
    def parse(cls, given: SourceSpec | str | int | Path) -> SourceSpec:
        """What people type. What is parsed already stays as it is.

        A file or folder that exists wins over a camera's name and over a plug-in's word, but not over
        ``demo`` or a number.

        Raises:
            SourceError: nothing was named, or a plug-in that was left out.
        """
        if isinstance(given, SourceSpec):
            return given
        text = str(given).strip()
        if not text:
            raise SourceError(Message("source.unnamed"), kind=SourceErrorKind.MISSING)
        if text.casefold() == DEMO_WORD:
            return cls(SourceKind.DEMO)
        if text.isdecimal():
            return cls(SourceKind.CAMERA, text)
        path = Path(text)
        is_there = exists(path)
        if text.casefold() in CAMERA_WORDS and not is_there:
            return cls(SourceKind.CAMERA, "auto")
        if not is_there and (scheme := _scheme(text)):
            return cls(SourceKind.PLUGIN, text[len(scheme) + 1 :], scheme)
        if not is_there and not _looks_like_path(text):
            return cls(SourceKind.CAMERA, text)
        if is_there and path.is_dir():
            return cls(SourceKind.FOLDER, text)
        named = path.suffix.lower() in PICTURE_SUFFIXES
        return cls(SourceKind.PICTURE if named else SourceKind.VIDEO, text)

    @property
    def path(self) -> Path:
        """Of a file or folder."""
        return Path(self.value)

    @property
    def device(self) -> str | int:
        """Of a camera: its number, a part of its name, or "auto"."""
        return int(self.value) if self.value.isdecimal() else self.value

    def __str__(self) -> str:
        """What people type for it."""
        if self.kind is SourceKind.DEMO:
            return DEMO_WORD
        return f"{self.scheme}:{self.value}" if self.scheme else self.value


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False for what cannot be a name."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with forbidden characters
        return False


def _scheme(text: str) -> str:
    """The word of a plug-in that a text begins with; empty without one."""
    found = _SCHEME.match(text)
    if found is None:
        return ""
    if found[1] in SOURCES:
        return found[1]
    problem = SOURCES.problem(found[1])
    if problem is not None:
        raise SourceError(problem.message, fix=Message("hint.update-or-take-out"))
    return ""


def _looks_like_path(text: str) -> bool:
    """Whether somebody who types this means a file, be it there or not."""
    return "/" in text or "\\" in text or Path(text).suffix != ""
