"""The window ends as by Esc where a signal asks for it, and the exit code tells which."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ar_effects.paths import ROOT
from tests.waiting import HANGS_S

SCRIPT = """
import sys
from ar_effects.app.window.window import FilterWindow
from ar_effects.cli import main
import pyglet

shown = FilterWindow._frame_drawn

def told(self, took_s):
    shown(self, took_s)
    print("drawn", flush=True)

def run(self, whole=FilterWindow.run):
    try:
        whole(self)
    finally:
        print("closed", self.window.context is None, flush=True)

FilterWindow._frame_drawn, FilterWindow.run = told, run
sys.exit(main(["--source", "demo", "--provider", "cpu"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_closes_the_window(screen, name):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, "DISPLAY": screen},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "drawn\n"
        process.send_signal(signal.Signals[name])
        out, err = process.communicate(timeout=HANGS_S)
    finally:
        process.kill()
    assert process.returncode == 128 + signal.Signals[name], err
    assert err.splitlines()[-1] == "Stopped."
    assert "Traceback" not in err
    assert out.splitlines()[-1].startswith("closed")
