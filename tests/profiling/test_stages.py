from __future__ import annotations

import json
import threading

import pytest

from ar_effects.profiling.stages import WINDOW, StageTimes


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> float:
        self.now += seconds
        return seconds


def test_a_stage_is_timed_by_the_injected_clock_even_when_it_raises():
    clock = Clock()
    times = StageTimes(clock)
    for milliseconds in (1, 2, 9):
        with times.stage("draw"):
            clock.now += milliseconds / 1000
    with pytest.raises(ZeroDivisionError), times.stage("draw"):
        clock.now += 1 / (0 * clock.advance(0.004))
    (row,) = times.summaries()
    assert (row.name, row.count) == ("draw", 4)
    assert row.median_ms == pytest.approx(3.0)
    assert row.total_s == pytest.approx(0.016)
    assert times.median_ms("draw") == pytest.approx(3.0)
    assert times.median_ms("never ran") == 0.0


def test_medians_forget_old_frames_and_counts_do_not():
    times = StageTimes(Clock())
    times.add("track", 0.0, 1.0)
    for _ in range(WINDOW):
        times.add("track", 0.0, 0.001)
    (row,) = times.summaries()
    assert row.count == WINDOW + 1
    assert row.p95_ms == pytest.approx(1.0)


def test_the_table_has_a_line_a_stage_in_the_order_they_ran():
    times = StageTimes(Clock())
    for name in ("decode", "track", "draw"):
        times.add(name, 0.0, 0.0015)
    lines = times.table().splitlines()
    assert [line.split()[0] for line in lines] == ["stage", "decode", "track", "draw"]
    assert "1.50" in lines[1]


def test_a_trace_holds_every_run_with_its_thread():
    times = StageTimes(Clock(), traced=True)
    times.add("draw", 1.0, 0.25)
    other = threading.Thread(target=times.add, args=("track", 2.0, 0.5))
    other.start()
    other.join()
    first, second = json.loads(times.trace_json())["traceEvents"]
    assert (first["name"], first["ph"], first["ts"], first["dur"]) == ("draw", "X", 1e6, 0.25e6)
    assert first["tid"] != second["tid"]


def test_without_tracing_nothing_is_kept():
    times = StageTimes(Clock())
    times.add("draw", 0.0, 1.0)
    assert json.loads(times.trace_json())["traceEvents"] == []


def test_runs_timed_elsewhere_are_added_as_just_ended():
    times = StageTimes(clock=lambda: 10.0, traced=True)
    times.add_taken("gpu", [0.25, 0.5])
    (row,) = times.summaries()
    assert (row.name, row.count, row.total_s) == ("gpu", 2, 0.75)
    starts = [e["ts"] for e in json.loads(times.trace_json())["traceEvents"]]
    assert starts == [9.75e6, 9.5e6]
