"""Faces of single pictures, each looked at by itself and exhaustively, small faces too."""

from __future__ import annotations

from ar_effects.geometry.camera import Camera
from ar_effects.records import Face, Image, Points
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.identity import Observation, suppress_duplicates
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.pose.solver import solve_pose
from ar_effects.tracking.region import region_from_landmarks
from ar_effects.tracking.search import Searcher, is_known


class PictureTracker:
    """What ``FaceTracker`` does in pictures: nothing is kept from one to the next, and ids begin anew.

    Args:
        searcher: finds boxes.
        mesh: finds landmarks.
        max_faces, refine: as ``FaceTracker`` takes them.
    """

    def __init__(self, searcher: Searcher, mesh: LandmarkNetwork, max_faces: int, *, refine: bool) -> None:
        self._searcher, self._mesh = searcher, mesh
        self._max_faces, self._refine = max_faces, refine

    def track(self, image: Image, camera: Camera, time_s: float | None) -> tuple[Face, ...]:  # noqa: ARG002
        """The faces in one picture, the clearest first; times do not matter."""
        observations: list[Observation] = []
        for detection in self._searcher.detect_exhaustive(image):
            if len(observations) >= self._max_faces:
                break
            if is_known(detection, [region_from_landmarks(f.landmarks) for f in observations]):
                continue
            result = self._searcher.verify(self._mesh, image, detection, refine=self._refine)
            if result is None:
                continue
            observations.append(Observation(result.landmarks, result.score, None))
            # A box beside a face, or half of one, may still lead to it.
            kept = {id(f) for f in suppress_duplicates(observations)}
            observations = [f for f in observations if id(f) in kept]
        return tuple(
            Face(i, f.score, f.landmarks, solve_pose(f.landmarks, camera), eyes_of(f.landmarks))
            for i, f in enumerate(observations, start=1)
        )

    def raw_landmarks(self, face_id: int) -> Points | None:  # noqa: ARG002 - nobody is followed
        """None."""
        return None

    def reset(self) -> None:
        """Nothing to forget."""
