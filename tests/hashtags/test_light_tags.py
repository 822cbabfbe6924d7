"""Rules of light and colour, each with what must not count for it."""

from __future__ import annotations

import numpy as np

from ar_effects.hashtags.light import light_tags

RNG = np.random.default_rng(3)


def tags(picture):
    return {tag.tag for tag in light_tags(picture.astype(np.uint8))}


def gradient(height=240, width=320):
    return np.linspace(20, 230, height)[:, None] * np.ones(width) + RNG.normal(0, 5, (height, width))


def test_black_and_white():
    grey = np.clip(gradient(), 0, 255)
    assert tags(np.dstack([grey] * 3)) == {"blackandwhite"}
    assert tags(np.dstack([grey, grey, np.clip(grey + 25, 0, 255)])) == set()
    drawing = np.where(RNG.random((240, 320)) < 0.05, 0, 255)
    assert tags(np.dstack([drawing] * 3)) == set()
    assert tags(np.full((240, 320, 3), 128)) == set()


def night(spots):
    picture = np.full((240, 320, 3), 12.0)
    picture[..., 0] += 6
    for at in spots:
        picture[100:112, at : at + 12] = (120, 220, 255)
    return picture


def test_night_is_dark_with_lights():
    assert tags(night(range(20, 300, 40))) == {"night"}
    assert tags(night([])) == set()
    studio = night([])
    studio[80:160, 120:200] = (120, 220, 255)
    assert tags(studio) == set()


def test_sunset_is_a_warm_sky_above_dark_land():
    picture = np.zeros((240, 320, 3))
    picture[:150] = np.linspace(0, 1, 150)[:, None, None] * 30 + (40, 120, 235)
    picture[150:] = (20, 20, 30)
    assert tags(picture) == {"sunset"}
    assert tags(picture[::-1]) == set()
    blue = picture[..., ::-1]
    assert tags(blue) == set()
