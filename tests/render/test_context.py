"""Contexts that cannot be made are explained, and contexts do not disturb each other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ar_effects.errors import ArEffectsError, RenderError
from ar_effects.render.context import attach, describe, gl_errors_explained, open_headless
from tests.waiting import HANGS_S

ASK_HEADLESS = "from ar_effects.render.context import open_headless as ask"
ASK_WINDOW = """
from ar_effects.render.context import gl_errors_explained, window_config
def ask():
    with gl_errors_explained():
        import pyglet.window
        pyglet.window.Window(64, 64, config=window_config())
"""


def message_of_a_process(code: str, **environment: str) -> str:
    script = f"""
{code}
from ar_effects.errors import RenderError
try:
    ask()
except RenderError as error:
    print(error)
"""
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS_S,
    )
    return found.stdout


def test_description_names_the_driver(headless):
    assert set(describe(headless.ctx)) == {"renderer", "vendor", "version"}
    assert describe() == describe(headless.ctx)


def test_current_context_is_current_again_afterwards(headless):
    headless.make_current()
    with open_headless() as other:
        assert other.ctx.error == "GL_NO_ERROR"
    texture = headless.ctx.texture((2, 2), 4, b"0123456789abcdef")
    assert texture.read() == b"0123456789abcdef"
    texture.release()


def test_close_may_be_called_twice():
    context = open_headless()
    context.close()
    context.close()


def test_missing_egl():
    """The real thing: pyglet cannot load the library."""
    hide = """
import ctypes, ctypes.util
real = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name == "EGL" else real(name)
load = ctypes.cdll.LoadLibrary
def without_egl(name):
    if "EGL" in str(name):
        raise OSError(name)
    return load(name)
ctypes.cdll.LoadLibrary = without_egl
"""
    text = message_of_a_process(hide + ASK_HEADLESS)
    assert 'got Library "EGL" not found' in text
    assert "apt install libgl1 libegl1" in text


def test_no_driver():
    text = message_of_a_process(ASK_HEADLESS, __EGL_VENDOR_LIBRARY_DIRS="/nonexistent")
    assert "apt install" in text, text


def test_old_driver():
    text = message_of_a_process(
        ASK_HEADLESS, MESA_GL_VERSION_OVERRIDE="2.1", MESA_GLSL_VERSION_OVERRIDE="120"
    )
    assert "OpenGL 3.3" in text, text


@pytest.mark.skipif(sys.platform != "linux", reason="X11's way of having no screen")
def test_no_screen():
    text = message_of_a_process(ASK_WINDOW, DISPLAY="", WAYLAND_DISPLAY="")
    assert "There is no screen" in text
    assert "DISPLAY" in text


def test_headless_in_a_program_with_windows():
    text = message_of_a_process(
        "import pyglet\npyglet.options.shadow_window = False\nimport pyglet.gl\n" + ASK_HEADLESS
    )
    assert text.startswith("OpenGL without a screen was asked for"), text


class ShaderException(BaseException):
    """As pyglet's."""


class NoSuchConfigException(Exception):
    """As pyglet's: no message."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImportError('Library "GL" not found'), "libgl1"),
        (NoSuchConfigException(), "no OpenGL 3.3 core context"),
        (ShaderException("boo"), "ShaderException: boo"),
        (ValueError("Requested OpenGL version 330, got version 210"), "too old"),
    ],
)
def test_errors_of_libraries_are_explained(error, words):
    with pytest.raises(RenderError, match=words) as found, gl_errors_explained():
        raise error
    assert found.value.fix


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ArEffectsError("x"), ZeroDivisionError()])
def test_other_errors_pass(error):
    with pytest.raises(type(error)), gl_errors_explained():
        raise error


def test_attach_maps_old_versions(headless, monkeypatch):
    headless.make_current()
    monkeypatch.setattr("ar_effects.render.context.GL_VERSION", (9, 9))
    with pytest.raises(RenderError, match="too old"):
        attach()


def test_importing_the_renderer_decides_nothing():
    """Whether windows or EGL are used is fixed when pyglet.gl is imported: not before a context is made."""
    code = """
import pkgutil, sys
import ar_effects.render
for module in pkgutil.iter_modules(ar_effects.render.__path__, "ar_effects.render."):
    __import__(module.name)
print(sorted(m for m in sys.modules if m in ("pyglet.gl", "pyglet.window")))
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS_S
    )
    assert found.stdout.strip() == "[]"
