"""How long the graphics card itself draws a frame, where the driver has a timer for it."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import moderngl

BEHIND = 3
"""Frames after which a result is asked for. By then it is there: asking sooner would wait for the card."""

UNKNOWN_NS = 0xFFFFFFFF
"""The largest number there is room for: four seconds, or a driver that does not know.

Mesa's software renderer says so of the first frame.
"""

_GL_TIME_ELAPSED, _GL_QUERY_COUNTER_BITS = 0x88BF, 0x8864


class GpuClock:
    """Times frames with queries that never wait.

    OpenGL's calls return when they are noted down; what they cost shows on the card's own clock only
    (``GL_TIME_ELAPSED``, OpenGL 3.3; https://www.khronos.org/opengl/wiki/Query_Object).
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        count = BEHIND + 1 if timer_bits() > 0 else 0
        self._queries: list[Any] = [ctx.query(time=True) for _ in range(count)]
        self._frames = 0
        self._finished: list[float] = []

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Time what is drawn inside the ``with`` block; not to be nested."""
        if not self._queries:
            yield
            return
        query = self._queries[self._frames % len(self._queries)]
        if self._frames >= len(self._queries):
            elapsed_ns = query.elapsed
            if elapsed_ns < UNKNOWN_NS:
                self._finished.append(elapsed_ns * 1e-9)
                del self._finished[:-_KEPT]
        self._frames += 1
        with query:
            yield

    def take(self) -> list[float]:
        """Seconds of each frame that was finished since the last call, some frames late."""
        taken, self._finished = self._finished, []
        return taken


_KEPT = 64
"""Results that wait for somebody to take them, at most."""


def timer_bits() -> int:
    """Digits of the driver's timer; 0 where it has none."""
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    bits = ctypes.c_int(0)
    gl.glGetQueryiv(_GL_TIME_ELAPSED, _GL_QUERY_COUNTER_BITS, ctypes.byref(bits))
    return bits.value
