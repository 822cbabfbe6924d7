"""The mesh network on regions of a frame: 478 landmarks and whether there is a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ar_effects.inference.network import Network
from ar_effects.inference.provider import Provider
from ar_effects.records import LANDMARK_COUNT, Image, Points
from ar_effects.tracking.region import FARTHEST, Region


@dataclass(frozen=True, slots=True)
class MeshResult:
    """What the network saw in one region: (478, 3) pixels of the frame, and a score 0..1."""

    landmarks: Points
    score: float


class FaceMesh:
    """The attention mesh.

    Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020.
    """

    def __init__(self, provider: Provider) -> None:
        self._network = Network("face_mesh_attention", provider)

    def look(self, image: Image, region: Region) -> MeshResult:
        """Landmarks of the face in ``region``; a diverged network scores 0."""
        side = self._network.side
        landmarks, score = self._network.run_picture(region.cut_rgba(image, side))
        sane = landmarks.shape[1:] == (LANDMARK_COUNT, 3) and np.abs(landmarks).max() <= FARTHEST * side
        if not (sane and 0.0 <= score[0, 0] <= 1.0):  # NaN compares false
            return MeshResult(np.zeros((LANDMARK_COUNT, 3), np.float32), 0.0)
        return MeshResult(region.to_frame(landmarks[0], side), float(score[0, 0]))
