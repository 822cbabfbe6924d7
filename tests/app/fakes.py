"""What sources of tests share."""

from __future__ import annotations

import threading
from typing import Self


class Closeable:
    """Ends when it is closed, from any thread, or left as a context.

    Attributes:
        closed: set then.
    """

    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
