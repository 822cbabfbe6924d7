from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError, field_validator

from ar_effects.errors import PackError
from ar_effects.packs.files import MANIFEST, pack_file
from ar_effects.packs.manifest import MAX_MANIFEST_BYTES, read_manifest
from ar_effects.packs.pack import load_pack
from ar_effects.packs.problems import describe, problems_of
from ar_effects.packs.tables import Table
from ar_effects.paths import EFFECTS

GOOD = """\
format = 2
title = "Test"

[[layers]]
kind = "model"
file = "sunglasses.glb"
mm_per_unit = 1.0
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A pack of our own with the sunglasses' model in it."""
    pack = tmp_path / "pack"
    pack.mkdir()
    shutil.copy(EFFECTS / "sunglasses" / "sunglasses.glb", pack)
    (pack / MANIFEST).write_text(GOOD, encoding="utf-8")
    return pack


def write(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def refused(folder: Path) -> str:
    """The message of a pack that cannot be loaded."""
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    assert str(folder / MANIFEST) in str(caught.value), "the message names the file"
    assert caught.value.fix, "and says what to do"
    return str(caught.value)


def test_a_good_pack(folder):
    pack = load_pack(folder)
    assert (pack.name, pack.folder, pack.manifest.title) == ("pack", folder, "Test")
    (layer,), (loaded,) = pack.manifest.layers, pack.layers
    model = loaded.model
    assert (layer.kind, layer.anchor, layer.mm_per_unit) == ("model", "eyes", 1.0)
    width = model.bounds_mm[1, 0] - model.bounds_mm[0, 0]
    assert 100 < width < 200, "glasses are as wide as a face, in millimetres"


def test_units_scale_the_model(folder):
    small = load_pack(folder).layers[0].model.bounds_mm
    write(folder, GOOD.replace("mm_per_unit = 1.0", "mm_per_unit = 2"))  # a whole number is a number, too
    assert load_pack(folder).layers[0].model.bounds_mm == pytest.approx(small * 2)


def test_models_stand_in_the_order_of_the_layers(folder):
    shutil.copytree(folder, folder / "sub")
    layer = '[[layers]]\nkind = "model"\nfile = "sub/sunglasses.glb"\nmm_per_unit = 3.0\n'
    write(folder, GOOD + layer)
    first, second = (layer.model for layer in load_pack(folder).layers)
    assert second.bounds_mm == pytest.approx(first.bounds_mm * 3)


MISTAKES = {
    "no format": (("format = 2\n", ""), ["lacks the key format", "Add format"]),
    "newer format": (("format = 2", "format = 3"), ["another format", "format = 2", "got 3", "Update"]),
    "format as text": (("format = 2", 'format = "1"'), ["another format", "format = 2", "got '1'"]),
    "no title": (('title = "Test"\n', ""), ["lacks the key title", "Add title"]),
    "empty title": (('"Test"', '""'), ["title:", "at least 1 character", "Correct title"]),
    "title a number": (('"Test"', "7"), ["title:", "string", "got 7", "Correct title"]),
    "long title": (("Test", "x" * 200), ["title:", "at most 80", "..."]),
    "misspelt key": (("title", "titel"), ["lacks the key title"]),
    "additional key": (
        ("format", 'licenc = "MIT"\nformat'),
        ["unknown key licenc", "Did you mean 'licence'"],
    ),
    "strange key": (("format", "zzz = 1\nformat"), ["unknown key zzz", "Keys are", "title"]),
    "no layers": ((GOOD[GOOD.index("[[") :], ""), ["lacks the key layers", "Add a table [[layers]]"]),
    "empty layers": ((GOOD[GOOD.index("[[") :], "layers = []"), ["layers:", "at least 1 item"]),
    "one layer as a table": (("[[layers]]", "[layers]"), ["layers:", "list", "Correct layers"]),
    "unknown kind": (('"model"', '"modell"'), ["layers[0].kind", "'model'", "got 'modell'"]),
    "no kind": (('kind = "model"\n', ""), ["lacks the key layers[0].kind", "Add layers[0].kind"]),
    "no file": (('file = "sunglasses.glb"\n', ""), ["lacks the key layers[0].file"]),
    "empty file": (('"sunglasses.glb"', '""'), ["layers[0].file", "at least 1 character"]),
    "misspelt file": (
        ("sunglasses.glb", "sunglases.glb"),
        ["layers[0].file", "not there", "Did you mean 'sunglasses.glb'"],
    ),
    "absent file": (("sunglasses.glb", "qqq"), ["layers[0].file", "not there", "Add the file"]),
    "unknown anchor": (
        ("mm_per_unit = 1.0", 'anchor = "nose"'),
        ["layers[0].anchor", "'eyes'", "got 'nose'"],
    ),
    "misspelt layer key": (
        ("mm_per_unit", "mm_per_unt"),
        ["unknown key layers[0].mm_per_unt", "Did you mean 'mm_per_unit'"],
    ),
    "unit 0": (("1.0", "0.0"), ["layers[0].mm_per_unit", "greater than 0", "got 0.0"]),
    "negative unit": (("1.0", "-2.0"), ["layers[0].mm_per_unit", "greater than 0"]),
    "unit as text": (("1.0", '"1 mm"'), ["layers[0].mm_per_unit", "number", "got '1 mm'"]),
    "unit nan": (("1.0", "nan"), ["layers[0].mm_per_unit", "got nan"]),
    "unit infinite": (("1.0", "inf"), ["layers[0].mm_per_unit", "got inf"]),
    "open bracket": (("[[layers]]", "[[layers]"), ["not valid TOML", "line 4", "Correct that line"]),
    "key twice": (("title", 'title = "a"\ntitle'), ["not valid TOML", "line 3"]),
    "no quotes": (('"Test"', "Test"), ["not valid TOML", "line 2"]),
    "nested too deeply": (("format", f"a = {'[' * 5000}\nformat"), ["too deeply"]),
}


@pytest.mark.words
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_its_repair(folder, mistake):
    (old, new), parts = MISTAKES[mistake]
    assert GOOD.count(old) >= 1
    write(folder, GOOD.replace(old, new, 1))
    message = refused(folder)
    for part in parts:
        assert part in message
    assert "pydantic" not in message.lower()
    assert "\n" not in message


def test_second_layer_is_named(folder):
    write(folder, GOOD + '[[layers]]\nkind = "model"\n')
    assert "layers[1].file" in refused(folder)


def test_a_folder_without_a_manifest(tmp_path):
    with pytest.raises(PackError, match=r"is no effect pack: it has no effect\.toml.*Write one"):
        load_pack(tmp_path)
    with pytest.raises(PackError, match="There is no folder"):
        load_pack(tmp_path / "nowhere")


def test_a_manifest_that_is_not_text(folder):
    (folder / MANIFEST).write_bytes(GOOD.encode("utf-16"))
    assert "not UTF-8" in refused(folder)


def test_a_manifest_that_is_a_folder(tmp_path):
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(PackError, match="cannot be read"):
        read_manifest(tmp_path / MANIFEST)


def test_an_enormous_manifest_is_not_parsed(folder):
    write(folder, "#" * (MAX_MANIFEST_BYTES + 1))
    assert "too large" in refused(folder)


def test_a_broken_model_is_told_by_its_file(folder):
    (folder / "sunglasses.glb").write_bytes(b"glTF but not really")
    with pytest.raises(PackError, match=r"sunglasses\.glb"):
        load_pack(folder)


# --- out of the pack --------------------------------------------------------------------------------------


@pytest.mark.words
@pytest.mark.parametrize(
    "name",
    [
        "../other/sunglasses.glb",
        "..",
        "a/../../sunglasses.glb",
        "sub/../sunglasses.glb",
        "/etc/passwd",
        "//server/share/x.glb",
        "..\\sunglasses.glb",
        "C:\\Windows\\x.glb",
        "C:/Windows/x.glb",
        "C:x.glb",
        "\\\\server\\share",
    ],
)
def test_paths_out_of_the_pack_are_refused(folder, name):
    other = folder.parent / "other"
    other.mkdir()
    shutil.copy(folder / "sunglasses.glb", other)
    write(folder, GOOD.replace('"sunglasses.glb"', f"'{name}'"))
    message = refused(folder)
    for part in ("layers[0].file", "leads out of the pack", "forward slashes", "Copy the file"):
        assert part in message


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_links_out_of_the_pack_are_refused(folder, kind):
    outside = folder.parent / "outside"
    outside.mkdir()
    shutil.copy(folder / "sunglasses.glb", outside / "x.glb")
    try:
        if kind == "file":
            (folder / "x.glb").symlink_to(outside / "x.glb")
        else:
            (folder / "linked").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets this user make no links")
    name = "x.glb" if kind == "file" else "linked/x.glb"
    write(folder, GOOD.replace("sunglasses.glb", name))
    assert "leads out of the pack by a link" in refused(folder)


def test_links_inside_the_pack_are_followed(folder):
    try:
        (folder / "x.glb").symlink_to("sunglasses.glb")
    except OSError:
        pytest.skip("this system lets this user make no links")
    assert pack_file(folder, "x.glb", "key") == folder / "x.glb"


def test_links_in_a_circle(folder):
    try:
        (folder / "a").symlink_to("b")
        (folder / "b").symlink_to("a")
    except OSError:
        pytest.skip("this system lets this user make no links")
    with pytest.raises(PackError, match="key"):
        pack_file(folder, "a", "key")


@pytest.mark.parametrize("name", [".", "./", " ", "~", "x\0y", "n" * 5000, "sunglasses.glb/x", "sub"])
def test_names_that_name_no_file(folder, name):
    (folder / "sub").mkdir()
    with pytest.raises(PackError, match=r"layers\[0\]\.file.*(not there|no usable)") as caught:
        pack_file(folder, name, "layers[0].file")
    assert caught.value.fix
    assert len(caught.value.what) < 500


def test_the_mark_that_windows_editors_put_before_utf_8_is_no_part_of_the_text(tmp_path):
    text = 'format = 2\ntitle = "Größe"\n[[layers]]\nkind = "post"\neffect = "grain"\n'
    (tmp_path / "effect.toml").write_text(text, encoding="utf-8-sig")
    assert load_pack(tmp_path).manifest.title == "Größe"


def test_backslashes_are_answered_with_forward_slashes(tmp_path):
    text = 'format = 2\ntitle = "A"\n[[layers]]\nkind = "sprite"\nfile = \'art\\a.png\'\n'
    (tmp_path / "effect.toml").write_text(text, encoding="utf-8")
    with pytest.raises(
        PackError, match=r'layers\[0\]\.file .*backslashes.*Write forward slashes: "art/a\.png"'
    ):
        load_pack(tmp_path)


class Frill(Table):
    """A table of somebody who writes checks as pydantic's manual does."""

    size: int

    @field_validator("size")
    @classmethod
    def check_size(cls, size: int) -> int:
        if size % 2:
            raise ValueError("frills are even")
        return size


def test_a_check_of_a_plugin_speaks_for_itself():
    with pytest.raises(ValidationError) as refusal:
        Frill.model_validate({"size": 3})
    ((location, details),) = problems_of(refusal.value, Frill)
    error = describe(Path("effect.toml"), details, {}, Frill)
    assert location == ("size",)
    assert (error.file, error.key) == (Path("effect.toml"), "size")
    assert str(error) == "effect.toml, size: frills are even. Correct size."
