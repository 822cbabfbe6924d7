"""Packs of format 1 are read as those of format 2, and rewritten in place."""

from __future__ import annotations

import shutil
import tomllib

import pytest
from click.testing import CliRunner

from ar_effects.cli.pack_commands import packs
from ar_effects.errors import PackError
from ar_effects.packs import upgrading
from ar_effects.packs.check import find_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.formats import FORMAT, as_newest, as_written, upgraded
from ar_effects.packs.pack import load_pack
from ar_effects.packs.upgrading import upgrade
from ar_effects.paths import EFFECTS

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


@pytest.fixture
def old_pack(tmp_path):
    """The sunglasses as they were written in format 1."""
    folder = tmp_path / "old"
    shutil.copytree(EFFECTS / "sunglasses", folder)
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    text = text.replace("format = 2", "format = 1").replace("mm_per_unit", "unit_mm")
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return folder


def test_a_pack_of_the_old_format_is_worn_as_before(old_pack):
    old, new = load_pack(old_pack), load_pack(EFFECTS / "sunglasses")
    assert old.manifest == new.manifest


def test_check_names_the_old_key_on_its_line_and_how_to_be_rid_of_it(old_pack):
    (advice,) = find_problems(old_pack)
    assert not advice.serious
    assert "packs upgrade" in str(advice)
    path = old_pack / MANIFEST
    path.write_text(
        path.read_text(encoding="utf-8").replace("unit_mm = 1.0", "unit_mm = -1.0"), encoding="utf-8"
    )
    (problem,) = find_problems(old_pack)
    assert problem.error.key == "layers[0].unit_mm"
    assert "unit_mm = -1.0" in path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    with pytest.raises(PackError) as caught:
        load_pack(old_pack)
    assert caught.value.key == "layers[0].unit_mm"


@pytest.mark.parametrize(("start", "end"), [("", "\n"), ("\ufeff", "\r\n")])
def test_upgrade_rewrites_it_and_keeps_the_rest(old_pack, start, end):
    path = old_pack / MANIFEST
    path.write_bytes((start + path.read_text(encoding="utf-8").replace("\n", end)).encode())
    runner = CliRunner()
    done = runner.invoke(packs, ["upgrade", str(old_pack)], standalone_mode=False)
    assert done.return_value == 0
    assert "unit_mm" in done.output
    now = path.read_bytes().decode()
    assert now == start + (EFFECTS / "sunglasses" / MANIFEST).read_text(encoding="utf-8").replace("\n", end)
    assert find_problems(old_pack) == []
    assert upgrade(path) == []


def test_what_cannot_be_found_is_told_and_nothing_is_written(tmp_path):
    path = tmp_path / MANIFEST
    text = 'format = 1\ntitle = "x"\n[[layers]]\nkind = "model"\n"unit\\u005Fmm" = 1.0\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match="by hand"):
        upgrade(path)
    assert path.read_text(encoding="utf-8") == text


def test_a_manifest_that_cannot_be_written_is_as_it_was(old_pack, monkeypatch):
    before = (old_pack / MANIFEST).read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upgrading, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        upgrade(old_pack / MANIFEST)
    assert (old_pack / MANIFEST).read_bytes() == before
