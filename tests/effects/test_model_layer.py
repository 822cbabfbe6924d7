"""The ``model`` layer's keys: where the model goes, what moves it, and what a wrong name gets."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import synthetic_faces as synthetic
from pydantic import ValidationError

from ar_effects.drawlist import ModelDraw
from ar_effects.effects.layers.model import ModelTable
from ar_effects.errors import PackError
from ar_effects.face.anchors import ANCHORS, camera_from_anchor
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext
from ar_effects.packs.pack import load_pack
from ar_effects.packs.values import Values, rgba_from_hex
from ar_effects.records import Expression, Frame, TrackedFrame
from tests.gltf.glb import CUBE, Glb, chain

CAMERA = Camera.assumed(640, 480)
POSE = transform(rotation_from_angles_deg(15.0, 5.0, -10.0), [20.0, 10.0, -500.0])
FACE = synthetic.face_of(CAMERA, POSE)
IMAGE = np.zeros((480, 640, 3), np.uint8)


def things() -> Glb:
    """Two boxes of one unit's size with materials, a chain, targets and two animations."""
    glb = chain(2, 30.0)
    glb.add("materials", name="lens", pbrMetallicRoughness={"baseColorFactor": [1, 0, 0, 1]})
    glb.add("materials", name="glass", alphaMode="BLEND")
    round_ = glb.node("round", mesh=glb.mesh(material=0))
    glb.node("square", mesh=glb.mesh(CUBE * 2, targets=[CUBE], names=["puffed"], material=1))
    for name, x in (("wag", 10.0), ("hop", 0.0)):
        end = [x, 10.0 - x, 0]
        glb.animation(name, (round_, "translation", [0.0, 1.0], [[0, 0, 0], end], "LINEAR"))
    return glb


@pytest.fixture
def make(tmp_path):
    """A loaded layer from keys of its table."""
    things().write(tmp_path / "m.glb")

    def make(**keys):
        table = ModelTable.model_validate({"kind": "model", "file": "m.glb", "mm_per_unit": 1.0, **keys})
        return table.load(PackFiles(tmp_path, "layers[0]"))

    return make


def context(time_s=0.0, step_s=1 / 30, face=FACE, expression=None, **parameters) -> FrameContext:
    tracked = TrackedFrame(Frame(IMAGE, time_s), (face,), CAMERA)
    return FrameContext(tracked, time_s, step_s, Values(parameters, {}, expression))


def drawn(state, face=FACE, **more) -> ModelDraw:
    (draw,) = state.draws(context(face=face, **more), ActiveFace(face))
    return draw


@pytest.mark.parametrize("anchor", ANCHORS)
def test_it_sits_on_its_anchor(make, anchor):
    draw = drawn(make(anchor=anchor).start())
    np.testing.assert_array_equal(draw.camera_from_model, camera_from_anchor(anchor, FACE, CAMERA))


def test_offset_rotation_and_scale_in_that_order(make):
    state = make(
        anchor="nose_tip", offset_mm=[1, 2.0, "$out"], rotate_deg=[90, "$turn", 0], scale="@mouth_open"
    ).start()
    draw = drawn(state, out=30.0, turn=90.0, expression=Expression(mouth_open=0.5))
    anchor_from_model = np.linalg.inv(camera_from_anchor("nose_tip", FACE, CAMERA)) @ draw.camera_from_model
    np.testing.assert_allclose(apply(anchor_from_model, np.zeros((1, 3)))[0], [1, 2, 30], atol=1e-9)
    # +Y: about X by 90 degrees onto +Z, then about Y by 90 onto +X; half as long
    seen = anchor_from_model[:3, :3] @ [0.0, 1.0, 0.0]
    np.testing.assert_allclose(seen, [0.5, 0.0, 0.0], atol=1e-9)


