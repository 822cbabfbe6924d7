"""Steps over the whole picture, against the same sums in numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.drawlist import DrawList
from ar_effects.drawlist.post import (
    GrainStep,
    Lut,
    LutStep,
    Mark,
    PostDraw,
    ShiftStep,
    ToneStep,
    VignetteStep,
    joined,
)
from ar_effects.effects.film import Film, film_draw
from ar_effects.geometry.camera import Camera
from ar_effects.render import targets
from tests.render.scenes import drawn, noise, plain

SIZE = (97, 61)
CAMERA = Camera.assumed(*SIZE)


@pytest.fixture(params=[True, False], ids=["reads encoded", "decodes"])
def renderer(make_renderer, request):
    made = make_renderer(SIZE)
    if not request.param:  # as on a driver without the extension
        made._targets.reads_encoded = False
    elif not made._targets.reads_encoded:
        pytest.skip("this driver cannot read encoded values")
    return made


def shown(renderer, image, *steps, film_marks=()):
    return drawn(renderer, image, DrawList(CAMERA, (PostDraw(tuple(steps), tuple(film_marks)),)))


def identity(side: int) -> Lut:
    grid = np.linspace(0, 1, side, dtype=np.float32)
    b, g, r = np.meshgrid(grid, grid, grid, indexing="ij")
    return Lut(np.stack([r, g, b], axis=-1))


def trilinear(lut: Lut, bgr: np.ndarray) -> np.ndarray:
    """(h, w, 3) bytes -> 0..1 red, green, blue."""
    side = lut.colours.shape[0]
    low, high = np.array(lut.low), np.array(lut.high)
    at = np.clip((bgr[..., ::-1] / 255 - low) / (high - low), 0, 1) * (side - 1)
    base = np.minimum(at.astype(int), side - 2)
    f = at - base
    total = np.zeros_like(at)
    for k in range(8):
        corner = np.array([k & 1, k >> 1 & 1, k >> 2 & 1])
        r, g, b = np.moveaxis(base + corner, -1, 0)
        weight = np.prod(np.where(corner == 1, f, 1 - f), axis=-1)
        total += weight[..., None] * lut.colours[b, g, r]
    return total


@pytest.mark.parametrize("side", [2, 17, 33, 64])
def test_identity_tables_change_nothing(renderer, side):
    image = noise(SIZE)
    curve = np.repeat(np.linspace(0, 1, side, dtype=np.float32)[:, None], 3, axis=1)
    for lut in (identity(side), Lut(curve)):
        assert np.abs(shown(renderer, image, LutStep(lut)).astype(int) - image).max() <= 1


def test_tables_are_mixed_between_their_entries(renderer):
    image = noise(SIZE)
    rng = np.random.default_rng(4)
    for low, high in (((0, 0, 0), (1, 1, 1)), ((-0.2, 0.1, 0.0), (1.5, 0.9, 0.6))):
        lut = Lut(rng.random((5, 5, 5, 3), dtype=np.float32), low, high)
        expected = trilinear(lut, image)[..., ::-1] * 255
        assert np.abs(shown(renderer, image, LutStep(lut)) - expected).max() <= 3.0
        half_size = (expected + image) / 2
        assert np.abs(shown(renderer, image, LutStep(lut, 0.5)) - half_size).max() <= 2.0


def test_curves_are_one_for_each_channel(renderer):
    image = noise(SIZE)
    x = np.linspace(0, 1, 256)
    curves = np.stack([x**2, 1 - x, np.sqrt(x)], axis=1).astype(np.float32)
    expected = np.stack([np.interp(image[..., 2 - c] / 255, x, curves[:, c]) for c in (2, 1, 0)], axis=-1)
    assert np.abs(shown(renderer, image, LutStep(Lut(curves))) - expected * 255).max() <= 1.5


def test_vignette_darkens_outward_and_leaves_the_middle(renderer):
    image = plain(SIZE, (200, 150, 100))
    step = VignetteStep(0.8, 0.4, 0.5, (0.0, 0.5, 1.0))
    v, u = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    away = np.hypot(u - (SIZE[0] - 1) / 2, v - (SIZE[1] - 1) / 2) * 2 / np.hypot(*SIZE)
    t = np.clip((away - 0.4) / 0.5, 0, 1)
    fraction = (0.8 * t * t * (3 - 2 * t))[..., None]
    expected = image + fraction * (np.array([255, 127.5, 0]) - image)
    assert np.abs(shown(renderer, image, step) - expected).max() <= 1
    assert (fraction[SIZE[1] // 2, SIZE[0] // 2] == 0).all()


def test_fringe_draws_red_out_and_blue_in(renderer):
    image = plain(SIZE, (0, 0, 0))
    image[:, 80:83] = 255
    picture = shown(renderer, image, ShiftStep(fringe=0.2))
    row = picture[SIZE[1] // 2].astype(float)
    blue, green, red = (float((row[:, c] * np.arange(SIZE[0])).sum() / row[:, c].sum()) for c in range(3))
    assert blue < green - 1.0 < green + 1.0 < red
    assert green == pytest.approx(81.0, abs=0.2)


def test_shift_moves_the_picture(renderer):
    image = noise(SIZE)
    picture = shown(renderer, image, ShiftStep((3 / SIZE[0], -2 / SIZE[1])))
    assert np.abs(picture[2:, :-3].astype(int) - image[:-2, 3:]).max() <= 1


def test_grain_is_the_same_at_the_same_place_and_has_no_mean(renderer):
    image = plain(SIZE, (120, 120, 120))
    one, two = GrainStep(0.5, 1.0, place=(0.1, 0.7)), GrainStep(0.5, 1.0, place=(0.4, 0.2))
    first = shown(renderer, image, one)
    assert (first == shown(renderer, image, one)).all()
    assert (first != shown(renderer, image, two)).mean() > 0.5
    assert abs(first.mean() - 120) < 1.5
    assert 5 < first.std() < 40
    assert (first[..., 0] == first[..., 2]).all(), "without colour of its own"
    coloured = shown(renderer, image, GrainStep(0.5, 1.0, coloured=True))
    assert (coloured[..., 0] != coloured[..., 2]).mean() > 0.5


def test_tone(renderer):
    image = noise(SIZE)
    grey = shown(renderer, image, ToneStep(monochrome=1.0))
    expected = image.astype(float) @ [0.114, 0.587, 0.299]
    assert np.abs(grey - expected[..., None]).max() <= 1
    black = shown(renderer, plain(SIZE, (0, 0, 0)), ToneStep(fade=1.0))
    assert black.min() > 15, "blacks are lifted"
    brown = shown(renderer, plain(SIZE, (128, 128, 128)), ToneStep(sepia=1.0))[0, 0].astype(int)
    assert brown[2] > brown[1] + 10 > brown[0] + 30


def test_steps_in_one_pass_are_the_steps_one_after_the_other(renderer):
    image = noise(SIZE)
    lut = Lut(np.random.default_rng(1).random((9, 9, 9, 3), dtype=np.float32))
    steps = (ShiftStep((0.02, 0.0)), LutStep(lut, 0.7), VignetteStep(0.5), GrainStep(0.3), ToneStep(fade=0.5))
    together = shown(renderer, image, *steps).astype(int)
    apart = image
    for step in steps:
        apart = shown(renderer, apart, step)
    assert np.abs(together - apart).max() <= 6, "but for rounding after each"
    turned = shown(renderer, image, steps[0], *reversed(steps[1:])).astype(int)
    assert np.abs(turned - together).max() > 20, "in the order that was asked for"


def test_marks_lie_where_they_should(renderer):
    image = plain(SIZE, (100, 100, 100))
    scratch = Mark((0.25, 0.5), (0.02, 1.0), 0.0, 1.0, 1.0)
    speck = Mark((0.75, 0.5), (0.05, 0.05), 0.3, 0.0, 1.0)
    picture = shown(renderer, image, film_marks=(scratch, speck)).astype(int)
    assert (picture[5:-5, round(0.25 * SIZE[0])] > 200).all()
    assert (picture[SIZE[1] // 2, round(0.75 * SIZE[0])] < 30).all()
    assert (picture[:, SIZE[0] // 2] == 100).all()
    assert (picture[:5, 70:] == 100).all()


STRENGTH_0 = [
    (LutStep(identity(3), 0.0),),
    (VignetteStep(0.0),),
    (GrainStep(0.0),),
    (ToneStep(),),
    (ShiftStep(),),
    film_draw(Film(), 1.0, 1).faded(0.0).steps,
]


@pytest.mark.parametrize("steps", STRENGTH_0)
def test_what_is_not_there_leaves_every_bit(renderer, steps):
    image = noise(SIZE)
    assert (shown(renderer, image, *steps) == image).all()


def test_the_copy_of_the_picture_is_saved(make_renderer, monkeypatch):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    monkeypatch.setattr(targets.Targets, "copy", lambda *_: pytest.fail("a copy was made"))
    for _ in range(4):
        picture = drawn(renderer, image, DrawList(CAMERA, (PostDraw((ToneStep(monochrome=1.0),)),)))
        assert (picture[..., 0] == picture[..., 1]).all()
    assert len(renderer._targets._spare) == 1


def test_neighbours_become_one_pass():
    lut, vignette, grain = (PostDraw((s,)) for s in (LutStep(identity(2)), VignetteStep(1.0), GrainStep(1.0)))
    shift, marked = PostDraw((ShiftStep(fringe=0.1),)), PostDraw(film_marks=(Mark((0, 0), (1, 1), 0, 0, 1),))

    def counts(*draws):
        return [len(d.steps) + len(d.film_marks) for d in joined(draws)]

    assert counts(lut, vignette, grain) == [3]
    assert counts(shift, lut) == [2], "reading elsewhere goes first"
    assert counts(lut, shift) == [1, 1]
    assert counts(lut, lut) == [1, 1], "one table a pass"
    assert counts(lut, marked) == [2]
    assert counts(marked, lut) == [1, 1], "scratches are not graded"
    assert counts(lut, marked, vignette, grain) == [2, 2]
    assert counts() == []


def test_a_shaper_bends_values_before_they_are_looked_up(renderer):
    image = noise(SIZE)
    curve = np.linspace(0, 1, 256, dtype=np.float32) ** 2
    lut = replace(identity(9), shaper=Lut(np.stack([curve] * 3, axis=1)))
    assert np.abs(shown(renderer, image, LutStep(lut)) - 255 * (image / 255.0) ** 2).max() <= 1.5


def test_a_picture_that_moves_takes_what_was_before_along():
    lut, tone, vignette = LutStep(identity(2)), ToneStep(sepia=0.5), VignetteStep(1.0)
    fringe, move = ShiftStep((0.1, 0.0), fringe=0.1), ShiftStep((0.1, 0.2))

    def kinds(*draws):
        return [[type(step) for step in d.steps] for d in joined(PostDraw(steps) for steps in draws)]

    assert kinds((fringe, lut), (move, tone)) == [[ShiftStep, LutStep, ToneStep]]
    assert kinds((vignette,), (move,)) == [[VignetteStep], [ShiftStep]], "corners stay where they are"
    assert kinds((lut,), (fringe,)) == [[LutStep], [ShiftStep]], "a table mixes channels"
    (whole,) = joined([PostDraw((fringe, lut)), PostDraw((move,))])
    assert whole.steps[0] == ShiftStep((0.2, 0.2), 0.1)


def test_a_picture_moved_in_one_pass_is_the_one_moved_in_two(renderer):
    image = noise(SIZE)
    table = replace(identity(9), colours=identity(9).colours[::-1].copy())
    first, second = (
        PostDraw((LutStep(table),)),
        PostDraw((ShiftStep((3 / SIZE[0], 2 / SIZE[1])), ToneStep(fade=0.4))),
    )
    (whole,) = joined([first, second])
    apart = drawn(renderer, image, DrawList(CAMERA, (first, second)))
    assert np.abs(drawn(renderer, image, DrawList(CAMERA, (whole,))).astype(int) - apart).max() <= 2
