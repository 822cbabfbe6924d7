"""What is behind people exchanged: computed pixels on small pictures, people bit for bit as they were."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ar_effects.drawlist import DrawList, Group, Material, Matte, Scene, SpriteDraw
from ar_effects.drawlist.matte import BEHIND, EDGE, PERSON, TILES
from ar_effects.drawlist.segmentation import BackgroundDraw
from ar_effects.effects.matting import matte_of
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import transform
from ar_effects.render.passes.segmentation import gaussian_taps
from tests.render.scenes import at, byte, drawn, linear, noise, plain, scene, square

SIZE = (192, 128)
GREEN = (0.0, 0.5, 0.1)


def matte(fraction: np.ndarray | float, tiles: np.ndarray | int = EDGE) -> Matte:
    """A matte whose shares do not depend on the picture: (h, w), or one everywhere."""
    coefficients = np.zeros((64, 64, 4), np.float32)
    coefficients[..., 3] = fraction
    return Matte(coefficients, np.full((TILES, TILES), tiles, np.uint8))


def halves() -> Matte:
    """Nobody on the left half, a person on the right half."""
    tiles = np.full((TILES, TILES), BEHIND, np.uint8)
    tiles[:, TILES // 2 :] = PERSON
    coefficients = np.zeros((64, 64, 4), np.float32)
    coefficients[:, 32:, 3] = 1.0
    return Matte(coefficients, tiles)


def composed(make_renderer, image, draw, cut) -> np.ndarray:
    size = (image.shape[1], image.shape[0])
    return drawn(make_renderer(size), image, DrawList(Camera.assumed(*size), (draw,), matte=cut))


@pytest.mark.parametrize("size", [SIZE, (333, 217), (97, 61)])
def test_a_colour_fills_all_that_is_not_person(make_renderer, size):
    image = noise(size)
    picture = composed(make_renderer, image, BackgroundDraw(colour=GREEN), halves())
    split = size[0] // 2
    expected = byte(np.array(GREEN))[::-1]
    assert (np.abs(picture[:, : split - 1].astype(int) - expected) <= 1).all()
    np.testing.assert_array_equal(picture[:, split + 1 :], image[:, split + 1 :])


@pytest.mark.parametrize("kind", ["colour", "picture", "blur"])
def test_people_stay_bit_for_bit(make_renderer, kind):
    draw = {
        "colour": BackgroundDraw(colour=GREEN),
        "picture": BackgroundDraw(np.full((8, 8, 4), 200, np.uint8)),
        "blur": BackgroundDraw(blur=0.05),
    }[kind]
    image = noise(SIZE)
    for cut in (matte(1.0, EDGE), matte(1.0, PERSON)):
        np.testing.assert_array_equal(composed(make_renderer, image, draw, cut), image)


@pytest.mark.parametrize(
    ("draw", "cut"),
    [
        (BackgroundDraw(blur=0.0), halves()),
        (BackgroundDraw(blur=0.1), None),
        (BackgroundDraw(colour=GREEN), None),
    ],
    ids=["no blur", "blur, nobody looked", "colour, nobody looked"],
)
def test_nothing_to_do_leaves_the_picture(make_renderer, draw, cut):
    image = noise(SIZE)
    np.testing.assert_array_equal(composed(make_renderer, image, draw, cut), image)


def test_shares_mix_in_linear_light(make_renderer):
    image = plain(SIZE, (60, 130, 250))
    picture = composed(make_renderer, image, BackgroundDraw(colour=GREEN, cleaning=0.0), matte(0.3))
    expected = 0.3 * linear(image[0, 0]) + 0.7 * np.array(GREEN)[::-1]
    assert np.abs(picture.astype(int) - byte(expected)).max() <= 1


def test_cleaning_takes_the_old_background_out_of_mixed_pixels(make_renderer):
    """Orange hair before a blue wall, put on grey: between the two lie mixtures of orange and grey only."""
    size, person, wall, ground = (640, 360), (0.05, 0.2, 0.7), (0.8, 0.15, 0.05), (0.3, 0.3, 0.3)
    fraction = np.clip((np.arange(size[0]) - 316) / 6.0, 0.0, 1.0)[:, None]  # over six columns

    def mixed(behind: tuple[float, float, float]) -> np.ndarray:
        return byte(fraction * np.array(person) + (1 - fraction) * np.array(behind))

    image = mixed(wall).astype(np.uint8)[None].repeat(size[1], 0)
    k = np.zeros((4, size[0], 4), np.float32)
    k[..., 3] = fraction[:, 0]
    cut = Matte(k, np.full((TILES, TILES), EDGE, np.uint8))
    errors = []
    for cleaning in (0.0, 1.0):
        picture = composed(make_renderer, image, BackgroundDraw(colour=ground, cleaning=cleaning), cut)
        errors.append(np.abs(picture[size[1] // 2].astype(int) - mixed(ground)).max())
    assert errors[0] > 40, "the wall shines through"
    assert errors[1] < 0.25 * errors[0]


def test_the_blur_does_not_spread_people(make_renderer):
    """A red person before blue: no red gets into the blurred blue, right up to the edge."""
    image = plain(SIZE, (200, 30, 0))
    image[:, SIZE[0] // 2 :] = (0, 30, 220)
    picture = composed(make_renderer, image, BackgroundDraw(blur=0.2), halves())
    behind = picture[:, : SIZE[0] // 2 - 1].astype(int)
    assert np.abs(behind - image[0, 0]).max() <= 2


def test_the_blur_is_as_wide_as_it_says(make_renderer):
    """The edge between black and white spreads as the Gaussian's own integral, in linear light."""
    size = (512, 256)
    image = plain(size, (0, 0, 0))
    image[:, 256:] = 255
    sigma = 0.08 * size[1]
    picture = composed(make_renderer, image, BackgroundDraw(blur=0.08), matte(0.0, BEHIND))
    row = linear(picture[128, :, 1].astype(int))
    assert np.ptp(picture[64:192].astype(int), axis=0).max() <= 1, "rows are alike"
    x = np.arange(512) - 255.5
    steps = np.diff(row)
    spread = np.sqrt((steps * (x[:-1] + 0.5) ** 2).sum() / steps.sum())
    assert spread == pytest.approx(sigma, rel=0.2)
    assert (steps >= -2e-3).all()
    assert row[256] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("size", "seen"), [((40, 20), "sides"), ((20, 40), "ends"), ((30, 20), "all")])
