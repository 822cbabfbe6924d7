"""Who is who: assigns the faces found in a frame to the tracks that were being followed.

Faces are found in the regions of their tracks, so as long as nobody comes near anybody else, each
belongs to the track it was found for. When faces touch, cross or come back, three things decide
together: where the track was expected, how large it was, and what it looked like.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Points
from ar_effects.tracking.track import Track, extent_of

SAME_PLACE = 0.6
"""Two findings nearer than this many face sizes are one face seen twice."""

INSIDE = 1.15
"""Farthest reach of a face inside of another, in sizes of the other: well within its outline."""

CONTACT = 3.2
"""Within so many face sizes of each other, faces may be taken for one another."""

REACH = 3.0
"""A face that was lost may come back so many face sizes from where it was expected."""

LOOKS_WEIGHT = 2.0
SIZE_WEIGHT = 2.0
MAX_COST = 3.5
LOOKS_LIMIT = 1.35
"""Thumbnails farther apart than this (mean absolute difference in units of contrast) are other people,
unless the track was seen a moment ago: a hand, or another's head in front, changes looks as much."""

FRESH_S = 0.12
SPREAD_PER_S = 3.0
"""How fast the place where an unseen face is expected becomes uncertain."""


@dataclass(eq=False)
class Observation:
    """A face found in this frame.

    Attributes:
        landmarks, score: of the mesh network.
        track: the track in whose region it was found; None for a new detection.
        appearance: its thumbnail; None where nobody is near.
    """

    landmarks: Points
    score: float
    track: Track | None
    appearance: NDArray[np.float32] | None = None

    @cached_property
    def extent(self) -> tuple[float, float, float]:
        """Middle x, y and size of the face, pixels; measured once, when more than one face is there."""
        return extent_of(self.landmarks)


def suppress_duplicates(observations: Sequence[Observation]) -> list[Observation]:
    """The findings without doubles: of two in one place the followed stays, then the better scored.

    A new face that lies wholly inside of another is a part of it that looks like a face.
    """
    kept: list[Observation] = []
    for observation in sorted(observations, key=lambda f: (f.track is None, -f.score)):
        x, y, size = observation.extent
        if all(
            math.hypot(x - kx, y - ky) > SAME_PLACE * min(size, k_size)
            for kx, ky, k_size in (k.extent for k in kept)
        ):
            kept.append(observation)
    return [f for f in kept if f.track is not None or not any(_lies_in(f, k) for k in kept if k is not f)]


def _lies_in(inner: Observation, outer: Observation) -> bool:
    (x, y, size), (outer_x, outer_y, outer_size) = inner.extent, outer.extent
    return math.hypot(x - outer_x, y - outer_y) + size < INSIDE * outer_size


def in_contact(tracks: Sequence[Track], observations: Sequence[Observation], time_s: float) -> bool:
    """Whether anybody could be taken for anybody else: then looks are worth their cost."""
    places = [(*t.expected(time_s), t.size) for t in tracks]
    places += [f.extent for f in observations if f.track is None]
    return any(
        math.hypot(x - other_x, y - other_y) < CONTACT * max(size, other_size)
        for i, (x, y, size) in enumerate(places)
        for other_x, other_y, other_size in places[:i]
    )


def associate(
    tracks: Sequence[Track], observations: Sequence[Observation], time_s: float
) -> dict[int, Track]:
    """Index of a finding -> the track it belongs to; what is left out is new, or not seen.

    Pairs are taken in order of their cost; with a handful of faces that is as good as the optimum and
    keeps a clear pair from being broken for the sake of two doubtful ones.
    """
    pairs = []
    for i, observation in enumerate(observations):
        for track in tracks:
            cost = pair_cost(track, observation, time_s)
            if cost < MAX_COST:
                pairs.append((cost, i, track))
    result: dict[int, Track] = {}
    taken: set[int] = set()
    for _, i, track in sorted(pairs, key=lambda p: p[:2]):
        if i not in result and track.id not in taken:
            result[i] = track
            taken.add(track.id)
    return result


def pair_cost(track: Track, observation: Observation, time_s: float) -> float:
    """How unlikely it is that the finding is the track's face; infinite where it cannot be."""
    size = track.size
    x, y, other = observation.extent
    unseen_s = max(time_s - track.seen_s, 0.0)
    expected_x, expected_y = track.expected(time_s)
    away = math.hypot(expected_x - x, expected_y - y) / max(size, 1e-6)
    away /= 1.0 + SPREAD_PER_S * max(unseen_s - FRESH_S, 0.0)
    if away > REACH:
        return math.inf
    cost = away + SIZE_WEIGHT * abs(math.log(max(other, 1e-6) / max(size, 1e-6)))
    if track.appearance is not None and observation.appearance is not None:
        difference = float(np.abs(track.appearance - observation.appearance).mean())
        if difference > LOOKS_LIMIT and unseen_s > FRESH_S:
            return math.inf
        cost += LOOKS_WEIGHT * difference
    return cost
