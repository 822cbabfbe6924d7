"""Times the stages of the pipeline: medians over the last frames, totals, and a trace."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

WINDOW = 512
"""Frames that medians are taken over."""

MAX_TRACE_EVENTS = 200_000
"""Memory stays bounded in a recording of any length (some 40 MB); older events are dropped."""


@dataclass(frozen=True, slots=True)
class StageSummary:
    """Figures of one stage; median and p95 are over the last ``WINDOW`` runs."""

    name: str
    count: int
    median_ms: float
    p95_ms: float
    total_s: float


class StageTimes:
    """Collects how long each stage took. Safe to use from several threads.

    Args:
        clock: seconds, never going back.
        traced: also keep every single run for ``trace_json``.

    Attributes:
        clock: as given.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter, traced: bool = False) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {}
        self._count: dict[str, int] = {}
        self._total: dict[str, float] = {}
        self._events: deque[tuple[str, float, float, int]] | None = (
            deque(maxlen=MAX_TRACE_EVENTS) if traced else None
        )

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside the ``with`` block; counted even when it raises."""
        start = self.clock()
        try:
            yield
        finally:
            self.add(name, start, self.clock() - start)

    def add(self, name: str, start_s: float, seconds: float) -> None:
        """Add one run by hand."""
        with self._lock:
            self._recent.setdefault(name, deque(maxlen=WINDOW)).append(seconds)
            self._count[name] = self._count.get(name, 0) + 1
            self._total[name] = self._total.get(name, 0.0) + seconds
            if self._events is not None:
                self._events.append((name, start_s, seconds, threading.get_ident()))

    def add_taken(self, name: str, runs_s: Iterable[float]) -> None:
        """Add runs that just ended and were timed elsewhere."""
        for seconds in runs_s:
            self.add(name, self.clock() - seconds, seconds)

    def summaries(self) -> tuple[StageSummary, ...]:
        """One row a stage, in the order the stages first ran."""
        with self._lock:
            rows = [(n, self._count[n], np.array(r), self._total[n]) for n, r in self._recent.items()]
        return tuple(
            StageSummary(name, count, float(np.median(r)) * 1e3, float(np.percentile(r, 95)) * 1e3, total)
            for name, count, r, total in rows
        )

    def median_ms(self, name: str) -> float:
        """The median of one stage; 0 before it first ran."""
        with self._lock:
            recent = self._recent.get(name)
            return float(np.median(recent)) * 1e3 if recent else 0.0

    def table(self) -> str:
        """The figures as text, for people."""
        rows = [f"{'stage':<12}{'median ms':>10}{'p95 ms':>9}{'total s':>9}"]
        rows += [
            f"{s.name:<12}{s.median_ms:>10.2f}{s.p95_ms:>9.2f}{s.total_s:>9.2f}" for s in self.summaries()
        ]
        return "\n".join(rows)

    def trace_json(self) -> str:
        """Every kept run in the Chrome trace event format, for chrome://tracing or ui.perfetto.dev."""
        with self._lock:
            events = list(self._events or ())
        return json.dumps(
            {
                "displayTimeUnit": "ms",
                "traceEvents": [
                    {"name": n, "ph": "X", "ts": t * 1e6, "dur": d * 1e6, "pid": 1, "tid": thread}
                    for n, t, d, thread in events
                ],
            }
        )
