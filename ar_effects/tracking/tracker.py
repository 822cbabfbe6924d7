"""``FaceTracker``: the one entry to finding and following faces, in videos and in single pictures."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import ClassVar, Self, SupportsFloat, get_args

from ar_effects.errors import InputError
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider, ProviderName, choose_provider
from ar_effects.messages import Message
from ar_effects.records import Face, Image, Points, TrackedFrame, check_image
from ar_effects.tracking.analyser import FACES, Analyser, AnalyserSetup, Mode
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.picture_tracker import PictureTracker
from ar_effects.tracking.search import Searcher
from ar_effects.tracking.video_tracker import VideoTracker
from ar_effects.tracking.warm_up import warm_up

MAX_FACES = 64


class FaceTracker(Analyser):
    """Finds faces and follows them from frame to frame. A context manager, which closes it.

    One thread at a time may use it; several trackers may run at once.

    OpenCV's own threads stay as they are, since they are the whole process's: with one
    (``cv2.setNumThreads(1)``, or ``OPENCV_FOR_THREADS_NUM=1`` in the environment, as the app does) tracking
    takes an eighth less time, for its small crops gain nothing from a second that spins beside the networks.

    Args:
        max_faces: how many faces at most, the clearest first.
        mode: "video" expects frames in order and follows faces; "picture" looks at every frame on its
            own and closely, small faces too.
        provider: "auto" takes CUDA where it can run; see ``provider.reason`` for which and why.
        camera: intrinsics, scaled to the frames' size; `Camera.assumed` if None.
        refine: look again at a new face in the region its first landmarks ask for, which halves their
            error where a detector's box cut the face badly; False takes the first look, as MediaPipe does.
        smooth: steady the landmarks of a video; False gives them as the network does.
        expression: measure expression and head size in a video.

    Raises:
        InputError: an argument is out of range.
        ModelError: a network's file is missing or altered.
        ProviderError: the provider asked for by name cannot run.
    """

    produces = FACES
    needs: ClassVar[frozenset[str]] = frozenset()
    cost_ms = 6.0
    whole_frame = False

    def __init__(
        self,
        max_faces: int = 1,
        mode: Mode = "video",
        provider: ProviderName | Provider = "auto",
        camera: Camera | None = None,
        refine: bool = True,
        smooth: bool = True,
        expression: bool = True,
    ) -> None:
        if isinstance(max_faces, bool) or not isinstance(max_faces, int) or not 1 <= max_faces <= MAX_FACES:
            raise InputError(
                Message("tracker.too-many-faces"), expected=f"1..{MAX_FACES}", got=repr(max_faces)
            )
        if mode not in get_args(Mode):
            raise InputError(Message("tracker.mode-unknown"), got=repr(mode))
        warm_up()
        self.max_faces = max_faces
        self.mode = mode
        self.refine = refine
        self.smooth = smooth
        self.expression = expression
        self.provider = provider if isinstance(provider, Provider) else choose_provider(provider)
        self._given_camera = camera
        self._camera: Camera | None = None
        self._searcher = Searcher(self.provider)
        self._mesh = LandmarkNetwork(self.provider, several=max_faces > 1)
        self._tracker: PictureTracker | VideoTracker
        if mode == "picture":
            self._tracker = PictureTracker(self._searcher, self._mesh, max_faces, refine=refine)
        else:
            self._tracker = VideoTracker(
                self._searcher, self._mesh, max_faces, refine=refine, smooth=smooth, expression=expression
            )
        self._closed = False

    @classmethod
    def create(cls, setup: AnalyserSetup) -> Self:
        """As analysers are made."""
        return cls(setup.max_faces, setup.mode, setup.provider, setup.camera)

    def close(self) -> None:
        """Give back networks, threads and what a device holds for them. May be called twice."""
        if not self._closed:
            self._closed = True
            self._mesh.close()
            del self._mesh, self._searcher, self._tracker

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def use_camera(self, camera: Camera | None) -> None:
        """Solve poses with these intrinsics from now on; None assumes them again."""
        self._given_camera, self._camera = camera, None

    def camera_for(self, width: int, height: int) -> Camera:
        """The intrinsics that poses of frames of this size are solved with."""
        if self._camera is None or (self._camera.width, self._camera.height) != (width, height):
            self._camera = (
                self._given_camera.scaled_to(width, height)
                if self._given_camera
                else Camera.assumed(width, height)
            )
        return self._camera

    def track(self, frame_bgr: Image, time_s: float | None = None) -> tuple[Face, ...]:
        """The faces in one frame, those followed longest first.

        A face that is not seen for a moment stays in the result as "coasting", where it is expected,
        and is told once more as "lost" when ``LOST_AFTER_S`` are over; its id comes back with it when it
        returns before that.

        Args:
            frame_bgr: (height, width, 3) uint8 BGR. The size may change between calls: people keep their ids
                where it still is the same view (``SAME_VIEW``), larger or smaller; with another aspect
                everybody is new.
            time_s: capture time in seconds. None, or a time that stands still or goes back, counts as
                1/30 s after the frame before.

        Raises:
            InputError: not such a picture, a time that is not a finite number, or a tracker that was closed.
        """
        if self._closed:
            raise InputError(Message("tracker.closed"))
        check_image(frame_bgr)
        if time_s is not None and (not isinstance(time_s, SupportsFloat) or not isfinite(time_s)):
            raise InputError(Message("tracker.time-not-finite"), got=repr(time_s))
        height, width = frame_bgr.shape[:2]
        return self._tracker.track(frame_bgr, self.camera_for(width, height), time_s)

    def annotate(self, tracked: TrackedFrame) -> TrackedFrame:
        """A frame with its ``faces``, and the ``camera`` that their poses were solved with."""
        frame = tracked.frame
        faces = self.track(frame.image, frame.time_s)
        return replace(tracked, faces=faces, camera=self.camera_for(*frame.size))

    def raw_landmarks(self, face_id: int) -> Points | None:
        """(478, 3) landmarks as the network last gave them, unsteadied; None for a face not followed.

        Nothing is kept for it: they are what the expression is measured on. Not to be written to.
        """
        return None if self._closed else self._tracker.raw_landmarks(face_id)

    def reset(self) -> None:
        """Forget every face; ids go on counting."""
        if not self._closed:
            self._tracker.reset()
