"""The mean face from many tracked faces: Procrustes first, then structure from motion.

The network's own depth is a good start but flattened; faces seen from many sides say better how
deep a face is. The mean shape is refined so that its projections, one camera a face, lie nearest to
the tracked points (after Tomasi & Kanade, "Shape and motion from image streams under orthography",
1992, solved here by alternation). The cameras are pinholes at one distance from all faces: seen from
a metre the nose is 4 % larger and the ears are 6 % smaller than the eyes, and cameras infinitely far
away take that for depth and narrowness. No single face is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.rotations import rotation_from_vector
from ar_effects.geometry.similarity import fit_similarity
from tools.canonical.topology import OVAL_CHIN, OVAL_TOP, mirror_pairs

Shape = NDArray[np.float64]
PUPIL_DISTANCE_MM = 63.0
RIGHT_PUPIL, LEFT_PUPIL = 468, 473
FLIP_X = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class MeanFace:
    """vertices_mm (n, 3) in the head frame, the mirror pairs (n,), and weights (n,) of mean 1."""

    vertices_mm: Shape
    mirror: NDArray[np.int64]
    weights: NDArray[np.float64]
    residual_mm: float


def mean_face(landmarks: NDArray[np.floating], rounds: int = 40, distance_mm: float = np.inf) -> MeanFace:
    """The symmetric mean of (faces, 478, 3) landmarks in pixels, seen from ``distance_mm``."""
    faces = np.asarray(landmarks, np.float64) * np.array([1.0, -1.0, -1.0])
    shape = _procrustes_mean(faces)
    mirror = mirror_pairs(shape)
    shape = _symmetric(shape, mirror)
    residuals = np.zeros((len(faces), len(shape), 2))
    cameras: list[_Camera | None] = [None] * len(faces)
    for _ in range(rounds):
        normal, right = np.zeros((len(shape), 3, 3)), np.zeros((len(shape), 3))
        for i, face in enumerate(faces):
            camera = cameras[i] = _camera_of(shape, face, distance_mm, cameras[i])
            residual = (face[:, :2] - camera.project(shape)) / camera.scale
            p = camera.slope(shape @ camera.rotation.T) @ camera.rotation / camera.scale  # (n, 2, 3)
            residuals[i] = residual
            normal += p.transpose(0, 2, 1) @ p
            right += (residual[:, None] @ p)[:, 0]
        solved = shape + np.linalg.solve(normal, right[..., None])[..., 0]
        shape = _symmetric(np.asarray(solved, np.float64), mirror)
    variance = (residuals**2).sum(axis=2).mean(axis=0)
    variance = (variance + variance[mirror]) / 2
    weights = 1.0 / variance
    return MeanFace(shape, mirror, weights / weights.mean(), float(np.sqrt(variance.mean())))


@dataclass(frozen=True)
class _Camera:
    """A pinhole that looks at the head's origin from ``distance_mm``; y up.

    ``point = offset + scale * (x, y) / (1 - z / distance_mm)`` with (x, y, z) the turned shape.
    """

    rotation: Shape
    scale: float
    offset: NDArray[np.float64]
    distance_mm: float

    def project(self, shape: Shape) -> Shape:
        """(n, 3) millimetres -> (n, 2) pixels."""
        turned = shape @ self.rotation.T
        return np.asarray(self.offset + self.scale * turned[:, :2] * self._near(turned)[:, None])

    def slope(self, turned: Shape) -> NDArray[np.float64]:
        """(n, 2, 3) how the points move with the turned shape."""
        near = self._near(turned)
        j = np.zeros((len(turned), 2, 3))
        j[:, 0, 0] = j[:, 1, 1] = self.scale * near
        j[:, :, 2] = turned[:, :2] * (self.scale * near**2 / self.distance_mm)[:, None]
        return j

    def _near(self, turned: Shape) -> NDArray[np.float64]:
        return np.asarray(1.0 / (1.0 - turned[:, 2] / self.distance_mm), dtype=np.float64)


def _procrustes_mean(faces: Shape) -> Shape:
    mean = faces[0] - faces[0].mean(axis=0)
    for _ in range(10):
        mean = np.mean([fit_similarity(face, mean).apply(face) for face in faces], axis=0)
        mean = _upright(mean)
    return np.asarray(mean, dtype=np.float64)


def _upright(shape: Shape) -> Shape:
    """Eyes level and 63 mm apart, forehead above chin, origin between the pupils."""
    right = shape[LEFT_PUPIL] - shape[RIGHT_PUPIL]  # the person's left is at the viewer's right
    scale = PUPIL_DISTANCE_MM / np.linalg.norm(right)
    right /= np.linalg.norm(right)
    up = shape[OVAL_TOP] - shape[OVAL_CHIN]
    up -= up @ right * right
    up /= np.linalg.norm(up)
    centred = shape - (shape[LEFT_PUPIL] + shape[RIGHT_PUPIL]) / 2
    return np.asarray(centred @ np.array([right, up, np.cross(right, up)]).T * scale, dtype=np.float64)


def _symmetric(shape: Shape, mirror: NDArray[np.int64]) -> Shape:
    """The mean of the shape and its mirror image, back in the head frame."""
    other = shape[mirror] * FLIP_X
    fit = fit_similarity(other, shape)
    joined = (shape + fit.apply(other)) / 2
    across = joined[mirror] - joined
    across *= np.sign(across[:, :1]) * (np.abs(across[:, :1]) > 10.0)
    right = across.sum(axis=0)
    right /= np.linalg.norm(right)
    up = joined[OVAL_TOP] - joined[OVAL_CHIN]
    up -= up @ right * right
    up /= np.linalg.norm(up)
    turned = joined @ np.array([right, up, np.cross(right, up)]).T
    turned -= (turned[LEFT_PUPIL] + turned[RIGHT_PUPIL]) / 2
    turned = (turned + turned[mirror] * FLIP_X) / 2
    return np.asarray(
        turned * PUPIL_DISTANCE_MM / np.linalg.norm(turned[LEFT_PUPIL] - turned[RIGHT_PUPIL]),
        dtype=np.float64,
    )


def _camera_of(shape: Shape, face: Shape, distance_mm: float, start: _Camera | None) -> _Camera:
    """The camera that sees ``shape`` nearest to the face's x and y."""
    if start is None:
        fit = fit_similarity(shape, face)
        start = _Camera(fit.rotation, fit.scale, fit.translation[:2], distance_mm)
    rotation, scale, offset = start.rotation, start.scale, start.offset
    for _ in range(5):
        camera = _Camera(rotation, scale, offset, distance_mm)
        turned = shape @ rotation.T
        placed = camera.project(shape)
        x, y, z = turned.T
        still = np.zeros(len(shape))
        about = np.array([[still, -z, y], [z, still, -x], [-y, x, still]])  # d turned = w x turned
        j = np.zeros((len(shape), 2, 6))
        j[:, :, :3] = camera.slope(turned) @ about.transpose(2, 1, 0)
        j[:, :, 3] = (placed - offset) / scale
        j[:, 0, 4] = j[:, 1, 5] = 1.0
        step = np.linalg.lstsq(j.reshape(-1, 6), (face[:, :2] - placed).reshape(-1), rcond=None)[0]
        rotation = rotation_from_vector(step[:3]) @ rotation
        scale, offset = scale + float(step[3]), offset + step[4:]
    return _Camera(rotation, scale, offset, distance_mm)
