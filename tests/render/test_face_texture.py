"""Paint on a face: what colour comes out, where it ends, how it takes on the skin's light."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import Group
from ar_effects.drawlist.face_paint import FaceTextureDraw
from ar_effects.face.topology import face_topology, triangles_under
from ar_effects.render.passes.face_texture import FaceTexturePass
from tests.render.painted import SIZE, TRIANGLES, changed, grown, head, mesh_of, one, seen_uv
from tests.render.scenes import byte, drawn, linear, noise, plain

GREEN = (30, 200, 60, 255)
FLAT = {"shading": 0.0, "grain": 0.0}


def sheet(rgba=GREEN, size: int = 64) -> np.ndarray:
    return np.full((size, size, 4), rgba, np.uint8)


def paint(face, texture=None, **more) -> FaceTextureDraw:
    texture = sheet() if texture is None else texture
    triangles = TRIANGLES[triangles_under(texture[..., 3])]
    return FaceTextureDraw(mesh_of(face), texture, triangles, **more)


def inner(face, margin_px: int = 2) -> np.ndarray:
    """Pixels on the open mesh, well inside of its outline and of skin that looks at the camera."""
    uv, covered = seen_uv(mesh_of(face))
    disc = np.hypot(uv[..., 0] - 0.5, uv[..., 1] - 0.5) < 0.28
    nostrils = (np.abs(uv[..., 0] - 0.5) < 0.1) & (np.abs(uv[..., 1] - 0.54) < 0.08)
    eyes = np.abs(uv[..., 1] - 0.35) < 0.05  # their corners are thinner than a pixel
    return ~grown(~(covered & disc & ~nostrils & ~eyes), margin_px)


def test_opaque_paint_is_its_own_colour(make_renderer):
    face, image = head(), noise(SIZE)
    picture = drawn(make_renderer(SIZE), image, one(paint(face, **FLAT)))
    where = inner(face)
    assert where.sum() > 3000
    assert np.abs(picture[where].astype(int) - GREEN[2::-1]).max() <= 1


def test_outside_of_the_face_and_in_its_holes_nothing_changes(make_renderer):
    face, image = head(25.0), noise(SIZE)
    _, covered = seen_uv(mesh_of(face))
    picture = drawn(make_renderer(SIZE), image, one(paint(face, **FLAT)))
    assert not (changed(image, picture) & ~grown(covered, 1)).any()
    landmarks = mesh_of(head()).vertices
    frontal = drawn(make_renderer(SIZE), image, one(paint(head(), **FLAT)))
    for places in ((159, 145), (386, 374)):
        x, y = np.rint(landmarks[list(places), :2].mean(axis=0)).astype(int)
        assert (frontal[y - 1 : y + 2, x - 3 : x + 4] == image[y - 1 : y + 2, x - 3 : x + 4]).all()


@pytest.mark.parametrize(("part", "places"), [("eyes", (159, 145)), ("mouth", (13, 14))])
def test_cover_closes_a_hole(make_renderer, part, places):
    image, face = noise(SIZE), head(z=-200.0)
    x, y = np.rint(mesh_of(face).vertices[list(places), :2].mean(axis=0)).astype(int)
    renderer = make_renderer(SIZE)
    bare = drawn(renderer, image, one(paint(face, **FLAT)))
    assert (bare[y, x] == image[y, x]).all()
    covered = drawn(renderer, image, one(paint(face, **FLAT, **{f"cover_{part}": True})))
    assert np.abs(covered[y - 1 : y + 2, x].astype(int) - GREEN[2::-1]).max() <= 1


def test_half_clear_paint_and_tint_mix_in_linear_light(make_renderer):
    face, image = head(), plain(SIZE, (40, 90, 160))
    draw = paint(face, sheet((255, 255, 255, 255)), tint=(0.5, 0.25, 1.0, 0.4), **FLAT)
    picture = drawn(make_renderer(SIZE), image, one(draw))
    expected = byte(0.4 * np.array([1.0, 0.25, 0.5]) + 0.6 * linear(image[0, 0]))
    assert np.abs(picture[inner(face)] - expected).max() <= 1


def test_the_edge_is_feathered(make_renderer):
    """From the outline inwards paint never gets weaker, and it begins with nothing."""
    face = head(z=-220.0)
    image = plain(SIZE, (0, 0, 0))
    picture = drawn(make_renderer(SIZE), image, one(paint(face, sheet((255, 255, 255, 255)), **FLAT)))
    mesh = mesh_of(face)
    x = round(float(mesh.vertices[152, 0]))
    bottom, top = (round(float(mesh.vertices[i, 1])) for i in (152, 17))
    column = linear(picture[top : bottom + 2, x, 0].astype(float))[::-1]  # from the chin's edge up
    assert (np.diff(column) >= -0.004).all()
    assert column[:2].max() < 0.02
    assert column[-1] > 0.99
    assert ((column > 0.05) & (column < 0.95)).sum() >= 5
    sharp = drawn(
        make_renderer(SIZE), image, one(paint(face, sheet((255, 255, 255, 255)), feather_mm=0.0, **FLAT))
    )
    assert (sharp > 0).sum() > (picture > 0).sum()


def test_paint_takes_on_the_light_of_the_skin(make_renderer):
    """Skin that gets darker across: so does the paint, by the same measure; unlit paint does not."""
    face = head(z=-220.0)
    x = np.arange(SIZE[0])
    light = 0.35 * np.exp(-(x - SIZE[0] / 2) / 300.0)
    image = np.tile(byte(light).astype(np.uint8)[None, :, None], (SIZE[1], 1, 3))
    renderer = make_renderer(SIZE)
    y = round(float(mesh_of(face).vertices[50, 1]))
    ends = [round(float(mesh_of(face).vertices[i, 0])) for i in (50, 280)]
    seen = {}
    for shading in (0.0, 1.0):
        draw = paint(face, sheet((140, 140, 140, 255)), shading=shading, grain=0.0)
        row = linear(drawn(renderer, image, one(draw))[y, :, 0].astype(float))
        seen[shading] = row[ends[0]] / row[ends[1]]
    assert abs(seen[0.0] - 1.0) < 0.02
    assert abs(seen[1.0] / (light[ends[0]] / light[ends[1]]) - 1.0) < 0.15


def test_grain_lets_the_structure_of_the_skin_through(make_renderer):
    y = np.arange(SIZE[1])
    light = 0.3 * (1.0 + 0.2 * np.sin(2 * np.pi * y / 4))
    image = np.tile(byte(light).astype(np.uint8)[:, None, None], (1, SIZE[0], 3))
    face, renderer = head(), make_renderer(SIZE)
    where = inner(face)
    smooth, rough = (
        drawn(renderer, image, one(paint(face, sheet((120, 120, 120, 255)), shading=0.0, grain=g)))
        for g in (0.0, 1.0)
    )
    assert smooth[where].std() < 1
    spread = np.log(linear(rough[where][:, 0].astype(float))).std()
    expected = np.log(light).std()
    assert abs(spread / expected - 1.0) < 0.2


@pytest.mark.parametrize("yaw", [-70.0, 70.0])
def test_the_far_side_is_hidden(make_renderer, yaw):
    """Paint on the far cheek only: turned away, next to nothing of it is seen; turned to us, much."""
    texture = np.zeros((64, 64, 4), np.uint8)
    texture[28:40, slice(6, 16) if yaw < 0 else slice(48, 58)] = GREEN
    image, renderer = noise(SIZE), make_renderer(SIZE)
    away, towards = (
        changed(image, drawn(renderer, image, one(paint(head(a), texture, **FLAT)))).sum()
        for a in (yaw, -yaw)
    )
    assert towards > 300
    assert away <= 0.02 * towards


def test_small_paint_costs_only_its_triangles(make_renderer):
    texture = np.zeros((256, 256, 4), np.uint8)
    assert not triangles_under(texture[..., 3]).any()
    texture[140:160, 60:80] = GREEN
    reached = triangles_under(texture[..., 3])
    assert 1 <= reached.sum() < 60
    face, image = head(), noise(SIZE)
    everywhere = FaceTextureDraw(mesh_of(face), texture, face_topology().triangles, **FLAT)
    renderer = make_renderer(SIZE)
    all_of_it = drawn(renderer, image, one(everywhere))
    part = drawn(renderer, image, one(paint(face, texture, **FLAT)))
    assert np.abs(part.astype(int) - all_of_it).max() <= 1
    assert changed(image, all_of_it).any()


def test_multiplied_paint_in_a_group(make_renderer):
    """A group on clear ground: where there is no paint not a bit changes, elsewhere bytes are multiplied."""
    face, image = head(), noise(SIZE)
    draw = Group((paint(face, **FLAT),), blend="multiply", isolated=True)
    picture = drawn(make_renderer(SIZE), image, one(draw))
    _, covered = seen_uv(mesh_of(face))
    assert not (changed(image, picture) & ~grown(covered, 1)).any()
    where = inner(face)
    expected = image[where] / 255.0 * (np.array(GREEN[2::-1]) / 255.0) * 255.0
    assert np.abs(picture[where] - expected).max() <= 2


def test_clear_paint_is_not_drawn(make_renderer):
    image = noise(SIZE)
    picture = drawn(make_renderer(SIZE), image, one(paint(head(), tint=(1.0, 1.0, 1.0, 0.0))))
    assert (picture == image).all()


@pytest.mark.parametrize("blend", ["normal", "multiply", "overlay"])
@pytest.mark.parametrize("isolated", [False, True])
def test_a_group_of_one_face_works_only_there_and_gives_the_same(make_renderer, monkeypatch, blend, isolated):
    """Groups ask their passes for the area they touch; working on all of the picture gives the same bytes."""
    image = noise(SIZE)
    group = Group((paint(head(x=30.0)), paint(head(x=-90.0, z=-500.0))), 0.6, blend, isolated)
    renderer = make_renderer(SIZE)
    drawn(renderer, noise(SIZE, 1), one(Group((paint(head()),), 0.5, blend, isolated)))  # leaves its pictures
    near = drawn(renderer, image, one(group))
    monkeypatch.delattr(FaceTexturePass, "area")
    assert (drawn(renderer, image, one(group)) == near).all()
    assert changed(image, near).any()
    if isolated or blend == "normal":  # otherwise the picture meets its own copy everywhere
        nobody = Group((paint(head(x=5000.0)),), 0.6, blend, isolated)
        assert (drawn(renderer, image, one(nobody)) == image).all()
