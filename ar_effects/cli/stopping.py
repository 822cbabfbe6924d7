"""Ctrl-C, SIGTERM (`kill`, `timeout`, shut-down) and SIGHUP (terminal closed, log-out) end a command alike.

A signal interrupts like Ctrl-C, by ``KeyboardInterrupt``, so that whoever has begun a file takes it away.
Where that would come at a bad moment, between two files or in the middle of a frame, `deferred` makes it a
wish that is asked for.

Closing a terminal or logging out sends several signals within milliseconds. Only a second Ctrl-C is a
person's impatience; everything else that comes after the first must not interrupt the tidying up.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
from collections.abc import Callable, Iterator
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_OUTPUTS = (1, 2)


class _State:
    """Signals belong to the process, and so does what is known of them."""

    def __init__(self) -> None:
        self.number = 0
        self.deferring = 0
        self.terminals: set[int] = set()


_state = _State()


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """For the whole of a command: the signals interrupt it; before and after they do what they did."""
    _state.number, _state.deferring = 0, 0
    _state.terminals = {descriptor for descriptor in _OUTPUTS if _is_terminal(descriptor)}
    before: dict[int, object] = {}
    with contextlib.suppress(ValueError):  # not the main thread: signals are somebody else's
        for name in _NAMES:
            number = getattr(signal, name, None)
            # What is ignored stays so: `nohup`, and jobs that a script put in the background.
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, _on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], bool]]:
    """The first signal is a wish, told by the function given; a second Ctrl-C interrupts."""
    _state.deferring += 1
    try:
        yield asked
    finally:
        _state.deferring -= 1


def asked() -> bool:
    """Whether a signal came."""
    return _state.number != 0


def stop_if_asked() -> None:
    """Here is a good place to be interrupted. Raises KeyboardInterrupt."""
    if asked():
        raise KeyboardInterrupt


def exit_code() -> int:
    """Of a command that was interrupted: 128 and the number of the signal, as shells say it."""
    return 128 + (_state.number or int(signal.SIGINT))


def is_lost_terminal(error: BaseException) -> bool:
    """Whether this came of writing to a terminal that is gone."""
    return isinstance(error, OSError) and error.errno == errno.EIO and bool(_let_go_of_lost_terminals())


def _on_signal(number: int, _frame: FrameType | None) -> None:
    first, _state.number = _state.number == 0, _state.number or number
    _let_go_of_lost_terminals()
    if (first and not _state.deferring) or (not first and number == signal.SIGINT):
        raise KeyboardInterrupt


def _let_go_of_lost_terminals() -> list[int]:
    """What is written to a closed terminal raises, and would look like a disk that fails."""
    lost = []
    for descriptor in tuple(_state.terminals):
        # A terminal that was closed stays a device and answers nothing any more.
        with contextlib.suppress(OSError):
            if not _is_terminal(descriptor) and stat.S_ISCHR(os.fstat(descriptor).st_mode):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, descriptor)
                os.close(nothing)
                lost.append(descriptor)
    _state.terminals -= set(lost)
    return lost


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
