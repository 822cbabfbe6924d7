"""The canonical face: the mean head in millimetres that poses are measured against.

``assets/face/canonical.npz`` is written by ``tools/canonical``; only the mean's numbers are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import AssetError
from ar_effects.messages import Message, Text
from ar_effects.paths import ASSETS, RESTORE
from ar_effects.records import LANDMARK_COUNT

MESH_COUNT = 468
"""Landmarks of the mesh proper; the ten after it are the irises."""

RIGHT_EYE_RING = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
"""The lids' contour of the person's right eye (left of the picture); topology of the face mesh."""

LEFT_EYE_RING = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
"""The lids' contour of the person's left eye."""


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """The mean face in the head frame.

    Attributes:
        vertices_mm: (478, 3) float64; origin midway between the eyes, 63 mm between the pupils.
        triangles: (m, 3) uint32 on the first 468, counter-clockwise seen from outside, eyes and mouth open.
        lid_triangles: (k, 3) uint32 that close the eyes and the mouth.
        uvs: (468, 2) float32 in 0..1, (0, 0) the top left.
        weights: (478,) float64, mean 1: how far each landmark can be trusted to move with the head.
        mirror: (478,) int64, the landmark at the mirrored place.
    """

    vertices_mm: NDArray[np.float64]
    triangles: NDArray[np.uint32]
    lid_triangles: NDArray[np.uint32]
    uvs: NDArray[np.float32]
    weights: NDArray[np.float64]
    mirror: NDArray[np.int64]

    def normals(self) -> NDArray[np.float64]:
        """(478, 3) unit vectors out of the face, weighted by the triangles' areas; irises look ahead."""
        triangles = np.concatenate([self.triangles, self.lid_triangles])
        a, b, c = np.moveaxis(self.vertices_mm[triangles], 1, 0)
        total = np.zeros_like(self.vertices_mm)
        np.add.at(total, triangles, np.cross(b - a, c - a)[:, None])
        total[MESH_COUNT:] = (0.0, 0.0, 1.0)
        return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True), dtype=np.float64)


@contextmanager
def asset_arrays(path: Path, what: Text) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of an .npz the program ships with. Raises AssetError: missing, or damaged in any way."""
    try:
        # From memory: numpy leaves the file open when it is damaged.
        with np.load(BytesIO(path.read_bytes())) as data:
            yield data
    except FileNotFoundError:
        raise AssetError(Message("asset.missing", what=what, path=path), fix=RESTORE) from None
    except Exception as error:  # what numpy, zipfile and zlib raise shares no base class
        damaged = Message("asset.damaged", what=what, path=path)
        raise AssetError(damaged, got=str(error), fix=RESTORE) from error


@lru_cache(maxsize=1)
def canonical_face(path: Path = ASSETS / "face" / "canonical.npz") -> CanonicalFace:
    """Load the canonical face once. Raises AssetError when it is missing or damaged."""
    with asset_arrays(path, Message("asset.canonical-face")) as data:
        face = CanonicalFace(
            vertices_mm=data["vertices_mm"].astype(np.float64),
            triangles=data["triangles"].astype(np.uint32),
            lid_triangles=data["lid_triangles"].astype(np.uint32),
            uvs=data["uvs"].astype(np.float32),
            weights=data["weights"].astype(np.float64),
            mirror=data["mirror"].astype(np.int64),
        )
    if face.vertices_mm.shape != (LANDMARK_COUNT, 3) or face.weights.shape != (LANDMARK_COUNT,):
        raise AssetError(
            Message(
                "asset.face-damaged",
                path=path,
                landmark_count=LANDMARK_COUNT,
                vertices=face.vertices_mm.shape,
                weights=face.weights.shape,
            ),
            fix=RESTORE,
        )
    return face
