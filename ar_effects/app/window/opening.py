"""Opens the window, before anything else: this module needs no numpy, no effects and no networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ar_effects.app.window.captions import Caption, Captions
from ar_effects.errors import RenderError
from ar_effects.messages import sentence
from ar_effects.render.context import attach, gl_errors_explained, window_config

TITLE = "AR Effects"
STARTING = "Starting..."
FIRST_SIZE, SMALLEST_SIZE = (960, 720), (320, 240)


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window with no picture in it yet.

    Attributes:
        window: pyglet's; its context is current in the thread that opened it.
        ctx: moderngl's context on it.
        captions: draws its texts.
    """

    window: Any
    ctx: Any
    captions: Captions


def open_window() -> OpenWindow:
    """Open a window and show it, dark: people see that the program starts while everything else is loaded.

    Raises:
        RenderError: no window can be opened, or OpenGL is too old.
    """
    with gl_errors_explained():
        import pyglet.window  # noqa: PLC0415 - the import chooses screen or EGL

        window: Any = pyglet.window.Window(
            *FIRST_SIZE, caption=TITLE, resizable=True, visible=False, config=window_config(), vsync=False
        )
        window.set_minimum_size(*SMALLEST_SIZE)
    try:
        ctx = attach()
    except RenderError:
        window.close()
        raise
    window.set_visible(True)
    window.clear()
    window.flip()
    return OpenWindow(window, ctx, Captions())


def get_ready(opened: OpenWindow) -> None:
    """Say in the window that the program starts, and have the driver compile what it compiles for itself.

    Raises:
        RenderError: the driver refuses framebuffers.
    """
    from ar_effects.render.driver import prepare_driver  # noqa: PLC0415 - it needs numpy

    prepare_driver(opened.ctx)
    window = opened.window
    window.clear()
    opened.captions.draw([Caption("status", STARTING, "middle", 16)], window.get_size())
    window.flip()


def fill_screen(window: Any, wanted: bool) -> str:
    """Have a window fill the screen, or not any more; gives what to say of it."""
    from pyglet.window import WindowException  # noqa: PLC0415 - the import chooses screen or EGL

    try:
        window.set_fullscreen(wanted)
    except WindowException as error:  # the screen's driver refuses
        return sentence("window.not-filled", error=error)
    return sentence("window.esc-leaves") if wanted else ""
