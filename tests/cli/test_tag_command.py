"""``tag``: a line a file, and a sentence for what cannot be read."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from ar_effects.app.pipeline.offline import render_file
from ar_effects.app.pipeline.tagging import TagOptions, tag_files
from ar_effects.media.pictures import read, read_reduced
from ar_effects.sinks.picture import save_picture
from ar_effects.sinks.video import VideoSink
from tests.cli.runner import run_app


@pytest.fixture(scope="module")
def folder(tmp_path_factory, demo_frames):
    folder = tmp_path_factory.mktemp("tagged")
    source = save_picture(folder / "2.png", demo_frames[0])
    render_file(source, folder / "10.jpg", "crown", provider="cpu")
    (folder / "3.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    return folder


def test_lines_of_a_folder_in_order_and_one_that_is_broken(folder):
    options = TagOptions(provider="cpu")
    told = []
    found = dict(tag_files([folder], options, lambda path, error: told.append((path.name, error.one_line()))))
    assert [path.name for path in found] == ["2.png", "10.jpg"]
    assert [name for name, _ in told] == ["3.jpg"]
    crown = found[folder / "10.jpg"]
    assert crown.tags[0].tag == "crown"
    assert crown.people == 1
    assert found[folder / "2.png"].people == 1
    assert "person" in {tag.tag for tag in found[folder / "2.png"].tags}


def test_the_command(folder):
    done = run_app(
        "tag", folder / "10.jpg", folder / "3.jpg", folder / "none.jpg", "--json", "--embedding", "--no-faces"
    )
    assert done.returncode == 1
    (line,) = [json.loads(text) for text in done.stdout.splitlines()]
    assert line["file"].endswith("10.jpg")
    assert line["tags"][0] == {
        "tag": "crown",
        "score": 1.0,
        "why": 'the effect "Crown" is worn',
        "parents": line["tags"][0]["parents"],
    }
    assert "people" not in line
    assert len(line["embedding"]) == 1280
    assert len(done.stderr.strip().splitlines()) == 2


def test_a_clip(tmp_path, demo_frames):
    with VideoSink(tmp_path / "a.mp4", 640, 480) as sink:
        for frame in demo_frames[:12]:
            sink.write(frame)
    ((_, tagged),) = tag_files([tmp_path / "a.mp4"], TagOptions(provider="cpu"))
    assert tagged.people == 1


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_reduced_pictures_are_the_same_but_smaller(tmp_path, ending):
    image = cv2.resize(np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8), (1600, 1200))
    path = save_picture(tmp_path / f"a.{ending}", image)
    small = read_reduced(path, 150).bgr
    assert small.shape[0] < 400
    assert min(small.shape[:2]) >= 150
    whole = cv2.resize(read(path).bgr, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(whole.astype(int) - small).mean() < 3.0
