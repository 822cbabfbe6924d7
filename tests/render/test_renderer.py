"""What the renderer promises: geometry, blending, colour, robustness. Expected values are computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ar_effects.drawlist import DrawList, Material, Mesh, ModelDraw, OccluderDraw, Scene
from ar_effects.errors import InputError
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg
from ar_effects.render.passes import scene as scene_pass
from ar_effects.render.screen_rectangle import Rectangle
from tests.render.scenes import (
    SQUARE,
    SQUARE_TRIANGLES,
    at,
    byte,
    drawn,
    glow,
    linear,
    middle,
    noise,
    plain,
    room,
    scene,
    sphere,
    square,
    square_occluder,
)

SIZE = (161, 121)
CAMERA = Camera.assumed(*SIZE)
GREY = float(linear(188))  # 0.50: below the shoulder, and the middle of a byte
gl_settings = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (161, 121), (640, 480), (1279, 719)])
def test_video_comes_back_bit_for_bit(make_renderer, size):
    renderer, image = make_renderer(size), noise(size)
    assert (drawn(renderer, image, None) == image).all()
    assert (drawn(renderer, image, DrawList(Camera.assumed(*size))) == image).all()
    rgba = np.empty((*image.shape[:2], 4), np.uint8)
    renderer.read_rgba(rgba)
    assert (rgba[..., 2::-1] == image).all()
    assert (rgba[..., 3] == 255).all()
    assert (drawn(renderer, rgba, None) == image).all()
    assert (drawn(renderer, rgba[::-1], None) == image[::-1]).all()  # not contiguous


def test_all_bytes_survive_the_multisampled_layer(make_renderer):
    """What lies in the layer's rectangle but under no triangle goes there and back unchanged."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image.reshape(-1)[:] = np.arange(image.size) % 256
    bow = square(glow(GREY, GREY, GREY), triangles=np.array([[0, 1, 2]], np.uint32))
    picture = drawn(make_renderer(SIZE), image, scene(CAMERA, (bow, at(0, 0, -150))))
    changed = (picture != image).any(axis=2)
    ys, xs = np.nonzero(changed)
    inside = np.zeros_like(changed)
    inside[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
    assert 0.4 < changed[inside].mean() < 0.6  # half of the square


@gl_settings
@given(
    width=st.integers(40, 190),
    height=st.integers(40, 150),
    angles=st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.floats(-180, 180)),
    x=st.floats(-120, 120),
    y=st.floats(-90, 90),
    z=st.floats(-900, -200),
    off_center=st.floats(-20, 20),
)
def test_square_lands_where_the_camera_projects_it(make_renderer, width, height, angles, x, y, z, off_center):
    assumed = Camera.assumed(width, height)
    camera = Camera(
        width, height, assumed.fx, assumed.fy * 1.1, assumed.cx + off_center, assumed.cy - off_center / 2
    )
    renderer, image = make_renderer((width, height)), plain((width, height), (10, 60, 110))
    pose = at(x, y, z, rotation_from_angles_deg(*angles))
    picture = drawn(renderer, image, scene(camera, (square(glow(GREY, GREY, GREY)), pose)))
    renderer.release()
    corners = camera.project(apply(pose, SQUARE * 50.0))
    v, u = np.mgrid[0:height, 0:width]
    following = np.roll(corners, -1, axis=0)
    # counter-clockwise from the front, with y down: the inside is where these normals point
    edge = following - corners
    normal = np.stack([edge[:, 1], -edge[:, 0]], axis=1) / np.hypot(edge[:, 0], edge[:, 1])[:, None]
    distance = np.min(
        [n[0] * (u - c[0]) + n[1] * (v - c[1]) for n, c in zip(normal, corners, strict=True)], 0
    )
    assert (picture[distance > 0.75] == byte(GREY)).all()
    assert (picture[distance < -0.75] == image[distance < -0.75]).all()


def test_edges_are_smooth(make_renderer):
    pose = at(0, 0, -200, rotation_from_angles_deg(0, 0, 10))
    image = plain(SIZE, (0, 0, 0))
    values = np.unique(
        drawn(make_renderer(SIZE), image, scene(CAMERA, (square(glow(GREY, GREY, GREY)), pose)))
    )
    # four samples, averaged in linear light
    assert np.abs(values - byte(GREY * np.arange(5) / 4)).max() <= 1


