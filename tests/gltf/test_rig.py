"""Animations, skins and morph targets: a posed model's points against the specification's formulas."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.drawlist import MAX_JOINTS
from ar_effects.errors import PackError
from ar_effects.geometry.rotations import apply, rotation_from_vector
from ar_effects.gltf import primitives as gltf_primitives
from ar_effects.gltf import rig_builder as gltf_rig
from ar_effects.gltf.model import GltfModel, Loaded, Moves, load_model
from ar_effects.gltf.rig import Channel, local_matrices
from tests.gltf.glb import CUBE, Glb, bending_strip, chain, quaternion


def loaded(glb: Glb, tmp_path, **moves) -> Loaded:
    return GltfModel(glb.write(tmp_path / "m.glb"), 1.0).read(Moves(**moves))


def points(one: Loaded, pose, index: int = 0) -> np.ndarray:
    """A primitive's points in the model's frame, computed here the slow way."""
    primitive = one.model.primitives[index]
    positions = primitive.positions.astype(float)
    if primitive.morph:
        for weight, offsets in zip(
            pose.weights[primitive.morph.weights], primitive.morph.positions, strict=True
        ):
            positions = positions + weight * offsets
    if primitive.skin:
        matrices = pose.joints[primitive.skin.index]
        return np.array(
            [
                sum(w * (matrices[j] @ [*p, 1])[:3] for j, w in zip(js, ws, strict=True))
                for p, js, ws in zip(positions, primitive.skin.joints, primitive.skin.weights, strict=True)
            ]
        )
    return apply(pose.parts[primitive.part], positions)


def played(one: Loaded, name: str, time_s: float):
    local, weights = one.rig.animated([(one.rig.clips[name], time_s)])
    return one.rig.pose(one.rig.placed(local), weights)


def within(pose, seen: np.ndarray) -> None:
    low, high = pose.corners_mm.min(axis=0), pose.corners_mm.max(axis=0)
    assert (seen >= low - 1e-6).all()
    assert (seen <= high + 1e-6).all()


# --- channels

KEYS = {"LINEAR": [[0, 0, 0], [10, 0, 0], [10, 20, 0]], "STEP": [[0, 0, 0], [10, 0, 0], [10, 20, 0]]}


@pytest.mark.parametrize(
    ("how", "time_s", "expected"),
    [
        ("LINEAR", -1.0, [0, 0, 0]),
        ("LINEAR", 0.25, [0, 0, 0]),
        ("LINEAR", 1.0, [5, 0, 0]),
        ("LINEAR", 2.5, [10, 10, 0]),
        ("LINEAR", 99.0, [10, 20, 0]),
        ("STEP", 1.49, [0, 0, 0]),
        ("STEP", 1.5, [10, 0, 0]),
        ("STEP", 3.5, [10, 20, 0]),
    ],
)
def test_keys_over_time(tmp_path, how, time_s, expected):
    glb = Glb()
    node = glb.node("box", mesh=glb.mesh())
    glb.animation("go", (node, "translation", [0.5, 1.5, 3.5], KEYS[how], how))
    pose = played(loaded(glb, tmp_path, animations=["go"]), "go", time_s)
    np.testing.assert_allclose(pose.parts[1][:3, 3], expected, atol=1e-6)


@given(st.floats(0, 1), st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_cubic_splines_meet_their_keys_and_are_hermite(fraction, numbers):
    a, out, into, b = numbers
    channel = Channel(
        "translation",
        np.array([0]),
        np.array([1.0, 3.0]),
        np.array([[[a, 0, 0]], [[b, 0, 0]]]),
        np.array([[[[9.0, 0, 0]], [[out, 0, 0]]], [[[into, 0, 0]], [[9.0, 0, 0]]]]),
    )
    t, span = fraction, 2.0
    expected = (
        (2 * t**3 - 3 * t**2 + 1) * a
        + span * (t**3 - 2 * t**2 + t) * out
        + (3 * t**2 - 2 * t**3) * b
        + span * (t**3 - t**2) * into
    )
    assert channel.at(1.0 + span * fraction)[0, 0] == pytest.approx(expected, abs=1e-9)
    assert channel.at(1.0)[0, 0] == pytest.approx(a)
    assert channel.at(3.0)[0, 0] == pytest.approx(b)


@given(st.floats(0, 1), st.floats(-170, 170), st.sampled_from([1.0, -1.0]))
def test_rotations_take_the_short_way_at_even_speed(fraction, degrees, sign):
    """q and -q are one rotation: the sign in the file must not send it round the long way."""
    end = sign * np.array(quaternion([0, 1, 0], degrees))
    channel = Channel("rotation", np.array([0]), np.array([0.0, 1.0]), np.array([[[0, 0, 0, 1.0]], [end]]))
    found = local_matrices(np.zeros((1, 3)), channel.at(fraction), np.ones((1, 3)))[0, :3, :3]
    expected = rotation_from_vector([0, np.radians(degrees) * fraction, 0])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_children_follow_and_what_stays_is_baked(tmp_path):
    glb = chain(3, 30.0)
    glb.animation(
        "bend", (1, "rotation", [0, 1], [quaternion([0, 0, 1], 0), quaternion([0, 0, 1], 90)], "LINEAR")
    )
    one = loaded(glb, tmp_path, animations=["bend"])
    assert [p.part for p in one.model.primitives] == [0, 1, 2, 3]
    pose = played(one, "bend", 1.0)
    np.testing.assert_allclose(pose.parts[3][:3, 3], [-60, 0, 0], atol=1e-4)  # +Y turned onto -X
    for i in range(4):
        within(pose, points(one, pose, i))


def test_at_rest_a_rig_is_what_is_baked(tmp_path):
    glb = bending_strip()
    glb.json["nodes"][0]["rotation"] = quaternion([1, 0, 0], 40)
    glb.json["nodes"][1]["rotation"] = quaternion([0, 0, 1], 50)
    still = load_model(glb.write(tmp_path / "m.glb"), 1.0)
    assert still.rest is None
    one = loaded(glb, tmp_path, roots=["upper"])
    np.testing.assert_allclose(points(one, one.model.rest), still.primitives[0].positions, atol=1e-4)
    within(one.model.rest, still.primitives[0].positions)


def test_units_scale_moving_parts(tmp_path):
    path = chain(2, 0.03).write(tmp_path / "m.glb")
    one = GltfModel(path, 1000.0).read(Moves(roots=["bone0"]))
    assert one.model.bounds_mm[1, 1] == pytest.approx(1000.0)  # the base's box
    np.testing.assert_allclose(one.model.rest.parts[2][:3, 3], [0, 30, 0], atol=1e-4)


# --- skins


def test_a_joint_turns_what_it_carries(tmp_path):
    glb = bending_strip(height=40.0)
    glb.animation(
        "bend", (1, "rotation", [0.0, 1.0], [quaternion([0, 0, 1], 0), quaternion([0, 0, 1], 90)], "LINEAR")
    )
    one = loaded(glb, tmp_path, animations=["bend"])
    pose = played(one, "bend", 1.0)
    seen = points(one, pose)
    np.testing.assert_allclose(seen[:2], [[-5, 0, 0], [5, 0, 0]], atol=1e-4)  # the foot stays
    np.testing.assert_allclose(seen[-2:], [[-20, 15, 0], [-20, 25, 0]], atol=1e-4)  # the top has turned
    within(pose, seen)


@given(st.lists(st.floats(-180, 180), min_size=4, max_size=4))
def test_a_skin_s_points_lie_within_its_corners(tmp_path_factory, degrees):
    glb = bending_strip()
    glb.json["nodes"][0]["rotation"] = quaternion([1, 2, 3], degrees[0])
    glb.json["nodes"][1]["rotation"] = quaternion([degrees[1], 5.0, degrees[2]], degrees[3])
    one = loaded(glb, tmp_path_factory.mktemp("skin"), roots=["lower"])
    within(one.model.rest, points(one, one.model.rest))


def broken_skin(glb: Glb, **changes) -> Glb:
    glb.json["skins"][0] |= changes
    return glb


def renamed_joints(glb: Glb, name: str) -> Glb:
    attributes = glb.json["meshes"][0]["primitives"][0]["attributes"]
    attributes[name] = attributes.pop("JOINTS_0")
    return glb


def more_joints() -> Glb:
    glb = bending_strip()
    return broken_skin(glb, joints=[0, 1] * (MAX_JOINTS // 2 + 1))


BROKEN_SKINS = {
    "no joints": (lambda: renamed_joints(bending_strip(), "JOINTS_2"), "a mesh with a skin has no JOINTS_0"),
    "eight joints": (
        lambda: (g := bending_strip(), g.json["meshes"][0]["primitives"][0]["attributes"].update(JOINTS_1=0))[
            0
        ],
        r"JOINTS_1: a vertex follows more than four joints",
    ),
    "joint not there": (lambda: broken_skin(bending_strip(), joints=[0]), "a joint is not in the skin"),
    "joint not shown": (
        lambda: broken_skin(bending_strip(), joints=[0, 9]),
        r"skins\[0\]\.joints\[1\]: nodes\[9\]",
    ),
    "too many joints": (more_joints, r"skins\[0\]\.joints: the skin has too many joints.*at most 128"),
    "binds of another type": (lambda: broken_skin(bending_strip(), inverseBindMatrices=0), "expected MAT4"),
}


@pytest.mark.parametrize("name", BROKEN_SKINS)
def test_broken_skins_are_named(tmp_path, name):
    make, words = BROKEN_SKINS[name]
    with pytest.raises(PackError, match=words):
        load_model(make().write(tmp_path / "m.glb"), 1.0)


# --- morph targets


def morphing() -> Glb:
    glb = Glb()
    mesh = glb.mesh(targets=[CUBE * [1, 0, 0], CUBE * [0, 2, 0]], names=["wide", "tall"])
    node = glb.node("box", mesh=mesh, translation=[100, 0, 0])
    glb.animation("grow", (node, "weights", [0.0, 2.0], [0.0, 0.0, 1.0, 0.5], "LINEAR"))
    return glb


def test_weights_move_points_and_corners(tmp_path):
    one = loaded(morphing(), tmp_path, animations=["grow"])
    pose = played(one, "grow", 1.0)
    seen = points(one, pose)
    np.testing.assert_allclose(np.ptp(seen, axis=0), [2 * 1.5, 2 * 1.5, 2], atol=1e-5)
    assert seen[:, 0].mean() == pytest.approx(100.0, abs=1e-4)
    within(pose, seen)


def test_weights_at_rest_are_baked(tmp_path):
    glb = morphing()
    glb.json["meshes"][0]["weights"] = [1.0, 0.0]
    model = load_model(glb.write(tmp_path / "m.glb"), 1.0)
    assert model.rest is None
    np.testing.assert_allclose(model.bounds_mm, [[98, -1, -1], [102, 1, 1]], atol=1e-4)


def test_too_many_targets_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gltf_primitives, "MAX_TARGETS", 1)
    with pytest.raises(PackError, match=r"primitives\[0\]\.targets: there are too many morph targets"):
        load_model(morphing().write(tmp_path / "m.glb"), 1.0)


# --- limits and damage


def test_too_many_moving_nodes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gltf_rig, "MAX_NODES", 2)
    with pytest.raises(PackError, match=r"too many nodes move.*at most 2, got 3"):
        loaded(chain(3), tmp_path, roots=["bone0"])


def spoiled(change) -> Glb:
    glb = chain(2)
    glb.animation("go", (1, "translation", [0.0, 1.0], [[0, 0, 0], [1, 0, 0]], "LINEAR"))
    change(glb, glb.json["animations"][0])
    return glb


BROKEN_ANIMATIONS = {
    "times fall": (
        lambda g, a: a["samplers"][0].update(input=g.accessor(np.float32([1, 0]))), "times do not rise"),
    "too few values": (
        lambda g, a: a["samplers"][0].update(output=g.accessor(np.float32([[1, 0, 0]]))),
        r"samplers\[0\]\.output: its count does not fit its times, expected 2, got 1",
    ),
    "no tangents": (lambda g, a: a["samplers"][0].update(interpolation="CUBICSPLINE"), "expected 6, got 2"),
    "values of another type": (
        lambda g, a: a["channels"][0]["target"].update(path="rotation"), "expected VEC4, got VEC3"),
    "no such node": (lambda g, a: a["channels"][0]["target"].update(node=99), r"there is no nodes\[99\]"),
    "no such sampler": (lambda g, a: a["channels"][0].update(sampler=4), r"no animations\[0\]\.samplers"),
    "unknown interpolation": (
        lambda g, a: a["samplers"][0].update(interpolation="BOUNCE"), r"interpolation: this is not glTF"),
    "not a number": (
        lambda g, a: a["samplers"][0].update(output=g.accessor(np.float32([[np.nan, 0, 0], [0, 0, 0]]))),
        "not a number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_ANIMATIONS)
def test_broken_animations_are_named(tmp_path, name):
    change, words = BROKEN_ANIMATIONS[name]
    with pytest.raises(PackError, match=words):
        loaded(spoiled(change), tmp_path, animations=["go"])


def test_an_animation_that_is_not_played_is_not_read(tmp_path):
    glb = spoiled(lambda g, a: a["samplers"][0].update(interpolation="CUBICSPLINE"))
    assert load_model(glb.write(tmp_path / "m.glb"), 1.0).rest is None


def test_groups_are_what_hangs_on_a_node(tmp_path):
    one = loaded(chain(3), tmp_path, groups=["bone1", "base"])
    assert one.groups == {"bone1": frozenset({2, 3}), "base": frozenset({0, 1, 2, 3})}
    assert one.rig is None


# --- anything at all


def everything() -> Glb:
    """A skin, morph targets, and animations of every path and interpolation."""
    glb = bending_strip()
    turns = [quaternion([0, 0, 1], 0), quaternion([0, 0, 1], 90)]
    glb.animation(
        "bend",
        (1, "rotation", [0.0, 1.0], turns, "LINEAR"),
        (0, "translation", [0.0, 1.0], np.zeros((6, 3)), "CUBICSPLINE"),
    )
    puff = glb.node("puff", 1, mesh=glb.mesh(targets=[CUBE, CUBE * 2], names=["a", "b"]))
    glb.animation(
        "puff",
        (puff, "weights", [0.0, 1.0], [0.0, 0.0, 1.0, 1.0], "LINEAR"),
        (puff, "scale", [0.0, 1.0], [[1, 1, 1], [2, 2, 2]], "STEP"),
    )
    return glb


def spots(value):
    """(container, key) of everything in the JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from spots(inner)


