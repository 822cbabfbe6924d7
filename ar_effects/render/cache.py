"""Things on the graphics card by the identity of what they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP_FRAMES = 600
"""How long a thing that is not drawn stays: a face that looks away for some seconds costs nothing."""


class Releasable(Protocol):
    """Owns OpenGL objects."""

    def release(self) -> None:
        """Free them."""


Source = TypeVar("Source")
Made = TypeVar("Made", bound=Releasable)


class IdentityCache(Generic[Source, Made]):
    """Makes on first use, holds the source (so that its id stays its own), frees what is not used."""

    def __init__(self, make: Callable[[Source], Made], keep_frames: int = KEEP_FRAMES) -> None:
        self._make = make
        self._keep_frames = keep_frames
        self._frame = 0
        self._entries: dict[int, tuple[Source, Made]] = {}
        self._last_used: dict[int, int] = {}

    def get(self, source: Source) -> Made:
        """What was made from this very object."""
        key = id(source)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = (source, self._make(source))
        self._last_used[key] = self._frame
        return entry[1]

    def next_frame(self) -> None:
        """Count a frame; free what was not used for ``keep_frames`` of them."""
        self._frame += 1
        oldest = self._frame - self._keep_frames
        for key in [key for key, used in self._last_used.items() if used < oldest]:
            del self._last_used[key]
            self._entries.pop(key)[1].release()

    def release(self) -> None:
        """Free everything."""
        for _, made in self._entries.values():
            made.release()
        self._entries.clear()
        self._last_used.clear()
