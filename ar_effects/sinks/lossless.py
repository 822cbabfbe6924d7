"""A video that gives back the very pixels it was given: what sessions keep a camera's frames in."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ar_effects.errors import SinkError
from ar_effects.messages import Message
from ar_effects.records import Image
from ar_effects.sinks.encoder import first_codec

_CODECS = {
    # Measured: docs/decisions/0009-sessions.md. Lossless both, H.264 in half the time.
    "libx264rgb": ("bgr24", {"crf": "0", "preset": "ultrafast"}),
    "ffv1": ("bgr0", {"level": "3", "slices": "4"}),
}
_TIME_BASE = Fraction(1, 1000)


class LosslessVideo:
    """A Matroska file that gives back the very pixels it was given.

    Its own times are whole milliseconds, for players; exact ones are kept beside it.

    Args:
        path: must not exist.
        width: pixels.
        height: pixels.
        codec: for tests; the first that is here otherwise.

    Raises:
        SinkError: no lossless encoder.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, width: int, height: int, codec: str = "") -> None:
        codec = codec or lossless_codec()
        self._format, options = _CODECS[codec]
        self._last_pts = -1
        # Our own file object: its errors come back as they are, and say that the disk is full.
        self._file = path.open("xb")
        try:
            with _os_errors():
                self._container = av.open(self._file, "w", format="matroska")
                stream: Any = self._container.add_stream(codec, rate=30, options=dict(options))
                stream.width, stream.height, stream.pix_fmt = width, height, self._format
                stream.codec_context.time_base = stream.time_base = _TIME_BASE
                stream.codec_context.open()
                self._stream = stream
        except BaseException:
            self._file.close()
            raise

    def write(self, image: Image, time_s: float) -> None:
        """Add a frame. OSError."""
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        if self._format != "bgr24":
            frame = frame.reformat(format=self._format)
        self._last_pts = max(round(time_s / _TIME_BASE), self._last_pts + 1)
        frame.pts, frame.time_base = self._last_pts, _TIME_BASE
        with _os_errors():
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file and bring it to the disk. OSError."""
        with _os_errors():
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def abort(self) -> None:
        """Let go of the file, finished or not; may be called twice."""
        with contextlib.suppress(av.FFmpegError, OSError, ValueError):
            self._container.close()
        with contextlib.suppress(OSError):
            self._file.close()


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """PyAV's errors as the system's, so that who knows the session's name can say what happened."""
    try:
        yield
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise OSError(errno.EIO, str(error)) from None


def lossless_codec() -> str:
    """The quickest lossless encoder that is here. SinkError if there is none."""
    name = first_codec(_CODECS)
    if name is None:
        raise SinkError(Message("video.no-lossless-encoder"))
    return name
