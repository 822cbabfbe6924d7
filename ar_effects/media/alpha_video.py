"""Short videos with alpha, for effects: their own (VP8, VP9, ProRes 4444, PNG), or beside the colours."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, cast

import av
import numpy as np

from ar_effects.errors import SourceError
from ar_effects.media.decoding import OpenVideo
from ar_effects.media.frames import Converter
from ar_effects.messages import Message
from ar_effects.reasons import SourceErrorKind

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame as DecodedFrame
    from numpy.typing import NDArray

Alpha = Literal["own", "beside", "below"]
"""Where the alpha is: in the video's own alpha, or as grey in its right or its lower half."""

MAX_SIDE = 2048

# FFmpeg's own decoders leave out the alpha of these, which lies in a second stream of each packet.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


class AlphaVideo:
    """A video that is played from its beginning, as often as one likes.

    Attributes:
        size: (width, height) of the pictures.
        step_s: seconds from frame to frame, on average.

    Raises:
        SourceError: no video, nothing in it can be decoded, or it is larger than ``MAX_SIDE``.
    """

    def __init__(self, path: Path, alpha: Alpha = "own") -> None:
        self._path = path
        self._alpha = alpha
        with contextlib.closing(self.frames()) as frames:
            first = next(frames, None)
        if first is None:
            raise SourceError(Message("video.no-picture", path=path), kind=SourceErrorKind.EMPTY)
        self.size = (first[0].shape[1], first[0].shape[0])
        with OpenVideo(path) as video:
            rate = video.stream.average_rate or video.stream.guessed_rate or 30
            self.step_s = min(max(1.0 / float(rate), 0.001), 10.0)

    def frames(self) -> Generator[tuple[NDArray[np.uint8], float]]:
        """(height, width, 4) uint8 RGBA with straight alpha and seconds since the first, to the end once.

        What cannot be decoded is left out.
        """
        begin: float | None = None
        converter: Converter | None = None
        with OpenVideo(self._path) as video:
            self._check_size(video.stream.width, video.stream.height)  # before anything is unpacked
            last_s = 0.0
            for frame in _decoded(video):
                if converter is None:
                    converter = Converter(frame, video.stream.sample_aspect_ratio)
                    self._check_size(*converter.shown_size)
                time_s = last_s if frame.pts is None else float(frame.pts * video.time_base)
                begin = time_s if begin is None else begin
                last_s = max(time_s, last_s)
                try:
                    pixels = converter.rgba(frame)
                except SourceError:
                    continue
                yield self._colours(pixels), last_s - begin

    def _check_size(self, width: int, height: int) -> None:
        part = self._part(width, height)
        if max(part) > MAX_SIDE or min(part) < 1:
            refused = "video.too-large" if min(part) >= 1 else "video.too-small"
            raise SourceError(
                Message(refused, path=self._path, limit=MAX_SIDE),
                kind=SourceErrorKind.LIMITS,
                got=f"{width}x{height}",
            )

    def _part(self, width: int, height: int) -> tuple[int, int]:
        """Of the colours, where the alpha lies beside or below them."""
        return (
            width // 2 if self._alpha == "beside" else width,
            height // 2 if self._alpha == "below" else height,
        )

    def _colours(self, rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._alpha == "own":
            return rgba
        width, height = self._part(rgba.shape[1], rgba.shape[0])
        colours = np.ascontiguousarray(rgba[:height, :width])
        grey = rgba[:height, -width:] if self._alpha == "beside" else rgba[-height:, :width]
        colours[..., 3] = grey[..., 1]
        return colours


def _decoded(video: OpenVideo) -> Iterator[DecodedFrame]:
    stream = video.stream
    name = _ALPHA_DECODERS.get(stream.codec_context.name)
    if name is None or stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        yield from video.frames()
        return
    decoder = cast("VideoCodecContext", av.CodecContext.create(name, "r"))
    with contextlib.suppress(StopIteration, EOFError, OSError, av.FFmpegError):
        for packet in video.container.demux(stream):
            try:
                yield from decoder.decode(packet)
            except EOFError:
                return
            except av.FFmpegError:
                video.broken_packets += 1
