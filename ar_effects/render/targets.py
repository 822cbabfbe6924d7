"""The framebuffers: the finished picture, spare pictures, and the multisampled layer models are drawn in.

Both hold sRGB bytes. Video bytes travel by copies that do not convert, so pixels without an effect
come back bit for bit; what is drawn is blended linearly because GL_FRAMEBUFFER_SRGB is on then.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import moderngl

from ar_effects.errors import RenderError
from ar_effects.messages import Message, sentence
from ar_effects.render.upload import FrameUpload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from ar_effects.render.screen_rectangle import Rectangle

SAMPLES = 4
GL_SRGB8_ALPHA8 = 0x8C43
GL_FRAMEBUFFER_SRGB = 0x8DB9
_GL_READ_FRAMEBUFFER, _GL_DRAW_FRAMEBUFFER = 0x8CA8, 0x8CA9
_GL_COLOR_BUFFER_BIT, _GL_DEPTH_BUFFER_BIT, _GL_NEAREST = 0x4000, 0x0100, 0x2600
_GL_TEXTURE_2D, _GL_TEXTURE0, _GL_LINEAR = 0x0DE1, 0x84C0, 0x2601
_GL_TEXTURE_MIN_FILTER, _GL_TEXTURE_MAG_FILTER = 0x2801, 0x2800
_GL_TEXTURE_SRGB_DECODE, _GL_DECODE, _GL_SKIP_DECODE = 0x8A48, 0x8A49, 0x8A4A


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An sRGB texture with premultiplied alpha, row 0 the picture's top, and the framebuffer on it."""

    texture: Any
    fbo: Any


