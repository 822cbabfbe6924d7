"""Faces of a video: followed from frame to frame, searched for when lost, and told apart."""

from __future__ import annotations

from dataclasses import replace

from ar_effects.geometry.camera import Camera
from ar_effects.profiling.spans import stage
from ar_effects.records import Face, FaceState, Image, Points
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.identity import Observation, associate, in_contact, suppress_duplicates
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.pose.solver import pose_quality, solve_pose
from ar_effects.tracking.region import region_from_landmarks
from ar_effects.tracking.search import NEW_FACE_SCORE, Searcher, is_known
from ar_effects.tracking.track import Track, appearance_of

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


class VideoTracker:
    """What ``FaceTracker`` does in videos: detect once, then follow by landmarks; detect again when lost.

    Args:
        searcher: finds boxes.
        mesh: finds landmarks.
        max_faces, refine, smooth, expression: as ``FaceTracker`` takes them.
    """

    def __init__(
        self,
        searcher: Searcher,
        mesh: LandmarkNetwork,
        max_faces: int,
        *,
        refine: bool,
        smooth: bool,
        expression: bool,
    ) -> None:
        self._searcher, self._mesh = searcher, mesh
        self._max_faces, self._refine = max_faces, refine
        self._smooth, self._expression = smooth, expression
        self._size: tuple[int, int] | None = None
        self._tracks: list[Track] = []
        self._next_id = 1
        self._frames_since_looks = 0
        self._now_s = 0.0
        self._last_time_s: float | None = None

    def track(self, image: Image, camera: Camera, time_s: float | None) -> tuple[Face, ...]:
        """The faces in the next frame: seen, coasting, and lost in this very frame."""
        height, width = image.shape[:2]
        self._take_size((width, height))
        self._tick(time_s)
        ended = self._video(image)
        faces = [self._face(track, camera, "tracking") for track in self._tracks if self._is_seen(track)]
        faces += [self._face(track, camera, "coasting") for track in self._tracks if not self._is_seen(track)]
        return (*faces, *(self._face(track, camera, "lost") for track in ended))

    def raw_landmarks(self, face_id: int) -> Points | None:
        """As the network last gave them; None for a face not followed."""
        return next((track.raw for track in self._tracks if track.id == face_id), None)

    def reset(self) -> None:
        """Forget every face; ids go on counting."""
        self._tracks = []
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

    def _video(self, image: Image) -> list[Track]:
        """Follow, search, and decide who is who; gives the tracks that ended."""
        observations = self._follow(image)
        observations += self._search(image, observations)
        if len(observations) > 1:
            observations = suppress_duplicates(observations)
        self._assign(image, observations)
        alive = [t for t in self._tracks if self._now_s - t.seen_s <= LOST_AFTER_S]
        if len(alive) > self._max_faces:  # somebody new takes the place of who was not seen for longest
            kept = sorted(alive, key=lambda t: -t.seen_s)[: self._max_faces]
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
        room = self._max_faces - len(followed)
        if room <= 0:
            return []
        known = [region_from_landmarks(f.landmarks) for f in followed]
        found: list[Observation] = []
        for detection in self._searcher.detect_incremental(image, known):
            if len(found) >= room:
                break
            if is_known(detection, [region_from_landmarks(f.landmarks) for f in found]):
                continue
            result = self._searcher.verify(self._mesh, image, detection, refine=self._refine)
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
                    self._next_id, observation.landmarks, observation.score, self._now_s, self._smooth
                )
                track.appearance = observation.appearance
                self._tracks.append(track)
                self._next_id += 1

    def _face(self, track: Track, camera: Camera, state: FaceState) -> Face:
        unseen_s = self._now_s - track.seen_s
        landmarks = track.landmarks if unseen_s <= 0 else track.held(self._now_s)
        pose = solve_pose(landmarks, camera, track.pose_start())
        track.remember_pose(pose.camera_from_head, moving=state == "tracking")
        if not self._expression:
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
