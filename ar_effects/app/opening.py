"""Opens the window. A module of its own, without effects and networks: their loading goes on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ar_effects.errors import RenderError
from ar_effects.render.context import attach, gl_errors_explained, window_config
from ar_effects.render.driver import prepare_driver

TITLE = "AR Effects"
FIRST_SIZE, SMALLEST_SIZE = (960, 720), (320, 240)


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that is not shown yet.

    Attributes:
        window: pyglet's; its context is current in the thread that opened it.
        ctx: moderngl's context on it.
    """

    window: Any
    ctx: Any


def open_window() -> OpenWindow:
    """Open a window, hidden, and have the driver get ready.

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
        prepare_driver(ctx)
    except RenderError:
        window.close()
        raise
    return OpenWindow(window, ctx)


def fill_screen(window: Any, wanted: bool) -> str:
    """Have a window fill the screen, or not any more; gives what to say of it."""
    from pyglet.window import WindowException  # noqa: PLC0415 - the import chooses screen or EGL

    try:
        window.set_fullscreen(wanted)
    except WindowException as error:  # the screen's driver refuses
        return f"The window cannot fill the screen: {error}"
    return "Esc leaves full screen" if wanted else ""