def test_single_sided_surfaces_show_their_front_only(make_renderer):
    renderer, image = make_renderer(SIZE), plain(SIZE, (5, 5, 5))
    behind = at(0, 0, -200, rotation_from_angles_deg(180, 0, 0))
    mirror = np.diag([-1.0, 1, 1, 1])
    one, two = square(glow(GREY, GREY, GREY)), square(glow(GREY, GREY, GREY, double_sided=True))
    assert middle(drawn(renderer, image, scene(CAMERA, (one, behind))))[0] == 5
    assert middle(drawn(renderer, image, scene(CAMERA, (two, behind))))[0] == byte(GREY)
    assert middle(drawn(renderer, image, scene(CAMERA, (one, at(0, 0, -200) @ mirror))))[0] == byte(GREY)
    assert middle(drawn(renderer, image, scene(CAMERA, (one, behind @ mirror))))[0] == 5


@pytest.mark.parametrize("dynamic", [False, True])
def test_occluder_hides_what_is_behind_it_and_nothing_else(make_renderer, dynamic):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    target = (square(glow(GREY, GREY, GREY)), at(0, 0, -300))
    front = square_occluder(20, at(0, 0, -250), dynamic=dynamic)
    back = square_occluder(20, at(0, 0, -350), dynamic=dynamic)
    hidden = drawn(renderer, image, scene(CAMERA, target, occluders=(front,)))
    assert (middle(hidden) == middle(image)).all()
    assert (hidden == byte(GREY)).all(axis=2).sum() > 500  # around it the square is seen
    shown = drawn(renderer, image, scene(CAMERA, target, occluders=(back,)))
    assert (shown == drawn(renderer, image, scene(CAMERA, target))).all()
    # an occluder alone leaves no trace
    assert (drawn(renderer, image, scene(CAMERA, occluders=(front,))) == image).all()


