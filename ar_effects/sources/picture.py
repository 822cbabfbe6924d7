"""Pictures: one file, or all of a folder."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ar_effects.errors import SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.media import pictures
from ar_effects.media.frames import over_black
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Frame, Image, Transparency
from ar_effects.sources.base import BasicSource, SourceFile, SourceInfo
from ar_effects.sources.exif import camera_from_exif
from ar_effects.sources.spec import PICTURE_SUFFIXES, SourceKind
from ar_effects.sources.timing import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True, eq=False)
class PictureFrame(Frame):
    """A frame that is a picture of its own.

    Attributes:
        camera: intrinsics, where the file tells them.
    """

    camera: Camera | None = None


def load_picture(path: Path | str) -> Image:
    """Read a picture as 8-bit BGR: upright and in sRGB's colours (`ar_effects.media.pictures`).

    What is transparent becomes black, instead of whatever colour lies hidden there.

    Raises:
        SourceError: missing, not readable, cut off, or not a picture.
    """
    return load_frame(path).image


def load_frame(path: Path | str, time_s: float = 0.0, index: int = 0) -> PictureFrame:
    """Read a picture as ``load_picture`` does, with the lens that its EXIF tells.

    Raises:
        SourceError: see ``load_picture``.
    """
    pixels = pictures.read(Path(path))
    image = pixels.bgr if pixels.alpha is None else over_black(pixels.bgr, pixels.alpha)
    height, width = image.shape[:2]
    camera = camera_from_exif(pixels.data, width, height)
    transparency = None if pixels.alpha is None else Transparency(pixels.bgr, pixels.alpha)
    return PictureFrame(image, time_s, index, transparency=transparency, camera=camera)


class PictureSource(BasicSource):
    """One picture: a single frame at time 0, or with ``repeat`` the same frame at the pace of a camera.

    Args:
        path: the file.
        repeat: deliver it again and again, for a live preview.
        fps: pace with ``repeat``, frames a second.
        clock: seconds; used with ``repeat`` only.
        sleep: waits that many seconds; the default is woken by `close`.

    Raises:
        SourceError: see `load_picture`.
    """

    kind = SourceKind.PICTURE

    def __init__(
        self,
        path: Path | str,
        *,
        repeat: bool = False,
        fps: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.path = Path(path)
        self._frame = load_frame(self.path)
        (width, height), camera = self._frame.size, self._frame.camera
        self.info = SourceInfo(
            str(self.path),
            width,
            height,
            fps if repeat else 0.0,
            frame_count=None if repeat else 1,
            is_live=repeat,
            camera=camera,
            file=SourceFile(self.path),
        )
        self._repeat = repeat
        self._fps = fps
        self._clock = clock
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait

    def frames(self) -> Iterator[Frame]:
        """The frame; each call begins anew."""
        if not self._repeat:
            if not self._closed.is_set():
                yield self._frame
            return
        pacer = Pacer(self._clock, self._sleep)
        index = 0
        while not self._closed.is_set():
            time_s = pacer.wait(index / self._fps)
            yield Frame(self._frame.image, time_s, index)
            index += 1

    def close(self) -> None:
        """Stop; may be called twice, and from another thread."""
        self._closed.set()


class PictureFolder:
    """All pictures of a folder (not of the folders inside) in the order a person would number them.

    Attributes:
        paths: the files that look like pictures by their name.
        unreadable: (path, error) of those that could not be read, filled while iterating.

    Raises:
        SourceError: the folder is missing, not a folder, not readable, or holds no pictures.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.unreadable: list[tuple[Path, SourceError]] = []
        if not self.path.is_dir():
            raise SourceError(
                Message("folder.missing", path=self.path),
                kind=SourceErrorKind.MISSING,
                got=Message("got.a-file" if self.path.exists() else "got.nothing"),
            )
        try:
            found = [
                p for p in self.path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.name[0] != "."
            ]
        except OSError as error:
            raise SourceError(
                Message("folder.denied", path=self.path), kind=SourceErrorKind.DENIED, got=str(error.strerror)
            ) from None
        if not found:
            raise SourceError(Message("folder.no-pictures", path=self.path), kind=SourceErrorKind.EMPTY)
        self.paths = tuple(sorted(found, key=natural_key))

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[tuple[Path, PictureFrame]]:
        """(path, frame) of every readable picture; the others are added to ``unreadable``."""
        self.unreadable.clear()
        for index, path in enumerate(self.paths):
            try:
                frame = load_frame(path, index=index)
            except SourceError as error:
                self.unreadable.append((path, error))
                continue
            yield path, frame


def natural_key(path: Path) -> tuple[object, ...]:
    """Sorts ``face2`` before ``face10``, and without regard to case."""
    # re.split with a group alternates text and digits, so same positions always compare same kinds.
    parts = re.split(r"(\d+)", path.name.casefold())
    return (*((int(p) if p.isdecimal() else p) for p in parts), path.name)
