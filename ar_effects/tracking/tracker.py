"""``FaceTracker``: detect once, then follow by landmarks; detect again when lost."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Literal, Self, SupportsFloat, get_args

from ar_effects.errors import InputError
from ar_effects.geometry.camera import Camera
from ar_effects.inference.provider import Provider, ProviderName, choose_provider
from ar_effects.profiling.spans import stage
from ar_effects.records import Face, FaceState, Image, Points, check_image
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.identity import Observation, associate, in_contact, suppress_duplicates
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.pose.solver import pose_quality, solve_pose
from ar_effects.tracking.region import region_from_landmarks
from ar_effects.tracking.search import NEW_FACE_SCORE, Searcher, is_known
from ar_effects.tracking.track import Track, appearance_of
from ar_effects.tracking.warm_up import warm_up

Mode = Literal["video", "picture"]

SCORE_THRESHOLD = 0.5
"""A followed face is kept while the network scores it above this."""

LOST_AFTER_S = 1.0
"""A face not seen for so long is given up; until then it is held, and its id comes back with it."""

FOLLOWED_S = 0.2
NOMINAL_STEP_S = 1.0 / 30.0
SHORTEST_STEP_S, LONGEST_STEP_S = 1e-4, 1000.0
"""A clock that advances by less stands still; what leaps further would leave a sum that no step changes."""

LOOKS_EVERY = 12
"""Frames between thumbnails while nobody could be taken for anybody else."""

SAME_VIEW = 1.05
"""Frames of another size whose aspects differ by less than this factor show the same view."""

MAX_FACES = 64


class FaceTracker:
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
            raise InputError("max_faces is out of range", expected=f"1..{MAX_FACES}", got=repr(max_faces))
        if mode not in get_args(Mode):
            raise InputError("mode is unknown", expected='"video" or "picture"', got=repr(mode))
        warm_up()
        self.max_faces = max_faces
        self.mode = mode
        self.refine = refine
        self.smooth = smooth
        self.expression = expression
        self.provider = provider if isinstance(provider, Provider) else choose_provider(provider)
        self._given_camera = camera
        self._camera: Camera | None = None
        self._size: tuple[int, int] | None = None
        self._searcher = Searcher(self.provider)
        self._mesh = LandmarkNetwork(self.provider, several=max_faces > 1)
        self._tracks: list[Track] = []
        self._next_id = 1
        self._frames_since_looks = 0
        self._now_s = 0.0
        self._last_time_s: float | None = None
        self._closed = False

    def close(self) -> None:
        """Give back networks, threads and what a device holds for them. May be called twice."""
        if not self._closed:
            self._closed = True
            self._mesh.close()
            del self._mesh, self._searcher
            self._tracks = []

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
            raise InputError("The tracker is closed", fix="Make another one")
        check_image(frame_bgr)
        if time_s is not None and (not isinstance(time_s, SupportsFloat) or not isfinite(time_s)):
            raise InputError("time_s is not a finite number", got=repr(time_s))
        height, width = frame_bgr.shape[:2]
        size = (width, height)
        self._take_size(size)
        camera = self.camera_for(width, height)
        if self.mode == "picture":
            self._next_id = 1
            return tuple(self._picture(frame_bgr, camera))
        self._tick(time_s)
        ended = self._video(frame_bgr)
        faces = [self._face(track, camera, "tracking") for track in self._tracks if self._is_seen(track)]
        faces += [self._face(track, camera, "coasting") for track in self._tracks if not self._is_seen(track)]
        return (*faces, *(self._face(track, camera, "lost") for track in ended))

    def raw_landmarks(self, face_id: int) -> Points | None:
        """(478, 3) landmarks as the network last gave them, unsteadied; None for a face not followed.

        Nothing is kept for it: they are what the expression is measured on. Not to be written to.
        """
        return next((track.raw for track in self._tracks if track.id == face_id), None)

    def reset(self) -> None:
        """Forget every face; ids go on counting."""
        self._tracks = []
        if not self._closed:
            self._searcher.reset()

    def _take_size(self, size: tuple[int, int]) -> None:
        """Frames come in this size from now on; the faces followed go along where the view is the same."""
        before, self._size = self._size, size
        if before is None or before == size:
            return
        x, y = size[0] / before[0], size[1] / before[1]
        if max(x, y) >= SAME_VIEW * min(x, y):
            self._tracks = []  # cut out anew, or turned: where faces were says nothing any more
        for track in self._tracks:
            track.rescale(x, y)

    def _tick(self, time_s: float | None) -> None:
        """Advance the tracker's own clock, which never stands still."""
        step = NOMINAL_STEP_S
        if time_s is not None:
            if self._last_time_s is not None and time_s - self._last_time_s >= SHORTEST_STEP_S:
                step = min(time_s - self._last_time_s, LONGEST_STEP_S)
            self._last_time_s = time_s
        self._now_s += step

    def _is_seen(self, track: Track) -> bool:
        return track.seen_s >= self._now_s

    def _picture(self, image: Image, camera: Camera) -> list[Face]:
        observations: list[Observation] = []
        for detection in self._searcher.detect_exhaustive(image):
            if len(observations) >= self.max_faces:
                break
            if is_known(detection, [region_from_landmarks(f.landmarks) for f in observations]):
                continue
            result = self._searcher.verify(self._mesh, image, detection, refine=self.refine)
            if result is None:
                continue
            observations.append(Observation(result.landmarks, result.score, None))
            # A box beside a face, or half of one, may still lead to it.
            kept = {id(f) for f in suppress_duplicates(observations)}
            observations = [f for f in observations if id(f) in kept]
        return [
            Face(i, f.score, f.landmarks, solve_pose(f.landmarks, camera), eyes_of(f.landmarks))
            for i, f in enumerate(observations, start=1)
        ]

    def _video(self, image: Image) -> list[Track]:
        """Follow, search, and decide who is who; gives the tracks that ended."""
        observations = self._follow(image)
        observations += self._search(image, observations)
        if len(observations) > 1:
            observations = suppress_duplicates(observations)
        self._assign(image, observations)
        alive = [t for t in self._tracks if self._now_s - t.seen_s <= LOST_AFTER_S]
        if len(alive) > self.max_faces:  # somebody new takes the place of who was not seen for longest
            kept = sorted(alive, key=lambda t: -t.seen_s)[: self.max_faces]
            alive = [t for t in alive if t in kept]
        ended = [t for t in self._tracks if t not in alive]
        self._tracks = alive
        return ended

    def _follow(self, image: Image) -> list[Observation]:
        regions = [(track, track.region(self._now_s)) for track in self._tracks]
        regions = [(track, region) for track, region in regions if region.is_usable]
        observations = []
        results = self._mesh.infer_batch(image, [region for _, region in regions])
        for (track, _), result in zip(regions, results, strict=True):
            # Who was out of sight must look like a face again, not merely not unlike one.
            was_seen = self._now_s - track.seen_s < FOLLOWED_S
            if result.score > (SCORE_THRESHOLD if was_seen else NEW_FACE_SCORE):
                observations.append(Observation(result.landmarks, result.score, track))
        return observations

    def _search(self, image: Image, followed: list[Observation]) -> list[Observation]:
        """Faces that are not followed yet. The searcher paces itself: most calls cost nothing."""
        room = self.max_faces - len(followed)
        if room <= 0:
            return []
        known = [region_from_landmarks(f.landmarks) for f in followed]
        found: list[Observation] = []
        for detection in self._searcher.detect_incremental(image, known):
            if len(found) >= room:
                break
            if is_known(detection, [region_from_landmarks(f.landmarks) for f in found]):
                continue
            result = self._searcher.verify(self._mesh, image, detection, refine=self.refine)
            if result is not None:
                found.append(Observation(result.landmarks, result.score, None))
        return found

    @stage("identity")
    def _assign(self, image: Image, observations: list[Observation]) -> None:
        """Give the findings to their tracks; those of nobody become new ones."""
        alone = all(f.track is not None for f in observations) and len(observations) == len(self._tracks)
        doubtful = bool(self._tracks) and (
            not alone or (len(self._tracks) > 1 and in_contact(self._tracks, observations, self._now_s))
        )
        self._frames_since_looks += 1
        if doubtful or self._frames_since_looks >= LOOKS_EVERY or not self._tracks:
            self._frames_since_looks = 0
            for observation in observations:
                observation.appearance = appearance_of(image, observation.landmarks)
        if doubtful:
            tracks = associate(self._tracks, observations, self._now_s)
        else:
            tracks = {i: f.track for i, f in enumerate(observations) if f.track is not None}
        for i, observation in enumerate(observations):
            track = tracks.get(i)
            if track is not None:
                # Two in one place: whose looks these are is not sure enough to learn from.
                appearance = observation.appearance if not doubtful or track.appearance is None else None
                track.see(observation.landmarks, observation.score, self._now_s, appearance)
            elif observation.track is None:
                track = Track(
                    self._next_id, observation.landmarks, observation.score, self._now_s, self.smooth
                )
                track.appearance = observation.appearance
                self._tracks.append(track)
                self._next_id += 1

    def _face(self, track: Track, camera: Camera, state: FaceState) -> Face:
        unseen_s = self._now_s - track.seen_s
        landmarks = track.landmarks if unseen_s <= 0 else track.held(self._now_s)
        pose = solve_pose(landmarks, camera, track.pose_start())
        track.remember_pose(pose.camera_from_head, moving=state == "tracking")
        if not self.expression:
            pass
        elif state == "tracking":
            track.expression = track.meter.update(track.raw, pose, camera, self._now_s)
            if self._frames_since_looks == 0:  # a head's size takes its time to learn
                track.distance.update(track.raw, pose, camera)
        elif track.expression is not None:
            track.expression = replace(track.expression, events=())
        eyes = eyes_of(landmarks)
        if state == "tracking" and track.expression is not None:
            track.pupils.update(landmarks, eyes, track.expression, pose.yaw_deg, track.step_s)
        trust = track.score * pose_quality(pose, eyes.distance_px)
        quality = trust * max(0.0, 1.0 - unseen_s / LOST_AFTER_S) if state != "lost" else 0.0
        return Face(
            track.id,
            track.score,
            landmarks,
            pose,
            eyes,
            state=state,
            unseen_s=max(unseen_s, 0.0),
            quality=float(min(max(quality, 0.0), 1.0)),
            expression=track.expression,
            head_scale=track.distance.scale,
            pupil_span=track.pupils.span,
        )
