"""The live pipeline's threads, driven by sources that behave badly."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint

import av
import numpy as np
import pytest

from ar_effects import compiled
from ar_effects.app.pipeline import live_pipeline as is_live
from ar_effects.app.pipeline.live_pipeline import LivePipeline
from ar_effects.app.pipeline.state import PipelineState
from ar_effects.errors import CameraLostError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.paths import ASSETS, ROOT
from ar_effects.records import Frame
from ar_effects.sources.base import SourceInfo
from ar_effects.sources.spec import SourceKind
from ar_effects.tracking import warm_up
from ar_effects.tracking.analyser import Analyser
from ar_effects.tracking.analysers import ANALYSERS
from tests.app.fakes import Closeable
from tests.waiting import HANGS_S, ended, until


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    with av.open(str(ASSETS / "demo" / "demo.mp4")) as container:
        return next(container.decode(video=0)).to_ndarray(format="bgr24")


class FakeCamera(Closeable):
    """Delivers frames until it is told to vanish; comes back after some attempts."""

    kind = SourceKind.CAMERA

    def __init__(self, image: np.ndarray, vanish_after: int = 10**9, attempts: int = 2) -> None:
        self.image, self.vanish_after, self.attempts = image, vanish_after, attempts
        self.info = SourceInfo("Fake", image.shape[1], image.shape[0], 30.0, is_live=True)
        self.index = 0
        super().__init__()
        self.reopened = self.released = 0

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

    def release(self) -> None:
        self.released += 1


class OneFrame(FakeCamera):
    """A clip of a single frame."""

    def frames(self) -> Iterator[Frame]:
        yield Frame(self.image, 0.0, 0)


def wait_for(condition):
    return until(condition, "what the pipeline does")


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name in ("capture", "track")]


def newest_from(pipeline: LivePipeline, index: int):
    """The first tracked frame captured as this one or later; older ones may still be on their way."""
    return wait_for(lambda: (t := pipeline.newest()) and t.frame.index >= index and t)


def test_frames_come_tracked_and_the_newest_wins(face):
    camera = FakeCamera(face)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    assert pipeline.status
    pipeline.start()
    try:
        first = wait_for(pipeline.newest)
        assert len(first.faces) == 1
        assert first.frame.image is face  # drawn on the very frame it was computed from
        wait_for(lambda: camera.index > first.frame.index + 5)
        wait_for(lambda: (later := pipeline.newest()) and later.frame.index > first.frame.index + 1)
        assert pipeline.status == ""
        assert pipeline.device == "cpu"
        assert pipeline.times.median_ms("track") > 0
    finally:
        pipeline.close()
    assert camera.closed.is_set()
    wait_for(lambda: not threads())


def test_a_first_start_that_waits_for_the_compiler_says_so(face, monkeypatch):
    done = threading.Event()

    def compile_all():
        compiled._told(kept=True)
        done.wait(HANGS_S)

    monkeypatch.setattr(warm_up, "_run_all", compile_all)
    pipeline = LivePipeline(lambda: FakeCamera(face), max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(lambda: pipeline.status == str(warm_up.FIRST_TIME))
        done.set()
        wait_for(pipeline.newest)
        assert pipeline.status == ""
    finally:
        done.set()
        pipeline.close()


def test_a_camera_that_vanishes_is_said_and_reconnected(face, monkeypatch):
    monkeypatch.setattr(is_live, "REOPEN_EVERY_S", 0.05)
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


@pytest.mark.parametrize("listed", [False, True])
def test_a_camera_that_is_there_and_does_not_work_is_tried_more_and_more_rarely(face, listed):
    """While it is not listed nothing is opened, so it is looked for as often as before."""
    camera = FakeCamera(face, vanish_after=0, attempts=8)
    reopen, waited = camera.reopen, []

    def refused():
        if camera.reopened < 7 and not listed:
            camera.reopened += 1
            raise CameraLostError("not plugged in")
        reopen()

    camera.reopen = refused
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline._stop.wait = lambda seconds: bool(waited.append(seconds))
    for state in (PipelineState.OPENING, PipelineState.LOST):
        pipeline._machine.enter(state)
    pipeline._wait_for_camera(camera)
    assert waited == [1, 2, 4, 8, 8, 8, 8, 8] if listed else waited == [1] * 8
    assert pipeline.status == "The camera is back."


def test_closing_while_the_camera_is_away_does_not_hang(face, monkeypatch):
    """Nobody waits for the next attempt to open it."""
    monkeypatch.setattr(is_live, "REOPEN_EVERY_S", 10 * HANGS_S)
    camera = FakeCamera(face, vanish_after=0, attempts=10**9)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    wait_for(lambda: "Waiting" in pipeline.status)
    pipeline.close()
    wait_for(lambda: not threads())
    assert camera.closed.is_set()


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
    pipeline = LivePipeline(lambda: OneFrame(face), max_faces=1, provider="cpu")
    pipeline.start()
    try:
        assert wait_for(pipeline.newest).frame.index == 0
    finally:
        pipeline.close()
    assert pipeline.newest() is None


class Stepped(FakeCamera):
    """Moves the face by 6 pixels a frame; frames come when they are let go."""

    def __init__(self, image: np.ndarray) -> None:
        super().__init__(image)
        self.go = threading.Semaphore(1)

    def frames(self) -> Iterator[Frame]:
        while not self.closed.is_set():
            if self.go.acquire(timeout=0.05):
                yield Frame(np.roll(self.image, 6 * self.index, axis=1), self.index / 30, self.index)
                self.index += 1


@pytest.mark.parametrize("predict", [False, True])
def test_a_slow_tracker_shows_the_newest_frame_only_with_prediction(face, monkeypatch, predict):
    """While it looks at a frame two more are captured; the faces are moved on to the one shown."""
    camera = Stepped(face)
    tracked: list[tuple[int, float]] = []
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu", predict=predict)

    class Slow(is_live.FaceTracker):
        def track(self, frame_bgr, time_s=None):
            faces = super().track(frame_bgr, time_s)
            number = round(time_s * 30)
            camera.go.release(2)
            wait_for(
                lambda: (
                    pipeline._stop.is_set()
                    or ((waiting := pipeline._captured.peek()) is not None and waiting.index == number + 2)
                )
            )
            tracked.append((number, float(faces[0].eyes.left[0])))
            return faces

    monkeypatch.setattr(is_live, "FaceTracker", Slow)
    shown = []
    monkeypatch.setattr(pipeline._tracked, "put", shown.append)
    pipeline.start()
    try:
        wait_for(lambda: len(shown) >= 7)
    finally:
        pipeline.close()
    pairs = list(zip(shown, tracked, strict=False))[:7]
    moved = [one.faces[0].eyes.left[0] - x for one, (_, x) in pairs]
    ahead = [one.frame.index - number for one, (number, _) in pairs]
    assert ahead == [2 * predict] * 7
    if predict:
        assert moved[:2] == [0.0, 0.0], "no motion is known yet"
        assert min(moved[3:]) > 6.0, "12 pixels further, damped"
        assert max(moved) < 14.0
    else:
        assert moved == [0.0] * 7


def test_prediction_changes_nothing_where_the_tracker_keeps_up(face):
    camera = Stepped(face)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu", predict=True)
    pipeline.start()
    alone = is_live.FaceTracker(1, provider="cpu")
    try:
        for i in range(5):
            one = wait_for(pipeline.newest)
            (wanted,) = alone.track(one.frame.image, i / 30)
            assert one.frame.index == i
            np.testing.assert_allclose(one.faces[0].landmarks, wanted.landmarks, atol=1e-3)
            camera.go.release()
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


def test_masks_of_people_are_made_while_they_are_needed(face):
    camera = FakeCamera(face)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        first = wait_for(pipeline.newest)
        assert first.segmentation is None
        assert pipeline.times.median_ms("segmentation") == 0.0
        pipeline.need(frozenset({"segmentation"}))
        masked = wait_for(lambda: (t := pipeline.newest()) and t.segmentation is not None and t)
        assert masked.segmentation.max() > 0.9, "there is somebody in the picture"
        assert pipeline.times.median_ms("segmentation") > 0.0
        pipeline.need(frozenset())
        wait_for(lambda: (t := pipeline.newest()) and t.segmentation is None)
    finally:
        pipeline.close()


class Held(is_live.FaceTracker):
    """A tracker that keeps each frame until it is told to go on."""

    busy, go = threading.Event(), threading.Semaphore(0)

    def track(self, frame_bgr, time_s=None):
        self.busy.set()
        assert self.go.acquire(timeout=20.0)
        return super().track(frame_bgr, time_s)


@pytest.fixture
def held(monkeypatch):
    Held.busy, Held.go = threading.Event(), threading.Semaphore(0)
    monkeypatch.setattr(is_live, "FaceTracker", Held)
    return Held


def test_a_frame_that_is_tracked_late_does_not_wipe_that_the_camera_is_lost(face, held):
    camera = FakeCamera(face, vanish_after=1, attempts=10**9)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(held.busy.is_set)
        wait_for(lambda: "Waiting for it to come back" in pipeline.status)
        held.go.release()
        assert wait_for(pipeline.newest).frame.index == 0
        assert "Waiting for it to come back" in pipeline.status
    finally:
        held.go.release(9)
        pipeline.close()


def test_a_frame_that_is_tracked_late_does_not_wipe_that_the_clip_has_ended(face, held):
    pipeline = LivePipeline(lambda: OneFrame(face), max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(held.busy.is_set)
        wait_for(lambda: pipeline.status == "The clip has ended.")
        held.go.release()
        assert wait_for(pipeline.newest).frame.index == 0
        assert pipeline.status == "The clip has ended."
    finally:
        held.go.release(9)
        pipeline.close()


def test_a_camera_nobody_looks_through_is_given_back_and_taken_again(face, monkeypatch):
    monkeypatch.setattr(is_live, "RELEASE_AFTER_S", 0.2)
    camera = FakeCamera(face, attempts=1)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(pipeline.newest)
        pipeline.pause()
        pipeline.pause()
        wait_for(lambda: camera.released)
        taken = camera.index
        time.sleep(0.1)
        assert (camera.index, camera.reopened) == (taken, 0), "nothing is taken from it, nor is it opened"
        pipeline.resume()
        newest_from(pipeline, taken)
        assert (camera.released, camera.reopened) == (1, 1)
        assert pipeline.status == ""
    finally:
        pipeline.close()


def test_a_camera_hidden_for_a_moment_is_kept_and_shows_no_old_frame(face):
    camera = FakeCamera(face)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(pipeline.newest)
        pipeline.pause()
        seen = camera.index
        wait_for(lambda: camera.index > seen + 20)
        got = pipeline.newest()
        back = camera.index
        pipeline.resume()
        while got is None or got.frame.index < back:
            assert got is None or got.frame.index <= seen + 1, "taken while nobody looked"
            got = wait_for(pipeline.newest)
        assert (camera.released, camera.reopened) == (0, 0)
    finally:
        pipeline.close()


def test_a_camera_that_another_program_took_meanwhile_is_waited_for(face, monkeypatch):
    monkeypatch.setattr(is_live, "RELEASE_AFTER_S", 0.0)
    monkeypatch.setattr(is_live, "REOPEN_EVERY_S", 0.05)
    camera = FakeCamera(face, attempts=4)
    said: list[str] = []
    pipeline = LivePipeline(
        lambda: camera, max_faces=1, provider="cpu", on_frame=lambda: said.append(pipeline.status)
    )
    pipeline.start()
    try:
        wait_for(pipeline.newest)
        pipeline.pause()
        wait_for(lambda: camera.released)
        taken = camera.index
        pipeline.resume()
        newest_from(pipeline, taken)
        assert camera.reopened == 4
        assert any("not yet. Waiting for it to come back" in s for s in said)
        assert pipeline.status == ""
    finally:
        pipeline.close()


def test_a_clip_stands_still_while_nobody_looks(face):
    class Clip(FakeCamera):
        kind = SourceKind.VIDEO

    clip = Clip(face)
    pipeline = LivePipeline(lambda: clip, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(pipeline.newest)
        pipeline.pause()
        stands = wait_for(lambda: (a := clip.index, time.sleep(0.1)) and a == clip.index and a + 1)
        pipeline.resume()
        newest_from(pipeline, stands + 1)
    finally:
        pipeline.close()


@pytest.mark.parametrize("away", [0, 10**9])
def test_closing_a_hidden_window_does_not_hang(face, monkeypatch, away):
    monkeypatch.setattr(is_live, "RELEASE_AFTER_S", 0.0)
    camera = FakeCamera(face, vanish_after=away, attempts=10**9)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.start()
    pipeline.pause()
    wait_for(lambda: camera.released or "Waiting" in pipeline.status)
    opened = camera.reopened
    pipeline.close()
    assert camera.reopened == opened, "not opened on the way out"
    assert not [t for t in threading.enumerate() if t.name in ("capture", "track")]


@pytest.mark.parametrize(
    ("fov", "told", "seen"), [(None, None, 63.0), (None, 40.0, 40.0), (90.0, 40.0, 90.0)]
)
def test_the_lens_is_the_given_one_else_the_source_s_own(face, fov, told, seen):
    camera = FakeCamera(face)
    if told is not None:
        camera.info = replace(camera.info, camera=Camera.of_fov(*camera.info.size, told))
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu", fov_deg=fov)
    pipeline.start()
    try:
        assert wait_for(pipeline.newest).camera.fov_deg == pytest.approx(seen)
    finally:
        pipeline.close()


# --- states, and threads that end -------------------------------------------------------------------------


def test_each_turn_of_a_camera_s_life_is_a_state(face, monkeypatch):
    monkeypatch.setattr(is_live, "RELEASE_AFTER_S", 0.0)
    monkeypatch.setattr(is_live, "REOPEN_EVERY_S", 0.01)
    camera = FakeCamera(face, vanish_after=10**9, attempts=3)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    seen: list[PipelineState] = [pipeline.state]
    enter = pipeline._machine.enter

    def noted(state, cause=None):
        entered = enter(state, cause)
        if entered and seen[-1] is not state:
            seen.append(state)
        return entered

    monkeypatch.setattr(pipeline._machine, "enter", noted)
    pipeline.start()
    wait_for(lambda: pipeline.state is PipelineState.RUNNING)
    pipeline.pause()
    wait_for(lambda: pipeline.state is PipelineState.RELEASED)
    pipeline.resume()  # another program has it: two tries fail
    wait_for(lambda: PipelineState.FOUND in seen and pipeline.state is PipelineState.RUNNING)
    pipeline.close()
    names = "NEW OPENING RUNNING PAUSED RELEASED OPENING LOST FOUND RUNNING CLOSED"
    assert [state.name for state in seen] == names.split()
    assert pipeline.left_behind == ()
    pipeline.start()
    assert not threads(), "what was closed does not start again"


def test_an_error_is_the_last_state_but_closed(face):
    def broken():
        raise SourceError("No camera was found")

    pipeline = LivePipeline(broken, max_faces=1, provider="cpu")
    pipeline.start()
    wait_for(lambda: pipeline.state is PipelineState.FAILED)
    pipeline.close()
    assert pipeline.state is PipelineState.CLOSED


class Hung(FakeCamera):
    """A camera that stops answering in one place, as a driver may, and cannot be woken."""

    def __init__(self, image: np.ndarray, where: str) -> None:
        super().__init__(image)
        self.where, self.reached, self.let_go = where, threading.Event(), threading.Event()

    def hang(self, where: str) -> None:
        if where == self.where:
            self.reached.set()
            assert self.let_go.wait(HANGS_S)

    def frames(self) -> Iterator[Frame]:
        for frame in super().frames():
            self.hang("frames")
            yield frame

    def close(self) -> None:
        self.hang("close")
        super().close()


@pytest.mark.parametrize(
    ("where", "left"),
    [("open", {"capture"}), ("frames", {"capture"}), ("track", {"track"}), ("close", {"capture", "close"})],
)
def test_what_hangs_is_left_behind_and_named_and_the_window_closes(face, monkeypatch, caplog, where, left):
    monkeypatch.setattr(is_live, "JOIN_S", 0.2)
    camera = Hung(face, where)

    def opened():
        camera.hang("open")
        return camera

    class Tracker(is_live.FaceTracker):
        def track(self, frame_bgr, time_s=None):
            camera.hang("track")
            return super().track(frame_bgr, time_s)

    monkeypatch.setattr(is_live, "FaceTracker", Tracker)
    pipeline = LivePipeline(opened, max_faces=1, provider="cpu")
    pipeline.start()
    try:
        wait_for(pipeline.newest if where == "close" else camera.reached.is_set)
        pipeline.close()  # comes back, whatever hangs
        assert left <= {thread.name for thread in pipeline.left_behind}
        assert all(thread.daemon for thread in pipeline.left_behind), "none of them keeps the process"
        assert all(any(name in r.getMessage() for r in caplog.records) for name in left)
        assert pipeline.newest() is None
        assert pipeline.state is PipelineState.CLOSED
    finally:
        camera.let_go.set()
    for thread in pipeline.left_behind:
        ended(thread)
    assert not threads()


HANGING = """
import sys, threading, time
import numpy as np
from ar_effects.__main__ import leave_threads_behind
from ar_effects.app.pipeline import live_pipeline as live
from ar_effects.sources.base import SourceInfo

