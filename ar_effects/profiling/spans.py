"""Times the parts of a call from inside, when somebody asks, and otherwise costs next to nothing.

A function is marked once, where it is defined: ``@stage("pose")``. Nothing is timed until the call it
belongs to runs inside ``record_spans``; then every marked function adds its own time, without that of the
marked functions it calls, to its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from ar_effects.profiling.stages import StageTimes

REST = "rest"
"""What of a recorded call no marked function accounts for."""

P = ParamSpec("P")
T = TypeVar("T")


class Span:
    """Seconds by stage of one recorded call, and those of the stages inside the one that runs."""

    __slots__ = ("clock", "closed", "inside_s", "spent_s")

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.spent_s: dict[str, float] = {}
        self.inside_s = 0.0
        self.closed = False

    @contextmanager
    def run(self, name: str, whole: bool) -> Iterator[None]:
        """Time a part of it; ``whole`` takes the parts inside of it as its own."""
        before_s, self.inside_s, self.closed = self.inside_s, 0.0, whole
        start_s = self.clock()
        try:
            yield
        finally:
            took_s = self.clock() - start_s
            self.spent_s[name] = self.spent_s.get(name, 0.0) + took_s - self.inside_s
            self.inside_s, self.closed = before_s + took_s, False


_span: ContextVar[Span | None] = ContextVar("span", default=None)


def stage(name: str, *, whole: bool = False) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a function as a stage.

    Args:
        name: of the stage; several functions may share one.
        whole: also count what marked functions inside take to this stage, and not to theirs.
    """

    def mark(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            span = _span.get()
            if span is None or span.closed:
                return function(*args, **kwargs)
            with span.run(name, whole):
                return function(*args, **kwargs)

        return timed

    return mark


@contextmanager
def record_spans(times: StageTimes, name: str) -> Iterator[None]:
    """Time a block, and the marked functions that run in it on this thread.

    The block is added to ``times`` as ``name``, every stage that ran as one run of ``name: stage``
    (the sum, where it ran several times), and what is left as ``name: rest``. The parts add up to the
    block, whose own time holds about a microsecond a stage for the clocks.
    """
    span = Span(times.clock)
    token = _span.set(span)
    start_s = times.clock()
    try:
        yield
    finally:
        took_s = times.clock() - start_s
        _span.reset(token)
        times.add(name, start_s, took_s)
        for part, seconds in span.spent_s.items():
            times.add(f"{name}: {part}", start_s, seconds)
        times.add(f"{name}: {REST}", start_s, max(took_s - span.inside_s, 0.0))
