"""What of the head hides things: the tracked face, the skull and ears behind it, and the neck."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np

from ar_effects.drawlist import AnyOccluderDraw, FaceOccluderDraw, Mesh, OccluderDraw
from ar_effects.errors import AssetError
from ar_effects.face.anchors import camera_from_anchor
from ar_effects.face.geometry import geometry_of
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message
from ar_effects.paths import ASSETS, RESTORE
from ar_effects.records import Face

FACE_INSET_MM = 5.0
"""The face hides things a little farther back than it is: one person's nose is flatter than the mean's,
and what rests on skin must not sink into it. Silhouettes are not changed: points move along their rays."""

LIDS_BEFORE_MM = 8.0
"""For what the lids cover the face lies so much nearer than it is: pupils are drawn flat over the eyeball."""


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


def occluders(face: Face, camera: Camera, *, under_lids: bool = False) -> tuple[AnyOccluderDraw, ...]:
    """The face as it is seen, the head behind it, and the neck.

    Each face vertex lies on the ray through its tracked landmark, at the depth of the posed canonical
    face: the silhouette is this person's, the depth is metric. The neck turns less than the head.

    Args:
        face: whose.
        camera: of the frame.
        under_lids: for what lies on the eyes: the face has holes along the tracked contours of the lids,
            which close as they do, and lies before what is on the eyeballs.
    """
    return (
        FaceOccluderDraw(
            geometry_of(face, camera).mesh,
            -LIDS_BEFORE_MM if under_lids else FACE_INSET_MM,
            open_eyes=under_lids,
        ),
        OccluderDraw(head_mesh(), face.pose.camera_from_head),
        OccluderDraw(neck_mesh(), camera_from_anchor("neck", face, camera)),
    )
