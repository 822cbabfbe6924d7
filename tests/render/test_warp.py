"""Warped pictures: what is read where, seams, and what must stay bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import synthetic_faces as synthetic

from ar_effects.drawlist import DrawList
from ar_effects.drawlist.warp import WarpDraw
from ar_effects.effects.layers.warp import face_pulls
from ar_effects.effects.warping import FacePlane, field_of
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from tests.render.scenes import drawn, noise

SIZE = (256, 256)
CAMERA = Camera.assumed(*SIZE)


def face_at(yaw: float, x: float = 0.0):
    place = np.array([x, 40.0, -380.0])
    return synthetic.face_of(CAMERA, transform(rotation_from_angles_deg(yaw, 0, 0), place))


def alien(yaw: float, amount: float = 1.0, x: float = 0.0):
    face = face_at(yaw, x)
    plane = FacePlane.of(face.pose, CAMERA)
    pulls = [p for k in ("big_eyes", "slim_face", "long_chin") for p in face_pulls(k, amount, face, plane)]
    return face, field_of(pulls, plane, SIZE)


def listed(field) -> DrawList:
    return DrawList(CAMERA, (WarpDraw(field.vertices_px, field.triangles),) if field else ())


def places() -> np.ndarray:
    """Every pixel says where it is: blue its column, green its row."""
    y, x = np.mgrid[0:256, 0:256]
    return np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 40.0])
def test_neighbouring_pixels_read_neighbouring_places(make_renderer, yaw):
    _, field = alien(yaw)
    read = drawn(make_renderer(SIZE), places(), listed(field)).astype(int)[..., :2]
    assert (read != places()[..., :2]).any()
    for axis in (0, 1):
        step = np.diff(read, axis=axis)
        assert np.abs(step).max() <= 3, "stretched by more than three, or torn"
        along = step[..., 1 - axis]
        assert along.min() >= 0, "folded"
    # and the pixels are those of the field
    grid = field.vertices_px.reshape(65, 65, 4)[::4, ::4].reshape(-1, 4)
    at = np.round(grid[:, :2]).astype(int)
    inside = ((at >= 0) & (at < 256)).all(axis=1)
    seen = read[at[inside, 1], at[inside, 0]]
    assert np.abs(seen - (grid[inside, 2:] + (at - grid[:, :2])[inside])).max() < 2.5


@pytest.mark.parametrize("yaw", [-40.0, 40.0])
def test_a_checkerboard_face_has_no_seam(make_renderer, yaw):
    """The board's squares keep their colours: between them there is nothing that was not there."""
    y, x = np.mgrid[0:256, 0:256]
    board = np.where(((x // 8 + y // 8) % 2)[..., None] == 0, (40, 60, 200), (230, 220, 30)).astype(np.uint8)
    _, field = alien(yaw)
    picture = drawn(make_renderer(SIZE), board, listed(field)).astype(int)
    low, high = board.reshape(-1, 3).min(axis=0), board.reshape(-1, 3).max(axis=0)
    assert (picture >= low - 1).all()
    assert (picture <= high + 1).all()
    pure = (np.abs(picture[..., None, :] - np.stack([board[0, 0], board[0, 8]])).max(axis=-1) <= 2).any(
        axis=-1
    )
    assert pure.mean() > 0.8


@pytest.mark.parametrize("x", [0.0, 150.0, -160.0])
def test_what_is_outside_stays_bit_for_bit(make_renderer, x):
    """In the middle of the picture and cut off by its border."""
    image = noise(SIZE)
    _, field = alien(20.0, x=x)
    picture = drawn(make_renderer(SIZE), image, listed(field))
    still = np.ones((256, 256), bool)
    for cell in field.vertices_px[field.triangles.astype(int)].reshape(-1, 3, 4):
        left, top = np.maximum(np.floor(cell[:, :2].min(axis=0)).astype(int), 0)
        right, bottom = np.ceil(cell[:, :2].max(axis=0)).astype(int) + 1
        still[top:bottom, left:right] = False
    assert still.any()
    assert (picture[still] == image[still]).all()
    assert (picture != image).any()


def test_nothing_moves_nothing_changes(make_renderer):
    image = noise(SIZE)
    _, field = alien(20.0)
    vertices = field.vertices_px.copy()
    vertices[:, 2:] = vertices[:, :2]
    renderer = make_renderer(SIZE)
    assert (drawn(renderer, image, DrawList(CAMERA, (WarpDraw(vertices, field.triangles),))) == image).all()
    vertices[5] = np.nan
    assert (drawn(renderer, image, DrawList(CAMERA, (WarpDraw(vertices, field.triangles),))) == image).all()
    assert alien(20.0, 0.0)[1] is None


@pytest.mark.parametrize("yaw", [-30.0, 15.0])
def test_landmarks_move_with_the_picture(make_renderer, yaw):
    face, field = alien(yaw)
    renderer = make_renderer(SIZE)
    for landmark in (152, 172, 397, 33, 1):
        before = face.landmarks[landmark, :2].astype(float)
        y, x = np.mgrid[0:256, 0:256]
        dot = 255.0 * np.exp(-((x - before[0]) ** 2 + (y - before[1]) ** 2) / 8.0)
        image = np.repeat(np.round(dot)[..., None], 3, axis=-1).astype(np.uint8)
        seen = drawn(renderer, image, listed(field)).astype(float)[..., 0]
        top = seen.max() * 0.6
        weight = np.maximum(seen - top, 0.0)
        middle = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
        np.testing.assert_allclose(middle, field.moved(before[None])[0], atol=0.7)


def test_buffers_grow_and_are_used_again(make_renderer):
    renderer, image = make_renderer(SIZE), noise(SIZE)
    small, large = alien(0.0, 0.05)[1], alien(0.0)[1]
    first = drawn(renderer, image, listed(large)).copy()
    drawn(renderer, image, listed(small))
    assert (drawn(renderer, image, listed(large)) == first).all()
