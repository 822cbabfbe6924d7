"""Texture upload: colour as sRGB with alpha premultiplied, data as it is, light as half floats."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import moderngl
import numpy as np

from ar_effects.colour import LINEAR_FROM_BYTE, srgb_from_linear
from ar_effects.drawlist import Sampler
from ar_effects.render.targets import GL_SRGB8_ALPHA8
from ar_effects.render.upload import is_software

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ar_effects.drawlist import Texture
    from ar_effects.render.environment import Environment

ANISOTROPY = 4.0
"""On graphics cards; in software it doubles what hair costs."""

_STRIP_ROWS = 64
_GL_RGBA8 = 0x8058

_ALL_LEVELS = 1000
"""OpenGL's own default: down to a single texel."""


_FAR_NEAREST = moderngl.NEAREST_MIPMAP_LINEAR
_NEAR = {"linear": moderngl.LINEAR, "nearest": moderngl.NEAREST}


def upload_texture(
    ctx: moderngl.Context,
    pixels: Texture,
    sampler: Sampler = Sampler(),  # noqa: B008 - frozen
    *,
    colour: bool,
    premultiply: bool = False,
) -> moderngl.Texture:
    """A mipmapped texture of (h, w, 4) uint8 RGBA.

    Args:
        ctx: the context.
        pixels: straight alpha.
        sampler: how it is read.
        colour: the bytes are sRGB; otherwise they are data.
        premultiply: multiply colour with alpha before it is filtered.
    """
    size = (pixels.shape[1], pixels.shape[0])
    internal = GL_SRGB8_ALPHA8 if colour else _GL_RGBA8
    texture = ctx.texture(size, 4, None, internal_format=internal)
    _make_room_for_levels(texture, internal)
    for top in range(0, size[1], _STRIP_ROWS):
        strip = pixels[top : top + _STRIP_ROWS]
        strip = premultiplied(strip) if premultiply else np.ascontiguousarray(strip)
        texture.write(strip, (0, top, size[0], len(strip)), alignment=1)
    build_mipmaps(texture)
    far = smooth_filter(ctx) if sampler.far == "linear" else _FAR_NEAREST
    texture.filter = (far, _NEAR[sampler.near])
    texture.repeat_x, texture.repeat_y = not sampler.clamp_u, not sampler.clamp_v
    if sampler.far == "linear" and not is_software(str(ctx.info["GL_RENDERER"])):
        texture.anisotropy = min(ANISOTROPY, float(ctx.max_anisotropy))
    return texture


def upload_panorama(ctx: moderngl.Context, environment: Environment) -> moderngl.Texture:
    """The environment's panoramas as the mip levels of one texture."""
    top = environment.specular[0]
    texture = ctx.texture((top.shape[1], top.shape[0]), 4, dtype="f4")
    texture.repeat_x, texture.repeat_y = True, False
    last = len(environment.specular) - 1
    _write_levels(texture, [four_floats(level) for level in environment.specular])
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR if last > 0 else moderngl.LINEAR, moderngl.LINEAR)
    return texture


def flat_sampler(ctx: moderngl.Context) -> moderngl.Sampler:
    """How flat pictures are read: nothing lies so slanted that it is worth what anisotropy costs."""
    return ctx.sampler(
        repeat_x=False,
        repeat_y=False,
        filter=(moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR),
        anisotropy=1.0,
    )


def smooth_filter(ctx: moderngl.Context) -> int:
    """How a model's textures are read between their levels: mixed; in software, for half, the nearest.

    Not what is mirrored: in lenses one sees where a level of it ends.
    """
    software = is_software(str(ctx.info["GL_RENDERER"]))
    return moderngl.LINEAR_MIPMAP_NEAREST if software else moderngl.LINEAR_MIPMAP_LINEAR


def build_mipmaps(texture: moderngl.Texture, last: int = _ALL_LEVELS) -> None:
    """Fill the texture's coarser levels up to ``last`` from its finest; its filter is the caller's.

    Drivers in software compile for a tenth of a second when they first do this for a format. moderngl would
    keep Python's lock meanwhile; pyglet lets other threads load what they load at the start.
    """
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    texture.use(texture.ctx.default_texture_unit)  # where nothing is bound that is about to be drawn with
    gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_BASE_LEVEL, 0)
    gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MAX_LEVEL, last)
    gl.glGenerateMipmap(gl.GL_TEXTURE_2D)


