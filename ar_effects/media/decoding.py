"""One opened video file: the container, its video stream, and frames for as long as they decode."""

from __future__ import annotations

import contextlib
import itertools
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import av
from av.stream import Disposition

from ar_effects.errors import SourceError
from ar_effects.media.files import open_for_reading
from ar_effects.media.frames import progressive
from ar_effects.messages import Message, sentence
from ar_effects.reasons import SourceErrorKind

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
_LOOKED_AT = 64
"""Packets; pictures are stored in another order than shown, by 16 at most (H.264, table A-1)."""

_PRIMING_S = Fraction(1, 10)
_NOT_FILMS = Disposition.attached_pic | Disposition.timed_thumbnails


class Chapter(NamedTuple):
    """A part of a film.

    Attributes:
        start_s, end_s: seconds.
        title: may be empty.
    """

    start_s: Fraction
    end_s: Fraction
    title: str


class OpenVideo:
    """A video file that is open for one pass from beginning to end.

    Attributes:
        fault: what could not be decoded, in words; empty when all went well.
        broken_packets, shown_packets: pieces that could not be decoded, and all that should be seen.

    Raises:
        SourceError: not a video, no pictures in it, or not readable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken_packets = 0
        self.shown_packets = 0
        self.fault = ""
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
    def declared(self) -> int | None:
        """How many pictures the file says it shows, without what its edit list cuts off; None: unknown."""
        if not self.stream.frames:
            return None
        entries = getattr(self.stream, "index_entries", None) or ()
        if self.container.format.name.startswith("mov") and len(entries):
            return min(self.stream.frames, sum(not entry.is_discard for entry in entries))
        return self.stream.frames

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
                self.fault = sentence("video.reading-stopped", reason=_reason(error))
                return
            self.shown_packets += packet.dts is not None and not packet.is_discard
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


def origin_s(video: OpenVideo) -> Fraction:
    """Seconds at which pictures and sound begin together, to be taken off all their times.

    Pieces cut out of a broadcast begin anywhere, and would otherwise become hours of nothing before the first
    frame. What one begins after the other stays as it is. Whole ticks of the pictures' clock, so that these
    are moved and never rounded.
    """
    streams = (video.stream, *video.container.streams.audio)
    known = [(s.index, s.start_time, s.time_base) for s in streams]
    starts = {index: start * base for index, start, base in known if start is not None and base is not None}
    if len(starts) < len(streams) or video.container.format.name.startswith("matroska"):
        # Matroska tells no beginnings, and FFmpeg guesses them from packets of the middle.
        starts |= _first_times(video.path, {s.index for s in streams})
    start = min(starts.values(), default=Fraction(0))
    if -_PRIMING_S < start < 0:
        start = Fraction(0)  # a decoder's run-up, which is not heard
    return start // video.time_base * video.time_base


def _first_times(path: Path, indices: set[int]) -> dict[int, Fraction]:
    """The earliest times among the first packets of some streams, seconds by the stream's index."""
    first: dict[int, Fraction] = {}
    file = open_for_reading(path, "video")
    # Stops where it cannot be read: whoever decodes will say so.
    with file, _open(path, file) as container, contextlib.suppress(av.FFmpegError, OSError):
        for packet in itertools.islice(container.demux(), _LOOKED_AT):
            index = packet.stream.index
            if index in indices and packet.pts is not None and packet.time_base and not packet.is_discard:
                at = packet.pts * packet.time_base
                first[index] = min(first.get(index, at), at)
    return first


def chapters(video: OpenVideo, origin: Fraction) -> tuple[Chapter, ...]:
    """The chapters that last, in order, on the clock that begins at ``origin`` seconds of the file's."""
    found = []
    for entry in video.container.chapters():
        base = entry["time_base"] or Fraction(1, 1000)
        start, end = (max(entry[which] * base - origin, Fraction(0)) for which in ("start", "end"))
        if end > start:
            found.append(Chapter(start, end, str(entry["metadata"].get("title", ""))))
    return tuple(sorted(found, key=lambda chapter: chapter.start_s))


_TRACKS = {"subtitle": "stream.subtitles", "attachment": "stream.attachments"}
"""Messages by FFmpeg's kind of stream."""


def left_out(container: InputContainer, pictures: VideoStream) -> tuple[str, ...]:
    """What a file holds beside the pictures taken and its sounds, a phrase for each kind."""
    found: dict[str, int] = {}
    titles = bool(container.chapters())
    for stream in container.streams:
        if stream.type == "audio" or stream.index == pictures.index:
            continue
        if titles and stream.type == "data" and stream.metadata.get("handler_name") == "SubtitleHandler":
            continue  # MP4's chapters, which are taken over, have their titles in a track
        name = sentence(_TRACKS.get(stream.type, "stream.data"))
        if stream.type == "video":
            cover = bool(stream.disposition & _NOT_FILMS)
            name = sentence("stream.cover") if cover else sentence("stream.another-film", size=_size(stream))
        found[name] = found.get(name, 0) + 1
    return tuple(
        name if count == 1 else sentence("stream.tracks", name=name, count=count)
        for name, count in found.items()
    )


def _open(path: Path, file: object) -> InputContainer:
    try:
        return av.open(
            file, mode="r", container_options={"format_whitelist": _FORMATS}, metadata_errors="replace"
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, av.InvalidDataError) and _looks_like_mp4(path):
            raise _no_index(path) from None
        raise SourceError(
            Message("video.unknown-kind", path=path, reason=_reason(error)), kind=SourceErrorKind.UNSUITABLE
        ) from None


def _no_index(path: Path) -> SourceError:
    return SourceError(Message("video.cut-off", path=path), kind=SourceErrorKind.DAMAGED)


def _looks_like_mp4(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(12)[4:8] in (b"ftyp", b"mdat", b"wide")
    except OSError:
        return False


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    # The cover of a song is a video stream of one frame; it does not make the song a video.
    streams = [s for s in container.streams.video if not s.disposition & _NOT_FILMS]
    if not streams and not container.streams.audio and _looks_like_mp4(path):
        raise _no_index(path)
    if not streams:
        nothing = "video.sound-only" if container.streams.audio else "video.no-pictures"
        raise SourceError(Message(nothing, path=path), kind=SourceErrorKind.EMPTY)
    best = max(streams, key=_rank)
    if best.codec_context is None:
        raise SourceError(Message("video.packing-unknown", path=path), kind=SourceErrorKind.UNSUITABLE)
    return best


def _rank(stream: Any) -> tuple[bool, bool, int]:
    """Players show the default track, whatever the size of the others; without any, the largest."""
    # A stream without decoder has no size, and asking it about decoding crashes in older PyAV.
    if stream.codec_context is None:
        return False, False, 0
    return True, bool(stream.disposition & Disposition.default), stream.width * stream.height


def _size(stream: Any) -> str:
    return (
        f"{stream.width}x{stream.height}"
        if stream.codec_context is not None
        else sentence("stream.unknown-size")
    )


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)
