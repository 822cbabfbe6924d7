"""What a live pipeline is doing: one state at a time, and one place that changes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto


class PipelineState(Enum):
    """Of the source and of what becomes of its frames."""

    NEW = auto()
    """Not started."""

    OPENING = auto()
    """The source is opened, for the first time or once more after it was given back."""

    RUNNING = auto()
    """Frames come."""

    PAUSED = auto()
    """Nobody looks. A clip stands still; of a camera frames are taken and not used."""

    RELEASED = auto()
    """Nobody has looked for so long that the camera was given back."""

    LOST = auto()
    """The camera went away and is looked for."""

    FOUND = auto()
    """A lost camera was opened again, and has sent no frame yet."""

    ENDED = auto()
    """The clip is over; what was tracked can still be taken."""

    FAILED = auto()
    """An error ended it, which whoever asks for a frame is told."""

    CLOSED = auto()
    """It was closed."""


_S = PipelineState

TRANSITIONS: dict[PipelineState, frozenset[PipelineState]] = {
    _S.NEW: frozenset({_S.OPENING, _S.CLOSED}),
    _S.OPENING: frozenset({_S.RUNNING, _S.PAUSED, _S.LOST, _S.ENDED, _S.FAILED, _S.CLOSED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.LOST, _S.ENDED, _S.FAILED, _S.CLOSED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.RELEASED, _S.LOST, _S.ENDED, _S.FAILED, _S.CLOSED}),
    _S.RELEASED: frozenset({_S.OPENING, _S.FAILED, _S.CLOSED}),
    _S.LOST: frozenset({_S.FOUND, _S.FAILED, _S.CLOSED}),
    _S.FOUND: frozenset({_S.RUNNING, _S.PAUSED, _S.LOST, _S.ENDED, _S.FAILED, _S.CLOSED}),
    _S.ENDED: frozenset({_S.FAILED, _S.CLOSED}),
    _S.FAILED: frozenset({_S.CLOSED}),
    _S.CLOSED: frozenset(),
}
"""What may follow what."""

OVER = frozenset({_S.FAILED, _S.CLOSED})
"""Nothing but being closed follows; what a thread that is late has to say is no news any more."""


class StateMachine:
    """Holds the state of a pipeline. Only ``enter`` changes it, from any thread.

    Args:
        on_change: called with the new state and what caused it, in the thread that entered it and one at a
            time, so that nobody hears of two states in the wrong order.
    """

    def __init__(self, on_change: Callable[[PipelineState, BaseException | None], None]) -> None:
        self._state = PipelineState.NEW
        self._on_change = on_change
        self._lock = threading.RLock()

    @property
    def state(self) -> PipelineState:
        """What it is doing now."""
        return self._state

    def enter(self, state: PipelineState, cause: BaseException | None = None) -> bool:
        """Go over to another state; the same one again changes nothing. False when all is over already.

        Args:
            state: the new one.
            cause: the error that led there.

        Raises:
            RuntimeError: it cannot follow the present one, which is a defect of ours.
        """
        with self._lock:
            if state is self._state:
                return True
            if state not in TRANSITIONS[self._state]:
                if self._state in OVER:
                    return False
                raise RuntimeError(f"{state.name} cannot follow {self._state.name}")
            self._state = state
            self._on_change(state, cause)
            return True
