"""Texture coordinates of our own for the face mesh.

A harmonic-like map with mean value weights (Floater, "Mean value coordinates", 2003): the outline
lies on a convex curve, every inner point is a positive average of its neighbours, so no triangle
can flip. The weights keep the shapes of triangles, the outline keeps the outline's arc lengths.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, eye
from scipy.sparse.linalg import spsolve

BORDER = 0.02
"""Left free around the face in the texture, for filtering."""


def unwrap(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.uint32],
    outline: list[int],
    mirror: NDArray[np.int64],
) -> NDArray[np.float32]:
    """(n, 2) in 0..1, (0, 0) the top left; symmetric about u = 0.5."""
    count = len(vertices)
    uv = np.zeros((count, 2))
    uv[outline] = _outline_places(vertices, outline)
    rows, columns, values = [], [], []
    totals = np.zeros(count)
    for t in triangles.astype(int):
        for k in range(3):
            i, j, m = t[k], t[(k + 1) % 3], t[(k + 2) % 3]
            a, b = vertices[j] - vertices[i], vertices[m] - vertices[i]
            la, lb = np.linalg.norm(a), np.linalg.norm(b)
            half = np.tan(0.5 * np.arccos(np.clip(a @ b / (la * lb), -1, 1)))
            for other, length in ((j, la), (m, lb)):
                rows.append(i)
                columns.append(other)
                values.append(half / length)
                totals[i] += half / length
    inner = np.ones(count, bool)
    inner[outline] = False
    scaled = [v / totals[r] if inner[r] else 0.0 for r, v in zip(rows, values, strict=True)]
    system = eye(count, format="csr") - csr_matrix((scaled, (rows, columns)), shape=(count, count))
    right = np.where(inner[:, None], 0.0, uv)
    uv = np.column_stack([spsolve(system.tocsc(), right[:, k]) for k in range(2)])
    mirrored = uv[mirror[:count]] * np.array([-1.0, 1.0]) + np.array([1.0, 0.0])
    return np.asarray((uv + mirrored) / 2, dtype=np.float32)


def _outline_places(vertices: NDArray[np.float64], outline: list[int]) -> NDArray[np.float64]:
    """The outline on an ellipse as wide and high as the unrolled face, by arc length from its top."""
    points = vertices[outline]
    steps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)[:-1]]) / steps.sum()
    top = int(points[:, 1].argmax())
    clockwise = 1.0 if points[(top + len(points) // 4) % len(points), 0] > 0 else -1.0
    angle = 2 * np.pi * (along - along[top]) * clockwise
    radius = 0.5 - BORDER
    return np.column_stack([0.5 + radius * np.sin(angle), 0.5 - radius * np.cos(angle)])
