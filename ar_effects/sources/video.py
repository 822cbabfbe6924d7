"""Video files: exact times, upright pictures, and whatever of a damaged file can still be shown."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ar_effects.errors import SourceError
from ar_effects.media.decoding import OpenVideo, chapters, left_out, origin_s
from ar_effects.media.frames import EXACT, FAST, Converter
from ar_effects.messages import Message, sentence
from ar_effects.reasons import SourceErrorKind
from ar_effects.records import Frame
from ar_effects.sources.base import BasicSource, SourceFile, SourceInfo
from ar_effects.sources.metadata import video_metadata
from ar_effects.sources.timing import Pacer, PtsRepair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Image

_RESTART_S = 1


class VideoSource(BasicSource):
    """A video file.

    Frames have ``pts`` and ``duration`` as in the file, in ticks of ``time_base``, and ``time_s`` is that in
    seconds. With ``realtime`` frames come when they are due and ``time_s`` is on ``clock``, as a camera's.
    Rotation and mirroring that the file asks for are applied, and pixels come out square, progressive and in
    sRGB's colours: see `ar_effects.media.frames`. With ``realtime`` colours may be one level of 255 darker,
    for a fifth of the time.

    Args:
        path: the file.
        loop: begin again at the end; times go on rising.
        realtime: hold frames back until they are due.
        clock: seconds; used with ``realtime`` only.
        sleep: waits that many seconds; the default is woken by `close`.
        camera: intrinsics of its frames, where they are known.

    Attributes:
        time_base: seconds per tick of ``pts``.
        info: what it delivers, and in ``info.file`` what else the file holds; notes about damage are added
            when it is met.

    Raises:
        SourceError: missing, not a video, or nothing in it can be decoded.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        loop: bool = False,
        realtime: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        camera: Camera | None = None,
    ) -> None:
        self.path = Path(path)
        self._loop = loop
        self._realtime = realtime
        self._clock = clock
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._lock = threading.Lock()
        self._open: OpenVideo | None = None
        with OpenVideo(self.path) as video:
            first = next(video.frames(), None)
            if first is None:
                raise SourceError(
                    Message("video.nothing-decoded", path=self.path),
                    kind=SourceErrorKind.DAMAGED,
                    got=video.fault or Message("got.none"),
                )
            self._converter = Converter(first, video.stream.sample_aspect_ratio, FAST if realtime else EXACT)
            rate = video.stream.average_rate or video.stream.guessed_rate or Fraction(30)
            self.time_base: Fraction = video.time_base
            self._step = max(1, round(1 / (rate * video.time_base)))
            self._origin_s = origin_s(video)
            width, height = self._converter.shown_size
            count = video.declared
            self.info = SourceInfo(
                name=str(self.path),
                width=width,
                height=height,
                fps=float(rate),
                frame_count=None if loop else count,
                is_live=realtime,
                notes=self._converter.notes,
                camera=camera,
                file=SourceFile(
                    self.path,
                    origin_s=self._origin_s,
                    has_audio=bool(video.container.streams.audio),
                    left_out=left_out(video.container, video.stream),
                    metadata=video_metadata(video.container.metadata),
                    chapters=chapters(video, self._origin_s),
                ),
            )
            self._declared = count

    def frames(self) -> Iterator[Frame]:
        """All frames in the order of showing; each call begins at the beginning and ends any earlier one."""
        pacer = Pacer(self._clock, self._sleep) if self._realtime else None
        index = 0
        offset = 0
        while True:
            end = offset
            for image, ticks, duration in self._pass():
                pts = ticks + offset
                end = pts + (duration or self._step)
                time_s = float(pts * self.time_base)
                if pacer is not None:
                    time_s = pacer.wait(time_s)
                yield Frame(image, time_s, index, pts, duration)
                index += 1
            if not self._loop or end == offset or self._closed.is_set():
                return
            offset = end

    def close(self) -> None:
        """Stop, also in the middle of `frames` in another thread; may be called twice."""
        self._closed.set()
        with self._lock:
            self._release()

    def _pass(self) -> Iterator[tuple[Image, int, int]]:
        """(picture, pts, duration) from beginning to end of the file, once."""
        with self._lock:
            self._release()
            if self._closed.is_set():
                return
            video = self._open = OpenVideo(self.path)
            decoded = video.frames()
        origin = round(self._origin_s / self.time_base)
        repair = PtsRepair(self._step, round(_RESTART_S / self.time_base))
        delivered = 0
        try:
            while True:
                # The lock lets close() in between two frames only: freeing a decoder at work crashes.
                with self._lock:
                    if self._open is not video:
                        return
                    raw = next(decoded, None)
                    if raw is None:
                        break
                    image = self._converter.bgr(raw)
                    pts = repair.next(None if raw.pts is None else raw.pts - origin)
                    duration = int(getattr(raw, "duration", 0) or 0)
                yield image, pts, duration
                delivered += 1
            self._note_damage(video, delivered, repair.repaired)
        finally:
            with self._lock:
                if self._open is video:
                    self._release()

    def _release(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _note_damage(self, video: OpenVideo, delivered: int, repaired: int) -> None:
        notes = []
        declared = self._declared
        # Some packets hold no picture, in valid files, too; so what counts is whether all packets were there.
        if declared and video.shown_packets < declared and delivered < declared:
            notes.append(sentence("video.ends-early", delivered=delivered, declared=declared))
        elif video.broken_packets or video.fault:
            why = video.fault or sentence("video.broken-pieces", count=video.broken_packets)
            notes.append(sentence("video.damaged", why=why, delivered=delivered))
        if repaired:
            notes.append(sentence("video.times-repaired", repaired=repaired))
        new = tuple(n for n in notes if n not in self.info.notes)
        if new:
            self.info = replace(self.info, notes=self.info.notes + new)
