"""Sprites and particles: where they land, what hides them, how they blend. Expected values are computed."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from ar_effects.drawlist import (
    PARTICLE_COLUMNS,
    DrawList,
    Group,
    Material,
    ModelDraw,
    ParticlesDraw,
    Scene,
    SpriteDraw,
)
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.render.renderer import Renderer
from ar_effects.render.scene import sprites
from tests.render.scenes import (
    at,
    byte,
    drawn,
    glow,
    linear,
    middle,
    noise,
    plain,
    room,
    square,
    square_occluder,
)
from tests.render.test_resources import living_objects

SIZE = (161, 121)
CAMERA = Camera.assumed(*SIZE)
SHAPES = ("dot", "star", "heart", "confetti", "flake", "flame")


def picture(rgba, size: int = 8) -> np.ndarray:
    return np.full((size, size, 4), rgba, np.uint8)


def sprite(pixels, z: float = -300.0, size: float = 100.0, **more) -> SpriteDraw:
    return SpriteDraw(pixels, transform(np.diag([size, size, 1.0]), (0.0, 0.0, z)), **more)


def swarm(*rows, **more) -> ParticlesDraw:
    """Rows of x, y, z, share, size, angle, tumble, own."""
    particles = np.array(rows, np.float32).reshape(-1, PARTICLE_COLUMNS)
    reach = particles[:, 4].max() if len(particles) else 0.0
    low, high = particles[:, :3].min(axis=0) - reach, particles[:, :3].max(axis=0) + reach
    return ParticlesDraw(particles, np.stack([low, high]).astype(float), **more)


def one(z: float = -300.0, fraction: float = 0.5, size: float = 80.0, own: float = 0.0) -> tuple:
    return (0.0, 0.0, z, fraction, size, 0.0, 0.0, own)


def shown(renderer, background, **scene) -> np.ndarray:
    return drawn(renderer, background, DrawList(CAMERA, (Scene(**scene),)))


@pytest.mark.parametrize("angle", [0.0, 30.0, -120.0])
def test_a_sprite_lands_where_the_camera_projects_it(make_renderer, angle):
    pixels = np.zeros((64, 64, 4), np.uint8)
    corners = {(0, 0): (255, 0, 0), (0, 1): (0, 255, 0), (1, 0): (0, 0, 255), (1, 1): (255, 255, 0)}
    for (row, column), rgb in corners.items():
        pixels[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32] = (*rgb, 255)
    matrix = transform(
        rotation_from_angles_deg(25.0, -20.0, angle) @ np.diag([120.0, 90.0, 1.0]), (8, -5, -260)
    )
    result = shown(make_renderer(SIZE), plain(SIZE, (0, 0, 0)), sprites=(SpriteDraw(pixels, matrix),))
    for (row, column), rgb in corners.items():
        place = matrix @ [column * 0.5 - 0.25, 0.25 - row * 0.5, 0.0, 1.0]
        x, y = np.round(CAMERA.project(place[None, :3])[0]).astype(int)
        np.testing.assert_allclose(result[y, x], rgb[::-1], atol=2)
    covered = (result > 40).any(axis=2).sum()
    ends = np.array([[-0.5, -0.5, 0, 1], [0.5, -0.5, 0, 1], [0.5, 0.5, 0, 1], [-0.5, 0.5, 0, 1]]) @ matrix.T
    px = CAMERA.project(ends[:, :3])
    following = np.roll(px, -1, axis=0)
    area = 0.5 * abs((px[:, 0] * following[:, 1] - px[:, 1] * following[:, 0]).sum())
    assert covered == pytest.approx(area, rel=0.03)


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize(("alpha", "opacity"), [(255, 1.0), (128, 1.0), (255, 0.3), (64, 0.5)])
def test_alpha_is_linear(make_renderer, alpha, opacity, moving):
    thing = sprite(picture((200, 100, 40, alpha)), opacity=opacity, stream=object() if moving else None)
    result = middle(shown(make_renderer(SIZE), plain(SIZE, (90, 90, 90)), sprites=(thing,)))
    fraction = alpha / 255 * opacity
    expected = byte(linear(np.array([40, 100, 200])) * fraction + linear(90) * (1 - fraction))
    np.testing.assert_allclose(result, expected, atol=2)


@pytest.mark.parametrize("angle", [0.0, 30.0])
def test_clear_parts_are_left_out_and_nothing_else(make_renderer, monkeypatch, angle):
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (96, 128, 4), np.uint8)
    pixels[16:84, 20:110, 3] = 0
    pixels[:8, 100:, 3] = 0
    turned = transform(
        rotation_from_angles_deg(0, 0, angle) @ np.diag([300.0, 220.0, 1.0]), (0.0, 0.0, -300.0)
    )
    renderer, background = make_renderer(SIZE), noise(SIZE)
    parts = sprites._Parts(pixels).boxes
    area = ((parts[:, 2] - parts[:, 0]) * (parts[:, 3] - parts[:, 1])).sum()
    assert 0.5 < area < 0.9
    some = shown(renderer, background, sprites=[SpriteDraw(pixels, turned)])
    monkeypatch.setattr(sprites, "LARGE_PX", 10_000)
    whole = shown(renderer, background, sprites=[SpriteDraw(pixels, turned)])
    assert np.abs(some.astype(int) - whole).max() <= 1
    assert (some != background).any()


def test_clear_texels_of_a_stream_do_not_bleed(make_renderer):
    """Between opaque white and clear black lies only white, getting thinner."""
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[:, 0] = 255
    result = shown(
        make_renderer(SIZE), plain(SIZE, (255, 255, 255)), sprites=(sprite(pixels, stream=pixels),)
    )
    assert result.min() >= 253


@pytest.mark.parametrize("additive", [False, True])
def test_light_may_be_added(make_renderer, additive):
    colour, under = np.array([20, 60, 90]), 80
    thing = sprite(picture((*colour[::-1], 255)), additive=additive)
    result = middle(shown(make_renderer(SIZE), plain(SIZE, (under,) * 3), sprites=(thing,)))
    np.testing.assert_allclose(result, byte(linear(colour) + linear(under) * additive), atol=1)
    balls = swarm(one(), shape="confetti", colours=((*linear(colour[::-1]), 1.0),), additive=additive)
    result = middle(shown(make_renderer(SIZE), plain(SIZE, (under,) * 3), particles=(balls,)))
    np.testing.assert_allclose(result, byte(linear(colour) + linear(under) * additive), atol=1)


def test_nothing_is_touched_where_nothing_can_be_seen(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    broken, white = np.full((4, 4), np.nan), picture((255, 255, 255, 255))
    nowhere = swarm(one())
    for scene in (
        {"sprites": (sprite(white, opacity=0.0),)},
        {"sprites": (SpriteDraw(white, broken),)},
        {"sprites": (sprite(white, z=300.0),)},
        {"sprites": (sprite(picture((255, 255, 255, 0))),)},
        {"particles": (swarm(one(), opacity=0.0),)},
        {"particles": (swarm(one(fraction=1.0), one(fraction=1.7)),)},
        {"particles": (ParticlesDraw(nowhere.particles[:0], nowhere.bounds_mm),)},
        {"particles": (ParticlesDraw(nowhere.particles, np.full((2, 3), np.nan)),)},
        {"particles": (swarm(one(size=0.0), fade=(0.1, 0.1)),)},
    ):
        assert (shown(renderer, image, **scene) == image).all(), scene


THINGS = {
    "sprite": {"sprites": (sprite(picture((255, 255, 255, 255))),)},
    "particles": {"particles": (swarm(one(size=200.0), shape="confetti"),)},
}


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("with_model", [False, True])
def test_heads_hide_what_is_behind_them(make_renderer, kind, with_model):
    """On the picture itself, and after a model was drawn elsewhere on the layer."""
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    aside = (ModelDraw(square(glow(0, 0.5, 0), half_mm=5), at(60, 30, -200)),) if with_model else ()
    for z, hidden in ((-250.0, True), (-350.0, False)):
        result = shown(
            renderer, black, models=aside, occluders=(square_occluder(20, at(0, 0, z)),), **THINGS[kind]
        )
        assert bool((middle(result) == 0).all()) is hidden
        assert (result[55, 95] == 255).all(), "beside the head it is seen"


@pytest.mark.parametrize("kind", THINGS)
def test_what_hid_things_in_an_earlier_frame_does_not_any_more(make_renderer, kind):
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    assert (middle(shown(renderer, black, occluders=(HIDER,), **THINGS[kind])) == 0).all()
    assert (middle(shown(renderer, black, **THINGS[kind])) == 255).all()


@pytest.mark.parametrize("kind", THINGS)
def test_opaque_models_hide_what_is_behind_them(make_renderer, kind):
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    for z, hidden in ((-250.0, True), (-350.0, False)):
        model = ModelDraw(square(glow(0, 0.5, 0), half_mm=20), at(0, 0, z))
        result = shown(renderer, black, models=(model,), **THINGS[kind])
        assert middle(result)[2] == (0 if hidden else 255)
        assert (result[55, 95] == 255).all()


@pytest.mark.parametrize("kind", THINGS)
def test_a_tinted_lens_tints_only_what_is_behind_it(make_renderer, kind):
    tint = (0.2, 0.5, 0.8, 1.0)
    glass = square(
        Material(base_colour=tint, metallic=0.0, roughness=0.0, transmission=1.0, ior=1.0), half_mm=20
    )
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    for z, expected in ((-250.0, byte(np.array(tint[2::-1]))), (-350.0, np.full(3, 255.0))):
        result = shown(renderer, black, models=(ModelDraw(glass, at(0, 0, z)),), **THINGS[kind])
        np.testing.assert_allclose(middle(result), expected, atol=2)
        assert (result[55, 95] == 255).all()


def test_what_need_not_hide_is_before_everything(make_renderer):
    free = sprite(picture((255, 255, 255, 255)), occluded=False)
    hider = square_occluder(20, at(0, 0, -200))
    renderer = make_renderer(SIZE)
    result = shown(renderer, plain(SIZE, (0, 0, 0)), sprites=(free,), occluders=(hider,))
    assert (middle(result) == 255).all()


def test_the_nearer_lies_upon_the_farther(make_renderer):
    red, blue = picture((255, 0, 0, 255)), picture((0, 0, 255, 255))
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    for pair in (
        (sprite(red, z=-300), sprite(blue, z=-400, size=200)),
        (sprite(blue, z=-400, size=200), sprite(red, z=-300)),
    ):
        assert middle(shown(renderer, black, sprites=pair)).tolist() == [0, 0, 255]
    ball = swarm(one(z=-350.0), shape="confetti", colours=((0, 1, 0, 1),))
    assert middle(shown(renderer, black, sprites=(sprite(red),), particles=(ball,))).tolist() == [0, 0, 255]
    assert middle(shown(renderer, black, sprites=(sprite(red, z=-400.0),), particles=(ball,))).tolist() == [
        0,
        255,
        0,
    ]


@pytest.mark.parametrize("z", [-340.0, -300.0, -260.0])
def test_swarms_that_fly_through_one_another_are_drawn_as_listed(make_renderer, z):
    first = swarm(one(), shape="confetti", colours=((0, 1, 0, 1),))
    second = swarm(one(z=z), shape="confetti", colours=((1, 0, 0, 1),))
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    assert middle(shown(renderer, black, particles=(first, second))).tolist() == [0, 0, 255]
    assert middle(shown(renderer, black, particles=(second, first))).tolist() == [0, 255, 0]


def test_swarms_apart_are_drawn_far_first(make_renderer):
    near = swarm(one(), shape="confetti", colours=((0, 1, 0, 1),))
    far = swarm(one(z=-600.0, size=160.0), shape="confetti", colours=((1, 0, 0, 1),))
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    for pair in ((near, far), (far, near)):
        assert middle(shown(renderer, black, particles=pair)).tolist() == [0, 255, 0]


def test_a_stream_is_sent_when_its_version_changes(make_renderer):
    renderer, black, stream = make_renderer(SIZE), plain(SIZE, (0, 0, 0)), object()
    pixels = picture((255, 255, 255, 255))

    def seen(version: int) -> int:
        return middle(shown(renderer, black, sprites=(sprite(pixels, stream=stream, version=version),)))[0]

    assert seen(0) == 255
    pixels[..., :3] = 0
    assert seen(0) == 255, "nothing was sent"
    assert seen(1) == 0
    pixels = picture((255, 255, 255, 255), size=5)
    assert seen(2) == 255, "another size"


def test_particles_go_through_their_colours_and_sizes(make_renderer):
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    stops = ((1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0))
    areas = []
    for fraction, rgb in ((0.0, (1, 0, 0)), (0.25, (0.5, 0.5, 0)), (0.5, (0, 1, 0)), (0.9999, (0, 0, 1))):
        balls = swarm(one(fraction=fraction), shape="confetti", colours=stops, sizes=(0.5, 1.0))
        result = shown(renderer, black, particles=(balls,))
        np.testing.assert_allclose(middle(result), byte(np.array(rgb[::-1])), atol=10)
        areas.append((result > 30).any(axis=2).sum())
    assert areas[-1] == pytest.approx(4 * areas[0], rel=0.2)
    for own, rgb in ((0.1, (1, 0, 0)), (0.5, (0, 1, 0)), (0.99, (0, 0, 1))):
        balls = swarm(one(fraction=0.9, own=own), shape="confetti", colours=stops, by_life=False)
        result = middle(shown(renderer, black, particles=(balls,)))
        np.testing.assert_allclose(result, 255 * np.array(rgb[::-1]), atol=1)


def test_particles_fade_in_and_out(make_renderer):
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    for fraction, there in ((0.1, 0.5), (0.5, 1.0), (0.8, 0.5)):
        balls = swarm(one(fraction=fraction), shape="confetti", fade=(0.2, 0.4))
        result = middle(shown(renderer, black, particles=(balls,)))
        np.testing.assert_allclose(result, byte(there), atol=1)


def test_a_picture_on_particles(make_renderer):
    """Its upper half red; turned by a quarter clockwise the red is at the right. Its width is its size."""
    pixels = picture((0, 0, 255, 255))
    pixels[:4] = (255, 0, 0, 255)
    wide = np.repeat(pixels, 2, axis=1)
    turned = (0.0, 0.0, -300.0, 0.5, 80.0, np.pi / 2, 0.0, 0.0)
    renderer, black = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    upright = shown(renderer, black, particles=(swarm(one(), picture=pixels),))
    assert upright[50, 80].tolist() == [0, 0, 255]
    assert upright[70, 80].tolist() == [255, 0, 0]
    right = shown(renderer, black, particles=(swarm(turned, picture=pixels),))
    assert right[60, 90].tolist() == [0, 0, 255]
    assert right[60, 70].tolist() == [255, 0, 0]
    covered = (shown(renderer, black, particles=(swarm(one(), picture=wide),)) > 0).any(axis=2)
    assert covered.any(axis=0).sum() == pytest.approx(2 * covered.any(axis=1).sum(), abs=2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_every_shape_stays_in_its_circle_and_fills_some_of_it(make_renderer, shape, angle):
    size_px = 80.0 * CAMERA.fx / 300.0
    thing = swarm((0.0, 0.0, -300.0, 0.5, 80.0, angle, 0.0, 0.4), shape=shape)
    result = shown(make_renderer(SIZE), plain(SIZE, (0, 0, 0)), particles=(thing,))
    y, x = np.nonzero(result.max(axis=2) > 4)
    away = np.hypot(x - CAMERA.cx, y - CAMERA.cy)
    assert away.max() <= size_px / 2 * 1.42 + 1
    assert 0.05 < len(x) / size_px**2 < 0.95
    if angle == 0.0 and shape != "flame":  # they are their own mirror images
        np.testing.assert_allclose(result[:, ::-1], result, atol=3)


def test_far_away_shapes_keep_some_of_their_light(make_renderer):
    """Smaller than a pixel's neighbourhood: nothing flickers away entirely, nothing is a white square."""
    for shape in SHAPES:
        dots = swarm(
            *((x, 0.0, -900.0, 0.5, 20.0, 0.0, 0.0, 0.5) for x in (-300.0, -203.0, -101.7, 3.3)), shape=shape
        )
        result = shown(make_renderer(SIZE), plain(SIZE, (0, 0, 0)), particles=(dots,))
        assert (result.max(axis=2) > 8).sum() >= 4, shape


