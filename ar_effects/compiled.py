"""Compiles loops over landmarks to machine code; without the compiler they run as the Python they are.

numpy needs about a microsecond a call however short the array, and a face takes hundreds of calls: its 478
landmarks go through compiled loops in a tenth of the time (docs/decisions/0015-compiled-loops.md). What is
compiled is kept beside the source, or in the user's cache where that may not be written to, so that only the
first start on a machine waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:  # no wheel for this system: slower by some milliseconds a face, otherwise the same
    IS_COMPILED = False

    def compiled(function: F) -> F:
        """The function itself: there is no compiler here."""
        return function

else:
    from numba import config

    IS_COMPILED = not getattr(config, "DISABLE_JIT", False)

    def compiled(function: F) -> F:
        """The function as machine code, made when it is first called with such arguments.

        It lets other threads run meanwhile, divides by zero as numpy does, and gives the same numbers on
        every run: sums are not reordered.
        """
        try:
            return cast(F, njit(function, cache=True, nogil=True, error_model="numpy"))
        except RuntimeError:  # there is no place to keep it
            return cast(F, njit(function, nogil=True, error_model="numpy"))
