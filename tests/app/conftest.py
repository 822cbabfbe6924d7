"""A virtual screen, and sessions with the real window on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ar_effects.paths import ROOT
from benchmarks.common import screen as virtual_screen
from tests.waiting import HANGS_S


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """The number of a virtual screen, such as ":5"."""
    with virtual_screen() as number:
        yield number


@pytest.fixture(scope="session")
def start_session(screen: str) -> Callable[..., subprocess.Popen[str]]:
    """Starts a session of ``window_session.py`` by its name, on the screen."""

    def start(name: str, folder: Path, *numbers: float) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.app.window_session", name, str(folder), *map(str, numbers)],
            cwd=ROOT,
            env={**os.environ, "DISPLAY": screen},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def run_session(start_session: Callable[..., subprocess.Popen[str]]) -> Callable[..., dict]:
    """Runs a session to its end; gives what it saw. It must end by itself, with nothing to complain of."""

    def run(name: str, folder: Path, *numbers: float) -> dict:
        with start_session(name, folder, *numbers) as process:
            try:
                out, complaints = process.communicate(timeout=HANGS_S)
            finally:
                process.kill()
        assert process.returncode == 0, complaints
        assert "Traceback" not in complaints
        return json.loads(out.splitlines()[-1])

    return run
