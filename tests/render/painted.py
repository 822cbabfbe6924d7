"""What tests of paint on faces share: faces on pictures, and a second, slow way to find a region's pixels."""

from __future__ import annotations

import cv2
import numpy as np

from ar_effects.drawlist import DrawList
from ar_effects.face.geometry import face_mesh
from ar_effects.face.topology import face_topology
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from tests.synthetic_faces import face_of

SIZE = (400, 360)
CAMERA = Camera.assumed(*SIZE)
TRIANGLES = face_topology().triangles


def head(yaw: float = 0.0, pitch: float = 0.0, z: float = -300.0, x: float = 0.0, camera: Camera = CAMERA):
    return face_of(camera, transform(rotation_from_angles_deg(yaw, pitch, 0.0), (x, 15.0, z)))


def mesh_of(face, camera: Camera = CAMERA):
    return face_mesh(face, camera)


def one(draw, camera: Camera = CAMERA) -> DrawList:
    return DrawList(camera, (draw,))


def checkerboard(size: tuple[int, int] = SIZE, step: int = 7) -> np.ndarray:
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    board = np.where((x // step + y // step) % 2 == 0, 190, 70).astype(np.uint8)
    return np.stack([board, np.roll(board, 2, 0), np.roll(board, 3, 1)], axis=-1)


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (before != after).any(axis=2)


def seen_uv(mesh, size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 2) texture coordinates of the nearest front triangle under each pixel, and whether there is one.

    Drawn one triangle after the other, with a depth for each pixel, as slowly and plainly as can be.
    """
    width, height = size
    uv, depth = np.zeros((height, width, 2)), np.full((height, width), np.inf)
    places, distance = mesh.vertices[:, :2].astype(float), mesh.vertices[:, 2].astype(float)
    for t in TRIANGLES:
        p = places[t]
        matrix = np.column_stack([p, np.ones(3)]).T
        if np.linalg.det(matrix) >= 0:  # y points down: what faces the camera turns the other way
            continue
        low = np.maximum(np.ceil(p.min(axis=0) - 1e-6), 0).astype(int)
        high = np.minimum(np.floor(p.max(axis=0) + 1e-6), (width - 1, height - 1)).astype(int)
        if (low > high).any():
            continue
        y, x = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
        weights = np.linalg.solve(matrix, np.stack([x.ravel(), y.ravel(), np.ones(x.size)]))
        here = 1.0 / (weights.T @ (1.0 / distance[t]))
        rows, columns = y.ravel(), x.ravel()
        ok = (weights >= -1e-9).all(axis=0) & (here < depth[rows, columns])
        depth[rows[ok], columns[ok]] = here[ok]
        uv[rows[ok], columns[ok]] = weights.T[ok] @ face_topology().uvs[t]
    return uv, np.isfinite(depth)


def where(mask: np.ndarray, uv: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(h, w) bool: the pixels that a mask of the texture space reaches, its filtering included."""
    near = cv2.dilate((mask > 0).astype(np.uint8), np.ones((7, 7), np.uint8))
    x = np.clip((uv[..., 0] * mask.shape[1]).astype(int), 0, mask.shape[1] - 1)
    y = np.clip((uv[..., 1] * mask.shape[0]).astype(int), 0, mask.shape[0] - 1)
    return (near[y, x] > 0) & covered


def grown(pixels: np.ndarray, by: int) -> np.ndarray:
    return cv2.dilate(pixels.astype(np.uint8), np.ones((2 * by + 1,) * 2, np.uint8)) > 0


def oklab(linear: np.ndarray) -> np.ndarray:
    """Ottosson's matrices, written down a second time."""
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(linear @ to_lms.T) @ to_lab.T
