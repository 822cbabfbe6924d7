"""The slot between two threads: one value, the newest wins, so that delay cannot pile up."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class SlotClosedError(Exception):
    """The slot was closed without an error: the work is simply over."""


class LatestSlot(Generic[T]):
    """Holds at most one value. Writers never wait; a value nobody took is overwritten and counted.

    After `close` the value that is still there can be taken once, unless the slot was closed with an
    error: then every reader gets the error at once.

    Attributes:
        dropped: values overwritten before anyone took them.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._changed = threading.Condition()
        self._values: list[T] = []
        self._closed = False
        self._error: BaseException | None = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def put(self, value: T) -> bool:
        """Leave a value for the reader; False when the slot is closed and the value was refused."""
        with self._changed:
            if self._closed:
                return False
            self.dropped += len(self._values)
            self._values = [value]
            self._changed.notify()
            return True

    def get(self, timeout_s: float | None = None) -> T | None:
        """Take the newest value, waiting for one.

        Args:
            timeout_s: how long to wait, seconds; None waits until a value comes or the slot is closed,
                0 does not wait.

        Returns:
            The value, or None when the time is over.

        Raises:
            SlotClosedError: closed, and nothing left.
            BaseException: the error that `close` was given.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._values or self._closed, timeout_s)
            if self._error is not None:
                raise self._error
            if self._values:
                return self._values.pop()
            if self._closed:
                raise SlotClosedError
            return None

    def peek(self) -> T | None:
        """The value that waits, which stays for the reader; None where none does."""
        with self._changed:
            return self._values[0] if self._values else None

    def close(self, error: BaseException | None = None) -> None:
        """Wake every waiter for good. The first error given is kept and raised at every reader."""
        with self._changed:
            self._closed = True
            if error is not None and self._error is None:
                self._error = error
            self._changed.notify_all()
