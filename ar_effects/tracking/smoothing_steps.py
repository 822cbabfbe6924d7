"""One frame of the smoother, compiled: measure the head's motion, filter it, filter the shape left over."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.geometry.small import nearest_rotation, turn_between, write_product, write_rotation
from ar_effects.records import Points

Array = NDArray[np.float64]

MIN_FACE_PX = 1.0
PUPIL_DISTANCE_MM = 63.0

POSITION, TURN, SIZE, SHAPE = range(4)
"""Rows of the bands: of the motion's three parts, then of one region after the other."""


@compiled
def settle(
    landmarks: Points, model: Array, weights: Array, shape: Array, rotation: Array, place: Array
) -> bool:
    """Begin with a new face: its motion from a model, its shape as it is.

    Landmarks have y down and z away from the viewer; the head frame has y up and z toward the viewer.

    Args:
        landmarks: (n, 3) pixels of the frame.
        model: (3, n) any face in millimetres; not ``shape``.
        weights: (n,) sum 1.
        shape: (3, n), gets the face in the head's own frame.
        rotation: (3, 3), gets the head's.
        place: (4,), gets its position and its scale, pixels and pixels a millimetre.

    Returns:
        False for a point, which has no size to measure anything by.
    """
    if not _width(landmarks) >= MIN_FACE_PX:
        return False
    seen = _seen(landmarks)
    _measure(seen, model, weights, rotation, place)
    _into(seen, rotation, place)
    for k in range(seen.shape[1]):
        for i in range(3):
            shape[i, k] = seen[i, k]
    return True


@compiled
def steady(
    landmarks: Points,
    weights: Array,
    region: NDArray[np.intp],
    counts: Array,
    bands: Array,
    dt_s: float,
    shape: Array,
    rotation: Array,
    place: Array,
    steadied: Points,
) -> bool:
    """Filter one frame.

    Aligned with the person's own filtered shape, its expression moves the head least.

    Args:
        landmarks: (n, 3) pixels of the frame.
        weights: (n,) sum 1.
        region: (n,) of each landmark.
        counts: of the landmarks in each region.
        bands: (SHAPE + regions, 3) ``rest_s``, ``low`` and ``high`` of each.
        dt_s: since the last frame.
        shape: (3, n) filtered shape in the head's own frame, brought to this frame.
        rotation: (3, 3) filtered, brought to this frame.
        place: (4,) filtered position and scale, brought to this frame.
        steadied: (n, 3), gets the result, pixels of the frame.

    Returns:
        False for a point, and nothing is changed.
    """
    if not _width(landmarks) >= MIN_FACE_PX:
        return False
    seen = _seen(landmarks)
    turned, here = np.empty((3, 3)), np.empty(4)
    _measure(seen, shape, weights, turned, here)
    _into(seen, turned, here)
    _steady_motion(turned, here, bands, dt_s, rotation, place)
    _steady_shape(seen, region, counts, bands, dt_s, shape)
    scale = place[3]
    for k in range(shape.shape[1]):
        x, y, z = scale * shape[0, k], scale * shape[1, k], scale * shape[2, k]
        steadied[k, 0] = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + place[0]
        steadied[k, 1] = -(rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + place[1])
        steadied[k, 2] = -(rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + place[2])
    return True


@compiled
def gain(bands: Array, row: int, innovation: float, dt_s: float) -> float:
    """0..1: the share of an innovation that a band takes over."""
    rest_s, low, high = bands[row, 0], bands[row, 1], bands[row, 2]
    rest = -math.expm1(-dt_s / rest_s)
    opened = min(max((innovation - low) / (high - low), 0.0), 1.0)
    return float(rest + (1.0 - rest) * opened * opened * (3.0 - 2.0 * opened))


@compiled
def _width(landmarks: Points) -> float:
    low, high = landmarks[0, 0], landmarks[0, 0]
    for k in range(1, landmarks.shape[0]):
        low, high = min(low, landmarks[k, 0]), max(high, landmarks[k, 0])
    return float(high) - float(low)


