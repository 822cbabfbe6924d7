"""Least-squares similarity between point sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.rotations import Rotation


@dataclass(frozen=True, slots=True)
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
    return similarity_from_moments(b.T @ weighted, float(np.vdot(weighted, a)), mean_a, mean_b)


def similarity_from_moments(
    covariance: NDArray[np.float64], variance: float, mean_a: NDArray[np.float64], mean_b: NDArray[np.float64]
) -> Similarity:
    """The same from weighted sums: for callers who have them more cheaply.

    Args:
        covariance: (d, d) of target (rows) and source (columns) about their means.
        variance: of the source about its mean, over all axes.
        mean_a: (d,) of the source.
        mean_b: (d,) of the target.
    """
    u, s, vt = np.linalg.svd(covariance)
    if np.linalg.det(u @ vt) < 0:  # the nearest orthogonal matrix is a reflection: turn the weakest axis
        u[:, -1] *= -1.0
        s[-1] *= -1.0
    rotation = u @ vt
    scale = float(s.sum()) / max(variance, 1e-300)
    return Similarity(scale, rotation, mean_b - scale * rotation @ mean_a)
