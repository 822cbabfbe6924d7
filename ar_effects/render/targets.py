"""The framebuffers: the finished picture, and the multisampled layer effects are drawn in.

Both hold sRGB bytes. Video bytes travel by copies that do not convert, so pixels without an effect
come back bit for bit; what is drawn is blended linearly because GL_FRAMEBUFFER_SRGB is on then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from ar_effects.render.screen_rectangle import Rectangle

SAMPLES = 4
GL_SRGB8_ALPHA8 = 0x8C43
GL_FRAMEBUFFER_SRGB = 0x8DB9
_GL_READ_FRAMEBUFFER, _GL_DRAW_FRAMEBUFFER = 0x8CA8, 0x8CA9
_GL_COLOR_BUFFER_BIT, _GL_NEAREST = 0x4000, 0x2600


class Targets:
    """The framebuffers of one picture size.

    Attributes:
        size: (width, height).
        final: sRGB texture of the finished picture, row 0 the picture's top.
        final_fbo: the framebuffer on it.
        layer_fbo: multisampled colour and 24-bit depth of the same size.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int]) -> None:
        self._ctx = ctx
        self.size = size
        self._blit = _blit_function()
        samples = min(SAMPLES, int(ctx.max_samples))
        self._objects: list[Any] = []
        largest = min(ctx.info["GL_MAX_TEXTURE_SIZE"], ctx.info["GL_MAX_RENDERBUFFER_SIZE"])
        if max(size) > largest:
            raise _refused(size, f"its limit is {largest}")
        try:
            self.final = self._own(ctx.texture(size, 4, internal_format=GL_SRGB8_ALPHA8))
            self.final.repeat_x = self.final.repeat_y = False
            self.final_fbo = self._own(ctx.framebuffer([self.final]))
            color = self._own(ctx.texture(size, 4, samples=samples, internal_format=GL_SRGB8_ALPHA8))
            depth = self._own(ctx.depth_renderbuffer(size, samples=samples))
            self.layer_fbo = self._own(ctx.framebuffer([color], depth))
        except (moderngl.Error, ValueError) as error:
            self.release()
            raise _refused(size, str(error)) from error

    def upload(self, rgba: NDArray[np.uint8]) -> None:
        """Fill ``final`` with a C-contiguous (h, w, 4) uint8 RGBA picture, bytes as they are."""
        self.final.write(rgba)

    def read_into(self, rgba: NDArray[np.uint8]) -> None:
        """Copy ``final`` to a C-contiguous (h, w, 4) uint8 array, bytes as they are."""
        self.final_fbo.read_into(rgba, components=4, alignment=1)

    def copy_to_layer(self, rectangle: Rectangle) -> None:
        """Copy the picture inside the rectangle under all samples of the layer."""
        self._copy(self.final_fbo, self.layer_fbo, rectangle)

    def clear_depth(self, rectangle: Rectangle) -> None:
        """Make the layer's depth the farthest inside the rectangle."""
        self.draw_to_layer(None, color=False)
        self.layer_fbo.clear(depth=1.0, viewport=rectangle)

    def draw_to_layer(self, scissor: Rectangle | None, *, color: bool = True, depth: bool = True) -> None:
        """Send what is drawn next to the layer, inside ``scissor``, writing colour, depth or both."""
        layer = self.layer_fbo
        layer.scissor = scissor
        # alpha stays as the video left it: nothing behind the picture is meant to shine through
        layer.color_mask = (color, color, color, False)
        layer.depth_mask = depth
        layer.use()  # a colour mask that is set takes effect only here

    def resolve(self, rectangle: Rectangle) -> None:
        """Average the layer's samples (linearly) into the picture inside the rectangle."""
        self._ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        self._copy(self.layer_fbo, self.final_fbo, rectangle)
        self._ctx.disable_direct(GL_FRAMEBUFFER_SRGB)

    def release(self) -> None:
        """Free the framebuffers and textures."""
        self._ctx.screen.use()  # moderngl binds again what was bound last: that must not be a freed one
        for thing in reversed(self._objects):
            thing.release()
        self._objects.clear()

    def _own(self, thing: Any) -> Any:
        self._objects.append(thing)
        return thing

    def _copy(self, source: Any, target: Any, rectangle: Rectangle) -> None:
        x, y, w, h = rectangle
        target.scissor = None
        target.use()
        self._blit(source.glo, target.glo, (x, y, x + w, y + h))
        target.use()  # moderngl does not know what was bound


def _refused(size: tuple[int, int], why: str) -> RenderError:
    return RenderError(
        f"The graphics driver refused framebuffers of {size[0]}x{size[1]} pixels",
        got=why,
        fix="Choose a smaller picture",
    )


def _blit_function() -> Callable[[int, int, tuple[int, int, int, int]], None]:
    """The raw call, from pyglet: moderngl copies whole framebuffers only."""
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    def blit(source: int, target: int, box: tuple[int, int, int, int]) -> None:
        gl.glBindFramebuffer(_GL_READ_FRAMEBUFFER, source)
        gl.glBindFramebuffer(_GL_DRAW_FRAMEBUFFER, target)
        gl.glBlitFramebuffer(*box, *box, _GL_COLOR_BUFFER_BIT, _GL_NEAREST)

    return blit
