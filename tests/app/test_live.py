"""The live pipeline's threads, driven by sources that behave badly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import av
import numpy as np
import pytest

from ar_effects.app import live
from ar_effects.app.live import LivePipeline
from ar_effects.errors import CameraLostError, SourceError
from ar_effects.paths import ASSETS
from ar_effects.records import Frame
from ar_effects.sources.base import SourceInfo


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    with av.open(str(ASSETS / "demo" / "demo.mp4")) as container:
        return next(container.decode(video=0)).to_ndarray(format="bgr24")


class FakeCamera:
    """Delivers frames until it is told to vanish; comes back after some attempts."""

    def __init__(self, image: np.ndarray, vanish_after: int = 10**9, attempts: int = 2) -> None:
        self.image, self.vanish_after, self.attempts = image, vanish_after, attempts
        self.info = SourceInfo("Fake", image.shape[1], image.shape[0], 30.0, live=True)
        self.index = 0
        self.closed = threading.Event()
        self.reopened = 0

    def frames(self) -> Iterator[Frame]:
        while not self.closed.is_set():
            if self.index == self.vanish_after:
                self.index += 1
                raise CameraLostError("The camera Fake stopped sending pictures")
            yield Frame(self.image, self.index / 30, self.index)
            self.index += 1
            time.sleep(0.002)

    def reopen(self) -> None:
        self.reopened += 1
        if self.reopened < self.attempts:
            raise SourceError("not yet")

    def close(self) -> None:
        self.closed.set()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def wait_for(condition, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.005)
    raise AssertionError("it did not happen in time")


def test_frames_come_tracked_and_the_newest_wins(face):
    camera = FakeCamera(face)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    assert pipeline.status
    pipeline.start()
    try:
        first = wait_for(pipeline.newest)
        assert len(first.faces) == 1
        assert first.frame.image is face  # drawn on the very frame it was computed from
        time.sleep(0.3)
        later = wait_for(pipeline.newest)
        assert later.frame.index > first.frame.index + 1
        assert pipeline.status == ""
        assert pipeline.provider_reason
        assert pipeline.times.median_ms("track") > 0
    finally:
        pipeline.close()
    assert camera.closed.is_set()
    assert not [t for t in threading.enumerate() if t.name in ("capture", "track")]


def test_a_camera_that_vanishes_is_said_and_reconnected(face, monkeypatch):
    monkeypatch.setattr(live, "REOPEN_EVERY_S", 0.05)
    camera = FakeCamera(face, vanish_after=3, attempts=4)
    said: list[str] = []
    pipeline = LivePipeline(
        lambda: camera, max_faces=1, provider="cpu", on_frame=lambda: said.append(pipeline.status)
    )
    pipeline.start()
    try:
        wait_for(lambda: any("Waiting for it to come back" in s for s in said))
        wait_for(lambda: camera.index > 10)
        wait_for(pipeline.newest)
        assert camera.reopened == 4
        assert pipeline.status == ""
    finally:
        pipeline.close()


def test_closing_while_the_camera_is_away_does_not_hang(face):
    camera = FakeCamera(face, vanish_after=0, attempts=10**9)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    wait_for(lambda: "Waiting" in pipeline.status)
    start = time.monotonic()
    pipeline.close()
    assert time.monotonic() - start < live.JOIN_S
    assert not [t for t in threading.enumerate() if t.name in ("capture", "track")]


def test_a_source_that_cannot_be_opened_ends_in_the_reader(face):
    def broken():
        raise SourceError("No camera was found")

    pipeline = LivePipeline(broken, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        with pytest.raises(SourceError, match="No camera"):
            wait_for(pipeline.newest)
    finally:
        pipeline.close()


def test_a_clip_that_ends_is_said_and_its_last_frame_still_comes(face):
    class Clip(FakeCamera):
        def frames(self) -> Iterator[Frame]:
            yield Frame(self.image, 0.0, 0)

    pipeline = LivePipeline(lambda: Clip(face), max_faces=1, provider="cpu")
    pipeline.start()
    try:
        assert wait_for(pipeline.newest).frame.index == 0
    finally:
        pipeline.close()
    assert pipeline.newest() is None


class SlowTracker(live.FaceTracker):
    """Takes two frames' time."""

    def track(self, frame_bgr, time_s=None):
        faces = super().track(frame_bgr, time_s)
        time.sleep(0.07)
        return faces


class Camera30(FakeCamera):
    """Moves the face by 6 pixels a frame, 30 times a second; every frame is marked with its number."""

    def frames(self) -> Iterator[Frame]:
        while not self.closed.is_set():
            yield Frame(np.roll(self.image, 6 * (self.index % 20), axis=1), self.index / 30, self.index)
            self.index += 1
            time.sleep(1 / 30)


@pytest.mark.parametrize("predict", [False, True])
def test_a_slow_tracker_shows_the_newest_frame_only_with_prediction(face, monkeypatch, predict):
    """And the faces are moved on to it."""
    tracked: dict[int, float] = {}

    class Noted(SlowTracker):
        def track(self, frame_bgr, time_s=None):
            faces = super().track(frame_bgr, time_s)
            if faces:
                tracked[round(time_s * 30)] = float(faces[0].eyes.left[0])
            return faces

    monkeypatch.setattr(live, "FaceTracker", Noted)
    pipeline = LivePipeline(lambda: Camera30(face), max_faces=1, provider="cpu", predict=predict)
    shown = []
    pipeline.start()
    try:
        for _ in range(12):
            one = wait_for(pipeline.newest)
            last = max(tracked)
            shown.append((one.frame.index - last, one.faces[0].eyes.left[0] - tracked[last]))
    finally:
        pipeline.close()
    newer = [moved for ahead, moved in shown if ahead > 0]
    if predict:
        assert len(newer) > 5
        assert max(newer) > 2.0
    else:
        assert newer == []
        assert {moved for _, moved in shown} == {0.0}


def test_prediction_changes_nothing_where_the_tracker_keeps_up(face):
    class Paced(FakeCamera):
        def frames(self) -> Iterator[Frame]:
            for i in range(6):
                yield Frame(self.image, i / 30, i)
                time.sleep(0.3)

    pipeline = LivePipeline(lambda: Paced(face), max_faces=1, provider="cpu", predict=True)
    pipeline.start()
    try:
        first = wait_for(pipeline.newest)
        assert first.frame.index == 0
        assert wait_for(pipeline.newest).frame.index == 1
    finally:
        pipeline.close()


@pytest.mark.parametrize(
    ("time_s", "size"), [(0.5, (480, 640)), (-0.1, (480, 640)), (0.0, (480, 640)), (0.03, (240, 640))]
)
def test_what_is_too_new_too_old_or_of_another_size_is_not_predicted_for(face, time_s, size):
    pipeline = LivePipeline(lambda: FakeCamera(face), max_faces=1, predict=True)
    tracked = Frame(face, 1.0)
    pipeline._captured.put(Frame(np.zeros((*size, 3), np.uint8), 1.0 + time_s, 5))
    assert pipeline._newest(tracked, ()) == (tracked, ())
    pipeline._captured.put(Frame(np.zeros((480, 640, 3), np.uint8), 1.03, 6))
    assert pipeline._newest(tracked, ())[0].index == 6
