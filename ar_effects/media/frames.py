"""Decoded frames to pixels as they are meant to be seen: upright, square, progressive, in sRGB's colours."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from struct import unpack
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from ar_effects.errors import SourceError
from ar_effects.media.code_points import HLG, PQ, to_srgb
from ar_effects.messages import Message, sentence
from ar_effects.reasons import SourceErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.video.frame import VideoFrame as DecodedFrame
    from numpy.typing import NDArray

    Matrix = tuple[int, int, int, int]

# Flags of swscale. The fast conversion truncates, and darkens every picture by about one level of 255.
FAST = 0x2
EXACT = 0x2 | 0x2000 | 0x40000

_UNSPECIFIED_COLORSPACE = 2
_UNIT_MATRIX = (1, 0, 0, 1)
_QUARTER_TURNS = {0: (1, 0, 0, 1), 1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}


class Converter:
    """Turns decoded frames into pictures of one size, whatever the stream does later.

    Frames of another size than the first are fitted into it, between black bars.

    Attributes:
        shown_size: (width, height) of its pictures.
        notes: sentences for the person.
    """

    def __init__(self, first: DecodedFrame, aspect: Fraction | None, flags: int = EXACT) -> None:
        """Take size and turn of the first frame.

        Args:
            first: of the stream.
            aspect: width over height of its pixels, where the file tells.
            flags: ``EXACT``, or ``FAST`` where a level of 255 matters less than time.
        """
        self._flags = flags
        self._reformatter = VideoReformatter()
        self._aspect = aspect if aspect and aspect > 0 else Fraction(1)
        self._canvas = self._square(first)
        self._matrix = display_matrix(first)
        notes = []
        if self._aspect != 1:
            # Eyes and faces are measured in square pixels. Only the narrow side grows: nothing is lost.
            notes.append(sentence("video.pixels-not-square", width=self._canvas[0], height=self._canvas[1]))
        if first.color_trc in (PQ, HLG):
            notes.append(sentence("video.hdr"))
        self.notes = tuple(notes)

    @property
    def shown_size(self) -> tuple[int, int]:
        """(width, height) of the pictures, turned."""
        width, height = self._canvas
        return (height, width) if self._matrix[0] == 0 else (width, height)

    def bgr(self, frame: DecodedFrame) -> NDArray[np.uint8]:
        """(height, width, 3) uint8; what is transparent lies over black.

        Raises:
            SourceError: its pixels cannot be converted.
        """
        if has_alpha(frame):
            rgba = self._pixels(frame, "rgba")
            shown = over_black(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR), rgba[..., 3])
        else:
            shown = self._pixels(frame, "bgr24")
        # A copy where rows carry padding or are turned: everyone downstream wants plain memory.
        return np.ascontiguousarray(_turned(shown, self._matrix))

    def rgba(self, frame: DecodedFrame) -> NDArray[np.uint8]:
        """(height, width, 4) uint8, straight alpha; opaque where the frame has none.

        Raises:
            SourceError: its pixels cannot be converted.
        """
        return np.ascontiguousarray(_turned(self._pixels(frame, "rgba"), self._matrix))

    def _pixels(self, frame: DecodedFrame, kind: str) -> NDArray[np.uint8]:
        """The frame on the canvas, not yet turned, in sRGB: bgr24 or rgba."""
        source = None
        if frame.colorspace == _UNSPECIFIED_COLORSPACE and not frame.format.is_rgb:
            # Files that do not say follow the habit that players share: HD is BT.709, smaller BT.601.
            hd = frame.width >= 1280 or frame.height > 576
            source = Colorspace.ITU709 if hd else Colorspace.ITU601
        width, height = self._fit(frame)
        change = to_srgb(frame.color_primaries, frame.color_trc)
        stored, flags = kind, self._flags
        if change is not None:
            # At 16 bits nothing is lost by the fast conversion; the exact one mixes up 4:2:0's colours there.
            stored, flags = {"bgr24": "rgb48le", "rgba": "rgba64le"}[kind], FAST
        try:
            deep: NDArray[Any] = (
                self._reformatter.reformat(
                    frame, width, height, stored, src_colorspace=source, interpolation=flags
                )
            ).to_ndarray()
        except (av.FFmpegError, ValueError, MemoryError) as error:
            raise SourceError(
                Message("video.frame-not-converted", format=frame.format.name),
                kind=SourceErrorKind.UNSUITABLE,
                got=str(error),
            ) from None
        pixels: NDArray[np.uint8] = deep.view(np.uint8) if change is None else change(deep[..., :3])
        if change is not None:
            pixels = pixels[..., ::-1] if kind == "bgr24" else np.dstack([pixels, deep[..., 3] >> 8])
        pixels = pixels.astype(np.uint8, copy=False)
        if (width, height) != self._canvas:
            full = np.zeros((self._canvas[1], self._canvas[0], pixels.shape[2]), np.uint8)
            x, y = (self._canvas[0] - width) // 2, (self._canvas[1] - height) // 2
            full[y : y + height, x : x + width] = pixels
            pixels = full
        return pixels

    def _square(self, frame: DecodedFrame) -> tuple[int, int]:
        """Its size in square pixels; only the narrow side grows."""
        if self._aspect > 1:
            return round(frame.width * self._aspect), frame.height
        return frame.width, round(frame.height / self._aspect)

    def _fit(self, frame: DecodedFrame) -> tuple[int, int]:
        """The largest size of its shape on the canvas: streams may change theirs."""
        width, height = self._square(frame)
        scale = min(self._canvas[0] / width, self._canvas[1] / height)
        return max(round(width * scale), 1), max(round(height * scale), 1)


def over_black(bgr: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 with straight alpha (h, w) over black, not over whatever lies hidden there."""
    composed: NDArray[np.uint8] = cv2.multiply(bgr, cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR), scale=1 / 255)
    return composed


