"""Brings video frames to the graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import moderngl
    import numpy as np
    from numpy.typing import NDArray

BUFFERS = 2
"""One is filled while the driver still copies from the other."""

SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "microsoft basic render")
"""Renderers, in small letters, whose textures lie in the computer's own memory."""


class FrameUpload:
    """One upload a frame.

    Where there is a card, through two pixel buffers in turn, each given up before it is filled again
    (https://www.khronos.org/opengl/wiki/Pixel_Buffer_Object): the copy to the card then goes on while the
    frame before is drawn, and nobody waits. Software renderers copy straight from the frame, which takes half
    of the time.

    Args:
        ctx: the context.
        size: (width, height) of the frames.
        buffers: whether to go through buffers; None decides by the renderer.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], buffers: bool | None = None) -> None:
        if buffers is None:
            buffers = not is_software(str(ctx.info["GL_RENDERER"]))
        count = BUFFERS if buffers else 0
        self._buffers: list[Any] = [
            ctx.buffer(reserve=4 * size[0] * size[1], dynamic=True) for _ in range(count)
        ]
        self._next = 0

    def write(self, rgba: NDArray[np.uint8], texture: moderngl.Texture) -> None:
        """Fill a texture with a C-contiguous (h, w, 4) uint8 picture of its size."""
        if not self._buffers:
            texture.write(rgba)
            return
        buffer = self._buffers[self._next]
        self._next = (self._next + 1) % len(self._buffers)
        buffer.orphan()
        buffer.write(rgba)
        texture.write(buffer)

    def release(self) -> None:
        """Free the buffers."""
        for buffer in self._buffers:
            buffer.release()
        self._buffers.clear()


def is_software(renderer: str) -> bool:
    """Whether a renderer of this name draws on the processor."""
    return any(name in renderer.lower() for name in SOFTWARE)
