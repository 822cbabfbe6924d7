"""``packs new``: what it makes is a good pack, whole or not at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ar_effects.cli.pack_commands import TEMPLATES as NAMES
from ar_effects.errors import ArEffectsError, AssetError, PackError
from ar_effects.packs import templates
from ar_effects.packs.check import find_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.manifest import json_schema
from ar_effects.packs.pack import load_pack
from ar_effects.packs.templates import SCHEMA, TEMPLATES, make_pack
from tools.assets import make_templates


def make_own(made):
    """As its designer would: a name, and a picture of the effect."""
    manifest = made / MANIFEST
    manifest.write_text(manifest.read_text("utf-8").replace("Your name", "Ada"), encoding="utf-8")
    Image.new("RGB", (64, 64)).save(made / "preview.jpg")


@pytest.mark.parametrize("template", NAMES)
def test_every_template_is_a_pack_of_which_only_the_designer_s_own_is_missing(template, tmp_path):
    made = make_pack("my_first-Pack2", template, tmp_path / "packs")
    assert made == tmp_path / "packs" / "my_first-Pack2"
    assert [p.name for p in made.parent.iterdir()] == [made.name]
    author, preview = find_problems(made)
    assert "author: it still says 'Your name'" in str(author)
    assert "still the template's picture" in str(preview)
    assert not any(p.serious for p in (author, preview))
    make_own(made)
    assert [str(p) for p in find_problems(made)] == [], "not even advice"
    pack = load_pack(made)
    assert pack.manifest.title == "My first Pack2"
    assert pack.manifest.parameters, "there is something to change"
    text = (made / MANIFEST).read_text(encoding="utf-8")
    assert "begin here" in text
    assert text.count("#") > 8, "it is explained"


def test_the_command_offers_the_templates_there_are():
    assert sorted(NAMES) == sorted(p.parent.name for p in TEMPLATES.glob(f"*/{MANIFEST}"))


def test_the_lens_of_the_sunglasses_has_the_colour_of_the_parameter(tmp_path):
    pack = load_pack(make_pack("shades", "sunglasses", tmp_path))
    (layer,) = pack.layers
    assert set(layer.table.materials) <= {p.material.name for p in layer.model.primitives}
    assert layer.table.materials["lens"].colour == "$lens"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a/b", "is a path"),
        ("../b", "is a path"),
        ("a\\b", "is a path"),
        ("..", "is a path"),
        ("my glasses", "Did you mean 'my_glasses'?"),
        ("", "such as my_glasses"),
        ("1st", "Did you mean 'st'?"),
        ("-x", "Did you mean 'x'?"),
        (".hidden", "Did you mean 'hidden'?"),
        ("brille\n", "cannot be called"),
        ("Sonnenbrüle", "Did you mean 'Sonnenbr_le'?"),
        ("x" * 41, "at most 40"),
        ("con", "cannot be called"),
        ("LPT1", "cannot be called"),
        ('a"b', "cannot be called"),
    ],
)
def test_names_that_cannot_be_used_are_refused_in_words(name, words, tmp_path):
    with pytest.raises(PackError) as caught:
        make_pack(name, "mask", tmp_path)
    assert words in str(caught.value)
    assert caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept(tmp_path):
    made = make_pack("mine", "mask", tmp_path)
    (made / "mask.png").write_bytes(b"hand-painted")
    with pytest.raises(PackError, match=r"There is a folder .*mine already.*another name"):
        make_pack("mine", "makeup", tmp_path)
    assert (made / "mask.png").read_bytes() == b"hand-painted"
    (tmp_path / "file").write_text("x")
    with pytest.raises(PackError, match="already"):
        make_pack("file", "mask", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(PackError, match=r"could not be made.*--folder"):
        make_pack("mine", "mask", tmp_path / "file" / "packs")


@pytest.mark.parametrize("template", ["", "hat", "../sunglasses", ".."])
def test_templates_that_are_not_there(template, tmp_path):
    with pytest.raises(AssetError, match=r"no template.*makeup, mask, particles, sunglasses"):
        make_pack("mine", template, tmp_path)


def test_nothing_is_left_when_it_fails_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setitem(templates.SHARED, "mask", (tmp_path / "gone.glb",))
    missing = Path(tmp_path / "gone.glb")
    missing.symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    with pytest.raises(ArEffectsError):
        make_pack("mine", "mask", tmp_path / "packs")
    assert list((tmp_path / "packs").iterdir()) == []


# --- the schema -------------------------------------------------------------------------------------------


def test_editors_find_the_schema(tmp_path, monkeypatch):
    elsewhere = (make_pack("mine", "mask", tmp_path) / MANIFEST).read_text(encoding="utf-8")
    assert elsewhere.splitlines()[0] == f"#:schema {SCHEMA.as_uri()}"
    monkeypatch.setattr(templates, "EFFECTS", tmp_path)
    beside = (make_pack("another", "mask", tmp_path) / MANIFEST).read_text(encoding="utf-8")
    assert beside.splitlines()[0] == "#:schema ../schema.json"
    for path in TEMPLATES.glob(f"*/{MANIFEST}"):
        line = path.read_text(encoding="utf-8").splitlines()[0]
        assert (path.parent / line.removeprefix("#:schema ")).resolve() == SCHEMA


def test_the_shipped_schema_is_that_of_the_models():
    shipped = SCHEMA.read_text(encoding="utf-8")
    assert shipped == json_schema(), "python app.py packs schema effects/schema.json"


def test_the_schema_names_every_key_and_refuses_others():
    schema = json.loads(json_schema())
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"format", "title", "layers"}
    kinds = schema["properties"]["layers"]["items"]["discriminator"]["mapping"]
    assert {"model", "makeup", "particles"} <= set(kinds)
    for reference in kinds.values():
        table = schema["$defs"][reference.rsplit("/", 1)[1]]
        assert table["additionalProperties"] is False
        assert "kind" in table["required"]


# --- what the templates are made of -----------------------------------------------------------------------


@pytest.mark.parametrize("name", make_templates.PICTURES)
def test_the_shipped_pictures_are_what_the_tool_draws(name):
    shipped = np.asarray(Image.open(TEMPLATES / name).convert("RGBA")).astype(int)
    drawn = make_templates.PICTURES[name]().astype(int)
    assert np.abs(shipped - drawn).max() <= 2


def test_the_mask_leaves_the_eyes_free_and_is_the_same_on_both_sides():
    mask = make_templates.mask()
    assert (np.abs(mask.astype(int) - mask[:, ::-1]) <= 2)[..., 3].mean() > 0.999
    for u in (0.34, 0.66):
        assert mask[round(0.35 * 1024), round(u * 1024), 3] == 0
    assert mask[round(0.25 * 1024), round(0.3 * 1024), 3] == 255


def test_no_template_names_a_key_it_does_not_explain():
    """Comments say what stands there: a manifest of a beginner has no line of jargon alone."""
    for path in TEMPLATES.glob(f"*/{MANIFEST}"):
        text = path.read_text(encoding="utf-8")
        assert all(re.search(rf"^{key} = .*#", text, re.MULTILINE) for key in ("author", "licence", "tags"))
