"""Makeup: where it goes, what it keeps of the skin, what colour comes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.drawlist.face_paint import Cosmetic, MakeupDraw
from ar_effects.effects.layers.makeup import COSMETICS, FIRST, SECOND, _reach, makeup_regions
from ar_effects.face.canonical import RIGHT_EYE_RING, canonical_face
from tests.render.painted import (
    CAMERA,
    SIZE,
    TRIANGLES,
    changed,
    checkerboard,
    grown,
    head,
    mesh_of,
    oklab,
    one,
    seen_uv,
    where,
)
from tests.render.scenes import byte, drawn, linear, noise, plain

RED = (0.4, 0.01, 0.03)
MASKS = {
    "lipstick": makeup_regions().first[..., FIRST.index("lips")],
    **{name: makeup_regions().first[..., i] for i, name in enumerate(FIRST)},
    **{name: makeup_regions().second[..., i] for i, name in enumerate(SECOND)},
}
SKIN = (120, 150, 200)


def makeup(face, camera=CAMERA, **cosmetics) -> MakeupDraw:
    reached = np.any([_reach()[name] for name in cosmetics if name in COSMETICS], axis=0)
    return MakeupDraw(mesh_of(face, camera), makeup_regions(), TRIANGLES[reached], **cosmetics)


def everything(amount: float = 1.0) -> dict[str, Cosmetic]:
    return {name: Cosmetic((0.0, 0.5, 0.1), amount) for name in COSMETICS}


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 40.0])
def test_no_colour_outside_of_the_regions(make_renderer, yaw):
    """On a checkerboard every pixel that changes lies on a triangle that is seen, in the region's mask."""
    face, board = head(yaw), checkerboard()
    uv, covered = seen_uv(mesh_of(face))
    renderer = make_renderer(SIZE)
    for name in COSMETICS:
        picture = drawn(renderer, board, one(makeup(face, **{name: Cosmetic((0.0, 0.5, 0.1), 1.0)})))
        touched, far = changed(board, picture), np.abs(picture.astype(int) - board).max(axis=2)
        allowed = where(MASKS[name], uv, covered)
        # A pixel whose middle lies on an edge may belong to either side. Past it no more than a trace of
        # filtering, on a pixel or two that are seen edge-on.
        beyond = far[~grown(allowed, 1)]
        assert beyond.max() <= 3, name
        assert (beyond > 1).sum() <= 2, name
        assert (touched & ~allowed).sum() <= max(12, 0.01 * touched.sum()), name
        assert touched.sum() > 0.3 * allowed.sum(), name


@pytest.mark.parametrize("yaw", [-40.0, 40.0])
def test_the_border_of_the_face_is_left_alone(make_renderer, yaw):
    """Where the head ends nothing is coloured: not beside it, nor on the last pixels that are its outline."""
    face, board = head(yaw, z=-230.0), checkerboard()
    _, covered = seen_uv(mesh_of(face))
    touched = changed(board, drawn(make_renderer(SIZE), board, one(makeup(face, **everything()))))
    filled = ~grown(~grown(covered, 12), 12)  # eyes and mouth are no border
    assert filled.sum() > covered.sum()
    assert touched.sum() > 2000
    assert not (touched & ~filled).any()
    outline = (mesh_of(face).topology.border_mm == 0.0) & (mesh_of(face).vertices[:, 5] > 0.3)
    checked = 0
    for x, y in np.rint(mesh_of(face).vertices[outline, :2]).astype(int):
        here = filled[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5]
        if here.size == 81 and not here.all():  # the far side's outline lies behind the near cheek
            checked += 1
            assert not touched[y - 1 : y + 2, x - 1 : x + 2].any()
    assert checked > 5


def test_identity_when_every_intensity_is_0(make_renderer):
    image = noise(SIZE)
    picture = drawn(make_renderer(SIZE), image, one(makeup(head(), **everything(0.0))))
    assert (picture == image).all()


