import contextlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.errors import AssetError, SourceError
from ar_effects.sources.naming import is_camera, is_folder
from ar_effects.sources.open import open_source
from ar_effects.sources.picture import PictureSource
from ar_effects.sources.video import VideoSource
from tests.sources.clips import make_clip


def no_camera(device, **options):
    raise SourceError("No camera was found")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "p.png"
    path.write_bytes(cv2.imencode(".png", np.full((9, 9, 3), 100, np.uint8))[1].tobytes())
    return path


def test_content_decides_not_the_ending(tmp_path, picture):
    clip = make_clip(tmp_path / "c.mp4", [0, 40])
    assert isinstance(open_source(picture), PictureSource)
    assert isinstance(open_source(str(clip)), VideoSource)
    assert isinstance(open_source(picture.rename(tmp_path / "p.mp4")), PictureSource)
    assert isinstance(open_source(clip.rename(tmp_path / "c.jpg")), VideoSource)


def test_moving_gifs_move(tmp_path):
    clip = make_clip(tmp_path / "m.gif", [0, 4, 8], codec="gif", pix_fmt="rgb8")
    source = open_source(clip)
    assert isinstance(source, VideoSource)
    assert len(list(source.frames())) == 3


@pytest.mark.parametrize(
    ("spec", "device"), [("webcam", "auto"), ("auto", "auto"), ("0", 0), (3, 3), ("logi", "logi")]
)
def test_cameras(spec, device, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = []
    open_source(spec, width=640, camera=lambda device, **options: asked.append((device, options["width"])))
    assert asked == [(device, 640)]


def test_an_existing_file_wins_over_a_cameras_name(tmp_path, picture, monkeypatch):
    picture.rename(tmp_path / "logi")
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_source("logi", camera=no_camera), PictureSource)


def test_options_reach_files(tmp_path, picture):
    clip = make_clip(tmp_path / "c.mp4", [0, 40])
    assert open_source(clip, realtime=True).info.is_live
    assert open_source(picture, loop=True).info.is_live
    assert not open_source(picture).info.is_live


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("missing.mp4", "There is no file missing.mp4"),
        ("a/b", "There is no file a/b"),
        ("wecbam", 'no file "wecbam", and no camera of that name'),
        ("", "No source was named"),
        ("x" * 5000, "There is no file"),
        (".", "is a folder"),
    ],
)
def test_troubles_in_words(spec, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=words) as caught:
        open_source(spec, camera=no_camera)
    assert caught.value.fix


@pytest.mark.parametrize(("name", "words"), [("x.jpg", "is not a picture"), ("x.mp4", "is not a video")])
def test_nonsense_is_named_after_what_it_claims_to_be(tmp_path, name, words):
    (tmp_path / name).write_text("words")
    with pytest.raises(SourceError, match=words):
        open_source(tmp_path / name)


def test_demo(tmp_path):
    clip = make_clip(tmp_path / "demo.mp4", [0, 40])
    assert isinstance(open_source("demo", demo_clip=clip), VideoSource)
    with pytest.raises(AssetError, match="demo clip is missing"):
        open_source("DEMO", demo_clip=tmp_path / "none.mp4")


def test_slow_camera_settings_are_made_before_opencv_is_loaded():
    code = (
        "import sys, os, ar_effects.sources; assert 'cv2' not in sys.modules;"
        "print(os.environ['OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS'])"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENCV")}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "0"


@pytest.mark.parametrize(
    ("spec", "camera"),
    [
        *((word, False) for word in ("demo", "DEMO", " Demo ", "p.png", "missing.mp4", "a/b", "", ".")),
        *((word, True) for word in ("0", "7", "webcam", "WEBCAM", "Auto", "camera", "logitech", "Camera 2")),
    ],
)
def test_what_is_looked_for_among_cameras(spec, camera, picture, monkeypatch):
    """The same words that open one: cameras are shown as in a mirror, files and the clip are not."""
    monkeypatch.chdir(picture.parent)
    assert is_camera(spec) is camera
    asked = []

    def noted(device, **options):
        asked.append(device)
        raise SourceError("none here")

    with contextlib.suppress(SourceError):
        open_source(spec, camera=noted).close()
    assert bool(asked) is camera


def test_a_file_with_a_cameras_word_as_its_name_is_a_file(picture, monkeypatch):
    monkeypatch.chdir(picture.parent)
    picture.rename("webcam")
    assert not is_camera("webcam")
    assert isinstance(open_source("webcam", camera=no_camera), PictureSource)


def test_a_folder_of_the_clips_name_is_not_the_clip(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    Path("pictures").mkdir()
    assert [is_folder(spec) for spec in ("demo", "DEMO", "pictures", "none")] == [False, False, True, False]
