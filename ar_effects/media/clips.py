"""What plays on a sprite: a still picture, a sheet of pictures, an animated picture, or a video."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image as Pillow

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError, SourceError
from ar_effects.media.pictures import UNREADABLE, rgba
from ar_effects.media.textures import open_picture, picture_bytes
from ar_effects.messages import Message

if TYPE_CHECKING:
    from ar_effects.media.alpha_video import Alpha, AlphaVideo

MAX_FRAMES = 600
MAX_BYTES = 64 << 20
"""Of all frames, unpacked: they are kept."""

MAX_ANIMATION_FILE_BYTES = 16 << 20
SHORTEST_S, USUAL_S = 0.011, 0.1
"""Browsers show frames that claim less for a tenth of a second; so old animations look as they were meant."""


class Clip(Protocol):
    """Pictures in time.

    Attributes:
        stream: what the draw list knows a video by; None where ``at`` gives arrays that never change.
        version: of the stream's pixels.
    """

    stream: object | None
    version: int

    def at(self, time_s: float, *, loop: bool) -> tuple[Texture, bool]:
        """The picture at a time since the beginning, and whether the end has been reached."""


class Frames:
    """Pictures that are kept, each unpacked when it is first shown.

    Args:
        frames: (picture, seconds) one after the other; at least one.
    """

    stream: object | None = None
    version = 0

    def __init__(self, frames: Iterator[tuple[Texture, float]]) -> None:
        self._coming: Iterator[tuple[Texture, float]] | None = frames
        self._pictures: list[Texture] = []
        self._ends_s: list[float] = []
        self._next()

    def at(self, time_s: float, *, loop: bool) -> tuple[Texture, bool]:
        """As ``Clip``."""
        while self._ends_s[-1] <= time_s and self._next():
            pass
        length_s = self._ends_s[-1]
        over = time_s >= length_s
        if over and loop:
            time_s %= length_s
        i = min(bisect_right(self._ends_s, time_s), len(self._pictures) - 1)
        return self._pictures[i], over

    def _next(self) -> bool:
        """Unpack one more; False at the end."""
        frame = next(self._coming, None) if self._coming is not None else None
        if frame is None:
            self._coming = None
            return False
        self._pictures.append(frame[0])
        self._ends_s.append((self._ends_s[-1] if self._ends_s else 0.0) + frame[1])
        return True


class Video:
    """A video being played; times go forward, or back to the beginning."""

    def __init__(self, video: AlphaVideo) -> None:
        self._video = video
        self.stream: object | None = self
        self.version = 0
        self._pixels: Texture = np.zeros((1, 1, 4), np.uint8)
        self._coming: tuple[Texture, float] | None = None
        self._length_s: float | None = None  # known when it was played to its end
        self._begin()

    def at(self, time_s: float, *, loop: bool) -> tuple[Texture, bool]:
        """As ``Clip``."""
        over = self._length_s is not None and time_s >= self._length_s
        if over and loop and self._length_s:
            time_s %= self._length_s
        if time_s < self._shown_s:
            self._begin()
        while self._coming is not None and self._coming[1] <= time_s:
            self._show(self._coming)
            self._coming = self._next()
        if self._coming is None and self._length_s is None:
            self._length_s = self._shown_s + self._video.step_s
            return self.at(time_s, loop=loop)
        return self._pixels, over

    def _begin(self) -> None:
        self._frames = self._video.frames()
        self._shown_s = 0.0
        first = self._next()
        if first is not None:
            self._show(first)
        self._coming = self._next()

    def _show(self, frame: tuple[Texture, float]) -> None:
        self._pixels, self._shown_s = frame
        self.version += 1

    def _next(self) -> tuple[Texture, float] | None:
        try:
            return next(self._frames, None)
        except SourceError:  # it could be read when the pack was loaded: what was shown last stays
            return None


def sheet(picture: Texture, columns: int, rows: int, count: int | None, frame_s: float) -> Frames:
    """The cells of a sheet, row by row, each a picture of its own (nothing bleeds in from its neighbours).

    Their pixels are the sheet's.
    """
    height, width = picture.shape[0] // rows, picture.shape[1] // columns

    def cells() -> Iterator[tuple[Texture, float]]:
        for i in range(columns * rows if count is None else min(count, columns * rows)):
            y, x = i // columns * height, i % columns * width
            yield picture[y : y + height, x : x + width], frame_s

    return Frames(cells())


def animation(
    path: Path,
    still_s: float,
    data: bytes | None = None,
    *,
    take: Callable[[int], None] = lambda _: None,
    still: Callable[[Pillow.Image], Texture] = rgba,
) -> Frames:
    """The frames of a PNG, GIF or WebP, or its only one, which is shown for ``still_s``.

    A frame that cannot be unpacked ends the animation.

    Args:
        path: of the file.
        still_s: see above.
        data: the file's bytes where they have been read.
        take: told how many bytes all frames are, before any is unpacked; it may raise.
        still: gives the pixels of the only picture, in place of ``take``.

    Raises:
        PackError: no picture, damaged from its first frame on, or too much of it.
    """
    data = picture_bytes(path) if data is None else data
    picture = open_picture(path, data)
    try:
        count = _frame_count(path, data, picture)
        width, height = picture.size
        total = count * width * height * 4
        if count > MAX_FRAMES or (count > 1 and total > MAX_BYTES):
            raise PackError(
                Message(
                    "animation.too-large-unpacked",
                    max_frames=MAX_FRAMES,
                    megabytes=MAX_BYTES >> 20,
                    count=count,
                    width=width,
                    height=height,
                    total=total >> 20,
                ),
                file=path,
            )
        if count == 1:
            with picture:
                return Frames(iter([(still(picture), _shown_s(still_s))]))
        take(total)
        return Frames(_unpacked(picture, count))
    except UNREADABLE as error:
        picture.close()
        raise PackError(
            Message("animation.unreadable"), file=path, got=" ".join(str(error).split())[:120]
        ) from error
    except BaseException:
        picture.close()
        raise


def _unpacked(picture: Pillow.Image, count: int) -> Iterator[tuple[Texture, float]]:
    size, first = picture.size, picture.tell()
    with picture:
        for i in range(count):
            try:
                if i:
                    picture.seek(first + i)
                if picture.size != size:  # a GIF's later frames may claim a larger canvas
                    raise ValueError("its frames differ in size")
                pixels = rgba(picture)
            except UNREADABLE:
                if i == 0:
                    raise
                return
            yield pixels, _shown_s(float(picture.info.get("duration") or 0.0) / 1000.0)


def _shown_s(seconds: float) -> float:
    return min(seconds, 3600.0) if seconds >= SHORTEST_S else USUAL_S


def _frame_count(path: Path, data: bytes, picture: Pillow.Image) -> int:
    """How many frames a file says it has; one more than ``MAX_FRAMES`` where there are more."""
    if picture.format == "GIF":
        if len(data) > MAX_ANIMATION_FILE_BYTES:
            raise PackError(
                Message(
                    "animation.file-too-large", megabytes=MAX_ANIMATION_FILE_BYTES >> 20, size=len(data) >> 20
                ),
                file=path,
            )
        return max(_gif_frames(data), 1)
    return int(getattr(picture, "n_frames", 1)) - picture.tell()


def _gif_frames(data: bytes) -> int:
    """Count the pictures of a GIF by its blocks, unpacking none, up to ``MAX_FRAMES + 1``."""
    at, count = 13, 0
    if len(data) > 10 and data[10] & 0x80:
        at += 3 << ((data[10] & 7) + 1)
    while at < len(data) and count <= MAX_FRAMES:
        block = data[at]
        if block == 0x2C and at + 10 < len(data):
            count += 1
            table = data[at + 9]
            at += 11 + (3 << ((table & 7) + 1) if table & 0x80 else 0)
        elif block == 0x21:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return count


def open_video(path: Path, alpha: Alpha) -> AlphaVideo:
    """A video of the pack. Raises PackError."""
    from ar_effects.media.alpha_video import AlphaVideo  # noqa: PLC0415 - loads FFmpeg: only for videos

    try:
        return AlphaVideo(path, alpha)
    except SourceError as error:
        raise PackError(Message("pack.of-source", error=error), file=path) from error
