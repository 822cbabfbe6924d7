"""Keeps the camera's rate: draws in less detail where it costs too much, and in more where there is room.

A step down comes soon, a step up late, and later each time it did not hold: the picture must not pump.
"""

from __future__ import annotations

import statistics
from collections import deque
from typing import Literal

from ar_effects.render.detail import FAST, FULL, STEPS, DetailStep

DetailMode = Literal["auto", "full", "fast"]

TOO_MUCH, FAR_TOO_MUCH = 0.85, 1.7
"""Shares of the time between two frames from which on drawing is slowed down for by one step, or by two."""

ROOM = 0.65
"""A finer step is tried where it would take no more than this share."""

SETTLE, ENOUGH = 2, 8
"""Frames after a change that do not count, and how many are looked at before the next step down."""

CALM_S, LONGEST_CALM_S = 3.0, 120.0
"""How long there must be room before a step up; doubled whenever one did not hold."""

HELD_S = 10.0
"""A step up that is taken back within this time did not hold."""

FASTEST_S, SLOWEST_S = 1 / 120, 1 / 10
"""Between two frames, as far as drawing follows: screens show no more, and people would rather see detail."""


class DetailControl:
    """Chooses the step. It reads no clock: times are those that it is told.

    Args:
        mode: "auto" to choose by what frames take; "full" and "fast" stay.
    """

    def __init__(self, mode: DetailMode = "auto") -> None:
        self._stays = mode != "auto"
        self._at = {"auto": 0, "full": STEPS.index(FULL), "fast": STEPS.index(FAST)}[mode]
        self._took: deque[float] = deque(maxlen=30)
        self._settling = SETTLE
        self._calm_s = 0.0
        self._calm_wanted_s = [CALM_S] * len(STEPS)  # before each step is gone up to
        self._since_up_s: float | None = None

    @property
    def step(self) -> DetailStep:
        """How to draw the next frame."""
        return STEPS[self._at]

    def begin_anew(self) -> None:
        """Another effect is worn, or frames have another size: what was learnt of the last ones is void."""
        self._took.clear()
        self._settling = SETTLE
        self._calm_s, self._since_up_s = 0.0, None
        self._calm_wanted_s = [CALM_S] * len(STEPS)

    def refused(self, working: DetailStep) -> None:
        """The driver cannot draw at this step: stay at the one that works."""
        self._at, self._stays = STEPS.index(working), True

    def drawn(self, took_s: float, interval_s: float) -> bool:
        """A frame was drawn and shown.

        Args:
            took_s: seconds that it took.
            interval_s: seconds between two frames of the source.

        Returns:
            Whether the step changed.
        """
        if self._stays:
            return False
        if self._settling:
            self._settling -= 1
            return False
        interval_s = min(max(interval_s, FASTEST_S), SLOWEST_S)
        self._took.append(took_s)
        if self._since_up_s is not None:
            self._since_up_s += max(interval_s, took_s)
            if self._since_up_s > HELD_S:
                self._since_up_s, self._calm_wanted_s[self._at] = None, CALM_S
        return self._down(interval_s) or self._up(max(interval_s, took_s), interval_s)

    def _down(self, interval_s: float) -> bool:
        if len(self._took) < ENOUGH or self._at == len(STEPS) - 1:
            return False
        recent = list(self._took)[-ENOUGH:]
        fraction = statistics.median(recent) / interval_s
        if fraction <= TOO_MUCH:
            return False
        if self._since_up_s is not None:  # what was tried did not hold
            self._calm_wanted_s[self._at] = min(2.0 * self._calm_wanted_s[self._at], LONGEST_CALM_S)
        self._go(min(self._at + (2 if fraction > FAR_TOO_MUCH else 1), len(STEPS) - 1))
        self._since_up_s = None
        return True

    def _up(self, passed_s: float, interval_s: float) -> bool:
        if self._at == 0:
            return False
        expected = statistics.median(self._took) * STEPS[self._at - 1].cost / self.step.cost
        if expected > ROOM * interval_s:
            self._calm_s = 0.0
            return False
        self._calm_s += passed_s
        if self._calm_s < self._calm_wanted_s[self._at - 1]:
            return False
        self._go(self._at - 1)
        self._since_up_s = 0.0
        return True

    def _go(self, at: int) -> None:
        self._at = at
        self._took.clear()
        self._settling, self._calm_s = SETTLE, 0.0


class FrameInterval:
    """How far apart a source's frames are, by their numbers and times: dropped ones count."""

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None
        self._found: deque[float] = deque(maxlen=15)

    def update(self, index: int, time_s: float) -> float:
        """Seconds between two frames; 1/30 until two are known.

        Args:
            index: number of the frame in its source.
            time_s: when it was captured.
        """
        if self._last is not None and index > self._last[0] and time_s > self._last[1]:
            self._found.append((time_s - self._last[1]) / (index - self._last[0]))
        self._last = index, time_s
        return statistics.median(self._found) if self._found else 1 / 30
