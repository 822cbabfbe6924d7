"""The layers face_texture, makeup and wireframe: what manifests may say, and what becomes a draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ar_effects.drawlist import Group
from ar_effects.drawlist.face_paint import FaceTextureDraw, MakeupDraw, WireframeDraw
from ar_effects.effects.effect import Effect
from ar_effects.effects.layers import makeup
from ar_effects.errors import AssetError, PackError
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import transform
from ar_effects.packs.pack import load_pack
from ar_effects.records import Expression, Frame, TrackedFrame
from tests.synthetic_faces import face_of

CAMERA = Camera.assumed(320, 240)
HEAD = 'format = 2\ntitle = "Test"\n'
SLIDERS = """
[parameters.how_much]
kind = "number"
default = 0.5
max = 4.0
[parameters.colour]
kind = "colour"
default = "#ff0000"
[parameters.flag]
kind = "picture"
"""


@pytest.fixture
def effect(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 255)).save(tmp_path / "paint.png")
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")

    def make(layer: str, parameters: str = SLIDERS) -> Effect:
        (tmp_path / "effect.toml").write_text(HEAD + parameters + "[[layers]]\n" + layer)
        return Effect(load_pack(tmp_path))

    return make


def draws(effect: Effect, expression: Expression | None = None):
    face = replace(face_of(CAMERA, transform(None, (0.0, 0.0, -400.0))), expression=expression)
    frame = Frame(np.zeros((240, 320, 3), np.uint8), 0.0)
    return effect.draw_list(TrackedFrame(frame, (face,), CAMERA)).draws


def refused(make, layer: str) -> str:
    with pytest.raises(PackError) as caught:
        make(layer)
    return str(caught.value)


# --- face_texture


def test_paint_with_its_options(effect):
    (draw,) = draws(
        effect(
            'kind = "face_texture"\ntexture = "paint.png"\ntint = "$colour"\nfeather_mm = 5.0\n'
            'shading = "$how_much"\ngrain = 0.0\ncover = ["mouth"]\n'
        )
    )
    assert isinstance(draw, FaceTextureDraw)
    assert draw.tint == (1.0, 0.0, 0.0, 1.0)
    assert (draw.feather_mm, draw.shading, draw.grain) == (5.0, 0.5, 0.0)
    assert (draw.cover_eyes, draw.cover_mouth) == (False, True)


def test_blending_that_takes_the_light_is_not_lit_again(effect):
    (group,) = draws(effect('kind = "face_texture"\ntexture = "paint.png"\nblend = "multiply"\n'))
    assert isinstance(group, Group)
    assert group.isolated
    assert (group.draws[0].shading, group.draws[0].grain) == (0.0, 0.0)


@pytest.mark.parametrize(
    "layer",
    [
        'texture = "$flag"\n',
        'texture = "clear.png"\n',
        'texture = "paint.png"\ntint = "#ffffff00"\n',
        'texture = "paint.png"\nopacity = 0.0\n',
    ],
)
def test_paint_that_nobody_would_see_is_no_draw(effect, layer):
    assert draws(effect('kind = "face_texture"\n' + layer)) == ()


def test_a_picture_the_person_chose(effect):
    worn = effect('kind = "face_texture"\ntexture = "$flag"\n')
    picture = np.full((4, 4, 4), 255, np.uint8)
    worn.set("flag", "mine", picture)
    (draw,) = draws(worn)
    assert draw.texture is picture
    assert len(draw.triangles) > 800
    assert draws(worn)[0].triangles is draw.triangles


@pytest.mark.parametrize(
    ("layer", "parts"),
    [
        ('texture = "paint.pgn"', ["layers[0].texture", "paint.png"]),
        ('texture = "paint.png"\ncover = ["nose"]', ["layers[0].cover", "eyes"]),
        ('texture = "paint.png"\nshading = 1.5', ["layers[0].shading"]),
        ('texture = "paint.png"\ntint = "red"', ["layers[0].tint"]),
        ("", ["layers[0].texture"]),
    ],
)
def test_mistakes_in_paint_are_told(effect, layer, parts):
    message = refused(effect, 'kind = "face_texture"\n' + layer)
    for part in parts:
        assert part in message


# --- makeup


def test_makeup_with_references(effect):
    (draw,) = draws(
        effect(
            'kind = "makeup"\nlipstick = { colour = "$colour", intensity = "$how_much", finish = "gloss" }\n'
            'blush = { colour = "#ffffff80", intensity = "@smile" }\n'
        ),
        Expression(smile=0.5),
    )
    assert isinstance(draw, MakeupDraw)
    assert draw.lipstick.colour == (1.0, 0.0, 0.0)
    assert draw.lipstick.amount == 0.5
    assert draw.blush.amount == pytest.approx(0.5 * 128 / 255)
    assert draw.eyeliner.amount == 0.0
    assert draw.shine > 0.0


def test_amounts_stay_within_their_range(effect):
    worn = effect('kind = "makeup"\nlipstick = { colour = "$colour", intensity = "$how_much" }\n')
    worn.set("how_much", 4.0)
    assert draws(worn)[0].lipstick.amount == 1.0


def test_no_makeup_is_no_draw(effect):
    worn = effect('kind = "makeup"\nblush = { colour = "#ff0000", intensity = "@smile" }\n')
    assert draws(worn, Expression(smile=0.0)) == ()
    assert "expression" in worn.pack.needs


def test_makeup_fades_as_a_filter(effect):
    (group,) = draws(effect('kind = "makeup"\nopacity = 0.5\nbrows = { colour = "#201008" }\n'))
    assert isinstance(group, Group)
    assert not group.isolated


@pytest.mark.parametrize(
    ("layer", "parts"),
    [
        ("", ["layers[0]", "no cosmetic", "lipstick", "Add one"]),
        ('lipstik = { colour = "#ff0000" }', ["layers[0].lipstik", "lipstick"]),
        ('lipstick = { color = "#ff0000" }', ["layers[0].lipstick", "colour"]),
        ('lipstick = { colour = "#ff0000", finish = "shiny" }', ["layers[0].lipstick.finish", "matte"]),
        ('lipstick = { colour = "#ff0000", intensity = 2.0 }', ["layers[0].lipstick.intensity"]),
        ('lipstick = { colour = "$lips" }', ["layers[0].lipstick.colour", "lips"]),
        ('blush = { colour = "#ff0000", finish = "matte" }', ["layers[0].blush.finish"]),
    ],
)
def test_mistakes_in_makeup_are_told(effect, layer, parts):
    message = refused(effect, 'kind = "makeup"\n' + layer)
    for part in parts:
        assert part in message


def test_damaged_regions_are_told(tmp_path):
    path = tmp_path / "makeup.npz"
    with pytest.raises(AssetError, match="missing"):
        makeup.makeup_regions(path)
    names = (*makeup.FIRST, *makeup.SECOND)
    np.savez(path, **{name: np.zeros((4, 4 + (name == "blush")), np.uint8) for name in names})
    with pytest.raises(AssetError, match="damaged"):
        makeup.makeup_regions(path)


# --- wireframe


def test_lines_with_their_options(effect):
    worn = effect(
        'kind = "wireframe"\ncolour = "#00ff0080"\nwidth_px = 3.0\nglow_px = -5.0\nsubset = "contours"\n'
    )
    (draw,) = draws(worn)
    assert isinstance(draw, WireframeDraw)
    assert draw.colour == (0.0, 1.0, 0.0)
    assert draw.opacity == pytest.approx(128 / 255)
    assert draw.width_px == pytest.approx(1.0)  # of 240 rows
    assert draw.glow_px == 0.0
    assert draws(worn)[0].edges is draw.edges


def test_lines_without_width_are_no_draw(effect):
    assert draws(effect('kind = "wireframe"\nwidth_px = 0.0\n')) == ()


def test_mistakes_in_lines_are_told(effect):
    message = refused(effect, 'kind = "wireframe"\nsubset = "some"\n')
    assert "layers[0].subset" in message
    assert "contours" in message


def test_all_layers_of_a_face_share_its_mesh(effect, tmp_path):
    (tmp_path / "effect.toml").write_text(
        HEAD + '[[layers]]\nkind = "wireframe"\n[[layers]]\nkind = "makeup"\nblush = { colour = "#ff0000" }\n'
    )
    first, second = draws(Effect(load_pack(tmp_path)))
    assert first.mesh is second.mesh
