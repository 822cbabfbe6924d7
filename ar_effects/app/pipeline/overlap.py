"""Stages of one piece of work that run at the same time, each in a thread of its own, in order and bounded.

A stage that comes before is an iterable that is drawn from ``ahead``; one that comes after is a function that
takes what is put ``behind``. Between them lies ``room`` for one item, as a rule: what is made and not taken
yet, or taken and not done. So memory does not grow with the length of the work, and one stage that is slower
holds up the others.

Errors keep the order that the stages would have one after the other: what is raised for an item comes after
everything that was made before it.

The thread that leads the stages is the one that matters: it does the slowest of them. The others give way to
it, where the system lets a thread have a priority of its own, and fill the gaps that it leaves: with equal
rights they would be done early, and stand idle while it goes on alone.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")

WAKE_S = 0.1
"""Who waits looks up so often: on Windows signals are not heard within a wait."""


NICENESS = 10
"""Of the threads of stages: each gets a tenth of what the leading one gets where both want a core."""


class _HaltedError(Exception):
    """The work is given up: the thread that hears this ends."""


class Overlap:
    """A context in which stages overlap. Leaving it ends their threads, each after the item it is at.

    Used from one thread. What a stage behind has raised is raised when the context is left, in the place of
    what a later item led to.
    """

    def __init__(self) -> None:
        self.halted = False
        self._threads: list[threading.Thread] = []
        self._queues: list[_Queue[Any]] = []
        self._behind: list[Behind[Any]] = []

    def ahead(self, items: Iterable[T], name: str, room: int = 1) -> Iterator[T]:
        """The items, made in a thread called ``name``. Raises what making them raises, in its place."""
        queue = _Queue[T](self, room)

        def make() -> None:
            iterator = iter(items)
            try:
                while queue.wait_for_room():
                    try:
                        item = next(iterator)
                    except StopIteration:
                        break
                    queue.put(item)
                    del item
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    close()

        self._start(make, queue, name)
        return queue.taken()

    def behind(self, work: Callable[[T], object], name: str, room: int = 1) -> Behind[T]:
        """Where to put what ``work`` is done on in a thread called ``name``."""
        queue = _Queue[T](self, room)

        def do() -> None:
            while queue.wait_for_item():
                work(queue.first())
                queue.done()

        found = Behind(queue)
        self._behind.append(found)
        self._start(do, queue, name)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.halted = True
        for queue in self._queues:
            queue.wake()
        for thread in self._threads:
            thread.join()
        if error is None or isinstance(error, Exception):
            for one in self._behind:
                one.raise_error(instead_of=error)

    def _start(self, run: Callable[[], None], queue: _Queue[T], name: str) -> None:
        def guarded() -> None:
            _give_way()
            try:
                run()
            except _HaltedError:
                pass
            except BaseException as error:  # raised again by who takes or puts
                queue.end(error)
            else:
                queue.end()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._queues.append(queue)
        self._threads.append(thread)
        thread.start()


def _give_way() -> None:
    """Lower this thread's priority. By this call only Linux has one for each; elsewhere nothing is done."""
    if sys.platform == "linux":
        with suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class _Queue(Generic[T]):
    """Room for items between two stages: the two threads at its ends wait for nobody else."""

    def __init__(self, overlap: Overlap, room: int) -> None:
        self._overlap, self._room = overlap, room
        self._changed = threading.Condition()
        self._items: deque[T] = deque()
        self._ended = False
        self.error: BaseException | None = None

    def wait_for_room(self) -> bool:
        """True when there is room for one more."""
        with self._changed:
            self._wait(lambda: len(self._items) < self._room or self._ended)
            return not self._ended

    def wait_for_item(self) -> bool:
        """True when there is one; False when none will come any more."""
        with self._changed:
            self._wait(lambda: bool(self._items) or self._ended)
            return bool(self._items)

    def wait_for_end(self) -> None:
        """Until nothing is left, or what takes the items has failed."""
        with self._changed:
            self._wait(lambda: not self._items or self.error is not None)

    def put(self, item: T) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def first(self) -> T:
        """The next item, which goes on taking its room."""
        return self._items[0]

    def done(self) -> None:
        """The first item is done with."""
        with self._changed:
            self._items.popleft()
            self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """No item comes any more."""
        with self._changed:
            self._ended, self.error = True, error
            self._changed.notify_all()

    def wake(self) -> None:
        """Who waits looks up: the work is given up."""
        with self._changed:
            self._changed.notify_all()

    def taken(self) -> Iterator[T]:
        """The items, as they are taken."""
        while self.wait_for_item():
            with self._changed:
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
            del item
        if self.error is not None:
            raise self.error

    def _wait(self, ready: Callable[[], bool]) -> None:
        """Until it is so. Called with the lock held. Raises _HaltedError when the work is given up."""
        while not ready():
            if self._overlap.halted:
                raise _HaltedError
            self._changed.wait(WAKE_S)


class Behind(Generic[T]):
    """The near end of a stage that comes after: items are put here."""

    def __init__(self, queue: _Queue[T]) -> None:
        self._queue = queue

    def put(self, item: T) -> None:
        """Hand over an item, when there is room: with room for one, when the one before is done.

        Raises what the stage raised for an item before.
        """
        self._queue.wait_for_room()
        self.raise_error()
        self._queue.put(item)

    def finish(self) -> None:
        """Wait until everything is done. Raises what the stage raised."""
        self._queue.wait_for_end()
        self.raise_error()

    def raise_error(self, instead_of: BaseException | None = None) -> None:
        """Raise what the stage raised, if it did."""
        error = self._queue.error
        if error is not None and error is not instead_of:
            raise error
