"""Turns of the loop without a window: what wakes it, what it does once, and timers that fell behind."""

from __future__ import annotations

import threading

import pyglet
import pytest

from ar_effects.app.window import loop
from ar_effects.app.window.loop import CATCH_UP_S, TurnLoop, tick


@pytest.fixture
def turns(monkeypatch):
    """A loop and the list of what its work did."""
    monkeypatch.setattr(pyglet.app, "event_loop", pyglet.app.event_loop)
    done: list[str] = []
    made = TurnLoop(lambda: done.append("work"))
    made.clock = pyglet.clock.Clock()
    return made, done


def test_work_is_done_once_however_often_it_was_asked_for(turns):
    made, done = turns
    made.idle()
    assert done == []
    threads = [threading.Thread(target=made.wake) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.idle() is None, "nothing is left to do: wait for whatever comes"
    assert done == ["work"]
    made.idle()
    assert done == ["work"]


def test_a_wake_ends_the_wait_and_one_during_the_work_is_not_lost(turns):
    made, done = turns
    made.wake()
    assert pyglet.app.platform_event_loop.step(60.0), "it does not wait"
    made._work = lambda: (done.append("first"), made.wake())
    assert made.idle() == 0.0, "events are served without a wait, then the work goes on"
    made._work = lambda: done.append("second")
    made.idle()
    assert done == ["first", "second"]


def test_what_the_work_a_timer_or_a_handler_raises_ends_the_loop_and_the_first_is_kept(turns):
    made, _ = turns

    def boom(*_: object) -> None:
        raise ZeroDivisionError

    made._work = boom
    made.wake()
    made.idle()
    assert made.has_exit
    assert isinstance(made._error, ZeroDivisionError)
    made._error, made.has_exit = None, False
    made.clock.schedule_once(boom, 0.0)
    made.idle()
    assert made.has_exit
    made._error, made.has_exit = None, False
    assert made.guarded(boom)(1, 2)
    assert made.has_exit
    assert made.guarded(lambda a, b: a + b)(1, 2) == 3


class Clock:
    """pyglet's clock by a time that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.clock = pyglet.clock.Clock(lambda: self.now)
        self.steps: list[float] = []
        tick(self.clock)
        self.clock.schedule_interval(self.steps.append, 0.05)

    def after(self, seconds: float) -> int:
        """How often the 20 Hz timer was called, its clock looked at only after so long."""
        before = len(self.steps)
        self.now += seconds
        tick(self.clock)
        return len(self.steps) - before


@pytest.mark.parametrize("draw_s", [0.02, 0.04, 0.08, 0.3])
def test_a_timer_keeps_its_count_beside_slow_draws(draw_s):
    clock = Clock()
    draws = round(6.0 / draw_s)
    called = [clock.after(draw_s) for _ in range(draws)]
    assert sum(called) == pytest.approx(120, abs=1)
    assert max(called) <= draw_s / 0.05 + 1
    assert clock.steps == pytest.approx([0.05] * len(clock.steps)), "each is told of its own time"


def test_pyglets_own_tick_would_lose_them():
    """Why ``tick`` is not pyglet's; when this fails, it may be."""
    clock = Clock()
    for _ in range(150):
        clock.now += 0.04
        clock.clock.tick(poll=True)
    assert len(clock.steps) < 90


def test_a_computer_that_slept_does_not_tick_for_hours():
    clock = Clock()
    assert clock.after(8 * 3600.0) <= CATCH_UP_S / 0.05 + 1
    assert clock.after(0.05) == 1


def test_a_timer_slower_than_its_own_pace_does_not_catch_up_for_ever(monkeypatch):
    clock = Clock()
    now = [0.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    clock.clock.schedule_interval(lambda _: now.__setitem__(0, now[0] + 1.0), 0.05)
    assert clock.after(0.9) <= 3, "what comes after it has had its turn"


def test_a_timer_that_ends_itself_and_one_that_starts_another_are_left_alone():
    clock = Clock()
    seen: list[str] = []

    def once(_: float) -> None:
        seen.append("once")
        clock.clock.unschedule(clock.steps.append)
        clock.clock.schedule_once(lambda _: seen.append("after"), 0.1)

    clock.clock.schedule_once(once, 0.12)
    assert clock.after(0.5) == 2
    assert seen == ["once"], "what a timer starts counts from now"
    assert clock.after(0.2) == 0
    assert seen == ["once", "after"]
