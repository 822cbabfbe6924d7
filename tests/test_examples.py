"""The programs of examples/ do what they say, in a process of their own and away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from ar_effects.paths import ROOT
from tests.processes import finished
from tests.waiting import HANGS_S

EXAMPLES = ROOT / "examples"

PYTHON = os.environ.get("AR_EFFECTS_EXAMPLES_PYTHON", sys.executable)
"""Another one has the package installed, and does not see the checkout."""


def environment() -> dict[str, str]:
    bare = {**os.environ, "DISPLAY": ""}
    return bare if sys.executable != PYTHON else {**bare, "PYTHONPATH": str(ROOT)}


def run(name: str, *arguments: object, cwd: Path, code: int = 0) -> str:
    done = finished([PYTHON, EXAMPLES / name, *arguments], cwd, environment())
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Path:
    """The first second and a half of the built-in clip."""
    path = tmp_path_factory.mktemp("clip") / "short.mp4"
    with av.open(str(ROOT / "assets" / "demo" / "demo.mp4")) as clip, av.open(str(path), "w") as made:
        stream = made.add_stream("mpeg4", 30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.bit_rate = 4_000_000
        for i, frame in enumerate(clip.decode(video=0)):
            if i == 45:
                break
            pixels = frame.to_ndarray(format="bgr24")
            made.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        made.mux(stream.encode())
    return path


def pictures_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]


def off(made: Path, given: Path) -> float:
    """How much two videos of the same length differ at most, mean of a frame."""
    pairs = zip(pictures_of(made), pictures_of(given), strict=True)
    return max(float(np.abs(a.astype(int) - b.astype(int)).mean()) for a, b in pairs)


def test_all_are_here():
    tested = Path(__file__).read_text(encoding="utf-8")
    names = {p.name for p in EXAMPLES.glob("*.py")}
    assert len(names) == 9
    assert [name for name in names if f'"{name}"' not in tested] == []
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in names if f"]({name})" not in listed] == []


def test_track_clip(short, tmp_path):
    header, *rows = run("track_clip.py", short, cwd=tmp_path).splitlines()
    assert header == "time_s,face,yaw_deg,pitch_deg,roll_deg,x_mm,y_mm,z_mm"
    assert len(rows) == 45
    assert all(float(row.split(",")[-1]) < -100.0 for row in rows), "in front of the camera"


def test_several_faces(short, tmp_path):
    lines = run("several_faces.py", short, cwd=tmp_path).splitlines()
    assert "face 1 came" in lines[0]
    assert "face 1 stayed to the end, 1.47 s" in lines[-1]


def test_own_renderer(short, tmp_path):
    run("own_renderer.py", short, "axes.mp4", cwd=tmp_path)
    assert off(tmp_path / "axes.mp4", short) > 0.5


def test_own_source(tmp_path):
    run("own_source.py", "zoom.mp4", cwd=tmp_path)
    pictures = pictures_of(tmp_path / "zoom.mp4")
    assert len(pictures) == 45
    assert float(np.abs(pictures[0].astype(int) - pictures[-1]).mean()) > 5.0


def test_own_trigger(tmp_path):
    said = run("own_trigger.py", "demo", "tilt.mp4", cwd=tmp_path)
    assert int(said.split()[0]) >= 1
    assert len(pictures_of(tmp_path / "tilt.mp4")) == 240


def test_batch_folder(short, tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    cv2.imwrite(str(folder / "face.png"), pictures_of(short)[0])
    (folder / "broken.jpg").write_bytes(b"no picture")
    said = run("batch_folder.py", folder, tmp_path / "made", cwd=tmp_path, code=1)
    assert "face.png: 1 of 1 with a face" in said
    assert said.startswith("broken.jpg: ")
    assert [p.name for p in (tmp_path / "made").iterdir()] == ["face.png"]


def test_headless_service(short, tmp_path):
    given = pictures_of(short)[0]
    process = subprocess.Popen(
        [PYTHON, str(EXAMPLES / "headless_service.py"), "0"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = process.stdout.readline().split()[-1]
        body = cv2.imencode(".png", given)[1].tobytes()
        with urllib.request.urlopen(f"{address}/sunglasses", body, timeout=HANGS_S) as answer:
            made = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_COLOR)
        assert made.shape == given.shape
        assert float(np.abs(made.astype(int) - given).mean()) > 0.5
        for path, data in (("/sunglasses", b"no picture"), ("/no_such_effect", body), ("/../x", body)):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(address + path, data, timeout=HANGS_S)
            assert caught.value.code == 422
            assert caught.value.read()
    finally:
        process.kill()
        process.communicate()


def test_frame_time_probe(short, tmp_path):
    said = run("frame_time_probe.py", short, "sunglasses", "trace.json", cwd=tmp_path)
    assert [line.split()[0] for line in said.splitlines()][:6] == [
        "stage",
        "decode",
        "track",
        "list",
        "draw",
        "read",
    ]
    assert len(json.loads((tmp_path / "trace.json").read_text())["traceEvents"]) == 5 * 45 + 1


def test_tags_of_pictures_that_the_app_makes_and_which_are_alike(tmp_path):
    lines = run("tag_pictures.py", cwd=tmp_path).splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["crown.jpg", "dog.jpg"]
    assert "#crown" in lines[0].split()
    assert "#person" in lines[1].split()
    assert lines[2].startswith("most alike (0.")


def test_a_file_that_is_no_picture_is_one_sentence_and_the_others_go_on(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    assert run("tag_pictures.py", tmp_path / "a.jpg", cwd=tmp_path) == ""