live.JOIN_S = 0.1
reached = threading.Event()

class Source:
    info = SourceInfo("Hung", 64, 48, 30.0, is_live=True)
    def frames(self):
        reached.set()
        threading.Event().wait()
        yield
    def close(self):
        threading.Event().wait()
    def __enter__(self):
        return self
    def __exit__(self, *_):
        self.close()

pipeline = live.LivePipeline(Source, max_faces=1, provider="cpu")
pipeline.start()
reached.wait()
pipeline.close()
print(*sorted(thread.name for thread in pipeline.left_behind))
leave_threads_behind(3)
"""


def test_the_process_ends_though_a_camera_hangs_for_good():
    done = subprocess.run(
        [sys.executable, "-c", HANGING],
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 3, done.stderr
    assert "capture" in done.stdout.split()


def test_an_analyser_of_another_package_that_fails_is_told_and_the_picture_goes_on(face, monkeypatch):
    class Hands(Analyser):
        produces = "hands"

        @classmethod
        def create(cls, setup):
            return cls()

        def annotate(self, tracked):
            raise ZeroDivisionError("five fingers over none")

    entry = EntryPoint("hands", "somewhere:Hands", "ar_effects.analysers")
    monkeypatch.setattr(EntryPoint, "load", lambda _: Hands)
    monkeypatch.setattr(ANALYSERS, "_plugins", {"hands": entry})
    monkeypatch.setattr(ANALYSERS, "_made", {})
    monkeypatch.setattr(ANALYSERS, "_problems", [])
    camera = FakeCamera(face)
    pipeline = LivePipeline(lambda: camera, max_faces=1, provider="cpu")
    pipeline.need(frozenset({"hands", "segmentation"}))
    pipeline.start()
    try:
        first = wait_for(pipeline.newest)
        assert first.segmentation is not None
        assert not first.measurements
        wait_for(lambda: "five fingers over none" in pipeline.problem)
        newest_from(pipeline, camera.index + 1)
        assert pipeline.status == ""
    finally:
        pipeline.close()
