"""Things on the graphics card by the identity of what they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP_FRAMES = 600
"""How long a thing that is not drawn stays: a face that looks away for some seconds costs nothing."""

KEEP_BYTES = 32 << 20
"""So much of what is not drawn stays at most, where sizes are told: packs worn before are not all kept."""


class Releasable(Protocol):
    """Owns OpenGL objects."""

    def release(self) -> None:
        """Free them."""


Source = TypeVar("Source")
Made = TypeVar("Made", bound=Releasable)


class IdentityCache(Generic[Source, Made]):
    """Makes on first use, holds the source (so that its id stays its own), frees what is not used.

    Args:
        make: makes a thing.
        keep_frames: a thing that was not used for so many is freed.
        held: bytes by the id() of all that a source and its thing hold, which others may hold, too; without
            it only ``keep_frames`` counts.
    """

    def __init__(
        self,
        make: Callable[[Source], Made],
        keep_frames: int = KEEP_FRAMES,
        held: Callable[[Source, Made], dict[int, int]] = lambda _source, _made: {},
    ) -> None:
        self._make = make
        self._keep_frames = keep_frames
        self._held = held
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
        """Count a frame; free what was not used for too long, or is too much to be kept unused."""
        self._frame += 1
        oldest, kept = self._frame - self._keep_frames, dict[int, int]()
        unused = [key for key, used in self._last_used.items() if used < self._frame - 1]
        for key in sorted(unused, key=self._last_used.__getitem__, reverse=True):
            with_it = kept | self._held(*self._entries[key])
            if self._last_used[key] >= oldest and sum(with_it.values()) <= KEEP_BYTES:
                kept = with_it
                continue
            del self._last_used[key]
            self._entries.pop(key)[1].release()

    def release(self) -> None:
        """Free everything."""
        for _, made in self._entries.values():
            made.release()
        self._entries.clear()
        self._last_used.clear()
