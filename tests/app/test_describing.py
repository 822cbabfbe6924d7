"""Photos and results of render say what they show, unless that is switched off."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.app.pipeline.describing import FullestFrame, capture_of, recorded
from ar_effects.app.pipeline.offline import render_file
from ar_effects.app.window.photos import save_photo
from ar_effects.effects.effect import Effect
from ar_effects.geometry.camera import Camera
from ar_effects.media.xmp import read
from ar_effects.packs.library import Library
from ar_effects.records import Frame, TrackedFrame
from ar_effects.sinks.picture import save_picture
from ar_effects.sinks.video import VideoSink


@pytest.fixture
def tracked(demo_frames, demo_face):
    frame = Frame(demo_frames[0], 0.0)
    return TrackedFrame(frame, (demo_face,), Camera.assumed(*frame.size))


def test_a_capture_tells_pack_parameters_and_faces(tracked):
    effect = Effect(Library().load("sunglasses"))
    told = capture_of(effect, tracked)
    assert (told.pack, told.effect) == ("sunglasses", effect.pack.manifest.title)
    assert told.tags == tuple(effect.pack.manifest.tags)
    assert told.parameters == effect.parameters
    (face,) = told.faces
    x0, y0, x1, y1 = face.box
    eyes = (tracked.faces[0].eyes.left[:2] + tracked.faces[0].eyes.right[:2]) / 2 / tracked.frame.size
    assert x0 < eyes[0] < x1
    assert y0 < eyes[1] < y1


def test_a_picture_that_the_person_chose_is_not_named(tracked):
    effect = Effect(Library().load("background"))
    effect.set("picture", "/home/somebody/holiday.jpg")
    assert "holiday" not in str(capture_of(effect, tracked))


def test_a_photo_in_a_mirror_has_its_faces_there(tracked, tmp_path):
    told = capture_of(Effect(Library().load("dog")), tracked)
    plain = read(save_photo(tracked.frame.image, tmp_path, mirror=False, capture=told))
    mirrored = read(save_photo(tracked.frame.image, tmp_path, mirror=True, capture=told))
    assert plain.faces[0].box[0] == pytest.approx(1.0 - mirrored.faces[0].box[2], abs=2e-4)
    assert plain.created is not None
    assert read(save_photo(tracked.frame.image, tmp_path, mirror=False)) is None


@pytest.mark.parametrize("more", [{"describe": False}, {"strip_metadata": True}, {}])
def test_render_says_it_unless_told_not_to(demo_frames, tmp_path, more):
    source = save_picture(tmp_path / "in.png", demo_frames[0])
    render_file(source, tmp_path / "out.jpg", "crown", provider="cpu", **more)
    told = read(tmp_path / "out.jpg")
    if more:
        assert told is None
    else:
        assert told.pack == "crown"
        assert len(told.faces) == 1


def test_render_of_a_video_says_it(demo_frames, tmp_path):
    with VideoSink(tmp_path / "in.mp4", 640, 480) as sink:
        for frame in demo_frames[:4]:
            sink.write(frame)
    render_file(tmp_path / "in.mp4", tmp_path / "out.mp4", "dog", provider="cpu")
    told = read(tmp_path / "out.mp4")
    assert (told.pack, len(told.faces)) == ("dog", 1)
    assert told.faces[0].expression is not None
    assert told.faces_at_s is not None


def test_the_fullest_moment_has_the_most_faces(tracked):
    moment = FullestFrame()
    empty = TrackedFrame(Frame(np.zeros_like(tracked.frame.image), 1.0), (), tracked.camera)
    for frame in (empty, tracked, empty):
        moment.see(frame)
    assert moment.frame is tracked


def test_when_a_video_was_recorded():
    assert recorded({"creation_time": "2026-05-01T12:00:00.000000Z"}).year == 2026
    assert recorded({"creation_time": "yesterday"}) is None
    assert recorded({}) is None
