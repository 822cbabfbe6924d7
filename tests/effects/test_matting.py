"""The cut follows the frame's own edges, and says nothing far from them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ar_effects.drawlist.matte import BEHIND, EDGE, PERSON, TILES
from ar_effects.effects.matting import guided_coefficients, matte_of, tiles_of

SIZE = (640, 360)
MASK = 256


def share_of(matte, image) -> np.ndarray:
    """What the renderer computes, in numpy: (h, w) of the frame."""
    encoded = image[:, :, ::-1] / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    size = (image.shape[1], image.shape[0])
    k = cv2.resize(matte.coefficients, size, interpolation=cv2.INTER_LINEAR)
    return np.clip((k[:, :, :3] * np.sqrt(linear)).sum(axis=2) + k[:, :, 3], 0.0, 1.0)


def disc(radius: float = 100.0, soft: float = 1.0) -> np.ndarray:
    """(h, w) 0..1 share of a disc in the middle of the frame."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.clip((radius - np.hypot(x - SIZE[0] / 2, y - SIZE[1] / 2)) / soft + 0.5, 0.0, 1.0)


def scene(fraction: np.ndarray, person=(40, 60, 160), behind=(200, 190, 120)) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 3, (*fraction.shape, 3))
    colours = fraction[..., None] * np.array(person) + (1 - fraction[..., None]) * np.array(behind)
    return np.clip(colours + noise, 0, 255).astype(np.uint8)


