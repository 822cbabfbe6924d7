"""Waiting for what threads and processes do: for a condition, and never for a clock.

How long something takes depends on the machine, so no test says how long it may take. A limit stands only
for "this hangs", and is the same for all: a machine ten times slower than ours stays far below it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

HANGS_S = 600.0
"""After so many seconds a test gives up on a process, a thread or a condition."""

_LOOK_EVERY_S = 0.005

T = TypeVar("T")


def until(condition: Callable[[], T], what: str) -> T:
    """Wait until a condition holds, and give what it gave.

    Args:
        condition: asked again and again; what it raises is raised.
        what: which is waited for, for the message.

    Raises:
        AssertionError: it did not come true before ``HANGS_S``.
    """
    end = time.monotonic() + HANGS_S
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"hangs: {what} did not happen in {HANGS_S:.0f} s"
        time.sleep(_LOOK_EVERY_S)


def heard(event: threading.Event, what: str) -> None:
    """Wait for an event."""
    assert event.wait(HANGS_S), f"hangs: {what} did not happen in {HANGS_S:.0f} s"


def ended(thread: threading.Thread) -> None:
    """Wait for a thread's end."""
    thread.join(HANGS_S)
    assert not thread.is_alive(), f"hangs: the thread {thread.name} did not end in {HANGS_S:.0f} s"
