"""What a pose makes of the landmarks, compiled: is it possible, what is in view, is near and far swapped."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.records import Matrix, Points

Array = NDArray[np.float64]

MIN_DEPTH_MM = 30.0
"""Nearer than this nothing is in focus; keeps a diverging step in front of the camera."""

HIDDEN_SHARE = 0.15
"""What is left of the weight of a landmark that faces away."""

GRAZING, IN_VIEW = -0.1, 0.4
"""Cosines between a landmark's normal and the view: hidden below the first, seen above the second."""

HIDE_FROM_COS, HIDE_FULLY_COS = math.cos(math.radians(30)), math.cos(math.radians(45))
"""Cosine of the angle between the face and the view: hiding begins at 30 degrees and is full at 45."""


@compiled
def observe(
    landmarks: Points, used: NDArray[np.intp], intrinsics: tuple[float, float, float, float]
) -> Array:
    """(2, n) landmarks on the plane a unit in front of the camera, y up.

    Args:
        landmarks: (478, 3) pixels.
        used: (n,) which of them.
        intrinsics: fx, fy, cx, cy, pixels.
    """
    (fx, fy, cx, cy), count = intrinsics, len(used)
    observed = np.empty((2, count))
    for k in range(count):
        observed[0, k] = (landmarks[used[k], 0] - cx) / fx
        observed[1, k] = (cy - landmarks[used[k], 1]) / fy
    return observed


@compiled
def is_possible(start: Matrix, observed: Array, weights: Array, size: float) -> bool:
    """Whether a pose puts a face where the landmarks are, at about their size, and facing the camera.

    Args:
        start: ``camera_from_head``.
        observed: (2, n) as ``observe`` gives them.
        weights: (n,) sum 1.
        size: of the face, millimetres.
    """
    total = 0.0
    for i in range(3):
        for j in range(4):
            total += start[i, j]
    x, y, z = start[0, 3], start[1, 3], start[2, 3]
    facing = -(start[0, 2] * x + start[1, 2] * y + start[2, 2] * z)
    if not (facing > 0.0 and z < -MIN_DEPTH_MM and math.isfinite(total)):
        return False
    u, v, squares = 0.0, 0.0, 0.0
    for k in range(observed.shape[1]):
        a, b = observed[0, k], observed[1, k]
        u += weights[k] * a
        v += weights[k] * b
        squares += weights[k] * (a * a + b * b)
    spread = math.sqrt(max(squares - u * u - v * v, 0.0))
    if not 0.5 * spread < size / -z < 3.0 * spread:
        return False
    return math.hypot(-x / z - u, -y / z - v) < 2.0 * spread


@compiled
def in_view(normals: Array, heights: Array, pose: Matrix, fraction: Array) -> bool:
    """How far each landmark faces the camera.

    The network guesses what it cannot see, and the outline it draws there is that of the cheek.

    Args:
        normals: (n, 3) of the face.
        heights: (n,) of the planes through the vertices across the normals, over the head's origin.
        pose: ``camera_from_head``.
        fraction: (n,), gets 0.15..1.

    Returns:
        False, and nothing is filled, where all count in full.
    """
    x, y, z = pose[0, 3], pose[1, 3], pose[2, 3]
    distance = max(math.sqrt(x * x + y * y + z * z), 1e-9)
    facing = -(pose[0, 2] * x + pose[1, 2] * y + pose[2, 2] * z) / distance
    hiding = (HIDE_FROM_COS - facing) / (HIDE_FROM_COS - HIDE_FULLY_COS)
    if not hiding > 0.0:
        return False
    hidden = min(hiding, 1.0) * (1.0 - HIDDEN_SHARE)
    # The pinhole in the head frame.
    px = -(pose[0, 0] * x + pose[1, 0] * y + pose[2, 0] * z)
    py = -(pose[0, 1] * x + pose[1, 1] * y + pose[2, 1] * z)
    pz = -(pose[0, 2] * x + pose[1, 2] * y + pose[2, 2] * z)
    for k in range(len(fraction)):
        above = normals[k, 0] * px + normals[k, 1] * py + normals[k, 2] * pz - heights[k]
        seen = min(max((above / distance - GRAZING) / (IN_VIEW - GRAZING), 0.0), 1.0)
        fraction[k] = 1.0 - hidden * (1.0 - seen * seen * (3.0 - 2.0 * seen))
    return True


@compiled
def depth_agreement(pose: Matrix, landmarks: Points, used: NDArray[np.intp], vertices: Array) -> float:
    """-1..1: correlation of a posed face's depth with the network's own.

    Args:
        pose: ``camera_from_head``.
        landmarks: (478, 3) pixels, z away from the viewer.
        used: (n,) which of them.
        vertices: (3, n) their places on the face.
    """
    count = len(used)
    mean_own, mean_posed = 0.0, 0.0
    for k in range(count):
        mean_own -= landmarks[used[k], 2] / count
        mean_posed += _toward(pose, vertices, k) / count
    own, posed, both = 0.0, 0.0, 0.0
    for k in range(count):
        a, b = -landmarks[used[k], 2] - mean_own, _toward(pose, vertices, k) - mean_posed
        own += a * a
        posed += b * b
        both += a * b
    return float(both / max(math.sqrt(own * posed), 1e-12))


@compiled
def _toward(pose: Matrix, vertices: Array, k: int) -> float:
    """How far a turned face's vertex stands out towards the camera."""
    return float(pose[2, 0] * vertices[0, k] + pose[2, 1] * vertices[1, k] + pose[2, 2] * vertices[2, k])
