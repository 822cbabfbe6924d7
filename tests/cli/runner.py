"""Runs app.py as people do: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.waiting import HANGS_S

ROOT = Path(__file__).resolve().parents[2]


def run_app(*arguments: object, cwd: Path | None = None, display: str = "", **extra: str):
    """The finished process; text output; no screen unless one is given."""
    env = {**os.environ, "DISPLAY": display, **extra}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *map(str, arguments)],
        cwd=cwd or ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )


def one_line_error(process) -> str:
    """The error line; asserts that the command failed in words, on one line, with no stack trace."""
    assert process.returncode == 1, (process.returncode, process.stdout, process.stderr)
    assert "Traceback" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, process.stderr
    return lines[0]
