"""Head pose from landmarks: perspective-n-point by weighted Gauss-Newton on the canonical face."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_vector, transform
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.records import HeadPose, Matrix, Points
from ar_effects.tracking.canonical import CanonicalFace, canonical_face

MAX_ITERATIONS = 10
CONVERGED_RAD, CONVERGED_MM = 3e-3, 0.3
"""A smaller step is the last: every step is about a ninth of the one before, so 0.02 degrees are left."""

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
    vertices = np.ascontiguousarray(face.vertices_mm.T)
    roots = np.sqrt(face.weights)
    observed = (landmarks[:, :2] - np.array([camera.cx, camera.cy])).T * roots
    pose = start if start is not None else start_pose(landmarks, camera, face)
    rotation, translation = pose[:3, :3], pose[:3, 3]
    rows = np.zeros((7, 2, len(roots)))
    for _ in range(MAX_ITERATIONS):
        step, left = _gauss_newton_step(rows, vertices, observed, roots, camera, rotation, translation)
        rotation = rotation_from_vector(step[:3]) @ rotation
        translation = translation + step[3:]
        translation[2] = min(translation[2], -MIN_DEPTH_MM)
        size = np.abs(step)
        if size[:3].max() < CONVERGED_RAD and size[3:].max() < CONVERGED_MM:
            break
    # One step of Newton's iteration for the nearest rotation takes off what multiplications added up.
    rotation = 1.5 * rotation - 0.5 * (rotation @ rotation.T @ rotation)
    return HeadPose(transform(rotation, translation), math.sqrt(left / float(face.weights.sum())))


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
    rows: NDArray[np.float64],
    vertices: NDArray[np.float64],
    observed: NDArray[np.float64],
    roots: NDArray[np.float64],
    camera: Camera,
    rotation: NDArray[np.float64],
    translation: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float]:
    """(6,) rotation vector (radians) and translation (mm) towards the minimum, and the cost left there.

    All rows (the Jacobian's six and the residual) are multiplied by the root of the weights; their
    inner products then hold the normal matrix, its right side and the cost.

    Args:
        rows: (7, 2, n) to work in, zeros where nothing is written.
        vertices: (3, n) canonical face.
        observed: (2, n) landmarks less the principal point, times ``roots``.
        roots: (n,) square roots of the weights.
        camera: intrinsics.
        rotation: (3, 3).
        translation: (3,).
    """
    turned = rotation @ vertices
    x, y, z = turned + translation[:, None]
    inverse = -1.0 / np.minimum(z, -0.1 * MIN_DEPTH_MM)
    tx, ty, tz = turned
    # d(point) = w x turned + dt;  u rises with x and with z (a smaller depth), v falls with y
    weighted = roots * inverse
    du_dx, dv_dy = camera.fx * weighted, -camera.fy * weighted
    du_dz, dv_dz = du_dx * (x * inverse), dv_dy * (y * inverse)
    rows[0, 0], rows[0, 1] = du_dz * ty, dv_dz * ty - dv_dy * tz
    rows[1, 0], rows[1, 1] = du_dx * tz - du_dz * tx, -dv_dz * tx
    rows[2, 0], rows[2, 1] = -du_dx * ty, dv_dy * tx
    rows[3, 0], rows[4, 1] = du_dx, dv_dy
    rows[5, 0], rows[5, 1] = du_dz, dv_dz
    rows[6, 0], rows[6, 1] = observed[0] - du_dx * x, observed[1] - dv_dy * y
    flat = rows.reshape(7, -1)
    products = flat @ flat.T
    normal, right = products[:6, :6], products[:6, 6]
    normal.flat[::7] *= 1.0 + 1e-9
    step = np.asarray(np.linalg.solve(normal, right), dtype=np.float64)
    return step, max(float(products[6, 6] - right @ step), 0.0)
