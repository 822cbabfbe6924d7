"""Scenes with a light of their own: matt and shiny surfaces in it, and the skin under a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.drawlist import DrawList, Light, Material, ModelDraw, Scene, Shadow
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.face.geometry import face_mesh
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.records import Eyes, Face, HeadPose
from ar_effects.render.environment import Environment, load_environment, relit
from tests.render.scenes import at, drawn, linear, middle, noise, plain, room, sphere, square

SIZE = (160, 120)
CAMERA = Camera.assumed(*SIZE)
BLACK = plain(SIZE, (0, 0, 0))
MATT = Material(metallic=0.0, roughness=1.0)
BALL = sphere(MATT, 60)


def light(colour=(1.0, 1.0, 1.0), x=0.0, y=0.0, z=0.0, **more) -> Light:
    return Light(np.array(colour), np.outer([x, y, z], np.ones(3)), **more)


def lit(renderer, model, found, image=BLACK, rotation=None, **more):
    draws = (ModelDraw(model, at(0, 0, -300, rotation), **more),)
    return drawn(renderer, image, DrawList(CAMERA, (Scene(models=draws, light=found),)))


def own_slope(environment: Environment) -> np.ndarray:
    sh = environment.irradiance_sh.astype(np.float64)
    return 0.488603 * sh[[3, 1, 2]] / (0.282095 * sh[0])


@pytest.mark.parametrize("environment", [load_environment(), room()], ids=["studio", "room"])
def test_the_environments_own_light_changes_nothing(make_renderer, environment):
    specular = sphere(Material(metallic=1.0, roughness=0.1), 60)
    same = Light(np.ones(3), own_slope(environment))
    for model in (BALL, specular):
        renderer, image = make_renderer(SIZE, environment), noise(SIZE)
        without = lit(renderer, model, None, image)
        assert (lit(renderer, model, light((0.2, 0.3, 2.0), 1.0, trust=0.0), image) == without).all()
        assert np.abs(lit(renderer, model, same, image).astype(int) - without).max() <= 1
        assert (lit(renderer, model, None, image) == without).all()


def test_color_dims_and_tints(make_renderer):
    renderer = make_renderer(SIZE, Environment.uniform((0.5, 0.5, 0.5)))
    for model in (BALL, sphere(Material(metallic=1.0, roughness=0.3), 60)):
        full = linear(middle(lit(renderer, model, light())))
        tinted = linear(middle(lit(renderer, model, light((0.8, 0.4, 0.2)))))
        assert tinted / full == pytest.approx([0.2, 0.4, 0.8], abs=0.02)  # blue first


@pytest.mark.parametrize(("axis", "angles"), [("x", (40, 0, 0)), ("y", (0, 40, 0))])
def test_the_side_it_comes_from_is_brighter(make_renderer, axis, angles):
    renderer = make_renderer(SIZE, Environment.uniform((0.4, 0.4, 0.4)))
    found = light(**{axis: 0.6})
    for material in (MATT, Material(metallic=1.0, roughness=0.4)):
        toward, away = (
            linear(middle(lit(renderer, square(material), found, rotation=rotation_from_angles_deg(*a)))[1])
            for a in (angles, [-v for v in angles])
        )
        assert toward > 1.7 * away
    n = rotation_from_angles_deg(*angles)[:, 2]
    matt = linear(middle(lit(renderer, square(MATT), found, rotation=rotation_from_angles_deg(*angles)))[1])
    even = linear(middle(lit(renderer, square(MATT), light(), rotation=rotation_from_angles_deg(*angles)))[1])
    assert matt / even == pytest.approx(1 + 0.6 * n @ [axis == "x", axis == "y", 0], abs=0.08)


def test_irradiance_stays_what_the_light_says():
    """Facing the viewer ``colour`` times what it was, whatever the slope; linear in the normal beyond."""
    environment = room()
    before = environment.irradiance_sh
    sh, _, _ = relit(environment, light((0.5, 0.6, 0.7), 0.3, -0.2, 0.4))
    ahead = [0.282095, 0, 0.488603, 0, 0, 0, 2 * 0.315392, 0, 0]
    assert ahead @ sh == pytest.approx([0.5, 0.6, 0.7] * (ahead @ before), rel=1e-6)
    slope = 0.488603 * sh[[3, 1, 2]] / (0.282095 * sh[0])
    assert slope == pytest.approx(np.outer([0.3, -0.2, 0.4], np.ones(3)), abs=1e-6)


def test_mirrors_show_the_picture(make_renderer):
    """Mirrors turned to the right show what is seen at the right, only where they look ahead."""
    image = plain(SIZE, (0, 0, 0))
    image[:, : SIZE[0] // 2] = (0, 0, 255)
    image[:, SIZE[0] // 2 :] = (255, 0, 0)
    mirror = square(Material(metallic=1.0, roughness=0.0))
    renderer = make_renderer(SIZE)  # else it is dark
    found = light(mirrored=0.5)
    right = lit(renderer, mirror, found, image, rotation_from_angles_deg(20, 0, 0))
    left = lit(renderer, mirror, found, image, rotation_from_angles_deg(-20, 0, 0))
    assert middle(right)[0] > 100 > 30 > middle(right)[2]
    assert middle(left)[2] > 100 > 30 > middle(left)[0]
    assert middle(lit(renderer, mirror, light(), image)).max() <= 1
    behind = lit(renderer, mirror, found, image, rotation_from_angles_deg(70, 0, 0))
    assert middle(behind).max() <= 1
    assert middle(lit(renderer, square(MATT), found, image)).max() <= 1  # too rough to be asked


# --- shadows


def face_at(yaw_deg: float = 0.0) -> Face:
    pose = transform(rotation_from_angles_deg(yaw_deg, 0.0, 0.0), (0.0, 20.0, -400.0))
    posed = apply(pose, canonical_face().vertices_mm)
    landmarks = np.column_stack([CAMERA.project(posed), -posed[:, 2]]).astype(np.float32)
    rings = (list(LEFT_EYE_RING), list(RIGHT_EYE_RING))
    return Face(1, 1.0, landmarks, HeadPose(pose), Eyes(*(landmarks[r, :2].mean(axis=0) for r in rings)))


FACE = face_at()
GREY = plain(SIZE, (120, 120, 120))
PLATE = square(Material(base_colour=(0, 0, 0, 1), metallic=0.0), 8)


def shadowed(renderer, strength=0.6, model=PLATE, z=14.0, found=None, x=-35.0, y=-40.0, image=GREY):
    """The picture with a plate in front of a cheek, hidden itself: only its shadow is to be seen."""
    place = FACE.pose.camera_from_head @ transform(None, (x, y, z))
    shadow = Shadow(face_mesh(FACE, CAMERA), FACE.pose.camera_from_head, strength)
    cast = replace(ModelDraw(model, place), shadow=shadow)
    draws = DrawList(CAMERA, (Scene(models=(cast,), light=found),))
    bare = DrawList(CAMERA, (Scene(models=(replace(cast, shadow=None),), light=found),))
    return drawn(renderer, image, draws), drawn(renderer, image, bare)


def loss(renderer, **more) -> np.ndarray:
    with_shadow, without = shadowed(renderer, **more)
    return without.astype(int)[..., 1] - with_shadow[..., 1]


def test_a_shadow_darkens_skin_and_nothing_else(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    dark = loss(renderer, image=image)
    assert dark.min() >= -1
    assert dark.max() > 20
    y, x = np.nonzero(dark)
    on_face = FACE.landmarks[:468, :2]
    assert x.min() >= on_face[:, 0].min() - 1
    assert x.max() <= on_face[:, 0].max() + 1
    assert y.min() >= on_face[:, 1].min() - 1
    assert y.max() <= on_face[:, 1].max() + 1
    assert (loss(renderer, strength=0.0, image=image) == 0).all()


def test_a_shadow_falls_away_from_the_light(make_renderer):
    renderer = make_renderer(SIZE)
    x = np.arange(SIZE[0])
    places = {}
    for side in (-0.3, 0.0, 0.3):
        dark = loss(renderer, found=light(x=side, z=0.4), z=40.0, x=-25.0, y=-30.0).clip(0)
        places[side] = float((dark.sum(axis=0) * x).sum() / dark.sum())
    assert places[-0.3] > places[0.0] + 1.0
    assert places[0.3] < places[0.0] - 1.0


def test_it_is_deeper_where_something_touches(make_renderer):
    renderer = make_renderer(SIZE)
    near, far = loss(renderer, z=12.0).max(), loss(renderer, z=45.0).max()
    assert near > far > 0


def test_what_is_behind_the_skin_and_clear_glass_cast_none(make_renderer):
    renderer = make_renderer(SIZE)
    assert loss(renderer, z=-60.0).max() <= 1
    glass = square(Material(base_colour=(1, 1, 1, 1), metallic=0.0, transmission=1.0), 8)
    tinted = square(Material(base_colour=(0.5, 0.5, 0.5, 1), metallic=0.0, transmission=1.0), 8)
    assert np.abs(loss(renderer, model=glass)).max() <= 1
    # the plate itself covers part of the shadow, glass does not: compare where only shadow is
    assert 0 < loss(renderer, model=tinted).max() < 60


def test_masks_cast_their_shape(make_renderer):
    clear = np.zeros((2, 2, 4), np.uint8)
    cut = square(Material(metallic=0.0, alpha_mode="MASK", base_colour_texture=clear), 8)
    assert (loss(make_renderer(SIZE), model=cut) == 0).all()
