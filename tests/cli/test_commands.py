from __future__ import annotations

import json
from fractions import Fraction

import av
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from ar_effects.sources.exif import FILM_DIAGONAL_MM
from tests.cli.runner import ROOT, run_app
from tests.sources.clips import make_clip

TRACK_SCHEMA = Draft202012Validator(
    json.loads((ROOT / "docs" / "track.schema.json").read_text(encoding="utf-8"))
)
DEMO = ROOT / "assets" / "demo" / "demo.mp4"


@pytest.mark.parametrize("command", [[], ["render"], ["track"], ["devices"]])
def test_help_on_all(command):
    process = run_app(*command, "--help")
    assert process.returncode == 0
    assert "Usage" in process.stdout


@pytest.mark.parametrize("typed", ["./run", "run"])
def test_usage_names_what_was_typed(typed):
    assert run_app("track", "--help", AR_EFFECTS_COMMAND=typed).stdout.startswith(f"Usage: {typed} track ")
    told = run_app("--source", "x.mp4", AR_EFFECTS_COMMAND=typed).stderr
    assert f"{typed} render x.mp4" in told
    assert "app.py" not in told


def test_usage_names_the_program_where_no_script_started_it():
    assert run_app("--help", AR_EFFECTS_COMMAND="").stdout.startswith("Usage: python app.py ")


def test_help_loads_nothing_heavy():
    process = run_app("--help", PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.split("|")[-1].strip() for line in process.stderr.splitlines() if "import time" in line}
    assert not loaded & {"cv2", "onnxruntime", "pyglet", "moderngl", "av", "numpy", "pydantic"}


