"""Stages run at the same time, in order and bounded, and end together."""

from __future__ import annotations

import threading

import pytest

from ar_effects.app.pipeline.overlap import Overlap
from tests.waiting import HANGS_S, until

FIRST, SECOND, LAST = "test-first", "test-second", "test-last"


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("test-")]


def test_four_stages_are_at_work_at_the_same_time_and_keep_the_order():
    """Each waits for the other three: one after the other they would never meet."""
    meet = threading.Barrier(4)
    done: list[int] = []

    def made():
        for i in range(20):
            if i >= 3:
                meet.wait(HANGS_S)
            yield i

    def next_to(items):
        for i in items:
            if 2 <= i < 19:
                meet.wait(HANGS_S)
            yield i

    def write(i):
        if i < 17:
            meet.wait(HANGS_S)
        done.append(i)

    with Overlap() as overlap:
        written = overlap.behind(write, LAST)
        for i in overlap.ahead(next_to(overlap.ahead(made(), FIRST)), SECOND):
            if 1 <= i < 18:
                meet.wait(HANGS_S)
            written.put(i)
        written.finish()
    assert done == list(range(20))


@pytest.mark.parametrize("room", [1, 3])
def test_nobody_runs_further_ahead_than_there_is_room(room):
    made, taken, most = [], [], 0

    def items():
        nonlocal most
        for i in range(50):
            most = max(most, i + 1 - len(taken))
            made.append(i)
            yield i

    with Overlap() as overlap:
        for i in overlap.ahead(items(), FIRST, room):
            until(lambda i=i: len(made) == min(i + 1 + room, 50), "as much is made as there is room for")
            taken.append(i)
    assert most <= room + 1, "the one that was just taken, and those ahead of it"


def test_what_is_put_waits_for_the_one_before_so_that_two_buffers_are_enough():
    at_work: list[int] = []
    buffers = [bytearray(1), bytearray(1)]

    def write(one):
        at_work.append(one[0])
        before = one[0]
        until(lambda: len(filled) > before + 1 or before >= 9, "the next one is filled meanwhile")
        assert one[0] == before, "nobody fills what is being written"

    filled: list[int] = []
    with Overlap() as overlap:
        written = overlap.behind(write, LAST)
        for i in range(11):
            buffers[i % 2][0] = i
            filled.append(i)
            written.put(buffers[i % 2])
        written.finish()
    assert at_work == list(range(11))


def test_an_error_comes_after_what_was_made_before_it():
    def items():
        yield from range(5)
        raise OSError("gone")

    taken = []

    def work():
        with Overlap() as overlap:
            taken.extend(overlap.ahead((2 * i for i in overlap.ahead(items(), FIRST)), SECOND))

    with pytest.raises(OSError, match="gone"):
        work()
    assert taken == [0, 2, 4, 6, 8]


def fail_at(number):
    def write(i):
        if i == number:
            raise OSError("full")

    return write


@pytest.mark.parametrize("count", [10**9, 4])
def test_an_error_behind_is_raised_at_the_next_item_or_at_the_end(count):
    put = []

    def work():
        with Overlap() as overlap:
            written = overlap.behind(fail_at(3), LAST)
            for i in overlap.ahead(iter(range(count)), FIRST):
                written.put(i)
                put.append(i)
            written.finish()

    with pytest.raises(OSError, match="full"):
        work()
    assert put == [0, 1, 2, 3]


def test_an_error_behind_came_first_though_a_later_item_failed_meanwhile():
    def work():
        with Overlap() as overlap:
            overlap.behind(fail_at(0), LAST).put(0)
            raise ZeroDivisionError("the next one")

    with pytest.raises(OSError, match="full"):
        work()


def test_an_interruption_stays_one_and_ends_every_stage():
    closed = threading.Event()

    def items():
        try:
            yield from range(10**9)
        finally:
            closed.set()

    def work():
        with Overlap() as overlap:
            overlap.behind(fail_at(0), LAST).put(0)
            for i in overlap.ahead((i for i in overlap.ahead(items(), FIRST)), SECOND):
                if i == 5:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert closed.is_set(), "a source is closed by the thread that read it"


def test_leaving_early_ends_stages_that_nobody_takes_from():
    with Overlap() as overlap:
        taken = overlap.ahead((i for i in overlap.ahead(iter(range(10**9)), FIRST)), SECOND)
        assert next(taken) == 0
