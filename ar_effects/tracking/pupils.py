"""How far apart this person's pupils lie: what an optician measures before lenses are cut.

The middle of an eye's opening is where gaze does not matter, but the pupil that looks ahead does not rest
there in everybody: folds and corners of lids differ, by up to two millimetres an eye. How much farther apart
(or nearer) the two pupils are than the two openings is nearly the same wherever both look together, so it is
averaged slowly: what is placed by it does not follow gaze.
"""

from __future__ import annotations

import math

import numpy as np

from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.records import Expression, Eyes, Points
from ar_effects.tracking.expression import GAZE_NEEDS

RIGHT_PUPIL, LEFT_PUPIL = 468, 473

PRIOR_S = 1.0
"""The mean face weighs as much as so long of looking: people differ by 3 %, one person's frames by 2 %."""

MEMORY_S = 60.0
"""Weight at which old looks begin to be forgotten."""

TURNED_DEG = 25.0
"""Beyond this yaw the far eye is seen too narrowly to say."""

LIMIT = 0.06
"""Nobody's pupils are farther from the mean's than this share; a single look pulls by twice that at most."""

MAX_STEP_S = 0.25


class PupilSpan:
    """One person's distance of pupils over that of eye openings, relative to the mean face's; by frames."""

    def __init__(self) -> None:
        self._mean, self._looked_s = 0.0, 0.0

    @property
    def span(self) -> float:
        """1 while nothing is known, within ``LIMIT`` of it ever."""
        off = self._mean * self._looked_s / (self._looked_s + PRIOR_S)
        return 1.0 + min(max(off, -LIMIT), LIMIT)

    def update(
        self, landmarks: Points, eyes: Eyes, expression: Expression, yaw_deg: float, step_s: float
    ) -> float:
        """Take one frame in, if it says anything, and return the span."""
        shut = min(expression.eye_open_left, expression.eye_open_right) < GAZE_NEEDS
        if shut or abs(yaw_deg) > TURNED_DEG or step_s <= 0.0:
            return self.span
        apart = landmarks[LEFT_PUPIL, :2] - landmarks[RIGHT_PUPIL, :2]
        openings = eyes.distance_px
        off = math.hypot(float(apart[0]), float(apart[1])) / max(openings, 1e-6) / MEAN - 1.0
        if math.isfinite(off) and openings > 1.0:
            off, step_s = min(max(off, -2 * LIMIT), 2 * LIMIT), min(step_s, MAX_STEP_S)
            self._looked_s = min(self._looked_s + step_s, MEMORY_S)
            self._mean += (off - self._mean) * step_s / self._looked_s
        return self.span


def _mean_span() -> float:
    vertices = canonical_face().vertices_mm
    right, left = (vertices[list(ring)].mean(axis=0) for ring in (RIGHT_EYE_RING, LEFT_EYE_RING))
    pupils = vertices[LEFT_PUPIL] - vertices[RIGHT_PUPIL]
    return float(np.hypot(*pupils[:2]) / np.hypot(*(left - right)[:2]))


MEAN = _mean_span()
"""Of the mean face: its pupils lie 63.0 mm apart, the middles of its openings 63.4."""
