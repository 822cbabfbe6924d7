"""``record``, ``replay`` and ``calibrate`` as they are typed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import cv2
import pytest

from tests.app import test_calibration as drawn
from tests.cli.runner import ROOT, one_line_error, run_app
from tests.sources.clips import make_clip
from tests.waiting import HANGS_S, until

HEAVY = {"cv2", "onnxruntime", "pyglet", "moderngl", "av", "numpy", "pydantic"}


@pytest.fixture(autouse=True)
def settings_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AR_EFFECTS_SETTINGS", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.mark.parametrize("command", ["record", "replay", "calibrate", "calibrate assume", "calibrate forget"])
def test_help_answers_and_loads_nothing_heavy(command):
    process = run_app(*command.split(), "--help", PYTHONPROFILEIMPORTTIME="1")
    assert process.returncode == 0
    assert "Usage" in process.stdout
    loaded = {line.split("|")[-1].strip() for line in process.stderr.splitlines() if "import time" in line}
    assert not loaded & HEAVY


# --- record and replay ------------------------------------------------------------------------------------


def test_a_session_from_beginning_to_comparison(tmp_path):
    session, report = tmp_path / "s", tmp_path / "r.json"
    process = run_app("record", session, "--source", "demo", "--seconds", "1", "--provider", "cpu")
    assert process.returncode == 0, process.stderr
    assert "30 frames in 1.0 s, 30 with a face." in process.stdout
    assert f"Saved {session}" in process.stdout
    process = run_app("replay", session, "--report", report)
    assert process.returncode == 0, process.stderr
    for words in ("hit rate", "landmark jitter", "eye anchor jitter", "identities", "lag", "track: network"):
        assert words in process.stdout
    assert "identical to the recorded ones: they differ by 0.00 px" in process.stdout
    data = json.loads(report.read_text())
    assert data["hit_rate"] == 1.0
    assert data["recorded"]["identical"]
    assert "numpy" in data["versions"]
    process = run_app("replay", session, "--compare", report, "--quiet")
    assert process.returncode == 0, process.stderr
    row = next(r for r in process.stdout.splitlines() if r.startswith("landmark jitter") and r.count(".") > 1)
    assert row.split()[4:6] == ["1.000", "same"]
    assert process.stderr == ""


def test_what_cannot_be_is_one_line_before_any_work(tmp_path):
    assert "exists already" in one_line_error(run_app("record", tmp_path, "--source", "demo"))
    assert "none.mp4" in one_line_error(run_app("record", tmp_path / "s", "--source", tmp_path / "none.mp4"))
    assert "not a session" in one_line_error(run_app("replay", tmp_path))
    (tmp_path / "r.json").write_text("{}")
    line = one_line_error(run_app("replay", tmp_path / "s", "--compare", tmp_path / "r.json"))
    assert "r.json" in line
    line = one_line_error(run_app("replay", tmp_path / "s", "--report", tmp_path / "nowhere" / "r.json"))
    assert "nowhere" in line
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.json"]


FAKE_CAMERA = """
import sys, time
sys.path.insert(0, {root!r})
import numpy as np
from ar_effects.cli import main
from ar_effects.records import Frame
from ar_effects.sources import open as opening
from ar_effects.sources.base import SourceInfo
import ar_effects.cli.session as session

class Camera:
    info = SourceInfo("Pretended", 320, 240, 30.0, is_live=True)
    def frames(self):
        rng = np.random.default_rng(0)
        for i in range({count}):
            time.sleep({gap})
            yield Frame(rng.integers(0, 256, (240, 320, 3), np.uint8), 100 + i / 30, i)
    def close(self): pass
    def __enter__(self): return self
    def __exit__(self, *exc): pass

