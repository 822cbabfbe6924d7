"""docs/effect-packs.md is up to date, complete, and its links and examples hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ar_effects.cli.pack_commands import packs
from ar_effects.packs.layer_kinds import ByKind
from ar_effects.packs.manifest import Manifest
from ar_effects.packs.parameters import AnyParameter
from ar_effects.packs.templates import TEMPLATES
from ar_effects.packs.triggers import Trigger
from ar_effects.packs.values import SIGNALS
from ar_effects.paths import ROOT
from tools.docs import keys

DOCS = ROOT / "docs"
TEXT = keys.TARGET.read_text(encoding="utf-8")
LAYERS = list(ByKind().tables())


def section(title: str) -> str:
    start = TEXT.index(f"{title}\n")
    return TEXT[start : TEXT.find("\n#", start + 1)]


def test_the_tables_are_those_of_the_models():
    made = TEXT.split(keys.BEGIN)[1].split(keys.END)[0]
    assert made == f"\n{keys.sections()}\n", "python -m tools.docs.keys"


@pytest.mark.parametrize("table", LAYERS)
def test_every_key_of_a_layer_is_named(table):
    kind = table.model_fields["kind"].annotation.__args__[0]
    told = section(f'#### `kind = "{kind}"`')
    for key in set(table.model_fields) - {"kind", *keys.COMMON}:
        assert f"| `{key}` |" in told, key


def test_every_other_key_is_named():
    for key in Manifest.model_fields:
        assert f"| `{key}` |" in section("### The manifest")
    for key in Trigger.model_fields:
        assert f"| `{key}` |" in section("### `[[triggers]]`")
    for key in keys.COMMON:
        assert f"| `{key}` |" in section("### `[[layers]]`")
    for table in AnyParameter.__origin__.__args__:
        assert f'`kind = "{table.model_fields["kind"].annotation.__args__[0]}"`' in TEXT
    for signal in SIGNALS:
        assert f"`@{signal}`" in TEXT


def test_every_command_and_template_is_named():
    for name in packs.commands:
        assert f"| `packs {name}" in TEXT
    for path in TEMPLATES.iterdir():
        assert f"`{path.name}`" in TEXT


@pytest.mark.parametrize("path", [keys.TARGET, ROOT / "README.md", *sorted((DOCS / "layers").glob("*.md"))])
def test_links_lead_somewhere(path: Path):
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), link


def test_every_layer_has_a_page():
    for table in LAYERS:
        kind = table.model_fields["kind"].annotation.__args__[0]
        assert f"](layers/{kind}.md)" in TEXT


@pytest.mark.parametrize("path", [keys.TARGET, *sorted((DOCS / "layers").glob("*.md"))])
def test_examples_are_toml(path: Path):
    examples = re.findall(r"```toml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    assert examples, "every page shows how it is written"
    for example in examples:
        assert tomllib.loads(example)


def test_what_the_tutorial_says_to_change_is_in_the_template():
    text = (TEMPLATES / "sunglasses" / "effect.toml").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(\[parameters\.lens\].*?)```", TEXT, re.DOTALL)
    assert block.strip() in text
    assert 'anchor = "eyes"' in text, 'which becomes "eyebrow"'
