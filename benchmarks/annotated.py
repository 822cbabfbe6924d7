"""The folder of annotated faces, and how a tracker's landmarks are judged by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import ArEffectsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ANNOTATIONS = "annotations_68.json"
HIT = 0.30
"""A face counts as found when the mean error of its inner points is below this share of the eye distance."""

# fmt: off
MESH_FROM_68 = np.array([
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,  # mouth
])
"""The mesh landmark nearest to each of the 68 annotated points."""
# fmt: on

INNER = slice(17, 68)
"""Without the jaw, whose annotated points lie wherever the outline is seen."""

EYE_CORNERS_68 = (36, 45)
EYE_CORNERS_MESH = (33, 263)


@dataclass(frozen=True, slots=True)
class AnnotatedFace:
    """(68, 2) pixels of the picture."""

    points: NDArray[np.float64]

    @property
    def eye_distance(self) -> float:
        """Between the outer corners of the eyes, pixels."""
        return _distance(self.points, EYE_CORNERS_68)


def read_annotations(folder: Path) -> dict[str, list[AnnotatedFace]]:
    """The annotated faces of each picture, by the picture's path inside ``folder``."""
    path = folder / ANNOTATIONS
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArEffectsError(
            f"{path} cannot be read",
            got=error.strerror or str(error),
            fix="Give a folder of annotated faces with --faces",
        ) from error
    pictures: dict[str, list[AnnotatedFace]] = {}
    for entry in entries:
        pictures.setdefault(entry["image"], []).append(AnnotatedFace(np.array(entry["points"], np.float64)))
    return pictures


def best_match(
    face: AnnotatedFace, found: Iterable[NDArray[np.float32]]
) -> tuple[float, NDArray[np.float32]] | None:
    """The nearest found face and its error (share of the eye distance); None if none hits."""
    matches = [(_error(face, landmarks), landmarks) for landmarks in found]
    best = min(matches, key=lambda m: m[0], default=None)
    return best if best is not None and best[0] < HIT else None


def _error(face: AnnotatedFace, landmarks: NDArray[np.float32]) -> float:
    off = landmarks[MESH_FROM_68[INNER], :2] - face.points[INNER]
    return float(np.linalg.norm(off, axis=1).mean()) / face.eye_distance


def difference(ours: NDArray[np.float32], peers: NDArray[np.float32]) -> float:
    """Mean distance of all landmarks in the picture plane, as a share of the peer's eye distance."""
    off = np.linalg.norm(ours[:, :2] - peers[:, :2], axis=1)
    return float(off.mean()) / _distance(peers, EYE_CORNERS_MESH)


def _distance(points: NDArray[np.floating], pair: tuple[int, int]) -> float:
    a, b = points[pair[0], :2], points[pair[1], :2]
    return float(np.hypot(*(a - b)))
