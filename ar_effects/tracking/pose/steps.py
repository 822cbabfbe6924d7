"""The pose solver's loops, compiled: linearise, doubt, solve, move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.geometry.small import solve, write_product, write_rotation
from ar_effects.records import Matrix
from ar_effects.tracking.pose.view import MIN_DEPTH_MM, in_view

Array = NDArray[np.float64]

NEAREST_MM = 3.0
"""Points nearer than this, or behind the camera, are taken to be so near."""

MAX_ITERATIONS = 24

KERNEL = 15.0
"""Width of the robust kernel over the median squared residual: 2.5 times the typical one counts half."""

KERNEL_FLOOR = 2e-3
"""Squared residuals of this share of the face's squared spread (2 mm) are hardly doubted, however well the
other landmarks fit: so far people differ."""

REACH = 1.0
"""A pull falls as its residual grows, which the step under a fixed kernel does not know: it is longer by this
times the typical squared residual over the kernel's width. 2.5 would leave least, and most of the noise."""

FAR = 0.08
"""Median residual, as a share of the face's spread, above which a step is taken without the kernel."""

MOVED = 0.04
"""Median residual, as a share of the face's spread, above which common motion is taken off first."""

XY, XX, YY, X, Y, N, XN, YN, LEFT_X, LEFT_Y = range(10)
"""Rows of a basis, see ``linearise``."""


@compiled
def linearise(basis: Array, vertices: Array, observed: Array, pose: Matrix) -> None:
    """Fill ``basis`` with what the Jacobian's rows are made of, and the residuals.

    The step is a rotation vector about the pinhole and a translation, both in the camera's axes: what it
    does to a point depends on where the point is seen and how near it is only. With w and t the two, n the
    inverse depth and (x, y) where it is seen, the point moves by
    ``(xy wx - (1 + xx) wy - y wz + n tx + xn tz, (1 + yy) wx - xy wy + x wz + n ty + yn tz)``.

    Args:
        basis: (10, n), gets xy, 1 + xx, 1 + yy, x, y, n, xn, yn and the two residuals.
        vertices: (3, n) canonical face.
        observed: (2, n) landmarks on the plane a unit in front of the camera, y up.
        pose: ``camera_from_head``.
    """
    for k in range(vertices.shape[1]):
        a, b, c = vertices[0, k], vertices[1, k], vertices[2, k]
        depth = pose[2, 0] * a + pose[2, 1] * b + pose[2, 2] * c + pose[2, 3]
        n = -1.0 / min(depth, -NEAREST_MM)
        x = n * (pose[0, 0] * a + pose[0, 1] * b + pose[0, 2] * c + pose[0, 3])
        y = n * (pose[1, 0] * a + pose[1, 1] * b + pose[1, 2] * c + pose[1, 3])
        basis[XY, k], basis[XX, k], basis[YY, k] = x * y, 1.0 + x * x, 1.0 + y * y
        basis[X, k], basis[Y, k], basis[N, k] = x, y, n
        basis[XN, k], basis[YN, k] = x * n, y * n
        basis[LEFT_X, k], basis[LEFT_Y, k] = observed[0, k] - x, observed[1, k] - y


@compiled
def trust_in(basis: Array, size: float, trust: Array) -> tuple[float, float]:
    """The robust kernel of the residuals.

    If most landmarks moved together since the start, that is taken off first: it is motion, not doubt.
    While even then the median is far off, nobody is an outlier yet.

    Args:
        basis: (10, n) as ``linearise`` fills it.
        size: of the face on the plane a unit in front of the camera.
        trust: (n,), gets 0..1.

    Returns:
        The median squared residual; how much longer than the step under this kernel the one to the solution
        is.
    """
    scale = size * size
    typical = _squared(basis, 0.0, 0.0, trust)
    if not typical < MOVED * MOVED * scale:
        typical = _squared(basis, _middle(basis[LEFT_X]), _middle(basis[LEFT_Y]), trust)
        if not typical < FAR * FAR * scale:
            trust[:] = 1.0
            return typical, 1.0
    width = KERNEL * typical + KERNEL_FLOOR * scale
    for k in range(len(trust)):
        kernel = width / (trust[k] + width)
        trust[k] = kernel * kernel
    return typical, 1.0 + REACH * typical / width


@compiled
def _squared(basis: Array, u: float, v: float, off: Array) -> float:
    """Fill ``off`` with the squared residuals about a common motion; their median."""
    for k in range(len(off)):
        x, y = basis[LEFT_X, k] - u, basis[LEFT_Y, k] - v
        off[k] = x * x + y * y
    return _middle(off)


@compiled
def _middle(values: Array) -> float:
    """The upper median, by Hoare's "Algorithm 65: FIND", 1961; numpy's own takes seconds to compile."""
    v = values.copy()
    middle, low, high = len(v) // 2, 0, len(v) - 1
    while low < high:
        pivot, i, j = v[middle], low, high
        while i <= j:
            while v[i] < pivot:
                i += 1
            while pivot < v[j]:
                j -= 1
            if i <= j:
                v[i], v[j] = v[j], v[i]
                i += 1
                j -= 1
        if j < middle:
            low = i
        if middle < i:
            high = j
    return float(v[middle])


