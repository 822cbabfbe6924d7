"""A pack read again while it is worn: what is kept, and what begins anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ar_effects.app.design.mannequins import PEOPLE, posed
from ar_effects.effects.effect import Effect
from ar_effects.errors import PackError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack, reload_pack
from ar_effects.records import Expression, Frame, TrackedFrame
from tests.effects.party import PARTY, make_party

CAMERA = Camera.assumed(160, 120)
FACE = PEOPLE[0].face(posed(10.0, 0.0, 450.0), CAMERA)


@pytest.fixture
def party(tmp_path) -> Path:
    return make_party(tmp_path / "party")


def write(party: Path, *changes: tuple[str, str]) -> None:
    text = PARTY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (party / MANIFEST).write_text(text)


def frame(i: int, **expression) -> TrackedFrame:
    image = np.zeros((120, 160, 3), np.uint8)
    face = replace(FACE, expression=Expression(**expression))
    return TrackedFrame(Frame(image, i / 30.0, i), (face,), CAMERA)


def test_layers_that_did_not_change_are_taken_over(party):
    old = load_pack(party)
    write(party, ('tint = "$lens"', 'tint = "#123456"'), ('"#ff8800"', '"#00ff00"'))
    fresh = reload_pack(old, [party / MANIFEST])
    same = [a is b for a, b in zip(old.layers, fresh.layers, strict=True)]
    assert same == [True, False, True, True]
    assert fresh.manifest.parameters["lens"].default == "#00ff00"
    assert reload_pack(old, [party / "hat.glb"]).layers[0] is not old.layers[0]


def test_layers_are_known_again_in_another_place(party):
    old = load_pack(party)
    blocks = PARTY.split("[[layers]]")
    moved = "[[layers]]".join([blocks[0], blocks[3], blocks[1], blocks[2], blocks[4]])
    (party / MANIFEST).write_text(moved)
    fresh = reload_pack(old, [party / MANIFEST])
    assert fresh.layers[1] is old.layers[0]
    assert fresh.layers[0] is old.layers[2]


def test_two_layers_alike_stay_two(party):
    table = '[[layers]]\nkind = "post"\neffect = "lut"\nfile = "look.cube"\n\n'
    twice = PARTY.replace(table, table * 2)
    (party / MANIFEST).write_text(twice)
    old = load_pack(party)
    fresh = reload_pack(old, [party / MANIFEST])
    assert fresh.layers[2] is old.layers[2]
    assert fresh.layers[3] is old.layers[3]
    assert fresh.layers[2] is not fresh.layers[3]


def test_a_broken_version_leaves_the_old_one_as_it_was(party):
    old = load_pack(party)
    (party / MANIFEST).write_text("format = 2")
    with pytest.raises(PackError):
        reload_pack(old, [party / MANIFEST])
    assert Effect(old).draw_list(frame(0)).draws


def reworn(party: Path, before: Effect, *changes: tuple[str, str]) -> Effect:
    write(party, *changes)
    fresh = Effect(reload_pack(before.pack, [party / MANIFEST]))
    fresh.take_over(before)
    return fresh


def test_the_clock_and_the_faces_go_on(party):
    before = Effect(load_pack(party))
    for i in range(10):
        before.draw_list(frame(i))
    after = reworn(party, before, ('"#ff8800"', '"#00ff00"'))
    assert after.draw_list(frame(10)).time_s == pytest.approx(before._clock_s + 1 / 30)
    assert after._face_presence.entered == frozenset(), "nobody enters a second time"


def test_what_a_person_chose_stays_and_what_they_left_follows_the_designer(party):
    before = Effect(load_pack(party))
    before.set("size", 1.7)
    after = reworn(party, before, ('"#ff8800"', '"#00ff00"'), ("default = 1.0", "default = 0.9"))
    assert after.parameters == {"size": 1.7, "lens": "#00ff00"}
    narrower = reworn(party, after, ("max = 2.0", "max = 1.5"), ("to = 2.0", "to = 1.5"))
    assert narrower.parameters["size"] == 1.5, "as far as the new range lets it"
    kind = ('kind = "colour"\ndefault = "#ff8800"', 'kind = "choice"\noptions = ["a", "b"]\ndefault = "a"')
    narrower.set("lens", "#aabbcc")
    other = reworn(party, narrower, kind, ('tint = "$lens"', 'tint = "#ffffff"'))
    assert other.parameters["lens"] == "a", "a colour is no choice"


def test_layers_that_stayed_go_on_moving_and_others_begin_anew(party):
    before = Effect(load_pack(party))
    before.draw_list(frame(0))
    after = reworn(party, before, ('tint = "$lens"', 'tint = "#123456"'))
    hat, paint = (0, FACE.id), (1, FACE.id)
    assert after._layers[hat] is before._layers[hat]
    assert paint not in after._layers


def test_what_a_trigger_did_stays_while_the_triggers_are_the_same(party):
    before = Effect(load_pack(party))
    for i in range(3):
        before.draw_list(frame(i, smile=1.0))
    assert any(state.active for state in before._fired.values())
    same = reworn(party, before, ('"#ff8800"', '"#00ff00"'))
    assert same._fired is before._fired
    other = reworn(party, same, ('do = "hide"', 'do = "toggle"'))
    assert other._fired == {}