def test_true_millimetres_are_the_same_on_every_head(make):
    """A child's head (0.8 of the mean's) is nearer than its pose says: the same hat is larger on it."""
    for anchor in ("eyes", "head_top", "left_eye"):
        state = make(anchor=anchor, fit="metric").start()
        for scale in (0.8, 1.0, 1.2):
            face = dataclasses.replace(FACE, head_scale=scale)
            place = drawn(state, face).camera_from_model
            assert np.cbrt(np.linalg.det(place[:3, :3])) * scale == pytest.approx(1.0)
            at = camera_from_anchor(anchor, face, CAMERA)
            np.testing.assert_allclose(place[:3, 3], at[:3, 3], atol=5.0)


def test_materials_follow_parameters(make):
    layer = make(
        materials={"lens": {"colour": "$lens", "opacity": "$clear", "roughness": 0.2, "glow": "#202020"}}
    )
    change = drawn(layer.start(), lens="#3366ff80", clear=0.5).changes["lens"]
    red, green, blue, alpha = rgba_from_hex("#3366ff80")
    assert change.colour == (red, green, blue)
    assert change.opacity == pytest.approx(0.5 * alpha)
    assert (change.metallic, change.roughness) == (None, 0.2)
    assert change.glow == rgba_from_hex("#202020")[:3]
    modes = {p.material.name: p.material.alpha_mode for p in layer.model.primitives}
    assert modes["lens"] == "BLEND", "what has an opacity can be seen through"
    assert {p.material.alpha_mode for p in make().model.primitives if p.material.name == "lens"} == {"OPAQUE"}


def test_variants_show_one_of_several(make):
    layer = make(variants=["round", "square"], variant="$shape")
    names = [p.material.name for p in layer.model.primitives]
    for chosen, hidden in (("round", "glass"), ("square", "lens")):
        found = drawn(layer.start(), shape=chosen).hidden
        assert [names[i] for i in found] == [hidden]
    assert drawn(make(variants=["square", "round"]).start()).hidden == {names.index("lens")}


def part_of(layer, name: str) -> int:
    return next(p.part for p in layer.model.primitives if p.material.name == name)


def positions(layer, frames: int, cue_at: int = -1, step_s: float = 0.25) -> list[float]:
    """x of the round box over time."""
    state, part = layer.start(), part_of(layer, "lens")
    seen = []
    for i in range(frames):
        if i == cue_at:
            state.cue("play")
        seen.append(drawn(state, step_s=step_s).pose.parts[part][0, 3])
    return seen


def test_animations_loop_end_wait_and_hurry(make):
    def play(**keys):
        return make(animations=[{"name": "wag", **keys}])

    assert positions(play(), 7) == pytest.approx([0, 2.5, 5, 7.5, 0, 2.5, 5])
    assert positions(play(loop=False), 7) == pytest.approx([0, 2.5, 5, 7.5, 10, 10, 10])
    assert positions(play(start="play", loop=False), 9, 2) == pytest.approx([0, 0, 0, 2.5, 5, 7.5, 10, 0, 0])
    assert positions(play(speed=2.0), 4) == pytest.approx([0, 5, 0, 5])


def test_an_animation_follows_what_the_face_does(make):
    layer = make(animations=[{"name": "wag", "at": "@mouth_open"}])
    for fraction in (0.0, 0.3, 1.0):
        draw = drawn(layer.start(), expression=Expression(mouth_open=fraction))
        assert draw.pose.parts[part_of(layer, "lens")][0, 3] == pytest.approx(10 * fraction)


def test_the_later_animation_wins(make):
    layer = make(animations=[{"name": "wag", "at": 1.0}, {"name": "hop", "at": 1.0}])
    place = drawn(layer.start()).pose.parts[part_of(layer, "lens")]
    np.testing.assert_allclose(place[:3, 3], [0, 10, 0], atol=1e-6)


def test_morph_targets_follow_references(make):
    layer = make(morphs={"puffed": "@smile"})
    (weights,) = drawn(layer.start(), expression=Expression(smile=0.7)).pose.weights
    assert weights.tolist() == [0.7]