session.open_source = lambda *a, **k: Camera()
{before}
sys.exit(main(["record", {target!r}, "--provider", "cpu"]))
"""


def start_camera(target, count=100_000, gap=0.03, before=""):
    script = FAKE_CAMERA.format(root=str(ROOT), count=count, gap=gap, before=before, target=str(target))
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "DISPLAY": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals as terminals on POSIX do")
def test_ctrl_c_ends_the_recording_and_keeps_it(tmp_path):
    process = start_camera(tmp_path / "s")
    until(lambda: process.poll() is not None or list(tmp_path.glob("*.part/frames.mkv")), "it records")
    (frames,) = tmp_path.glob("*.part/frames.mkv")
    until(lambda: process.poll() is not None or frames.stat().st_size > 300_000, "some frames are recorded")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == 0, err
    assert "Ctrl-C ends it" in err
    assert "Saved" in out
    assert not list(tmp_path.glob("*.part"))
    replayed = run_app("replay", tmp_path / "s")
    assert replayed.returncode == 0, replayed.stderr
    assert "identical" in replayed.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize("limit", [3_000, 400_000])
def test_a_full_disk_is_one_line_and_nothing_half(tmp_path, limit):
    before = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    )
    process = start_camera(tmp_path / "s", count=200, gap=0.0, before=before)
    _, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == 1, err
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, err
    assert f"{tmp_path / 's'} could not be written, got the file grew larger than the disk" in lines[0]
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_while_copying_a_clip(tmp_path):
    script = (
        "import resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000));"
        f"sys.path.insert(0, {str(ROOT)!r});"
        "from ar_effects.cli import main;"
        f"sys.exit(main(['record', {str(tmp_path / 's')!r}, '--source', 'demo', '--copy', '--seconds', '1']))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=HANGS_S, check=False
    )
    assert "could not be written" in one_line_error(process)
    assert list(tmp_path.iterdir()) == []


# --- calibrate --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boards")
    for i, pose in enumerate(drawn.POSES):
        assert cv2.imwrite(str(folder / f"{i}.png"), drawn.picture(**pose))
    return folder


def test_a_camera_is_measured_kept_shown_and_forgotten(boards, settings_folder):
    process = run_app("calibrate", "--source", boards, "--camera", "Logi")
    assert process.returncode == 0, process.stderr
    assert "reprojection error 0." in process.stderr
    assert str(settings_folder / "cameras.toml") in process.stdout
    shown = run_app("calibrate", "list")
    assert shown.stdout.startswith("Logi, 800x450:")
    assert "Forgot logi (1 entry)" in run_app("calibrate", "forget", "logi").stdout
    assert "Nothing is kept" in run_app("calibrate", "list").stdout
    assert "Logi" in one_line_error(run_app("calibrate", "forget", "Logi"))


def test_a_field_of_view_can_be_assumed(settings_folder):
    process = run_app("calibrate", "assume", "--fov", "55", "--camera", "Logi")
    assert process.returncode == 0, process.stderr
    assert "Logi: 55.0 degrees along the longer side, assumed" in process.stdout
    assert "field of view" in one_line_error(
        run_app("calibrate", "assume", "--fov", "300", "--camera", "Logi")
    )


@pytest.mark.parametrize(
    ("action", "option"),
    [("list", "--camera=x"), ("forget Logi", "--board=8x5"), ("assume --fov 55", "--camera=Logi")],
)
def test_an_option_of_measuring_is_not_overlooked_before_another_action(settings_folder, action, option):
    process = run_app("calibrate", option, *action.split())
    assert process.returncode == 2
    assert f"{option.split('=')[0]} before {action.split()[0]} is for measuring only" in process.stderr
    assert not settings_folder.exists()


def test_what_is_missing_is_said(tmp_path, boards):
    assert "--camera NAME" in one_line_error(run_app("calibrate", "--source", boards))
    clip = make_clip(tmp_path / "in.mp4", [0, 300, 600])
    assert "--camera NAME" in one_line_error(run_app("calibrate", "--source", clip))
    line = one_line_error(run_app("calibrate", "--source", clip, "--camera", "Logi"))
    assert "not found in any of 3 pictures" in line
    assert "--board" in one_line_error(
        run_app("calibrate", "--source", boards, "--camera", "x", "--board", "9")
    )
    assert not (tmp_path / "config").exists()


def test_a_broken_settings_file_is_named_and_kept(settings_folder):
    settings_folder.mkdir()
    (settings_folder / "cameras.toml").write_text("cameras = [")
    shown = run_app("calibrate", "list")
    assert "cameras.toml is not valid TOML" in shown.stderr
    process = run_app("calibrate", "assume", "--fov", "55", "--camera", "Logi")
    assert "cameras-1.broken" in process.stderr
    assert (settings_folder / "cameras-1.broken").read_text() == "cameras = ["
    assert "Logi" in run_app("calibrate", "list").stdout
