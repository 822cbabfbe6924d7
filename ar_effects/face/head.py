"""What of the head hides things: the tracked face, the skull and ears behind it, and the neck."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np

from ar_effects.drawlist import Mesh, OccluderDraw
from ar_effects.errors import AssetError
from ar_effects.face.anchors import camera_from_anchor
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.messages import Message
from ar_effects.paths import ASSETS, RESTORE
from ar_effects.records import Face

FACE_INSET_MM = 5.0
"""The face hides things a little farther back than it is: one person's nose is flatter than the mean's,
and what rests on skin must not sink into it. Silhouettes are not changed: points move along their rays."""

LIDS_BEFORE_MM = 8.0
"""For what the lids cover the face lies so much nearer than it is: pupils are drawn flat over the eyeball."""

_CAMERA = np.eye(4)


@lru_cache(maxsize=1)
def head_mesh(path: Path = ASSETS / "head" / "occluder.npz") -> Mesh:
    """Skull and ears in the head frame, loaded once. Raises AssetError."""
    return _mesh(path, "")


@lru_cache(maxsize=1)
def neck_mesh(path: Path = ASSETS / "head" / "occluder.npz") -> Mesh:
    """Neck and shoulders in the frame of the anchor ``neck``, loaded once. Raises AssetError."""
    return _mesh(path, "neck_")


def _mesh(path: Path, prefix: str) -> Mesh:
    try:
        with np.load(BytesIO(path.read_bytes())) as data:
            vertices, triangles = data[f"{prefix}vertices_mm"], data[f"{prefix}triangles"]
            return Mesh(vertices.astype(np.float32), triangles.astype(np.uint32))
    except Exception as error:  # what numpy, zipfile and zlib raise shares no base class
        raise AssetError(Message("asset.head-damaged", path=path), got=str(error), fix=RESTORE) from error


@lru_cache(maxsize=2)
def _face_triangles(under_lids: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    face = canonical_face()
    shut = face.lid_triangles
    if under_lids:
        of_eye = np.isin(shut, [*RIGHT_EYE_RING, *LEFT_EYE_RING]).all(axis=1)
        shut = shut[~of_eye]
    return np.concatenate([face.triangles, shut])


def occluders(face: Face, camera: Camera, *, under_lids: bool = False) -> tuple[OccluderDraw, ...]:
    """The face as it is seen, the head behind it, and the neck.

    Each face vertex lies on the ray through its tracked landmark, at the depth of the posed canonical
    face: the silhouette is this person's, the depth is metric. The neck turns less than the head.

    Args:
        face: whose.
        camera: of the frame.
        under_lids: for what lies on the eyes: the face has holes along the tracked contours of the lids,
            which close as they do, and lies before what is on the eyeballs.
    """
    canonical = canonical_face()
    posed = apply(face.pose.camera_from_head, canonical.vertices_mm[:MESH_COUNT])
    inset = -LIDS_BEFORE_MM if under_lids else FACE_INSET_MM
    vertices = camera.unproject(face.landmarks[:MESH_COUNT, :2], np.maximum(-posed[:, 2] + inset, 1.0))
    mesh = Mesh(vertices.astype(np.float32), _face_triangles(under_lids))
    return (
        OccluderDraw(mesh, _CAMERA, dynamic=True),
        OccluderDraw(head_mesh(), face.pose.camera_from_head),
        OccluderDraw(neck_mesh(), camera_from_anchor("neck", face, camera)),
    )