def small(fraction: np.ndarray, blur: float = 0.0) -> np.ndarray:
    mask = cv2.resize(fraction.astype(np.float32), (MASK, MASK), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(mask, (0, 0), blur) if blur else mask


def test_a_blurred_mask_is_sharpened_to_the_frame_s_edge():
    truth = disc()
    image = scene(truth)
    rough = small(truth, blur=3.0)
    plain = cv2.resize(rough, SIZE, interpolation=cv2.INTER_LINEAR)
    found = share_of(matte_of(image, rough), image)
    assert np.abs(plain - truth).mean() > 0.01, "there is something to repair"
    assert np.abs(found - truth).mean() < 0.25 * np.abs(plain - truth).mean()


def test_hair_that_the_mask_does_not_know_is_found():
    """Strands of two pixels, 16 of them, that stand out of a disc by 6."""
    body = disc(soft=1.0)
    hairy = body.copy()
    middle = np.array([SIZE[0] / 2, SIZE[1] / 2])
    for turn in np.linspace(0.1, 2 * np.pi + 0.1, 16, endpoint=False):
        along = np.array([np.cos(turn), np.sin(turn)])
        ends = (tuple(int(v) for v in middle + r * along) for r in (98, 106))
        cv2.line(hairy, *ends, 1.0, 2)
    image = scene(hairy)
    mask = small(body, blur=1.0)
    found = share_of(matte_of(image, mask), image)
    plain = cv2.resize(mask, SIZE, interpolation=cv2.INTER_LINEAR)
    ring = (disc(105) > 0.5) & (disc(102) < 0.5)
    strands, gaps = ring & (hairy > 0.9), ring & (hairy < 0.1)

    assert found[strands].mean() > 0.4 > 5 * plain[strands].mean()
    assert found[gaps].mean() < 0.05


def test_inside_is_one_and_outside_is_nothing():
    truth = disc()
    found = share_of(matte_of(scene(truth), small(truth)), scene(truth))
    assert (found[disc(70) > 0.99] == 1.0).all()
    assert (found[disc(130) < 0.01] == 0.0).all()


@pytest.mark.parametrize("shape", [(144, 256), (100, 77), (3, 5), (1, 1), (513, 300)])
def test_a_mask_of_any_size_gives_a_matte(shape):
    truth = disc()
    mask = cv2.resize(truth.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    matte = matte_of(scene(truth), mask)
    assert matte.tiles.shape == (64, 64)
    if min(shape) > 50:
        found = share_of(matte, scene(truth))
        assert found[disc(70) > 0.99].min() > 0.98
        assert found[disc(130) < 0.01].max() < 0.02


def test_a_bright_lamp_beside_a_person_is_not_the_person():
    truth = disc()
    image = scene(truth, person=(150, 150, 150), behind=(20, 20, 20))
    cv2.circle(image, (SIZE[0] // 2 + 122, SIZE[1] // 2), 5, (255, 255, 255), -1)
    found = share_of(matte_of(image, small(truth)), image)
    assert found[SIZE[1] // 2 - 3 : SIZE[1] // 2 + 4, SIZE[0] // 2 + 119 : SIZE[0] // 2 + 126].max() < 0.2


def test_doubts_are_resolved():
    """A network that is a third sure of a wall beside somebody leaves no mist there."""
    truth = disc()
    doubtful = small(truth)
    doubtful[:, 180:] = np.maximum(doubtful[:, 180:], 0.35)
    image = scene(truth)
    found = share_of(matte_of(image, doubtful), image)
    assert found[:, 470:].max() < 0.02


def test_coefficients_are_those_of_the_least_squares_fit():
    """He et al.'s a and b in the middle of one window, by numpy's own solver, before the second mean."""
    rng = np.random.default_rng(2)
    side = 9
    guide = rng.random((3, side, side)).astype(np.float32)
    mask = rng.random((side, side)).astype(np.float32)
    tiled = tuple(np.tile(g, (5, 5)) for g in guide)  # every window of 9 holds the same values
    found = guided_coefficients(tiled, np.tile(mask, (5, 5)))[22, 22]
    x, y = guide.reshape(3, -1), mask.ravel()
    covariance = np.cov(x, bias=True) + 4e-4 * np.eye(3)
    factors = np.linalg.solve(covariance, (x * y).mean(axis=1) - x.mean(axis=1) * y.mean())
    np.testing.assert_allclose(found[:3], factors, atol=1e-3)
    np.testing.assert_allclose(found[3], y.mean() - factors @ x.mean(axis=1), atol=1e-3)


def test_tiles_tell_what_they_hold():
    mask = np.zeros((MASK, MASK), np.float32)
    assert (tiles_of(mask) == BEHIND).all()
    assert (tiles_of(mask + 1.0) == PERSON).all()
    mask[:, 128:] = 1.0
    tiles = tiles_of(mask)
    assert tiles.shape == (TILES, TILES)
    assert (tiles[:, :28] == BEHIND).all()
    assert (tiles[:, 36:] == PERSON).all()
    assert (tiles[:, 31:33] == EDGE).all()


@pytest.mark.parametrize("seed", range(4))
def test_tiles_without_an_edge_have_none(seed):
    """What is filled without a cut is what the cut would give."""
    rng = np.random.default_rng(seed)
    mask = cv2.GaussianBlur(rng.random((MASK, MASK)).astype(np.float32), (0, 0), 20)
    mask = ((mask - mask.min()) / np.ptp(mask) > 0.5).astype(np.float32)
    image = rng.integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    matte = matte_of(image, mask)
    found = share_of(matte, image)
    tiles = cv2.resize(matte.tiles, SIZE, interpolation=cv2.INTER_NEAREST)
    assert {BEHIND, EDGE, PERSON} <= set(np.unique(tiles))
    assert found[tiles == BEHIND].max() < 1e-3
    assert found[tiles == PERSON].min() > 1 - 1e-3


def test_a_frame_of_one_colour_is_cut_by_the_mask():
    image = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    truth = disc()
    found = share_of(matte_of(image, small(truth)), image)
    assert np.isfinite(found).all()
    assert np.abs(found - truth).mean() < 0.05


def test_a_face_that_was_found_is_person(demo_face, demo_frames):
    image = demo_frames[0]
    size = (image.shape[1], image.shape[0])
    blind = np.zeros((MASK, MASK), np.float32)
    found = share_of(matte_of(image, blind, (demo_face,)), image)
    nose, (x, y) = demo_face.landmarks[4, :2].astype(int), demo_face.eyes.left.astype(int)
    assert found[nose[1], nose[0]] == found[y, x] == 1.0
    hull = cv2.convexHull(demo_face.landmarks[:, :2].astype(np.float32))
    outside = np.array(
        [
            [cv2.pointPolygonTest(hull, (float(u), float(v)), True) for u in range(0, size[0], 16)]
            for v in range(0, size[1], 16)
        ]
    )
    fractions = found[::16, ::16]
    assert (fractions[outside < -30] == 0.0).all()
    assert fractions[outside > 12].min() > 0.95
    gone = replace(demo_face, state="coasting")
    assert share_of(matte_of(image, blind, (gone,)), image).max() == 0.0
