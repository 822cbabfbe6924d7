"""Which surfaces smooth their own edges, and that those are drawn on the picture itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.drawlist import DrawList, Material, Scene, SpriteDraw
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import transform
from ar_effects.render.passes.scene import ScenePass
from ar_effects.render.scene.soft_edges import fades_at_edges, open_edges
from tests.render.scenes import at, drawn, plain, room, scene, square, square_occluder

SIZE = (160, 120)
CAMERA = Camera.assumed(*SIZE)


def strand(border: int, mode: str = "BLEND") -> Material:
    """A white picture of this opacity at its border."""
    pixels = np.full((32, 32, 4), 255, np.uint8)
    pixels[..., 3] = border
    pixels[4:-4, 4:-4, 3] = 255
    return Material(unlit=True, base_colour_texture=pixels, alpha_mode=mode, double_sided=True)


def test_open_edges_belong_to_one_triangle():
    triangles = np.array([[0, 1, 2], [2, 1, 3]], np.uint32)
    assert sorted(map(tuple, open_edges(triangles).tolist())) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    closed = np.array([[0, 1, 2], [0, 3, 1], [1, 3, 2], [2, 3, 0]], np.uint32)
    assert not len(open_edges(closed))


@pytest.mark.parametrize(("border", "soft"), [(0, True), (20, True), (60, False), (255, False)])
def test_a_surface_is_soft_that_is_clear_at_its_edges(border, soft):
    primitive = square(strand(border), 60).primitives[0]
    assert fades_at_edges(primitive) == soft
    assert not fades_at_edges(replace(primitive, material=Material()))


@pytest.mark.parametrize(("border", "mode", "layered"), [(0, "BLEND", 0), (255, "BLEND", 1), (0, "MASK", 1)])
def test_only_soft_surfaces_do_without_samples(make_renderer, monkeypatch, border, mode, layered):
    calls, draw = [], ScenePass._draw_on_layer
    monkeypatch.setattr(ScenePass, "_draw_on_layer", lambda *given: calls.append(1) or draw(*given))
    renderer = make_renderer(SIZE, room())
    picture = drawn(
        renderer, plain(SIZE, (0, 0, 0)), scene(CAMERA, (square(strand(border, mode), 60), at(0, 0, -300)))
    )
    assert len(calls) == layered
    assert (picture[60, 80] == 255).all()


def test_soft_surfaces_are_hidden_and_take_their_turn_among_sprites(make_renderer):
    renderer, black = make_renderer(SIZE, room()), plain(SIZE, (0, 0, 0))
    model = (square(strand(0), 60), at(0, 0, -300))
    hidden = scene(CAMERA, model, occluders=(square_occluder(200, at(0, 0, -250)),))
    assert not drawn(renderer, black, hidden).any()
    shown = scene(CAMERA, model, occluders=(square_occluder(200, at(0, 0, -350)),))
    assert (drawn(renderer, black, shown)[60, 80] == 255).all()
    red = np.full((8, 8, 4), (255, 0, 0, 255), np.uint8)
    for z, expected in ((-350.0, [255, 255, 255]), (-250.0, [0, 0, 255])):
        sprite = SpriteDraw(red, transform(np.diag([40.0, 40.0, 1.0]), (0.0, 0.0, z)))
        (space,) = scene(CAMERA, model).draws
        both = DrawList(CAMERA, (replace(space, sprites=(sprite,)),))
        assert isinstance(space, Scene)
        assert drawn(renderer, black, both)[60, 80].tolist() == expected
