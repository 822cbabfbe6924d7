"""Runs app.py as people do: in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.processes import finished

ROOT = Path(__file__).resolve().parents[2]


def run_app(*arguments: object, cwd: Path | None = None, display: str = "", **extra: str):
    """The finished process; text output; no screen unless one is given."""
    env = {**os.environ, "DISPLAY": display, **extra}
    return finished([sys.executable, ROOT / "app.py", *arguments], cwd or ROOT, env)


def one_line_error(process) -> str:
    """The error line; asserts that the command failed in words, on one line, with no stack trace."""
    assert process.returncode == 1, (process.returncode, process.stdout, process.stderr)
    assert "Traceback" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, process.stderr
    return lines[0]
