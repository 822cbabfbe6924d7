"""pyglet's event loop in turns: people are served before anything is drawn, however long drawing takes.

A turn is: events of the system, timers that are due, then the work of the program at most once, and only
where somebody asked for it. Nothing is ever drawn while events are handed out: pyglet hands out posted events
until there are none left, so work that is slower than what asks for it would never let a key through.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pyglet
import pyglet.app

CATCH_UP_S = 1.0
"""Of what a timer missed it gets back so much; a computer that slept for hours does not tick for hours."""

SERVE_S = 0.02
"""Timers that are behind, and events that come one by one, are served for so long before drawing goes on."""

BLOCKED_TURN_S = 1 / 60
"""Pace of the turns while Windows keeps the loop to itself, as it does while a window is dragged."""

ALTERNATE = pyglet.app.EventLoop is not pyglet.app.base.EventLoop
"""On some Macs pyglet's loop is the system's own, which calls ``idle`` by a timer and waits for nothing."""

ALTERNATE_TURN_S = 1 / 120


class TurnLoop(pyglet.app.EventLoop):  # type: ignore[misc]
    """Runs the program in the main thread until ``exit``.

    ``run`` is pyglet's: ``idle`` says how long may be waited, and the system's events are served until then.

    Args:
        work: called in ``run``'s thread, at most once a turn, after ``wake``.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work
        self._woken = threading.Event()
        self._error: BaseException | None = None
        pyglet.app.event_loop = self  # what pyglet's windows tell of blocking and closing

    def wake(self) -> None:
        """From any thread: have the work done soon; once, however often this is called before it is."""
        if not self._woken.is_set():
            self._woken.set()
            pyglet.app.platform_event_loop.notify()

    def run(self, interval: float | None = None) -> None:
        """Serve events, timers and work until ``exit``.

        Args:
            interval: pyglet's; windows are not redrawn by the clock here, whatever is given.

        Raises:
            BaseException: what the work, a timer or a ``guarded`` handler raised; it ended the loop.
        """
        del interval
        super().run(ALTERNATE_TURN_S if ALTERNATE else None)
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def idle(self) -> float | None:
        """Timers, then the work where it was asked for; gives the seconds to wait at most, None for any."""
        try:
            _serve_waiting()
            tick(self.clock)
            if self._woken.is_set() and not self.has_exit:
                self._woken.clear()  # before the work: who wakes from here on has news that it may not see
                self._work()
        except BaseException as error:
            self._end_with(error)
        seconds: float | None = self.clock.get_sleep_time(True)
        return 0.0 if self._woken.is_set() else seconds

    def guarded(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """The same handler of an event, with what it raises ending the loop.

        Windows and macOS call handlers from C, where an exception is printed and lost.
        """

        def call(*arguments: Any) -> Any:
            try:
                return handler(*arguments)
            except BaseException as error:
                self._end_with(error)
                return True

        return call

    def enter_blocking(self) -> None:
        """The system is about to keep the loop to itself: turns go on by its timer, not inside this event."""
        pyglet.app.platform_event_loop.set_timer(self._blocking_timer, BLOCKED_TURN_S)

    def _blocking_timer(self) -> None:
        wait = self.idle()
        wait = BLOCKED_TURN_S if wait is None else min(max(wait, 0.001), BLOCKED_TURN_S)
        pyglet.app.platform_event_loop.set_timer(self._blocking_timer, wait)

    @staticmethod
    def _redraw_windows(dt: float) -> None:
        """Nothing: the work draws."""

    def _end_with(self, error: BaseException) -> None:
        if self._error is None:
            self._error = error
        self.exit()


def tick(clock: Any) -> None:
    """Call the functions that are due on a pyglet clock, each as often as it was due.

    pyglet's own ``tick`` calls a function once however many of its times have passed, and counts the next
    from there: a timer of 20 Hz beside a picture that takes 40 ms would run at 12 Hz. Here the clock is set
    to each time that passed, one after the other.
    """
    now, stop = clock.time(), time.perf_counter() + SERVE_S
    items: list[Any] = clock._schedule_interval_items  # noqa: SLF001 - a heap; nothing public tells what is due
    while items and now - CATCH_UP_S < items[0].next_ts < now and time.perf_counter() < stop:
        before = clock.last_ts or items[0].next_ts
        clock.last_ts = max(items[0].next_ts, before)
        clock.call_scheduled_functions(clock.last_ts - before)
    clock.call_scheduled_functions(clock.update_time())


def _serve_waiting() -> None:
    """One step hands out a single event on macOS, where the other systems hand out all that wait."""
    if pyglet.compat_platform != "darwin" or ALTERNATE:
        return
    stop = time.perf_counter() + SERVE_S
    while time.perf_counter() < stop and not pyglet.app.platform_event_loop.step(0.0):
        pass  # its step says True when there was nothing
