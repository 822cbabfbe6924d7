"""Stages marked where they are defined: their own time, only while somebody watches."""

from __future__ import annotations

import threading
import timeit

import pytest

from ar_effects.profiling.spans import record_spans, stage
from ar_effects.profiling.stages import StageTimes


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def times(clock):
    return StageTimes(clock)


def totals(times):
    return {s.name: pytest.approx(s.total_s) for s in times.summaries()}


def test_every_stage_has_its_own_time_and_the_parts_add_up(clock, times):
    @stage("cut")
    def cut():
        clock.now += 1

    @stage("network")
    def network():
        cut()
        clock.now += 10
        cut()

    with record_spans(times, "track"):
        clock.now += 100
        network()
        cut()
        clock.now += 1000
    assert totals(times) == {"track": 1113, "track: network": 10, "track: cut": 3, "track: rest": 1100}
    assert {s.name: s.count for s in times.summaries()}["track: cut"] == 1, "one run a watched call"


def test_a_whole_stage_takes_what_is_inside_it(clock, times):
    @stage("network")
    def network():
        clock.now += 10

    @stage("search", whole=True)
    def search():
        network()
        clock.now += 1

    with record_spans(times, "track"):
        search()
        network()
    assert totals(times) == {"track": 21, "track: search": 11, "track: network": 10, "track: rest": 0}


def test_what_raises_is_counted_and_the_next_call_is_as_ever(clock, times):
    @stage("pose", whole=True)
    def pose(good=False):
        clock.now += 1
        if not good:
            raise ValueError("singular")
        return "pose"

    with pytest.raises(ValueError, match="singular"), record_spans(times, "track"):
        pose()
    assert totals(times) == {"track": 1, "track: pose": 1, "track: rest": 0}
    with record_spans(times, "track"):
        assert pose(good=True) == "pose"
    assert totals(times)["track: pose"] == 2


def test_nothing_is_counted_outside_or_on_another_thread(clock, times):
    @stage("pose")
    def pose(x):
        """Solves."""
        clock.now += 1
        return x

    assert pose(3) == 3
    assert (pose.__name__, pose.__doc__) == ("pose", "Solves.")
    with record_spans(times, "track"):
        thread = threading.Thread(target=pose, args=(1,))
        thread.start()
        thread.join()
    assert totals(times) == {"track": 1, "track: rest": 1}


def test_a_mark_costs_next_to_nothing_while_nobody_watches():
    """Less than 2 microseconds a call on any machine; it is about 0.1."""

    def plain():
        pass

    marked = stage("x")(plain)
    assert min(timeit.repeat(marked, number=10_000, repeat=5)) / 10_000 < 2e-6
