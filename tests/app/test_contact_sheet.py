"""Mannequins are what the tracker would see; contact sheets mark what is off; costs are those of the pack."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from ar_effects.app.design import contact_sheet as casting
from ar_effects.app.design import mannequins, pack_cost
from ar_effects.app.design.contact_sheet import CELL, OFF_SCREEN, YAWS_DEG, contact_sheet
from ar_effects.app.design.mannequins import PEOPLE, posed
from ar_effects.drawlist import Scene
from ar_effects.effects.effect import Effect
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.face.head import head_mesh
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from ar_effects.paths import EFFECTS
from ar_effects.records import Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from tests.effects.party import PARTY, make_party

SIZE = (320, 320)
CAMERA = Camera(*SIZE, 480.0, 480.0, 159.5, 159.5)


@pytest.fixture(scope="module")
def drawn():
    """Pictures of mannequins in front of green."""
    green = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    green[..., 1] = 255
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, SIZE)

        def draw(person, pose):
            renderer.draw(green, person.draw(person.model(), pose, CAMERA))
            return renderer.read().copy()

        def on(picture, draws):
            renderer.draw(picture, draws)
            return renderer.read().copy()

        draw.on = on
        yield draw
        renderer.release()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: p.name)
@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (40, 0), (-40, 0), (0, 20), (20, -20)])
def test_the_pose_of_a_face_is_the_one_it_was_given(person, yaw, pitch):
    face = person.face(posed(yaw, pitch, 520.0), CAMERA)
    assert face.pose.yaw_deg == pytest.approx(yaw, abs=5.0)
    assert face.pose.pitch_deg == pytest.approx(pitch, abs=5.0)
    assert face.pose.roll_deg == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: p.name)
def test_the_landmarks_lie_on_the_drawn_face(person, drawn):
    for yaw in (0.0, 40.0, -40.0):
        pose = posed(yaw, 0.0, 520.0)
        picture = drawn(person, pose)
        face = person.face(pose, CAMERA)
        x, y = np.rint(face.landmarks[:MESH_COUNT, :2]).astype(int).T
        bare = picture[y, x].astype(int)
        on_green = (bare[:, 1] > bare[:, 2] + 60) & (bare[:, 1] > bare[:, 0] + 60)
        assert on_green.mean() < 0.09, f"at a yaw of {yaw} some of the outline may be between pixels"


def test_the_irises_are_dark_where_the_eyes_are(drawn):
    pose = posed(0.0, 0.0, 400.0)
    picture = drawn(PEOPLE[0], pose)
    face = PEOPLE[0].face(pose, CAMERA)
    for eye in (face.eyes.left, face.eyes.right):
        x, y = (round(float(v)) for v in eye)
        assert picture[y - 1 : y + 2, x - 1 : x + 2].max() < 110
        assert picture[y, x].max() < picture[y + 30, x].max() - 40, "the cheek is lighter"


def test_a_model_is_what_its_parts_say():
    model = PEOPLE[2].model()
    points = np.concatenate([p.positions for p in model.primitives])
    np.testing.assert_allclose(model.bounds_mm, [points.min(axis=0), points.max(axis=0)], rtol=1e-6)
    for primitive in model.primitives:
        assert primitive.triangles.max() < len(primitive.positions)
        assert np.isfinite(primitive.normals).all()
    narrow, mean = PEOPLE[1].model().bounds_mm, PEOPLE[0].model().bounds_mm
    assert np.ptp(narrow[:, 0]) < np.ptp(mean[:, 0])


def test_a_pose_is_where_it_says():
    origin = apply(posed(30.0, 10.0, 700.0), np.zeros((1, 3)))[0]
    assert origin[[0, 2]] == pytest.approx([0.0, -700.0])


# --- the sheet --------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """Two poses, few frames: the whole sheet is for people to look at."""
    monkeypatch.setattr(casting, "YAWS_DEG", (-40.0, 40.0))
    monkeypatch.setattr(casting, "ROWS", casting.ROWS[1:2])
    monkeypatch.setattr(casting, "DOINGS", casting.DOINGS[:2])
    monkeypatch.setattr(casting, "SETTLE_FRAMES", 2)
    monkeypatch.setattr(casting, "_demo_frames", lambda: iter(()))


def party(tmp_path, *changes):
    folder = make_party(tmp_path / "party")
    text = PARTY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / MANIFEST).write_text(text)
    return load_pack(folder)


def framed(sheet, row: int, column: int) -> bool:
    """Whether the cell has a red frame."""
    x = column * CELL[0]
    y = casting.HEADER_PX + row * (casting.LABEL_PX + CELL[1]) + casting.LABEL_PX
    edge = sheet.picture[y + 1, x + 20 : x + CELL[0] - 20]
    return bool((np.abs(edge.astype(int) - OFF_SCREEN) < 3).all())


def test_nothing_is_marked_where_all_is_well(tmp_path, small):
    sheet = contact_sheet(party(tmp_path, ('scale = "$size"', "scale = 0.03")))  # the box is two metres wide
    assert sheet.remarks == []
    rows = 3  # one of a mannequin, what the face does, the demo clip without frames
    height = casting.HEADER_PX + rows * (casting.LABEL_PX + CELL[1])
    assert sheet.picture.shape == (height, 2 * CELL[0], 3)
    assert not any(framed(sheet, 0, column) for column in (0, 1))


def test_a_model_anchored_off_the_picture_has_a_red_frame_and_a_remark(tmp_path, small):
    pack = party(tmp_path, ('scale = "$size"', "offset_mm = [0.0, 900.0, 0.0]"))
    sheet = contact_sheet(pack)
    assert framed(sheet, 0, 0)
    assert framed(sheet, 0, 1)
    assert any("yaw -40" in remark and "outside of the picture" in remark for remark in sheet.remarks)


def test_a_model_that_is_cut_off_has_a_red_frame_though_its_anchor_is_inside(tmp_path, small, monkeypatch):
    pack = party(tmp_path, ('scale = "$size"', "scale = 3.0"))
    monkeypatch.setattr(casting, "FOCALS_PX", (1.5 * CELL[0],))
    sheet = contact_sheet(pack)
    assert framed(sheet, 0, 1)
    assert any("partly outside of the picture" in remark for remark in sheet.remarks)


@pytest.mark.parametrize("name", ["party_hat", "crown", "cat", "sunglasses"])
def test_hats_are_whole_on_every_near_head(name):
    pack = load_pack(EFFECTS / name)
    camera = casting._lens_for(pack)
    for yaw in YAWS_DEG:
        for pitch in casting.PITCHES_DEG:
            assert not casting._cuts(pack, yaw, pitch, camera), (yaw, pitch)


def test_the_whole_sheet_has_the_poses_it_promises():
    assert tuple(sorted(YAWS_DEG)) == YAWS_DEG
    assert {-40.0, 0.0, 40.0} <= set(YAWS_DEG)
    assert len({person for person, _, _ in casting.ROWS}) == len(PEOPLE)
    assert {pitch for _, pitch, _ in casting.ROWS} >= {-20.0, 0.0, 20.0}
    assert len({depth for _, _, depth in casting.ROWS}) >= 2


# --- costs ------------------------------------------------------------------------------------------------


def test_the_cost_of_each_layer(tmp_path, monkeypatch):
    monkeypatch.setattr(pack_cost, "WARM_UP", 1)
    monkeypatch.setattr(pack_cost, "FRAMES", 3)
    pack = party(tmp_path, ('[[triggers]]\nwhen = "smile"', '[[triggers]]\nwhen = "smile"\nabove = 0.1'))
    cost = pack_cost.measure(pack, (320, 240))
    assert [name for name, _, _ in cost.layers] == ["0 model hat", "1 face_texture paint", "2 post", "3 post"]
    assert all(compute >= 0.0 and draw >= 0.0 for _, compute, draw in cost.layers)
    assert (cost.triangles, cost.within_limits) == (12, True)
    table = cost.table()
    for part in ("0 model hat", "whole pack", "320x240", "triangles: 12 (limit 50000)", "limit 8 MB"):
        assert part in table
    card = tomllib.loads(cost.card())
    assert card["size"] == [320, 240]
    assert [layer["name"] for layer in card["layers"]] == [name for name, _, _ in cost.layers]


def test_a_hidden_layer_is_measured_as_if_it_were_shown(tmp_path):
    from ar_effects.effects.effect import Effect
    from ar_effects.records import Frame, TrackedFrame

    pack = party(tmp_path, ('[[triggers]]\nwhen = "smile"\ndo = "hide"\nlayer = "hat"\n', ""),
                 ('id = "hat"', 'id = "hat"\nshow = false'))  # fmt: skip
    face = PEOPLE[0].face(posed(0.0, 0.0, 520.0), CAMERA)
    tracked = TrackedFrame(Frame(np.zeros((*SIZE, 3), np.uint8), 0.0), (face,), CAMERA)
    models = [
        sum(len(d.models) for d in Effect(some).draw_list(tracked).draws if isinstance(d, Scene))
        for some in (pack, pack.shown(), pack.only(0), pack.only(1))
    ]
    assert models == [0, 1, 1, 0]


def test_too_heavy_is_told(tmp_path, monkeypatch):
    cost = pack_cost.PackCost((("0 model", 0.1, 1.0),), 1.0, (2, 2), "x", 60_000, 0, 100)
    assert not cost.within_limits
    assert cost.triangles > 50_000


def test_the_skull_meets_the_face_s_outline_without_a_step():
    """From the temples up; behind the jaw a neck would begin. It is nowhere pushed in."""
    face, skull = canonical_face(), head_mesh()
    inside = np.asarray(skull.vertices, np.float64)
    met = mannequins._met(inside, skull.triangles, face)
    outline = face.vertices_mm[mannequins._outline(np.concatenate([face.triangles, face.lid_triangles]))]
    upper = outline[outline[:, 1] > 0.0]
    assert len(upper) > 10

    def steps(vertices: np.ndarray) -> np.ndarray:
        normals = mannequins._normals(vertices, skull.triangles)
        nearest = np.linalg.norm(upper[:, None] - vertices, axis=2).argmin(axis=1)
        return np.einsum("ij,ij->i", upper - vertices[nearest], normals[nearest])

    assert steps(inside).max() > 20.0
    assert np.abs(steps(met)).max() < 5.0
    raised = np.einsum("ij,ij->i", met - inside, mannequins._normals(inside, skull.triangles))
    assert raised.min() >= -1e-9
    assert (raised < 0.5).mean() > 0.3, "the back of the head stays"


@pytest.mark.parametrize("name", ["sunglasses", "aviator", "round", "hearts"])
def test_nothing_of_glasses_stands_out_behind_a_turned_head(name, drawn):
    """Temples end on the skull behind the ear, which hides them, on long and narrow heads, too."""
    pack = load_pack(EFFECTS / name)
    sees = np.arange(SIZE[0])
    for person in PEOPLE:
        for yaw, pitch in ((-60, 0), (60, 0), (-50, 20), (60, -20)):
            pose = posed(yaw, pitch, 520.0)
            bare = drawn(person, pose)
            tracked = TrackedFrame(Frame(bare, 0.0), (person.face(pose, CAMERA),), CAMERA)
            worn = drawn.on(bare, Effect(pack).draw_list(tracked))
            nose, ear = CAMERA.project(apply(pose, np.array([[0.0, 0.0, 20.0], [0.0, 0.0, -60.0]])))[:, 0]
            beyond_ear = (sees - ear) * np.sign(ear - nose) > 0
            changed = np.abs(worn.astype(int) - bare).max(axis=2) > 24
            wall = (bare == (0, 255, 0)).all(axis=2)
            assert changed.sum() > 500, "they are worn"
            assert not (changed & wall & beyond_ear).any(), (person.name, yaw, pitch)
