"""Things on the graphics card by the identity of what they were made from, and no longer than that lives.

A thing's owner may be dropped by any thread, and OpenGL may be called by one only. So the weak reference's
callback only queues the owner's key; the thread that owns the context frees the thing with its next frame, as
arcade and moderngl's ``gc_mode = "context_gc"`` do.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP_FRAMES = 600
"""How long a thing that is not drawn stays while its owner does: a face that looks away for some seconds
costs nothing, and of packs that were worn before and are loaded still nothing is kept."""

KEEP_BYTES = 32 << 20
"""So much of what is not drawn stays at most, where sizes are told."""


class Releasable(Protocol):
    """Owns OpenGL objects."""

    def release(self) -> None:
        """Free them."""


Source = TypeVar("Source")
Made = TypeVar("Made", bound=Releasable)


class IdentityCache(Generic[Source, Made]):
    """Makes on first use, frees when the source is gone, and earlier what is not used.

    All methods are called by the thread that owns the context. A source that cannot be referenced weakly (a
    plain ``object()``) is held, and freed by age only.

    Args:
        make: makes a thing, which must not hold its source.
        keep_frames: a thing that was not used for so many is freed; None for no such limit.
        held: how many bytes a thing takes; without it they do not count.
    """

    def __init__(
        self,
        make: Callable[[Source], Made],
        keep_frames: int | None = KEEP_FRAMES,
        held: Callable[[Made], int] | None = None,
    ) -> None:
        self._make = make
        self._keep_frames = keep_frames
        self._held = held
        self._frame = 0
        self._entries: dict[int, _Entry[Any]] = {}
        self._last_used: dict[int, int] = {}
        self._gone: deque[_Owner] = deque()  # appended to by any thread

    def get(self, source: Source) -> Made:
        """What was made from this very object."""
        key = id(source)
        entry = self._entries.get(key)
        if entry is not None and entry.source() is not source:
            self._free(key)  # another's id until a moment ago
            entry = None
        if entry is None:
            made = self._make(source)
            entry = self._entries[key] = _Entry(self._owner(source, key), made)
        self._last_used[key] = self._frame
        return entry.made  # type: ignore[no-any-return]

    def collect(self) -> int:
        """Free what has lost its owner; gives how many that were."""
        count = 0
        while self._gone:
            gone = self._gone.popleft()
            entry = self._entries.get(gone.key)
            if entry is not None and entry.source is gone:
                self._free(gone.key)
                count += 1
        return count

    def next_frame(self) -> None:
        """Count a frame; free what was not used for too long, or is too much to be kept unused."""
        self._frame += 1
        if self._keep_frames is None:
            return
        oldest, kept = self._frame - self._keep_frames, 0
        unused = [key for key, used in self._last_used.items() if used < self._frame - 1]
        for key in sorted(unused, key=self._last_used.__getitem__, reverse=True):
            with_it = kept + (self._held(self._entries[key].made) if self._held else 0)
            if self._last_used[key] >= oldest and with_it <= KEEP_BYTES:
                kept = with_it
            else:
                self._free(key)

    def release(self) -> None:
        """Free everything."""
        for entry in self._entries.values():
            entry.made.release()
        self._entries.clear()
        self._last_used.clear()
        self._gone.clear()

    def _owner(self, source: Source, key: int) -> Callable[[], object]:
        try:
            kept_by = _Owner(source, self._gone.append)
        except TypeError:
            return lambda: source
        kept_by.key = key
        return kept_by

    def _free(self, key: int) -> None:
        del self._last_used[key]
        self._entries.pop(key).made.release()


class _Owner(ref[Any]):
    """A weak reference that knows where its thing is kept."""

    __slots__ = ("key",)

    key: int


class _Entry(NamedTuple, Generic[Made]):
    source: Callable[[], object]
    made: Made
