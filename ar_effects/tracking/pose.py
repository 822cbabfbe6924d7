"""Head pose from landmarks: perspective-n-point by weighted Gauss-Newton on the canonical face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_vector, transform
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.records import HeadPose, Matrix, Points
from ar_effects.tracking.canonical import CanonicalFace, canonical_face

MAX_ITERATIONS = 10
CONVERGED_RAD, CONVERGED_MM = 1e-3, 0.1
"""A step smaller than this is the last: near the minimum Gauss-Newton leaves a small part of its last step."""

MIN_DEPTH_MM = 30.0
"""Nearer than this nothing is in focus; keeps a diverging step in front of the camera."""


def solve_pose(
    landmarks: Points, camera: Camera, start: Matrix | None = None, face: CanonicalFace | None = None
) -> HeadPose:
    """The rigid pose whose projected canonical face lies nearest to the landmarks.

    Minimises the weighted squared distance in pixels over rotation and translation, by
    Gauss-Newton on SE(3) with the rotation perturbed on the left
    (Hartley & Zisserman, "Multiple View Geometry", appendix 6).

    Args:
        landmarks: (478, 3) float32 pixels; z is used to start only.
        camera: intrinsics of the picture.
        start: the last frame's ``camera_from_head``; None starts from the landmarks' own depth.
        face: the canonical face; the shipped one unless given.
    """
    face = face or canonical_face()
    observed = landmarks[:, :2].astype(np.float64)
    weights = face.weights
    pose = start if start is not None else start_pose(landmarks, camera, face)
    rotation, translation = pose[:3, :3], pose[:3, 3]
    for _ in range(MAX_ITERATIONS):
        step = _gauss_newton_step(face.vertices_mm, observed, weights, camera, rotation, translation)
        rotation = rotation_from_vector(step[:3]) @ rotation
        translation = translation + step[3:]
        translation[2] = min(translation[2], -MIN_DEPTH_MM)
        if np.abs(step[:3]).max() < CONVERGED_RAD and np.abs(step[3:]).max() < CONVERGED_MM:
            break
    pose = transform(_orthonormal(rotation), translation)
    return HeadPose(pose, _reprojection_px(face.vertices_mm, observed, weights, camera, pose))


def start_pose(landmarks: Points, camera: Camera, face: CanonicalFace) -> Matrix:
    """A pose from the landmarks' three coordinates alone: never flipped, good to some degrees.

    The network's z is in the scale of its x, so the landmarks are a scaled, turned face as a far
    camera would see it; the scale gives the distance.
    """
    seen = landmarks.astype(np.float64) * np.array([1.0, -1.0, -1.0])
    fit = fit_similarity(face.vertices_mm, seen, face.weights)
    depth = max(camera.fx / max(fit.scale, 1e-9), MIN_DEPTH_MM)
    x, y = fit.translation[0], -fit.translation[1]  # where the head's origin is seen, pixels
    origin = camera.unproject(np.array([[x, y]]), np.array([depth]))[0]
    # What a far camera sees of a head at the border, a near one sees from the side: turn it along.
    ray = origin / np.linalg.norm(origin)
    return transform(_turn_to(ray) @ fit.rotation, origin)


def _turn_to(ray: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shortest rotation that takes the optical axis (0, 0, -1) to ``ray``."""
    axis = np.cross([0.0, 0.0, -1.0], ray)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3)
    return rotation_from_vector(axis / sine * np.arctan2(sine, -ray[2]))


def _gauss_newton_step(
    vertices: NDArray[np.float64],
    observed: NDArray[np.float64],
    weights: NDArray[np.float64],
    camera: Camera,
    rotation: NDArray[np.float64],
    translation: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(6,) rotation vector (radians) and translation (mm) towards the minimum."""
    turned = vertices @ rotation.T
    x, y, z = (turned + translation).T
    depth = np.maximum(-z, MIN_DEPTH_MM * 0.1)
    a, b = camera.fx / depth, camera.fy / depth
    du_dz, dv_dz = a * x / depth, -b * y / depth
    residual = np.concatenate([observed[:, 0] - camera.cx - a * x, observed[:, 1] - camera.cy + b * y])
    n = len(vertices)
    jacobian = np.zeros((6, 2 * n))
    tx, ty, tz = turned.T
    # d(point) = w x turned + dt;  u rises with x and with z (a smaller depth), v falls with y
    jacobian[3, :n], jacobian[4, n:] = a, -b
    jacobian[5, :n], jacobian[5, n:] = du_dz, dv_dz
    jacobian[0, :n], jacobian[0, n:] = du_dz * ty, b * tz + dv_dz * ty
    jacobian[1, :n], jacobian[1, n:] = a * tz - du_dz * tx, -dv_dz * tx
    jacobian[2, :n], jacobian[2, n:] = -a * ty, -b * tx
    weighted = jacobian * np.concatenate([weights, weights])
    normal = weighted @ jacobian.T
    normal[np.diag_indices(6)] *= 1.0 + 1e-9
    return np.asarray(np.linalg.solve(normal, weighted @ residual), dtype=np.float64)


def _orthonormal(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Remove what many multiplications of nearly-rotations add up to."""
    u, _, vt = np.linalg.svd(rotation)
    return np.asarray(u @ vt, dtype=np.float64)


def _reprojection_px(
    vertices: NDArray[np.float64],
    observed: NDArray[np.float64],
    weights: NDArray[np.float64],
    camera: Camera,
    pose: Matrix,
) -> float:
    off = camera.project(vertices @ pose[:3, :3].T + pose[:3, 3]) - observed
    return float(np.sqrt(weights @ (off * off).sum(axis=1) / weights.sum()))
