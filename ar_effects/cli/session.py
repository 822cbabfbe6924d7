"""The commands of sessions, ``record`` and ``replay``; and the writer of a camera's frames."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import FrameType
from typing import Any

import av
import click
from av.codec import Codec
from av.codec.codec import UnknownCodecError

from ar_effects.app.replay import replay_session
from ar_effects.app.session import record_session
from ar_effects.app.session_report import compare_text, read_report, report_text, write_report
from ar_effects.errors import SinkError
from ar_effects.records import Image
from ar_effects.sinks.files import check_target
from ar_effects.sources.open import open_source

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
    for name in _CODECS:
        with contextlib.suppress(UnknownCodecError):
            Codec(name, "w")
            return name
    raise SinkError(
        "This installation of PyAV has no lossless encoder", fix="Install the official wheel: pip install av"
    )


def record_command(
    session: Path, source: str, seconds: float | None, copy: bool, max_faces: int, provider: Any, quiet: bool
) -> int:
    """Record until the source ends, the time is over, or Ctrl-C."""
    said = [-1]

    def progress(frames: int, recorded_s: float) -> None:
        if not quiet and sys.stderr.isatty() and int(recorded_s) != said[0]:
            said[0] = int(recorded_s)
            click.echo(f"\rRecording: {said[0]} s, {frames} frames ", nl=False, err=True)

    with open_source(source) as opened, stopped_by_ctrl_c() as stop:
        if not quiet and opened.info.live:
            click.echo(f"Recording {opened.info.name}. Ctrl-C ends it.", err=True)
        report = record_session(
            opened,
            session,
            LosslessVideo,
            seconds=seconds,
            max_faces=max_faces,
            provider=provider,
            copy=copy,
            stop=stop,
            progress=progress,
        )
    if not quiet:
        click.echo("\n" * (said[0] >= 0), nl=False, err=True)
        for note in report.notes:
            click.echo(note, err=True)
        click.echo(
            f"{report.frames} frames in {report.seconds:.1f} s, {report.frames_with_face} with a face."
        )
        click.echo(f"Saved {session}")
    return 0


@contextlib.contextmanager
def stopped_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C is a wish, told by the function given; the second ends everything as usual."""
    asked = [False]

    def on_signal(number: int, frame: FrameType | None) -> None:
        if asked[0]:
            signal.default_int_handler(number, frame)
        asked[0] = True

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield lambda: asked[0]
    finally:
        signal.signal(signal.SIGINT, before)


def replay_command(
    session: Path, report: Path | None, compare: Path | None, provider: Any, quiet: bool
) -> int:
    """Replay, print the figures, and write the report."""
    if report is not None:
        check_target(report)
    other = None if compare is None else read_report(compare)

    def note(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    with contextlib.ExitStack() as bars:

        def progress(length: int) -> Callable[[], None]:
            if quiet or not sys.stderr.isatty():
                return lambda: None
            bar = click.progressbar(length=length, label="Replaying", show_pos=True, file=sys.stderr)
            bars.enter_context(bar)
            return lambda: bar.update(1)

        figures = replay_session(session, provider=provider, progress=progress, note=note)
    click.echo(report_text(figures))
    if other is not None:
        click.echo("")
        click.echo(compare_text(figures, other))
    if report is not None:
        write_report(figures, report)
        note(f"Saved {report}")
    return 0