class Targets:
    """The framebuffers of one picture size.

    Attributes:
        size: (width, height).
        final: the finished picture.
        current: what is drawn on now: ``final``, or a group's own picture.
        keep_alpha: whether what is drawn leaves its alpha in ``current``, as a group on clear ground needs.
        layer_fbo: multisampled colour and 24-bit depth of the same size.
        reads_encoded: whether ``reading_as`` can give bytes as they are (EXT_texture_sRGB_decode).
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], samples: int = SAMPLES) -> None:
        self._ctx = ctx
        self.size = size
        self._blit = _blit_function()
        # software drivers do this by moving memory, and blits by drawing: twenty times slower
        self._move = _move_function() if has_copy_image(ctx) else None
        self.reads_encoded = "GL_EXT_texture_sRGB_decode" in ctx.extensions
        samples = min(samples, int(ctx.max_samples))
        samples = samples if samples > 1 else 0
        self._objects: list[Any] = []
        largest = min(ctx.info["GL_MAX_TEXTURE_SIZE"], ctx.info["GL_MAX_RENDERBUFFER_SIZE"])
        if max(size) > largest:
            raise _refused(size, sentence("got.its-limit", largest=largest))
        try:
            self._upload = self._own(FrameUpload(ctx, size))
            self.final = self.current = self._picture()
            self.keep_alpha = False
            self._spare: list[Picture] = []
            self._depth: Any = None
            self._with_depth: dict[Picture, Any] = {}
            colour = self._own(ctx.texture(size, 4, samples=samples, internal_format=GL_SRGB8_ALPHA8))
            depth = self._own(ctx.depth_renderbuffer(size, samples=samples))
            self.layer_fbo = self._own(ctx.framebuffer([colour], depth))
        except (moderngl.Error, ValueError) as error:
            self.release()
            raise _refused(size, str(error)) from error

    def upload(self, rgba: NDArray[np.uint8]) -> None:
        """Fill ``final`` with a C-contiguous (h, w, 4) uint8 RGBA picture, bytes as they are."""
        self._upload.write(rgba, self.final.texture)

    def read_into(self, rgba: NDArray[np.uint8]) -> None:
        """Copy ``final`` to a C-contiguous (h, w, 4) uint8 array, bytes as they are."""
        self.final.fbo.read_into(rgba, components=4, alignment=1)

    def copy_to_layer(self, rectangle: Rectangle) -> None:
        """Copy the current picture inside the rectangle under all samples of the layer."""
        self._copy(self.current.fbo, self.layer_fbo, rectangle)

    def clear_depth(self, rectangle: Rectangle) -> None:
        """Make the layer's depth the farthest inside the rectangle."""
        self.draw_to_layer(None, colour=False)
        self.layer_fbo.clear(depth=1.0, viewport=rectangle)

    def draw_to_layer(self, scissor: Rectangle | None, *, colour: bool = True, depth: bool = True) -> None:
        """Send what is drawn next to the layer, inside ``scissor``, writing colour, depth or both."""
        layer = self.layer_fbo
        layer.scissor = scissor
        # alpha stays as the video left it: nothing behind the picture is meant to shine through
        layer.color_mask = (colour, colour, colour, colour and self.keep_alpha)
        layer.depth_mask = depth
        layer.use()  # a colour mask that is set takes effect only here

    def resolve(self, rectangle: Rectangle) -> None:
        """Average the layer's samples (linearly) into the current picture inside the rectangle."""
        self._ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        self._copy(self.layer_fbo, self.current.fbo, rectangle)
        self._ctx.disable_direct(GL_FRAMEBUFFER_SRGB)

    def draw_to_current(self, scissor: Rectangle | None = None) -> None:
        """Send what is drawn next to the current picture, inside ``scissor``."""
        fbo = self.current.fbo
        fbo.scissor = scissor
        fbo.color_mask = (True, True, True, self.keep_alpha)
        fbo.use()

    def clear_current_depth(self, rectangle: Rectangle) -> None:
        """Make the depth beside the current picture the farthest inside the rectangle."""
        self.draw_to_current_with_depth(None, colour=False)
        self._current_with_depth().clear(depth=1.0, viewport=rectangle)

    def copy_depth_from_layer(self, rectangle: Rectangle) -> None:
        """Copy one sample's depth of the layer beside the current picture inside the rectangle."""
        self._copy(self.layer_fbo, self._current_with_depth(), rectangle, _GL_DEPTH_BUFFER_BIT)

    def draw_to_current_with_depth(
        self, scissor: Rectangle | None, *, colour: bool = True, depth: bool = True
    ) -> None:
        """Send what is drawn next to the current picture and a depth of its size, one sample a pixel."""
        fbo = self._current_with_depth()
        fbo.scissor = scissor
        fbo.color_mask = (colour, colour, colour, colour and self.keep_alpha)
        fbo.depth_mask = depth
        fbo.use()

    def borrow(self) -> Picture:
        """A picture of the same size with anything in it, until ``give_back``."""
        return self._spare.pop() if self._spare else self._picture()

    def give_back(self, picture: Picture) -> None:
        """Let the next ``borrow`` have it."""
        self._spare.append(picture)

    def begin_anew(self) -> Picture:
        """Put a picture with anything in it in the current one's place, whose alpha counts, too.

        Gives the one that was there, to read from; then ``give_back`` it.
        """
        old, new = self.current, self.borrow()
        if self.final is old:
            self.final = new
        self.current = new
        return old

    @contextmanager
    def reading_as(self, picture: Picture, *, encoded: bool, smooth: bool) -> Iterator[None]:
        """Bind a picture to unit 0 to be read as sRGB bytes over 255, or without mixing neighbours.

        ``encoded`` needs ``reads_encoded``.
        """
        from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

        def choose(decode: int, mixing: int) -> None:
            if encoded:
                gl.glTexParameteri(_GL_TEXTURE_2D, _GL_TEXTURE_SRGB_DECODE, decode)
            for which in () if smooth else (_GL_TEXTURE_MIN_FILTER, _GL_TEXTURE_MAG_FILTER):
                gl.glTexParameteri(_GL_TEXTURE_2D, which, mixing)

        picture.texture.use(0)
        gl.glActiveTexture(_GL_TEXTURE0)
        choose(_GL_SKIP_DECODE, _GL_NEAREST)
        try:
            yield
        finally:
            picture.texture.use(0)
            gl.glActiveTexture(_GL_TEXTURE0)
            choose(_GL_DECODE, _GL_LINEAR)

    def copy(self, source: Picture, target: Picture, rectangle: Rectangle | None = None) -> None:
        """Copy bytes between pictures, inside the rectangle."""
        box = rectangle or (0, 0, *self.size)
        if self._move is not None:
            self._move(source.texture.glo, target.texture.glo, box)
            return
        target.fbo.color_mask = (True, True, True, True)
        self._copy(source.fbo, target.fbo, box)

    def clear(self, picture: Picture, rectangle: Rectangle | None = None) -> None:
        """Make a picture clear, inside the rectangle."""
        picture.fbo.scissor = None
        picture.fbo.color_mask = (True, True, True, True)
        picture.fbo.clear(0.0, 0.0, 0.0, 0.0, viewport=rectangle)

    def release(self) -> None:
        """Free the framebuffers and textures."""
        self._ctx.screen.use()  # moderngl binds again what was bound last: that must not be a freed one
        for thing in reversed(self._objects):
            thing.release()
        self._objects.clear()
        self._with_depth.clear()
        self._depth = None

    def _picture(self) -> Picture:
        texture = self._own(self._ctx.texture(self.size, 4, internal_format=GL_SRGB8_ALPHA8))
        texture.repeat_x = texture.repeat_y = False
        return Picture(texture, self._own(self._ctx.framebuffer([texture])))

    def _current_with_depth(self) -> Any:
        """The framebuffer of the current picture that has a depth; all pictures share one."""
        if self._depth is None:
            self._depth = self._own(self._ctx.depth_renderbuffer(self.size))
        fbo = self._with_depth.get(self.current)
        if fbo is None:
            fbo = self._own(self._ctx.framebuffer([self.current.texture], self._depth))
            self._with_depth[self.current] = fbo
        return fbo

    def _own(self, thing: Any) -> Any:
        self._objects.append(thing)
        return thing

    def _copy(
        self,
        source: Any,
        target: Any,
        rectangle: Rectangle | tuple[int, int, int, int],
        what: int = _GL_COLOR_BUFFER_BIT,
    ) -> None:
        x, y, w, h = rectangle
        target.scissor = None
        target.use()
        self._blit(source.glo, target.glo, (x, y, x + w, y + h), what)
        target.use()  # moderngl does not know what was bound


