"""The OpenGL context: headless through EGL, or attached to a window's; refusals come as RenderError.

pyglet decides on import whether it talks to a screen or to EGL, so nothing in ``ar_effects.render``
imports ``pyglet.gl`` or ``pyglet.window`` at the top of a module.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import moderngl
import pyglet

from ar_effects.errors import RenderError
from ar_effects.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

GL_VERSION = (3, 3)
_PACKAGES = "apt install libgl1 libegl1 libgl1-mesa-dri libfontconfig1"

pyglet.options.debug_gl = False  # otherwise glGetError after every call
pyglet.options.shadow_window = (
    False  # a context that nobody draws with, for a twentieth of a second at the start
)


def window_config() -> Any:
    """The ``pyglet.gl.Config`` every window and every hidden context asks for.

    Eight bits a channel are named because a headless framebuffer is RGB565 without it; no
    multisampling because the renderer smooths edges in a framebuffer of its own.
    """
    import pyglet.gl  # noqa: PLC0415 - the import fixes screen or EGL, see above

    return pyglet.gl.Config(
        red_size=8,
        green_size=8,
        blue_size=8,
        alpha_size=8,
        depth_size=24,
        double_buffer=True,
        major_version=GL_VERSION[0],
        minor_version=GL_VERSION[1],
    )


@contextmanager
def gl_errors_explained() -> Iterator[None]:
    """Turn what pyglet and moderngl raise while a context is made into RenderError.

    Wrap it around the making of a window. Errors of ours pass through.
    """
    try:
        yield
    except (RenderError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # pyglet's ShaderException derives from BaseException
        explained = _explained(error)
        if explained is None:
            raise
        raise explained from error


def attach() -> moderngl.Context:
    """A moderngl context on the OpenGL context that is current in this thread.

    Raises:
        RenderError: no context is current, or it is older than OpenGL 3.3.
    """
    needed = GL_VERSION[0] * 100 + GL_VERSION[1] * 10
    with gl_errors_explained():
        # create_context finds an EGL context only the first time it is called in a process
        moderngl.init_context()
        ctx: moderngl.Context = moderngl.get_context()
        if ctx.version_code < needed:
            raise ValueError(f"OpenGL version {ctx.version_code / 100}")
        return ctx


class HeadlessContext:
    """A context with no screen, current in the thread that made it until ``close``.

    Attributes:
        ctx: the moderngl context.
        window: the hidden pyglet window (an EGL pbuffer) that owns the OpenGL context.
    """

    def __init__(self, size: tuple[int, int] = (64, 64)) -> None:
        with gl_errors_explained():
            _choose_headless()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of missing devices; what matters is raised
                import pyglet.window  # noqa: PLC0415 - the import fixes screen or EGL, see above

                self._previous: Any = pyglet.gl.current_context
                self.window: Any = pyglet.window.Window(*size, visible=False, config=window_config())
            self.window.switch_to()
        try:
            self.ctx = attach()
        except RenderError:
            self.window.close()
            raise

    def make_current(self) -> None:
        """Make the context current in the calling thread."""
        self.window.switch_to()

    def close(self) -> None:
        """Free the context; renderers on it must have been released before. May be called twice.

        The context that was current when this one was made becomes current again.
        """
        if self.window is not None:
            self.ctx.release()
            self.window.close()
            self.window = None
            if self._previous is not None and self._previous.canvas is not None:
                self._previous.set_current()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_headless(size: tuple[int, int] = (64, 64)) -> HeadlessContext:
    """Make a context with no screen, current in this thread; ``size`` is that of the hidden window.

    Raises:
        RenderError: OpenGL or EGL is missing, too old, or this process already draws on a screen.
    """
    return HeadlessContext(size)


def describe(ctx: moderngl.Context | None = None) -> dict[str, str]:
    """Who draws: ``renderer``, ``vendor`` and ``version`` of ``ctx``, or of a headless context.

    Raises:
        RenderError: as ``open_headless``.
    """
    if ctx is None:
        with open_headless() as headless:
            return describe(headless.ctx)
    info = ctx.info
    return {name: str(info[f"GL_{name.upper()}"]) for name in ("renderer", "vendor", "version")}


def _choose_headless() -> None:
    chosen_before = "pyglet.gl" in sys.modules or "pyglet.window" in sys.modules
    if chosen_before and not pyglet.options.headless:
        raise RenderError(Message("render.windows-in-use"))
    pyglet.options.headless = True


def _explained(error: BaseException) -> RenderError | None:
    """The RenderError for what a library raised, or None if it is not about OpenGL."""
    name, text = type(error).__name__, " ".join(str(error).split()).rstrip(".")
    if isinstance(error, ImportError):
        return RenderError(Message("render.library-missing", packages=_PACKAGES), got=text or name)
    if name == "NoSuchDisplayException":
        return RenderError(Message("window.no-screen"), got=text)
    if name in ("NoSuchConfigException", "ContextException", "MissingFunctionException"):
        return RenderError(Message("render.no-context", packages=_PACKAGES), got=text or name)
    if isinstance(error, ValueError) and "version" in text.lower():  # moderngl's require=
        return RenderError(Message("render.driver-too-old"), got=text)
    if name in ("ShaderException", "GLException", "NoSuchScreenModeException") or _is_gl_library(error):
        return RenderError(Message("render.context-refused", packages=_PACKAGES), got=f"{name}: {text}")
    return None


def _is_gl_library(error: BaseException) -> bool:
    """Whether the exception was raised inside pyglet or moderngl rather than by a caller's code."""
    frame, module = error.__traceback__, ""
    while frame is not None:
        module = str(frame.tb_frame.f_globals.get("__name__", ""))
        frame = frame.tb_next
    return module.partition(".")[0] in ("pyglet", "moderngl", "_moderngl")
