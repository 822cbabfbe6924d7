"""The mean face from many tracked faces: Procrustes first, then structure from motion.

The network's own depth is a good start but flattened; faces seen from many sides say better how
deep a face is. The mean shape is refined so that its projections, one scaled-orthographic camera a
face, lie nearest to the tracked points (factorisation after Tomasi & Kanade, "Shape and motion from
image streams under orthography", 1992, solved here by alternation). No single face is kept.
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


def mean_face(landmarks: NDArray[np.floating], rounds: int = 40) -> MeanFace:
    """The symmetric mean of (faces, 478, 3) landmarks in pixels."""
    faces = np.asarray(landmarks, np.float64) * np.array([1.0, -1.0, -1.0])
    shape = _procrustes_mean(faces)
    mirror = mirror_pairs(shape)
    shape = _symmetric(shape, mirror)
    residuals = np.zeros((len(faces), len(shape), 2))
    for _ in range(rounds):
        normal, right = np.zeros((len(shape), 3, 3)), np.zeros((len(shape), 3))
        for i, face in enumerate(faces):
            rotation, scale, offset = _orthographic_pose(shape, face)
            p = scale * rotation[:2]
            target = face[:, :2] - offset
            residuals[i] = (target - shape @ p.T) / scale
            normal += p.T @ p / scale**2
            right += target @ p / scale**2
        solved = np.linalg.solve(normal, right[..., None])[..., 0]
        shape = _symmetric(np.asarray(solved, np.float64), mirror)
    variance = (residuals**2).sum(axis=2).mean(axis=0)
    variance = (variance + variance[mirror]) / 2
    weights = 1.0 / variance
    return MeanFace(shape, mirror, weights / weights.mean(), float(np.sqrt(variance.mean())))


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


def _orthographic_pose(shape: Shape, face: Shape) -> tuple[Shape, float, NDArray[np.float64]]:
    """(rotation, scale, offset) of the far camera that sees ``shape`` nearest to the face's x and y."""
    start = fit_similarity(shape, face)
    rotation, scale, offset = start.rotation, start.scale, start.translation[:2]
    for _ in range(5):
        turned = shape @ rotation.T
        residual = face[:, :2] - (scale * turned[:, :2] + offset)
        j = np.zeros((len(shape), 2, 6))
        j[:, 1, 0] = -scale * turned[:, 2]
        j[:, 0, 1] = scale * turned[:, 2]
        j[:, 0, 2], j[:, 1, 2] = -scale * turned[:, 1], scale * turned[:, 0]
        j[:, :, 3] = turned[:, :2]
        j[:, 0, 4] = j[:, 1, 5] = 1.0
        step = np.linalg.lstsq(j.reshape(-1, 6), residual.reshape(-1), rcond=None)[0]
        rotation = rotation_from_vector(step[:3]) @ rotation
        scale, offset = scale + step[3], offset + step[4:]
    return rotation, float(scale), offset
