"""The layer ``post``: its keys, its moments, and what it hands on."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from ar_effects.drawlist import Group
from ar_effects.drawlist.cover import CoverDraw
from ar_effects.drawlist.glsl import GlslDraw
from ar_effects.drawlist.post import GrainStep, LutStep, PostDraw, ShiftStep, ToneStep, VignetteStep
from ar_effects.effects.effect import Effect
from ar_effects.effects.film import Film, film_draw
from ar_effects.effects.layers.post import KEYS, PostTable
from ar_effects.errors import PackError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.pack import load_pack
from ar_effects.records import Expression, Frame, TrackedFrame

CAMERA = Camera.assumed(320, 240)
IMAGE = np.zeros((240, 320, 3), np.uint8)
HEAD = 'format = 2\ntitle = "Test"\n'


@pytest.fixture
def wear(tmp_path: Path):
    (tmp_path / "look.cube").write_text("LUT_1D_SIZE 2\n0 0 0\n1 1 0.5\n")
    (tmp_path / "own.glsl").write_text("void main() { result = vec4(1.0); }")

    def make(text: str) -> Effect:
        (tmp_path / "effect.toml").write_text(HEAD + text, encoding="utf-8")
        return Effect(load_pack(tmp_path))

    return make


def post(effect: str, more: str = "") -> str:
    return f'[[layers]]\nkind = "post"\neffect = "{effect}"\n{more}\n'


def draws(effect: Effect, time_s: float = 0.0, faces: tuple = ()):
    return effect.draw_list(TrackedFrame(Frame(IMAGE, time_s), faces, CAMERA)).draws


def test_every_effect_is_drawn_without_a_face(wear):
    kinds = {
        "lut": LutStep,
        "vignette": VignetteStep,
        "grain": GrainStep,
        "chromatic_aberration": ShiftStep,
    }
    for effect, step in kinds.items():
        (draw,) = draws(wear(post(effect, 'file = "look.cube"' if effect == "lut" else "")))
        assert [type(s) for s in draw.steps] == [step]
    (film,) = draws(wear(post("film")))
    assert {ShiftStep, ToneStep, GrainStep, VignetteStep} == {type(s) for s in film.steps}
    (cells,) = draws(wear(post("pixelate", "cells = 40")))
    assert isinstance(cells, CoverDraw)
    assert cells.cells == 40
    (own,) = draws(wear(post("glsl", 'file = "own.glsl"')))
    assert isinstance(own, GlslDraw)
    assert {*kinds, "film", "pixelate", "glsl"} == set(KEYS)


def test_neighbours_are_one_pass(wear):
    (draw,) = draws(wear(post("lut", 'file = "look.cube"') + post("vignette") + post("grain")))
    assert [type(s) for s in draw.steps] == [LutStep, VignetteStep, GrainStep]


def test_opacity_weakens_without_a_group(wear):
    (full,), (half_size,) = (draws(wear(post("vignette", f"opacity = {o}"))) for o in (1.0, 0.5))
    assert half_size.steps[0].amount == pytest.approx(full.steps[0].amount / 2)
    (group,) = draws(wear(post("vignette", 'blend = "multiply"')))
    assert isinstance(group, Group)
    assert not group.isolated
    assert draws(wear(post("vignette", "opacity = 0.0"))) == ()
    assert draws(wear(post("film", "amount = 0.0"))) == ()


def test_parameters_and_faces_move_it(wear, demo_face):
    effect = wear(
        '[parameters.much]\nkind = "number"\ndefault = 2.0\nmax = 9.0\n'
        '[parameters.edge]\nkind = "colour"\ndefault = "#ff800080"\n'
        + post("vignette", 'amount = "$much"\ncolour = "$edge"\nradius = "@mouth_open"')
    )
    face = replace(demo_face, expression=Expression(mouth_open=0.7))
    (draw,) = draws(effect, faces=(face,))
    step = draw.steps[0]
    assert step.amount == pytest.approx(128 / 255), "within 0..1, and as clear as the colour"
    assert step.colour == pytest.approx((1.0, 128 / 255, 0.0))
    assert step.radius == pytest.approx(0.7), "the frame's layers follow whoever does it"
    effect.set("much", 0.5)
    assert draws(effect, faces=(face,))[0].steps[0].amount == pytest.approx(0.5 * 128 / 255)


def test_uniforms(wear):
    effect = wear(
        '[parameters.tint]\nkind = "colour"\ndefault = "#ff0000"\n'
        '[parameters.on]\nkind = "flag"\ndefault = true\n'
        '[parameters.many]\nkind = "number"\ndefault = 3.0\nmax = 5.0\n'
        + post("glsl", 'file = "own.glsl"')
        + "[layers.uniforms]\na = 0.5\nb = 2\nc = '$tint'\nd = '#00ff00'\ne = '$on'\nf = false\n"
        "g = [1, 2.5]\nh = [0.1, 0.2, 0.3]\ni = '$many'\nj = '@smile'\n"
    )
    (draw,) = draws(effect)
    kinds = "float float vec4 vec4 bool bool vec2 vec3 float float".split()  # noqa: SIM905
    assert draw.source.uniforms == tuple(zip("abcdefghij", kinds, strict=True))
    values = dict(draw.values)
    assert values["c"] == (1.0, 0.0, 0.0, 1.0)
    assert (values["a"], values["b"], values["e"], values["f"], values["i"]) == (0.5, 2.0, True, False, 3.0)
    assert (values["g"], values["h"], values["j"]) == ((1, 2.5), (0.1, 0.2, 0.3), 0.0)
    (again,) = draws(effect, 0.1)
    assert again.source is draw.source, "compiled once"


MISTAKES = {
    "no effect": ("", ["lacks the key layers[0].effect"]),
    "unknown effect": ('effect = "vignet"', ["layers[0].effect", "'vignette'"]),
    "another's key": (
        'effect = "vignette"\nsepia = 0.5',
        ["layers[0]", "sepia", "does not belong", "radius, softness"],
    ),
    "table without a file": ('effect = "lut"', ["layers[0]", "needs file"]),
    "shader without a file": ('effect = "glsl"', ["layers[0]", "needs file"]),
    "absent file": ('effect = "lut"\nfile = "lok.cube"', ["layers[0].file", "Did you mean 'look.cube'"]),
    "amount above 1": ('effect = "grain"\namount = 1.5', ["layers[0].amount"]),
    "uniform named as a word of GLSL": (
        'effect = "glsl"\nfile = "own.glsl"\nuniforms = {float = 1}',
        ["uniforms.float", "something else"],
    ),
    "uniform named as what is given": (
        'effect = "glsl"\nfile = "own.glsl"\nuniforms = {picture = 1}',
        ["uniforms.picture"],
    ),
    "uniform of two underscores": (
        'effect = "glsl"\nfile = "own.glsl"\nuniforms = {a__b = 1}',
        ["uniforms.a__b"],
    ),
    "uniform as text": (
        'effect = "glsl"\nfile = "own.glsl"\nuniforms = {a = "red"}',
        ["layers[0].uniforms.a"],
    ),
    "uniform of nine": (
        'effect = "glsl"\nfile = "own.glsl"\nuniforms = {a = [1, 2, 3, 4, 5]}',
        ["layers[0].uniforms.a"],
    ),
    "unknown parameter": (
        'effect = "glsl"\nfile = "own.glsl"\nuniforms = {a = "$b"}',
        ["layers[0].uniforms.a", "no parameter 'b'"],
    ),
}


@pytest.mark.words
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place(wear, mistake):
    text, parts = MISTAKES[mistake]
    with pytest.raises(PackError) as caught:
        wear(f'[[layers]]\nkind = "post"\n{text}\n')
    for part in ("effect.toml", *parts):
        assert part in str(caught.value)
    assert caught.value.fix


def test_every_key_of_an_effect_is_a_key_of_the_table():
    for effect, keys in KEYS.items():
        assert set(keys) <= set(PostTable.model_fields), effect


# --- film --------------------------------------------------------------------------------------------------


def test_film_is_the_same_at_the_same_moment():
    film = Film(scratches=1.0, dust=1.0)
    for time_s in (0.0, 0.37, 12.5, 4e4):
        one, two = (film_draw(film, time_s, 7) for _ in range(2))
        assert (one.steps, one.film_marks) == (two.steps, two.film_marks)
    assert film_draw(film, 1.0, 7).film_marks != film_draw(film, 1.0, 8).film_marks
    assert film_draw(film, 1.0, 7).film_marks != film_draw(film, 1.1, 7).film_marks


def test_film_stands_still_within_one_of_its_frames():
    film = Film(scratches=0.0, dust=1.0, weave=0.0, flicker=0.0)
    assert film_draw(film, 1.0, 1).steps == film_draw(film, 1.02, 1).steps
    assert film_draw(film, 1.0, 1).film_marks == film_draw(film, 1.02, 1).film_marks


def test_film_without_anything_is_nothing():
    none = Film(**{f.name: 0.0 for f in fields(Film)})
    draw = film_draw(none, 3.0, 1)
    assert draw.film_marks == ()
    assert draw.steps[0] == ShiftStep((0.0, 0.0))
    assert draw.steps[1] == ToneStep()
    assert all(getattr(s, "amount", 0.0) == 0.0 for s in draw.steps)


def test_marks_fit_the_renderer():
    from ar_effects.render.passes.post import MAX_MARKS

    most = max(len(film_draw(Film(scratches=1.0, dust=1.0), t / 7, 3).film_marks) for t in range(300))
    assert 3 < most <= MAX_MARKS


def test_fading_reaches_nothing():
    draw = film_draw(Film(scratches=1.0, dust=1.0), 1.0, 1).faded(0.0)
    assert isinstance(draw, PostDraw)
    assert all(m.strength == 0.0 for m in draw.film_marks)
    assert draw.steps[1] == ToneStep()
