"""The picture on a window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.render.present import placed
from tests.render.scenes import noise, plain


def shown(context, size):
    assert context.ctx.error == "GL_NO_ERROR"
    pixels = np.frombuffer(context.ctx.screen.read(viewport=(0, 0, *size), components=3), np.uint8)
    assert context.ctx.error in ("GL_NO_ERROR", "GL_INVALID_OPERATION")  # it asks for a back buffer first
    return pixels.reshape(size[1], size[0], 3)[::-1, :, ::-1]


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("size", [(64, 64), (61, 47)])
def test_exact_at_its_own_size(make_renderer, headless, size, mirror):
    renderer, image = make_renderer(size), noise(size)
    renderer.draw(image)
    renderer.present(size, mirror=mirror)
    assert (shown(headless, size) == (image[:, ::-1] if mirror else image)).all()


def test_every_byte_survives(make_renderer, headless):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    renderer = make_renderer((16, 16))
    renderer.draw(image)
    renderer.present((16, 16))
    assert (shown(headless, (16, 16)) == image).all()


def test_bars_are_black_and_the_picture_is_in_the_middle(make_renderer, headless):
    renderer = make_renderer((32, 16))
    renderer.draw(plain((32, 16), (10, 120, 250)))
    renderer.present((64, 64))
    window = shown(headless, (64, 64))
    assert (window[:16] == 0).all()
    assert (window[48:] == 0).all()
    assert (window[16:48] == (10, 120, 250)).all()
    renderer.present((64, 64), letterbox=False)
    assert (shown(headless, (64, 64)) == (10, 120, 250)).all()


def test_enlarging_is_linear_in_light(make_renderer, headless):
    image = np.zeros((1, 2, 3), np.uint8)
    image[0, 1] = 255
    renderer = make_renderer((2, 1))
    renderer.draw(image)
    renderer.present((64, 32))
    row = shown(headless, (64, 32))[16, :, 0].astype(int)
    assert row[:16].max() == 0
    assert row[-16:].min() == 255
    assert 180 <= row[32] <= 196  # half the light


def test_state_is_left_clean_for_others(make_renderer, headless):
    """What windows draw afterwards, panels and text, expects plain state and the window's framebuffer."""
    from pyglet import gl

    renderer = make_renderer((64, 64))
    renderer.draw(noise((64, 64)))
    renderer.present((64, 64))
    for capability in (gl.GL_DEPTH_TEST, gl.GL_CULL_FACE, gl.GL_BLEND, 0x8DB9, 0x809E):
        assert not gl.glIsEnabled(capability)
    assert headless.ctx.fbo is headless.ctx.screen


def test_minimised_window(make_renderer):
    renderer = make_renderer((64, 64))
    renderer.present((0, 0))


sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@given(picture=sizes, window=sizes)
def test_placement(picture, window):
    x, y, width, height = placed(picture, window)
    assert min(x, y) >= 0
    assert x + width <= window[0]
    assert y + height <= window[1]
    assert width == window[0] or height == window[1]
    assert abs(width * picture[1] - height * picture[0]) <= max(picture) + max(window)
    x, y, width, height = placed(picture, window, letterbox=False)
    assert width >= window[0]
    assert height >= window[1]