def small_map(ctx: moderngl.Context, side: int) -> tuple[Any, Any]:
    """A square texture of floats, and the framebuffer on it. Half floats are slow to read in software."""
    texture = ctx.texture((side, side), 4, dtype="f4")
    texture.repeat_x = texture.repeat_y = False
    return texture, ctx.framebuffer([texture])


def _refused(size: tuple[int, int], why: str) -> RenderError:
    return RenderError(Message("render.framebuffer-refused", width=size[0], height=size[1]), got=why)


def _blit_function() -> Callable[[int, int, tuple[int, int, int, int], int], None]:
    """The raw call, from pyglet: moderngl copies whole framebuffers only."""
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    def blit(source: int, target: int, box: tuple[int, int, int, int], what: int) -> None:
        gl.glBindFramebuffer(_GL_READ_FRAMEBUFFER, source)
        gl.glBindFramebuffer(_GL_DRAW_FRAMEBUFFER, target)
        gl.glBlitFramebuffer(*box, *box, what, _GL_NEAREST)

    return blit


def has_copy_image(ctx: moderngl.Context) -> bool:
    """Whether the driver copies between textures without drawing (OpenGL 4.3 or ARB_copy_image)."""
    return ctx.version_code >= 430 or "GL_ARB_copy_image" in ctx.extensions


def _move_function() -> Callable[[int, int, tuple[int, int, int, int]], None]:
    """The raw call, from pyglet: moderngl has none."""
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    def move(source: int, target: int, box: tuple[int, int, int, int]) -> None:
        x, y, width, height = box
        place = (gl.GL_TEXTURE_2D, 0, x, y, 0)
        gl.glCopyImageSubData(source, *place, target, *place, width, height, 1)

    return move
