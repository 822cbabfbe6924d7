"""The detail of drawing by what frames take: in simulated time, no clock."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ar_effects.app.window.detail import DetailControl, FrameInterval
from ar_effects.render.detail import FAST, FULL, STEPS

FRAME_S = 1 / 30


class Machine:
    """Draws a frame in ``full_s`` times the step's true cost, a little unsteadily."""

    def __init__(self, full_s: float, *, jitter: float = 0.1, costs=None, mode="auto") -> None:
        self.control = DetailControl(mode)
        self.full_s, self.jitter = full_s, jitter
        self.costs = costs or {s.name: s.cost for s in STEPS}
        self.rng = np.random.default_rng(0)
        self.changes: list[tuple[float, str]] = []
        self.late = self.frames = 0
        self.time_s = 0.0

    def run(self, seconds: float) -> None:
        end = self.time_s + seconds
        while self.time_s < end:
            noise = float(np.exp(self.rng.normal(0.0, self.jitter)))
            took = self.full_s * self.costs[self.control.step.name] * noise
            self.time_s += max(took, FRAME_S)
            self.frames += 1
            self.late += took > FRAME_S
            if self.control.drawn(took, FRAME_S):
                self.changes.append((self.time_s, self.control.step.name))


def test_a_quick_computer_draws_everything():
    machine = Machine(0.012)
    machine.run(120)
    assert machine.changes == []
    assert machine.control.step is FULL


@pytest.mark.parametrize("full_s", [0.035, 0.045, 0.06, 0.075, 0.08])
def test_a_slow_one_keeps_the_rate_after_two_seconds(full_s):
    machine = Machine(full_s)
    machine.run(2.0)
    machine.late = machine.frames = 0
    machine.run(60.0)
    assert machine.late <= 0.02 * machine.frames


def test_what_costs_too_much_even_at_the_least_ends_at_the_least():
    machine = Machine(0.5)
    machine.run(20.0)
    assert machine.control.step is STEPS[-1]


@pytest.mark.parametrize("full_s", [0.030, 0.033, 0.036, 0.04, 0.05])
@pytest.mark.parametrize("jitter", [0.05, 0.25])
def test_it_does_not_pump(full_s, jitter):
    """Ten minutes of the same scene: after the first seconds steps are rare, and rarer with time."""
    machine = Machine(full_s, jitter=jitter)
    machine.run(600.0)
    settled = [t for t, _ in machine.changes if t > 5.0]
    assert len(settled) <= 14
    assert len([t for t in settled if t > 300.0]) <= 6


def test_steps_that_cost_more_than_expected_are_tried_less_and_less():
    """Going up always fails here; tries come after 3, 6, 12, ... s."""
    costs = {s.name: 1.0 if s is FULL else 0.2 for s in STEPS}
    machine = Machine(0.06, costs=costs)
    machine.run(400.0)
    ups = [t for t, name in machine.changes if name == "full"]
    gaps = np.diff(ups)
    assert len(ups) >= 3
    assert (gaps[1:] > 1.5 * gaps[:-1]).all() or gaps[-1] > 60.0


def test_detail_comes_back_when_drawing_becomes_cheap():
    machine = Machine(0.08)
    machine.run(5.0)
    assert machine.control.step is not FULL
    machine.full_s = 0.01
    machine.run(30.0)
    assert machine.control.step is FULL


def test_one_slow_frame_changes_nothing():
    machine = Machine(0.012, jitter=0.0)
    machine.run(2.0)
    machine.control.drawn(0.6, FRAME_S)  # another program took the computer
    machine.run(2.0)
    assert machine.changes == []


def test_fixed_modes_stay():
    for mode, step in (("full", FULL), ("fast", FAST)):
        machine = Machine(1.0, mode=mode)
        machine.run(30.0)
        assert machine.control.step is step
        assert machine.changes == []


def test_another_effect_begins_anew_at_the_step_that_was_there():
    machine = Machine(0.08)
    machine.run(5.0)
    before = machine.control.step
    machine.control.begin_anew()
    assert machine.control.step is before
    assert not machine.control.drawn(1.0, FRAME_S), "the first frames of an effect are slow and do not count"


def test_a_step_that_the_driver_refuses_is_not_tried_again():
    machine = Machine(0.1)
    machine.run(1.0)
    machine.control.refused(STEPS[1])
    machine.run(60.0)
    assert machine.control.step is STEPS[1]


@pytest.mark.parametrize("interval_s", [1 / 240, 1.0, 1e-9, 1e9, 0.0])
def test_odd_rates_are_taken_as_what_a_screen_can_show(interval_s):
    control = DetailControl()
    for _ in range(200):
        control.drawn(0.004, interval_s)
    assert control.step is FULL


def test_steps_get_cheaper_and_never_finer():
    for finer, coarser in itertools.pairwise(STEPS):
        assert coarser.cost < finer.cost
        assert coarser.size <= finer.size
        assert coarser.error_px >= finer.error_px
        assert coarser.samples <= finer.samples
        assert coarser.shadow_side <= finer.shadow_side
    assert FAST.size >= 0.6


def test_the_interval_counts_frames_that_were_dropped():
    interval = FrameInterval()
    assert interval.update(0, 0.0) == pytest.approx(1 / 30)
    for k in range(1, 20):
        found = interval.update(3 * k, 0.1 * k)
    assert found == pytest.approx(0.1 / 3)
    assert interval.update(0, 0.0) == pytest.approx(0.1 / 3), "a clip that begins anew tells nothing"
