"""The mistakes that designers make, and what they are told: file, line, key, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ar_effects.cli import main
from ar_effects.errors import PackError
from ar_effects.packs.check import find_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from tests.effects.party import PARTY, hat, make_party, png_header
from tests.gltf.glb import CUBE, Glb


@dataclass(frozen=True)
class Mistake:
    """What is done wrong, and what must be said.

    ``old`` in the manifest becomes ``new``, or ``change`` is made to the pack's folder. ``at`` is a text of
    the line that is told ("" where a whole file is meant).
    """

    key: str
    at: str
    said: tuple[str, ...]
    old: str = ""
    new: str = ""
    change: Callable[[Path], object] = lambda _: None


def edit(old: str, new: str, key: str, *said: str, at: str | None = None) -> Mistake:
    return Mistake(key, new.splitlines()[-1] if at is None else at, said, old, new)


def file(change: Callable[[Path], object], key: str, at: str, *said: str) -> Mistake:
    return Mistake(key, at, said, change=change)


def broken_offsets(folder: Path) -> None:
    glb = hat()
    glb.json["bufferViews"][0]["byteOffset"] = 99_999
    glb.write(folder / "hat.glb")


def no_mesh(folder: Path) -> None:
    glb = Glb()
    glb.accessor(CUBE)
    glb.node("hat")
    glb.write(folder / "hat.glb")


def nan_vertices(folder: Path) -> None:
    positions = CUBE.copy()
    positions[3, 1] = np.nan
    hat(positions=positions).write(folder / "hat.glb")


def five_million_triangles(folder: Path) -> None:
    glb = hat()
    glb.json["accessors"][1]["count"] = 15_000_000
    glb.write(folder / "hat.glb")


FILE, TEXTURE, CUBE_FILE, SHADER_FILE = (
    'file = "hat.glb"',
    'texture = "paint.png"',
    'file = "look.cube"',
    'file = "rings.glsl"',
)

MISTAKES: dict[str, Mistake] = {
    "a quote is missing": edit('"Party"', '"Party', "", "not valid TOML", "Correct that line", at="title"),
    "a bracket is missing": edit(
        '[[triggers]]\nwhen = "smile"',
        '[[triggers]\nwhen = "smile"',
        "",
        "not valid TOML",
        "Correct that line",
        at="[[triggers]\n",
    ),
    "a key is there twice": edit('scale = "$size"', 'scale = 1.0\nscale = "$size"', "", "not valid TOML"),
    "an unknown key": edit(
        "[parameters.size]",
        'mood = "good"\n\n[parameters.size]',
        "mood",
        "unknown key",
        "Keys are format, id, title",
        at="mood",
    ),
    "a misspelt key": edit("anchor =", "ancor =", "layers[0].ancor", "Did you mean 'anchor'?", at="ancor"),
    "text where a number belongs": edit(
        'scale = "$size"', 'scale = "big"', "layers[0].scale", 'a parameter such as "$size"', "got 'big'"
    ),
    "a number where text belongs": edit('title = "Party"', "title = 7", "title", "in quotes", "got 7"),
    "yes where true belongs": edit(
        "anchor =", 'show = "yes"\nanchor =', "layers[0].show", "true or false", at="show"
    ),
    "a key is missing": edit(
        'file = "hat.glb"\n', "", "layers[0].file", "lacks the key", "Add layers[0].file", at="[[layers]]"
    ),
    "no layers": edit(
        PARTY[PARTY.index("[[layers") :], "", "layers", "lacks the key", "Add a table [[layers]]", at="format"
    ),
    "a missing file": file(
        lambda f: (f / "look.cube").unlink(),
        "layers[2].file",
        CUBE_FILE,
        "not there",
        "got 'look.cube'",
        "Add the file",
    ),
    "another file": edit("paint.png", "tattoo.png", "layers[1].texture", "not there", "Add the file"),
    "a misspelt file": edit("paint.png", "pain.png", "layers[1].texture", "Did you mean 'paint.png'?"),
    "a file in another case": edit(
        "paint.png", "Paint.PNG", "layers[1].texture", "not there", "Did you mean 'paint.png'?"
    ),
    "an unknown kind of layer": edit(
        '"model"', '"hologram"', "layers[0].kind", "unknown", "model", at="hologram"
    ),
    "a misspelt kind of layer": edit('"model"', '"modle"', "layers[0].kind", "Did you mean 'model'?"),
    "a misspelt anchor": edit('"head_top"', '"headtop"', "layers[0].anchor", "Did you mean 'head_top'?"),
    "a colour by name": edit('"#ff8800"', '"orange"', "parameters.lens.default", "#ff8800", "got 'orange'"),
    "a colour that is too short": edit('"$lens"', '"#f80"', "layers[1].tint", "#ff8800", "got '#f80'"),
    "a number out of range": edit(
        'texture = "paint.png"',
        'texture = "paint.png"\nopacity = 1.5',
        "layers[1].opacity",
        "at most 1",
        "got 1.5",
    ),
    "a default out of its range": edit(
        "default = 1.0", "default = 3.0", "parameters.size.default", "between min and max, 0.5 and 2"
    ),
    "an unknown parameter": edit(
        '"$size"', '"$siez"', "layers[0].scale", "no parameter 'siez'", "Did you mean 'size'?"
    ),
    "a parameter of the wrong kind": edit(
        '"$size"',
        '"$lens"',
        "layers[0].scale",
        "a number is needed, and $lens is a colour",
        "Name one of: size",
    ),
    "an unknown signal": edit(
        '"$size"', '"@smiling"', "layers[0].scale", "faces do not tell '@smiling'", "Did you mean '@smile'?"
    ),
    "a trigger on an unknown layer": edit(
        'layer = "hat"',
        'layer = "cap"',
        "triggers[0].layer",
        "no layer has the id 'cap'",
        "There are: hat, paint",
    ),
    "a trigger without its key": edit(
        'when = "smile"',
        'when = "key"',
        "triggers[0]",
        'when = "key" needs key, such as key = "b"',
        at="[[triggers]]",
    ),
    "an unknown event": edit(
        'when = "smile"', 'when = "smiles"', "triggers[0].when", "Did you mean 'smile'?"
    ),
    "a tween without its goal": edit(
        "to = 2.0\n", "", "triggers[1]", "needs to, such as to = 1.0", at='[[triggers]]\nwhen = "mouth_open"'
    ),
    "a tween of a colour": edit(
        'parameter = "size"',
        'parameter = "lens"',
        "triggers[1].parameter",
        "needs a number, not a colour",
        "Name one of: size",
    ),
    "two layers of one id": edit(
        'id = "paint"',
        'id = "hat"',
        "layers[1].id",
        "two layers are called 'hat'",
        "something else",
        at='id = "hat"\nkind = "face_texture"',
    ),
    "a hashtag with its #": edit('["party"]', '["#party"]', "tags[0]", "without the #"),
    "a file out of the pack": edit(
        "paint.png",
        "../paint.png",
        "layers[1].texture",
        "leads out of the pack",
        "Copy the file into the pack",
    ),
    "a picture that is none": file(
        lambda f: (f / "paint.png").write_text("<html>"),
        "layers[1].texture",
        TEXTURE,
        "paint.png cannot be read as a picture",
        "Save it again as PNG",
    ),
    "a picture that is too large": file(
        lambda f: (f / "paint.png").write_bytes(png_header(20_000, 20_000)),
        "layers[1].texture",
        TEXTURE,
        "too large",
        "4096x4096",
        "400 million",
        "Make it smaller",
    ),
    "a model with wrong offsets": file(
        broken_offsets,
        "layers[0].file",
        FILE,
        "hat.glb, bufferViews[0]",
        "reaches past the end",
        "Export the model again",
    ),
    "an empty model": file(no_mesh, "layers[0].file", FILE, "hat.glb", "Export"),
    "a model of 0 bytes": file(lambda f: (f / "hat.glb").write_bytes(b""), "layers[0].file", FILE, "hat.glb"),
    "a model with NaN in it": file(nan_vertices, "layers[0].file", FILE, "hat.glb", "not a number", "Export"),
    "a model of 5 million triangles": file(
        five_million_triangles, "layers[0].file", FILE, "too many", "got 15000000"
    ),
    "a colour table with a word in it": file(
        lambda f: (f / "look.cube").write_text("LUT_3D_SIZE 2\n0 0 0\n0 0 red\n"),
        "layers[2].file",
        CUBE_FILE,
        "look.cube, line 3",
        "got 'red'",
        "Correct line 3",
    ),
    "a shader with its own version": file(
        lambda f: (f / "rings.glsl").write_text("\n#version 120\nvoid main() {}\n"),
        "layers[3].file",
        SHADER_FILE,
        "rings.glsl, line 2",
        "#version",
        "Take it out",
    ),
    "a manifest of another version": edit(
        "format = 2", "format = 3", "", "another format", "format = 2", "got 3", "Update AR Effects"
    ),
    "the preview is missing": file(
        lambda f: (f / "preview.png").unlink(),
        "preview",
        'preview = "preview.png"',
        "not there",
        "Add the file",
    ),
    "a material the model has not": edit(
        'scale = "$size"',
        'scale = "$size"\n[layers.materials.felt]\ncolour = "$lens"',
        "layers[0].materials.felt",
        "no such material",
        "got 'felt'",
        at="[layers.materials.felt]",
    ),
}


@pytest.fixture
def party(tmp_path) -> Path:
    return make_party(tmp_path / "party")


def make(folder: Path, mistake: Mistake) -> str:
    """Make the mistake; gives the manifest."""
    path = folder / MANIFEST
    text = path.read_text(encoding="utf-8")
    if mistake.old:
        assert text.count(mistake.old), mistake.old
        text = text.replace(mistake.old, mistake.new, 1)
        path.write_text(text, encoding="utf-8")
    mistake.change(folder)
    return text


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_there_are_enough_of_them_and_the_pack_is_right_without_one(party):
    assert len(MISTAKES) >= 25
    assert find_problems(party) == []
    load_pack(party)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_with_its_file_line_key_and_what_to_do(party, name):
    mistake = MISTAKES[name]
    text = make(party, mistake)
    problems = find_problems(party)
    assert len(problems) == 1, [str(p) for p in problems]
    (problem,) = problems
    assert problem.serious
    assert problem.file == party / MANIFEST
    assert problem.line == line_of(text, mistake.at), str(problem)
    message = str(problem)
    assert message.startswith(f"{party / MANIFEST}:{problem.line}: error: ")
    for part in (mistake.key, *mistake.said):
        assert part in message
    assert problem.error.fix
    assert "\n" not in message
    for jargon in ("pydantic", "Traceback", "Input should", "Error("):
        assert jargon not in message


@pytest.mark.words
@pytest.mark.parametrize("name", MISTAKES)
def test_the_program_says_the_same_when_it_loads_the_pack(party, name):
    mistake = MISTAKES[name]
    make(party, mistake)
    with pytest.raises(PackError) as caught:
        load_pack(party)
    for part in (str(party / MANIFEST), mistake.key, *mistake.said):
        assert part in str(caught.value)
    assert caught.value.fix


TOGETHER = (
    "a colour by name", "a misspelt key", "a colour table with a word in it", "a hashtag with its #",
    "an unknown event", "the preview is missing", "a picture that is too large", "a tween without its goal",
)  # fmt: skip


def test_all_of_several_mistakes_are_told_at_once_in_the_order_of_their_lines(party, capsys):
    for name in TOGETHER:
        text = make(party, MISTAKES[name])
    assert main(["packs", "check", str(party)]) == 1
    out = capsys.readouterr().out
    *lines, last = out.splitlines()
    assert len(lines) == len(TOGETHER), out
    numbers = [int(line.split(":")[1]) for line in lines]
    assert numbers == sorted(numbers)
    for name in TOGETHER:
        mistake = MISTAKES[name]
        line = line_of(text, mistake.at)
        (said,) = [x for x in lines if all(part in x for part in (f":{line}: ", mistake.key, *mistake.said))]
        assert said.startswith(f"{party / MANIFEST}:")
    assert f"{len(TOGETHER)} errors" in last


def test_a_shader_that_does_not_compile_is_told_with_its_line(party, capsys):
    (party / "rings.glsl").write_text("void main() {\n\n    result = vec3(1.0);\n}\n")
    assert main(["packs", "check", str(party)]) == 1
    out = capsys.readouterr().out
    line = line_of((party / MANIFEST).read_text(encoding="utf-8"), SHADER_FILE)
    assert f"{party / MANIFEST}:{line}: error: layers[3].file: {party / 'rings.glsl'}, line 3" in out
    assert "does not compile" in out
    (party / "rings.glsl").write_text("void main() { result = texture(picture, place).bgra; }\n")
    assert main(["packs", "check", str(party), "--strict"]) == 0


@pytest.mark.words
def test_a_key_of_a_table_inside_is_told_where_it_belongs(tmp_path):
    for key, home in (("colour", "[layers.materials.NAME]"), ("root", "[[layers.springs]]")):
        (tmp_path / "effect.toml").write_text(
            f'format = 2\ntitle = "M"\n[[layers]]\nkind = "model"\nfile = "m.glb"\n{key} = "#ffffff"\n',
            "utf-8",
        )
        said = [str(p) for p in find_problems(tmp_path) if "unknown key" in str(p)]
        assert len(said) == 1
        assert home in said[0]


@pytest.mark.words
def test_a_missing_format_says_what_to_write(tmp_path):
    (tmp_path / "effect.toml").write_text(
        'title = "M"\n[[layers]]\nkind = "post"\neffect = "grain"\n', "utf-8"
    )
    assert "Add format = 2" in str(find_problems(tmp_path)[0])
