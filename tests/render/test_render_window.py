"""The renderer on a real window, in a process of its own: this one draws without a screen."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.waiting import HANGS_S

SCRIPT = """
import numpy as np
from ar_effects.render.context import attach, gl_errors_explained, window_config
with gl_errors_explained():
    import pyglet.window
    window = pyglet.window.Window(120, 80, config=window_config())
ctx = attach()
from ar_effects.geometry.camera import Camera
from ar_effects.render.environment import Environment
from ar_effects.render.renderer import Renderer
from tests.render.scenes import at, glow, noise, scene, square
size = window.get_framebuffer_size()
renderer, image = Renderer(ctx, size, Environment.uniform((0.0, 0.0, 0.0))), noise(size)
draws = scene(Camera.assumed(*size), (square(glow(0.4, 0.4, 0.4)), at(0, 0, -300)))
for mirror in (False, True):
    renderer.draw(image, draws)
    picture = renderer.read()[:, ::-1] if mirror else renderer.read()
    renderer.present(size, mirror=mirror)
    assert ctx.error == "GL_NO_ERROR"
    seen = np.frombuffer(ctx.screen.read(components=3), np.uint8).reshape(size[1], size[0], 3)
    assert (seen[::-1, :, ::-1] == picture).all()
    assert (picture != image).any()
    ctx.error
    window.flip()
renderer.release()
assert ctx.error == "GL_NO_ERROR"
window.close()
print("as drawn")
"""


@pytest.mark.window
def test_window_shows_what_was_drawn():
    screen = [] if os.environ.get("DISPLAY") else ["xvfb-run", "-a", "-s", "-screen 0 640x480x24"]
    found = subprocess.run(
        [*screen, sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=HANGS_S
    )
    assert found.stdout.strip() == "as drawn", found.stderr
