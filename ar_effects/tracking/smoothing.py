"""Steadies landmarks without making them late.

A frame's landmarks are split into the head's rigid motion (position, turn and size, averaged over
hundreds of points and so nearly free of noise) and the local shape that is left in the head's own
frame. Either is a first-order low pass whose strength depends on its innovation, how far the new
value lies from the filtered one: what stays within the noise is averaged over many frames, what
leaves it is followed at once. That is the One-Euro idea (Casiez et al., "1 Euro filter", 2012) with
the innovation in the speed's place: it needs no derivative, and so neither lags behind a sudden step
nor takes noise for speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import AssetError
from ar_effects.geometry.rotations import rotation_from_vector, vector_from_rotation
from ar_effects.geometry.similarity import Similarity, fit_similarity, similarity_from_moments
from ar_effects.paths import ASSETS
from ar_effects.profiling.marks import stage
from ar_effects.records import LANDMARK_COUNT, Points
from ar_effects.tracking.canonical import asset_arrays, canonical_face

LIPS, UPPER, LOWER = 0, 5, 6
EYES = (1, 2)
IRISES = (3, 4)
REGION_COUNT = 7

TO_HEAD_AXES = np.array([[1.0], [-1.0], [-1.0]])
"""Landmarks have y down and z away from the viewer; the head frame has y up and z toward the viewer."""

PUPIL_DISTANCE_MM = 63.0


@dataclass(frozen=True, slots=True)
class Band:
    """How one quantity is filtered; innovations are in shares of the eye distance (or radians).

    Attributes:
        rest_s: time constant while the innovation stays below ``low``.
        low, high: from ``low`` on the filter opens, at ``high`` it lets everything through.
    """

    rest_s: float
    low: float
    high: float

    def gain(self, innovation: float, dt_s: float) -> float:
        """0..1: the share of the innovation that is taken over."""
        rest = -math.expm1(-dt_s / self.rest_s)
        opened = min(max((innovation - self.low) / (self.high - self.low), 0.0), 1.0)
        return rest + (1.0 - rest) * opened * opened * (3.0 - 2.0 * opened)


@dataclass(frozen=True, slots=True)
class SmoothingParameters:
    """One setting for rest, motion and steps; measured by ``benchmarks/steadiness.py``."""

    position: Band = Band(0.16, 0.009, 0.025)
    turn: Band = Band(0.20, 0.014, 0.035)
    size: Band = Band(0.20, 0.009, 0.022)
    shape: tuple[Band, ...] = field(
        default_factory=lambda: (
            Band(0.20, 0.0155, 0.045),  # lips
            Band(0.16, 0.0130, 0.033),  # eyes: tighter, since they anchor
            Band(0.16, 0.0130, 0.033),
            Band(0.12, 0.0130, 0.040),  # irises
            Band(0.12, 0.0130, 0.040),
            Band(0.25, 0.0155, 0.052),  # upper face
            Band(0.25, 0.0180, 0.058),  # jaw
        )
    )


@lru_cache(maxsize=1)
def regions(path: Path = ASSETS / "face" / "regions.npz") -> NDArray[np.intp]:
    """(478,) the region of each landmark. Raises AssetError."""
    with asset_arrays(path, "The list of the landmarks' regions") as data:
        region = data["region"].astype(np.intp)
    if region.shape != (LANDMARK_COUNT,) or region.max() >= REGION_COUNT:
        raise AssetError(f"The landmarks' regions {path} are damaged", fix="git checkout -- assets")
    return np.asarray(region, dtype=np.intp)


class FaceSmoother:
    """The filter of one face. ``reset`` forgets everything; the next frame passes unchanged."""

    def __init__(self, parameters: SmoothingParameters | None = None) -> None:
        self._parameters = parameters or SmoothingParameters()
        self._region = regions()
        self._counts = np.bincount(self._region, minlength=REGION_COUNT)
        weights = canonical_face().weights
        self._weights = weights / weights.sum()
        # Coordinates first, and what is multiplied together side by side: half the time of (478, 3).
        self._seen_and_shape = np.zeros((6, LANDMARK_COUNT))
        self._seen, self._shape = self._seen_and_shape[:3], self._seen_and_shape[3:]
        self._weighted = np.empty((4, LANDMARK_COUNT))
        self._weighted[3] = self._weights
        self.reset()

    def reset(self) -> None:
        """Start anew, as for a new face."""
        self._rigid: Similarity | None = None
        self._time_s = 0.0

    @stage("smoothing")
    def update(self, landmarks: Points, time_s: float) -> Points:
        """(478, 3) raw landmarks of one frame -> (478, 3) float32 steadied ones.

        Args:
            landmarks: pixels of the frame, finite.
            time_s: capture time; standing still or going back counts as the shortest step.
        """
        seen = np.multiply(landmarks.T, TO_HEAD_AXES, out=self._seen)
        if float(seen[0].max() - seen[0].min()) < MIN_FACE_PX:  # a point has no size to measure anything by
            self.reset()
            return landmarks
        if self._rigid is None:
            self._rigid = fit_similarity(canonical_face().vertices_mm, seen.T, self._weights)
            self._shape[:] = _into(self._rigid, seen)
            self._time_s = time_s
            return landmarks
        dt_s = min(max(time_s - self._time_s, MIN_STEP_S), MAX_STEP_S)
        self._time_s = max(time_s, self._time_s) if time_s - self._time_s > -MAX_STEP_S else time_s
        # Aligned with the person's own filtered shape: its expression then moves the head least.
        measured = self._measure()
        self._rigid = self._steady_rigid(self._rigid, measured, dt_s)
        self._steady_shape(_into(measured, seen), dt_s)
        rigid = self._rigid
        steadied = (TO_HEAD_AXES * rigid.scale * rigid.rotation) @ self._shape
        steadied += TO_HEAD_AXES * rigid.translation[:, None]
        return np.ascontiguousarray(steadied.T, dtype=np.float32)

    def _measure(self) -> Similarity:
        """The similarity that takes the filtered shape nearest to what is seen."""
        np.multiply(self._shape, self._weights, out=self._weighted[:3])
        sums = self._weighted @ self._seen_and_shape.T  # (4, 6)
        mean_seen, mean_shape = sums[3, :3], sums[3, 3:]
        covariance = sums[:3, :3].T - mean_seen[:, None] * mean_shape
        variance = float(sums[0, 3] + sums[1, 4] + sums[2, 5] - mean_shape @ mean_shape)
        return similarity_from_moments(covariance, variance, mean_shape, mean_seen)

    def _steady_rigid(self, old: Similarity, new: Similarity, dt_s: float) -> Similarity:
        p = self._parameters
        eye_px = PUPIL_DISTANCE_MM * old.scale
        shift = new.translation - old.translation
        moved = math.hypot(float(shift[0]), float(shift[1])) / eye_px
        turn = vector_from_rotation(new.rotation @ old.rotation.T)
        grown = math.log(new.scale / old.scale)
        translation = old.translation + p.position.gain(moved, dt_s) * shift
        turned = p.turn.gain(math.sqrt(float(turn @ turn)), dt_s) * turn
        scale = old.scale * math.exp(p.size.gain(abs(grown), dt_s) * grown)
        return Similarity(scale, rotation_from_vector(turned) @ old.rotation, translation)

    def _steady_shape(self, shape: NDArray[np.float64], dt_s: float) -> None:
        """Each region by its own mean innovation, so that a blink opens the eye's filter only."""
        difference = np.subtract(shape, self._shape, out=shape)
        x, y = difference[0], difference[1]
        mean = np.bincount(self._region, x * x + y * y, REGION_COUNT) / self._counts
        gains = np.array(
            [
                band.gain(math.sqrt(square) / PUPIL_DISTANCE_MM, dt_s)
                for band, square in zip(self._parameters.shape, mean.tolist(), strict=True)
            ]
        )
        difference *= gains[self._region]
        self._shape += difference


MIN_STEP_S, MAX_STEP_S = 1e-3, 0.25
MIN_FACE_PX = 1.0


def _into(rigid: Similarity, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, n) points in the rigid motion's own frame."""
    return (rigid.rotation.T / rigid.scale) @ (points - rigid.translation[:, None])
