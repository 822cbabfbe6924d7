"""Packs of format 1 are read as those of format 2, and rewritten in place."""

from __future__ import annotations

import tomllib

import pytest

from ar_effects.packs.formats import FORMAT, as_newest, as_written, upgraded

OLD = """# a pack of last year
format = 1 # the old one
title = "unit_mm and bends"

[[layers]]
kind = "model"
file = "a.glb"
unit_mm = 2.5  # not bends = true
fit = "true"
bends = true

[[layers]]
kind = "sprite"
picture = "fit.png"
"""

NEW = """# a pack of last year
format = 2 # the old one
title = "unit_mm and bends"

[[layers]]
kind = "model"
file = "a.glb"
mm_per_unit = 2.5  # not bends = true
fit = "metric"
deforms_with_face = true

[[layers]]
kind = "sprite"
picture = "fit.png"
"""


def test_an_older_manifest_is_read_as_the_newest():
    assert as_newest(tomllib.loads(OLD)) == tomllib.loads(NEW)
    assert as_newest(tomllib.loads(NEW)) == tomllib.loads(NEW)


def test_an_older_manifest_is_rewritten_and_nothing_else_changes():
    text, changes = upgraded(OLD, tomllib.loads(OLD))
    assert text == NEW
    assert sorted(change.line for change in changes) == [2, 8, 9, 10]
    assert ("bends = true", "deforms_with_face = true") in {(c.before, c.now) for c in changes}
    assert upgraded(NEW, tomllib.loads(NEW)) == (NEW, [])


@pytest.mark.parametrize(
    "layers",
    [
        'layers = [{kind = "model", file = "a.glb", unit_mm = 1.0, fit = "true", bends = false}]',
        'layers = [\n {kind="model", file="true", "unit_mm"=1, fit="true"},\n {kind="model", bends =true}]',
        "[[layers]]\nkind = 'model'\n'unit_mm' = 1.0\nfit = 'true'",
    ],
)
def test_however_it_is_written_it_is_the_same_afterwards(layers):
    old = f'format = 1\ntitle = "x"\n{layers}\n'
    text, _ = upgraded(old, tomllib.loads(old))
    assert tomllib.loads(text) == as_newest(tomllib.loads(old))
    assert tomllib.loads(text)["format"] == FORMAT


@pytest.mark.parametrize("table", [{}, {"format": "1"}, {"format": True}, {"format": 0}, {"format": 3}])
def test_what_is_of_no_format_that_is_known_stays(table):
    assert as_newest(table) is table
    assert upgraded("x", table) == ("x", [])


@pytest.mark.parametrize("layers", [None, 7, [7], [{}], [{"kind": 3}], [{"kind": "model", "fit": ["true"]}]])
def test_what_is_wrong_stays_wrong(layers):
    table = {"format": 1, "layers": layers}
    assert as_newest(table)["layers"] == layers


def test_a_key_is_named_as_it_is_written():
    old, new = tomllib.loads(OLD), tomllib.loads(NEW)
    assert as_written(("layers", 0, "mm_per_unit"), old) == ("layers", 0, "unit_mm")
    assert as_written(("layers", 0, "deforms_with_face"), old) == ("layers", 0, "bends")
    assert as_written(("layers", 0, "mm_per_unit"), new) == ("layers", 0, "mm_per_unit")
    assert as_written(("layers", 1, "picture"), old) == ("layers", 1, "picture")
    assert as_written(("title",), old) == ("title",)


def test_old_and_new_words_at_once_are_no_key_of_either():
    both = {"format": 1, "layers": [{"kind": "model", "unit_mm": 1.0, "mm_per_unit": 2.0}]}
    assert as_newest(both)["layers"][0] == {"kind": "model", "unit_mm": 1.0, "mm_per_unit": 2.0}