def test_springs_swing_for_each_face_by_itself(make):
    layer = make(springs=[{"root": "bone0", "stiffness": 2.0, "gravity": 0.5}])
    one, other = layer.start(), layer.start()
    tip = max(p.part for p in layer.model.primitives)
    upright = synthetic.face_of(CAMERA, transform(None, [0.0, 0.0, -500.0]))
    for i in range(6):
        face = synthetic.face_of(CAMERA, transform(None, [10.0 * i, 0.0, -500.0]))
        moved = drawn(one, face).pose.parts[tip]
        still = drawn(other, upright).pose.parts[tip]
    np.testing.assert_allclose(still[:3, 3], [0, 30, 0], atol=1e-6)
    assert moved[0, 3] < -1.0


def test_what_does_not_move_has_no_rig(make):
    assert make().rig is None
    draw = drawn(make().start())
    assert (draw.pose, draw.changes, draw.hidden) == (None, None, frozenset())


def test_springs_over_an_animation(make):
    """The chain hangs on nothing that is animated, and the box it does not hang on moves on."""
    layer = make(springs=[{"root": "bone0"}], animations=[{"name": "wag", "at": 1.0}])
    pose = drawn(layer.start()).pose
    assert pose.parts[part_of(layer, "lens")][0, 3] == pytest.approx(10.0)


WRONG = {
    "animation": (
        {"animations": [{"name": "wagg"}]}, r"layers\[0\]\.animations\[0\]\.name", "Did you mean 'wag'"),
    "root": ({"springs": [{"root": "bone_0"}]}, r"layers\[0\]\.springs\[0\]\.root", "Did you mean 'bone0'"),
    "material": ({"materials": {"lenses": {}}}, r"layers\[0\]\.materials\.lenses", "Did you mean 'lens'"),
    "morph": ({"morphs": {"puffd": 1.0}}, r"layers\[0\]\.morphs\.puffd", "Did you mean 'puffed'"),
    "variants": ({"variants": ["ruond"]}, r"layers\[0\]\.variants\[0\]", "Did you mean 'round'"),
    "variant": (
        {"variants": ["round", "square"], "variant": "oval"}, r"layers\[0\]\.variant:", "Name one"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_names_that_are_not_in_the_model(make, name):
    keys, where, fix = WRONG[name]
    with pytest.raises(PackError, match=where) as caught:
        make(**keys)
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    "keys",
    [
        {"anchor": "elbow"},
        {"offset_mm": [1, 2]},
        {"offset_mm": [1, 2, "three"]},
        {"fit": "tight"},
        {"scale": float("nan")},
        {"springs": [{"root": "bone0", "stiffness": -1.0}]},
        {"springs": [{"root": "bone0", "bounce": 1.0}]},
        {"materials": {"lens": {"color": "#ffffff"}}},
        {"materials": {"lens": {"opacity": 2.0}}},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_values_that_cannot_be(make, keys):
    with pytest.raises(ValidationError):
        make(**keys)


TOML = """
format = 2
title = "Test"
[[layers]]
kind = "model"
file = "m.glb"
"""


@pytest.mark.words
@pytest.mark.parametrize(
    ("keys", "where", "fix"),
    [
        (
            '[layers.materials.lens]\ncolor = "#ffffff"',
            "layers[0].materials.lens.color",
            "Did you mean 'colour'",
        ),
        ('[layers.materials.lens]\ncolour = "red"', "layers[0].materials.lens.colour:", "Correct layers[0]"),
        (
            '[[layers.springs]]\nroot = "bone0"\nstif = 1',
            "layers[0].springs[0].stif",
            "Did you mean 'stiffness'",
        ),
        ('offset_mm = [1, 2, "three"]', "layers[0].offset_mm[2]:", "Correct layers[0].offset_mm[2]"),
        ('morphs = { puffed = "@grin" }', "layers[0].morphs.puffed:", ""),
    ],
)
def test_mistakes_are_told_with_their_keys(tmp_path, keys, where, fix):
    things().write(tmp_path / "m.glb")
    (tmp_path / "effect.toml").write_text(TOML + keys)
    with pytest.raises(PackError) as caught:
        load_pack(tmp_path)
    assert where in str(caught.value)
    assert fix in str(caught.value)