def test_without_a_screen_the_demo_clip_is_rendered_and_its_place_said(tmp_path):
    process = run_app(cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert "out/demo.mp4" in process.stdout.replace("\\", "/")
    assert "240 frames, 240 with a face" in process.stdout
    with av.open(str(tmp_path / "out" / "demo.mp4")) as out, av.open(str(DEMO)) as clip:
        assert out.streams.video[0].codec_context.name == "h264"
        pairs = list(zip(out.decode(video=0), clip.decode(video=0), strict=True))
        assert [a.time for a, _ in pairs] == [b.time for _, b in pairs]
        truth = [json.loads(line) for line in (DEMO.parent / "demo.jsonl").read_text().splitlines()]
        for (drawn, bare), line in list(zip(pairs, truth, strict=True))[::12]:
            a, b = drawn.to_ndarray(format="gray"), bare.to_ndarray(format="gray")
            for eye in line["eyes"].values():
                x, y = (round(v) for v in eye)
                patch = np.s_[y - 3 : y + 4, x - 3 : x + 4]
                around = np.s_[y - 14 : y + 15, x - 14 : x + 15]
                # A dark lens lies over each eye: the skin around the iris is darker by far.
                assert a[around].mean() < 0.75 * b[around].mean(), (line["frame"], x, y)
                assert a[patch].mean() < 130


@pytest.mark.words
def test_a_named_source_without_a_screen_points_to_render():
    process = run_app("--source", "demo")
    assert process.returncode == 1
    assert "render demo" in process.stderr


def test_rendering_keeps_size_count_uneven_times_and_sound(tmp_path):
    ticks = [0, 40, 50, 200, 240, 300, 301, 500]
    clip = make_clip(tmp_path / "in.mp4", ticks, size=(66, 50), audio="aac", time_base=Fraction(1, 1000))
    process = run_app("render", clip, tmp_path / "out.mp4")
    assert process.returncode == 0, process.stderr
    with av.open(str(clip)) as a, av.open(str(tmp_path / "out.mp4")) as b:
        assert [f.time for f in a.decode(video=0)] == [f.time for f in b.decode(video=0)]
        assert len(b.streams.audio) == 1
        assert (b.streams.video[0].width, b.streams.video[0].height) == (66, 50)
    with av.open(str(clip)) as a, av.open(str(tmp_path / "out.mp4")) as b:
        sounds = [[bytes(p) for p in c.demux(audio=0) if p.size] for c in (a, b)]
    assert sounds[0] == sounds[1]
    for stage in ("decode", "track", "draw", "read back", "encode"):
        assert stage in process.stderr


def test_a_trace_can_be_written(tmp_path):
    clip = make_clip(tmp_path / "in.mp4", [0, 40, 80])
    process = run_app("render", clip, tmp_path / "out.mp4", "--trace", tmp_path / "trace.json")
    assert process.returncode == 0, process.stderr
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sum(e["name"] == "encode" for e in events) == 3


def test_track_writes_the_documented_line_for_every_frame(tmp_path):
    process = run_app("track", "demo", "--json", tmp_path / "out.jsonl")
    assert process.returncode == 0, process.stderr
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    truth = [json.loads(line) for line in (DEMO.parent / "demo.jsonl").read_text().splitlines()]
    assert len(lines) == len(truth) == 240
    for line, real in zip(lines, truth, strict=True):
        assert list(line) == ["frame", "time_s", "width", "height", "faces", "unseen", "camera", "start_s"]
        TRACK_SCHEMA.validate(line)
        assert line["unseen"] == []
        assert line["start_s"] == 0.0
        assert line["frame"] == real["frame"]
        assert line["time_s"] == pytest.approx(real["time_s"], abs=1e-4)
        assert (line["width"], line["height"]) == (640, 480)
        (face,) = line["faces"]
        assert list(face) == [
            *("id", "score", "landmarks", "yaw_deg", "pitch_deg", "roll_deg", "translation_mm", "eyes"),
            *("state", "unseen_s", "quality", "head_scale", "pupil_span", "expression"),
        ]
        assert (face["state"], face["unseen_s"]) == ("tracking", 0.0)
        assert np.array(face["landmarks"]).shape == (478, 3)
        assert len(face["translation_mm"]) == 3
        assert set(face["eyes"]) == {"left", "right"}
        # The person's left eye is at the right of the picture.
        assert face["eyes"]["left"][0] > face["eyes"]["right"][0]
        assert face["expression"]["eye_open_left"] > 0.5
        assert face["head_scale"] > 0.5


def test_track_prints_to_a_pipe_when_no_file_is_named(tmp_path):
    clip = make_clip(tmp_path / "in.mp4", [0, 40])
    process = run_app("track", clip)
    assert [json.loads(line)["faces"] for line in process.stdout.splitlines()] == [[], []]


def test_devices_says_what_works():
    process = run_app("devices")
    assert process.returncode == 0, process.stderr
    for word in ("Networks", "OpenGL", "Video", "Screen", "Cameras", "intact"):
        assert word in process.stdout
    assert "DISPLAY" in process.stdout


def test_track_takes_the_lens_from_the_picture_and_from_who_asks(tmp_path, demo_frames):
    """The longer the lens, the farther away the same face."""
    exif = Image.Exif()
    exif[0x112] = 1
    exif.get_ifd(0x8769)[0xA405] = 80
    for name, options in (("long.jpg", {"exif": exif}), ("plain.jpg", {})):
        Image.fromarray(demo_frames[0][:, :, ::-1]).save(tmp_path / name, quality=95, **options)

    def distances(*options):
        process = run_app("track", tmp_path, *options)
        assert process.returncode == 0, process.stderr
        lines = map(json.loads, process.stdout.splitlines())
        return {line["file"]: -line["faces"][0]["translation_mm"][2] for line in lines}

    told, given = distances(), distances("--fov", "63")
    assert told["long.jpg"] / told["plain.jpg"] == pytest.approx(
        80 / FILM_DIAGONAL_MM * np.hypot(640, 480) / (320 / np.tan(np.radians(31.5))), rel=0.05
    )
    assert given["long.jpg"] == given["plain.jpg"] == told["plain.jpg"]
