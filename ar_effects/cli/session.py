"""The commands of sessions, ``record`` and ``replay``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ar_effects.app.sessions.replay import replay_session, session_files
from ar_effects.app.sessions.report import compare_text, read_report, report_text, write_report
from ar_effects.app.sessions.session import record_session
from ar_effects.cli.prepare import prepare
from ar_effects.cli.stopping import deferred
from ar_effects.messages import sentence
from ar_effects.sinks.lossless import LosslessVideo
from ar_effects.sources.open import open_source
from ar_effects.sources.spec import SourceSpec
from ar_effects.writing import check_not_input, check_target


def record_command(
    session: Path,
    source: SourceSpec,
    seconds: float | None,
    copy: bool,
    max_faces: int,
    provider: Any,
    fov: float | None,
    quiet: bool,
) -> int:
    """Record until the source ends, the time is over, or a signal comes; what was recorded is kept."""
    prepare(quiet)
    shown_s = [-1]

    def progress(frames: int, recorded_s: float) -> None:
        if not quiet and sys.stderr.isatty() and int(recorded_s) != shown_s[0]:
            shown_s[0] = int(recorded_s)
            with contextlib.suppress(OSError):  # a terminal that was closed must not end the recording
                click.echo(
                    "\r" + sentence("cli.recording-so-far", seconds=shown_s[0], frames=frames),
                    nl=False,
                    err=True,
                )

    with open_source(source) as opened, deferred() as stop:
        if not quiet and opened.info.is_live:
            click.echo(sentence("cli.recording", name=opened.info.name), err=True)
        report = record_session(
            opened,
            session,
            LosslessVideo,
            seconds=seconds,
            max_faces=max_faces,
            provider=provider,
            copy=copy,
            fov_deg=fov,
            stop=stop,
            progress=progress,
        )
    if not quiet:
        click.echo("\n" * (shown_s[0] >= 0), nl=False, err=True)
        for note in report.notes:
            click.echo(note, err=True)
        click.echo(
            sentence(
                "cli.recorded",
                frames=report.frames,
                seconds=report.seconds,
                with_face=report.frames_with_face,
            )
        )
        click.echo(sentence("cli.saved", output=session))
    return 0


def replay_command(
    session: Path, report: Path | None, compare: Path | None, provider: Any, quiet: bool
) -> int:
    """Replay, print the figures, and write the report."""
    if report is not None:
        check_target(report)
        check_not_input(report, [*session_files(session), *([compare] if compare else [])])
    prepare(quiet)
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
        note(sentence("cli.saved", output=report))
    return 0
