"""Packs of things in space: their files are what their scripts make, sound, small, and fit the head."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image

from ar_effects.drawlist import Model
from ar_effects.face.head import head_mesh
from ar_effects.gltf.model import GltfModel, load_model
from ar_effects.packs.limits import pack_bytes, triangles
from ar_effects.packs.pack import load_pack
from tools.assets import (
    make_aviator,
    make_beard,
    make_cat,
    make_crown,
    make_dog,
    make_hearts,
    make_party_hat,
    make_round,
)
from tools.assets.make_beard import density, lips_off
from tools.assets.packs import EFFECTS
from tools.assets.shapes import ball, grid, lathe, tube

SCRIPTS = (
    make_aviator,
    make_beard,
    make_cat,
    make_crown,
    make_dog,
    make_hearts,
    make_party_hat,
    make_round,
)
FILES = {name: build for script in SCRIPTS for name, build in script.FILES.items()}
MODELS = sorted(name for name in FILES if name.endswith(".glb"))
PICTURES = sorted(name for name in FILES if not name.endswith(".glb"))
PACKS = sorted({name.partition("/")[0] for name in FILES})
HEAD_TOP_MM = np.array([0.0, 110.0, -92.0])


@cache
def shipped(name: str) -> Model:
    return load_model(EFFECTS / name, 1.0)


@pytest.mark.parametrize("name", MODELS)
def test_models_are_what_their_scripts_make(name, tmp_path):
    data = FILES[name]()
    if data == (EFFECTS / name).read_bytes():
        return
    # Another platform's mathematics, or another library's PNG, may differ in the last digit, and no further.
    (tmp_path / "made.glb").write_bytes(data)
    made, kept = load_model(tmp_path / "made.glb", 1.0), shipped(name)
    for new, old in zip(made.primitives, kept.primitives, strict=True):
        assert np.array_equal(new.triangles, old.triangles)
        np.testing.assert_allclose(new.positions, old.positions, atol=5e-4)
        np.testing.assert_allclose(new.normals, old.normals, atol=5e-3)
        np.testing.assert_allclose(new.uvs, old.uvs, atol=1e-3)
        np.testing.assert_allclose(new.colours, old.colours, atol=1e-2)
        ours, theirs = new.material.base_colour_texture, old.material.base_colour_texture
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert np.abs(ours.astype(int) - theirs.astype(int)).mean() < 1.0


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_what_their_scripts_draw(name):
    made, kept = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), float)
        for data in (FILES[name](), (EFFECTS / name).read_bytes())
    )
    assert made.shape == kept.shape
    assert np.abs(made[..., 3] - kept[..., 3]).mean() < 0.5
    assert np.abs((made[..., :3] - kept[..., :3]) * kept[..., 3:] / 255).mean() < 0.5


@pytest.mark.parametrize("name", MODELS)
def test_numbers_are_sound(name):
    for primitive in shipped(name).primitives:
        for values in (primitive.positions, primitive.normals, primitive.uvs, primitive.colours):
            assert np.isfinite(values).all()
        np.testing.assert_allclose(np.linalg.norm(primitive.normals, axis=1), 1, atol=1e-3)
        assert primitive.colours.min() >= 0
        corners = primitive.positions[primitive.triangles].astype(float)
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        assert area.min() > 0


@pytest.mark.parametrize("name", MODELS)
def test_outsides_are_out(name):
    """Triangles turn as their normals look, but for hairs, which are lit as the skin below them."""
    for primitive in shipped(name).primitives:
        if primitive.material.specular == 0.0:
            continue
        corners = primitive.positions[primitive.triangles].astype(float)
        faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        agrees = np.einsum("ij,ij->i", faces, primitive.normals[primitive.triangles].mean(axis=1)) > 0
        assert agrees.mean() > 0.995, primitive.material.name


@pytest.mark.parametrize("name", PACKS)
def test_they_are_small(name):
    assert triangles(load_pack(EFFECTS / name)) <= 20_000
    assert pack_bytes(EFFECTS / name) <= 900_000


@pytest.mark.parametrize("name", ["aviator", "hearts", "round"])
def test_glasses_are_alike_on_both_sides_and_sit_before_the_eyes(name):
    model = shipped(f"{name}/{name}.glb")
    for primitive in model.primitives:
        if primitive.material.name in ("lens", "glass"):
            for sign in (-1, 1):
                half = primitive.positions[primitive.positions[:, 0] * sign > 0]
                if not len(half):
                    continue
                x, y, z = half.mean(axis=0)
                assert 32 < x * sign < 37
                assert -8 < y < 0
                assert 17 < z < 23
    low, high = model.bounds_mm
    assert np.abs(low[0] + high[0]) < 0.01
    assert -115 < low[2] < -107  # temples end behind the ears


@pytest.mark.parametrize(
    ("name", "offset"), [("crown/crown.glb", (0, -41, 10)), ("party_hat/party_hat.glb", (7, -25, 14))]
)
def test_headgear_has_the_skull_inside(name, offset):
    """Its lower edge goes round the skull where it sits: nothing is seen under it."""
    skull = head_mesh().vertices.astype(float)
    places = np.concatenate([p.positions for p in shipped(name).primitives]).astype(float)
    places = places + HEAD_TOP_MM + offset
    low = places[:, 1].min()
    inside = skull[np.abs(skull[:, 1] - low - 8) < 16]
    edge = places[places[:, 1] < low + 12]
    assert len(inside)
    assert edge[:, 2].max() > inside[:, 2].max() - 25
    assert skull[:, 1].max() > low + 12


def test_ears_hang_on_chains_of_joints():
    for name, count in (("cat/ears.glb", 3), ("dog/ears.glb", 4)):
        nodes = GltfModel(EFFECTS / name, 1.0).nodes
        for side in ("left", "right"):
            assert sum(n.startswith(f"ear_{side}") and not n.endswith("_fur") for n in nodes) == count


def test_the_tongue_is_in_the_mouth_until_it_comes_out():
    from ar_effects.gltf.model import Moves

    loaded = GltfModel(EFFECTS / "dog/tongue.glb", 1.0).read(Moves(animations={"out"}))
    rig = loaded.rig
    assert rig is not None
    reach = []
    for time_s in (0.0, 0.5, 1.0):
        local, weights = rig.animated([(rig.clips["out"], time_s)])
        reach.append(rig.pose(rig.placed(local), weights).corners_mm)
    assert reach[0][:, 2].max() < -15  # behind the lips
    assert reach[2][:, 1].min() < -55
    assert reach[2][:, 2].max() > 12


def test_no_hair_grows_on_lips_cheeks_and_nose():
    places = np.array(
        [[0, -62, 22], [0, -70, 20], [20, -64, 10], [40, -30, 7], [0, -30, 42], [0, 30, 14]], float
    )
    assert density(places).max() == 0
    assert lips_off(places[:3, 0], places[:3, 1]).max() < 0
    thick = np.array([[0, -100, 16], [30, -90, 5], [55, -70, -25], [14, -52, 20], [-14, -52, 20]], float)
    assert density(thick).min() > 0.5


def test_shapes_are_closed_and_outside_out():
    def volume(shape):
        a, b, c = (shape.positions[shape.triangles[:, k]] for k in range(3))
        return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6

    assert volume(ball(2.0, 32, 48)) == pytest.approx(4 / 3 * np.pi * 8, rel=0.02)
    can = lathe(np.array([[0, 2], [1, 2], [1, 0], [0, 0]], float), 64)
    assert volume(can) == pytest.approx(2 * np.pi, rel=0.02)
    t = np.arange(64) * 2 * np.pi / 64
    ring = tube(np.stack([10 * np.cos(t), 10 * np.sin(t), 0 * t], 1), 1.0, 24, closed=True, up=(0, 0, 1))
    assert volume(ring) == pytest.approx(2 * np.pi**2 * 10, rel=0.03)
    flat = grid(np.dstack([*np.meshgrid([0.0, 1.0], [1.0, 0.0]), np.zeros((2, 2))]))
    np.testing.assert_allclose(flat.normals, np.tile([0.0, 0.0, 1.0], (4, 1)), atol=1e-9)