def test_each_cosmetic_leaves_the_regions_of_others_alone(make_renderer):
    """With lipstick at 0 beside full blush the lips stay bit for bit, and so on."""
    face, image = head(), noise(SIZE)
    uv, covered = seen_uv(mesh_of(face))
    renderer = make_renderer(SIZE)
    for name in ("lipstick", "blush", "brows"):
        others = {k: c for k, c in everything().items() if k != name}
        touched = changed(image, drawn(renderer, image, one(makeup(face, **others))))
        reached = np.any([where(MASKS[k], uv, covered) for k in others], axis=0)
        own = where(MASKS[name], uv, covered) & ~grown(reached, 1)
        assert own.sum() > 50
        assert not touched[own].any()


def test_lips_get_the_colour_that_the_formula_says(make_renderer):
    """On one even skin the lips' mean is the skin, no highlight stands out, and the light is even."""
    image = plain(SIZE, SKIN)
    face = head(z=-200.0)
    picture = drawn(make_renderer(SIZE), image, one(makeup(face, lipstick=Cosmetic(RED, 1.0))))
    x, y = np.rint(mesh_of(face).vertices[[17, 14], :2].mean(axis=0)).astype(int)
    amount = 0.92
    skin, target = oklab(linear(np.array(SKIN[::-1]))), oklab(np.array(RED))
    lightness = skin[0] * (1 + amount * (target[0] / skin[0] - 1))
    expected = [lightness, *(skin[1:] + amount * (target[1:] * min(lightness / target[0], 1.4) - skin[1:]))]
    seen = oklab(linear(picture[y, x, ::-1].astype(float)))
    assert np.abs(seen - expected).max() < 0.012