def test_dynamic_occluder_may_change_size_and_shape(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    target = (square(glow(GREY, GREY, GREY)), at(0, 0, -300))
    triangles = SQUARE_TRIANGLES
    for half_size, mesh_triangles, hides in (
        (1.0, triangles, False),
        (80.0, triangles, True),
        (80.0, triangles[:0], False),
        (80.0, triangles.copy(), True),
    ):
        vertices = SQUARE * np.float32(half_size) + np.float32([40 if half_size == 1.0 else 0, 0, 0])
        occluder = OccluderDraw(Mesh(vertices, mesh_triangles), at(0, 0, -250), dynamic=True)
        picture = drawn(renderer, image, scene(CAMERA, target, occluders=(occluder,)))
        assert (middle(picture) == middle(image)).all() == hides
    broken = OccluderDraw(Mesh(SQUARE * np.float32("nan"), triangles), at(0, 0, -250), dynamic=True)
    assert middle(drawn(renderer, image, scene(CAMERA, target, occluders=(broken,))))[0] == byte(GREY)


def test_wild_indices_are_refused(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    wild = square(glow(1, 1, 1), triangles=np.array([[0, 1, 9]], np.uint32))
    with pytest.raises(InputError, match="indices below 4, got 9"):
        renderer.draw(image, scene(CAMERA, (wild, at(0, 0, -300))))
    target = (square(glow(GREY, GREY, GREY)), at(0, 0, -300))
    good = OccluderDraw(Mesh(SQUARE * 5, SQUARE_TRIANGLES), at(0, 0, -250), dynamic=True)
    short = OccluderDraw(Mesh(SQUARE[:3] * 5, SQUARE_TRIANGLES), at(0, 0, -250), dynamic=True)
    renderer.draw(image, scene(CAMERA, target, occluders=(good,)))
    with pytest.raises(InputError, match="indices below 3, got 3"):
        renderer.draw(image, scene(CAMERA, target, occluders=(short,)))
    renderer.draw(image, scene(CAMERA, target, occluders=(good,)))


def test_working_in_a_rectangle_equals_working_on_the_whole_frame(make_renderer, monkeypatch):
    renderer, image = make_renderer(SIZE, room()), noise(SIZE)
    lens = sphere(Material(metallic=0.0, roughness=0.1, transmission=0.8, double_sided=True), 30)
    ball = sphere(Material(base_colour=(0.8, 0.3, 0.2, 1), metallic=0.0, roughness=0.4), 30)
    draws = scene(
        CAMERA,
        (lens, at(20, 10, -250)),
        (ball, at(-50, -20, -300)),
        (ball, at(-150, 60, -260)),  # reaches over the edge
        occluders=(square_occluder(15, at(-40, 0, -200)),),
    )
    small = drawn(renderer, image, draws)
    monkeypatch.setattr(scene_pass, "screen_rectangle", lambda *_: Rectangle(0, 0, *SIZE))
    assert (drawn(renderer, image, draws) == small).all()
    assert (small != image).any(axis=2).mean() > 0.03


def test_model_that_reaches_through_the_camera_is_cut(make_renderer):
    long = square(glow(GREY, GREY, GREY, double_sided=True), half_mm=500)
    renderer, image = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    picture = drawn(
        renderer, image, scene(CAMERA, (long, at(0, -40, -100, rotation_from_angles_deg(0, 80, 0))))
    )
    assert (picture[-1] == byte(GREY)).all()  # the floor


@pytest.mark.parametrize(
    "matrix",
    [
        at(0, 0, 300),
        at(0, 0, -1e6),
        at(5000, 0, -300),
        at(np.nan, 0, -300),
        np.zeros((4, 4)),
        np.full((4, 4), np.inf),
    ],
)
def test_what_cannot_be_seen_changes_nothing(make_renderer, matrix):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    target = square(glow(1, 1, 1))
    assert (drawn(renderer, image, scene(CAMERA, (target, matrix))) == image).all()
    seen = (target, at(0, 0, -300))
    hidden = drawn(
        renderer, image, scene(CAMERA, (target, matrix), seen, occluders=(square_occluder(500, matrix),))
    )
    assert (hidden == drawn(renderer, image, scene(CAMERA, seen))).all()


def test_resize_keeps_models(make_renderer):
    renderer, target = make_renderer(SIZE), square(glow(GREY, GREY, GREY))
    for size in ((33, 57), (200, 100), SIZE):
        renderer.resize(size)
        assert renderer.size == size
        image, camera = noise(size), Camera.assumed(*size)
        assert middle(drawn(renderer, image, scene(camera, (target, at(0, 0, -300)))))[0] == byte(GREY)
        assert (drawn(renderer, image, None) == image).all()


def test_many_models_in_one_frame(make_renderer):
    renderer, image = make_renderer(SIZE), plain(SIZE, (0, 0, 0))
    target = square(glow(GREY, GREY, GREY), half_mm=4)
    draws = scene(CAMERA, *((target, at(-100 + 10 * i, 5 * (i % 5), -300)) for i in range(21)))
    picture = drawn(renderer, image, draws)
    for draw in draws.draws[0].models:
        u, v = CAMERA.project(draw.camera_from_model[None, :3, 3])[0].round().astype(int)
        assert (picture[v, u] == byte(GREY)).all()


def test_callers_mistakes_are_named(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    with pytest.raises(
        InputError, match=r"expected uint8 of shape \(121, 161, 3\).*got uint8 of shape \(2, 2, 3\)"
    ):
        renderer.draw(image[:2, :2])
    with pytest.raises(InputError, match="got float32"):
        renderer.draw(image.astype(np.float32))
    with pytest.raises(InputError, match="camera of 161x121, got 10x10"):
        renderer.draw(image, DrawList(Camera.assumed(10, 10)))
    with pytest.raises(InputError, match="C-contiguous"):
        renderer.read(np.empty((121, 322, 3), np.uint8)[:, ::2])
    with pytest.raises(InputError, match="positive"):
        renderer.resize((0, 5))


def test_read_fills_a_given_array_or_its_own(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    renderer.draw(image)
    out = np.empty_like(image)
    assert renderer.read(out) is out
    assert (out == image).all()
    assert renderer.read() is renderer.read()


def test_empty_model_draws_nothing(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    empty = square(glow(1, 1, 1), triangles=SQUARE_TRIANGLES[:0])
    draws = DrawList(CAMERA, (Scene((), (ModelDraw(empty, at(0, 0, -300)),)),))
    assert (drawn(renderer, image, draws) == image).all()
