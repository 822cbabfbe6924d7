"""One step of the pose solver: linearise, doubt, solve, move. Few calls on small arrays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Matrix

Array = NDArray[np.float64]

NEAREST_MM = 3.0
"""Points nearer than this, or behind the camera, are taken to be so near."""

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


def linearise(basis: Array, vertices: Array, observed: Array, pose: Matrix) -> None:
    """Fill ``basis`` with what the Jacobian's rows are made of, and the residuals.

    The step is a rotation vector about the pinhole and a translation, both in the camera's axes: what it
    does to a point depends on where the point is seen and how near it is only. With w and t the two, n the
    inverse depth and (x, y) where it is seen, the point moves by
    ``(xy wx - (1 + xx) wy - y wz + n tx + xn tz, (1 + yy) wx - xy wy + x wz + n ty + yn tz)``.

    Args:
        basis: (10, n), gets xy, 1 + xx, 1 + yy, x, y, n, xn, yn and the two residuals.
        vertices: (4, n) canonical face, the last row ones.
        observed: (2, n) landmarks on the plane a unit in front of the camera, y up.
        pose: ``camera_from_head``.
    """
    points = pose[:3].dot(vertices)
    near, seen = basis[5], basis[3:5]
    np.divide(-1.0, np.minimum(points[2], -NEAREST_MM), out=near)
    np.multiply(points[:2], near, out=seen)
    np.multiply(seen[0], seen[1], out=basis[0])
    squares = basis[1:3]
    np.multiply(seen, seen, out=squares)
    squares += 1.0
    np.multiply(seen, near, out=basis[6:8])
    np.subtract(observed, seen, out=basis[8:])


def trust_in(residual: Array, size: float) -> tuple[Array | None, float, float]:
    """(n,) 0..1, the robust kernel of the residuals, None while all are trusted; the median squared residual;
    how much longer than the step under this kernel the one to the solution is.

    If most landmarks moved together since the start, that is taken off first: it is motion, not doubt.
    While even then the median is far off, nobody is an outlier yet.

    Args:
        residual: (2, n) on the plane a unit in front of the camera.
        size: of the face there.
    """
    scale, middle = size * size, residual.shape[1] // 2
    squared = residual * residual
    off = squared[0] + squared[1]
    typical = float(np.partition(off, middle)[middle])
    if not typical < MOVED * MOVED * scale:
        u, v = residual - np.partition(residual, middle, axis=1)[:, middle, None]
        off = u * u + v * v
        typical = float(np.partition(off, middle)[middle])
        if not typical < FAR * FAR * scale:
            return None, typical, 1.0
    width = KERNEL * typical + KERNEL_FLOOR * scale
    off += width
    kernel = width / off
    kernel *= kernel
    return kernel, typical, 1.0 + REACH * typical / width


def step_from(basis: Array, unalike: Array, trust: Array | None = None) -> list[float]:
    """Rotation vector (radians) and translation (mm) to where the trusted residuals balance.

    Args:
        basis: (10, n) as ``linearise`` fills it.
        unalike: (n, n) inverse covariance of the landmarks.
        trust: (n,) 0..1, how much of each residual is believed.
    """
    trusted = basis if trust is None else basis * trust
    products = basis[:8].dot(unalike).dot(trusted.T)
    terms = products.take(_PLACES)
    terms *= _SIGNS
    equations = terms[0] + terms[1]
    step: list[float] = np.linalg.solve(equations[:, :6], equations[:, 6]).tolist()
    return step


def _assembly() -> tuple[NDArray[np.intp], Array]:
    """(2, 6, 7) by axis: where among the (8, 10) products the equations' terms stand, and their signs."""
    rows = np.array([[0, 1, 4, 5, 5, 6], [2, 0, 3, 5, 5, 7]])
    signs = np.array([[1, -1, -1, 1, 0, 1], [1, -1, 1, 0, 1, 1.0]])
    columns = np.concatenate([rows, [[8], [9]]], axis=1)
    both = np.concatenate([signs, np.ones((2, 1))], axis=1)
    products = signs[:, :, None] * both[:, None, :]
    products[:, range(6), range(6)] *= 1.0 + 1e-9  # solvable where landmarks do not decide
    return 10 * rows[:, :, None] + columns[:, None, :], products


_PLACES, _SIGNS = _assembly()


def motion(rx: float, ry: float, rz: float, tx: float, ty: float, tz: float) -> Matrix:
    """The rigid motion by a rotation vector (radians), then a translation; plain numbers are quicker."""
    squared = rx * rx + ry * ry + rz * rz
    angle = math.sqrt(squared)
    a = math.sin(angle) / angle if angle > 1e-9 else 1.0
    b = (1.0 - math.cos(angle)) / squared if angle > 1e-4 else 0.5
    xy, xz, yz = b * rx * ry, b * rx * rz, b * ry * rz
    x, y, z = a * rx, a * ry, a * rz
    xx, yy, zz = b * rx * rx, b * ry * ry, b * rz * rz
    return np.array(
        [
            [1.0 - yy - zz, xy - z, xz + y, tx],
            [xy + z, 1.0 - xx - zz, yz - x, ty],
            [xz - y, yz + x, 1.0 - xx - yy, tz],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