def test_a_picture_fills_the_frame_from_its_middle(make_renderer, size, seen):
    """Its outer quarters are red: cut off at the sides or at the ends, or all there."""
    frame = (120, 120) if seen != "all" else (120, 80)
    pixels = np.zeros((size[1], size[0], 4), np.uint8)
    pixels[..., 3] = 255
    pixels[..., 1] = 200
    long_axis = 1 if seen != "ends" else 0
    red = np.zeros(size[::-1], bool)
    length = pixels.shape[long_axis]
    cut = [slice(None), slice(None)]
    for part in (slice(0, length // 4 - 2), slice(length - length // 4 + 2, None)):
        cut[long_axis] = part
        red[tuple(cut)] = True
    pixels[red] = (255, 0, 0, 255)
    picture = composed(make_renderer, plain(frame, (9, 9, 9)), BackgroundDraw(pixels), matte(0.0, BEHIND))
    reds = (picture[..., 2] > 200).mean()
    assert reds == 0.0 if seen != "all" else reds > 0.2
    assert (np.abs(picture[frame[1] // 2, frame[0] // 2].astype(int) - (0, 200, 0)) <= 1).all()


def test_a_see_through_picture_shows_the_old_background(make_renderer):
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[..., 3] = 102
    image = plain(SIZE, (40, 80, 120))
    picture = composed(make_renderer, image, BackgroundDraw(pixels), matte(0.0, BEHIND))
    expected = byte(0.4 + 0.6 * linear(image[0, 0]))
    assert np.abs(picture.astype(int) - expected).max() <= 2


def test_a_background_after_glasses_goes_on(make_renderer):
    """What is see-through blends with a second colour; drivers refused the blur's two pictures after it."""
    renderer, camera = make_renderer(SIZE), Camera.assumed(*SIZE)
    lens = Material(base_colour=(0.1, 0.2, 0.3, 0.5), alpha_mode="BLEND")
    drawn(renderer, noise(SIZE), scene(camera, (square(lens), at(0, 0, -300))))
    cut = matte(0.0, BEHIND)
    for level in (40, 90, 200):
        background = BackgroundDraw(blur=0.05)
        picture = drawn(renderer, plain(SIZE, (level,) * 3), DrawList(camera, (background,), matte=cut))
        assert abs(int(picture[50, 50, 1]) - level) <= 1, "the blur of this frame, not of one before"


def test_a_video_s_pixels_are_sent_when_they_change(make_renderer):
    renderer, camera, playing = make_renderer(SIZE), Camera.assumed(*SIZE), object()
    image, cut = plain(SIZE, (9, 9, 9)), matte(0.0, BEHIND)
    pixels = np.full((6, 9, 4), 255, np.uint8)

    def shown(version: int) -> int:
        draw = BackgroundDraw(pixels, stream=playing, version=version)
        return int(drawn(renderer, image, DrawList(camera, (draw,), matte=cut))[50, 50, 1])

    assert shown(1) == 255
    pixels[..., :3] = 90
    assert shown(1) == 255, "the same version is not sent again"
    assert shown(2) == 90


def test_the_cut_is_that_of_the_frame_not_of_what_was_drawn_on_it(make_renderer):
    """A filter before the background changes all colours; the cut is by the video's."""
    image = noise(SIZE, seed=3)
    mask = cv2.GaussianBlur(np.random.default_rng(1).random((256, 256)).astype(np.float32), (0, 0), 12)
    mask = (mask > np.median(mask)).astype(np.float32)
    cut, camera = matte_of(image, mask), Camera.assumed(*SIZE)
    black = BackgroundDraw(colour=(0.0, 0.0, 0.0))
    after = BackgroundDraw(colour=(1.0, 1.0, 1.0), cleaning=0.0)
    changed = drawn(make_renderer(SIZE), image, DrawList(camera, (black, after), matte=cut))
    plainly = drawn(make_renderer(SIZE), image, DrawList(camera, (after,), matte=cut))
    blackened = drawn(make_renderer(SIZE), image, DrawList(camera, (black,), matte=cut))
    behind = (plainly.min(axis=2) == 255) & (blackened.max(axis=2) == 0)
    person = (plainly == image).all(axis=2)
    assert min(behind.mean(), person.mean()) > 0.2
    assert (changed[behind] == 255).all()
    np.testing.assert_allclose(changed[person].astype(int), image[person], atol=4)


@pytest.mark.parametrize("blend", ["normal", "multiply"])
def test_a_group_behind_people_or_on_them_is_drawn_only_there(make_renderer, blend):
    camera = Camera.assumed(*SIZE)
    pixels = np.full((2, 2, 4), (0, 255, 0, 255), np.uint8)
    place = transform(np.diag([2000.0, 2000.0, 1.0]), (0.0, 0.0, -300.0))
    group = Group((Scene((), (), (SpriteDraw(pixels, place),)),), blend=blend, isolated=True, behind=True)
    image = plain(SIZE, (40, 80, 120))
    over = composed(make_renderer, image, Group(group.draws, blend=blend, isolated=True), halves())
    picture = composed(make_renderer, image, group, halves())
    split = SIZE[0] // 2
    assert not np.array_equal(over[:, split + 2 :], image[:, split + 2 :])
    np.testing.assert_array_equal(picture[:, : split - 1], over[:, : split - 1])
    np.testing.assert_array_equal(picture[:, split + 1 :], image[:, split + 1 :])
    on_them = composed(make_renderer, image, replace(group, behind=False, on_people=True), halves())
    np.testing.assert_array_equal(on_them[:, : split - 1], image[:, : split - 1])
    np.testing.assert_array_equal(on_them[:, split + 1 :], over[:, split + 1 :])
    for cut in (group, replace(group, behind=False, on_people=True)):
        nobody_looked = drawn(make_renderer(SIZE), image, DrawList(camera, (cut,)))
        np.testing.assert_array_equal(nobody_looked, image)


def test_sizes_may_change(make_renderer):
    renderer = make_renderer(SIZE)
    for size in (SIZE, (64, 48), (200, 150)):
        renderer.resize(size)
        draws = DrawList(Camera.assumed(*size), (BackgroundDraw(blur=0.03),), matte=halves())
        picture = drawn(renderer, plain(size, (30, 60, 90)), draws)
        assert np.abs(picture.astype(int) - (30, 60, 90)).max() <= 1


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5, 5.0])
def test_taps_are_a_gaussian(sigma):
    """Each read between two pixels stands for both; together they have the Gaussian's sum and spread."""
    taps = gaussian_taps(sigma)
    assert taps[0][1] + 2 * sum(w for _, w in taps[1:]) == pytest.approx(1.0)
    pixels = np.zeros(81)
    pixels[40] = taps[0][1]
    for away, weight in taps[1:]:
        low = int(np.floor(away))
        for side in (-1, 1):
            pixels[40 + side * low] += weight * (1 - (away - low))
            pixels[40 + side * (low + 1)] += weight * (away - low)
    expected = np.exp(-0.5 * ((np.arange(81) - 40) / sigma) ** 2)
    np.testing.assert_allclose(pixels, expected / expected.sum(), atol=0.012)
