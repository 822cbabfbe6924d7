"""Textures are read where, and as, a model's file says."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import Sampler
from ar_effects.geometry.camera import Camera
from tests.render.scenes import SQUARE_UVS, at, drawn, glow, plain, scene, square

SIZE = (128, 128)
CAMERA = Camera.assumed(*SIZE)
RED, GREEN = (255, 0, 0, 255), (0, 255, 0, 255)
HALVES = np.array([[RED, GREEN]], np.uint8)


def across(make_renderer, sampler, uvs=SQUARE_UVS, own=None, texture=HALVES, columns=(0.1, 0.3, 0.7, 0.9)):
    """(red, green) of some columns of a square that glows through its texture."""
    material = glow(1.0, 1.0, 1.0, emissive_texture=texture, samplers={"emissive": sampler})
    half_size = 50.0
    model = square(material, half_size, uvs=uvs.astype(np.float32), own_uvs=own or {})
    depth = half_size * CAMERA.fx / (0.5 * SIZE[0] * 0.9)
    picture = drawn(make_renderer(SIZE), plain(SIZE, (0, 0, 0)), scene(CAMERA, (model, at(0, 0, -depth))))
    left, wide = 0.05 * SIZE[0], 0.9 * SIZE[0]
    row = picture[SIZE[1] // 2]
    return [tuple(int(v) for v in row[round(left + c * wide)][[2, 1]]) for c in columns]


def test_it_repeats_unless_it_is_told_to_clamp(make_renderer):
    wide = SQUARE_UVS * 4.0 - 1.5  # the picture lies between 0.375 and 0.625
    fine = HALVES.repeat(32, 0).repeat(32, 1)
    repeated = across(make_renderer, Sampler(), wide, texture=fine)
    clamped = across(make_renderer, Sampler(clamp_u=True, clamp_v=True), wide, texture=fine)
    assert [r > g for r, g in clamped] == [True, True, False, False]
    assert [r > g for r, g in repeated] == [False, False, True, True]


def test_texels_that_are_nearest_stay_squares(make_renderer):
    """Next to where two texels meet there is one or the other, or else a mixture of them."""
    columns = (0.4, 0.6)
    smooth = across(make_renderer, Sampler(True, True), columns=columns)
    hard = across(make_renderer, Sampler(True, True, "nearest", "nearest"), columns=columns)
    assert all(min(pair) > 30 for pair in smooth)
    assert [min(pair) for pair in hard] == [0, 0]


@pytest.mark.parametrize("turned", [False, True])
def test_a_map_is_read_at_coordinates_of_its_own(make_renderer, turned):
    own = {"emissive": (SQUARE_UVS[:, ::-1] if turned else SQUARE_UVS).astype(np.float32)}
    found = across(make_renderer, Sampler(True, True, "nearest"), np.zeros((4, 2)), own)
    assert len(set(found)) == (1 if turned else 2)
