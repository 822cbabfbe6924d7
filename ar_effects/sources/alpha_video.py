"""Short videos with alpha, for effects: their own (VP8, VP9, ProRes 4444, PNG), or beside the colours."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, cast

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from ar_effects.errors import SourceError
from ar_effects.sources.decoding import OpenVideo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame as DecodedFrame
    from numpy.typing import NDArray

Alpha = Literal["own", "beside", "below"]
"""Where the alpha is: in the video's own alpha, or as grey in its right or its lower half."""

MAX_SIDE = 2048
_UNSPECIFIED_COLORSPACE = 2

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
        self._reformatter = VideoReformatter()
        with contextlib.closing(self.frames()) as frames:
            first = next(frames, None)
        if first is None:
            raise SourceError(
                f"{path} holds no picture that can be decoded",
                expected="a video with at least one frame",
                fix="Check that it plays in a video player",
            )
        self.size = (first[0].shape[1], first[0].shape[0])
        with OpenVideo(path) as video:
            rate = video.stream.average_rate or video.stream.guessed_rate or 30
            self.step_s = min(max(1.0 / float(rate), 0.001), 10.0)

    def frames(self) -> Generator[tuple[NDArray[np.uint8], float]]:
        """(height, width, 4) uint8 RGBA with straight alpha and seconds since the first, to the end once.

        What cannot be decoded is left out.
        """
        begin: float | None = None
        with OpenVideo(self._path) as video:
            width, height = video.stream.width, video.stream.height
            if max(self._shown(width, height)) > MAX_SIDE:
                raise SourceError(
                    f"The video {self._path} is too large",
                    expected=f"at most {MAX_SIDE}x{MAX_SIDE} pixels",
                    got=f"{width}x{height}",
                    fix="Make it smaller",
                )
            last_s = 0.0
            for frame in _decoded(video):
                if max(self._shown(frame.width, frame.height)) > MAX_SIDE:
                    return  # a stream may change its mind
                time_s = last_s if frame.pts is None else float(frame.pts * video.time_base)
                begin = time_s if begin is None else begin
                last_s = max(time_s, last_s)
                pixels = self._rgba(frame)
                if pixels is not None:
                    yield pixels, last_s - begin

    def _shown(self, width: int, height: int) -> tuple[int, int]:
        return (
            width // 2 if self._alpha == "beside" else width,
            height // 2 if self._alpha == "below" else height,
        )

    def _rgba(self, frame: DecodedFrame) -> NDArray[np.uint8] | None:
        source = None
        if frame.colorspace == _UNSPECIFIED_COLORSPACE and not frame.format.is_rgb:
            hd = frame.width >= 1280 or frame.height > 576
            source = Colorspace.ITU709 if hd else Colorspace.ITU601
        try:
            rgba = self._reformatter.reformat(frame, format="rgba", src_colorspace=source).to_ndarray()
        except (av.FFmpegError, ValueError, MemoryError):
            return None
        if self._alpha == "own":
            return np.ascontiguousarray(rgba, np.uint8)
        width, height = self._shown(frame.width, frame.height)
        if width < 1 or height < 1:
            return None
        colours = np.ascontiguousarray(rgba[:height, :width], np.uint8)
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
