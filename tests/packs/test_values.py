"""References, parameters and their values."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ar_effects.errors import InputError
from ar_effects.packs.manifest import Manifest
from ar_effects.packs.parameters import AnyParameter, accepted, first_value
from ar_effects.packs.values import SIGNALS, Values, hex_from_rgba, rgba_from_hex
from ar_effects.records import Expression
from tests.effects.worn_packs import Player, a_face, effect

PARAMETERS = {
    "size": {"kind": "number", "default": 2.0, "min": -1.0, "max": 10.0},
    "lens": {"kind": "colour", "default": "#ff8000"},
    "on": {"kind": "flag", "default": True},
    "which": {"kind": "choice", "default": "b", "options": ["a", "b"]},
    "face": {"kind": "picture"},
}
PICTURE = np.zeros((2, 2, 4), np.uint8)


def parameter(**table):
    return TypeAdapter(AnyParameter).validate_python(table)


def values(expression=None, **more) -> Values:
    first = {name: first_value(parameter(**table)) for name, table in PARAMETERS.items()}
    return Values({**first, **more}, {"smile.png": PICTURE}, expression)


def test_literals_stand_for_themselves():
    v = values()
    assert (v.number(3), v.number(0.5), v.flag(False), v.text("word")) == (3.0, 0.5, False, "word")
    assert v.colour("#ffffff") == (1.0, 1.0, 1.0, 1.0)


def test_references_stand_for_their_parameter():
    v = values(size=4.0, on=False, lens="#00ff0080")
    assert (v.number("$size"), v.flag("$on"), v.text("$which")) == (4.0, False, "b")
    assert v.colour("$lens") == pytest.approx((0.0, 1.0, 0.0, 128 / 255))
    assert v.picture("$face") is None, "nobody has chosen one"
    assert values(face="smile.png").picture("$face") is PICTURE
    assert v.picture("smile.png") is PICTURE


@pytest.mark.parametrize("signal", SIGNALS)
def test_signals_stand_for_what_the_face_does(signal):
    assert values(Expression(**{signal: 0.3})).number(f"@{signal}") == 0.3
    rest = getattr(Expression(), signal)
    assert values(None).number(f"@{signal}") == rest, "unknown: at rest"


def test_every_number_of_an_expression_is_a_signal():
    assert set(SIGNALS) == {f.name for f in fields(Expression)} - {"events"}


@given(st.tuples(*[st.integers(0, 255)] * 4))
def test_colours_there_and_back(levels):
    text = "#" + "".join(f"{v:02x}" for v in levels)
    assert hex_from_rgba(rgba_from_hex(text)) == text


def test_colours_are_decoded():
    assert rgba_from_hex("#808080")[0] == pytest.approx(0.2158605, abs=1e-6)
    assert rgba_from_hex("#0A0a0a")[0] == pytest.approx(10 / 255 / 12.92)


# --- parameters


@given(st.floats() | st.integers() | st.booleans() | st.text(max_size=9) | st.none())
def test_a_value_is_taken_within_its_range_or_not_at_all(value):
    for table in PARAMETERS.values():
        one = parameter(**table)
        taken = accepted(one, value)
        if taken is None:
            continue
        assert accepted(one, taken) == taken
        if one.kind == "number":
            assert -1.0 <= taken <= 10.0
            assert math.isfinite(taken)
        elif one.kind == "choice":
            assert taken in one.options
        elif one.kind == "flag":
            assert taken is value
        elif one.kind == "colour":
            rgba_from_hex(taken)


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("size", 3, 3.0),
        ("size", 99.0, 10.0),
        ("size", -math.inf, -1.0),
        ("size", math.nan, None),
        ("size", True, None),
        ("size", "3", None),
        ("lens", "#12aBcD", "#12aBcD"),
        ("lens", "#12abcdef", "#12abcdef"),
        ("lens", "12abcd", None),
        ("lens", "#12abc", None),
        ("lens", "#12abcg", None),
        ("lens", "#+1+2+3", None),
        ("on", False, False),
        ("on", 0, None),
        ("which", "a", "a"),
        ("which", "c", None),
        ("face", "my.png", "my.png"),
        ("face", 1.0, None),
    ],
)
def test_what_parameters_take(name, value, taken):
    assert accepted(parameter(**PARAMETERS[name]), value) == taken


BAD = {
    "min above max": {"kind": "number", "default": 1.0, "min": 2.0, "max": 1.0},
    "default outside": {"kind": "number", "default": 3.0},
    "default not an option": {"kind": "choice", "default": "c", "options": ["a", "b"]},
    "one option": {"kind": "choice", "default": "a", "options": ["a"]},
    "no colour": {"kind": "colour", "default": "red"},
    "flag as a number": {"kind": "flag", "default": 1},
    "unknown key": {"kind": "flag", "default": True, "mini": 1},
}


@pytest.mark.parametrize("what", BAD)
def test_parameters_that_make_no_sense_are_refused(what):
    with pytest.raises(ValueError, match="validation error"):
        parameter(**BAD[what])


def test_setting_a_parameter():
    play = Player(effect([{}], parameters=dict(PARAMETERS)))
    worn = play.effect
    worn.set("size", 50)
    assert play(a_face())[0].values.number("$size") == 10.0
    worn.set("face", "mine", PICTURE)
    assert play(a_face())[0].values.picture("$face") is PICTURE
    with pytest.raises(InputError, match=r"no such parameter.*size, lens, on, which, face.*got 'sise'"):
        worn.set("sise", 1.0)
    with pytest.raises(InputError, match=r"lens cannot take this value, expected colour, got 7"):
        worn.set("lens", 7)
    assert worn.parameters["lens"] == "#ff8000"


# --- references in a manifest


def manifest(layer: dict, **more) -> dict:
    return {
        "format": 2,
        "title": "T",
        "parameters": PARAMETERS,
        "layers": [{"kind": "cover", **layer}],
        **more,
    }


@pytest.mark.parametrize(
    "layer",
    [{"opacity": "$size"}, {"opacity": "@smile"}, {"show": "$on"}, {"colour": "$lens"}, {"opacity": 1}],
)
def test_references_that_lead_somewhere(layer):
    Manifest.model_validate(manifest(layer))


WRONG = {
    "unknown parameter": ({"opacity": "$sise"}, r"layers\[0\]\.opacity.*sise"),
    "unknown signal": ({"opacity": "@smil"}, r"layers\[0\]\.opacity.*smil"),
    "a colour for a number": ({"opacity": "$lens"}, r"layers\[0\]\.opacity.*number.*colour"),
    "a number for a flag": ({"show": "$size"}, r"layers\[0\]\.show.*flag.*number"),
    "a signal for a flag": ({"show": "@smile"}, r"layers"),
    "no reference": ({"opacity": "size"}, r"layers"),
}


@pytest.mark.parametrize("what", WRONG)
def test_references_that_lead_nowhere_are_named(what):
    layer, message = WRONG[what]
    with pytest.raises(ValueError, match=message):
        Manifest.model_validate(manifest(layer))


def test_ids_and_targets_of_triggers_are_named():
    nod = {"when": "nod", "do": "show", "layer": "hut"}
    with pytest.raises(ValueError, match=r"triggers\[0\]\.layer.*'hut'"):
        Manifest.model_validate(manifest({"id": "hat"}, triggers=[nod]))
    tween = {"when": "nod", "do": "tween", "parameter": "lens", "to": 1.0}
    with pytest.raises(ValueError, match=r"triggers\[0\]\.parameter.*number, not a colour"):
        Manifest.model_validate(manifest({}, triggers=[tween]))
    twice = manifest({"id": "hat"})
    twice["layers"] *= 2
    with pytest.raises(ValueError, match=r"layers\[1\]\.id.*two layers|layers\[0\]\.id.*two layers"):
        Manifest.model_validate(twice)
