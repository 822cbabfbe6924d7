"""``FaceTracker``: detect once, then follow by landmarks; detect again when lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import cv2
import numpy as np

from ar_effects.errors import InputError
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider, ProviderName, choose_provider
from ar_effects.records import Eyes, Face, Image, Matrix, Points, check_image
from ar_effects.tracking.canonical import LEFT_EYE_RING, RIGHT_EYE_RING
from ar_effects.tracking.detector import Detection, FaceDetector, overlap
from ar_effects.tracking.mesh import FaceMesh, MeshResult
from ar_effects.tracking.pose import solve_pose
from ar_effects.tracking.region import Region, region_from_landmarks

Mode = Literal["video", "picture"]

SCORE_THRESHOLD = 0.5
"""A followed face is kept while the network scores it above this."""

NEW_FACE_SCORE = 0.9
"""A new face must score above this: of 174 annotated faces 95 % score 1.00, of wrong boxes few reach it."""

SAME_FACE_OVERLAP = 0.3
SEARCH_EVERY = 5
"""Frames between looks for further faces while at least one is followed; 1 while there is none."""

MAX_FACES = 64


@dataclass(slots=True)
class _Track:
    """A face being followed."""

    id: int
    landmarks: Points
    score: float
    pose: Matrix | None


class FaceTracker:
    """Finds faces and follows them from frame to frame.

    Making one sets OpenCV to a single thread in this process, which is quicker for what it does here;
    call ``cv2.setNumThreads`` afterwards if other work of yours needs more.

    Args:
        max_faces: how many faces at most, the clearest first.
        mode: "video" expects frames in order and follows faces; "picture" looks at every frame on its
            own and closely, small faces too.
        provider: "auto" takes CUDA where it can run; see ``provider.reason`` for which and why.
        camera: intrinsics, scaled to the frames' size; assumed from a 63-degree field of view if None.

    Raises:
        InputError: an argument is out of range.
        ModelError: a network's file is missing or altered.
        ProviderError: the provider asked for by name cannot run.
    """

    def __init__(
        self,
        max_faces: int = 1,
        mode: Mode = "video",
        provider: ProviderName | Provider = "auto",
        camera: Camera | None = None,
    ) -> None:
        if isinstance(max_faces, bool) or not isinstance(max_faces, int) or not 1 <= max_faces <= MAX_FACES:
            raise InputError("max_faces is out of range", expected=f"1..{MAX_FACES}", got=repr(max_faces))
        if mode not in get_args(Mode):
            raise InputError("mode is unknown", expected='"video" or "picture"', got=repr(mode))
        # Its warps of small crops gain little from a second thread, which then spins beside the networks:
        # tracking takes 13 % less time and 40 % less processor with one.
        cv2.setNumThreads(1)
        self.max_faces = max_faces
        self.mode = mode
        self.provider = provider if isinstance(provider, Provider) else choose_provider(provider)
        self._given_camera = camera
        self._camera: Camera | None = None
        self._frame_size: tuple[int, int] | None = None
        self._detector = FaceDetector(self.provider)
        self._mesh = FaceMesh(self.provider)
        self._tracks: list[_Track] = []
        self._next_id = 1
        self._frames_since_search = 0

    def camera_for(self, width: int, height: int) -> Camera:
        """The intrinsics that poses of frames of this size are solved with."""
        if self._camera is None or (self._camera.width, self._camera.height) != (width, height):
            self._camera = (
                self._given_camera.scaled_to(width, height)
                if self._given_camera
                else Camera.assumed(width, height)
            )
        return self._camera

    def track(self, frame_bgr: Image, time_s: float = 0.0) -> tuple[Face, ...]:
        """The faces in one frame, those followed longest first.

        Args:
            frame_bgr: (height, width, 3) uint8 BGR; the size may change between calls.
            time_s: capture time in seconds.

        Raises:
            InputError: not such a picture, or a time that is not a finite number.
        """
        check_image(frame_bgr)
        if not isinstance(time_s, int | float | np.floating | np.integer) or not isfinite(time_s):
            raise InputError("time_s is not a finite number", got=repr(time_s))
        height, width = frame_bgr.shape[:2]
        if self._frame_size != (width, height):
            self._frame_size = (width, height)
            self._tracks = []  # other pixels: where faces were says nothing any more
        camera = self.camera_for(width, height)
        if self.mode == "picture":
            self._tracks = []
            self._next_id = 1
            self._search(frame_bgr)
        else:
            self._follow(frame_bgr)
            self._frames_since_search += 1
            due = not self._tracks or self._frames_since_search >= SEARCH_EVERY
            if due and len(self._tracks) < self.max_faces:
                self._search(frame_bgr)
                self._frames_since_search = 0
        return tuple(self._face(track, camera) for track in self._tracks)

    def reset(self) -> None:
        """Forget every face; ids go on counting."""
        self._tracks = []

    def _follow(self, image: Image) -> None:
        kept: list[_Track] = []
        for track in self._tracks:
            region = region_from_landmarks(track.landmarks)
            result = self._look(image, region)
            if result is None or (kept and _is_known(_box(result.landmarks), kept)):
                continue
            track.landmarks, track.score = result.landmarks, result.score
            kept.append(track)
        self._tracks = kept

    def _search(self, image: Image) -> None:
        """Add the faces the detector finds that are not followed yet."""
        find: Callable[[Image], list[Detection]] = (
            self._detector.detect_closely if self.mode == "picture" else self._detector.detect
        )
        for detection in find(image):
            if len(self._tracks) >= self.max_faces:
                return
            if _is_known(detection.box, self._tracks):
                continue
            result = self._look(image, detection.region, NEW_FACE_SCORE)
            if result is None or _is_known(_box(result.landmarks), self._tracks):
                continue
            self._tracks.append(_Track(self._next_id, result.landmarks, result.score, None))
            self._next_id += 1

    def _look(self, image: Image, region: Region, threshold: float = SCORE_THRESHOLD) -> MeshResult | None:
        """The face in a region; None where there is none."""
        if not region.is_usable:
            return None
        result = self._mesh.look(image, region)
        return result if result.score > threshold else None

    def _face(self, track: _Track, camera: Camera) -> Face:
        pose = solve_pose(track.landmarks, camera, track.pose)
        track.pose = pose.camera_from_head
        return Face(track.id, track.score, track.landmarks, pose, eyes_of(track.landmarks))


def eyes_of(landmarks: Points) -> Eyes:
    """The eye anchors: the mean of each eye's lid contour, which gaze does not move and blinks hardly do."""
    left, right = landmarks[_EYE_RINGS, :2].mean(axis=1)
    return Eyes(left, right)


_EYE_RINGS = np.array([LEFT_EYE_RING, RIGHT_EYE_RING])

Box = np.ndarray[tuple[int], np.dtype[np.float64]]
"""(4,) x0, y0, x1, y1 in pixels."""


def _is_known(box: Box, tracks: list[_Track]) -> bool:
    if not tracks:
        return False
    return bool((overlap(box, np.array([_box(t.landmarks) for t in tracks])) > SAME_FACE_OVERLAP).any())


def _box(landmarks: Points) -> Box:
    xy = landmarks[:, :2].astype(np.float64)
    return np.concatenate([xy.min(axis=0), xy.max(axis=0)])
