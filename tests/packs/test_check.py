"""``packs check`` from inside: places in TOML, references, advice."""

from __future__ import annotations

import pytest
from PIL import Image

from ar_effects.packs import limits
from ar_effects.packs.check import find_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.limits import pack_bytes, texture_bytes, triangles
from ar_effects.packs.manifest import read_manifest
from ar_effects.packs.pack import load_pack
from ar_effects.packs.references import reference_problems
from ar_effects.packs.tables import references_in
from ar_effects.packs.toml_lines import TomlLines, location_of
from tests.effects.party import PARTY, make_party

TOML = '''\
# a comment = 1
title = "a # b"        # and one behind

[parameters."two words"]
kind = "number"
text = """
[layers]
file = "not here"
"""
raw = \'\'\'one line\'\'\'

[[layers]]
kind = "model"
offset = [
  1.0,
  "]",     # kind = "no"
  2.0,
]
materials = { red = { colour = "x" } }
after = 1
[layers.deep.er]
key = 1

[[layers]]
a.b = 2
  [[layers.springs]]
  root = "x"
  [[layers.springs]]
  root = "y"
[[triggers]]
when = "smile"
'''


@pytest.mark.parametrize(
    ("location", "part"),
    [
        (("title",), "title ="),
        (("parameters", "two words"), "[parameters."),
        (("parameters", "two words", "kind"), 'kind = "number"'),
        (("parameters", "two words", "raw"), "raw ="),
        (("layers", 0), "[[layers]]"),
        (("layers", 0, "kind"), 'kind = "model"'),
        (("layers", 0, "offset", 2), "offset ="),
        (("layers", 0, "materials", "red", "colour"), "materials ="),
        (("layers", 0, "after"), "after ="),
        (("layers", 0, "deep", "er", "key"), "key = 1"),
        (("layers", 0, "file"), "[[layers]]"),
        (("layers", 1), "[[layers]]\na.b"),
        (("layers", 1, "a", "b"), "a.b"),
        (("layers", 1, "springs", 0, "root"), 'root = "x"'),
        (("layers", 1, "springs", 1, "root"), 'root = "y"'),
        (("triggers", 0, "when"), "when"),
        (("nothing",), "# a comment"),
        ((), "# a comment"),
    ],
)
def test_the_line_of_a_key(location, part):
    line = TOML[: TOML.index(part)].count("\n") + 1
    assert TomlLines(TOML).line_of(location) == line


@pytest.mark.parametrize("text", ["", "\n", "[", "[[x", "a = '''", "]]]", 'a = """\n' * 3, "= 1", "[]", "\0"])
def test_text_that_is_no_toml_has_a_first_line(text):
    assert TomlLines(text).line_of(("layers", 3, "file")) == 1


def test_a_key_as_a_location():
    assert location_of("layers[2].materials.red") == ("layers", 2, "materials", "red")
    assert location_of("title") == ("title",)


# --- references -------------------------------------------------------------------------------------------


def test_every_reference_in_a_table_is_found_with_the_kinds_that_fit(tmp_path):
    party = make_party(tmp_path / "party")
    text = PARTY.replace('anchor = "head_top"', 'offset_mm = [0.0, "@smile", 1.0]\nmorphs = { a = "$size" }')
    (party / MANIFEST).write_text(text)
    hat, paint, *_ = read_manifest(party / MANIFEST).layers
    assert sorted(references_in(hat, "layers[0]")) == [
        ("layers[0].morphs.a", "$size", ("number",)),
        ("layers[0].offset_mm[1]", "@smile", ("number",)),
        ("layers[0].scale", "$size", ("number",)),
    ]
    assert list(references_in(paint, "x")) == [("x.tint", "$lens", ("colour",))]


def test_problems_of_references():
    found = list(
        reference_problems(
            {"n": "number", "broken": None},
            [(0, "hat"), (2, "hat")],
            [],
            [],
        )
    )
    assert [(key, "two layers" in problem.what, bool(problem.fix)) for key, problem in found] == [
        ("layers[2].id", True, True)
    ]


def test_a_parameter_that_is_wrong_itself_is_told_once(tmp_path):
    """References to it may well be right."""
    party = make_party(tmp_path / "party")
    (party / MANIFEST).write_text(PARTY.replace('"#ff8800"', '"orange"').replace("max = 2.0", 'max = "big"'))
    found = [str(p) for p in find_problems(party)]
    assert len(found) == 2, found
    assert "parameters.size.max" in found[0]
    assert "parameters.lens.default" in found[1]