def test_a_lip_in_the_light_is_no_highlight(make_renderer):
    """Light from above, dark skin: the lower lip is lighter than the upper one, but not than skin."""
    skin, dark, light = (60, 80, 120), (22, 24, 34), (62, 66, 96)
    face = head(z=-200.0)
    x, y = np.rint(mesh_of(face).vertices[:, :2]).astype(int).T
    image = plain(SIZE, skin)
    middle = (y[13] + y[14]) // 2
    image[y[0] - 3 : middle, x[61] : x[291]] = dark
    image[middle : y[17] + 4, x[61] : x[291]] = light
    picture = drawn(make_renderer(SIZE), image, one(makeup(face, lipstick=Cosmetic(RED, 1.0)))).astype(float)
    for a, b in ((0, 13), (17, 14)):
        blue, green, red = picture[(y[a] + y[b]) // 2, x[a]]
        assert red > 2.8 * max(blue, green)


def test_structure_and_shading_of_the_skin_stay(make_renderer):
    """Fine stripes keep their contrast in lightness, the colour moves."""
    y, _x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    stripes = 1.0 + 0.12 * np.sin(2 * np.pi * y / 4)
    light = linear(np.array(SKIN))[None, None] * stripes[..., None]
    image = byte(light).astype(np.uint8)
    face = head(z=-200.0)
    renderer = make_renderer(SIZE)
    uv, covered = seen_uv(mesh_of(face))
    for name, weight in (("lipstick", 0.84), ("blush", 1.0), ("eye_shadow", 1.0)):
        picture = drawn(renderer, image, one(makeup(face, **{name: Cosmetic((0.25, 0.02, 0.2), 0.9)})))
        mask = MASKS[name]
        full = np.where(mask > 230, mask, 0).astype(np.uint8)
        inside = ~grown(~(where(full, uv, covered) & changed(image, picture)), 2)
        assert inside.sum() > 100, name
        before, after = (np.log(oklab(linear(p[..., ::-1].astype(float)))[..., 0]) for p in (image, picture))
        high = [p - (np.roll(p, 2, 0) + p) / 2 for p in (before, after)]
        gain = (high[0] * high[1])[inside].sum() / (high[0] ** 2)[inside].sum()
        assert abs(gain - weight) < 0.15, name
        assert (np.abs(picture.astype(int) - image)[inside].max(axis=1) > 10).mean() > 0.8, name


def test_finishes_differ_by_their_highlights(make_renderer):
    """A bright spot on the lower lip: matte dims it, gloss makes it brighter, away from it all are alike."""
    face = head(z=-200.0)
    spot = np.rint(mesh_of(face).vertices[[17, 14], :2].mean(axis=0)).astype(int)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    image = plain(SIZE, SKIN)
    image[np.hypot(x - spot[0], y - spot[1]) < 3] = (240, 245, 250)
    renderer, seen = make_renderer(SIZE), {}
    for finish, (highlight, shine) in {
        "matte": (0.35, 0.0),
        "satin": (1.0, 0.0),
        "gloss": (1.35, 1.0),
    }.items():
        draw = makeup(face, lipstick=Cosmetic(RED, 0.9), highlight=highlight, shine=shine)
        seen[finish] = drawn(renderer, image, one(draw)).astype(int)
    at_spot = [int(seen[f][spot[1], spot[0]].sum()) for f in ("matte", "satin", "gloss")]
    assert at_spot[0] < at_spot[1] <= at_spot[2]
    assert at_spot[0] + 60 < at_spot[2]
    corner = np.rint(mesh_of(face).vertices[[61, 78, 40, 39], :2].mean(axis=0)).astype(int)
    assert np.abs(seen["matte"] - seen["gloss"])[corner[1], corner[0]].max() <= 2


def test_the_liner_follows_the_lids(make_renderer):
    """Half shut, the upper lid's liner lies at the lid's new place."""
    face = head(z=-200.0)
    upper = {33, 246, 161, 160, 159, 158, 157, 173, 133}
    landmarks = face.landmarks.copy()
    low = {159: 145, 160: 144, 158: 153, 161: 163, 157: 154, 246: 7, 173: 155}
    for above, below in low.items():
        landmarks[above, :2] = 0.2 * landmarks[above, :2] + 0.8 * landmarks[below, :2]
    shut = replace(face, landmarks=landmarks)
    image, renderer = plain(SIZE, SKIN), make_renderer(SIZE)
    rows = []
    for one_face in (face, shut):
        picture = drawn(renderer, image, one(makeup(one_face, eyeliner=Cosmetic((0.0, 0.0, 0.0), 1.0))))
        dark = picture.astype(int).sum(axis=2) < 200
        x = round(float(one_face.landmarks[159, 0]))
        column = np.flatnonzero(dark[:, x])
        assert len(column), "no liner above the pupil"
        rows.append(column.max() - one_face.landmarks[159, 1])
        assert set(RIGHT_EYE_RING) >= upper
    assert abs(rows[0]) < 2.5
    assert abs(rows[1]) < 2.5


def test_a_shut_mouth_has_no_bare_line(make_renderer):
    """With the lips together no pixel between them keeps the skin's colour; open, teeth stay bit for bit."""
    face = head(z=-200.0)
    inner = {13: 14, 312: 317, 311: 402, 310: 318, 415: 324, 82: 87, 81: 178, 80: 88, 191: 95}
    landmarks = face.landmarks.copy()
    for above, below in inner.items():
        landmarks[[above, below], 1] = landmarks[[above, below], 1].mean() + np.array([-0.2, 0.2])
    shut = replace(face, landmarks=landmarks)
    image, renderer = plain(SIZE, SKIN), make_renderer(SIZE)
    picture = drawn(renderer, image, one(makeup(shut, lipstick=Cosmetic(RED, 1.0))))
    x, y = np.rint(landmarks[13, :2]).astype(int)
    assert changed(image, picture)[y - 3 : y + 4, x - 12 : x + 13].all()
    landmarks = face.landmarks.copy()
    lower = canonical_face().vertices_mm[:, 1] <= canonical_face().vertices_mm[list(inner.values()), 1].max()
    landmarks[lower, 1] += 12.0
    open_mouth = replace(face, landmarks=landmarks)
    picture = drawn(renderer, image, one(makeup(open_mouth, lipstick=Cosmetic(RED, 1.0))))
    top, bottom = landmarks[13, 1], landmarks[14, 1]
    assert not changed(image, picture)[round(top + 2) : round(bottom - 1), x - 5 : x + 6].any()


def test_faces_out_of_sight_and_at_the_edge(make_renderer):
    image, renderer = noise(SIZE), make_renderer(SIZE)
    away = drawn(renderer, image, one(makeup(head(x=5000.0), **everything())))
    assert (away == image).all()
    partly = drawn(renderer, image, one(makeup(head(x=110.0), **everything())))
    assert changed(image, partly).any()
