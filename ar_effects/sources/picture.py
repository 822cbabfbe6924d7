"""Pictures: one file, or all of a folder."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from ar_effects.errors import SourceError
from ar_effects.media.files import read_bytes
from ar_effects.records import Frame, Image
from ar_effects.sources.base import PictureFrame, SourceInfo
from ar_effects.sources.exif import camera_from_exif
from ar_effects.sources.timing import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICTURE_SUFFIXES = frozenset(
    {
        ".avif",
        ".bmp",
        ".gif",
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


def load_picture(path: Path | str) -> Image:
    """Read a picture as 8-bit BGR: grey, 16-bit and transparent ones are converted, EXIF turning applied.

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
    path = Path(path)
    data = read_bytes(path, "picture")
    if _cut_off(data):
        raise SourceError(
            f"The picture {path} is cut off",
            expected="a whole file",
            got=f"{len(data)} bytes and no end",
            fix="Copy or download it again",
        )
    image = _decode(path, data, cv2.IMREAD_COLOR)
    if image is None or image.size == 0:
        raise SourceError(
            f"{path} is not a picture",
            expected="a picture such as JPEG, PNG or WebP",
            got="a file that no picture decoder knows",
            fix="Check that it opens in a picture viewer",
        )
    image = np.ascontiguousarray(_over_black(path, data, image))
    height, width = image.shape[:2]
    return PictureFrame(image, time_s, index, camera_from_exif(data, width, height))


class PictureSource:
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
        self._repeat = repeat
        self._fps = fps
        self._clock = clock
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait

    @property
    def info(self) -> SourceInfo:
        """Name and size; ``fps`` is 0 and ``frame_count`` 1 unless repeated."""
        (width, height), camera = self._frame.size, self._frame.camera
        if self._repeat:
            return SourceInfo(str(self.path), width, height, self._fps, live=True, camera=camera)
        return SourceInfo(str(self.path), width, height, 0.0, frame_count=1, camera=camera)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


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
                f"There is no folder {self.path}",
                expected="a folder of pictures",
                got="a file" if self.path.exists() else "nothing",
                fix="Check the name",
            )
        try:
            found = [
                p for p in self.path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.name[0] != "."
            ]
        except OSError as error:
            raise SourceError(
                f"The folder {self.path} may not be read",
                got=str(error.strerror),
                fix="Give yourself the right to read it",
            ) from None
        if not found:
            raise SourceError(
                f"The folder {self.path} holds no pictures",
                expected="files ending in .jpg, .png or .webp",
                got="none",
                fix="Name another folder",
            )
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


def _decode(path: Path, data: bytes, flags: int) -> Image | None:
    try:
        image: Image | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        too_large = "MAX_IMAGE" in str(error) or isinstance(error, MemoryError)
        raise SourceError(
            f"The picture {path} {'is too large' if too_large else 'is damaged'}",
            expected="at most about a thousand million pixels" if too_large else "",
            fix="Make it smaller with a picture editor" if too_large else "Copy or download it again",
        ) from None
    return image


def _over_black(path: Path, data: bytes, image: Image) -> Image:
    if not _may_be_transparent(data):
        return image
    full = _decode(path, data, cv2.IMREAD_UNCHANGED)
    if full is None or full.ndim != 3 or full.shape[2] != 4 or full.shape[:2] != image.shape[:2]:
        return image
    alpha = full[:, :, 3]
    alpha = (alpha >> 8).astype(np.uint8) if alpha.dtype == np.uint16 else alpha
    if alpha.dtype != np.uint8 or alpha.min() == 255:
        return image
    composed: Image = cv2.multiply(image, cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR), scale=1 / 255)
    return composed


def _may_be_transparent(data: bytes) -> bool:
    return data.startswith((b"\x89PNG", b"II*\0", b"MM\0*", b"GIF8")) or data[8:12] == b"WEBP"


def _cut_off(data: bytes) -> bool:
    """Whether a JPEG, PNG or WebP ends before its end; decoders fill the rest with grey and say nothing."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg_cut_off(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data.rfind(b"IEND") < 0
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return False


def _jpeg_cut_off(data: bytes) -> bool:
    # Walk the segments to the picture proper: thumbnails inside them have ends of their own.
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return False  # odd, but not ours to judge: the decoder will
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xDA:
            # Inside the compressed picture FF is always followed by 00, so FF D9 can only be the end.
            return data.find(b"\xff\xd9", at) < 0
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return True
