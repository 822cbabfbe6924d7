"""Covered places: which pixels they touch, and what is left of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ar_effects.drawlist import DrawList
from ar_effects.drawlist.cover import CoverDraw, Place, whole_place
from ar_effects.geometry.camera import Camera
from ar_effects.render.passes.cover import SOFT_EDGE, cell_grid, place_rectangle
from tests.render.scenes import byte, drawn, linear, noise

SIZE = (120, 90)
CAMERA = Camera.assumed(*SIZE)


def covered(renderer, image, *places, style="pixelate", cells=4.0, colour=(0.0, 0.0, 0.0)):
    return drawn(renderer, image, DrawList(CAMERA, (CoverDraw(places, style, cells, colour),)))


def beyond(place: Place) -> np.ndarray:
    """(h, w): below 1 inside of a place."""
    v, u = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(float)
    x, y = u - place.centre[0], v - place.centre[1]
    c, s = np.cos(place.roll_rad), np.sin(place.roll_rad)
    x, y = (c * x + s * y) / place.half_size[0], (c * y - s * x) / place.half_size[1]
    return np.maximum(abs(x), abs(y)) if place.box else np.hypot(x, y)


places = st.builds(
    Place,
    st.tuples(st.floats(-30, 150), st.floats(-30, 120)),
    st.tuples(st.floats(3, 60), st.floats(3, 60)),
    st.floats(-4, 4),
    st.sampled_from([0.0, 12.0]),
    st.booleans(),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=places, style=st.sampled_from(["pixelate", "blur", "colour"]), cells=st.floats(2, 12))
def test_all_of_a_place_is_covered_and_little_else(make_renderer, place, style, cells):
    renderer, image = make_renderer(SIZE), noise(SIZE) // 128 * 255  # black or white in each channel
    picture = covered(renderer, image, place, style=style, cells=cells, colour=(0.5, 0.5, 0.5))
    renderer.release()
    side, _, _ = cell_grid(place, style, cells)
    inside, outside = beyond(place) < 1.0, beyond(place)
    if side >= 4.0 or style == "colour":
        edge = int(side * 1.5) + 1  # cells that the picture's edge leaves only a pixel of show that pixel
        inside[:edge] = inside[-edge:] = inside[:, :edge] = inside[:, -edge:] = False
        off = np.abs(picture[inside].astype(int) - image[inside]).max(axis=1)
        assert (off > 20).all(), "nothing shines through"
    slack = 2 * side * np.sqrt(2) / min(place.half_size) if style == "pixelate" else SOFT_EDGE + 0.02
    assert (picture[outside > 1.0 + slack] == image[outside > 1.0 + slack]).all()


def test_cells_are_means_in_linear_light(make_renderer):
    image = noise(SIZE)
    place = Place((59.5, 44.5), (32.0, 32.0), box=True)
    picture = covered(make_renderer(SIZE), image, place, cells=4.0)
    for i in range(4):
        for j in range(4):
            y, x = 13 + 16 * i, 28 + 16 * j
            cell = np.s_[y : y + 16, x : x + 16]
            mean = byte(linear(image[cell]).mean(axis=(0, 1)))
            assert (picture[cell] == picture[y, x]).all()
            assert np.abs(picture[y, x] - mean).max() <= 1


def test_only_means_of_cells_reach_the_picture(make_renderer):
    """Pictures that differ, but not in the cells' means, look the same when they are covered."""
    size = (120, 80)  # a grid of six by four fits exactly
    renderer, image, camera = make_renderer(size), noise(size), Camera.assumed(*size)
    place = whole_place(*size)
    assert cell_grid(place, "pixelate", 6.0) == (20.0, 6, 4)
    rng = np.random.default_rng(0)
    shuffled = image.copy()
    for y in range(0, 80, 20):
        for x in range(0, 120, 20):
            cell = shuffled[y : y + 20, x : x + 20]
            cell[:] = rng.permutation(cell.reshape(-1, 3)).reshape(cell.shape)
    assert (shuffled != image).mean() > 0.9
    draws = DrawList(camera, (CoverDraw((place,), "pixelate", 6.0),))
    a, b = (drawn(renderer, p, draws).astype(int) for p in (image, shuffled))
    assert np.abs(a - b).max() <= 1


def test_blur_is_smooth_and_keeps_a_plain_colour(make_renderer):
    renderer = make_renderer(SIZE)
    plain = np.full((SIZE[1], SIZE[0], 3), (40, 90, 200), np.uint8)
    place = whole_place(*SIZE)
    assert np.abs(covered(renderer, plain, place, style="blur").astype(int) - plain).max() <= 1
    picture = covered(renderer, noise(SIZE), place, style="blur").astype(int)
    assert np.abs(np.diff(picture, axis=1)).max() <= 6


def test_later_places_cover_earlier_ones(make_renderer):
    image = noise(SIZE)
    one, two = Place((50, 45), (30, 30)), Place((70, 45), (30, 30))
    picture = covered(make_renderer(SIZE), image, one, two, style="colour", colour=(0.2, 0.2, 0.2))
    assert (picture[45, 30:90] == byte(0.2)).all()


@pytest.mark.parametrize(
    "place",
    [
        Place((500, 500), (10, 10)),
        Place((float("nan"), 5), (10, 10)),
        Place((50, 50), (0.0, 10)),
        Place((50, 50), (float("inf"), 10)),
    ],
)
def test_places_that_cannot_be_seen(make_renderer, place):
    image = noise(SIZE)
    assert (covered(make_renderer(SIZE), image, place) == image).all()


def test_rectangles_stay_in_the_picture():
    found = place_rectangle(Place((0, 0), (30, 30)), SIZE, "blur", 4.0)
    assert found is not None
    assert (found.x, found.y) == (0, 0)
    assert found.width < 40
