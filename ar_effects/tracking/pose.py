"""Head pose from landmarks: perspective-n-point by robust Gauss-Newton on the canonical face."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_vector, transform
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.profiling.marks import stage
from ar_effects.records import HeadPose, Matrix, Points
from ar_effects.tracking.canonical import CanonicalFace, canonical_face

Array = NDArray[np.float64]

MAX_ITERATIONS = 10
CONVERGED_RAD, CONVERGED_MM = 3e-3, 0.3
"""A smaller step is the last: every step is about a ninth of the one before, so 0.02 degrees are left."""

MIN_DEPTH_MM = 30.0
"""Nearer than this nothing is in focus; keeps a diverging step in front of the camera."""

KERNEL = 12.0
"""Width of the robust kernel over the median squared residual: 2.2 times the typical one counts half."""

KERNEL_FLOOR_MM = 0.2
"""Residuals below this are never doubted, however well the other landmarks fit."""

FAR = 0.08
"""Median residual, as a share of the face's spread, above which a step is taken without the kernel."""

HIDDEN_SHARE = 0.15
"""What is left of the weight of a landmark that faces away."""

GRAZING, IN_VIEW = -0.1, 0.4
"""Cosines between a landmark's normal and the view: hidden below the first, seen above the second."""

HIDE_FROM_COS, HIDE_FULLY_COS = math.cos(math.radians(30)), math.cos(math.radians(45))
"""Cosine of the angle between the face and the view: hiding begins at 30 degrees and is full at 45."""

SUSPECT = 0.14
"""Residual as a share of the face's spread above which the fit is compared with a fresh one.

Over 400 faces the median is 0.04, and one in a hundred is above 0.10.
"""

CLEAR = 0.045
"""Residual as a share of the face's spread below which nothing more is asked."""

SUSPECT_DEPTH = 0.5
"""Correlation with the network's own depth below which the fit may be the mirrored one."""

QUALITY_HALF_MM = 9.0
"""Root mean square residual on the face at which ``pose_quality`` is one half."""


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """A canonical face as the solver needs it, coordinates first."""

    used: NDArray[np.intp]
    vertices: Array
    normals: Array
    heights: Array
    roots: Array
    total: float
    size: float


@lru_cache(maxsize=4)
def _model(face: CanonicalFace) -> _Model:
    # Every second pair of mirrored landmarks: neighbours say nearly the same, and half as many fit the cache.
    pairs = np.unique(np.minimum(face.mirror, np.arange(len(face.mirror))))
    half = pairs[1::2]
    used = np.unique(np.concatenate([half, face.mirror[half]]))
    vertices = np.ascontiguousarray(face.vertices_mm[used].T)
    normals, weights = face.normals()[used], face.weights[used]
    heights = np.einsum("ij,ij->i", normals, face.vertices_mm[used])
    return _Model(used, vertices, normals, heights, np.sqrt(weights), float(weights.sum()), _spread(vertices))


@stage("pose")
def solve_pose(
    landmarks: Points, camera: Camera, start: Matrix | None = None, face: CanonicalFace | None = None
) -> HeadPose:
    """The rigid pose whose projected canonical face lies nearest to the landmarks.

    Minimises a robust, weighted distance in pixels over rotation and translation, by Gauss-Newton on
    SE(3) with the rotation perturbed on the left (Hartley & Zisserman, "Multiple View Geometry",
    appendix 6). Weights are those of the face, times how far each landmark is in view of a turned
    face, times Geman and McClure's kernel ("Statistical methods for tomographic image reconstruction",
    1987) whose width follows the median residual: an open mouth or a hand does not turn the head.

    A start that leads to a bad or mirrored fit is given up for a fresh one from the landmarks alone.

    Args:
        landmarks: (478, 3) float32 pixels; z is used to start and to notice a mirrored fit only.
        camera: intrinsics of the picture.
        start: the last frame's ``camera_from_head``; None starts from the landmarks' own depth.
        face: the canonical face; the shipped one unless given.

    Returns:
        The pose; ``reprojection_px`` is over all landmarks by the face's own weights, outliers too.
    """
    face = face or canonical_face()
    model = _model(face)
    observed = landmarks[model.used, :2].T.astype(np.float64, order="C")
    observed -= np.array([[camera.cx], [camera.cy]])
    middle, spread = observed.sum(axis=1) / observed.shape[1], _spread(observed)
    if start is None or not _is_possible(start, camera, model, middle, spread):
        return _refine(observed, camera, model, start_pose(landmarks, camera, face))[0]
    found, typical = _refine(observed, camera, model, start)
    if found.reprojection_px < CLEAR * spread:  # a mirrored face never fits so well
        return found
    if found.reprojection_px < SUSPECT * spread and not _is_mirrored(found, landmarks, model):
        return found
    fresh, fresh_typical = _refine(observed, camera, model, start_pose(landmarks, camera, face))
    return fresh if fresh_typical <= typical else found


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


