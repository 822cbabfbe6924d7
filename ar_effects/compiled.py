"""Compiles loops over landmarks to machine code; without the compiler they run as the Python they are.

numpy needs about a microsecond a call however short the array, and a face takes hundreds of calls: its 478
landmarks go through compiled loops in a tenth of the time (docs/decisions/0015-compiled-loops.md). What is
compiled is kept beside the source, or in the user's cache where that may not be written to, so that only the
first start on a machine waits for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_listeners: list[Callable[[bool], None]] = []


@contextmanager
def compiling_told(tell: Callable[[bool], None]) -> Iterator[None]:
    """While it lasts, ``tell`` is called right before a loop is compiled, in the thread that waits for it.

    A loop that was kept, and is as it was, is not compiled: nothing is told, however long loading it takes.

    Args:
        tell: given whether what is compiled will be kept for the next start.
    """
    _listeners.append(tell)
    try:
        yield
    finally:
        _listeners.remove(tell)


def _told(*, kept: bool) -> None:
    for tell in tuple(_listeners):
        tell(kept)


try:
    from numba import config, njit
    from numba.core.caching import FunctionCache, NullCache
    from numba.core.runtime import rtsys
except (ImportError, OSError):  # none for this system, or one that does not fit it: LLVM's library is missing
    IS_COMPILED = False

    def compiled(function: F) -> F:
        """The function itself: there is no compiler here. Slower by some twenty milliseconds a face."""
        return function

else:
    IS_COMPILED = not getattr(config, "DISABLE_JIT", False)

    def compiled(function: F) -> F:
        """The function as machine code, made when it is first called with such arguments.

        It lets other threads run meanwhile, divides by zero as numpy does, and gives the same numbers on
        every run: sums are not reordered.
        """
        made = njit(function, nogil=True, error_model="numpy")
        if IS_COMPILED:
            try:
                made._cache = _Kept(function)  # noqa: SLF001 - as cache=True does, with numba's own
            except Exception:  # no place to keep it, or a numba whose insides have changed
                made._cache = _NotKept()  # noqa: SLF001
        return cast(F, made)

    class _Kept(FunctionCache):  # type: ignore[misc]
        """A compiled function on the disk, as far as the disk allows: it is never a reason to stop.

        numba takes what it finds for good while the function's own file is the same. But the code of a
        function holds that of those it calls, of other files too: the same must be all that it imports.
        """

        def __init__(self, function: Callable[..., Any]) -> None:
            super().__init__(function)
            self._cache_file._source_stamp = _version_of(function.__module__)  # noqa: SLF001

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            """What was kept; None if there is nothing, or nothing that can be read."""
            found = None
            try:
                found = self._found(sig, target_context)
            except Exception:  # cut short by a crash, say: reading it fails in many ways
                with suppress(OSError):
                    self.flush()
            if found is None:
                _told(kept=True)
            return found

        def _found(self, sig: Any, target_context: Any) -> Any:
            """As numba's own, which first learns to compile all that it can: a third of a second.

            Machine code runs without that, once it is linked with what handles arrays. numba learns it by
            itself when it has to compile.
            """
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)

        def save_overload(self, sig: Any, data: Any) -> None:
            """Keep it, if there is room."""
            with suppress(Exception):
                super().save_overload(sig, data)

    class _NotKept(NullCache):  # type: ignore[misc]
        """There is no place for it: it is compiled at every start."""

        def load_overload(self, sig: Any, target_context: Any) -> None:  # noqa: ARG002 - numba's
            """Nothing."""
            _told(kept=False)


@cache
def _version_of(module: str) -> str:
    """A hash of a loaded module's source, and of all in this package that it imports, and they in turn."""
    sources: dict[str, bytes] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        path = getattr(sys.modules.get(name), "__file__", None)
        if path is not None and name not in sources:
            sources[name] = _source(path)
            todo += [found.decode() for found in _IMPORTED.findall(sources[name])]
    return sha256(b"\0".join(sources[name] for name in sorted(sources))).hexdigest()


@cache
def _source(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # packed into a program
        return b""


_IMPORTED = re.compile(rb"^from (ar_effects\.[\w.]+) import", re.MULTILINE)
