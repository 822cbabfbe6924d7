"""Real signals to real processes: `kill`, `timeout`, a closed terminal, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ar_effects.cli import stopping
from tests.cli.runner import ROOT, run_app
from tests.cli.test_session_commands import FAKE_CAMERA
from tests.sources.clips import make_clip
from tests.waiting import HANGS_S, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    """Longer than anybody waits for."""
    return make_clip(tmp_path_factory.mktemp("long") / "in.mp4", list(range(0, 240_000, 40)), size=(64, 48))


def started(*command, **options):
    return subprocess.Popen(
        list(map(str, command)),
        env={**os.environ, "DISPLAY": "", "PYTHONUNBUFFERED": "1"},
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options),
    )


def begun(process, folder, pattern="*.part", at_least=1):
    """Waits until the command writes, and gives the file."""

    def found():
        if process.poll() is not None:
            raise AssertionError(process.communicate())
        return [p for p in folder.glob(pattern) if p.stat().st_size >= at_least]

    return until(found, "it writes")[0]


def camera_script(target):
    return FAKE_CAMERA.format(root=str(ROOT), count=100_000, gap=0.03, before="", target=str(target))


@pytest.mark.parametrize("name", SIGNALS)
def test_a_recording_ends_well_and_is_kept(tmp_path, name):
    process = started(sys.executable, "-c", camera_script(tmp_path / "s"))
    begun(process, tmp_path, "*.part/frames.mkv", 300_000)
    process.send_signal(signal.Signals[name])
    out, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == 0, err
    assert "Saved" in out
    assert [p.name for p in tmp_path.iterdir()] == ["s"]
    frames = [json.loads(line) for line in (tmp_path / "s" / "frames.jsonl").read_text().splitlines()]
    assert f"{len(frames)} frames in" in out


def test_what_a_log_out_sends_beside_the_first_signal_loses_nothing(tmp_path):
    process = started(sys.executable, "-c", camera_script(tmp_path / "s"))
    begun(process, tmp_path, "*.part/frames.mkv", 300_000)
    while process.poll() is None:  # as many as it takes, until it is gone
        for name in ("SIGHUP", "SIGTERM", "SIGCONT"):
            process.send_signal(signal.Signals[name])
        time.sleep(0.002)
    out, err = process.communicate(timeout=HANGS_S)
    assert "Saved" in out, err
    assert [p.name for p in tmp_path.iterdir()] == ["s"]
    assert run_app("replay", tmp_path / "s").returncode == 0


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("command", ["render", "track"])
def test_a_file_that_is_not_whole_is_taken_away(tmp_path, long_clip, command, name):
    target = tmp_path / ("o.mp4" if command == "render" else "o.jsonl")
    target.write_bytes(b"an older one")
    result = [target] if command == "render" else ["--json", target]
    process = started(sys.executable, ROOT / "app.py", command, long_clip, *result)
    begun(process, tmp_path)
    process.send_signal(signal.Signals[name])
    _, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == 128 + signal.Signals[name]
    assert err.splitlines()[-1] == "Stopped."
    assert "Traceback" not in err
    assert "defect" not in err
    assert [p.name for p in tmp_path.iterdir()] == [target.name]
    assert target.read_bytes() == b"an older one"


def test_a_signal_while_nothing_is_written_yet(tmp_path, long_clip):
    process = started(sys.executable, ROOT / "app.py", "render", long_clip, tmp_path / "o.mp4")
    # Python itself is ended by a signal that comes before our first line; from then on it is answered.
    until(lambda: process.poll() is not None or stopping_is_handled(process.pid), "signals are handled")
    process.terminate()
    _, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == 143
    assert "Stopped." in err
    assert list(tmp_path.iterdir()) == []


def stopping_is_handled(pid: int) -> bool:
    """Whether the process catches SIGTERM, as Linux tells it; elsewhere the test has to believe it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:  # noqa: PTH123 - no file of the disk
            (mask,) = (line.split()[1] for line in file if line.startswith("SigCgt"))
    except OSError:
        time.sleep(2)
        return True
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("what", ["record", "render"])
def test_closing_the_terminal_itself(tmp_path, long_clip, what):
    """The terminal is gone when the command speaks its last words: that is no failing disk, and no defect."""
    import pty

    command = (
        [sys.executable, "-c", camera_script(tmp_path / "s")]
        if what == "record"
        else [sys.executable, str(ROOT / "app.py"), "render", str(long_clip), str(tmp_path / "o.mp4")]
    )
    pid, master = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**os.environ, "DISPLAY": ""})
    seen = [""]

    def writes():
        seen[0] += read_waiting(master)
        pattern = "*.part/frames.mkv" if what == "record" else "*.part"
        return [p for p in tmp_path.glob(pattern) if p.stat().st_size > 100_000 * (what == "record")]

    until(writes, "it writes")
    os.close(master)
    status = until(lambda: os.waitpid(pid, os.WNOHANG)[1:] if gone(pid) else None, "it ends")
    assert os.waitstatus_to_exitcode(status[0]) == (0 if what == "record" else 129), seen[0]
    assert [p.name for p in tmp_path.iterdir()] == (["s"] if what == "record" else [])


def gone(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def read_waiting(descriptor: int) -> str:
    """What a terminal was told, without waiting for more: a full one would hold the command up."""
    import select

    text = b""
    while select.select([descriptor], [], [], 0)[0]:
        text += os.read(descriptor, 4096)
    return text.decode(errors="replace")


def test_what_is_told_to_ignore_a_signal_ignores_it(tmp_path):
    """`nohup` and background jobs of scripts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.handled():
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stopping.asked()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_first_signal_interrupts_and_the_next_ones_leave_the_tidying_alone():
    before = {name: signal.getsignal(signal.Signals[name]) for name in SIGNALS}
    done = []
    with stopping.handled():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("not interrupted")
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("tidied")
        assert stopping.exit_code() == 143
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert done == ["tidied"]
    assert {name: signal.getsignal(signal.Signals[name]) for name in SIGNALS} == before


def test_a_wish_waits_for_a_good_place():
    with stopping.handled(), stopping.deferred() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            stopping.stop_if_asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    with stopping.handled():
        stopping.stop_if_asked()


BOARD_CAMERA = """
import sys
sys.path.insert(0, {root!r})
import ar_effects.cli.calibrate as calibrate
from ar_effects.cli import main
from ar_effects.records import Frame
from ar_effects.sources.base import SourceInfo
from tests.app import test_calibration as drawn

class Camera:
    info = SourceInfo("Pretended", 800, 450, 30.0, is_live=True)
    def frames(self):
        pictures = [drawn.picture(**pose) for pose in drawn.POSES]
        for i in range(1_000_000):
            yield Frame(pictures[i % len(pictures)], 100 + i / 30, i)
    def close(self): pass
    def __enter__(self): return self
    def __exit__(self, *exc): pass

calibrate.open_source = lambda *a, **k: Camera()
sys.exit(main(["calibrate"]))
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_calibration_uses_the_views_it_has(tmp_path, monkeypatch, name):
    monkeypatch.setenv("AR_EFFECTS_SETTINGS", str(tmp_path))
    process = started(sys.executable, "-c", BOARD_CAMERA.format(root=str(ROOT)))
    said = ""
    while "view 9 taken" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.Signals[name])
    out, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == 0, err
    assert "Kept in" in out
    assert [p.name for p in tmp_path.iterdir()] == ["cameras.toml"]
