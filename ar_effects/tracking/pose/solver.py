"""Head pose from landmarks: perspective-n-point by robust Gauss-Newton on the canonical face."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ar_effects.face.canonical import CanonicalFace, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_vector, transform
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.profiling.spans import stage
from ar_effects.records import HeadPose, Matrix, Points
from ar_effects.tracking.pose.model import PoseModel, model_of
from ar_effects.tracking.pose.steps import refine
from ar_effects.tracking.pose.view import MIN_DEPTH_MM, depth_agreement, is_possible, observe

Array = NDArray[np.float64]

CONVERGED, FOLLOWED = (3e-3, 0.3), (0.015, 1.5)
"""Radians and millimetres: a smaller step is the last. What is left after a step is about a tenth of it.

The second is for a face that is followed: there the next frame goes on from here, and at rest the steps
become smaller by themselves.
"""

SUSPECT = 0.14
"""Residual as a share of the face's spread above which the fit is compared with a fresh one.

Over 700 faces on pictures and clips the median is 0.05, and one in a hundred is above 0.12.
"""

CLEAR = 0.045
"""Residual as a share of the face's spread below which nothing more is asked."""

SUSPECT_DEPTH = 0.5
"""Correlation with the network's own depth below which the fit may be the mirrored one."""

QUALITY_HALF_MM = 9.0
"""Root mean square residual on the face at which ``pose_quality`` is one half."""


@stage("pose")
def solve_pose(
    landmarks: Points, camera: Camera, start: Matrix | None = None, face: CanonicalFace | None = None
) -> HeadPose:
    """The rigid pose whose projected canonical face lies nearest to the landmarks.

    Minimises a robust distance over rotation and translation, by Gauss-Newton on SE(3) (Hartley &
    Zisserman, "Multiple View Geometry", appendix 6). People differ from the mean face by whole regions, not
    by single landmarks, so distances are measured by the inverse of such a covariance (generalised least
    squares; Aitken, 1936): what a region's landmarks have in common says little about the pose, what sets
    them apart from one another says much. Doubted landmarks pull less, by Geman and McClure's kernel
    ("Statistical methods for tomographic image reconstruction", 1987) whose width follows the median
    squared residual: an open mouth or a hand does not turn the head. The same holds for landmarks that a
    turned face hides. Residuals shrink rather than weights (Huber, "Robust Statistics", 1981, section 7.8):
    neighbours keep their differences, and the covariance stays the same for all faces.

    A start that leads to a bad or mirrored fit is given up for a fresh one from the landmarks alone.

    Args:
        landmarks: (478, 3) float32 pixels; z is used to start and to notice a mirrored fit only.
        camera: intrinsics of the picture.
        start: the last frame's ``camera_from_head``; None starts from the landmarks' own depth.
        face: the canonical face; the shipped one unless given.

    Returns:
        The pose; ``reprojection_px`` is over the fitted landmarks by the face's own weights, outliers too.
    """
    face = face or canonical_face()
    model = model_of(face)
    observed = observe(landmarks, model.used, (camera.fx, camera.fy, camera.cx, camera.cy))
    if start is None or not is_possible(start, observed, model.weights, model.size):
        return _fresh(observed, landmarks, camera, model, face).pose
    found = _refine(observed, camera, model, start, model.unalike, FOLLOWED)
    if found.misfit < CLEAR:  # a mirrored face never fits so well
        return found.pose
    agreement = depth_agreement(found.pose.camera_from_head, landmarks, model.used, model.vertices)
    if found.misfit < SUSPECT and agreement >= SUSPECT_DEPTH:
        return found.pose
    fresh = _fresh(observed, landmarks, camera, model, face)
    return fresh.pose if fresh.typical <= found.typical else found.pose


def pose_quality(pose: HeadPose, eye_distance_px: float) -> float:
    """0..1: how well a rigid mean face explains the landmarks; 1 perfect, 0.5 where 9 mm are left over.

    A clear face of somebody else than the mean, speaking, is above 0.9. The distance between the
    eyes, which shrinks as the head turns, is taken back to the front by the pose.

    Args:
        pose: as ``solve_pose`` returns it.
        eye_distance_px: between the eyes as seen, pixels.
    """
    matrix = pose.camera_from_head
    across = max(math.hypot(matrix[0, 0], matrix[1, 0]), 0.3)
    if not eye_distance_px > 0.0:
        return 0.0
    left_mm = pose.reprojection_px * 63.0 * across / eye_distance_px
    quality = 1.0 / (1.0 + (left_mm / QUALITY_HALF_MM) ** 4) if left_mm < 1e6 else 0.0
    return float(quality) if math.isfinite(left_mm) else 0.0


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


def _turn_to(ray: Array) -> Array:
    """The shortest rotation that takes the optical axis (0, 0, -1) to ``ray``."""
    axis = np.cross([0.0, 0.0, -1.0], ray)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3)
    return rotation_from_vector(axis / sine * np.arctan2(sine, -ray[2]))


class _Fit(NamedTuple):
    """A pose; the share of the face's spread that is left over; the median squared residual."""

    pose: HeadPose
    misfit: float
    typical: float


def _fresh(observed: Array, landmarks: Points, camera: Camera, model: PoseModel, face: CanonicalFace) -> _Fit:
    """A fit from the landmarks' own depth, which is off by some degrees.

    Each landmark for itself at first: from so far, what sets neighbours apart may lead astray.
    """
    start = start_pose(landmarks, camera, face)
    rough = _refine(observed, camera, model, start, np.diag(model.weights))
    return _refine(observed, camera, model, rough.pose.camera_from_head, model.unalike)


def _refine(
    observed: Array,
    camera: Camera,
    model: PoseModel,
    start: Matrix,
    unalike: Array,
    enough: tuple[float, float] = CONVERGED,
) -> _Fit:
    """Robust Gauss-Newton from ``start``.

    Args:
        observed: (2, n) landmarks on the plane a unit in front of the camera, y up.
        camera: intrinsics.
        model: the face.
        start: ``camera_from_head``.
        unalike: (n, n) inverse covariance of the landmarks.
        enough: a step of fewer radians and millimetres is the last.
    """
    pose = start.copy()
    face = model.vertices, model.normals, model.heights, model.weights
    u, v, typical = refine(observed, *face, unalike, model.size, *enough, pose)
    _, _, (x, y, z, depth), _ = pose.tolist()
    misfit = math.sqrt(u + v) * -depth / model.spread_across(x, y, z)
    return _Fit(HeadPose(pose, math.sqrt(u * camera.fx**2 + v * camera.fy**2)), misfit, typical)
