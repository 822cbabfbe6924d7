"""Least-squares similarity between point sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.rotations import Rotation


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """``target = scale * rotation @ source + translation``."""

    scale: float
    rotation: Rotation
    translation: NDArray[np.float64]

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, d) points in the source frame -> (n, d) in the target frame."""
        return np.asarray(self.scale * (points @ self.rotation.T) + self.translation, dtype=np.float64)


def fit_similarity(
    source: NDArray[np.floating], target: NDArray[np.floating], weights: NDArray[np.floating] | None = None
) -> Similarity:
    """The proper similarity that takes (n, d) ``source`` nearest to ``target`` in weighted least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
    """
    a, b = np.asarray(source, np.float64), np.asarray(target, np.float64)
    w = (
        np.full(len(a), 1.0 / len(a))
        if weights is None
        else np.asarray(weights, np.float64) / np.sum(weights)
    )
    mean_a, mean_b = w @ a, w @ b
    a, b = a - mean_a, b - mean_b
    weighted = a * w[:, None]
    u, s, vt = np.linalg.svd(b.T @ weighted)
    if np.linalg.det(u @ vt) < 0:  # the nearest orthogonal matrix is a reflection: turn the weakest axis
        u[:, -1] *= -1.0
        s[-1] *= -1.0
    rotation = u @ vt
    scale = float(s.sum()) / max(float(np.vdot(weighted, a)), 1e-300)
    return Similarity(scale, rotation, mean_b - scale * rotation @ mean_a)
