"""Steps of detail: the same picture, coarser; nothing moves, and a refusal leaves all as it was."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.drawlist import DrawList, Group, LevelOfDetail, Material
from ar_effects.drawlist.cover import CoverDraw, Place
from ar_effects.drawlist.scaling import scaled
from ar_effects.effects.effect import Effect
from ar_effects.errors import RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.library import Library
from ar_effects.records import Frame, TrackedFrame
from ar_effects.render import targets
from ar_effects.render.detail import FAST, FULL, STEPS
from ar_effects.render.programs import Programs
from ar_effects.render.scene.meshes import GpuPrimitive
from benchmarks.draw import similarity
from tests.render.scenes import SQUARE_TRIANGLES, square

PACKS = ("sunglasses", "beard", "glam", "neon", "alien", "tiger", "privacy", "crown")


@pytest.fixture(scope="module")
def tracked(demo_frames, picture_tracker) -> TrackedFrame:
    faces = picture_tracker.track(demo_frames[0])
    return TrackedFrame(Frame(demo_frames[0], 0.0), faces, picture_tracker.camera_for(640, 480))


@pytest.mark.parametrize("pack", PACKS)
def test_fast_looks_like_full(pack, tracked, make_renderer):
    draws = Effect(Library().load(pack)).draw_list(tracked)
    renderer = make_renderer((640, 480))
    pictures = []
    for step in (FULL, FAST):
        renderer.set_detail(step)
        renderer.draw(tracked.frame.image, draws)
        pictures.append(renderer.read().copy())
    assert pictures[1].shape == (480, 640, 3)
    assert similarity(*pictures) >= 0.95


def test_what_is_drawn_stays_where_it_is(tracked, make_renderer):
    """The middle of what changed, to a quarter of a pixel, while there are shadows."""
    draws = Effect(Library().load("sunglasses")).draw_list(tracked)
    renderer = make_renderer((640, 480))
    middles = []
    for step in (s for s in STEPS if s.shadow_side):
        renderer.set_detail(step)
        renderer.draw(tracked.frame.image)
        bare = renderer.read().copy()
        renderer.draw(tracked.frame.image, draws)
        changed = np.abs(renderer.read().astype(np.float64) - bare).max(axis=2)
        changed[changed < 40] = 0.0
        v, u = np.mgrid[0:480, 0:640]
        middles.append([(u * changed).sum() / changed.sum(), (v * changed).sum() / changed.sum()])
    away = np.linalg.norm(np.array(middles) - middles[0], axis=1)
    assert away.max() < 0.25, away


def test_full_again_is_full_to_the_bit(tracked, make_renderer):
    draws = Effect(Library().load("sunglasses")).draw_list(tracked)
    renderer = make_renderer((640, 480))
    renderer.draw(tracked.frame.image, draws)
    before = renderer.read().copy()
    for step in reversed(STEPS):
        renderer.set_detail(step)
        renderer.draw(tracked.frame.image, draws)
    np.testing.assert_array_equal(renderer.read(), before)


def test_a_refused_step_leaves_the_picture_as_it_was(tracked, make_renderer, monkeypatch):
    renderer = make_renderer((640, 480))
    renderer.draw(tracked.frame.image)

    def refuse(*_args, **_more):
        raise RenderError("no")

    monkeypatch.setattr("ar_effects.render.renderer.Targets", refuse)
    with pytest.raises(RenderError):
        renderer.set_detail(FAST)
    assert renderer.detail is FULL
    np.testing.assert_array_equal(renderer.read(), tracked.frame.image)
    renderer.draw(tracked.frame.image)


def test_pictures_in_both_channel_orders_are_read_at_the_frame_s_size(tracked, make_renderer):
    renderer = make_renderer((640, 480))
    renderer.set_detail(FAST)
    renderer.draw(cv2.cvtColor(tracked.frame.image, cv2.COLOR_BGR2RGBA))
    bgr, rgba = renderer.read(), np.empty((480, 640, 4), np.uint8)
    renderer.read_rgba(rgba)
    assert np.abs(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR).astype(int) - bgr).max() <= 2
    assert similarity(bgr, tracked.frame.image) > 0.95


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (333, 91)])
def test_any_size_can_be_drawn_at_any_step(size, make_renderer):
    renderer = make_renderer(size)
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    for step in STEPS:
        renderer.set_detail(step)
        renderer.draw(image)
        assert np.abs(renderer.read().astype(int) - 90).max() <= 1


def test_a_scaled_draw_list_shares_one_mesh_as_before(tracked):
    draws = Effect(Library().load("tiger")).draw_list(tracked)
    half_size = scaled(draws, (320, 240))

    def meshes(of: DrawList) -> list:
        scenes = [m.shadow.face for d in of.draws if hasattr(d, "models") for m in d.models if m.shadow]
        return [d.mesh for d in of.draws if hasattr(d, "mesh")] + scenes

    before, after = meshes(draws), meshes(half_size)
    assert len({id(m) for m in before}) == len({id(m) for m in after}) == 1
    np.testing.assert_allclose(
        after[0].vertices[:, :2] + 0.5, (before[0].vertices[:, :2] + 0.5) / 2, atol=1e-3
    )
    np.testing.assert_array_equal(after[0].vertices[:, 2:], before[0].vertices[:, 2:])
    assert half_size.camera == draws.camera.scaled_to(320, 240)


def test_places_in_groups_scale_too():
    camera = Camera.of_fov(200, 100, 60.0)
    place = Place((99.5, 49.5), (20.0, 10.0), roll_rad=0.3, inner=8.0)
    group = Group((CoverDraw((place,)),))
    (found,) = scaled(DrawList(camera, (group,)), (100, 50)).draws
    (cover,) = found.draws
    assert cover.places == (Place((49.5, 24.5), (10.0, 5.0), roll_rad=0.3, inner=4.0),)


def test_samples_are_what_the_step_says(headless):
    headless.make_current()
    for step in STEPS:
        made = targets.Targets(headless.ctx, (16, 16), step.samples)
        assert made.layer_fbo.color_attachments[0].samples == (step.samples if step.samples > 1 else 0)
        made.release()


def test_a_head_that_sits_still_between_two_levels_does_not_flicker(headless):
    headless.make_current()
    programs = Programs(headless.ctx)
    details = tuple(LevelOfDetail(e, SQUARE_TRIANGLES) for e in (0.1, 0.2, 0.4))
    primitive = replace(square(Material()).primitives[0], details=details)
    made = GpuPrimitive(headless.ctx, programs, primitive, [], frozenset())
    rng = np.random.default_rng(0)
    for border in (0.1, 0.2, 0.4):
        near = [made.steady_level(border * float(f), FULL) for f in rng.uniform(0.97, 1.03, 200)]
        assert sum(a != b for a, b in pairwise(near)) <= 1
    assert made.steady_level(0.05, FULL) == 0, "nearer than that it is drawn as it is"
    assert made.steady_level(1.0, FULL) == 3
    made.steady_level(0.2, FULL)
    assert made.steady_level(0.19, FULL) == 2
    assert made.steady_level(0.19, FAST) == 1, "another step begins anew"
    made.release()
    programs.release()


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_what_is_drawn_smaller_has_no_side_for_which_mesa_compiles_anew(width, height):
    for step in STEPS:
        for side, own in zip(step.drawn_size((width, height)), (width, height), strict=True):
            assert abs(side - max(own * step.size, 1)) <= 1.5
            assert side == own or side <= 2 or side & (side - 1)
