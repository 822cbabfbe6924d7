"""Triggers: when they fire, what they do, to whom, and for how long."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ar_effects.packs.triggers import RELEASE, Trigger, TriggerState, eased, level_of
from tests.effects.worn_packs import Player, a_face, effect

HAT = {"id": "hat", "show": False}


def shown_by(trigger: dict, **more) -> Player:
    return Player(effect([dict(HAT)], [{"do": "show", "layer": "hat", **trigger}], **more))


# --- levels


def test_levels_have_hysteresis():
    play = shown_by({"when": "smile", "above": 0.6})
    release = 0.6 * RELEASE
    levels = [0.5, 0.59, 0.6, 0.9, 0.59, release + 0.01, release - 0.01, 0.59, 0.61]
    shown = [False, False, True, True, True, True, False, False, True]
    assert [play.layers(a_face(smile=level)) == [0] for level in levels] == shown


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.floats(0.05, 1))
def test_a_level_changes_only_where_it_passes_its_limits(levels, above):
    state = TriggerState(
        Trigger.model_validate({"when": "smile", "above": above, "do": "show", "layer": "a"})
    )
    before = False
    for level in levels:
        fired = state.update(a_face(smile=level), frozenset(), 1 / 30)
        assert fired == (state.active and not before)
        if state.active != before:
            assert level >= above if state.active else level < above * RELEASE
        before = state.active


@pytest.mark.parametrize(
    ("when", "face", "level"),
    [
        ("mouth_open", a_face(mouth_open=0.4), 0.4),
        ("smile", a_face(smile=0.3), 0.3),
        ("brow_raise", a_face(brow_raise=0.2), 0.2),
        ("kiss", a_face(pucker=0.7), 0.7),
        ("tilt", a_face(roll=15.0), 0.5),
        ("tilt", a_face(roll=-60.0), 1.0),
        ("eyes_shut", a_face(eye_open_left=0.1, eye_open_right=0.3), 0.7),
        ("eyes_shut", a_face(eye_open_left=0.0, eye_open_right=1.0), 0.0),
    ],
)
def test_what_levels_measure(when, face, level):
    assert level_of(when, face) == pytest.approx(level, abs=1e-3)


def test_what_cannot_be_seen_stays_as_it_was():
    play = shown_by({"when": "smile"})
    assert play.layers(a_face(smile=1.0)) == [0]
    assert play.layers(a_face(smile=0.0, state="coasting", unseen_s=0.1)) == [0]
    assert play.layers(a_face(smile=0.0)) == []


# --- events


def test_an_event_lasts_until_the_next():
    play = shown_by({"when": "blink"})
    events = [(), ("blink",), (), (), ("blink", "nod"), (), ("nod",), ("blink",)]
    assert [play.layers(a_face(events=e)) == [0] for e in events] == [0, 1, 1, 1, 0, 0, 0, 1]


def test_an_event_lasts_as_long_as_it_says():
    play = shown_by({"when": "nod", "for_s": 0.5})
    shown = [play.layers(a_face(events=("nod",) if k in (3, 10) else ())) == [0] for k in range(40)]
    assert shown == [3 <= k < 10 + 15 for k in range(40)], "and a second one begins it anew"


@pytest.mark.parametrize("key", ["x", "X", "ß", "1"])
def test_keys(key):
    play = shown_by({"when": "key", "key": key})
    assert play.layers(a_face()) == []
    play.effect.key(key.upper() if len(key.upper()) == 1 else key)
    assert play.layers(a_face()) == [0]
    play.effect.key("q")
    assert play.layers(a_face()) == [0]
    play.effect.key(key)
    play.effect.key(key)
    assert play.layers(a_face()) == [], "pressed twice within a frame is once"


@pytest.mark.parametrize("fps", [7.0, 30.0, 144.0])
def test_timers_keep_their_pace(fps):
    worn = effect([{"id": "a"}], [{"when": "timer", "every_s": 0.7, "do": "burst", "layer": "a"}])
    play = Player(worn, fps)
    seconds = 40
    for _ in range(round(seconds * fps)):
        (noted,) = play(a_face())
    assert len(noted.state.cues) == pytest.approx(seconds / 0.7, abs=1.3)


def test_faces_that_enter_and_leave():
    triggers = [
        {"when": "face_enters", "do": "show", "layer": "hat", "for_s": 0.2},
        {"when": "face_leaves", "do": "show", "layer": "bye", "for_s": 0.2},
    ]
    play = Player(effect([dict(HAT), {"id": "bye", "show": False, "frame": True}], triggers))
    frames = [play.layers(*faces) for faces in [(), *[(a_face(),)] * 8, *[()] * 8]]
    assert frames == [[], *[[0]] * 6, [], [], *[[1]] * 6, [], []]


def test_events_of_a_parked_face_are_over():
    play = shown_by({"when": "blink"}, on_lost="park")
    assert play.layers(a_face(events=("blink",))) == [0]
    assert [play.layers() for _ in range(5)] == [[0]] * 5, "it stays as it was, and does not blink on"


# --- what they do


def test_show_hide_and_toggle():
    layers = [{"id": "a"}, {"id": "b", "show": False}, {"id": "c"}, {"id": "d", "show": False}]
    triggers = [
        {"when": "smile", "do": "hide", "layer": "a"},
        {"when": "smile", "do": "show", "layer": "b"},
        {"when": "smile", "do": "toggle", "layer": "c"},
        {"when": "smile", "do": "toggle", "layer": "d"},
    ]
    play = Player(effect(layers, triggers))
    assert play.layers(a_face()) == [0, 2]
    assert play.layers(a_face(smile=1.0)) == [1, 3]
    assert play.layers(a_face()) == [0, 2]


def test_each_face_is_asked_for_itself():
    play = shown_by({"when": "smile"})
    one, two = play(a_face(1, smile=1.0), a_face(2, smile=1.0))
    assert {one.worn.face.id, two.worn.face.id} == {1, 2}
    assert one.state is not two.state
    (only,) = play(a_face(1), a_face(2, smile=1.0))
    assert only.worn.face.id == 2
    assert only.state is two.state


def test_layers_of_the_frame_follow_whoever_does_it():
    triggers = [
        {"when": "smile", "do": "show", "layer": "all"},
        {"when": "blink", "do": "burst", "layer": "all"},
    ]
    play = Player(effect([{"id": "all", "show": False, "frame": True}], triggers))
    assert play.layers(a_face(1), a_face(2)) == []
    (noted,) = play(a_face(1), a_face(2, smile=1.0))
    assert noted.worn is None
    (again,) = play(a_face(1), a_face(2, smile=1.0, events=("blink",)))
    assert again.state is noted.state
    assert again.state.cues == ["burst"], "the frame's own state is told, not another one"


def test_a_hidden_layer_begins_anew():
    play = shown_by({"when": "smile"})
    (first,) = play(a_face(smile=1.0))
    play(a_face())
    (second,) = play(a_face(smile=1.0))
    assert second.state is not first.state


def test_cues_reach_the_face_that_gave_them_or_all():
    triggers = [
        {"when": "wink_left", "do": "play", "layer": "a"},
        {"when": "key", "key": "b", "do": "burst", "layer": "a"},
    ]
    play = Player(effect([{"id": "a"}, {"id": "other"}], triggers))
    faces = (a_face(1, events=("wink_left",)), a_face(2))
    cues = {(n.layer, n.worn.face.id): n.state.cues for n in play(*faces)}
    assert cues == {(0, 1): ["play"], (0, 2): [], (1, 1): [], (1, 2): []}
    play.effect.key("b")
    cues = {(n.layer, n.worn.face.id): n.state.cues for n in play(a_face(1), a_face(2))}
    assert cues == {(0, 1): ["play", "burst"], (0, 2): ["burst"], (1, 1): [], (1, 2): []}


def test_next_goes_round_the_options():
    parameters = {"colour": {"kind": "choice", "default": "blue", "options": ["red", "blue", "green"]}}
    triggers = [{"when": "nod", "do": "next", "parameter": "colour"}]
    play = Player(effect([{}], triggers, parameters))
    seen = []
    for _ in range(4):
        play(a_face(events=("nod",)))
        seen.append(play.effect.parameters["colour"])
        play(a_face())
    assert seen == ["green", "red", "blue", "green"]


# --- tweens

SIZE = {"size": {"kind": "number", "default": 2.0, "min": 0.0, "max": 10.0}}


def tweened(to: float = 8.0, **more) -> Player:
    trigger = {"when": "smile", "do": "tween", "parameter": "size", "to": to, **more}
    return Player(effect([{}, {"frame": True}], [trigger], dict(SIZE)))


def size_of(play: Player, *faces) -> float:
    return play(*faces)[0].values.number("$size")


@pytest.mark.parametrize("ease", ["linear", "in", "out", "in_out", "back"])
def test_a_tween_takes_its_time_and_comes_back(ease):
    play = tweened(seconds=0.5, ease=ease)
    assert size_of(play, a_face()) == pytest.approx(2.0)
    there = [size_of(play, a_face(smile=1.0)) for _ in range(20)]
    back = [size_of(play, a_face()) for _ in range(20)]
    assert there[-1] == pytest.approx(8.0)
    assert back[-1] == pytest.approx(2.0)
    assert 2.0 < there[6] < (8.7 if ease == "back" else 8.0)
    if ease == "back":
        assert max(there) > 8.2, "a bit too far, and back"
    else:
        assert there == sorted(there)
        assert back == sorted(back, reverse=True)


def test_a_tween_of_no_time_is_there_at_once():
    play = tweened(seconds=0.0)
    assert size_of(play, a_face(smile=1.0)) == 8.0
    assert size_of(play, a_face()) == 2.0


def test_tweens_are_of_each_face_and_the_frame_follows():
    play = tweened(seconds=0.0)
    noted = play(a_face(1), a_face(2, smile=1.0))
    sizes = {(n.layer, n.worn.face.id if n.worn else 0): n.values.number("$size") for n in noted}
    assert sizes == {(0, 1): 2.0, (0, 2): 8.0, (1, 0): 8.0}
    assert play.effect.parameters["size"] == 2.0, "the slider stays where it was"


def test_tweens_stay_in_the_parameters_range():
    play = tweened(to=9.9, seconds=0.3, ease="spring")
    sizes = [size_of(play, a_face(smile=1.0)) for _ in range(90)]
    assert max(sizes) == 10.0
    assert sizes[-1] == pytest.approx(9.9, abs=0.01)


spring = st.lists(st.tuples(st.floats(0.0, 0.25), st.booleans()), min_size=1, max_size=60)


@given(spring, st.floats(0, 60))
def test_springs_never_run_away(steps, seconds):
    """Whatever the frames' times: at most e^(-pi zeta / sqrt(1 - zeta^2)) beyond, twice over when driven."""
    trigger = {
        "when": "smile",
        "do": "tween",
        "parameter": "a",
        "to": 1.0,
        "ease": "spring",
        "seconds": seconds,
    }
    state = TriggerState(Trigger.model_validate(trigger))
    for step_s, smiles in steps:
        state.update(a_face(smile=float(smiles)), frozenset(), step_s)
        assert -0.5 <= state.amount <= 1.5
        assert math.isfinite(state.amount)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.6])