@compiled
def _seen(landmarks: Points) -> Array:
    """(3, n) in the head frame's axes."""
    count = landmarks.shape[0]
    seen = np.empty((3, count))
    for k in range(count):
        seen[0, k], seen[1, k], seen[2, k] = landmarks[k, 0], -landmarks[k, 1], -landmarks[k, 2]
    return seen


@compiled
def _measure(seen: Array, shape: Array, weights: Array, rotation: Array, place: Array) -> None:
    """The similarity that takes ``shape`` nearest to ``seen``: fills ``rotation`` and ``place``.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
    """
    count = seen.shape[1]
    mean_seen, mean_shape, covariance = np.zeros(3), np.zeros(3), np.zeros((3, 3))
    variance = 0.0
    for k in range(count):
        weight = weights[k]
        for i in range(3):
            mean_seen[i] += weight * seen[i, k]
            mean_shape[i] += weight * shape[i, k]
            variance += weight * shape[i, k] * shape[i, k]
            for j in range(3):
                covariance[i, j] += weight * seen[i, k] * shape[j, k]
    for i in range(3):
        variance -= mean_shape[i] * mean_shape[i]
        for j in range(3):
            covariance[i, j] -= mean_seen[i] * mean_shape[j]
    scale = max(nearest_rotation(covariance, rotation), 1e-9) / max(variance, 1e-300)
    place[3] = scale
    for i in range(3):
        place[i] = mean_seen[i]
        for j in range(3):
            place[i] -= scale * rotation[i, j] * mean_shape[j]


@compiled
def _into(seen: Array, rotation: Array, place: Array) -> None:
    """Bring (3, n) points into the motion's own frame, in place."""
    inverse = 1.0 / place[3]
    for k in range(seen.shape[1]):
        x, y, z = (
            inverse * (seen[0, k] - place[0]),
            inverse * (seen[1, k] - place[1]),
            inverse * (seen[2, k] - place[2]),
        )
        for i in range(3):
            seen[i, k] = rotation[0, i] * x + rotation[1, i] * y + rotation[2, i] * z


@compiled
def _steady_motion(
    turned: Array, here: Array, bands: Array, dt_s: float, rotation: Array, place: Array
) -> None:
    """Move the filtered motion towards the measured one; each part by its own innovation."""
    x, y = here[0] - place[0], here[1] - place[1]
    fraction = gain(bands, POSITION, math.sqrt(x * x + y * y) / (PUPIL_DISTANCE_MM * place[3]), dt_s)
    for i in range(3):
        place[i] += fraction * (here[i] - place[i])
    grown = math.log(here[3] / place[3])
    place[3] *= math.exp(gain(bands, SIZE, abs(grown), dt_s) * grown)
    a, b, c = turn_between(turned, rotation)
    fraction = gain(bands, TURN, math.sqrt(a * a + b * b + c * c), dt_s)
    step, before = np.empty((3, 3)), rotation.copy()
    write_rotation(fraction * a, fraction * b, fraction * c, step)
    write_product(step, before, rotation)


@compiled
def _steady_shape(
    seen: Array, region: NDArray[np.intp], counts: Array, bands: Array, dt_s: float, shape: Array
) -> None:
    """Each region by its own mean innovation, so that a blink opens the eye's filter only."""
    gains = np.zeros(len(counts))
    for k in range(seen.shape[1]):
        x, y = seen[0, k] - shape[0, k], seen[1, k] - shape[1, k]
        gains[region[k]] += x * x + y * y
    for r in range(len(counts)):
        off = math.sqrt(gains[r] / counts[r]) / PUPIL_DISTANCE_MM
        gains[r] = gain(bands, SHAPE + r, off, dt_s)
    for k in range(seen.shape[1]):
        fraction = gains[region[k]]
        for i in range(3):
            shape[i, k] += fraction * (seen[i, k] - shape[i, k])
