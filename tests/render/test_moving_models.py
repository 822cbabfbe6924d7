"""Parts, skins, morph targets, changed and unlit materials: the same pixels as the same thing baked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.drawlist import (
    DrawList,
    Material,
    MaterialChange,
    Model,
    ModelDraw,
    ModelPose,
    Morph,
    Primitive,
    Scene,
    Skinning,
)
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from tests.render.scenes import at, byte, drawn, glow, middle, noise, plain, room, scene, sphere, square

SIZE = (161, 121)
CAMERA = Camera.assumed(*SIZE)
BLACK = plain(SIZE, (0, 0, 0))
GREY = plain(SIZE, (128, 128, 128))
HERE = at(0, 0, -300)


def posed(primitives, **pose) -> tuple[Model, ModelPose]:
    full = {"parts": np.eye(4)[None], "joints": (), "weights": (), "corners_mm": BIG} | pose
    made = ModelPose(**full)
    return Model("moving", tuple(primitives), np.float32([[-90] * 3, [90] * 3]), made), made


BIG = np.array([[x, y, z] for x in (-90, 90) for y in (-90, 90) for z in (-90, 90)], float)


def shown(renderer, model, image=BLACK, **more):
    return drawn(renderer, image, DrawList(CAMERA, (Scene((), (ModelDraw(model, HERE, **more),)),)))


def ball(material=None, radius: float = 30.0) -> Primitive:
    return sphere(
        material or Material(base_colour=(0.2, 0.6, 0.9, 1), metallic=0.0, roughness=0.4), radius
    ).primitives[0]


def placed(primitive: Primitive, matrix: np.ndarray) -> Primitive:
    normals = primitive.normals @ matrix[:3, :3].T
    return replace(
        primitive,
        positions=(primitive.positions @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32),
        normals=(normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
    )


def alike(a: np.ndarray, b: np.ndarray) -> None:
    """But for rounding at a few edges."""
    assert (a != 0).any()
    assert (np.abs(a.astype(int) - b.astype(int)).max(axis=2) > 2).mean() < 0.002


MOVED = transform(rotation_from_angles_deg(20, 10, 30) * 1.2, [25.0, -10.0, 5.0])


def test_a_part_is_drawn_where_its_matrix_has_it(make_renderer):
    renderer = make_renderer(SIZE, room())
    model, _ = posed([replace(ball(), part=1)])
    pose = ModelPose(np.stack([np.eye(4), MOVED]), (), (), BIG)
    baked, _ = posed([placed(ball(), MOVED)])
    alike(shown(renderer, model, pose=pose), shown(renderer, baked))


def test_without_a_pose_it_rests(make_renderer):
    renderer = make_renderer(SIZE, room())
    model, rest = posed([replace(ball(), part=1)], parts=np.stack([np.eye(4), MOVED]))
    np.testing.assert_array_equal(shown(renderer, model), shown(renderer, model, pose=rest))


def test_a_part_flattened_to_nothing_is_not_drawn(make_renderer):
    model, _ = posed([replace(ball(), part=1)], parts=np.stack([np.eye(4), np.diag([0.0, 1, 1, 1])]))
    np.testing.assert_array_equal(shown(make_renderer(SIZE, room()), model, noise(SIZE)), noise(SIZE))


def skinned(primitive: Primitive, joints: np.ndarray, weights: np.ndarray) -> Primitive:
    return replace(primitive, skin=Skinning(0, joints.astype(np.uint16), weights.astype(np.float32)))


def test_a_skin_s_points_are_its_blended_matrices(make_renderer):
    renderer = make_renderer(SIZE, room())
    plain_ball = ball()
    fraction = np.clip(plain_ball.positions[:, 1] / 60 + 0.5, 0, 1)
    count = len(fraction)
    joints = np.tile([0, 127, 3, 0], (count, 1))
    weights = np.stack([1 - fraction, fraction * 0.75, fraction * 0.25, 0 * fraction], 1)
    matrices = np.tile(np.eye(4), (128, 1, 1))
    matrices[0] = transform(None, [-10.0, -10, 0])
    matrices[127], matrices[3] = transform(None, [30.0, 10, 0]), transform(None, [0.0, 40.0, 0.0])
    model, _ = posed([skinned(plain_ball, joints, weights)], joints=(matrices,))
    moved = np.einsum("nk,nki->ni", weights, matrices[joints][:, :, :3, 3])
    baked, _ = posed([replace(plain_ball, positions=(plain_ball.positions + moved).astype(np.float32))])
    alike(shown(renderer, model), shown(renderer, baked))


def test_a_skin_turns_normals(make_renderer):
    renderer = make_renderer(SIZE, room())
    one = ball()
    turn = transform(rotation_from_angles_deg(70, 20, 40), [0.0, 0.0, 0.0])
    everything = np.tile([1, 0, 0, 0], (len(one.positions), 1))
    model, _ = posed([skinned(one, 0 * everything, everything)], joints=(turn[None],))
    baked, _ = posed([placed(one, turn)])
    alike(shown(renderer, model), shown(renderer, baked))


def test_two_models_keep_their_own_joints(make_renderer):
    """Two faces wear one model: each skin has matrices of its own."""
    renderer = make_renderer(SIZE)
    one = square(glow(1, 0, 0), 10).primitives[0]
    model, _ = posed(
        [skinned(one, np.zeros((4, 4)), np.tile([1.0, 0, 0, 0], (4, 1)))], joints=(np.eye(4)[None],)
    )
    poses = [ModelPose(np.eye(4)[None], (at(x, 0, 0)[None],), (), BIG) for x in (-50, 50)]
    things = tuple(ModelDraw(model, HERE, pose) for pose in poses)
    picture = drawn(renderer, BLACK, DrawList(CAMERA, (Scene((), things),)))
    for x in (-50, 50):
        u, v = CAMERA.project(np.array([[x, 0.0, -300.0]]))[0]
        assert picture[round(v), round(u), 2] > 200
    assert middle(picture)[2] == 0


def test_morph_targets_are_mixed_by_weight(make_renderer):
    renderer = make_renderer(SIZE, room())
    one = ball()
    offsets = np.stack([one.positions * [0.5, 0, 0], one.positions * [0, -0.5, 0]]).astype(np.float32)
    bent = replace(one, morph=Morph(0, offsets, None))
    model, rest = posed([bent], weights=(np.zeros(2),))
    for weights in ([0.0, 0.0], [1.0, 0.0], [0.4, 1.0], [0.0, 0.0]):
        pose = replace(rest, weights=(np.array(weights),))
        shape = one.positions + np.tensordot(np.array(weights), offsets, 1)
        baked, _ = posed([replace(one, positions=shape.astype(np.float32))])
        alike(shown(renderer, model, pose=pose), shown(renderer, baked))


def test_work_is_limited_to_the_pose_s_corners(make_renderer):
    """What lies outside of them is cut off: they must hold everything, and nothing else is touched."""
    model, rest = posed([square(glow(1, 1, 1), 40).primitives[0]])
    small = replace(rest, corners_mm=BIG[:, :] / 90 * [5, 5, 1])
    picture = shown(make_renderer(SIZE), model, pose=small)
    assert middle(picture)[0] > 200
    assert picture[SIZE[1] // 2, 50].max() == 0


# --- materials


def test_a_changed_colour_is_that_material_s(make_renderer):
    renderer = make_renderer(SIZE, room())
    look = Material("lens", base_colour=(0.9, 0.1, 0.1, 1), metallic=0.0, roughness=0.5)
    other = replace(look, base_colour=(0.1, 0.3, 0.8, 1.0), roughness=0.1, metallic=1.0, emissive=(0, 0.1, 0))
    model = square(look)
    change = MaterialChange((0.1, 0.3, 0.8), 1.0, 1.0, 0.1, (0, 0.1, 0))
    before = shown(renderer, model)
    changed = shown(renderer, model, changes={"lens": change})
    np.testing.assert_array_equal(changed, shown(renderer, square(other)))
    np.testing.assert_array_equal(shown(renderer, model, changes={"frame": change}), before)
    np.testing.assert_array_equal(shown(renderer, model), before)


def test_opacity_lets_the_picture_through(make_renderer):
    look = glow(1, 1, 1, alpha_mode="BLEND")
    look = replace(look, name="veil", unlit=True, base_colour=(1.0, 1.0, 1.0, 1.0))
    picture = shown(make_renderer(SIZE), square(look), changes={"veil": MaterialChange(opacity=0.25)})
    assert middle(picture).tolist() == pytest.approx([byte(0.25)] * 3, abs=1)


def test_unlit_surfaces_send_their_colour_whatever_light_there_is(make_renderer):
    colour = (0.8, 0.4, 0.1, 1.0)
    for light in (None, room()):
        picture = shown(make_renderer(SIZE, light), square(Material(base_colour=colour, unlit=True)))
        assert middle(picture).tolist() == pytest.approx([byte(c) for c in colour[2::-1]], abs=1)


def test_hidden_primitives_are_not_drawn(make_renderer):
    renderer = make_renderer(SIZE)
    red, green = square(glow(0.5, 0, 0), 20).primitives[0], square(glow(0, 0.5, 0), 40).primitives[0]
    model = Model(
        "two", (red, replace(green, positions=green.positions - np.float32([0, 0, 5]))), BIG[[0, 7]]
    )
    assert middle(shown(renderer, model)).tolist() == pytest.approx([0, 0, byte(0.5)], abs=1)
    assert middle(shown(renderer, model, hidden=frozenset({0}))).tolist() == pytest.approx(
        [0, byte(0.5), 0], abs=1
    )
    hidden = shown(renderer, model, GREY, hidden=frozenset({0, 1}))
    np.testing.assert_array_equal(hidden, GREY)


def test_static_models_are_drawn_as_ever(make_renderer):
    renderer = make_renderer(SIZE, room())
    model = sphere(Material(metallic=1.0, roughness=0.3))
    first = drawn(renderer, noise(SIZE), scene(CAMERA, (model, HERE)))
    np.testing.assert_array_equal(shown(renderer, model, noise(SIZE), changes={}), first)