def _make_room_for_levels(texture: moderngl.Texture, internal: int) -> None:
    """Give an RGBA texture of bytes that is still empty the room that its coarser levels will take.

    Drivers in software make room for them only where the filter asks for them when the finest level gets its
    size. Otherwise they move the texture afterwards, and hold the largest twice, 150 MB, meanwhile. A size of
    one texel between makes them begin anew.
    """
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    texture.use(texture.ctx.default_texture_unit)
    gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MAX_LEVEL, _ALL_LEVELS)
    gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MIN_FILTER, gl.GL_LINEAR_MIPMAP_LINEAR)
    for size in ((1, 1), texture.size):
        gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, internal, *size, 0, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, None)


def _write_levels(texture: moderngl.Texture, levels: Sequence[NDArray[np.float32]]) -> None:
    """Give an RGBA texture of floats all its levels as they are.

    moderngl has room for coarser levels only after it has had them filled, see ``build_mipmaps``.
    """
    from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

    texture.use(texture.ctx.default_texture_unit)
    gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
    for i, level in enumerate(levels):
        height, width = level.shape[:2]
        place, pixels = (gl.GL_TEXTURE_2D, i, gl.GL_RGBA32F, width, height, 0), level.ctypes.data
        gl.glTexImage2D(*place, gl.GL_RGBA, gl.GL_FLOAT, pixels)
    gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MAX_LEVEL, len(levels) - 1)


def four_floats(colours: NDArray[np.floating]) -> NDArray[np.float32]:
    """(..., 3) -> (..., 4) float32, the last 1: as software reads textures of floats quickest.

    Half floats, or three of them, are unpacked at every look.
    """
    texels = np.ones((*colours.shape[:-1], 4), np.float32)
    texels[..., :3] = colours
    return texels


def held_bytes(texture: moderngl.Texture) -> int:
    """What a mipmapped texture of bytes takes on the graphics card."""
    return int(texture.width * texture.height * 4 * 4 // 3)


class StreamTexture:
    """The texture of something that plays: written when that goes on, made anew for another size.

    Args:
        ctx: the context.
        filter: how it is read, smaller and larger.
    """

    def __init__(self, ctx: moderngl.Context, filter: tuple[int, int]) -> None:  # noqa: A002 - moderngl's word
        self._ctx = ctx
        self._filter = filter
        self._texture: moderngl.Texture | None = None
        self._version: int | None = None

    def shown(self, pixels: Texture, version: int) -> moderngl.Texture:
        """The texture with these sRGB pixels, their alpha straight; they are sent if the version is new."""
        size = (pixels.shape[1], pixels.shape[0])
        if self._texture is None or self._texture.size != size:
            self.release()
            self._texture = self._ctx.texture(size, 4, internal_format=GL_SRGB8_ALPHA8)
            self._texture.filter = self._filter
            self._texture.repeat_x = self._texture.repeat_y = False
        if version != self._version:
            self._texture.write(np.ascontiguousarray(pixels))
            self._version = version
        return self._texture

    def release(self) -> None:
        """Free the texture."""
        if self._texture is not None:
            self._texture.release()
        self._texture = self._version = None


def premultiplied(pixels: Texture) -> Texture:
    """(h, w, 4) sRGB RGBA with straight alpha -> with alpha multiplied in, in linear light."""
    result, alpha, table = np.array(pixels, order="C"), pixels[..., 3:], _premultiplied_bytes()
    least, most = int(alpha.min()), int(alpha.max())
    if least == most == 255:
        return result
    if least == most:
        result[..., :3] = cv2.LUT(np.ascontiguousarray(pixels[..., :3]), table[least])
    else:
        result[..., :3] = table.reshape(-1)[alpha.astype(np.uint16) << 8 | pixels[..., :3]]
    return result


@cache
def _premultiplied_bytes() -> NDArray[np.uint8]:
    """(256, 256) what each sRGB byte becomes, by alpha and byte."""
    linear = LINEAR_FROM_BYTE[None, :] * (np.arange(256) / 255)[:, None]
    return np.round(srgb_from_linear(linear) * 255).astype(np.uint8)


def rgba_into(picture: NDArray[np.uint8], staging: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A BGR or RGBA picture as C-contiguous RGBA: itself if it is that already, else in ``staging``."""
    if picture.shape[2] == 3:
        cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA, dst=staging)
        return staging
    if picture.flags.c_contiguous:
        return picture
    staging[:] = picture
    return staging


def bgr_from_rgba(rgba: NDArray[np.uint8], bgr: NDArray[np.uint8]) -> None:
    """(h, w, 4) RGBA into a C-contiguous (h, w, 3) BGR array."""
    cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR, dst=bgr)
