"""Draws effects over a video frame: the same object for windows and for work without a screen."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ar_effects.drawlist import DrawList
from ar_effects.drawlist.scaling import scaled
from ar_effects.errors import InputError
from ar_effects.messages import Message
from ar_effects.render.compositor import Compositor
from ar_effects.render.detail import FULL, DetailStep
from ar_effects.render.environment import Environment, load_environment
from ar_effects.render.gpu_clock import GpuClock
from ar_effects.render.mattes import FrameMatte
from ar_effects.render.present import Presenter
from ar_effects.render.programs import Programs
from ar_effects.render.targets import Targets
from ar_effects.render.textures import bgr_from_rgba, rgba_into

if TYPE_CHECKING:
    import moderngl
    from numpy.typing import NDArray

    from ar_effects.records import Image
    from ar_effects.render.render_context import ShaderLimit


class Renderer:
    """Video frame + draw list -> finished picture.

    Pixels that no effect covers come back bit for bit. All methods must be called in the thread in
    which the context is current.

    Args:
        ctx: from ``context.open_headless().ctx`` or ``context.attach()``.
        size: (width, height) of the video in pixels.
        environment: the light on the models; None for the studio the program ships with.
        detail: how finely to draw; see ``set_detail``.
        shader_limit: how long a pack's own shaders may take a frame before they are left out, with a warning.
            None for as long as they like: what is drawn must not depend on the computer where nobody waits.

    Raises:
        AssetError: the environment or a shader is missing or damaged.
        RenderError: the driver refuses the size or a shader.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        size: tuple[int, int],
        environment: Environment | None = None,
        detail: DetailStep = FULL,
        shader_limit: ShaderLimit | None = None,
    ) -> None:
        self._ctx = ctx
        light = environment if environment is not None else load_environment()
        _check_size(size)
        self._size, self._detail = size, detail
        with ExitStack() as owned:  # frees what was made when something after it fails
            self._targets = Targets(ctx, detail.drawn_size(size), detail.samples)
            owned.callback(self._release_targets)
            self._programs = programs = Programs(ctx)
            owned.callback(programs.release)
            self._compositor = Compositor(ctx, programs, self._targets, light)
            owned.callback(self._compositor.release)
            self._context = self._compositor.context
            self._context.detail, self._context.shader_limit = detail, shader_limit
            self._presenter = Presenter(programs, self._context.full_screen)
            self._gpu_clock = GpuClock(ctx)
            self._owned = owned.pop_all()
        self._make_arrays()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames and of the picture."""
        return self._size

    @property
    def detail(self) -> DetailStep:
        """How finely it draws."""
        return self._detail

    def set_detail(self, detail: DetailStep) -> None:
        """Draw finer or coarser from the next frame on; the picture is lost where its inner size changes.

        Frames, draw lists and pictures keep their size: with a smaller step frames are scaled down before
        they are drawn on, and the picture up where it is read or shown.

        Raises:
            RenderError: the driver refuses the size; everything stays as it was.
        """
        self._fit(self._size, detail)

    def draw(self, image: NDArray[np.uint8], draw_list: DrawList | None = None) -> None:
        """Make the finished picture.

        Args:
            image: (h, w, 3) uint8 BGR, or (h, w, 4) uint8 RGBA, which saves the conversion when it
                is C-contiguous. Its size is the renderer's.
            draw_list: what to draw over it; None for the bare video. Things whose matrix is not
                finite, or that are out of sight, are left out.

        Raises:
            InputError: the picture or the draw list's camera has another size.
            RenderError: the driver refuses a shader that a new material needs.
        """
        self._check_picture(image)
        if self._targets.size != self._size:
            image = cv2.resize(image, self._targets.size, interpolation=cv2.INTER_AREA)
        rgba = rgba_into(image, self._rgba)
        self._context.collect()
        try:
            with self._gpu_clock.frame():
                self._draw(rgba, draw_list)
        finally:
            self._compositor.next_frame()

    def _draw(self, rgba: NDArray[np.uint8], draw_list: DrawList | None) -> None:
        self._targets.upload(rgba)
        if draw_list is not None:
            camera = draw_list.camera
            if (camera.width, camera.height) != self.size:
                raise InputError(
                    Message("render.other-camera", width=self.size[0], height=self.size[1]),
                    got=f"{camera.width}x{camera.height}",
                )
            draw_list = scaled(draw_list, self._targets.size)
            context = self._context
            context.camera, context.time_s = draw_list.camera, draw_list.time_s
            context.shared(FrameMatte).begin(draw_list.matte, self._targets.final)
            self._compositor.draw(draw_list.draws)

    def take_gpu_s(self) -> list[float]:
        """Seconds the graphics card took for each frame finished since the last call, some frames late.

        Nothing where the driver has no timer.
        """
        return self._gpu_clock.take()

    def take_warnings(self) -> list[str]:
        """Sentences about draws that could not be drawn and were left out, new since the last call."""
        warnings, self._context.warnings = self._context.warnings, []
        return warnings

    def finish(self) -> None:
        """Wait until the driver has drawn. ``read`` waits by itself, but other threads wait with it then."""
        from pyglet import gl  # noqa: PLC0415 - importing it fixes screen or EGL: see context.py

        gl.glFinish()  # pyglet's calls do not hold Python's lock, as moderngl's do

    def read(self, out: Image | None = None) -> Image:
        """The finished picture, (h, w, 3) uint8 BGR.

        Args:
            out: a C-contiguous array to fill; without it one array is used again by every call.
        """
        bgr = self._bgr if out is None else self._checked(out, 3)
        self._targets.read_into(self._rgba)
        if self._targets.size == self._size:
            bgr_from_rgba(self._rgba, bgr)
        else:
            small = cv2.cvtColor(self._rgba, cv2.COLOR_RGBA2BGR)
            cv2.resize(small, self._size, dst=bgr, interpolation=cv2.INTER_CUBIC)
        return bgr

    def read_rgba(self, out: NDArray[np.uint8]) -> None:
        """Fill a C-contiguous (h, w, 4) uint8 array with the finished picture, without conversion."""
        self._checked(out, 4)
        if self._targets.size == self._size:
            self._targets.read_into(out)
        else:
            self._targets.read_into(self._rgba)
            cv2.resize(self._rgba, self._size, dst=out, interpolation=cv2.INTER_CUBIC)

    def present(
        self,
        framebuffer_size: tuple[int, int],
        mirror: bool = False,
        letterbox: bool = True,
        target: moderngl.Framebuffer | None = None,
    ) -> None:
        """Draw the finished picture on the current window, black around it; does not flip buffers.

        Args:
            framebuffer_size: (width, height) of the window in real pixels; empty draws nothing.
            mirror: swap left and right, as people know themselves.
            letterbox: show all of the picture; otherwise fill the window and cut edges off.
            target: another framebuffer to draw on, plain 8-bit RGBA.
        """
        if min(framebuffer_size) < 1:
            return  # a minimised window
        screen = target if target is not None else self._ctx.screen
        self._presenter.draw(
            self._targets.final.texture, screen, framebuffer_size, mirror=mirror, letterbox=letterbox
        )

    def resize(self, size: tuple[int, int]) -> None:
        """Change to another picture size; models and programs stay, the picture is lost."""
        _check_size(size)
        self._fit(size, self._detail)

    def _fit(self, size: tuple[int, int], detail: DetailStep) -> None:
        if (size, detail) == (self._size, self._detail):
            return
        inner = detail.drawn_size(size)
        if inner != self._targets.size or detail.samples != self._detail.samples:
            new = Targets(self._ctx, inner, detail.samples)
            self._targets.release()
            self._targets = self._context.targets = new
        self._size, self._detail, self._context.detail = size, detail, detail
        self._make_arrays()

    def release(self) -> None:
        """Free every OpenGL object the renderer made. May be called twice."""
        self._owned.close()

    def _release_targets(self) -> None:
        self._targets.release()  # those of the last resize

    def _make_arrays(self) -> None:
        (width, height), (inner_width, inner_height) = self._size, self._targets.size
        self._rgba = np.empty((inner_height, inner_width, 4), np.uint8)
        self._bgr = np.empty((height, width, 3), np.uint8)

    def _check_picture(self, image: NDArray[np.uint8]) -> None:
        width, height = self.size
        if image.dtype != np.uint8 or image.shape not in ((height, width, 3), (height, width, 4)):
            raise InputError(
                Message(
                    "render.picture-does-not-fit",
                    height=height,
                    width=width,
                    dtype=image.dtype,
                    shape=image.shape,
                )
            )

    def _checked(self, out: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
        width, height = self.size
        if out.dtype != np.uint8 or out.shape != (height, width, channels) or not out.flags.c_contiguous:
            raise InputError(
                Message(
                    "render.array-does-not-fit",
                    height=height,
                    width=width,
                    channels=channels,
                    dtype=out.dtype,
                    shape=out.shape,
                )
            )
        return out


def _check_size(size: tuple[int, int]) -> None:
    if min(size) < 1:
        raise InputError(Message("render.no-pixels"), got=str(size))
