"""Rendering a file: its stages overlap, and nobody can tell by the result."""

from __future__ import annotations

import threading
from dataclasses import fields, is_dataclass, replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.app.pipeline import offline
from ar_effects.app.pipeline.offline import render_file
from ar_effects.effects.effect import Effect
from ar_effects.errors import RenderError, SinkError, SourceError
from ar_effects.packs.library import Library
from ar_effects.records import Expression, Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sinks.video import VideoSink
from ar_effects.sources.video import VideoSource
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.tracker import FaceTracker

COUNT = 12


@pytest.fixture(scope="module")
def clip(tmp_path_factory, demo_frames) -> Path:
    """A dozen small frames of the demo."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    with VideoSink(path, 320, 240) as sink:
        for frame in demo_frames[:COUNT]:
            sink.write(cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA))
    return path


def stages() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name in ("decode", "track", "effect", "encode")]


@pytest.mark.parametrize("effect", ["sunglasses", "privacy", "background", "fire_breath"])
def test_every_picture_is_the_one_that_stages_one_after_the_other_make(clip, tmp_path, monkeypatch, effect):
    """The sink gets the same pixels at the same times, in the same order."""
    pack = Library().load(effect)
    wanted = []
    with VideoSource(clip) as source, FaceTracker(2, "video", "cpu") as tracker, open_headless() as context:
        annotator = FrameAnnotator(AnalyserSetup(tracker.provider))
        renderer, worn = Renderer(context.ctx, source.info.size), Effect(pack, with_candidates=True)
        for frame in source.frames():
            faces = tracker.track(frame.image, frame.time_s)
            tracked = TrackedFrame(frame, faces, tracker.camera_for(*frame.size))
            renderer.draw(frame.image, worn.draw_list(annotator.annotate(tracked, pack.needs)))
            rgba = np.empty((240, 320, 4), np.uint8)
            renderer.read_rgba(rgba)
            wanted.append((frame.pts, rgba))
        renderer.release()
    got = []
    write = VideoSink.write

    def noted(sink, image, pts=None, **more):
        got.append((pts, image.copy()))
        write(sink, image, pts, **more)

    monkeypatch.setattr(VideoSink, "write", noted)
    report = render_file(str(clip), tmp_path / "out.mp4", effect, max_faces=2, provider="cpu")
    assert report.frames == report.frames_with_face == COUNT
    assert [pts for pts, _ in got] == [pts for pts, _ in wanted]
    for (_, drawn), (_, alone) in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(drawn, alone)
    assert not stages()
    summaries = {s.name: s.count for s in report.times.summaries()}
    assert all(summaries[name] == COUNT for name in ("track", "effect", "draw", "read back", "encode"))


class Boom(Exception):
    """A defect in some stage."""


def fails_after(function, calls, error):
    """The same function, which raises when it was called so often."""
    counted = []

    def failing(*args, **kwargs):
        counted.append(1)
        if len(counted) > calls:
            raise error
        return function(*args, **kwargs)

    return failing


@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (offline.FaceTracker, "track", Boom("tracker")),
        (offline.FrameAnnotator, "annotate", Boom("annotator")),
        (offline.Effect, "draw_list", RenderError("The driver refuses it")),
        (offline.Renderer, "read_rgba", Boom("renderer")),
        (offline.VideoSink, "write", SinkError("The disk is full")),
    ],
)
@pytest.mark.parametrize("after", [0, 5])
def test_what_any_stage_raises_is_raised_and_nothing_is_left(
    clip, tmp_path, monkeypatch, owner, name, error, after
):
    monkeypatch.setattr(owner, name, fails_after(getattr(owner, name), after, error))
    output = tmp_path / "out.mp4"
    output.write_bytes(b"what was there")
    with pytest.raises(type(error)) as raised:
        render_file(str(clip), output, "sunglasses", provider="cpu")
    assert raised.value is error
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]
    assert output.read_bytes() == b"what was there"
    assert not stages()


def test_a_source_that_fails_in_the_middle_is_told_after_what_came_before(clip, tmp_path, monkeypatch):
    frames, drawn = VideoSource.frames, []

    def failing(source):
        for i, frame in enumerate(frames(source)):
            if i == 4:
                raise SourceError("The file was cut off")
            yield frame

    monkeypatch.setattr(VideoSource, "frames", failing)
    with pytest.raises(SourceError, match="cut off"):
        render_file(
            str(clip),
            tmp_path / "out.mp4",
            "sunglasses",
            provider="cpu",
            progress=lambda _: lambda: drawn.append(1),
        )
    assert len(drawn) == 4
    assert list(tmp_path.iterdir()) == []
    assert not stages()


def test_an_interruption_between_two_frames_leaves_nothing(clip, tmp_path):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_file(str(clip), tmp_path / "out.mp4", "sunglasses", provider="cpu", progress=lambda _: stop)
    assert list(tmp_path.iterdir()) == []
    assert not stages()


def arrays_of(thing: object, found: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Every array in a record and the records inside of it."""
    if isinstance(thing, np.ndarray):
        found[id(thing)] = thing
    elif is_dataclass(thing):
        for one in fields(thing):
            arrays_of(getattr(thing, one.name), found)
    elif isinstance(thing, tuple | list):
        for one in thing:
            arrays_of(one, found)
    return found


@pytest.mark.parametrize("name", Library().names())
def test_a_draw_list_stays_as_it_is_while_the_next_ones_are_made(demo_frames, picture_tracker, name):
    """Two are made while one is drawn. The mouth opens: fire, hearts and the like fly."""
    effect, mask = Effect(Library().load(name).shown()), np.full((64, 64), 0.5, np.float32)
    frame = Frame(demo_frames[0], 0.0)
    seen = picture_tracker.annotate(TrackedFrame(frame, (), picture_tracker.camera_for(*frame.size)))
    face = replace(seen.faces[0], expression=Expression(mouth_open=1.0, smile=1.0, pucker=1.0))
    kept: list[list[tuple[np.ndarray, np.ndarray]]] = []
    for i in range(30):
        moved = replace(face, landmarks=face.landmarks + np.float32(i))
        tracked = replace(
            seen, frame=replace(frame, time_s=i / 10), faces=(moved,), segmentation=mask, camera=seen.camera
        )
        found = arrays_of(effect.draw_list(tracked), {})
        for array, before in chain(*kept):
            np.testing.assert_array_equal(array, before)
        small = [array for array in found.values() if array.nbytes < 1 << 18]  # the large ones are pictures
        kept = [*kept[-1:], [(array, array.copy()) for array in small]]
    assert any(kept) or name in ("privacy", "vintage", "background")
