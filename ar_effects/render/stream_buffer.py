"""A buffer for what is sent anew again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import moderngl
    import numpy as np
    from numpy.typing import NDArray


class StreamBuffer:
    """A buffer that nobody waits for: given up before it is filled again, as the card may be reading it.

    The driver then gives other memory to the same name, so that vertex arrays on it stay right, even where it
    grows (https://www.khronos.org/opengl/wiki/Buffer_Object_Streaming, "Buffer re-specification").

    Args:
        ctx: the context.
        size: bytes to begin with, at least one.

    Attributes:
        buffer: to make vertex arrays with, or to bind.
    """

    def __init__(self, ctx: moderngl.Context, size: int) -> None:
        self.buffer: moderngl.Buffer = ctx.buffer(reserve=size, dynamic=True)
        self._is_new = True

    def write(self, data: NDArray[np.generic], room: int = 0) -> None:
        """Send an array.

        Args:
            data: C-contiguous.
            room: bytes that the buffer has at least after this, for what grows.
        """
        needed = max(data.nbytes, room)
        if needed > self.buffer.size:
            self.buffer.orphan(needed)
        elif not self._is_new:
            self.buffer.orphan()
        self._is_new = False
        if data.nbytes:
            self.buffer.write(data)

    def release(self) -> None:
        """Free it."""
        self.buffer.release()
