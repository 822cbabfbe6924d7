"""A tracked face in space, made once a frame: what is anchored to it, painted on it or bent shares it.

The head's pose says where the mean face is; each landmark of this person lies on its own ray through the
camera, at the depth that the posed mean face has there. The silhouette is the person's, the depth metric.
"""

from __future__ import annotations

import threading
from functools import cached_property, partial
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist.face_mesh import FaceMesh
from ar_effects.face.canonical import canonical_face
from ar_effects.face.topology import face_topology
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.records import LANDMARK_COUNT, Face, Matrix

NEAREST_MM = 1.0
"""A pose that puts a landmark behind the camera is drawn as if it were right before it."""

Floats = NDArray[np.float64]


class FaceGeometry:
    """One face in one frame. Ask ``geometry_of`` for it, so that everybody has the same.

    Args:
        face: as it was tracked. What is kept here does not keep the face itself.
        camera: of the frame.

    Attributes:
        camera_from_head: (4, 4) the head's pose.
        posed_mm: (478, 3) the mean face's vertices in the camera frame.
        depth_mm: (478,) their distances from the camera's plane, at least ``NEAREST_MM``.
    """

    def __init__(self, face: Face, camera: Camera) -> None:
        self._landmarks_px, self._camera = face.landmarks, camera
        self.camera_from_head: Matrix = face.pose.camera_from_head
        self.posed_mm: Floats = apply(self.camera_from_head, canonical_face().vertices_mm)
        self.depth_mm: Floats = np.maximum(-self.posed_mm[:, 2], NEAREST_MM)
        self._mesh: FaceMesh | None = None
        self._making = threading.Lock()

    @cached_property
    def seen_mm(self) -> Floats:
        """(478, 3) this person's landmarks in the camera frame."""
        return self.on_rays(self.depth_mm)

    @cached_property
    def normals(self) -> Floats:
        """(478, 3) the mean face's unit normals, turned with the head."""
        return np.asarray(canonical_face().normals() @ self.camera_from_head[:3, :3].T)

    @property
    def mesh(self) -> FaceMesh:
        """As what follows the skin is drawn with; one object, so that it is uploaded once."""
        with self._making:  # since Python 3.12 a cached property takes no lock of its own
            if self._mesh is None:
                self._mesh = self._made_mesh()
            return self._mesh

    def _made_mesh(self) -> FaceMesh:
        vertices = np.empty((LANDMARK_COUNT, 6), np.float32)
        vertices[:, :2] = self._landmarks_px[:, :2]
        vertices[:, 2] = self.depth_mm
        vertices[:, 3:] = self.normals
        return FaceMesh(vertices, face_topology())

    def on_rays(self, depth_mm: Floats) -> Floats:
        """(n, 3) the first n landmarks on their rays, camera frame, at other depths (n,) than the face's."""
        return self._camera.unproject(self._landmarks_px[: len(depth_mm), :2], depth_mm)


_made: dict[tuple[int, Camera], tuple[ref[Face], FaceGeometry]] = {}
"""By the face's id() and the camera. A geometry goes with its face: as many are kept as there are faces."""

_making = threading.Lock()
"""Two threads that ask for one face's geometry get one object."""


def geometry_of(face: Face, camera: Camera) -> FaceGeometry:
    """The geometry of a face; the same object for the same face and camera."""
    key = (id(face), camera)
    with _making:
        found = _made.get(key)
        if found is not None and found[0]() is face:
            return found[1]
        made = FaceGeometry(face, camera)
        # The face cannot be freed before this is called, so its id is nobody else's until then. It takes
        # no lock: faces are freed wherever they happen to be, in here, too.
        _made[key] = (ref(face, partial(_forget, key)), made)
    return made


def face_mesh(face: Face, camera: Camera) -> FaceMesh:
    """The mesh of a face, ``FaceGeometry.mesh``."""
    return geometry_of(face, camera).mesh


def _forget(key: tuple[int, Camera], _: ref[Face]) -> None:
    _made.pop(key, None)
