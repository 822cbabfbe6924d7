"""Times of file frames: broken time stamps repaired, and files played at the pace of a camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class PtsRepair:
    """Makes presentation times strictly rising, and leaves those that already are untouched.

    Args:
        step: ticks between two frames where the file does not say, at least 1.
        restart: a jump back by more than this many ticks means that the file's clock began anew
            (joined recordings), and everything after is shifted; smaller ones are single bad stamps.
    """

    def __init__(self, step: int, restart: int) -> None:
        self.repaired = 0
        self._step = max(1, step)
        self._restart = restart
        self._shift = 0
        self._last: int | None = None

    def next(self, pts: int | None) -> int:
        """The time of the next frame in ticks, later than all before."""
        last = self._last
        if last is None:
            fixed = 0 if pts is None else pts
            self.repaired += pts is None
        elif pts is None:
            fixed = last + self._step
            self.repaired += 1
        elif (fixed := pts + self._shift) <= last:
            self.repaired += 1
            if last - fixed > self._restart:
                self._shift += last + self._step - fixed
                fixed = last + self._step
            else:
                # The smallest step leaves the good stamps that follow where they are.
                fixed = last + 1
        self._last = fixed
        return fixed


class Pacer:
    """Holds frames back until they are due, so that a file behaves like a camera.

    Args:
        clock: seconds, never going back.
        sleep: waits that many seconds, or less when woken.
    """

    LATE_S = 1.0

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._anchor_s: float | None = None

    def wait(self, media_s: float) -> float:
        """Wait until the frame of that media time is due; returns its time on the clock, seconds."""
        now = self._clock()
        if self._anchor_s is None:
            self._anchor_s = now - media_s
        due = self._anchor_s + media_s
        if due > now:
            self._sleep(due - now)
        elif now - due > self.LATE_S:
            # The machine slept or cannot keep up: play slower instead of racing through the gap.
            self._anchor_s += now - due
            due = now
        return due
