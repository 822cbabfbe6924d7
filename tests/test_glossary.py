"""Words that docs/glossary.md calls gone are no identifiers, module names or manifest keys."""

from __future__ import annotations

import io
import json
import re
import tokenize
from pathlib import Path

import pytest

from ar_effects.paths import ROOT

TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
GONE = set(re.findall(r"`(\w+)`", TEXT.split("## Words that are gone")[1]))

OTHERS = {
    "app/window/file_watcher.py": {"watch"},  # watchfiles'
    "effects/motion/swarm.py": {"casting"},  # numpy's
    "app/window/captions.py": {"color"},  # pyglet's
}
"""What other packages call their functions and arguments."""

PACKAGE = ROOT / "ar_effects"
MODULES = sorted(p for folder in (PACKAGE, ROOT / "examples") for p in folder.rglob("*.py"))


def names_in(source: str) -> set[str]:
    return {
        t.string for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.NAME
    }


def test_the_list_is_the_issue_s():
    assert len(GONE) > 60
    assert {"Wardrobe", "share", "unit_mm", "told"} <= GONE


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_identifier_is_one_that_is_gone(path: Path):
    used = names_in(path.read_text(encoding="utf-8")) & GONE
    inside = path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else ""
    assert used <= OTHERS.get(inside, set())


def test_the_search_finds_one():
    assert names_in('def f(share):\n    "told"\n    return share  # said\n') & GONE == {"share"}


def test_what_others_call_so_is_still_used():
    for path, names in OTHERS.items():
        assert names <= names_in((PACKAGE / path).read_text(encoding="utf-8")), path


def test_no_module_or_shader_is_called_so():
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.glsl")]
    assert not {p.name.split(".")[0] for p in files} & GONE
    assert not {p.parent.name for p in files} & GONE


def keys_of(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*map(keys_of, schema.values()))


def test_no_key_of_a_manifest_is_called_so():
    schema = json.loads((ROOT / "effects" / "schema.json").read_text(encoding="utf-8"))
    assert "mm_per_unit" in keys_of(schema)
    assert not keys_of(schema) & GONE


def test_every_word_is_explained_once():
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", TEXT, re.MULTILINE)
    single = [word.strip() for group in words for word in group.split(",")]
    assert len(single) == len(set(single)) > 30
    assert words == sorted(words, key=str.casefold)