def test_springs_do_not_depend_on_the_frames(seconds):
    trigger = {
        "when": "smile",
        "do": "tween",
        "parameter": "a",
        "to": 1.0,
        "ease": "spring",
        "seconds": seconds,
    }
    ends = []
    for fps in (8, 24, 240):
        state = TriggerState(Trigger.model_validate(trigger))
        for _ in range(fps // 2):
            state.update(a_face(smile=1.0), frozenset(), 1 / fps)
        ends.append(state.amount)
    assert ends == pytest.approx([ends[0]] * 3, abs=1e-6)


def test_a_spring_swings_over_and_settles():
    play = tweened(to=6.0, seconds=0.4, ease="spring")
    sizes = [size_of(play, a_face(smile=1.0)) for _ in range(90)]
    assert 6.3 < max(sizes) < 7.0
    assert sizes[-1] == pytest.approx(6.0, abs=0.01)


@given(st.sampled_from(["linear", "in", "out", "in_out", "back"]), st.floats(0, 1))
def test_easing_begins_at_0_and_ends_at_1(ease, x):
    assert eased(0.0, ease) == pytest.approx(0.0, abs=1e-12)
    assert eased(1.0, ease) == pytest.approx(1.0)
    assert -1e-9 <= eased(x, ease) <= (1.11 if ease == "back" else 1.0 + 1e-9)


BAD = {
    "key without a key": {"when": "key", "do": "show", "layer": "a"},
    "key elsewhere": {"when": "smile", "key": "a", "do": "show", "layer": "a"},
    "timer without every_s": {"when": "timer", "do": "show", "layer": "a"},
    "every_s elsewhere": {"when": "nod", "every_s": 1.0, "do": "show", "layer": "a"},
    "show without a layer": {"when": "nod", "do": "show"},
    "show of a parameter": {"when": "nod", "do": "show", "parameter": "a"},
    "tween without to": {"when": "nod", "do": "tween", "parameter": "a"},
    "tween of both": {"when": "nod", "do": "tween", "parameter": "a", "layer": "b", "to": 1.0},
    "to without tween": {"when": "nod", "do": "show", "layer": "b", "to": 1.0},
    "above 1": {"when": "smile", "above": 1.5, "do": "show", "layer": "a"},
    "two keys": {"when": "key", "key": "ab", "do": "show", "layer": "a"},
    "unknown when": {"when": "sneeze", "do": "show", "layer": "a"},
}


@pytest.mark.parametrize("what", BAD)
def test_triggers_that_make_no_sense_are_refused(what):
    with pytest.raises(ValueError, match=r"validation error"):
        Trigger.model_validate(BAD[what])