def test_sprites_fade_in_groups(make_renderer):
    scene = Scene(sprites=(sprite(picture((255, 255, 255, 255))),))
    for isolated in (False, True):
        group = DrawList(CAMERA, (Group((scene,), 0.5, "normal", isolated),))
        result = middle(drawn(make_renderer(SIZE), plain(SIZE, (0, 0, 0)), group))
        np.testing.assert_allclose(result, byte(0.5), atol=1)


def busy(i: int, pixels, stream) -> DrawList:
    things = Scene(
        (HIDER,),
        (ModelDraw(MODEL, at(i, 0, -300)),),
        (sprite(pixels), sprite(pixels, z=-400.0, stream=stream, version=i)),
        (*(swarm(*[one()] * (20 + i), shape=shape) for shape in SHAPES), swarm(one(), picture=pixels)),
    )
    return DrawList(CAMERA, (things, Group((Scene(sprites=(sprite(pixels),)),), 0.5)))


HIDER = square_occluder(10, at(0, 0, -200))
MODEL = square(Material(alpha_mode="BLEND", base_colour=(1, 1, 1, 0.5)))


def test_steady_state_makes_no_objects_and_release_frees_them(headless):
    headless.make_current()
    before = living_objects()
    renderer = Renderer(headless.ctx, SIZE, room())
    image, pixels, stream = noise(SIZE), picture((9, 9, 9, 200)), object()
    renderer.draw(image, busy(20, pixels, stream))
    steady = living_objects()
    for i in range(20):
        renderer.draw(image, busy(i, pixels, stream))
    assert living_objects() == steady
    renderer.resize((50, 40))
    renderer.resize(SIZE)
    renderer.draw(image, busy(0, pixels, stream))
    renderer.release()
    gc.collect()
    assert living_objects() == before
    assert headless.ctx.error == "GL_NO_ERROR"
