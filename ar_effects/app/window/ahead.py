"""Things begun before they are needed, so that what waits for disk, network or driver waits together.

Two threads may import at once, but not the same library where its parts import each other in C: numpy fails
then, and OpenCV takes itself off the list of modules for a moment. So both are there before a thread begins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import cv2  # noqa: F401 - see above
import numpy as np  # noqa: F401

T = TypeVar("T")


class Ahead(Generic[T]):
    """Begins at once to make something in a thread of its own.

    Args:
        make: makes it.
        name: of the thread.
    """

    def __init__(self, make: Callable[[], T], name: str) -> None:
        self._make = make
        self._made: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def take(self) -> T:
        """What was made, as soon as it is. Raises what making it raised; may be called again."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._made[0]

    def _run(self) -> None:
        try:
            self._made.append(self._make())
        except BaseException as error:
            self._error = error


class Bell:
    """A call that goes to whoever listens; who comes later than the first calls gets one for them."""

    def __init__(self) -> None:
        self._listener: Callable[[], None] | None = None

    def ring(self) -> None:
        """From any thread: call the listener, if there is one."""
        if self._listener is not None:
            self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have this called from now on, and once at once."""
        self._listener = listener
        listener()
