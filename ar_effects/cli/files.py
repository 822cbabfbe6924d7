"""The commands that read and write files: ``render`` and ``track``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ar_effects.app.pipeline.offline import render_file
from ar_effects.app.pipeline.tracking_file import track_lines, write_lines
from ar_effects.cli.prepare import prepare
from ar_effects.cli.stopping import deferred, stop_if_asked
from ar_effects.messages import sentence
from ar_effects.profiling.stages import StageTimes
from ar_effects.sources.open import input_files
from ar_effects.sources.spec import SourceSpec
from ar_effects.writing import check_not_input, check_target, write_text


class _Bar:
    """A progress bar with the time left; silent where the length is not known or nobody looks.

    From its beginning to its end signals are wishes, which interrupt between two frames: never while a file
    is made, closed or given its name.
    """

    def __init__(self, label: str, quiet: bool) -> None:
        self._label = label
        self._quiet = quiet
        self._bar: Any = None
        self._ends = contextlib.ExitStack()

    def begin(self, length: int | None) -> Callable[[], None]:
        if length == 1:
            return lambda: None
        self._ends.enter_context(deferred())
        if not self._quiet and length and sys.stderr.isatty():
            self._bar = click.progressbar(
                length=length, label=self._label, show_eta=True, show_pos=True, file=sys.stderr
            )
            with contextlib.suppress(OSError):
                self._bar.__enter__()
        return self._tick

    def _tick(self) -> None:
        stop_if_asked()
        if self._bar is not None:
            with contextlib.suppress(OSError):  # a terminal that was closed
                self._bar.update(1)

    def end(self) -> None:
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.__exit__(None, None, None)
            self._bar = None
        self._ends.close()


def _check_targets(source: SourceSpec, *targets: Path) -> None:
    """All of them can be written, and none is read, or written by another name. Raises SinkError."""
    taken = list(input_files(source))
    for target in targets:
        check_target(target)
        check_not_input(target, taken)
        taken.append(target)


def render_command(
    source: SourceSpec,
    output: Path,
    effect: str,
    max_faces: int,
    provider: Any,
    quality: Any,
    detail: Any,
    strip_metadata: bool,
    describe: bool,
    fov: float | None,
    trace: Path | None,
    quiet: bool,
) -> int:
    """Render and say what was done."""
    _check_targets(source, output, *([] if trace is None else [trace]))
    prepare(quiet)
    times = StageTimes(traced=trace is not None)
    bar = _Bar("Rendering", quiet)
    try:
        report = render_file(
            source,
            output,
            None if effect == "none" else effect,
            max_faces=max_faces,
            provider=provider,
            quality=quality,
            detail=detail,
            strip_metadata=strip_metadata,
            describe=describe,
            fov_deg=fov,
            progress=lambda info: bar.begin(info.frame_count),
            times=times,
        )
    finally:
        bar.end()
    if trace is not None:
        write_text(trace, times.trace_json())
    if not quiet:
        for note in report.notes:
            click.echo(note, err=True)
        click.echo(times.table(), err=True)
        if report.frames > 1:
            click.echo(
                sentence("cli.frames-with-face", frames=report.frames, with_face=report.frames_with_face)
            )
        click.echo(sentence("cli.saved", output=output))
    return 0


def track_command(
    source: SourceSpec, output: Path, max_faces: int, provider: Any, fov: float | None, quiet: bool
) -> int:
    """Write or print the lines; 1 if a picture of a folder could not be read."""
    if str(output) != "-":
        _check_targets(source, output)
    prepare(quiet)
    bar = _Bar("Tracking", quiet)
    problems: list[str] = []

    def note(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    lines = track_lines(
        source,
        max_faces=max_faces,
        provider=provider,
        fov_deg=fov,
        progress=bar.begin,
        note=note,
        problem=problems.append,
    )
    try:
        if str(output) == "-":
            for line in lines:
                click.echo(line)
        else:
            count = write_lines(lines, output)
            note(sentence("cli.saved-lines", count=count, output=output))
    finally:
        bar.end()
    for problem in problems:
        click.echo(sentence("cli.error", problem=problem), err=True)
    return 1 if problems else 0
