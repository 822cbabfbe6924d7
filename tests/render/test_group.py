"""Groups: opacity, isolation, and the blend modes of the W3C's "Compositing and Blending Level 1"."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import DrawList, Group, Material, ModelDraw, PictureDraw, Scene
from ar_effects.drawlist.post import PostDraw, ToneStep, VignetteStep
from ar_effects.geometry.camera import Camera
from tests.render.scenes import at, byte, drawn, glow, linear, middle, noise, plain, scene, square

SIZE = (97, 61)
CAMERA = Camera.assumed(*SIZE)
MODES = ("normal", "add", "multiply", "screen", "overlay", "soft_light")
NEAR = at(0, 0, -100)  # covers the whole picture


def encoded(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def blend(mode: str, under: np.ndarray, over: np.ndarray) -> np.ndarray:
    """Linear light of both -> linear light; the W3C's formulas on encoded values, as written there."""
    if mode == "normal":
        return np.broadcast_to(over, under.shape)
    if mode == "add":  # "plus-lighter": light is cut where it is shown
        return under + over
    b, s = encoded(under), encoded(over)
    hard = {"multiply": b * s, "screen": b + s - b * s}
    if mode in hard:
        mixed = hard[mode]
    elif mode == "overlay":  # hard light with the layers swapped
        mixed = np.where(b <= 0.5, 2 * b * s, (2 * b - 1) + s - (2 * b - 1) * s)
    else:
        d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
        mixed = np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))
    return linear(mixed * 255)


def pane(*light: float, alpha: float = 1.0) -> Scene:
    """A plain surface over the whole picture; half clear where ``alpha`` is below 1."""
    material = (
        glow(*light)
        if alpha == 1.0
        else Material(base_colour=(0, 0, 0, alpha), metallic=0.0, alpha_mode="BLEND", emissive=light)
    )
    return Scene((), (ModelDraw(square(material, 300.0), NEAR),))


LIGHT = tuple(float(linear(v)) for v in (40, 128, 188))


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("opacity", [1.0, 0.37])
def test_blend_modes_follow_the_formulas(make_renderer, mode, opacity, isolated):
    image = noise(SIZE)
    group = Group((pane(*LIGHT),), opacity, mode, isolated)
    picture = drawn(make_renderer(SIZE), image, DrawList(CAMERA, (group,)))
    under, over = linear(image), np.array(LIGHT[::-1])
    expected = byte(under + opacity * (blend(mode, under, over) - under))
    assert np.abs(picture.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_opacity_0_leaves_every_bit(make_renderer, mode, isolated):
    image = noise(SIZE)
    group = Group((pane(*LIGHT),), 0.0, mode, isolated)
    assert (drawn(make_renderer(SIZE), image, DrawList(CAMERA, (group,))) == image).all()


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
def test_opacity_1_equals_no_group(make_renderer, isolated, transparent):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    lens = Material(base_colour=(0.7, 0.7, 0.7, 1), metallic=0.0, roughness=0.3, transmission=0.8)
    # a lens that lets all colours through alike can be laid over by one alpha; others cannot
    material = lens if transparent else glow(*LIGHT)
    models = (ModelDraw(square(material, 30.0), at(0, 0, -200)),)
    plain_list = DrawList(CAMERA, (Scene((), models),))
    grouped = DrawList(CAMERA, (Group((Scene((), models),), 1.0, "normal", isolated),))
    a, b = (drawn(renderer, image, d).astype(int) for d in (plain_list, grouped))
    assert np.abs(a - b).max() <= 1
    assert (a != image).any()


@pytest.mark.parametrize("mode", ["normal", "multiply", "screen"])
def test_isolated_groups_are_laid_over_by_their_alpha(make_renderer, mode):
    """A half-clear pane: half of the blend, the colour not dulled by the clear ground it was drawn on."""
    image = noise(SIZE)
    group = Group((pane(*LIGHT, alpha=0.5),), 1.0, mode, True)
    picture = drawn(make_renderer(SIZE), image, DrawList(CAMERA, (group,)))
    under, over = linear(image), np.array(LIGHT[::-1])
    expected = byte(under + 0.5 * (blend(mode, under, over) - under))
    assert np.abs(picture.astype(int) - expected).max() <= 2


def test_around_an_isolated_group_nothing_changes(make_renderer):
    image = noise(SIZE)
    small = Scene((), (ModelDraw(square(glow(*LIGHT), 10.0), at(0, 0, -200)),))
    for mode in MODES:
        picture = drawn(make_renderer(SIZE), image, DrawList(CAMERA, (Group((small,), 1.0, mode, True),)))
        changed = (picture != image).any(axis=2)
        assert not changed[:15].any(), mode
        assert changed[29:32, 47:50].all(), mode


def test_a_group_that_is_not_isolated_blends_the_changed_picture(make_renderer):
    """Multiplying a picture with its own changed copy, everywhere."""
    image = noise(SIZE)
    group = Group((PostDraw((ToneStep(monochrome=1.0),)),), 1.0, "multiply", False)
    picture = drawn(make_renderer(SIZE), image, DrawList(CAMERA, (group,)))
    luma = image.astype(float) @ [0.114, 0.587, 0.299]
    expected = image / 255 * np.round(luma)[..., None]
    assert np.abs(picture - expected).max() <= 1.5


def test_groups_inside_of_groups(make_renderer):
    image = plain(SIZE, (30, 90, 200))
    inner = Group((pane(*LIGHT),), 0.5, "normal", True)
    outer = Group((PostDraw((VignetteStep(1.0, 0.0, 0.5),)), inner), 0.5, "normal", False)
    renderer = make_renderer(SIZE)
    alone = drawn(renderer, image, DrawList(CAMERA, outer.draws))
    picture = drawn(renderer, image, DrawList(CAMERA, (outer,)))
    expected = byte((linear(image) + linear(alone)) / 2)
    assert np.abs(picture.astype(int) - expected).max() <= 1
    after = drawn(renderer, image, scene(CAMERA, (square(glow(*LIGHT)), NEAR)))
    assert np.abs(middle(after) - byte(np.array(LIGHT[::-1]))).max() <= 1, "and the next frame is right"


def test_video_keeps_its_alpha_through_groups(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    for mode in MODES:
        for isolated in (False, True):
            group = Group((pane(*LIGHT, alpha=0.5), PostDraw((ToneStep(sepia=1.0),))), 0.7, mode, isolated)
            renderer.draw(image, DrawList(CAMERA, (group,)))
            rgba = np.empty((SIZE[1], SIZE[0], 4), np.uint8)
            renderer.read_rgba(rgba)
            assert (rgba[..., 3] == 255).all()


class _Broken(PictureDraw):
    """No pass knows it."""


@pytest.mark.parametrize("isolated", [False, True])
def test_a_draw_that_fails_gives_no_picture_back_twice(make_renderer, isolated):
    """Two borrowers of one picture would draw over each other in every later frame."""
    renderer, image = make_renderer(SIZE), noise(SIZE)
    swaps = PostDraw((ToneStep(sepia=1.0),))
    for draws in (
        (swaps, _Broken()),
        (_Broken(),),
        (swaps, Group((swaps, _Broken()), 0.5, "normal", isolated)),
    ):
        with pytest.raises(Exception):  # noqa: B017 - whichever
            renderer.draw(image, DrawList(CAMERA, (Group(draws, 0.5, "normal", isolated),)))
        targets = renderer._targets
        pictures = [*targets._spare, targets.current]
        assert len({id(p) for p in pictures}) == len(pictures)