@compiled
def step_from(basis: Array, unalike: Array, trust: Array) -> Array:
    """Rotation vector (radians) and translation (mm) to where the trusted residuals balance; else zeros.

    Args:
        basis: (10, n) as ``linearise`` fills it.
        unalike: (n, n) inverse covariance of the landmarks.
        trust: (n,) 0..1, how much of each residual is believed.
    """
    count = len(trust)
    # In such an order that the inner loops run along rows: as quick as a library's.
    pulled, trusted = np.zeros((8, count)), np.empty((count, 10))
    for i in range(8):
        for k in range(count):
            factor = basis[i, k]
            for j in range(count):
                pulled[i, j] += factor * unalike[k, j]
    for k in range(count):
        for j in range(10):
            trusted[k, j] = trust[k] * basis[j, k]
    products = np.zeros((8, 10))
    for i in range(8):
        for k in range(count):
            for j in range(10):
                products[i, j] += pulled[i, k] * trusted[k, j]
    equations = np.zeros((6, 7))
    for axis in range(2):
        for i in range(6):
            row, sign = ROWS[axis, i], SIGNS[axis, i]
            for j in range(6):
                equations[i, j] += sign * SIGNS[axis, j] * products[row, ROWS[axis, j]]
            equations[i, 6] += sign * products[row, LEFT_X + axis]
    for i in range(6):
        equations[i, i] *= 1.0 + 1e-9  # solvable where landmarks do not decide
    if not solve(equations):
        return np.zeros(6)
    return equations[:, 6].copy()


ROWS = np.array([[XY, XX, Y, N, N, XN], [YY, XY, X, N, N, YN]])
SIGNS = np.array([[1.0, -1.0, -1.0, 1.0, 0.0, 1.0], [1.0, -1.0, 1.0, 0.0, 1.0, 1.0]])
"""Of the Jacobian by axis: which rows of the basis its columns are, and with what sign."""


@compiled
def move(pose: Matrix, step: Array) -> None:
    """Apply a step to a pose, in place.

    Args:
        pose: ``camera_from_head``.
        step: rotation vector (radians) and translation (mm) in the camera's axes.
    """
    turn, before = np.empty((3, 3)), pose.copy()
    write_rotation(step[0], step[1], step[2], turn)
    x, y, z = pose[0, 3], pose[1, 3], pose[2, 3]
    write_product(turn, before, pose)
    for i in range(3):
        pose[i, 3] = turn[i, 0] * x + turn[i, 1] * y + turn[i, 2] * z + step[3 + i]


@compiled
def refine(
    observed: Array,
    vertices: Array,
    normals: Array,
    heights: Array,
    weights: Array,
    unalike: Array,
    size: float,
    enough_rad: float,
    enough_mm: float,
    pose: Matrix,
) -> tuple[float, float, float]:
    """Robust Gauss-Newton.

    Args:
        observed: (2, n) landmarks on the plane a unit in front of the camera, y up.
        vertices: (3, n) canonical face, millimetres.
        normals: (n, 3) as ``in_view`` takes them.
        heights: (n,) likewise.
        weights: (n,) sum 1.
        unalike: (n, n) inverse covariance of the landmarks.
        size: of the face, millimetres.
        enough_rad: a step that turns by less, and
        enough_mm: moves by less, is the last.
        pose: ``camera_from_head`` to start from, brought to the solution.

    Returns:
        Weighted mean squared residuals across and along on the plane a unit in front of the camera; the
        median of their sum.
    """
    count = observed.shape[1]
    basis, trust, facing = np.empty((10, count)), np.empty(count), np.empty(count)
    hides = in_view(normals, heights, pose, facing)
    typical = 0.0
    for _ in range(MAX_ITERATIONS):
        linearise(basis, vertices, observed, pose)
        typical, reach = trust_in(basis, size / pose[2, 3], trust)
        if hides:
            for k in range(count):
                trust[k] *= facing[k]
        step = step_from(basis, unalike, trust)
        for i in range(6):
            step[i] *= reach
        x, y, z = pose[0, 3], pose[1, 3], pose[2, 3]
        move(pose, step)
        if not pose[2, 3] < -MIN_DEPTH_MM:
            pose[2, 3] = -MIN_DEPTH_MM
        turned = max(abs(step[0]), abs(step[1]), abs(step[2]))
        moved = max(abs(pose[0, 3] - x), abs(pose[1, 3] - y), abs(pose[2, 3] - z))
        if turned < enough_rad and moved < enough_mm:
            break
    _straighten(pose)
    linearise(basis, vertices, observed, pose)
    u, v = 0.0, 0.0
    for k in range(count):
        u += weights[k] * basis[LEFT_X, k] * basis[LEFT_X, k]
        v += weights[k] * basis[LEFT_Y, k] * basis[LEFT_Y, k]
    return u, v, typical


@compiled
def _straighten(pose: Matrix) -> None:
    """One step of Newton's iteration for the nearest rotation: takes off what multiplications added up."""
    r, square = pose.copy(), np.empty((3, 3))
    write_product(r.T, r, square)
    for i in range(3):
        for j in range(3):
            square[i, j] = (1.5 if i == j else 0.0) - 0.5 * square[i, j]
    write_product(r, square, pose)