# --- advice -----------------------------------------------------------------------------------------------


def test_what_is_missing_and_what_is_heavy_is_advice(tmp_path, monkeypatch):
    party = make_party(tmp_path / "party")
    text = PARTY.replace('author = "Somebody"\n', "").replace('tags = ["party"]\n', "")
    (party / MANIFEST).write_text(text)
    Image.new("RGB", (3000, 4)).save(party / "wide.png")
    monkeypatch.setattr(limits, "PACK_BYTES", 100)
    monkeypatch.setattr(limits, "TRIANGLES", 11)
    problems = find_problems(party)
    assert not any(p.serious for p in problems)
    text = "\n".join(map(str, problems))
    for part in ("no author", "no tags", "is large", "3000x4", "wide.png", "triangles", "got 12"):
        assert part in text
    assert "no licence" not in text
    assert all(": advice: " in str(p) for p in problems)


def test_no_advice_while_something_is_wrong(tmp_path):
    party = make_party(tmp_path / "party")
    (party / MANIFEST).write_text(
        PARTY.replace('author = "Somebody"\n', "").replace("format = 2", "format = 9")
    )
    assert [p.serious for p in find_problems(party)] == [True]


def test_pictures_that_no_layer_names_are_looked_at_in_words(tmp_path):
    party = make_party(tmp_path / "party")
    (party / "notes.png").write_text("not a picture")
    (problem,) = find_problems(party)
    assert "notes.png" in str(problem)
    assert not problem.serious, "the pack can be worn"


def test_what_a_pack_weighs(tmp_path):
    pack = load_pack(make_party(tmp_path / "party"))
    assert triangles(pack) == 12
    assert pack_bytes(pack.folder) == sum(p.stat().st_size for p in pack.folder.iterdir())
    assert texture_bytes(pack) == (8 * 8 + 8 * 8) * 4 * 4 // 3


def test_a_folder_that_is_none(tmp_path):
    (problem,) = find_problems(tmp_path / "nowhere")
    assert "There is no folder" in str(problem)
    (problem,) = find_problems(tmp_path)
    assert "no effect pack" in str(problem)
    (tmp_path / MANIFEST).write_bytes(b"\xff\xfe")
    (problem,) = find_problems(tmp_path)
    assert "UTF-8" in str(problem)


def test_a_folder_that_is_misspelt_is_not_told_to_write_a_pack(tmp_path):
    (tmp_path / "my_glasses").mkdir()
    (problem,) = find_problems(tmp_path / "my_glases")
    assert f"Did you mean {tmp_path / 'my_glasses'}?" in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        '# say """ or nothing\na = 1\nb = 2\n',
        "a = 'it''s'  # ''' in a comment\nx = 0\nb = 2\n",
        'a = "x" # """\nc = """one line"""\nb = 2\n',
        'a = """\nb = 1 \\"""\n"""\nb = 2\n'.replace("b = 1", "no = 1"),
        "a = '''\n# '''\nb = 2\n",
        'a = [ # ]\n "]", # [[\n]\nb = 2\n',
        'a = """two quotes at the end"""""\nx = 1\nb = 2\n',
    ],
)
def test_quotes_in_comments_and_brackets_in_strings_move_no_key(text):
    assert TomlLines(text).line_of(("b",)) == text[: text.index("b = 2")].count("\n") + 1


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("c", "controls"),
        ("H", "help"),
        ("m", "mirror"),
        (" ", "picture"),
        ("é", "none that"),
        ("ж", "none that"),
    ],
)
def test_keys_that_never_come_are_advice_with_their_line(tmp_path, key, words):
    text = f"""format = 2
title = "K"
[[layers]]
kind = "post"
id = "g"
effect = "grain"
[[triggers]]
when = "key"
key = "{key}"
do = "toggle"
layer = "g"
"""
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    (said,) = [str(p) for p in find_problems(tmp_path) if "triggers" in str(p)]
    assert f"{MANIFEST}:9: advice: " in said
    assert "triggers[0].key" in said
    assert words in said
    assert "never fires" in said
    assert "Choose another key" in said
    (tmp_path / MANIFEST).write_text(text.replace(f'"{key}"', '"b"'), encoding="utf-8")
    assert not [p for p in find_problems(tmp_path) if "triggers" in str(p)]