NUMBERS = (0, 1, 2, 3, 5, 9, 99, 5121, 5123, 5125, 5126)
WORDS = (
    "LINEAR",
    "STEP",
    "CUBICSPLINE",
    "weights",
    "rotation",
    "scale",
    "VEC4",
    "VEC3",
    "MAT4",
    "SCALAR",
    "upper",
)
ODD = (None, -1, 1e300, -5.5, "x", [], {}, [0], True, 99999999999)


def test_whatever_is_in_the_file_the_answer_is_a_pose_or_a_complaint(tmp_path):
    """Seeded changes of JSON and bytes; warnings are errors here, so nothing overflows unnoticed."""
    rng = np.random.default_rng(11)
    whole = everything()
    posed = 0
    for _ in range(400):
        glb = Glb()
        glb.json, glb.binary = json.loads(json.dumps(whole.json)), whole.binary
        if rng.random() < 0.3:
            data = bytearray(glb.binary)
            for place in rng.integers(len(data), size=3):
                data[place] = rng.integers(256)
            glb.binary = bytes(data)
        else:
            found = list(spots(glb.json))
            container, key = found[rng.integers(len(found))]
            value = container[key]
            choices = ODD if rng.random() < 0.2 else NUMBERS if isinstance(value, int) else WORDS
            container[key] = (
                choices[rng.integers(len(choices))] if not isinstance(value, list) else value[:-1]
            )
        try:
            source = GltfModel(glb.write(tmp_path / "m.glb"), 1.0)
            one = source.read(
                Moves(
                    animations=source.animations,
                    roots=[n for n in ("lower", "puff") if n in source.nodes],
                    targets=source.targets,
                )
            )
        except PackError:
            continue
        posed += 1
        assert np.isfinite(one.model.bounds_mm).all()
        for clip in one.rig.clips.values() if one.rig else ():
            local, weights = one.rig.animated([(clip, 0.3)])
            one.rig.pose(one.rig.placed(local), weights)
    assert posed > 80
