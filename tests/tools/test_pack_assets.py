"""Packs of paint, particles and film: what lies in them is what their scripts make, and fits a face."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ar_effects.drawlist.face_mesh import FaceTopology
from ar_effects.effects.cube import read_cube
from ar_effects.face.topology import face_topology
from tools.assets import (
    colour_tables,
    make_alien,
    make_fan,
    make_fire,
    make_glam,
    make_neon,
    make_tiger,
    make_vintage,
)
from tools.assets.packs import EFFECTS

SCRIPTS = (make_alien, make_fan, make_fire, make_glam, make_neon, make_tiger, make_vintage)
FILES = {name: build for script in SCRIPTS for name, build in script.FILES.items()}
PICTURES = sorted(name for name in FILES if name.endswith((".png", ".webp", ".jpg")))
PAINT = ("tiger/tiger.webp", "alien/skin.webp", "fan/outer.png", "fan/middle.png", "glam/highlights.png")


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), np.float64)


@pytest.fixture(scope="module")
def topology() -> FaceTopology:
    return face_topology()


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_what_their_scripts_draw(name):
    shipped, made = (pixels(d) for d in ((EFFECTS / name).read_bytes(), FILES[name]()))
    assert shipped.shape == made.shape
    # as they look on grey: another version of a library may shade a pixel's edge otherwise
    seen = [p[..., :3] * p[..., 3:] / 255.0 + 128.0 * (1.0 - p[..., 3:] / 255.0) for p in (shipped, made)]
    assert np.abs(seen[0] - seen[1]).mean() < 0.5


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.endswith((".cube", ".glb"))))
def test_tables_and_models_are_what_their_scripts_make(name):
    assert (EFFECTS / name).read_bytes() == FILES[name]()


@pytest.mark.parametrize("name", PAINT)
def test_paint_is_alike_on_both_halves_of_the_face(name):
    """As far as it covers; hairs and bristles are their own."""
    alpha = pixels((EFFECTS / name).read_bytes())[..., 3] / 255.0
    assert np.abs(alpha - alpha[:, ::-1]).mean() < 0.08
    assert alpha.max() > 0.5


@pytest.mark.parametrize("name", ["fan/outer.png", "fan/middle.png", "glam/highlights.png"])
def test_eyes_are_left_alone(name, topology):
    alpha = pixels((EFFECTS / name).read_bytes())[..., 3] / 255.0
    middles = topology.uvs[topology.eye_triangles].mean(axis=1) * alpha.shape[0]
    x, y = middles.astype(int).T
    assert alpha[y, x].max() < 0.1


def test_tables_of_colours_are_in_the_order_of_cube_files(tmp_path):
    path = tmp_path / "swap.cube"
    path.write_bytes(colour_tables.cube("Swap", lambda c: c[:, [2, 0, 1]], 5))
    lut = read_cube(path)
    table = np.asarray(lut.colours)  # by blue, green, red
    assert table[0, 0, 4] == pytest.approx([0.0, 1.0, 0.0], abs=1 / 200)  # red goes to green
    assert table[0, 4, 0] == pytest.approx([0.0, 0.0, 1.0], abs=1 / 200)
    assert table[4, 0, 0] == pytest.approx([1.0, 0.0, 0.0], abs=1 / 200)


def test_oklab_goes_there_and_back():
    colours = np.random.default_rng(1).uniform(0, 1, (200, 3))
    np.testing.assert_allclose(colour_tables.encoded(colour_tables.oklab(colours)), colours, atol=1e-6)
    white = colour_tables.oklab(np.ones((1, 3)))
    np.testing.assert_allclose(white, [[1.0, 0.0, 0.0]], atol=1e-4)


@pytest.mark.parametrize(
    "skin", [(0.96, 0.82, 0.72), (0.85, 0.62, 0.50), (0.60, 0.40, 0.30), (0.42, 0.27, 0.20)]
)
def test_every_skin_turns_green(skin):
    red, green, blue = make_alien.green(np.array([skin]))[0]
    assert green > red
    assert green > blue
    before, after = (colour_tables.oklab(np.array([c]))[0, 0] for c in (skin, (red, green, blue)))
    assert after == pytest.approx(before, abs=0.1)


@pytest.mark.parametrize(
    "other", [(0.1, 0.2, 0.8), (0.9, 0.05, 0.05), (0.5, 0.5, 0.5), (0.03, 0.02, 0.02), (1, 1, 1)]
)
def test_what_is_no_skin_keeps_its_colour(other):
    assert make_alien.green(np.array([other], np.float64))[0] == pytest.approx(other, abs=0.02)


def test_old_film_has_no_black_and_keeps_the_order_of_greys():
    greys = make_vintage.faded(np.repeat(np.linspace(0, 1, 50)[:, None], 3, axis=1))
    assert (np.diff(greys.mean(axis=1)) > 0).all()
    assert greys.min() > 0.04
    assert greys[-1, 0] > greys[-1, 2]  # warm lights


SKIN = (
    (178, 154, 120),  # pale, and a little yellow
    (230, 190, 170),
    (205, 155, 130),
    (176, 124, 100),
    (120, 80, 62),
    (220, 160, 150),
    (215, 150, 105),
)
ORANGE_AND_WOOD = (
    (230, 120, 30), (255, 140, 0), (210, 105, 50), (240, 160, 90), (180, 80, 40),
    (180, 140, 95), (205, 170, 120), (139, 90, 43), (160, 110, 65),
)  # fmt: skip


def test_the_aliens_skin_is_green_and_orange_clothes_and_wood_are_not():
    colours = np.array([*SKIN, *ORANGE_AND_WOOD]) / 255.0
    red, green, _ = make_alien.green(colours).T
    assert (green > red + 0.1)[: len(SKIN)].all()
    assert (red > green)[len(SKIN) :].all()
