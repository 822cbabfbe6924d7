"""Who wears the effect: faces that come, coast, are lost and come back."""

from __future__ import annotations

import pytest

from ar_effects.drawlist import Group
from ar_effects.effects.face_presence import FADE_OUT_S, HOLD_S, FacePresence
from tests.effects.worn_packs import Player, a_face, effect

STEP = 1 / 30


def coasting(face_id: int = 1, unseen_s: float = 0.1):
    return a_face(face_id, state="coasting", unseen_s=unseen_s)


def lost(face_id: int = 1):
    return a_face(face_id, state="lost", unseen_s=1.0)


@pytest.mark.parametrize("on_lost", ["hold", "fade", "park", "blur_face", "blur_frame"])
def test_faces_wear_it_at_once_in_the_order_they_came(on_lost):
    presence_of = FacePresence(on_lost)
    assert presence_of.update((), STEP) == []
    worn = presence_of.update((a_face(7), a_face(3)), STEP)
    assert [(w.face.id, w.presence, w.since_s) for w in worn] == [(7, 1.0, 0.0), (3, 1.0, 0.0)]
    assert presence_of.entered == {7, 3}
    worn = presence_of.update((a_face(3), a_face(7), a_face(1)), STEP)
    assert [w.face.id for w in worn] == [7, 3, 1]
    assert [w.since_s for w in worn] == [STEP, STEP, 0.0]
    assert (presence_of.entered, presence_of.left) == ({1}, set())


def test_hold_stays_while_the_tracker_holds_it():
    presence_of = FacePresence("hold")
    presence_of.update((a_face(),), STEP)
    for k in range(30):
        (worn,) = presence_of.update((coasting(unseen_s=k * STEP),), STEP)
        assert worn.presence == 1.0
    assert presence_of.update((lost(),), STEP) == []
    assert presence_of.left == {1}
    assert presence_of.update((), STEP) == []
    assert presence_of.left == set()


def test_fade_holds_then_fades():
    presence_of = FacePresence("fade")
    presence_of.update((a_face(),), STEP)
    presences = []
    for k in range(25):
        worn = presence_of.update((coasting(unseen_s=k * STEP),), STEP)
        presences.append(worn[0].presence if worn else 0.0)
    times = [k * STEP for k in range(25)]
    expected = [min(max(1 - (t - HOLD_S) / FADE_OUT_S, 0.0), 1.0) for t in times]
    assert presences == pytest.approx(expected)
    (back,) = presence_of.update((a_face(),), STEP)
    assert back.presence == 1.0


def test_park_stays_until_a_face_is_there():
    presence_of = FacePresence("park")
    presence_of.update((a_face(1), a_face(2)), STEP)
    presence_of.update((lost(1), lost(2)), STEP)
    for _ in range(200):
        assert [(w.face.id, w.face.state) for w in presence_of.update((), STEP)] == [(1, "lost"), (2, "lost")]
    assert [w.face.id for w in presence_of.update((a_face(9),), STEP)] == [9]
    assert presence_of.left == {1, 2}


def test_a_parked_face_that_comes_back_is_the_same():
    presence_of = FacePresence("park")
    presence_of.update((a_face(1),), STEP)
    presence_of.update((lost(1),), STEP)
    presence_of.update((), STEP)
    (worn,) = presence_of.update((a_face(1),), STEP)
    assert (worn.face.state, presence_of.entered, presence_of.left) == ("tracking", set(), set())


# --- in an effect


def test_states_of_gone_faces_are_freed():
    triggers = [{"when": "smile", "do": "show", "layer": "a"}]
    play = Player(effect([{"id": "a"}, {"frame": True}], triggers))
    for face_id in range(1, 60):
        play(a_face(face_id, smile=1.0), a_face(face_id + 1))
        states = {key[1] for key in play.effect._layers} | {key[1] for key in play.effect._fired}
        assert states == {0, face_id, face_id + 1}
    play()
    assert {key[1] for key in play.effect._layers} == {0}
    assert play.effect._fired == {}


def test_states_stay_with_the_face():
    play = Player(effect([{}]))
    one, two = play(a_face(1), a_face(2))
    again_two, again_one = (n for n in sorted(play(a_face(2), a_face(1)), key=lambda n: -n.worn.face.id))
    assert again_one.state is one.state
    assert again_two.state is two.state
    assert one.state.frames == 2
    play(a_face(2))
    (back, _) = sorted(play(a_face(1), a_face(2)), key=lambda n: n.worn.face.id)
    assert back.state is not one.state


def test_a_fading_face_is_laid_over_by_its_presence():
    play = Player(effect([{"opacity": 0.5}, {"blend": "screen"}, {}], on_lost="fade"))
    play(a_face())
    assert [type(d) is Group for d in play.draws] == [True, True, False]
    assert [(d.opacity, d.blend, d.isolated) for d in play.draws[:2]] == [
        (0.5, "normal", False),  # at normal blending what fades is the change of the picture
        (1.0, "screen", True),
    ]
    play(coasting(unseen_s=HOLD_S + FADE_OUT_S / 2))
    assert [d.opacity for d in play.draws] == pytest.approx([0.25, 0.5, 0.5])
    play(coasting(unseen_s=HOLD_S + FADE_OUT_S))
    assert play.draws == ()


def test_layers_come_in_order_each_for_every_face():
    play = Player(effect([{}, {"frame": True}, {}]))
    order = [(n.layer, n.worn.face.id if n.worn else 0) for n in play(a_face(1), a_face(2))]
    assert order == [(0, 1), (0, 2), (1, 0), (2, 1), (2, 2)]


def test_opacity_may_be_a_parameter_or_what_the_face_does():
    parameters = {"much": {"kind": "number", "default": 3.0, "max": 5.0}}
    play = Player(effect([{"opacity": "$much"}, {"opacity": "@smile"}], parameters=parameters))
    (first,) = play(a_face())
    assert first.layer == 0
    play(a_face(smile=0.25))
    assert [getattr(d, "opacity", 1.0) for d in play.draws] == [1.0, 0.25]
    play.effect.set("much", -1.0)
    assert play.layers(a_face()) == []


# --- the clock


def test_the_clock_of_an_effect_never_goes_back():
    play = Player(effect([{}]))
    times = [10.0, 10.1, 10.1, 9.0, 9.5, 1e9, 1e9 + 0.1, -5.0]
    moments = [play(a_face(), time_s=t)[0].context for t in times]
    steps = [m.step_s for m in moments]
    assert steps == pytest.approx([1 / 30, 0.1, 0.0, 1 / 30, 0.25, 0.25, 0.1, 1 / 30], abs=1e-6)
    clock = [m.time_s for m in moments]
    assert clock == pytest.approx([sum(steps[: k + 1]) for k in range(len(steps))])
    assert clock == sorted(clock)


def test_the_draw_list_tells_the_effects_own_time():
    worn = effect([{}])
    play = Player(worn)
    for _ in range(3):
        play(a_face())
    assert worn._clock_s == pytest.approx(3 / 30)
