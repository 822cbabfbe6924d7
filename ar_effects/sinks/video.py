"""Recordings: H.264 in MP4, every frame at its exact time, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from ar_effects.errors import ArEffectsError, InputError, SinkError
from ar_effects.messages import Message, sentence
from ar_effects.sinks.audio import AudioTracks
from ar_effects.sinks.encoder import Quality, add_encoder, container_options
from ar_effects.writing import PartFile, check_not_input, write_error_message

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

    from ar_effects.records import Image

_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}
_CHAPTER_BASE = Fraction(1, 1000)
_DEFAULT_TIME_BASE = Fraction(1, 90_000)
# Flags of swscale: bilinear, all of the colour used, rounded; its default truncates and darkens.
_ROUNDED = 0x2 | 0x4000 | 0x40000
_FINEST_TIME_BASE = Fraction(1, 1_000_000)


class VideoSink:
    """Writes a video file; a context manager that aborts when its body raises.

    The pictures are stored as 4:2:0, which needs even sizes: an odd width or height gets one more column or
    row, a copy of the last. 4:4:4 would keep odd sizes but is shown by few players.

    Args:
        path: .mp4, .m4v or .mov; replaced on `close` if it exists.
        width, height: of the pictures, pixels.
        time_base: seconds per tick of ``pts``; give a source's own to keep its times exactly. Finer than a
            microsecond is rounded to microseconds.
        fps: nominal frames a second: the times of frames written without any, the last one's duration.
        quality: "live" costs least time, "good" makes small files, "best" for masters.
        audio_from: a video or sound file whose sounds are taken over.
        audio_origin_s: seconds at which that file's clock begins: `VideoSource.origin_s`.
        trim_audio: end the sound with the pictures, for when not all of the video was converted.
        left_out: what else the file that this is made from holds and this one does not, for the note.
        metadata: of the whole file, by FFmpeg's names: title, creation_time, location and others.
        chapters: start and end in seconds, and title, of the film's parts.

    Attributes:
        trailing_box: a whole box to stand at the file's end; may be set until ``close``.
        frames_written: how many frames were accepted.
        notes: sentences for the person.

    Raises:
        SinkError: folder missing, no permission, unknown ending, no encoder, disk full.
    """

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        *,
        time_base: Fraction | None = None,
        fps: float | Fraction = 30,
        quality: Quality = "good",
        audio_from: Path | str | None = None,
        audio_origin_s: Fraction = Fraction(0),
        trim_audio: bool = False,
        left_out: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
        chapters: Sequence[tuple[Fraction, Fraction, str]] = (),
    ) -> None:
        self.path = Path(path)
        self.width = width
        self.height = height
        self.trailing_box = b""
        self.frames_written = 0
        self.notes: tuple[str, ...] = ()
        self._rate = Fraction(fps).limit_denominator(1001)
        if width < 1 or height < 1 or self._rate <= 0:
            raise InputError(Message("recording.size-and-rate", width=width, height=height, fps=fps))
        self.time_base = max(time_base or _DEFAULT_TIME_BASE, _FINEST_TIME_BASE)
        self._trim_audio = trim_audio
        even_width, even_height = width + width % 2, height + height % 2
        self._reformatter = VideoReformatter()
        self._last_pts: int | None = None
        self._end_s = Fraction(0)
        self._first_time_s: float | None = None
        self._durations: dict[int, int] = {}
        self._audio: AudioTracks | None = None
        form = _FORMATS.get(self.path.suffix.lower())
        if form is None:
            raise SinkError(
                Message("recording.ending", path=path), got=self.path.suffix or Message("got.no-ending")
            )
        audio_path = Path(audio_from) if audio_from is not None else None
        if audio_path is not None:
            check_not_input(self.path, [audio_path])
        self._part: PartFile | None = PartFile(self.path)
        try:
            self._container = av.open(
                self._part.file,
                "w",
                format=form,
                container_options=container_options(self.time_base, metadata or {}),
            )
            self._container.metadata.update(metadata or {})
            self._container.set_chapters([_chapter(i, *chapter) for i, chapter in enumerate(chapters)])
            self._stream, note = add_encoder(
                self._container,
                width=even_width,
                height=even_height,
                rate=self._rate,
                time_base=self.time_base,
                quality=quality,
            )
            self._note(note)
            if width % 2 or height % 2:
                self._note(
                    sentence(
                        "recording.made-even",
                        width=width,
                        height=height,
                        even_width=even_width,
                        even_height=even_height,
                    )
                )
            if audio_path is not None:
                self._audio = AudioTracks(audio_path, self._container, form, audio_origin_s)
            notes = [*(self._audio.notes if self._audio else ()), *_left_out(left_out)]
            self._note("; ".join(dict.fromkeys(notes)))
        except (av.FFmpegError, OSError, ValueError) as error:
            self.abort()
            raise write_error_message(self.path, error) from None
        except BaseException:
            self.abort()
            raise

    def write(
        self,
        image: Image,
        pts: int | None = None,
        *,
        time_s: float | None = None,
        duration: int = 0,
    ) -> None:
        """Add a frame.

        Args:
            image: (height, width, 3) BGR or (height, width, 4) RGBA, uint8; alpha is ignored.
            pts: time in ticks of ``time_base``; later than the frame before.
            time_s: instead of ``pts``, seconds on any clock; the first frame becomes 0.
            duration: how long the frame stands, in ticks; matters for the last one only.

        Raises:
            InputError: wrong array, or a time that is not later than the one before.
            SinkError: the disk is full or the encoder failed; the file is gone, `close` does nothing.
        """
        if self._part is None:
            raise InputError(Message("recording.closed", path=self.path))
        self._check(image)
        ticks = self._ticks(pts, time_s)
        if self._last_pts is not None and ticks <= self._last_pts:
            raise InputError(Message("recording.out-of-order", last=self._last_pts), got=str(ticks))
        frame = self._yuv(image)
        frame.pts = ticks
        frame.time_base = self.time_base
        with self._aborting():
            length = duration or max(1, round(1 / (self._rate * self.time_base)))
            self._durations[ticks] = length
            self._mux_video(self._stream.encode(frame))
            if self._audio is not None:
                self._audio.write_until(ticks * self.time_base, self._container.mux_one)
        self._last_pts = ticks
        self._end_s = (ticks + length) * self.time_base
        self.frames_written += 1

    def close(self) -> None:
        """Finish the file and give it its name; does nothing the second time. SinkError."""
        part = self._part
        if part is None:
            return
        if self.frames_written == 0:
            self.abort()
            raise SinkError(Message("recording.empty", path=self.path))
        with self._aborting():
            self._mux_video(self._stream.encode(None))
            if self._audio is not None:
                self._finish_audio(self._audio)
            self._container.close()
            if self.trailing_box:
                part.file.seek(0, os.SEEK_END)
                part.file.write(self.trailing_box)
        self._part = None
        part.finish()

    def abort(self) -> None:
        """Stop and leave nothing behind; may be called at any time, and twice."""
        part, self._part = self._part, None
        if part is None:
            return
        # Closing tries to finish the file, which cannot work on a full disk and need not.
        with contextlib.suppress(AttributeError, av.FFmpegError, OSError, ValueError):
            self._container.close()
        if self._audio is not None:
            self._audio.close()
        part.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _check(self, image: Image) -> None:
        good = (
            isinstance(image, np.ndarray)
            and image.dtype == np.uint8
            and image.shape in ((self.height, self.width, 3), (self.height, self.width, 4))
        )
        if not good:
            raise InputError(
                Message("recording.frame-does-not-fit", height=self.height, width=self.width),
                got=f"{getattr(image, 'shape', type(image).__name__)} {getattr(image, 'dtype', '')}".strip(),
            )

    def _ticks(self, pts: int | None, time_s: float | None) -> int:
        if pts is not None:
            return pts
        if time_s is None:
            return round(self.frames_written / (self._rate * self.time_base))
        if self._first_time_s is None:
            self._first_time_s = time_s
        return round((time_s - self._first_time_s) / self.time_base)

    def _yuv(self, image: Image) -> av.VideoFrame:
        if self.width % 2 or self.height % 2:
            image = cv2.copyMakeBorder(image, 0, self.height % 2, 0, self.width % 2, cv2.BORDER_REPLICATE)
        picture = av.VideoFrame.from_numpy_buffer(
            np.ascontiguousarray(image), format="bgr24" if image.shape[2] == 3 else "rgba"
        )
        return self._reformatter.reformat(
            picture,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_ROUNDED,
        )

    def _mux_video(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            # The container stores the last frame's length; x264 does not pass on what the frames said.
            if packet.pts is not None and (length := self._durations.pop(packet.pts, 0)):
                packet.duration = length
            self._container.mux_one(packet)

    def _finish_audio(self, audio: AudioTracks) -> None:
        if self._trim_audio:
            audio.write_until(self._end_s, self._container.mux_one)
            audio.flush(self._container.mux_one)
        else:
            audio.write_until(None, self._container.mux_one)
        self._note(audio.note)

    @contextlib.contextmanager
    def _aborting(self) -> Iterator[None]:
        """What goes wrong inside leaves nothing of the file; the encoder's and the disk's errors in words."""
        try:
            yield
        except (av.FFmpegError, OSError, ValueError) as error:
            self.abort()
            raise self._failed(error) from None
        except BaseException:
            self.abort()
            raise

    def _failed(self, error: Exception) -> ArEffectsError:
        if isinstance(error, OSError):
            return write_error_message(self.path, error)
        return SinkError(
            Message("recording.not-encoded", path=self.path, width=self.width, height=self.height),
            got=str(error),
        )

    def _note(self, note: str) -> None:
        if note and note not in self.notes:
            self.notes += (note,)


class _Chapter(TypedDict):
    """PyAV's, which stands in its stubs only."""

    id: int
    start: int
    end: int
    time_base: Fraction | None
    metadata: dict[str, str]


def _chapter(index: int, start_s: Fraction, end_s: Fraction, title: str) -> _Chapter:
    """As PyAV takes it."""
    start, end = (round(seconds / _CHAPTER_BASE) for seconds in (start_s, end_s))
    return {
        "id": index,
        "start": start,
        "end": end,
        "time_base": _CHAPTER_BASE,
        "metadata": {"title": title} if title else {},
    }


def _left_out(names: Sequence[str]) -> list[str]:
    return [sentence("recording.left-out", names=", ".join(names))] if names else []
