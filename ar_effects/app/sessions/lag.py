"""How late the steadied eye anchors are behind the landmarks that the network gave for the same frames.

The motion of the steadied anchors is correlated with that of the raw ones, shifted frame by frame, and
the shift at which they agree best is found between frames by a parabola through the highest three values.
Knapp & Carter, "The generalized correlation method for estimation of time delay", 1976; Jacovitti &
Scarano, "Discrete time techniques for time delay estimation", 1993.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.app.sessions.figures import Seen

Array = NDArray[np.float64]

REACH_FRAMES = 8
"""Shifts tried, to either side."""

GAP_S = 0.25
"""A face not seen for longer begins a new run."""

EVEN = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
"""Both tracks are averaged so: it delays neither, and takes out most of the noise that they share, which
would pull the lag toward 0."""

MIN_SPEED = 0.05
"""Root mean square speed of the anchors, eye distances a second, below which there is no motion to time."""

MIN_CORRELATION = 0.5


@dataclass(frozen=True, slots=True)
class Lag:
    """The delay of the steadied eye anchors; all None where nothing moved enough to tell.

    Attributes:
        seconds: > 0 where the steadied anchors come later than the raw ones.
        frames: the same in frames of the median length.
        correlation: of the two motions at that shift, -1..1.
    """

    seconds: float | None = None
    frames: float | None = None
    correlation: float | None = None


def measure_lag(frames: Sequence[tuple[float, Sequence[Seen]]]) -> Lag:
    """The lag over all faces, each weighted by how much it moved.

    Uneven times are brought to the median frame length by straight lines, in both tracks alike.

    Args:
        frames: (time in seconds, faces seen) of every frame in order; without ``raw_eyes`` they do not count.
    """
    runs = [run for run in _runs(frames) if len(run) > 2 * REACH_FRAMES + len(EVEN)]
    if not runs:
        return Lag()
    step_s = float(np.median(np.concatenate([np.diff([t for t, _ in run]) for run in runs])))
    shifts = np.arange(-REACH_FRAMES, REACH_FRAMES + 1)
    common, raw_energy = np.zeros(len(shifts)), np.zeros(len(shifts))
    energy, count = 0.0, 0
    for run in runs:
        steadied, raw = _velocities(run, step_s)
        inner = slice(REACH_FRAMES, len(steadied) - REACH_FRAMES)
        now = steadied[inner]
        for i, shift in enumerate(shifts):
            before = raw[inner.start - shift : inner.stop - shift]
            common[i] += float(np.vdot(now, before))
            raw_energy[i] += float(np.vdot(before, before))
        energy += float(np.vdot(now, now))
        count += 2 * len(now)
    if not count or np.sqrt(energy / count) < MIN_SPEED or not raw_energy.min() > 0.0:
        return Lag()
    correlation = common / np.sqrt(energy * raw_energy)
    peak = int(np.argmax(correlation))
    if correlation[peak] < MIN_CORRELATION or peak in (0, len(shifts) - 1):
        return Lag()
    left, top, right = correlation[peak - 1 : peak + 2]
    bend = left - 2.0 * top + right
    late = float(shifts[peak]) + (0.5 * float((left - right) / bend) if bend < 0.0 else 0.0)
    return Lag(late * step_s, late, float(top))


def _runs(frames: Sequence[tuple[float, Sequence[Seen]]]) -> Iterator[list[tuple[float, Seen]]]:
    """Every face's frames without a gap."""
    open_runs: dict[int, list[tuple[float, Seen]]] = {}
    for time_s, faces in frames:
        for face in faces:
            run = open_runs.setdefault(face.id, [])
            if run and not 0.0 < time_s - run[-1][0] < GAP_S:
                yield run
                run = open_runs[face.id] = []
            if face.raw_eyes is not None:
                run.append((time_s, face))
    yield from open_runs.values()


def _velocities(run: list[tuple[float, Seen]], step_s: float) -> tuple[Array, Array]:
    """(n, 4) steadied and raw anchors' motion, eye distances a second, at even times and without its mean."""
    times = np.array([t for t, _ in run])
    distance = float(np.median([face.eye_distance for _, face in run]))
    even = np.arange(times[0], times[-1] + 0.5 * step_s, step_s)

    def motion(eyes: list[Array]) -> Array:
        columns = np.array(eyes).reshape(len(run), 4).T / distance
        tracks = [np.convolve(np.interp(even, times, c), EVEN, mode="valid") for c in columns]
        velocity = np.diff(np.array(tracks).T, axis=0) / step_s
        return np.asarray(velocity - velocity.mean(axis=0))

    return motion([face.eyes for _, face in run]), motion(
        [f.raw_eyes for _, f in run if f.raw_eyes is not None]
    )