def has_alpha(frame: DecodedFrame) -> bool:
    """Whether its pixels tell how transparent they are."""
    return frame.format.name == "pal8" or any(c.is_alpha for c in frame.format.components)


def progressive(frames: Iterable[DecodedFrame]) -> Iterator[DecodedFrame]:
    """The same frames with the same times, each whole: two interlaced fields are made one picture.

    FFmpeg's bwdif (Weston's three-field interpolation of BBC R&D and yadif's edges), one picture a frame.
    Nothing is done before the first interlaced frame comes.
    """
    filters: _Deinterlacer | None = None
    for frame in frames:
        if filters is not None and not filters.fits(frame):
            yield from filters.rest()
            filters = None
        if filters is None and frame.interlaced_frame:
            filters = _Deinterlacer(frame)
        if filters is None:
            yield frame
        else:
            yield from filters.push(frame)
    if filters is not None:
        yield from filters.rest()


class _Deinterlacer:
    def __init__(self, like: DecodedFrame) -> None:
        self._kind = like.width, like.height, like.format.name
        self._waiting: deque[tuple[int | None, Fraction | None, int]] = deque()
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=like.width,
            height=like.height,
            format=like.format,
            time_base=like.time_base or Fraction(1, 1000),
        )
        self._graph.link_nodes(
            source,
            self._graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced"),
            self._graph.add("buffersink"),
        ).configure()

    def fits(self, frame: DecodedFrame) -> bool:
        return self._kind == (frame.width, frame.height, frame.format.name)

    def push(self, frame: DecodedFrame) -> Iterator[DecodedFrame]:
        self._waiting.append((frame.pts, frame.time_base, int(getattr(frame, "duration", 0) or 0)))
        self._graph.push(frame)
        return self._ready()

    def rest(self) -> Iterator[DecodedFrame]:
        self._graph.push(None)
        return self._ready()

    def _ready(self) -> Iterator[DecodedFrame]:
        while self._waiting:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, av.VideoFrame)
            # One comes out for each that went in; the filter counts in half ticks.
            frame.pts, time_base, frame.duration = self._waiting.popleft()
            if time_base is not None:
                frame.time_base = time_base
            yield frame


def display_matrix(frame: DecodedFrame) -> Matrix:
    """(a, b, c, d), each -1, 0 or 1: a stored point (x, y) is shown at (a x + c y, b x + d y)."""
    try:
        data = bytes(frame.side_data["DISPLAYMATRIX"])  # type: ignore[typeddict-item]
    except KeyError:
        return _UNIT_MATRIX
    except ValueError:
        # PyAV names all side data or none; beside a kind that it does not know, the angle is still told.
        turns = frame.rotation / 90.0
        return _QUARTER_TURNS[round(turns) % 4] if abs(turns - round(turns)) < 1e-3 else _UNIT_MATRIX
    if len(data) < 36:
        return _UNIT_MATRIX
    a, b, _, c, d, *_ = unpack("=9i", data[:36])
    signs = tuple((v > 0) - (v < 0) if abs(v) > 1 << 15 else 0 for v in (a, b, c, d))
    # Anything but a quarter turn or a mirroring (some editors tilt by a degree) is shown as stored.
    quarter = (signs[0] == 0) == (signs[3] == 0) != (signs[1] == 0) == (signs[2] == 0)
    return signs if quarter else _UNIT_MATRIX  # type: ignore[return-value]


def _turned(image: NDArray[np.uint8], matrix: Matrix) -> NDArray[np.uint8]:
    a, b, c, d = matrix
    if a == 0:
        # Transposing swaps x and y; what remains is mirroring along either axis.
        image = image.transpose(1, 0, 2)
        a, d = c, b
    return image[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1]
