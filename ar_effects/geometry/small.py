"""Rotations and equations of a handful of numbers, for compiled loops; results go into what is given."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled

Array = NDArray[np.float64]

SWEEPS = 16
"""Jacobi's method halves its digits of error from about the third sweep on; four or five are usual."""


@compiled
def write_rotation(x: float, y: float, z: float, rotation: Array) -> None:
    """Fill the (3, 3) ``rotation`` about the vector by its length in radians (Rodrigues' formula)."""
    angle = math.sqrt(x * x + y * y + z * z)
    a, half_sine = 1.0, 0.5
    if angle > 1e-9:
        a, half_sine = math.sin(angle) / angle, math.sin(0.5 * angle) / angle
    b = 2.0 * half_sine * half_sine
    rotation[0, 0] = 1.0 - b * (y * y + z * z)
    rotation[0, 1] = b * x * y - a * z
    rotation[0, 2] = b * x * z + a * y
    rotation[1, 0] = b * x * y + a * z
    rotation[1, 1] = 1.0 - b * (x * x + z * z)
    rotation[1, 2] = b * y * z - a * x
    rotation[2, 0] = b * x * z - a * y
    rotation[2, 1] = b * y * z + a * x
    rotation[2, 2] = 1.0 - b * (x * x + y * y)


@compiled
def write_product(left: Array, right: Array, product: Array) -> None:
    """Fill ``product`` with that of two matrices; it may be neither of them.

    Of larger matrices than (3, 3), such as poses, the upper left (3, 3) only.
    """
    for i in range(3):
        for j in range(3):
            product[i, j] = left[i, 0] * right[0, j] + left[i, 1] * right[1, j] + left[i, 2] * right[2, j]


@compiled
def turn_between(new: Array, old: Array) -> tuple[float, float, float]:
    """The vector (axis times radians) of the rotation from ``old`` to ``new``, both (3, 3).

    At half a turn, where the axis cannot be told from its opposite, one that is nearly right.
    """
    d = np.empty((3, 3))
    write_product(new, old.T, d)
    x, y, z = 0.5 * (d[2, 1] - d[1, 2]), 0.5 * (d[0, 2] - d[2, 0]), 0.5 * (d[1, 0] - d[0, 1])
    sine, cosine = math.sqrt(x * x + y * y + z * z), 0.5 * (d[0, 0] + d[1, 1] + d[2, 2] - 1.0)
    if sine > 1e-9:
        k = math.atan2(sine, cosine) / sine
        return k * x, k * y, k * z
    if cosine > 0.0:
        return x, y, z
    i = 0
    for j in range(1, 3):
        if d[j, j] > d[i, i]:
            i = j
    k = math.pi / math.sqrt(max(0.5 * (d[i, i] + 1.0), 1e-12))
    return (
        k * 0.5 * (d[0, i] + (1.0 if i == 0 else 0.0)),
        k * 0.5 * (d[1, i] + (1.0 if i == 1 else 0.0)),
        k * 0.5 * (d[2, i] + (1.0 if i == 2 else 0.0)),
    )


@compiled
def nearest_rotation(covariance: Array, rotation: Array) -> float:
    """Fill the (3, 3) ``rotation`` that turns a source nearest to its target; never a reflection.

    By the largest eigenvector of a symmetric (4, 4) matrix, a quaternion (Horn, "Closed-form solution of
    absolute orientation using unit quaternions", 1987), which Jacobi's rotations find without fail.

    Args:
        covariance: (3, 3) of target (rows) and source (columns) about their means.
        rotation: gets the result.

    Returns:
        The sum of the target's coordinates times the turned source's: over the source's variance, the scale.
    """
    c = covariance
    m, q = np.empty((4, 4)), np.eye(4)
    m[0, 0] = c[0, 0] + c[1, 1] + c[2, 2]
    m[1, 1] = c[0, 0] - c[1, 1] - c[2, 2]
    m[2, 2] = c[1, 1] - c[0, 0] - c[2, 2]
    m[3, 3] = c[2, 2] - c[0, 0] - c[1, 1]
    m[0, 1] = m[1, 0] = c[2, 1] - c[1, 2]
    m[0, 2] = m[2, 0] = c[0, 2] - c[2, 0]
    m[0, 3] = m[3, 0] = c[1, 0] - c[0, 1]
    m[1, 2] = m[2, 1] = c[0, 1] + c[1, 0]
    m[1, 3] = m[3, 1] = c[2, 0] + c[0, 2]
    m[2, 3] = m[3, 2] = c[1, 2] + c[2, 1]
    for _ in range(SWEEPS):
        beside, along = 0.0, 0.0
        for i in range(4):
            along += m[i, i] * m[i, i]
            for j in range(i):
                beside += m[i, j] * m[i, j]
        if not beside > 1e-30 * along:
            break
        for i in range(3):
            for j in range(i + 1, 4):
                _take_out(m, q, i, j)
    best = 0
    for i in range(1, 4):
        if m[i, i] > m[best, best]:
            best = i
    w, x, y, z = q[0, best], q[1, best], q[2, best], q[3, best]
    rotation[0, 0] = 1.0 - 2.0 * (y * y + z * z)
    rotation[0, 1] = 2.0 * (x * y - w * z)
    rotation[0, 2] = 2.0 * (x * z + w * y)
    rotation[1, 0] = 2.0 * (x * y + w * z)
    rotation[1, 1] = 1.0 - 2.0 * (x * x + z * z)
    rotation[1, 2] = 2.0 * (y * z - w * x)
    rotation[2, 0] = 2.0 * (x * z - w * y)
    rotation[2, 1] = 2.0 * (y * z + w * x)
    rotation[2, 2] = 1.0 - 2.0 * (x * x + y * y)
    return float(m[best, best])


@compiled
def _take_out(m: Array, q: Array, i: int, j: int) -> None:
    """One of Jacobi's rotations: brings ``m[i, j]`` to zero, and into the eigenvectors ``q``."""
    if m[i, j] == 0.0:
        return
    slope = (m[j, j] - m[i, i]) / (2.0 * m[i, j])
    tangent = 1.0 / (abs(slope) + math.sqrt(slope * slope + 1.0))
    if slope < 0.0:
        tangent = -tangent
    c = 1.0 / math.sqrt(tangent * tangent + 1.0)
    s = tangent * c
    for k in range(4):
        a, b = m[k, i], m[k, j]
        m[k, i], m[k, j] = c * a - s * b, s * a + c * b
    for k in range(4):
        a, b = m[i, k], m[j, k]
        m[i, k], m[j, k] = c * a - s * b, s * a + c * b
        a, b = q[k, i], q[k, j]
        q[k, i], q[k, j] = c * a - s * b, s * a + c * b


@compiled
def solve(equations: Array) -> bool:
    """Solve (n, n + 1) equations, the right side last, by elimination with pivots.

    The last column gets the unknowns. False, and nothing to be used, where they are not determined.
    """
    n = equations.shape[0]
    for i in range(n):
        pivot = i
        for k in range(i + 1, n):
            if abs(equations[k, i]) > abs(equations[pivot, i]):
                pivot = k
        if not abs(equations[pivot, i]) > 0.0:
            return False
        if pivot != i:
            for j in range(i, n + 1):
                equations[i, j], equations[pivot, j] = equations[pivot, j], equations[i, j]
        for k in range(i + 1, n):
            fraction = equations[k, i] / equations[i, i]
            for j in range(i + 1, n + 1):
                equations[k, j] -= fraction * equations[i, j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            equations[i, n] -= equations[i, j] * equations[j, n]
        equations[i, n] /= equations[i, i]
    return True
