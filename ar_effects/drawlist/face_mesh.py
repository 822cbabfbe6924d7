"""A tracked face as a mesh on the picture: what draws that follow the skin are drawn with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class FaceTopology:
    """What all faces share; one object for all of them, uploaded once.

    Attributes:
        uvs: (n, 2) float32 in 0..1, (0, 0) the top left of the texture.
        border_mm: (n,) float32, way along the mesh to its outline, on the mean face; 0 on the outline.
        rims: (n, 2) float32, 0 on the contour of the eyes and of the mouth, 1 everywhere else: divided by its
            change from pixel to pixel it is the way to the hole in pixels.
        triangles: (m, 3) uint32, counter-clockwise seen from outside, eyes and mouth open.
        eye_triangles, mouth_triangles: (k, 3) uint32 that close them.
    """

    uvs: NDArray[np.float32]
    border_mm: NDArray[np.float32]
    rims: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    eye_triangles: NDArray[np.uint32]
    mouth_triangles: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class FaceMesh:
    """One face in one frame. All draws of a face in a frame share one object: it is uploaded once.

    Attributes:
        vertices: (n, 6) float32: x and y in pixels, distance from the camera's plane in millimetres (> 0),
            and the unit normal in the camera frame (the mean face's, turned with the head).
        topology: of the mesh.
    """

    vertices: NDArray[np.float32]
    topology: FaceTopology
