"""The sound of a recording, all tracks of the video it was made from, in step with the pictures."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition

from ar_effects.errors import SinkError
from ar_effects.messages import Message, sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

    Mux = Callable[[Packet[Any]], None]

# What players take inside these files, and FFmpeg's muxers write. Other sound is encoded anew as AAC: it
# would be refused, or be there and stay silent.
_COMPRESSED = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_COPIED = {
    "mp4": _COMPRESSED | {"opus", "flac"},
    "mov": _COMPRESSED
    | {f"pcm_{kind}" for kind in ("s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be")},
}
_LOWEST_MP3_RATE = 16_000
"""MPEG-4 has no place for the slower MP3 of MPEG-2.5 (ISO/IEC 14496-3, subpart 9)."""

_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_PRIMING_S = Fraction(1, 10)
"""Decoders are given so much of what is cut off in front: they need packets before the first one heard."""


@dataclass(slots=True)
class _Track:
    """One sound on its way."""

    stream: AudioStream
    out: AudioStream
    copied: bool
    shift: int


class AudioTracks:
    """Copies the sounds of a file packet by packet, in step with the pictures, the default one first.

    Args:
        path: a video or sound file.
        output: open, with its pictures added and nothing written.
        form: of the output, "mp4" or "mov".
        origin_s: seconds to take off all times.

    Attributes:
        notes: what a person should know about the sounds, a phrase each; empty if they were simply copied.
        note: of the same kind, found while copying.
        present: whether there is any sound left to pass on.

    Raises:
        SinkError: the file cannot be read.
    """

    def __init__(self, path: Path, output: OutputContainer, form: str, origin_s: Fraction) -> None:
        self.note = ""
        self.notes: list[str] = []
        self._path = path
        self._pending: Packet[Any] | None = None
        try:
            self._input = av.open(str(path.absolute()), "r", metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise SinkError(
                Message("sound.unreadable", path=path), got=str(getattr(error, "strerror", None) or error)
            ) from None
        try:
            self._tracks = self._added(output, form, origin_s)
        except BaseException:
            self.close()
            raise
        self.present = bool(self._tracks)
        if self.present:
            self._packets = self._input.demux([track.stream for track in self._tracks.values()])
        else:
            self.close()

    def write_until(self, time_s: Fraction | None, mux: Mux) -> None:
        """Pass on what begins before ``time_s``; None: everything that is left."""
        if not self.present:
            return
        while (packet := self._pending or self._next()) is not None:
            self._pending = packet
            begins = packet.pts if packet.pts is not None else packet.dts
            if time_s is not None and begins is not None and begins * packet.time_base >= time_s:
                return
            self._pending = None
            self._write(packet, mux)
        self._finish(mux)

    def flush(self, mux: Mux) -> None:
        """Pass on what encoders still hold, when the sound is cut where the pictures end."""
        if self.present:
            self._finish(mux)

    def close(self) -> None:
        """Free the file; may be called twice."""
        with contextlib.suppress(av.FFmpegError, OSError):
            self._input.close()

    def _added(self, output: OutputContainer, form: str, origin_s: Fraction) -> dict[int, _Track]:
        sounds = self._input.streams.audio
        known = [s for s in sounds if s.codec_context is not None]
        if len(known) < len(sounds):
            count = len(sounds) - len(known)
            self.notes.append(
                sentence("sound.one-left-out" if count == 1 else "sound.some-left-out", count=count)
            )
        # Players play the first; a file without any default begins with its own first.
        known.sort(key=lambda s: not s.disposition & Disposition.default)
        tracks = {}
        for index, stream in enumerate(known):
            name = stream.codec_context.name.removesuffix("float")  # of several decoders of one format
            copied = name in _COPIED[form] and not (name == "mp3" and stream.rate < _LOWEST_MP3_RATE)
            out = (
                output.add_stream_from_template(stream)
                if copied
                else self._add_aac(output, stream, name, form)
            )
            for key in ("language", "title"):
                if key in stream.metadata:
                    out.metadata[key] = stream.metadata[key]
            with contextlib.suppress(AttributeError):  # an older PyAV only reads it; the order says the same
                out.disposition = Disposition.default if index == 0 else Disposition(0)
            shift = round(origin_s / (stream.time_base or Fraction(1, 1000)))
            tracks[stream.index] = _Track(stream, out, copied, shift)
        return tracks

    def _add_aac(self, output: OutputContainer, stream: AudioStream, name: str, form: str) -> AudioStream:
        rate = stream.rate if stream.rate in _AAC_RATES else 48000
        channels = stream.layout.nb_channels
        layout = _AAC_LAYOUTS.get(channels, "stereo")
        try:
            out = output.add_stream("aac", rate=rate)
            # WAV files often name only a number of channels; players want to be told which they are.
            out.codec_context.layout = layout
            out.codec_context.bit_rate = 64_000 * min(channels, 8) if channels > 1 else 96_000
            out.codec_context.open()
        except (av.FFmpegError, ValueError) as error:
            raise SinkError(Message("sound.not-encoded", path=self._path), got=str(error)) from None
        kind = "QuickTime" if form == "mov" else "MP4"
        self.notes.append(sentence("sound.encoded-anew", name=name, kind=kind))
        if channels not in _AAC_LAYOUTS:
            self.notes.append(sentence("sound.mixed-down", channels=channels))
        return out

    def _next(self) -> Packet[Any] | None:
        while True:
            try:
                packet = next(self._packets)
            except (StopIteration, EOFError):
                return None
            except (av.FFmpegError, OSError) as error:
                self.note = sentence("sound.ends-early", reason=getattr(error, "strerror", None) or error)
                return None
            if packet.dts is None and packet.pts is None:
                continue  # the demuxer's mark for the end, or a packet without any time
            shift = self._tracks[packet.stream.index].shift
            if packet.pts is not None:
                packet.pts -= shift
            if packet.dts is not None:
                packet.dts -= shift
            if packet.is_discard and _ends_s(packet) < -_PRIMING_S:
                continue  # cut off by the file's edit list
            return packet

    def _write(self, packet: Packet[Any], mux: Mux) -> None:
        track = self._tracks[packet.stream.index]
        if track.copied:
            packet.stream = track.out
            mux(packet)
            return
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError:
            return  # a damaged piece of sound is a gap, no reason to lose the pictures
        for frame in frames:
            for made in track.out.encode(frame):
                mux(made)

    def _finish(self, mux: Mux) -> None:
        for track in self._tracks.values():
            if not track.copied:
                for made in track.out.encode(None):
                    mux(made)
        self.present = False
        self.close()


def _ends_s(packet: Packet[Any]) -> Fraction:
    begins = packet.pts if packet.pts is not None else packet.dts or 0
    return (begins + (packet.duration or 0)) * packet.time_base
