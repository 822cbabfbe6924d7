"""Head pose from landmarks: perspective-n-point by robust Gauss-Newton on the canonical face."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_vector, transform
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.profiling.marks import stage
from ar_effects.records import HeadPose, Matrix, Points
from ar_effects.tracking.canonical import CanonicalFace, canonical_face
from ar_effects.tracking.pose_model import PoseModel, from_pixels, model_of
from ar_effects.tracking.pose_steps import linearise, motion, step_from, trust_in

Array = NDArray[np.float64]

MAX_ITERATIONS = 24
CONVERGED, FOLLOWED = (3e-3, 0.3), (0.015, 1.5)
"""Radians and millimetres: a smaller step is the last. What is left after a step is about a tenth of it.

The second is for a face that is followed: there the next frame goes on from here, and at rest the steps
become smaller by themselves.
"""

MIN_DEPTH_MM = 30.0
"""Nearer than this nothing is in focus; keeps a diverging step in front of the camera."""

HIDDEN_SHARE = 0.15
"""What is left of the weight of a landmark that faces away."""

GRAZING, IN_VIEW = -0.1, 0.4
"""Cosines between a landmark's normal and the view: hidden below the first, seen above the second."""

HIDE_FROM_COS, HIDE_FULLY_COS = math.cos(math.radians(30)), math.cos(math.radians(45))
"""Cosine of the angle between the face and the view: hiding begins at 30 degrees and is full at 45."""

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
    factor, summand = from_pixels(camera, len(model.used))
    observed = landmarks.take(model.flat) * factor
    observed += summand
    if start is None or not _is_possible(start, observed, model):
        return _fresh(observed, landmarks, camera, model, face).pose
    found = _refine(observed, camera, model, start, model.unalike, FOLLOWED)
    if found.misfit < CLEAR:  # a mirrored face never fits so well
        return found.pose
    if found.misfit < SUSPECT and not _is_mirrored(found.pose, landmarks, model):
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
    across = max(float(np.hypot(*pose.camera_from_head[:2, 0])), 0.3)
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
    pose, where = start, start[:3, 3].tolist()
    in_view = _in_view(model, pose)
    basis = np.empty((10, len(model.used)))
    for _ in range(MAX_ITERATIONS):
        linearise(basis, model.vertices, observed, pose)
        trust, typical, reach = trust_in(basis[8:], model.size / where[2])
        if in_view is not None:
            trust = in_view if trust is None else trust * in_view
        step = [reach * part for part in step_from(basis, unalike, trust)]
        pose = motion(*step).dot(pose)
        if not pose[2, 3] < -MIN_DEPTH_MM:
            pose[2, 3] = -MIN_DEPTH_MM
        before, where = where, pose[:3, 3].tolist()
        if (
            max(abs(angle) for angle in step[:3]) < enough[0]
            and max(abs(a - b) for a, b in zip(where, before, strict=True)) < enough[1]
        ):
            break
    # One step of Newton's iteration for the nearest rotation takes off what multiplications added up.
    rotation = pose[:3, :3]
    pose[:3, :3] = rotation.dot(_THREE_HALVES - 0.5 * rotation.T.dot(rotation))
    rx, ry, rz, tx, ty, tz = step
    by_step = np.array([[rx, -ry, 0.0, 0.0, -rz, tx, tz, 0.0], [-ry, 0.0, rx, rz, 0.0, ty, 0.0, tz]])
    left = basis[8:] - by_step.dot(basis[:8])
    u, v = (left * left).dot(model.weights).tolist()
    misfit = math.sqrt(u + v) * -where[2] / model.spread_across(*rotation[2].tolist())
    return _Fit(HeadPose(pose, math.sqrt(u * camera.fx**2 + v * camera.fy**2)), misfit, typical)


_THREE_HALVES = 1.5 * np.eye(3)


def _in_view(model: PoseModel, camera_from_head: Matrix) -> Array | None:
    """(n,) 0.15..1, how far each landmark faces the camera; None where all count in full.

    The network guesses what it cannot see, and the outline it draws there is that of the cheek.
    """
    (_, _, ax, x), (_, _, ay, y), (_, _, az, z), _ = camera_from_head.tolist()
    distance = max(math.sqrt(x * x + y * y + z * z), 1e-9)
    facing = -(ax * x + ay * y + az * z) / distance
    hiding = (HIDE_FROM_COS - facing) / (HIDE_FROM_COS - HIDE_FULLY_COS)
    if not hiding > 0.0:
        return None
    pinhole_head = -(camera_from_head[:3, 3] @ camera_from_head[:3, :3])
    cosine = (model.normals @ pinhole_head - model.heights) / distance
    seen = np.clip((cosine - GRAZING) / (IN_VIEW - GRAZING), 0.0, 1.0)
    return np.asarray(
        1.0 - min(hiding, 1.0) * (1.0 - HIDDEN_SHARE) * (1.0 - seen * seen * (3.0 - 2.0 * seen))
    )


def _is_possible(start: Matrix, observed: Array, model: PoseModel) -> bool:
    """Whether the start puts a face where the landmarks are, at about their size, and facing the camera.

    Args:
        start: ``camera_from_head``.
        observed: (2, n) landmarks on the plane a unit in front of the camera, y up.
        model: the face.
    """
    first, second, third, _ = start.tolist()
    (*_, ax, x), (*_, ay, y), (*_, az, z) = first, second, third
    facing = -(ax * x + ay * y + az * z)
    if not (facing > 0.0 and z < -MIN_DEPTH_MM and math.isfinite(sum(first) + sum(second) + sum(third))):
        return False
    u, v = observed.dot(model.weights).tolist()
    uu, vv = (observed * observed).dot(model.weights).tolist()
    spread = math.sqrt(max(uu - u * u + vv - v * v, 0.0))
    return math.hypot(-x / z - u, -y / z - v) < 2.0 * spread and 0.5 * spread < model.size / -z < 3.0 * spread


def _is_mirrored(pose: HeadPose, landmarks: Points, model: PoseModel) -> bool:
    """Whether the network's depth says that near and far are the wrong way round."""
    depth = landmarks.take(model.flat[0] + 2)
    sum_x, sum_y, sum_z, total = model.vertices.dot(depth).tolist()
    (x, y, z), (middle_x, middle_y, middle_z) = pose.camera_from_head[2, :3].tolist(), model.middle
    toward = x * (sum_x - middle_x * total) + y * (sum_y - middle_y * total) + z * (sum_z - middle_z * total)
    count = len(depth)
    spread = max(float(depth.dot(depth)) - total * total / count, 0.0)
    return bool(-toward < SUSPECT_DEPTH * math.sqrt(spread * count * model.variance_along(x, y, z)))
