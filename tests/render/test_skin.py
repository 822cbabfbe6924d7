"""Skin: what is smoothed, what is kept, and what is not touched."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import synthetic_faces as synthetic

from ar_effects.drawlist import DrawList
from ar_effects.drawlist.skin import SkinDraw
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING
from ar_effects.face.geometry import face_mesh
from ar_effects.face.skin_mask import skin_mask
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from tests.render.scenes import drawn, linear, noise

SIZE = (320, 320)
CAMERA = Camera.assumed(*SIZE)
SKIN = (120, 150, 205)
CHEEK = (50, 205, 36, 101)


def face_at(yaw: float = 0.0):
    place = np.array([0.0, 40.0, -330.0])
    return synthetic.face_of(CAMERA, transform(rotation_from_angles_deg(yaw, 0, 0), place))


def skin(face, **amounts: float) -> DrawList:
    return DrawList(CAMERA, (SkinDraw(face_mesh(face, CAMERA), skin_mask(), CAMERA.fx / 330.0, **amounts),))


def plain_skin() -> np.ndarray:
    return np.full((320, 320, 3), SKIN, np.uint8)


def with_noise(sigma_px: float, deviation: float) -> np.ndarray:
    rough = np.random.default_rng(3).normal(size=(320, 320))
    if sigma_px:
        rough = cv2.GaussianBlur(rough, (0, 0), sigma_px)
    rough *= deviation / rough.std()
    return np.clip(np.round(plain_skin() + rough[..., None]), 0, 255).astype(np.uint8)


def around(face, landmarks, picture: np.ndarray, half_size: int = 9) -> np.ndarray:
    x, y = np.round(face.landmarks[list(landmarks), :2].mean(axis=0)).astype(int)
    return picture[y - half_size : y + half_size, x - half_size : x + half_size].astype(float)


def inside(face, landmarks) -> np.ndarray:
    mask = np.zeros((320, 320), np.uint8)
    hull = cv2.convexHull(np.round(face.landmarks[list(landmarks), :2]).astype(np.int32))
    return cv2.fillConvexPoly(mask, hull, 1).astype(bool)


def test_amounts_of_nothing_change_nothing(make_renderer):
    image = noise(SIZE)
    assert (drawn(make_renderer(SIZE), image, skin(face_at(), texture=0.0)) == image).all()


def test_spots_go_and_pores_stay(make_renderer):
    face, renderer = face_at(), make_renderer(SIZE)
    spots, pores = with_noise(2.0, 5.0), with_noise(0.0, 5.0)

    def left(image: np.ndarray, **amounts: float) -> float:
        seen = drawn(renderer, image, skin(face, smooth=1.0, **amounts))
        return around(face, CHEEK, seen)[..., 1].std() / around(face, CHEEK, image)[..., 1].std()

    assert left(spots) < 0.4
    assert left(pores, texture=0.0) < 0.3
    assert left(pores, texture=1.0) > 0.8
    assert left(pores, texture=0.5) > left(pores, texture=0.0) + 0.2
    half_size = drawn(renderer, spots, skin(face, smooth=0.5))
    whole = drawn(renderer, spots, skin(face, smooth=1.0))
    change = [np.abs(around(face, CHEEK, p) - around(face, CHEEK, spots)).mean() for p in (half_size, whole)]
    assert 0.35 < change[0] / change[1] < 0.65


def test_edges_stay(make_renderer):
    """A shadow across the cheek keeps its contrast, and nothing glows beside it."""
    face = face_at()
    image = plain_skin()
    column = int(face.landmarks[list(CHEEK), 0].mean())
    image[:, column:] = (60, 80, 120)
    seen = drawn(make_renderer(SIZE), image, skin(face, smooth=1.0)).astype(float)
    row = seen[int(face.landmarks[list(CHEEK), 1].mean()), column - 12 : column + 12, 2]
    assert row[:11].min() > 205 - 16
    assert row[13:].max() < 120 + 16
    assert row.max() <= 207
    assert row.min() >= 118


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 40.0])
def test_nothing_outside_of_the_skin_is_touched(make_renderer, yaw):
    face, image = face_at(yaw), with_noise(1.0, 6.0)
    seen = drawn(make_renderer(SIZE), image, skin(face, smooth=1.0, brightness=1.0, warmth=1.0, even_out=1.0))
    changed = (seen != image).any(axis=-1)
    assert changed.mean() > 0.05
    assert not changed[~inside(face, range(MESH_COUNT))].any()
    rings = {40.0: (RIGHT_EYE_RING,), -40.0: (LEFT_EYE_RING,)}  # the nose hides a part of the far eye
    for ring in rings.get(yaw, (RIGHT_EYE_RING, LEFT_EYE_RING)):
        assert not changed[inside(face, ring)].any()
    lips = inside(face, (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91))
    assert changed[lips].mean() < 0.02


def test_the_border_is_soft(make_renderer):
    face = face_at()
    seen = drawn(make_renderer(SIZE), plain_skin(), skin(face, brightness=1.0)).astype(float)
    assert around(face, CHEEK, seen).mean() > np.mean(SKIN) + 10
    row, column = np.round(face.landmarks[[117, 151], [1, 0]]).astype(int)
    assert np.abs(np.diff(seen[row, :, 1])).max() <= 6, "across the cheeks"
    assert np.abs(np.diff(seen[:row, column, 1])).max() <= 4, "down the forehead"


def test_what_is_not_skin_is_left(make_renderer):
    """A green fringe on the forehead, and a dark beard."""
    face, image = face_at(), with_noise(0.0, 4.0)
    for landmark, colour in ((151, (60, 150, 60)), (199, (25, 30, 40))):
        x, y = np.round(face.landmarks[landmark, :2]).astype(int)
        rough = np.random.default_rng(1).integers(-6, 7, (24, 40, 1))
        image[y - 12 : y + 12, x - 20 : x + 20] = np.array(colour) + rough
    seen = drawn(make_renderer(SIZE), image, skin(face, smooth=1.0, brightness=0.5))
    for landmark in (151, 199):
        difference = around(face, (landmark,), seen, 7) - around(face, (landmark,), image, 7)
        assert np.abs(difference).max() <= 2


def lightness(bgr: np.ndarray) -> float:
    return float(np.sqrt(linear(bgr)) @ np.array([0.0722, 0.7152, 0.2126]))


def test_redness_goes_to_the_skins_own_hue(make_renderer):
    face, image = face_at(), plain_skin()
    x, y = np.round(face.landmarks[list(CHEEK), :2].mean(axis=0)).astype(int)
    image[y - 12 : y + 12, x - 12 : x + 12] = red = (105, 125, 215)
    renderer = make_renderer(SIZE)
    seen = around(face, CHEEK, drawn(renderer, image, skin(face, even_out=1.0)), 4).mean(axis=(0, 1))

    def redness(bgr) -> float:
        return float(bgr[2] / bgr[1])

    assert redness(SKIN) - 0.05 < redness(seen) < redness(red) - 0.3 * (redness(red) - redness(SKIN))
    assert abs(lightness(seen) - lightness(np.array(red))) < 0.01


def test_tone_goes_where_it_is_asked_to(make_renderer):
    face, renderer = face_at(), make_renderer(SIZE)

    def cheek(**amounts: float) -> np.ndarray:
        return around(face, CHEEK, drawn(renderer, plain_skin(), skin(face, **amounts)), 4).mean(axis=(0, 1))

    still, warm, cool = np.array(SKIN, float), cheek(warmth=1.0), cheek(warmth=-1.0)
    assert warm[2] - warm[0] > still[2] - still[0] + 8 > cool[2] - cool[0] + 16
    assert abs(lightness(warm) - lightness(still)) < 0.01
    assert lightness(cheek(brightness=1.0)) > lightness(still) + 0.05
    assert lightness(cheek(brightness=-1.0)) < lightness(still) - 0.05
    np.testing.assert_allclose(cheek(smooth=1.0), still, atol=1.0)


def test_faces_at_the_edge_and_beyond(make_renderer):
    renderer, image = make_renderer(SIZE), with_noise(2.0, 5.0)
    face = face_at()
    for shift in (-150.0, 160.0, 1000.0):
        landmarks = face.landmarks + np.array([shift, 0, 0], np.float32)
        seen = drawn(renderer, image, skin(replace(face, landmarks=landmarks), smooth=1.0))
        assert (seen != image).any() == (abs(shift) < 500)
