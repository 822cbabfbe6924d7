"""What of the head hides things: the tracked face, and the skull and ears behind it."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np

from ar_effects.drawlist import Mesh, OccluderDraw
from ar_effects.errors import AssetError
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.paths import ASSETS
from ar_effects.records import Face
from ar_effects.tracking.canonical import MESH_COUNT, canonical_face

FACE_INSET_MM = 5.0
"""The face hides things a little farther back than it is: one person's nose is flatter than the mean's,
and what rests on skin must not sink into it. Silhouettes are not changed: points move along their rays."""

_CAMERA = np.eye(4)


@lru_cache(maxsize=1)
def head_mesh(path: Path = ASSETS / "head" / "occluder.npz") -> Mesh:
    """Skull and ears in the head frame, loaded once. Raises AssetError."""
    try:
        with np.load(BytesIO(path.read_bytes())) as data:
            return Mesh(data["vertices_mm"].astype(np.float32), data["triangles"].astype(np.uint32))
    except Exception as error:  # what numpy, zipfile and zlib raise shares no base class
        raise AssetError(
            f"The model of the head {path} is missing or damaged",
            got=str(error),
            fix="Get the file again (git checkout -- assets)",
        ) from error


@lru_cache(maxsize=1)
def _face_triangles() -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    face = canonical_face()
    return np.concatenate([face.triangles, face.lid_triangles])


def occluders(face: Face, camera: Camera) -> tuple[OccluderDraw, ...]:
    """The face as it is seen, and the head behind it.

    Each face vertex lies on the ray through its tracked landmark, at the depth of the posed canonical
    face: the silhouette is this person's, the depth is metric.
    """
    canonical = canonical_face()
    posed = apply(face.pose.camera_from_head, canonical.vertices_mm[:MESH_COUNT])
    vertices = camera.unproject(
        face.landmarks[:MESH_COUNT, :2], np.maximum(-posed[:, 2], 1.0) + FACE_INSET_MM
    )
    mesh = Mesh(vertices.astype(np.float32), _face_triangles())
    return (
        OccluderDraw(mesh, _CAMERA, dynamic=True),
        OccluderDraw(head_mesh(), face.pose.camera_from_head),
    )
