from __future__ import annotations

import shutil

import pytest

from ar_effects.errors import PackError
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.library import Library
from ar_effects.paths import EFFECTS


@pytest.fixture
def folder(tmp_path):
    """Two packs, and things that are none."""
    for name in ("sunglasses", "monocle"):
        shutil.copytree(EFFECTS / "sunglasses", tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "readme.txt").write_text("no pack", encoding="utf-8")
    return tmp_path


def test_every_shipped_pack_loads():
    library = Library()
    assert "sunglasses" in library.names()
    for name in library.names():
        pack = library.load(name)
        assert pack.name == name
        assert pack.manifest.title
        assert pack.manifest.licence


def test_names_are_the_folders_with_a_manifest_sorted(folder):
    assert Library(folder).names() == ("monocle", "sunglasses")
    assert Library(folder / "nowhere").names() == ()


def test_a_pack_is_loaded_once(folder):
    library = Library(folder)
    assert library.load("monocle") is library.load("monocle")


@pytest.mark.parametrize(("typed", "meant"), [("sunglases", "sunglasses"), ("Monocle", "monocle")])
def test_a_near_miss_is_suggested(folder, typed, meant):
    with pytest.raises(PackError, match=rf"no effect '{typed}'.*monocle, sunglasses.*Did you mean '{meant}'"):
        Library(folder).load(typed)


@pytest.mark.parametrize("name", ["zzz", "", "empty", "readme.txt"])
def test_what_is_nothing_like_a_pack_gets_the_list(folder, name):
    with pytest.raises(PackError, match="one of: monocle, sunglasses") as caught:
        Library(folder).load(name)
    assert "mean" not in str(caught.value)


def test_an_empty_library_says_so(tmp_path):
    with pytest.raises(PackError, match="none are installed"):
        Library(tmp_path).load("sunglasses")


def test_a_pack_elsewhere_is_loaded_by_its_path(folder, tmp_path):
    library = Library(tmp_path / "other")
    assert library.load(str(folder / "monocle")).name == "monocle"
    with pytest.raises(PackError, match=rf"is no effect pack: it has no {MANIFEST}"):
        library.load(str(folder / "empty"))


def test_a_broken_pack_does_not_hide_the_others(folder):
    (folder / "monocle" / MANIFEST).write_text("broken", encoding="utf-8")
    library = Library(folder)
    assert library.names() == ("monocle", "sunglasses")
    with pytest.raises(PackError, match="not valid TOML"):
        library.load("monocle")
    assert library.load("sunglasses").layers
