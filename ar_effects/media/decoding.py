"""One opened video file: the container, its video stream, and frames for as long as they decode."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import av
from av.stream import Disposition

from ar_effects.errors import SourceError
from ar_effects.media.files import open_for_reading
from ar_effects.media.frames import progressive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from av.container import InputContainer
    from av.video.frame import VideoFrame as DecodedFrame
    from av.video.stream import VideoStream

# Only formats that hold pictures or sound themselves: playlists could name other files and addresses,
# and FFmpeg would even draw plain text as a film.
_FORMATS = (
    "aac,aiff,asf,avi,dv,flac,flv,gif,h264,hevc,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mjpeg,mp3,"
    "mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,swf,wav,yuv4mpegpipe,apng"
)
_MAX_KEPT_START_S = 1.0


class OpenVideo:
    """A video file that is open for one pass from beginning to end.

    Attributes:
        trouble: what could not be decoded, in words; empty when all went well.

    Raises:
        SourceError: not a video, no pictures in it, or not readable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken_packets = 0
        self.trouble = ""
        self._file = open_for_reading(path, "video")
        try:
            self.container = _open(path, self._file)
        except BaseException:
            self._file.close()
            raise
        try:
            self.stream = _picture_stream(path, self.container)
            self.stream.thread_type = "AUTO"
            self.time_base: Fraction = self.stream.time_base or Fraction(1, 1000)
        except BaseException:
            self.close()
            raise

    @property
    def origin(self) -> int:
        """Ticks to take off every time, see `origin_s`."""
        return round(origin_s(self.container) / self.time_base)

    def frames(self) -> Iterator[DecodedFrame]:
        """Decoded frames, whole pictures, in the order of showing; stops at the first unreadable place."""
        return progressive(self._decoded())

    def _decoded(self) -> Iterator[DecodedFrame]:
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, EOFError):
                return
            except (av.FFmpegError, OSError) as error:
                self.trouble = f"reading stopped: {_reason(error)}"
                return
            try:
                yield from packet.decode()
            except EOFError:
                return
            except av.FFmpegError:
                self.broken_packets += 1

    def close(self) -> None:
        """Free decoder and file; may be called twice."""
        with contextlib.suppress(av.FFmpegError, OSError):
            self.container.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def origin_s(container: InputContainer) -> Fraction:
    """Seconds at which a container's own clock begins, to be taken off all its times.

    Files that begin near zero keep their times exactly. Pieces cut out of a broadcast begin anywhere,
    and would otherwise become hours of nothing before the first frame.
    """
    start = Fraction(container.start_time or 0, av.time_base)
    return Fraction(0) if 0 <= start <= _MAX_KEPT_START_S else start


def _open(path: Path, file: object) -> InputContainer:
    try:
        return av.open(
            file, mode="r", container_options={"format_whitelist": _FORMATS}, metadata_errors="replace"
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, av.InvalidDataError) and _looks_like_mp4(path):
            raise _no_index(path) from None
        raise SourceError(
            f"{path} is not a video",
            expected="a video such as MP4, MOV, MKV, WebM or AVI",
            got=f"a file that no video decoder knows ({_reason(error)})",
            fix="Check that it plays in a video player",
        ) from None


def _no_index(path: Path) -> SourceError:
    return SourceError(
        f"{path} was cut off: its index is missing",
        expected="a finished MP4 video",
        fix="Record or copy it again; the recording program did not finish the file",
    )


def _looks_like_mp4(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(12)[4:8] in (b"ftyp", b"mdat", b"wide")
    except OSError:
        return False


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    # The cover of a song is a video stream of one frame; it does not make the song a video.
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams and not container.streams.audio and _looks_like_mp4(path):
        raise _no_index(path)
    if not streams:
        sound = "sound only" if container.streams.audio else "no pictures"
        raise SourceError(
            f"{path} has no pictures in it", expected="a video", got=sound, fix="Choose a video file"
        )
    # A stream without decoder has no size, and asking it about decoding crashes in older PyAV.
    best = max(streams, key=lambda s: s.width * s.height if s.codec_context is not None else -1)
    if best.codec_context is None:
        raise SourceError(
            f"{path} uses a way of packing pictures that is not known here",
            fix="Convert it to H.264 MP4 with a video converter",
        )
    return best


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)
