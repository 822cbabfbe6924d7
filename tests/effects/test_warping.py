"""Warps as fields: they never fold, end smoothly, follow the head, and tell where things have gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ar_effects.drawlist.warp import WarpDraw
from ar_effects.effects.effect import Effect
from ar_effects.effects.layers.warp import FAR_SIDE_DEG, PLACED, face_pulls, placed_pulls
from ar_effects.effects.warping import CELLS, LEAST_AREA, FacePlane, Field, Pull, field_of
from ar_effects.errors import PackError
from ar_effects.face.anchors import ANCHORS
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.packs.pack import Pack, load_pack
from ar_effects.records import Face, Frame, TrackedFrame

CAMERA = Camera.assumed(1280, 720)
SIZE = (1280, 720)
OF_FACE = ("big_eyes", "slim_face", "long_chin", "nose", "mouth")
EVERY = [(kind, amount) for kind in (*OF_FACE, *PLACED) for amount in (1.0, -1.0)]


def face_at(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, camera: Camera = CAMERA) -> Face:
    rotation = rotation_from_angles_deg(yaw, pitch, roll)
    return synthetic.face_of(camera, transform(rotation, np.array([0.0, 0.0, -450.0])))


def pulls_of(kind: str, amount: float, face: Face, anchor="nose_tip", radius_mm=40.0, camera=CAMERA):
    plane = FacePlane.of(face.pose, camera)
    if kind in PLACED:
        return placed_pulls(kind, amount, anchor, radius_mm, face, camera, plane)
    return face_pulls(kind, amount, face, plane)


def field(face: Face, *warps: tuple[str, float]) -> Field:
    pulls = [pull for kind, amount in warps for pull in pulls_of(kind, amount, face)]
    found = field_of(pulls, FacePlane.of(face.pose, CAMERA), SIZE)
    assert found is not None
    return found


def jacobians(found: Field) -> np.ndarray:
    """(n, 2, 2) of every triangle of the grid: how what is read changes with where it is drawn."""
    v = found.vertices_px.astype(np.float64).reshape(CELLS + 1, CELLS + 1, 4)
    ways = []
    for corner, along, down in (
        (v[:-1, :-1], v[:-1, 1:], v[1:, :-1]),
        (v[1:, 1:], v[1:, :-1], v[:-1, 1:]),
    ):
        sides = np.stack([along - corner, down - corner], axis=-1)
        ways.append(sides[..., 2:, :] @ np.linalg.inv(sides[..., :2, :]))
    return np.concatenate(ways).reshape(-1, 2, 2)


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 40.0])
@pytest.mark.parametrize(("kind", "amount"), EVERY)
def test_neighbours_stay_neighbours(kind, amount, yaw):
    found = field(face_at(yaw), (kind, amount))
    jacobian = jacobians(found)
    stretch = np.linalg.svd(jacobian, compute_uv=False)
    assert np.linalg.det(jacobian).min() > 0.3
    assert stretch.min() > 0.28
    assert stretch.max() < 2.8


@pytest.mark.parametrize(("kind", "amount"), EVERY)
def test_the_border_is_still_and_so_is_its_slope(kind, amount):
    moved = field(face_at(25.0), (kind, amount)).moved_mm
    border = np.concatenate([moved[0], moved[-1], moved[:, 0], moved[:, -1]])
    assert (border == 0.0).all()
    # no corner in the field: slopes of neighbouring cells differ little, as those of smooth fields do
    for axis in (0, 1):
        bend = np.abs(np.diff(moved, n=2, axis=axis)).max()
        assert bend < 0.2 * np.abs(moved).max()


@settings(max_examples=40)
@given(st.data())
def test_no_list_of_warps_folds(data):
    camera = data.draw(synthetic.cameras())
    face = synthetic.face_of(camera, data.draw(synthetic.poses(camera)))
    plane = FacePlane.of(face.pose, camera)
    one = st.tuples(
        st.sampled_from((*OF_FACE, *PLACED)),
        st.floats(-1.0, 1.0),
        st.sampled_from(ANCHORS),
        st.floats(4.0, 180.0),
    )
    pulls = [
        p
        for k, a, anchor, r in data.draw(st.lists(one, min_size=1, max_size=16))
        for p in pulls_of(k, a, face, anchor, r, camera)
    ]
    found = field_of(pulls, plane, (camera.width, camera.height))
    assume(found is not None)
    assert np.isfinite(found.vertices_px).all()
    assert np.linalg.det(jacobians(found)).min() > 0.9 * LEAST_AREA
    drawn, read = found.vertices_px[:, :2], found.vertices_px[:, 2:]
    inside = ((drawn >= 0) & (drawn <= np.array([camera.width, camera.height]) - 1)).all(axis=1)
    assert read[inside].min(initial=0.0) > -0.01
    assert (read[inside] < np.array([camera.width, camera.height]) - 0.99).all()


def test_too_much_is_weakened_not_refused():
    face = face_at()
    pulls = pulls_of("bulge", 1.0, face) * 12
    found = field_of(pulls, FacePlane.of(face.pose, CAMERA), SIZE)
    assert found is not None
    least = np.linalg.det(jacobians(found)).min()
    assert LEAST_AREA * 0.95 < least < LEAST_AREA * 1.5, "as strong as it may be"


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 40.0])
def test_things_are_told_where_they_have_gone(yaw):
    face = face_at(yaw, 5.0, 10.0)
    found = field(face, ("big_eyes", 1.0), ("slim_face", 1.0), ("swirl", 0.6), ("long_chin", 1.0))
    # whatever is read at a vertex has gone to where the vertex is drawn
    np.testing.assert_allclose(found.moved(found.vertices_px[:, 2:]), found.vertices_px[:, :2], atol=0.05)
    far = np.array([[3.0, 4.0], [1200.0, 700.0]])
    np.testing.assert_array_equal(found.moved(far), far)


def moves(face: Face, kind: str, amount: float, landmark: int) -> np.ndarray:
    before = face.landmarks[[landmark], :2]
    return (field(face, (kind, amount)).moved(before) - before)[0]


def test_warps_do_what_their_names_say():
    face = face_at()
    for sign in (1.0, -1.0):
        assert sign * moves(face, "long_chin", sign, 152)[1] > 10
        assert sign * moves(face, "slim_face", sign, 172)[0] > 5
        assert sign * moves(face, "slim_face", sign, 397)[0] < -5
        assert sign * moves(face, "mouth", sign, 291)[0] > 3
        assert sign * moves(face, "nose", sign, 278)[0] > 3
        assert sign * moves(face, "big_eyes", sign, 145)[1] > 1
    assert np.abs(moves(face, "long_chin", 1.0, 17)).max() < 0.2, "lips stay"
    forehead = face.landmarks[[9], :2]
    across = placed_pulls("swirl", 0.5, "nose_tip", 70.0, face, CAMERA, FacePlane.of(face.pose, CAMERA))
    swirled = field_of(across, FacePlane.of(face.pose, CAMERA), SIZE)
    assert swirled.moved(forehead)[0, 0] > forehead[0, 0] + 2, "clockwise: what is above goes to the right"
    centre = field(face, ("bulge", 1.0)).moved(face.landmarks[[1, 4], :2])
    assert np.linalg.norm(centre[1] - centre[0]) > 1.4 * np.linalg.norm(face.landmarks[1] - face.landmarks[4])


def test_directions_turn_with_the_head():
    down = moves(face_at(roll=90.0), "long_chin", 1.0, 152)
    assert down[0] < -10, "clockwise by a quarter: the chin points to the left of the picture"
    assert abs(down[1]) < 0.1 * abs(down[0])


def test_the_side_that_turns_away_fades():
    left, right = 263, 33  # outer corners; the person's left eye is at the right of the picture
    for yaw in (55.0, -55.0):
        near, far = (right, left) if yaw > 0 else (left, right)
        turned = face_at(yaw)
        assert np.linalg.norm(moves(turned, "big_eyes", 1.0, near)) > 3
        assert np.linalg.norm(moves(turned, "big_eyes", 1.0, far)) < 0.5 * np.linalg.norm(
            moves(face_at(FAR_SIDE_DEG[0] * np.sign(yaw)), "big_eyes", 1.0, far)
        )


def test_where_two_centres_meet_they_pull_no_farther_than_one_may():
    row = tuple((float(x), 0.0) for x in range(0, 60, 5))
    pull = Pull((-5.0, 0.0), (40.0, 40.0), shift=(12.0, 0.0), others=row)
    x, y = np.meshgrid(np.linspace(-60, 120, 90), np.linspace(-60, 60, 60))
    read = x.copy()
    pull.apply(read, y)
    assert 8.0 < (x - read).max() < 12.0


# --- the layer


def pack_of(folder: Path, text: str) -> Pack:
    (folder / "effect.toml").write_text(f'format = 2\ntitle = "t"\n{text}')
    return load_pack(folder)


WARP = '[[layers]]\nkind = "warp"\n[[layers.warps]]\n'


def tracked(*faces: Face) -> TrackedFrame:
    return TrackedFrame(Frame(np.zeros((720, 1280, 3), np.uint8), 0.0), faces, CAMERA)


def test_nothing_is_drawn_where_nothing_changes(tmp_path):
    effect = Effect(pack_of(tmp_path, WARP + 'kind = "big_eyes"\namount = 0.0'))
    assert effect.draw_list(tracked(face_at())).draws == ()


def test_every_face_is_warped_and_later_layers_see_it_moved(tmp_path):
    text = (
        WARP + 'kind = "long_chin"\namount = 1.0\n' + WARP + 'kind = "bulge"\nanchor = "chin"\namount = 1.0'
    )
    face = face_at()
    first, second = Effect(pack_of(tmp_path, text)).draw_list(tracked(face)).draws
    assert isinstance(first, WarpDraw)

    def lowest(draw: WarpDraw) -> float:
        return float(draw.vertices[draw.triangles.ravel(), 1].max())

    alone = Effect(pack_of(tmp_path, WARP + 'kind = "bulge"\nanchor = "chin"\namount = 1.0'))
    (still,) = alone.draw_list(tracked(face)).draws
    assert lowest(second) > lowest(still) + 10, "the bulge went down with the chin"
    several = alone.draw_list(tracked(face, replace(face_at(10.0), id=2)))
    assert len(several.draws) == 2


def test_half_an_opacity_is_half_a_warp(tmp_path):
    face = face_at()
    (half_size,) = (
        Effect(pack_of(tmp_path, WARP.replace("[[layers.", "opacity = 0.5\n[[layers.") + body))
        .draw_list(tracked(face))
        .draws
        for body in ['kind = "nose"\namount = 1.0']
    )
    assert isinstance(half_size[0], WarpDraw)
    np.testing.assert_array_equal(half_size[0].vertices, field(face, ("nose", 0.5)).vertices_px)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('kind = "big_eyes"\namount = 1.5', "between -1 and 1"),
        ('kind = "big_eyes"\namount = 1.0\nanchor = "chin"', "place of its own"),
        ('kind = "bulge"\namount = 1.0', "needs an anchor"),
        ('kind = "bulge"\namount = 1.0\nanchor = "chin"\nradius = 9.0', "radius must lie"),
        ('kind = "big_eys"\namount = 1.0', "big_eyes"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, body, said):
    with pytest.raises(PackError, match=r"layers\[0\]\.warps\[0\]") as caught:
        pack_of(tmp_path, WARP + body)
    assert said in str(caught.value)


SIZE_OF_ANY = '[parameters.size]\nkind = "number"\ndefault = 0.5\nmin = -1e30\nmax = 1e30\n'


@pytest.mark.parametrize(("amount", "kept"), [(50.0, 1.0), (-1e30, -1.0), (1.0, 1.0), (0.25, 0.25)])
def test_amounts_out_of_range_are_kept_within_it(tmp_path, amount, kept):
    face = face_at()
    effect = Effect(pack_of(tmp_path, SIZE_OF_ANY + WARP + 'kind = "mouth"\namount = "$size"'))
    effect.set("size", amount)
    (drawn,) = effect.draw_list(tracked(face)).draws
    np.testing.assert_array_equal(drawn.vertices, field(face, ("mouth", kept)).vertices_px)