def _refine(observed: Array, camera: Camera, model: _Model, start: Matrix) -> tuple[HeadPose, float]:
    """Robust Gauss-Newton from ``start``: the pose, and the median squared weighted residual in pixels.

    Args:
        observed: (2, n) landmarks less the principal point.
        camera: intrinsics.
        model: the face.
        start: ``camera_from_head``.
    """
    rotation, translation = start[:3, :3], start[:3, 3]
    seen = observed * model.roots
    rows = np.zeros((7, 2, len(model.roots)))
    in_view = _in_view(model, rotation, translation)
    for _ in range(MAX_ITERATIONS):
        _linearise(rows, model.vertices, seen, model.roots, camera, rotation, translation)
        trust, typical = _trust(rows, model, camera.fx / float(translation[2]), in_view)
        step = _step(rows, trust)
        rotation = rotation_from_vector(step[:3]) @ rotation
        translation = translation + step[3:]
        translation[2] = min(translation[2], -MIN_DEPTH_MM)
        size = [abs(v) for v in step.tolist()]
        if max(size[:3]) < CONVERGED_RAD and max(size[3:]) < CONVERGED_MM:
            break
    # One step of Newton's iteration for the nearest rotation takes off what multiplications added up.
    rotation = 1.5 * rotation - 0.5 * (rotation @ rotation.T @ rotation)
    flat = rows.reshape(7, -1)
    left = flat[6] - step @ flat[:6]
    return HeadPose(transform(rotation, translation), math.sqrt(float(left @ left) / model.total)), typical


def _in_view(model: _Model, rotation: Array, translation: Array) -> Array | None:
    """(n,) 0.15..1, how far each landmark faces the camera; None where all count in full.

    The network guesses what it cannot see, and the outline it draws there is that of the cheek.
    """
    x, y, z = translation.tolist()
    facing = -float(translation @ rotation[:, 2])
    if facing >= HIDE_FROM_COS * math.sqrt(x * x + y * y + z * z):
        return None
    camera_head = -(translation @ rotation)  # the pinhole in the head frame
    distance = math.sqrt(float(camera_head @ camera_head))
    hiding = (HIDE_FROM_COS - float(camera_head[2]) / max(distance, 1e-9)) / (HIDE_FROM_COS - HIDE_FULLY_COS)
    if hiding <= 0.0:
        return None
    cosine = (model.normals @ camera_head - model.heights) / max(distance, 1e-9)
    seen = np.clip((cosine - GRAZING) / (IN_VIEW - GRAZING), 0.0, 1.0)
    return np.asarray(
        1.0 - min(hiding, 1.0) * (1.0 - HIDDEN_SHARE) * (1.0 - seen * seen * (3.0 - 2.0 * seen))
    )


def _is_possible(start: Matrix, camera: Camera, model: _Model, middle: Array, spread: float) -> bool:
    """Whether the start puts a face where the landmarks are, at about their size, and facing the camera.

    Args:
        start: ``camera_from_head``.
        camera: intrinsics.
        model: the face.
        middle: (2,) of the landmarks, from the principal point, pixels.
        spread: of the landmarks, pixels.
    """
    x, y, z = start[:3, 3].tolist()
    facing = -float(start[:3, 3] @ start[:3, 2])
    if not (facing > 0.0 and z < -MIN_DEPTH_MM and math.isfinite(float(start.sum()))):
        return False
    off = math.hypot(-camera.fx * x / z - float(middle[0]), camera.fy * y / z - float(middle[1]))
    size = -model.size * camera.fx / z
    return off < 2.0 * spread and 0.5 * spread < size < 3.0 * spread


def _is_mirrored(pose: HeadPose, landmarks: Points, model: _Model) -> bool:
    """Whether the network's depth says that near and far are the wrong way round."""
    z = landmarks[model.used, 2] - landmarks[model.used, 2].mean()
    away = -(pose.camera_from_head[2, :3] @ model.vertices)
    away -= away.mean()
    return bool(z @ away < SUSPECT_DEPTH * math.sqrt(float(z @ z) * float(away @ away)))


def _spread(points: Array) -> float:
    """Root mean square distance of (2 or 3, n) points from their middle, seen from the front."""
    x, y = points[0], points[1]
    n = len(x)
    squared = float(x @ x + y @ y) / n - (float(x.sum()) / n) ** 2 - (float(y.sum()) / n) ** 2
    return math.sqrt(max(squared, 0.0))


def _linearise(
    rows: Array,
    vertices: Array,
    observed: Array,
    roots: Array,
    camera: Camera,
    rotation: Array,
    translation: Array,
) -> None:
    """Fill ``rows`` with the Jacobian's six (rotation vector, translation) and the residual.

    All are multiplied by the root of the weights; their inner products then hold the normal matrix,
    its right side and the cost.

    Args:
        rows: (7, 2, n), zeros where nothing is written.
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


def _trust(rows: Array, model: _Model, px_per_mm: float, in_view: Array | None) -> tuple[Array | None, float]:
    """(n,) 0..1, the robust kernel of the residuals times ``in_view``; and the median squared residual.

    What most landmarks moved together since the start is taken off first: that is motion, not doubt.
    While even the median is far off, nobody is an outlier yet.
    """
    middle = rows.shape[2] // 2
    moved = np.partition(rows[6] / model.roots, middle, axis=1)[:, middle]
    u, v = rows[6] - moved[:, None] * model.roots
    off = u * u + v * v
    typical = float(np.partition(off, middle)[middle])
    if not typical < (FAR * model.size * px_per_mm) ** 2:
        return in_view, typical
    width = KERNEL * typical + (KERNEL_FLOOR_MM * px_per_mm) ** 2
    kernel = width / (width + off)
    kernel *= kernel
    return kernel if in_view is None else kernel * in_view, typical


def _step(rows: Array, trust: Array | None = None) -> Array:
    """(6,) rotation vector (radians) and translation (mm) to the minimum under weights ``trust`` (n,)."""
    flat = rows.reshape(7, -1)
    products = (rows if trust is None else rows * trust).reshape(7, -1) @ flat.T
    normal, right = products[:6, :6], products[:6, 6]
    normal.flat[::7] *= 1.0 + 1e-9
    return np.asarray(np.linalg.solve(normal, right), dtype=np.float64)
