"""The two threads behind the window: one captures, one tracks; between them only the newest is kept.

What the pipeline does is one ``PipelineState``. The window's thread has wishes (somebody looks, nobody does,
it is over); the threads carry them out, and enter the state that comes of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ar_effects.app.pipeline.lens import camera_of
from ar_effects.app.pipeline.state import PipelineState, StateMachine
from ar_effects.app.pipeline.status import Status
from ar_effects.errors import CameraLostError, SourceError
from ar_effects.inference.provider import ProviderName
from ar_effects.inference.provider_types import Device
from ar_effects.messages import Message, sentence
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Face, Frame, TrackedFrame
from ar_effects.slots import LatestSlot, SlotClosedError
from ar_effects.sources.base import Source
from ar_effects.sources.spec import SourceKind
from ar_effects.tracking.analyser import AnalyserSetup
from ar_effects.tracking.annotator import FrameAnnotator
from ar_effects.tracking.prediction import MAX_AHEAD_S, Predictor
from ar_effects.tracking.tracker import FaceTracker
from ar_effects.tracking.warm_up import warm_up

REOPEN_EVERY_S, REOPEN_RARELY_S = 1.0, 8.0
"""How often a lost camera is looked for, and how rarely at last one that is there and does not work: each try
opens it, which another program that has it may notice."""

JOIN_S = 5.0
"""How long the window waits for its threads in all when it is closed."""

RELEASE_AFTER_S = 5.0
"""A camera is given back when nobody has looked for so long: a window hidden for a moment keeps it."""


logger = logging.getLogger(__name__)


def sentence_of(state: PipelineState, cause: BaseException | None = None) -> str:
    """What a person is told of a state; empty where the picture says it."""
    if state is PipelineState.LOST:
        gone = cause.message if isinstance(cause, CameraLostError) else Message("status.camera-gone")
        return sentence("status.camera-lost", what=gone)
    if state in (PipelineState.NEW, PipelineState.OPENING):
        return sentence("status.opening-camera")
    if state is PipelineState.FOUND:
        return sentence("status.camera-back")
    return sentence("status.clip-ended") if state is PipelineState.ENDED else ""


class LivePipeline:
    """Opens a source, tracks its frames, and offers the newest tracked one.

    What happens to the source (opening, lost, back again) is said in ``status``; an error that ends
    the pipeline is raised to whoever asks for the next frame. While nobody looks (``pause``) nothing is
    tracked, a clip stands still, and a camera is given back after ``RELEASE_AFTER_S``.

    Args:
        open_source: makes the source; called in the capture thread, as opening can take seconds.
        max_faces: followed at most.
        provider: what the networks run on.
        times: clock of the stages.
        predict: where a newer frame is waiting when tracking is done, offer that one, with the faces moved on
            to its time: less delay on a machine slower than its camera, less exact in fast motion.
        fov_deg: the lens's angle along the longer side, where somebody gives it.
        on_frame: called from the tracking thread when a new frame is there, or something was said.

    Attributes:
        device: what the networks run on.
        problem: a sentence about what cannot be measured; empty while all that is needed can.
        left_behind: threads that had not ended when ``close`` had waited long enough: a driver or a file that
            does not answer cannot be interrupted. They end with the process at the latest.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        *,
        max_faces: int,
        provider: ProviderName = "auto",
        times: StageTimes | None = None,
        predict: bool = False,
        fov_deg: float | None = None,
        on_frame: Callable[[], None] = lambda: None,
    ) -> None:
        self.times = times or StageTimes()
        self.device: Device = "cpu"
        self._open_source = open_source
        self._max_faces = max_faces
        self._provider = provider
        self._predictor = Predictor() if predict else None
        self._fov_deg = fov_deg
        self._on_frame = on_frame
        self._needs: frozenset[str] = frozenset()
        self._captured: LatestSlot[Frame] = LatestSlot()
        self._tracked: LatestSlot[TrackedFrame] = LatestSlot()
        self._source: Source | None = None
        self.problem = ""
        self.left_behind: tuple[threading.Thread, ...] = ()
        # the window's wishes
        self._stop = threading.Event()
        self._seen = threading.Event()  # somebody looks
        self._seen.set()
        self._paused_s = 0.0
        # that there is no picture matters more than that it is not tracked yet
        first = sentence_of(PipelineState.NEW)
        self._status = Status({"capture": first, "track": sentence("status.loading-tracker")}, on_frame)
        say_of_capture, self._say_of_tracking = map(self._status.writer, ("capture", "track"))
        self._machine = StateMachine(lambda state, cause: say_of_capture(sentence_of(state, cause)))
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("capture", self._capture), ("track", self._track))
        ]

    def start(self) -> None:
        """Start both threads; does nothing the second time, or when it is closed."""
        with self._lock:
            if self.state is PipelineState.NEW and self._machine.enter(PipelineState.OPENING):
                for thread in self._threads:
                    thread.start()

    @property
    def state(self) -> PipelineState:
        """What it is doing."""
        return self._machine.state

    @property
    def status(self) -> str:
        """A sentence for the person while no frames come; empty while they do."""
        return self._status.text

    @property
    def dropped(self) -> int:
        """Frames that were captured but came too fast to be tracked."""
        return self._captured.dropped

    def need(self, needs: frozenset[str]) -> None:
        """From any thread: what the worn effect needs measured, from the next frame on."""
        self._needs = needs

    def pause(self) -> None:
        """Nobody looks any more. May be called twice, and before the source is open."""
        if self._seen.is_set():
            self._paused_s = time.monotonic()
            self._seen.clear()

    def resume(self) -> None:
        """Somebody looks again: frames come at once, or as soon as a camera that was given back opens."""
        self._seen.set()

    def newest(self) -> TrackedFrame | None:
        """The newest frame nobody took yet, without waiting.

        Raises:
            ArEffectsError: what ended the pipeline; any other exception is a defect of ours.
        """
        try:
            return self._tracked.get(0)
        except SlotClosedError:
            return None

    def close(self) -> None:
        """Stop both threads, close the source, and wait for the threads' end. May be called twice."""
        self._stop.set()
        self._seen.set()  # wakes a capture that stands still
        self._machine.enter(PipelineState.CLOSED)
        self._captured.close()
        self._tracked.close()
        with self._lock:
            source = self._source
        threads = [t for t in self._threads if t.ident is not None and t is not threading.current_thread()]
        if source:
            # wakes a capture that waits for a frame; not in this thread, since a source may hang in this, too
            closing = threading.Thread(target=source.close, name="close", daemon=True)
            closing.start()
            threads.append(closing)
        end_s = time.monotonic() + JOIN_S
        for thread in threads:
            thread.join(max(end_s - time.monotonic(), 0.0))
        self.left_behind = tuple(thread for thread in threads if thread.is_alive())
        for thread in self.left_behind:
            logger.warning("The thread %s did not end in %g s and is left behind", thread.name, JOIN_S)

    def _guarded(self, work: Callable[[], None]) -> None:
        """A thread that fails hands its error to the reader instead of dying silently."""
        try:
            work()
        except SlotClosedError:
            pass
        except BaseException as error:
            self._machine.enter(PipelineState.FAILED, error)
            self._captured.close(error)
            self._tracked.close(error)
        self._on_frame()

    def _capture(self) -> None:
        source = self._open_source()
        with self._lock:
            self._source = source
        with source:
            while not self._stop.is_set():
                try:
                    if not self._pump(source):
                        break
                    self._seen.wait()
                    self._take_back(source)
                except CameraLostError as error:
                    self._machine.enter(PipelineState.LOST, error)
                    self._wait_for_camera(source)
            if not self._stop.is_set():
                self._machine.enter(PipelineState.ENDED)
        self._captured.close()

    def _pump(self, source: Source) -> bool:
        """Hand frames on; True when the camera was given back since nobody looks, False when it is over."""
        start = time.perf_counter()
        for frame in source.frames():
            self.times.add("capture", start, time.perf_counter() - start)
            if not self._seen.is_set():
                self._machine.enter(PipelineState.PAUSED)
                if source.kind is not SourceKind.CAMERA:
                    self._seen.wait()
                elif time.monotonic() - self._paused_s >= RELEASE_AFTER_S:
                    source.release()
                    self._machine.enter(PipelineState.RELEASED)
                    return True
                else:  # taken all the same: the first one to be seen again must not be an old one
                    start = time.perf_counter()
                    continue
            if self._stop.is_set():
                return False
            self._machine.enter(PipelineState.RUNNING)
            if not self._captured.put(frame):
                return False
            start = time.perf_counter()
        return False

    def _take_back(self, camera: Source) -> None:
        """Open a camera again that was given back; where another program has it now it counts as lost."""
        if self._stop.is_set():
            return
        self._machine.enter(PipelineState.OPENING)
        try:
            camera.reopen()
        except SourceError as error:
            raise CameraLostError(Message("camera.not-taken-back", error=error)) from error

    def _wait_for_camera(self, source: Source) -> None:
        if source.kind is not SourceKind.CAMERA:
            source.reopen()
            return
        wait_s = REOPEN_EVERY_S
        while not self._stop.wait(wait_s):
            self._seen.wait()  # while nobody looks, others may have the camera
            if self._stop.is_set():
                return
            try:
                source.reopen()
            except CameraLostError:  # not plugged in; to see that nothing was opened
                wait_s = REOPEN_EVERY_S
                continue
            except SourceError:
                wait_s = min(2.0 * wait_s, REOPEN_RARELY_S)
                continue
            self._machine.enter(PipelineState.FOUND)
            return

    def _track(self) -> None:
        warm_up(self._say_of_tracking)
        if self._stop.is_set():
            return  # whoever closes the window at once does not wait for networks
        with FaceTracker(self._max_faces, "video", self._provider) as tracker:
            self._track_with(tracker)

    def _track_with(self, tracker: FaceTracker) -> None:
        self.device = tracker.provider.name
        size: tuple[int, int] | None = None
        with FrameAnnotator(AnalyserSetup(tracker.provider), times=self.times) as annotator:
            while not self._stop.is_set():
                frame = self._captured.get()
                if frame is None:
                    continue
                if frame.size != size:  # known only now: which camera, and how large its pictures are
                    size = frame.size
                    with self._lock:
                        info = self._source.info if self._source else None
                    tracker.use_camera(camera_of(info, fov_deg=self._fov_deg, size=size) if info else None)
                with self.times.stage("track"):
                    faces = tracker.track(frame.image, frame.time_s)
                self.device = tracker.provider.name  # one that fails gives way to the CPU
                self._say_of_tracking("")
                needs = self._needs
                shown, faces = self._newest(frame, faces, predict=annotator.allows_prediction(needs))
                tracked = TrackedFrame(shown, faces, tracker.camera_for(*frame.size))
                self._tracked.put(annotator.annotate(tracked, needs))
                if annotator.problems:
                    self.problem = str(annotator.problems[-1])
                self._on_frame()

    def _newest(
        self, frame: Frame, faces: tuple[Face, ...], *, predict: bool = True
    ) -> tuple[Frame, tuple[Face, ...]]:
        """The frame to show and its faces: the tracked one, or a newer one and where they should be in it."""
        if self._predictor is None:
            return frame, faces
        self._predictor.observe(faces, frame.time_s)
        waiting = self._captured.peek() if predict else None
        if waiting is None or waiting.size != frame.size:
            return frame, faces
        if not 0.0 < waiting.time_s - frame.time_s <= MAX_AHEAD_S:
            return frame, faces
        return waiting, self._predictor.at(waiting.time_s)
