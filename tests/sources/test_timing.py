import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.sources.timing import Pacer, PtsRepair

stamps = st.lists(st.none() | st.integers(-10_000, 10_000), min_size=1, max_size=60)


@given(stamps, st.integers(0, 50), st.integers(1, 500))
def test_repaired_times_always_rise(times, step, restart):
    repair = PtsRepair(step, restart)
    fixed = [repair.next(t) for t in times]
    assert all(a < b for a, b in itertools.pairwise(fixed))


@given(st.sets(st.integers(-(2**40), 2**40), min_size=1))
def test_good_times_are_left_alone(times):
    good = sorted(times)
    repair = PtsRepair(33, 1000)
    assert [repair.next(t) for t in good] == good
    assert repair.repaired == 0


def test_a_single_bad_stamp_does_not_move_the_others():
    repair = PtsRepair(40, 1000)
    assert [repair.next(t) for t in (0, 40, 30, 120, None, 200)] == [0, 40, 41, 120, 160, 200]
    assert repair.repaired == 2


def test_a_clock_that_begins_anew_goes_on():
    repair = PtsRepair(40, 1000)
    assert [repair.next(t) for t in (5000, 5040, 0, 40, 80)] == [5000, 5040, 5080, 5120, 5160]


@given(
    st.lists(st.tuples(st.floats(0.001, 0.2), st.floats(0, 0.3)), max_size=40),
)
def test_pacing_is_never_early_and_times_rise(steps):
    now = [10.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pacer = Pacer(lambda: now[0], sleep)
    media = 0.0
    last = pacer.wait(media)
    for step, work in steps:
        now[0] += work
        media += step
        due = pacer.wait(media)
        assert due > last
        assert now[0] >= due - 1e-9
        last = due


def test_what_is_a_little_late_is_caught_up_and_a_long_gap_is_not_raced_through():
    now = [10.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pacer = Pacer(lambda: now[0], sleep)
    pacer.wait(0.0)
    now[0] += 0.9  # less than a second late: the next frames come at once, at their own times
    assert pacer.wait(0.1) == pytest.approx(10.1)
    assert now[0] == pytest.approx(10.9)
    assert pacer.wait(1.0) == pytest.approx(11.0)
    now[0] += 5.0  # the machine slept: what comes now is due now, and everything after it as much later
    assert pacer.wait(1.1) == pytest.approx(16.0)
    assert pacer.wait(1.2) == pytest.approx(16.1)
    assert now[0] == pytest.approx(16.1)
