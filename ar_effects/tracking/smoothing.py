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

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import AssetError
from ar_effects.face.canonical import asset_arrays, canonical_face
from ar_effects.messages import Message
from ar_effects.paths import ASSETS, RESTORE
from ar_effects.profiling.spans import stage
from ar_effects.records import LANDMARK_COUNT, Points
from ar_effects.tracking.smoothing_steps import settle, steady

LIPS, UPPER, LOWER = 0, 5, 6
EYES = (1, 2)
IRISES = (3, 4)
REGION_COUNT = 7

MIN_STEP_S, MAX_STEP_S = 1e-3, 0.25


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

    def as_array(self) -> NDArray[np.float64]:
        """(3 + regions, 3), one band a row, as ``smoothing_steps`` takes them."""
        bands = (self.position, self.turn, self.size, *self.shape)
        return np.array([(b.rest_s, b.low, b.high) for b in bands])


@lru_cache(maxsize=1)
def regions(path: Path = ASSETS / "face" / "regions.npz") -> NDArray[np.intp]:
    """(478,) the region of each landmark. Raises AssetError."""
    with asset_arrays(path, Message("asset.landmark-regions")) as data:
        region = data["region"].astype(np.intp)
    if region.shape != (LANDMARK_COUNT,) or region.max() >= REGION_COUNT:
        raise AssetError(Message("asset.regions-damaged", path=path), fix=RESTORE)
    return np.asarray(region, dtype=np.intp)


class FaceSmoother:
    """The filter of one face. ``reset`` forgets everything; the next frame passes unchanged."""

    def __init__(self, parameters: SmoothingParameters | None = None) -> None:
        self._bands = (parameters or SmoothingParameters()).as_array()
        self._region = regions()
        self._counts = np.bincount(self._region, minlength=REGION_COUNT).astype(np.float64)
        face = canonical_face()
        self._weights = face.weights / face.weights.sum()
        self._model = np.ascontiguousarray(face.vertices_mm.T)
        self._shape = np.empty((3, LANDMARK_COUNT))
        self._rotation, self._place = np.empty((3, 3)), np.empty(4)
        self.reset()

    def reset(self) -> None:
        """Start anew, as for a new face."""
        self._time_s: float | None = None

    def rescale(self, x: float, y: float) -> None:
        """Frames of the same view come so many times as wide and high from now on."""
        if self._time_s is None:
            return  # nothing is kept of any frame yet
        size = (x * y) ** 0.5
        across, down, depth, scale = self._place  # y and z point up and to the viewer
        self._place[:] = (across + 0.5) * x - 0.5, 0.5 - (0.5 - down) * y, depth * size, scale * size

    @stage("smoothing")
    def update(self, landmarks: Points, time_s: float) -> Points:
        """(478, 3) raw landmarks of one frame -> (478, 3) float32 steadied ones.

        Args:
            landmarks: pixels of the frame, finite.
            time_s: capture time; standing still or going back counts as the shortest step.
        """
        motion = self._shape, self._rotation, self._place
        if self._time_s is None:
            if settle(landmarks, self._model, self._weights, *motion):
                self._time_s = time_s
            return landmarks
        dt_s = min(max(time_s - self._time_s, MIN_STEP_S), MAX_STEP_S)
        self._time_s = max(time_s, self._time_s) if time_s - self._time_s > -MAX_STEP_S else time_s
        steadied = np.empty((LANDMARK_COUNT, 3), np.float32)
        if not steady(
            landmarks, self._weights, self._region, self._counts, self._bands, dt_s, *motion, steadied
        ):
            self.reset()
            return landmarks
        return steadied
