"""Particles in motion: arrays made once, the same on every machine and (nearly) at every frame rate.

Constant pull and drag are integrated exactly (the linear equation's own solution), so how long the steps
are does not matter to them; turbulence is a push at each step, and long steps are cut. The k-th particle
always gets the same random numbers, however many are born together.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import PARTICLE_COLUMNS

Floats = NDArray[np.float32]

LONGEST_STEP_S = 1.0 / 30.0
RANDOMS = 12
"""Of each particle, 0..1: three for its place, two for its direction, then speed, life, size, spin, tumbling,
first angle, and what is its own."""

# rows of a swarm's array: places and velocities take three each
_X, _VX, _SHARE, _AGING, _SIZE, _ANGLE, _TUMBLE = 0, 3, 6, 7, 8, 9, 10
_OWN, _SPIN, _TUMBLING, _ROWS = 11, 12, 13, 14
_INDEX_BITS = 14
MAX_PARTICLES = 10_000
assert MAX_PARTICLES < 1 << _INDEX_BITS

Span = tuple[float, float]
Place = Callable[[Floats, Floats], tuple[NDArray[np.floating], NDArray[np.floating]]]
"""(k, RANDOMS) random numbers and (k,) shares of the step at which each is born ->
(3, k) places in mm and (3, k) unit directions."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How particles live and move; millimetres, seconds, radians.

    Attributes:
        life_s, speed_mm_s, size_mm, spin, tumbling: lowest and highest.
        pull_mm_s2: acceleration of all.
        wind_mm_s: of the air, which takes them along by ``drag_per_s``.
        drag_per_s: share of the speed through the air that is lost, a second.
        turbulence_mm_s2: how strongly the air pushes about, and ``whirl_mm``, how large its whirls are.
    """

    life_s: Span = (1.0, 1.0)
    speed_mm_s: Span = (0.0, 0.0)
    size_mm: Span = (10.0, 10.0)
    spin: Span = (0.0, 0.0)
    tumbling: Span = (0.0, 0.0)
    pull_mm_s2: tuple[float, float, float] = (0.0, 0.0, 0.0)
    wind_mm_s: tuple[float, float, float] = (0.0, 0.0, 0.0)
    drag_per_s: float = 0.0
    turbulence_mm_s2: float = 0.0
    whirl_mm: float = 80.0


IN_FLIGHT = 3
"""Draw lists that may be there at once: one being drawn, one that waits, one being made."""


class Swarm:
    """At most ``capacity`` particles; who would be one too many is not born.

    Attributes:
        count: how many there are, a few of which may have just died.
    """

    def __init__(self, motion: Motion, capacity: int, seed: int = 0) -> None:
        self.motion = motion
        self.count = 0
        self._capacity = capacity
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._rows = np.zeros((_ROWS, capacity), np.float32)
        self._scratch = np.empty((4, capacity), np.float32)
        self._dead = np.empty(capacity, np.bool_)
        made = (np.empty((capacity, PARTICLE_COLUMNS), np.float32) for _ in range(IN_FLIGHT))
        self._drawn: deque[Floats] = deque(made)
        self._order = np.empty(capacity, np.int64)
        self._index = np.arange(capacity, dtype=np.int64)
        self._clock_s = 0.0
        self._owed = 0.0

    def clear(self) -> None:
        """Nobody is left."""
        self.count, self._owed = 0, 0.0

    def step(self, step_s: float, rate_per_s: float, place: Place, burst: int = 0) -> None:
        """Live on.

        Args:
            step_s: how long.
            rate_per_s: how many are born a second, evenly spread over the step.
            place: where they are born.
            burst: how many more are born at the step's end.
        """
        parts = max(1, math.ceil(step_s / LONGEST_STEP_S - 1e-6))
        part_s = step_s / parts
        for i in range(parts):
            self._live(part_s)
            self._bury()
            self._be_born(part_s, rate_per_s, place, i / parts, 1.0 / parts)
        if burst > 0:
            self._add(place, np.full(burst, 1.0, np.float32), np.zeros(burst, np.float32))

    def _be_born(self, step_s: float, rate: float, place: Place, from_share: float, fraction: float) -> None:
        before = self._owed
        self._owed += rate * step_s
        number = int(self._owed)
        if number == 0:
            return
        # the moments at which what is owed becomes whole
        moments = (np.arange(1, number + 1, dtype=np.float32) - np.float32(before)) / np.float32(
            rate * step_s
        )
        self._owed -= number
        self._add(place, from_share + fraction * moments, (1.0 - moments) * np.float32(step_s))

    def _add(self, place: Place, born: Floats, ages_s: Floats) -> None:
        drawn = self._random.random((len(born), RANDOMS), dtype=np.float32)
        number = min(len(born), self._capacity - self.count)
        if number <= 0:
            return
        drawn, ages_s = drawn[:number], ages_s[:number]
        m, rows = self.motion, self._rows[:, self.count : self.count + number]
        places, directions = place(drawn, born[:number])
        rows[_X : _X + 3] = places
        rows[_VX : _VX + 3] = directions
        rows[_VX : _VX + 3] *= _within(m.speed_mm_s, drawn[:, 5])
        rows[_AGING] = 1.0 / np.maximum(_within(m.life_s, drawn[:, 6]), 1e-3)
        rows[_SHARE] = ages_s * rows[_AGING]
        rows[_SIZE] = _within(m.size_mm, drawn[:, 7])
        rows[_SPIN] = _within(m.spin, drawn[:, 8])
        rows[_TUMBLING] = _within(m.tumbling, drawn[:, 9])
        spins = m.spin != (0.0, 0.0)
        rows[_ANGLE] = drawn[:, 10] * (2.0 * np.pi) if spins else 0.0
        rows[_TUMBLE] = drawn[:, 8] * (2.0 * np.pi) if m.tumbling != (0.0, 0.0) else 0.0
        rows[_OWN] = drawn[:, 11]
        for axis in range(3):  # those born before the step's end have moved since
            self._fly(rows[_X + axis], rows[_VX + axis], axis, ages_s, np.empty(number, np.float32))
        self.count += number

    def _live(self, step_s: float) -> None:
        n, m = self.count, self.motion
        self._clock_s += step_s
        if n == 0:
            return
        if m.turbulence_mm_s2:
            self._push(n, step_s)
        for axis in range(3):
            self._fly(self._rows[axis, :n], self._rows[_VX + axis, :n], axis, step_s, self._scratch[0, :n])
        for what, speed in ((_SHARE, _AGING), (_ANGLE, _SPIN), (_TUMBLE, _TUMBLING)):
            np.multiply(self._rows[speed, :n], step_s, out=self._scratch[0, :n])
            self._rows[what, :n] += self._scratch[0, :n]

    def _fly(self, x: Floats, v: Floats, axis: int, dt: float | Floats, scratch: Floats) -> None:
        """The solution of v' = pull - drag (v - wind), in place."""
        m = self.motion
        if m.drag_per_s > 1e-4:
            settled = m.wind_mm_s[axis] + m.pull_mm_s2[axis] / m.drag_per_s
            kept = np.exp(-m.drag_per_s * dt) if isinstance(dt, np.ndarray) else math.exp(-m.drag_per_s * dt)
            v -= settled
            np.multiply(v, (1.0 - kept) / m.drag_per_s, out=scratch)
            x += scratch
            if settled:
                x += settled * dt
            v *= kept
            v += settled
            return
        np.multiply(v, dt, out=scratch)
        x += scratch
        if m.pull_mm_s2[axis]:
            x += 0.5 * m.pull_mm_s2[axis] * dt * dt
            v += m.pull_mm_s2[axis] * dt

    def _push(self, n: int, step_s: float) -> None:
        """A field without sources: what pushes along one axis does not depend on the place along it."""
        m, t = self.motion, self._clock_s
        a, b = self._scratch[0, :n], self._scratch[1, :n]
        for axis in range(3):
            near, far = self._rows[(axis + 1) % 3, :n], self._rows[(axis + 2) % 3, :n]
            np.multiply(near, 1.0 / m.whirl_mm, out=a)
            a += 1.3 * t + 2.1 * axis
            np.sin(a, out=a)
            np.multiply(far, 1.7 / m.whirl_mm, out=b)
            b += 4.2 * axis - 1.9 * t
            np.sin(b, out=b)
            a += b
            a *= m.turbulence_mm_s2 * 0.7 * step_s
            self._rows[_VX + axis, :n] += a

    def _bury(self) -> None:
        """The living move together, in the order of their births, when enough have died."""
        n = self.count
        dead = np.greater_equal(self._rows[_SHARE, :n], 1.0, out=self._dead[:n])
        gone = int(np.count_nonzero(dead))
        if gone == n:
            self.count = 0
        elif gone > n // 8:
            order = self._order[:n]
            np.copyto(order, dead)
            order <<= _INDEX_BITS
            order += self._index[:n]
            order.sort()
            self.count = n - gone
            spare = self._scratch[0, : self.count]
            for row in self._rows:
                np.take(row, order[: self.count], out=spare, mode="clip")  # "raise" would copy
                row[: self.count] = spare

    def drawn(self, camera_from_swarm: NDArray[np.float64] | None, *, back_to_front: bool) -> Floats:
        """(count, PARTICLE_COLUMNS) for the draw list, in an array that the third call from now fills anew.

        Args:
            camera_from_swarm: (4, 4); None where the swarm lives in the camera frame.
            back_to_front: sort by distance.
        """
        n = self.count
        self._drawn.rotate()
        out, scratch = self._drawn[0][:n], self._scratch[:, :n]
        places = self._rows[:3, :n]
        if camera_from_swarm is not None:
            s = scratch[3]
            for axis, (x, y, z, shift) in enumerate(camera_from_swarm[:3].tolist()):
                np.multiply(places[0], x, out=scratch[axis])
                np.multiply(places[1], y, out=s)
                scratch[axis] += s
                np.multiply(places[2], z, out=s)
                scratch[axis] += s
                scratch[axis] += shift
            places = scratch[:3]
        columns = (*places, *(self._rows[r, :n] for r in (_SHARE, _SIZE, _ANGLE, _TUMBLE, _OWN)))
        if not back_to_front:
            for c, row in enumerate(columns):
                out[:, c] = row
            return out
        order, spare = self._order[:n], scratch[3]
        np.multiply(places[2], 64.0, out=spare)  # the key: depth in 1/64 mm, then the index
        np.clip(spare, -1e8, 1e8, out=spare)
        np.copyto(order, spare, casting="unsafe")
        order <<= _INDEX_BITS
        order += self._index[:n]
        order.sort()
        order &= (1 << _INDEX_BITS) - 1
        for c, row in enumerate(columns):
            np.take(row, order, out=spare, mode="clip")
            out[:, c] = spare
        return out


def _within(span: Span, fraction: Floats) -> Floats:
    return np.asarray(span[0] + (span[1] - span[0]) * fraction, np.float32)
