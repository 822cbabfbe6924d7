"""Covers: they hold all of the face however it is turned, and a private pack cannot open them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import given, settings
from hypothesis import strategies as st

from ar_effects.drawlist.cover import CoverDraw, Place
from ar_effects.effects.effect import Effect
from ar_effects.effects.layers.cover import MAX_CELLS
from ar_effects.errors import PackError
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.face.outline import GROWN, covering, face_outline
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.check import find_problems
from ar_effects.packs.pack import load_pack
from ar_effects.records import Face, Frame, TrackedFrame

CAMERA = Camera.assumed(640, 480)
IMAGE = np.zeros((480, 640, 3), np.uint8)


def face_at(yaw=0.0, pitch=0.0, roll=0.0, x=0.0, z=-600.0) -> Face:
    return synthetic.face_of(
        CAMERA, transform(rotation_from_angles_deg(yaw, pitch, roll), np.array([x, 0.0, z]))
    )


def max_abs(place: Place, points: np.ndarray) -> float:
    """Below 1 where all (n, 2) points lie in the ellipse."""
    c, s = np.cos(place.roll_rad), np.sin(place.roll_rad)
    x, y = (points - place.centre).T
    return float(
        (((c * x + s * y) / place.half_size[0]) ** 2 + ((c * y - s * x) / place.half_size[1]) ** 2).max()
    )


@settings(max_examples=60)
@given(
    st.floats(-75, 75), st.floats(-40, 40), st.floats(-180, 180), st.floats(-300, 300), st.floats(250, 2000)
)
def test_the_outline_holds_the_face_however_it_is_turned(yaw, pitch, roll, x, depth):
    face = face_at(yaw, pitch, roll, x, -depth)
    place = face_outline(face)
    assert max_abs(place, face.landmarks[:MESH_COUNT, :2].astype(float)) <= 1.0 + 1e-6
    size = np.ptp(face.landmarks[:MESH_COUNT, :2], axis=0).max()
    assert max(place.half_size) < 1.2 * size, "and little more"


def test_forehead_chin_and_the_seen_ear_are_in_it():
    vertices = canonical_face().vertices_mm
    top, chin = vertices[10], vertices[152]
    forehead = top + (top - chin) * 0.1
    for yaw in (-70, -45, 0, 45, 70):
        face = face_at(yaw)
        ear = np.array([-72.0 if yaw > 0 else 72.0, -15.0, -80.0])  # the one that is seen
        points = [forehead, chin] + ([ear] if abs(yaw) >= 45 else [])
        seen = CAMERA.project(apply(face.pose.camera_from_head, np.array(points)))
        assert max_abs(face_outline(face, 1.3), seen) <= 1.0, yaw


def test_covers_grow_with_doubt():
    face = face_at()
    sizes = [
        covering(f, 1.25).half_size[0]
        for f in (
            face,
            replace(face, quality=0.2),
            replace(face, state="coasting", unseen_s=0.4),
            replace(face, state="coasting", unseen_s=0.8),
            replace(face, state="coasting", unseen_s=99.0),
        )
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)
    assert sizes[-1] == pytest.approx(sizes[0] * GROWN)
    plain, turned = (face_outline(f, 1.25).half_size[1] for f in (face_at(80), face_at(80)))
    assert plain == turned
    assert covering(face_at(80), 1.25).half_size[1] > 1.2 * turned


# --- the layer

HEAD = 'format = 2\ntitle = "Test"\n'


@pytest.fixture
def write(tmp_path):
    def make(text: str):
        (tmp_path / "effect.toml").write_text(HEAD + text, encoding="utf-8")
        return tmp_path

    return make


def covers(effect: Effect, *faces: Face, time_s: float = 0.0) -> list[CoverDraw]:
    return list(effect.draw_list(TrackedFrame(Frame(IMAGE, time_s), faces, CAMERA)).draws)


def test_every_face_is_covered(write):
    text = '[[layers]]\nkind = "cover"\nstyle = "colour"\ncolour = "#ff0000"\ncells = 5\ngrow = 1.5\n'
    effect = Effect(load_pack(write(text)))
    one, two = face_at(x=-150.0), replace(face_at(x=150.0), id=2)
    drawn = covers(effect, one, two)
    assert [(d.style, d.cells, d.colour) for d in drawn] == [("colour", 5.0, (1.0, 0.0, 0.0))] * 2
    assert [d.places[0] for d in drawn] == [face_outline(one, 1.5), face_outline(two, 1.5)]


def test_the_way_a_face_came_is_covered_too(write):
    effect = Effect(load_pack(write('[[layers]]\nkind = "cover"\n')))
    still = covers(effect, face_at())[0].places[0]
    assert covers(effect, face_at(), time_s=0.03)[0].places[0] == still
    moved = covers(effect, face_at(x=30.0), time_s=0.06)[0].places[0]
    way = moved.centre[0] - still.centre[0]
    assert moved.half_size[0] == pytest.approx(still.half_size[0] + way / 2, rel=0.02)


def test_the_frame_is_covered_without_a_face(write):
    effect = Effect(load_pack(write('[[layers]]\nkind = "cover"\narea = "frame"\nstyle = "blur"\n')))
    (draw,) = covers(effect)
    (place,) = draw.places
    assert (place.centre, place.half_size, place.box, place.inner) == (
        (319.5, 239.5),
        (320.0, 240.0),
        True,
        240.0,
    )


@pytest.mark.parametrize("cells", [1.9, MAX_CELLS + 0.1, 64])
def test_cells_are_limited(write, cells):
    with pytest.raises(PackError, match=r"layers\[0\]\.cells"):
        load_pack(write(f'[[layers]]\nkind = "cover"\ncells = {cells}\n'))


# --- a private pack

PRIVATE = 'on_lost = "blur_frame"\n'
POST = '[[layers]]\nkind = "post"\neffect = "vignette"\n'
LEAKS = {
    "half clear": ('[[layers]]\nkind = "cover"\nopacity = 0.5\n', r"layers\[0\]\.opacity"),
    "opacity by a parameter": (
        '[parameters.a]\nkind = "number"\ndefault = 1.0\n[[layers]]\nkind = "cover"\nopacity = "$a"\n',
        r"layers\[0\]\.opacity",
    ),
    "hidden": ('[[layers]]\nkind = "cover"\nshow = false\n', r"layers\[0\]\.show"),
    "blended": ('[[layers]]\nkind = "cover"\nblend = "screen"\n', r"layers\[0\]\.blend"),
    "after another": (POST + '[[layers]]\nkind = "cover"\n', r"layers\[1\].*before all other"),
    "hidden by a trigger": (
        '[[layers]]\nkind = "cover"\nid = "it"\n[[triggers]]\nwhen = "nod"\ndo = "hide"\nlayer = "it"\n',
        r"triggers\[0\]\.layer.*hide a cover",
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_private_pack_cannot_open_its_covers(write, leak):
    text, message = LEAKS[leak]
    with pytest.raises(PackError, match=message) as caught:
        load_pack(write(PRIVATE + text))
    assert caught.value.fix
    (problem,) = find_problems(write(PRIVATE + text))
    assert problem.line > 3
    load_pack(write(text))  # others may


def test_a_private_pack_is_watched(write):
    assert "face_candidates" in load_pack(write(PRIVATE + '[[layers]]\nkind = "cover"\n' + POST)).needs
    assert "face_candidates" not in load_pack(write('[[layers]]\nkind = "cover"\n')).needs
