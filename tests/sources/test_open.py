import contextlib
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.errors import AssetError, SourceError
from ar_effects.records import Frame
from ar_effects.sources.base import BasicSource, SourceInfo
from ar_effects.sources.open import input_files, open_source
from ar_effects.sources.picture import PictureSource
from ar_effects.sources.spec import SOURCES, SourceKind, SourceSpec
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
    if spec:
        assert (SourceSpec.parse(spec).kind is SourceKind.CAMERA) is camera
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
    assert SourceSpec.parse("webcam").kind is SourceKind.VIDEO  # until it is opened
    assert isinstance(open_source("webcam", camera=no_camera), PictureSource)


@pytest.mark.parametrize(
    ("typed", "kind", "value", "shown"),
    [
        (" Demo ", "demo", "", "demo"),
        (3, "camera", "3", "3"),
        ("AUTO", "camera", "auto", "auto"),
        ("Camera 2", "camera", "Camera 2", "Camera 2"),
        ("missing.mp4", "video", "missing.mp4", "missing.mp4"),
        ("a/b", "video", "a/b", "a/b"),
        ("missing.PNG", "picture", "missing.PNG", "missing.PNG"),
        (".", "folder", ".", "."),
        (r"c:\clip.mp4", "video", r"c:\clip.mp4", r"c:\clip.mp4"),
        ("nobody:knows", "camera", "nobody:knows", "nobody:knows"),
    ],
)
def test_words_are_read_once(typed, kind, value, shown, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    spec = SourceSpec.parse(typed)
    assert (spec.kind.value, spec.value, spec.scheme, str(spec)) == (kind, value, "", shown)
    assert SourceSpec.parse(spec) is spec
    if str(spec) != "auto":
        assert SourceSpec.parse(str(spec)) == spec
    with pytest.raises(AttributeError):
        spec.value = "another"


def test_every_source_says_what_it_is(tmp_path, picture):
    clip = make_clip(tmp_path / "c.mp4", [0, 40], audio="aac")
    with open_source(picture) as opened:
        assert (opened.kind, opened.time_base) == (SourceKind.PICTURE, None)
        assert opened.info.file.path == picture
        assert next(opened.frames()).pts is None
    with open_source(clip.rename(tmp_path / "c.png")) as opened:
        assert opened.kind is SourceKind.VIDEO, "by its content"
        assert opened.info.file.has_audio
        assert [frame.pts * opened.time_base for frame in opened.frames()] == [0, Fraction(1, 25)]
        opened.release()  # nothing that others may want
        assert len(list(opened.frames())) == 2
        with pytest.raises(SourceError, match=r"c\.png stopped and cannot be opened again"):
            opened.reopen()


def test_files_that_are_read_are_known_before_they_are_opened(tmp_path, picture, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert input_files("p.png") == (Path("p.png"),)
    assert input_files(".") == (Path("p.png"),)
    assert input_files("demo", tmp_path / "p.png") == (tmp_path / "p.png",)
    assert [input_files(spec) for spec in ("missing.mp4", "logi", "0", "", "x" * 5000)] == [()] * 5


def test_a_folder_of_the_clips_name_is_not_the_clip(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    Path("pictures").mkdir()
    kinds = [SourceSpec.parse(spec).kind for spec in ("demo", "DEMO", "pictures", "none")]
    assert kinds == [SourceKind.DEMO, SourceKind.DEMO, SourceKind.FOLDER, SourceKind.CAMERA]


class Odd(BasicSource):
    """A plug-in's source of two frames."""

    def __init__(self, value, options):
        if value == "refused":
            raise SourceError("Nothing is connected")
        if value == "defect":
            raise ZeroDivisionError("by zero")
        self.value, self.closed = value, False
        self.info = SourceInfo(value, 8, 6, options.fps)

    def frames(self):
        yield Frame(np.zeros((6, 8, 3), np.uint8), 0.0)
        if self.value == "torn":
            raise ValueError("half a frame")
        yield Frame(np.zeros((6, 8, 3), np.uint8), 0.1, 1)

    def close(self):
        self.closed = True


@pytest.fixture
def odd(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(SOURCES._made, "odd", Odd)


def test_a_plugins_source_opens_by_its_word(odd):
    assert SourceSpec.parse("odd:a/b.mp4") == SourceSpec(SourceKind.PLUGIN, "a/b.mp4", "odd")
    with open_source("odd:x:y", fps=7.0) as source:
        assert (source.info.name, source.info.fps) == ("x:y", 7.0)
        assert (source.kind, source.time_base) == (SourceKind.VIDEO, None)
        assert [frame.time_s for frame in source.frames()] == [0.0, 0.1]
    assert source._source.closed


def test_a_file_wins_over_a_plugins_word(odd, picture):
    picture.rename("odd:x")
    assert SourceSpec.parse("odd:x").kind is SourceKind.VIDEO
    assert isinstance(open_source("odd:x"), PictureSource)


def test_files_that_a_plugin_reads_are_known(odd, picture):
    assert input_files("odd:p.png") == (Path("p.png"),)
    assert input_files("odd:q.png") == ()


def test_troubles_of_a_plugins_source_name_it(odd, monkeypatch):
    with pytest.raises(SourceError, match="Nothing is connected"):
        open_source("odd:refused")
    with pytest.raises(SourceError, match="odd: cannot deliver odd:defect, got ZeroDivisionError: by zero"):
        open_source("odd:defect")
    with open_source("odd:torn") as source:
        frames = source.frames()
        next(frames)
        with pytest.raises(SourceError, match="odd: cannot deliver odd:torn, got ValueError: half a frame"):
            next(frames)
    monkeypatch.setitem(SOURCES._made, "none", lambda value, options: value)
    with pytest.raises(SourceError, match="got a str without info, kind, time_base, frames, release, reopen"):
        open_source("none:at all")
