"""The sound of a recording, taken over from the video it was made from."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from ar_effects.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

# What players take inside MP4. Other sound is encoded anew as AAC: it would be there and stay silent.
_COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})


class AudioTrack:
    """Copies the first sound of a file packet by packet, in step with the pictures.

    Attributes:
        note: what a person should know about the sound; empty if it was simply copied.
        present: whether there is any sound.

    Raises:
        SinkError: the file cannot be read.
    """

    def __init__(self, path: Path, output: OutputContainer, origin_s: Fraction) -> None:
        self.note = ""
        self._path = path
        self._pending: Packet[AudioStream] | None = None
        try:
            self._input = av.open(str(path.absolute()), "r", metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise SinkError(
                f"The sound of {path} cannot be read",
                got=str(getattr(error, "strerror", None) or error),
                fix="Check the file, or record without sound",
            ) from None
        streams = [s for s in self._input.streams.audio if s.codec_context is not None]
        self.present = bool(streams)
        if not self.present:
            self._input.close()
            return
        self._stream = streams[0]
        self._shift = round(origin_s / (self._stream.time_base or Fraction(1, 1000)))
        self._packets = self._input.demux(self._stream)
        name = self._stream.codec_context.name.removesuffix("float")  # of several decoders of one format
        self._copied = name in _COPIED
        if self._copied:
            self._out = output.add_stream_from_template(self._stream)
        else:
            self._out = self._add_aac(output)
            self.note = f"its sound ({name}) was encoded anew as AAC, which MP4 players understand"

    def write_until(self, time_s: Fraction | None, mux: Callable[[Packet[AudioStream]], None]) -> None:
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

    def flush(self, mux: Callable[[Packet[AudioStream]], None]) -> None:
        """Pass on what an encoder still holds, when the sound is cut where the pictures end."""
        if self.present:
            self._finish(mux)

    def close(self) -> None:
        """Free the file; may be called twice."""
        with contextlib.suppress(av.FFmpegError, OSError):
            self._input.close()

    def _add_aac(self, output: OutputContainer) -> AudioStream:
        try:
            out = output.add_stream("aac", rate=self._stream.rate)
            # WAV files often name only a number of channels; players want to be told which they are.
            out.codec_context.layout = "mono" if self._stream.layout.nb_channels == 1 else "stereo"
            out.codec_context.open()
        except (av.FFmpegError, ValueError) as error:
            self.close()
            raise SinkError(
                f"The sound of {self._path} cannot be encoded",
                got=str(error),
                fix="Record without sound, or convert the sound to AAC first",
            ) from None
        return out

    def _next(self) -> Packet[AudioStream] | None:
        while True:
            try:
                packet = next(self._packets)
            except (StopIteration, EOFError):
                return None
            except (av.FFmpegError, OSError) as error:
                self.note = f"its sound ends early: {getattr(error, 'strerror', None) or error}"
                return None
            if packet.dts is None and packet.pts is None:
                continue  # the demuxer's mark for the end, or a packet without any time
            if packet.pts is not None:
                packet.pts -= self._shift
            if packet.dts is not None:
                packet.dts -= self._shift
            return packet

    def _write(self, packet: Packet[AudioStream], mux: Callable[[Packet[AudioStream]], None]) -> None:
        if self._copied:
            packet.stream = self._out
            mux(packet)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return  # a damaged piece of sound is a gap, no reason to lose the pictures
        for frame in frames:
            for made in self._out.encode(frame):
                mux(made)

    def _finish(self, mux: Callable[[Packet[AudioStream]], None]) -> None:
        if not self._copied:
            for made in self._out.encode(None):
                mux(made)
        self.present = False
        self.close()
