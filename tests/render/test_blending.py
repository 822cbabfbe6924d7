"""Light through and from surfaces: transmission, alpha, reflection. Expected values are computed."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import Material
from ar_effects.geometry.camera import Camera
from ar_effects.render.environment import Environment
from tests.render.scenes import (
    at,
    byte,
    drawn,
    glow,
    integrated_brdf,
    linear,
    middle,
    plain,
    scene,
    square,
)

SIZE = (161, 121)
CAMERA = Camera.assumed(*SIZE)
GREY = float(linear(188))  # 0.50: below the shoulder, and the middle of a byte


@pytest.mark.parametrize("transmission", [1.0, 0.6])
def test_transmission_multiplies_in_linear_light(make_renderer, transmission):
    tint = np.array([0.9, 0.5, 0.2])
    lens = square(
        Material(base_colour=(*tint, 1.0), metallic=0.0, roughness=0.1, transmission=transmission, ior=1.5)
    )
    image = plain(SIZE, (60, 130, 250))
    picture = drawn(make_renderer(SIZE), image, scene(CAMERA, (lens, at(0, 0, -300))))
    scale, bias = integrated_brdf(0.1, 1.0)
    expected = linear(image[0, 0]) * tint[::-1] * transmission * (1 - (0.04 * scale + bias))
    assert np.abs(middle(picture) - byte(expected)).max() <= 1


def test_transmission_with_alpha_mixes_toward_untouched(make_renderer):
    lens = square(
        Material(
            base_colour=(0.5, 0.5, 0.5, 0.25),
            metallic=0.0,
            roughness=0.1,
            transmission=1.0,
            alpha_mode="BLEND",
        )
    )
    picture = drawn(make_renderer(SIZE), plain(SIZE, (200, 200, 200)), scene(CAMERA, (lens, at(0, 0, -300))))
    scale, bias = integrated_brdf(0.1, 1.0)
    expected = linear(200) * (0.75 + 0.25 * 0.5 * (1 - (0.04 * scale + bias)))
    assert np.abs(middle(picture) - byte(expected)).max() <= 1


def test_lens_reflects(make_renderer):
    lens = square(Material(metallic=0.0, roughness=0.0, transmission=1.0, base_colour=(0, 0, 0, 1)))
    renderer = make_renderer(SIZE, Environment.uniform((0.5, 0.5, 0.5)))
    picture = drawn(renderer, plain(SIZE, (255, 255, 255)), scene(CAMERA, (lens, at(0, 0, -300))))
    scale, bias = integrated_brdf(0.0, 1.0)
    assert np.abs(middle(picture) - byte(0.5 * (0.04 * scale + bias))).max() <= 1


def test_two_lenses_multiply_twice_whatever_their_order(make_renderer):
    near, far = (
        square(Material(base_colour=(*tint, 1.0), metallic=0.0, roughness=0.1, transmission=1.0, ior=1.0))
        for tint in ((1.0, 0.5, 1.0), (0.5, 1.0, 1.0))
    )
    renderer, image = make_renderer(SIZE), plain(SIZE, (255, 255, 255))
    a, b = (near, at(0, 0, -250)), (far, at(0, 0, -300))
    one, two = drawn(renderer, image, scene(CAMERA, a, b)), drawn(renderer, image, scene(CAMERA, b, a))
    assert (one == two).all()
    passes = 1 - integrated_brdf(0.1, 1.0)[1]
    assert np.abs(middle(one) - byte(np.array([1, 0.5, 0.5]) * passes**2)).max() <= 1


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_blend_is_linear(make_renderer, alpha):
    film = square(glow(0.6, 0.3, 0.1, base_colour=(0, 0, 0, alpha), alpha_mode="BLEND"))
    image = plain(SIZE, (20, 90, 240))
    picture = drawn(make_renderer(SIZE), image, scene(CAMERA, (film, at(0, 0, -300))))
    expected = np.array([0.1, 0.3, 0.6]) * alpha + linear(image[0, 0]) * (1 - alpha)
    assert np.abs(middle(picture) - byte(expected)).max() <= 1


def test_far_film_is_drawn_before_near_film(make_renderer):
    near, far = (
        square(glow(*light, base_colour=(0, 0, 0, 0.5), alpha_mode="BLEND"))
        for light in ((0.6, 0, 0), (0, 0.6, 0))
    )
    renderer, image = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    picture = drawn(renderer, image, scene(CAMERA, (near, at(0, 0, -250)), (far, at(0, 0, -300))))
    assert np.abs(middle(picture) - byte(np.array([0, 0.15, 0.3]))).max() <= 1


def test_see_through_surfaces_respect_depth(make_renderer):
    wall, film = square(glow(GREY, GREY, GREY)), square(glow(0, 0.7, 0, alpha_mode="BLEND"))
    renderer, image = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    picture = drawn(renderer, image, scene(CAMERA, (film, at(0, 0, -300)), (wall, at(0, 0, -250))))
    assert (middle(picture) == byte(GREY)).all()


def test_clear_texels_do_not_bleed_into_their_neighbours(make_renderer):
    """Between an opaque white and a clear black texel, straight-alpha filtering would give grey."""
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, 0] = 255
    film = square(
        Material(base_colour_texture=pixels, metallic=0.0, roughness=1.0, alpha_mode="BLEND", ior=1.0)
    )
    renderer = make_renderer(SIZE, Environment.uniform((0.7, 0.7, 0.7)))
    white = byte(drawn_light(0.7))
    picture = drawn(renderer, plain(SIZE, (int(white),) * 3), scene(CAMERA, (film, at(0, 0, -150))))
    row = picture[SIZE[1] // 2, 40:120].astype(int)
    assert np.abs(row - white).max() <= 3


def drawn_light(radiance: float) -> float:
    """What a white rough dielectric of ior 1 sends when ``radiance`` comes from everywhere."""
    _, bias = integrated_brdf(1.0, 1.0)
    return radiance * ((1 - bias) + bias)


@pytest.mark.parametrize("metallic", [0.0, 1.0])
@pytest.mark.parametrize("roughness", [0.0, 0.5, 1.0])
def test_uniform_light_is_reflected_as_the_fit_says(make_renderer, metallic, roughness):
    colour = np.array([0.8, 0.4, 0.1])
    ball = square(Material(base_colour=(*colour, 1.0), metallic=metallic, roughness=roughness))
    renderer = make_renderer(SIZE, Environment.uniform((0.7, 0.7, 0.7)))
    picture = drawn(renderer, plain(SIZE, (0, 0, 0)), scene(CAMERA, (ball, at(0, 0, -300))))
    scale, bias = integrated_brdf(roughness, 1.0)
    mirrored = (0.04 * (1 - metallic) + colour * metallic) * scale + bias
    expected = 0.7 * (mirrored + colour * (1 - metallic) * (1 - mirrored))
    assert np.abs(middle(picture) - byte(expected[::-1])).max() <= 1


def test_light_rises_gently_to_white(make_renderer):
    renderer, image = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    levels = [0.2, 0.79, 0.8, 0.9, 1.5, 50.0]
    seen = [
        middle(drawn(renderer, image, scene(CAMERA, (square(glow(e, e, e)), at(0, 0, -300)))))[0]
        for e in levels
    ]
    expected = byte(
        np.where(np.array(levels) > 0.8, 1 - 0.2 * np.exp(-(np.array(levels) - 0.8) / 0.2), levels)
    )
    assert np.abs(seen - expected).max() <= 1
