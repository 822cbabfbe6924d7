"""What bad input gets: one line saying what, and an exit code that says it failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.cli.runner import ROOT, one_line_error, run_app
from tests.sources.clips import make_clip
from tests.waiting import HANGS_S

DEMO = ROOT / "assets" / "demo" / "demo.mp4"


@pytest.fixture(scope="module")
def face_picture(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("face") / "face.png"
    with av.open(str(DEMO)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="bgr24")
    assert cv2.imwrite(str(path), frame)
    return path


def test_no_such_file(tmp_path):
    line = one_line_error(run_app("render", tmp_path / "none.mp4", tmp_path / "out.mp4"))
    assert "none.mp4" in line
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.words
def test_a_text_file_named_mp4(tmp_path):
    (tmp_path / "notes.mp4").write_text("remember the milk\n" * 50)
    line = one_line_error(run_app("render", tmp_path / "notes.mp4", tmp_path / "out.mp4"))
    assert "notes.mp4" in line
    assert list(tmp_path.iterdir()) == [tmp_path / "notes.mp4"]


def test_a_video_without_frames(tmp_path):
    with av.open(str(tmp_path / "empty.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.mux(stream.encode(None))
    line = one_line_error(run_app("render", tmp_path / "empty.mp4", tmp_path / "out.mp4"))
    assert "empty.mp4" in line
    assert not (tmp_path / "out.mp4").exists()


def test_a_truncated_video_is_rendered_as_far_as_it_goes_and_said_so(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", list(range(0, 3000, 100)), faststart=True)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) * 2 // 3])
    process = run_app("render", cut, tmp_path / "out.mp4", "--effect", "none")
    assert process.returncode == 0, process.stderr
    assert "the file ends early or is damaged" in process.stderr
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert 1 <= sum(1 for _ in container.decode(video=0)) < 30


def test_a_picture_without_a_face_is_saved_unchanged_and_said_so(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    for name in ("plain.png", "plain.jpg"):
        assert cv2.imwrite(str(tmp_path / name), noise)
        process = run_app("render", tmp_path / name, tmp_path / f"out-{name}")
        assert process.returncode == 0, process.stderr
        assert "No face" in process.stderr
        assert (tmp_path / f"out-{name}").read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.words
def test_an_output_folder_that_is_missing_is_found_before_any_work(tmp_path, face_picture):
    line = one_line_error(run_app("render", face_picture, tmp_path / "nowhere" / "out.png"))
    assert "nowhere" in line


def test_a_full_disk_leaves_no_half_file(tmp_path):
    pytest.importorskip("resource", reason="file size limits are POSIX")
    # The limit on file size is the nearest thing to a full disk that needs no rights to make.
    script = (
        "import resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        f"sys.path.insert(0, {str(ROOT)!r});"
        "from ar_effects.cli import main;"
        f"sys.exit(main(['render', 'demo', {str(tmp_path / 'out.mp4')!r}]))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DISPLAY": ""},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    line = one_line_error(process)
    assert "out.mp4" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (48, 64), (48, 64, 4), (37, 51, 3)])
def test_odd_pictures(tmp_path, shape):
    picture = np.full(shape, 128, np.uint8)
    assert cv2.imwrite(str(tmp_path / "in.png"), picture)
    process = run_app("render", tmp_path / "in.png", tmp_path / "out.webp")
    assert process.returncode == 0, process.stderr
    out = cv2.imread(str(tmp_path / "out.webp"))
    assert out.shape[:2] == shape[:2]


def test_a_very_large_picture_is_rendered_around_its_face(tmp_path, face_picture):
    face = cv2.imread(str(face_picture))
    large = np.full((6000, 9000, 3), 90, np.uint8)
    large[2000:3440, 5000:6920] = cv2.resize(face, None, fx=3, fy=3)
    assert cv2.imwrite(str(tmp_path / "large.jpg"), large)
    process = run_app("render", tmp_path / "large.jpg", tmp_path / "out.png")
    assert process.returncode == 0, process.stderr
    out, same = cv2.imread(str(tmp_path / "out.png")), cv2.imread(str(tmp_path / "large.jpg"))
    changed = np.argwhere((out != same).any(axis=2))
    assert len(changed) > 20000
    low, high = changed.min(axis=0), changed.max(axis=0)
    assert (low >= [2000, 5000]).all()
    assert (high <= [3440, 6920]).all()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--effect", "sunglases"], "sunglasses"),
        (["--provider", "cuda"], "CUDA"),
        (["--provider", "tensorrt"], "TensorRT"),
    ],
)
def test_wrong_options_name_the_way_out(tmp_path, face_picture, arguments, word):
    assert word in one_line_error(run_app("render", face_picture, tmp_path / "out.png", *arguments))


def test_wrong_usage_has_an_exit_code_of_its_own():
    process = run_app("render")
    assert process.returncode == 2
    assert "Usage" in process.stderr


def test_a_stack_trace_appears_with_debug_only(tmp_path):
    process = run_app("render", tmp_path / "none.mp4", tmp_path / "out.mp4", "--debug")
    assert process.returncode == 1
    assert "Traceback" in process.stderr
    assert "error: " in process.stderr


def test_a_camera_cannot_be_rendered_into_a_file(tmp_path):
    line = one_line_error(run_app("render", "webcam", tmp_path / "out.mp4"))
    assert "picture or video" in line or "No camera" in line
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_broken_picture_goes_on_and_ends_with_a_failure(tmp_path, face_picture):
    (tmp_path / "a1.png").write_bytes(face_picture.read_bytes())
    (tmp_path / "a2.jpg").write_text("no picture")
    (tmp_path / "a10.png").write_bytes(face_picture.read_bytes())
    process = run_app("track", tmp_path, "--json", tmp_path / "out.jsonl")
    assert "a2.jpg" in one_line_error(process)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["a1.png", "a10.png"]
    assert all(len(line["faces"]) == 1 for line in lines)


@pytest.mark.parametrize("angle", ["0", "400", "-63", "nan", "1e9"])
@pytest.mark.parametrize(
    "command", ["", "render demo {out}", "track demo", "record {out}", "calibrate assume"]
)
def test_an_angle_that_no_lens_has(tmp_path, command, angle):
    out = tmp_path / "out.mp4"
    line = one_line_error(run_app(*command.format(out=out).split(), f"--fov={angle}"))
    assert "--fov is impossible" in line
    assert "2 to 170 degrees" in line
    assert not out.exists()


@pytest.mark.parametrize("angle", [2, 170])
def test_the_longest_and_the_widest_lens_are_drawn_through(tmp_path, face_picture, angle):
    out = tmp_path / "out.png"
    process = run_app("render", face_picture, out, "--fov", angle)
    assert process.returncode == 0, process.stderr
    changed = cv2.absdiff(cv2.imread(str(out)), cv2.imread(str(face_picture))).max(axis=2) > 60
    assert changed[130:220, 250:390].sum() > 1000, "glasses at the eyes"
