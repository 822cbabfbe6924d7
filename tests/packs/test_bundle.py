"""Bundles: what is put in comes out, and nothing that should not."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import struct
import zipfile

import pytest

from ar_effects.errors import PackError
from ar_effects.packs import bundle as bundles
from ar_effects.packs.bundle import CHECKSUMS, SIGNATURE, make_bundle
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.installing import install_bundle
from ar_effects.packs.signing import fingerprint, new_key, signature_of
from ar_effects.paths import EFFECTS

GLASSES = EFFECTS / "sunglasses"
KEY, OTHER_KEY = new_key(), new_key()


@pytest.fixture
def bundle(tmp_path):
    return make_bundle(GLASSES, tmp_path / "shades", KEY)


def rewritten(bundle, change) -> None:
    """The same bundle after ``change`` of its files by name; checksums and signature as they were."""
    with zipfile.ZipFile(bundle) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    change(files)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def resealed(files) -> None:
    """Checksums and signature made to fit, as an attacker would with a key of his own."""
    own = (CHECKSUMS, SIGNATURE)
    sums = {n: hashlib.sha256(d).hexdigest() for n, d in files.items() if n not in own}
    files[CHECKSUMS] = json.dumps({"format": 1, "files": sums}).encode()
    files[SIGNATURE] = json.dumps(signature_of(files[CHECKSUMS], OTHER_KEY)).encode()


def signed(data: bytes) -> bytes:
    return json.dumps(signature_of(data, OTHER_KEY)).encode()


DEEP = "".join(f"[{i}," for i in range(20000)).encode()


def refused(bundle, folder, **more) -> str:
    before = sorted(folder.rglob("*")) if folder.exists() else []
    with pytest.raises(PackError) as caught:
        install_bundle(bundle, folder, **more)
    assert (sorted(folder.rglob("*")) if folder.exists() else []) == before, "nothing is left behind"
    assert bundle.stem in str(caught.value), "which file, or which effect"
    return str(caught.value)


def test_what_goes_in_comes_out(bundle, tmp_path):
    pack, signer = install_bundle(bundle, tmp_path / "packs")
    assert signer == fingerprint(signature_of(b"", KEY)["key"])
    assert pack.name == "shades"
    for path in GLASSES.iterdir():
        assert (pack.folder / path.name).read_bytes() == path.read_bytes()
    assert [p.name for p in (tmp_path / "packs").iterdir()] == ["shades"]


def test_the_same_pack_makes_the_same_bytes(bundle, tmp_path):
    assert make_bundle(GLASSES, tmp_path / "again", KEY).read_bytes() == bundle.read_bytes()


def test_hidden_files_stay_out(tmp_path):
    folder = shutil.copytree(GLASSES, tmp_path / "pack")
    (folder / ".git").mkdir()
    (folder / ".git" / "secret").write_text("x")
    (folder / ".DS_Store").write_text("x")
    with zipfile.ZipFile(make_bundle(folder, tmp_path / "b.arfx", KEY)) as archive:
        bundled = set(archive.namelist())
    assert bundled == {p.name for p in GLASSES.iterdir()} | {CHECKSUMS, SIGNATURE}


def test_a_broken_pack_is_not_bundled(tmp_path):
    folder = shutil.copytree(GLASSES, tmp_path / "pack")
    (folder / "sunglasses.glb").write_bytes(b"glTF")
    with pytest.raises(PackError):
        make_bundle(folder, tmp_path / "b.arfx", KEY)
    assert not list(tmp_path.glob("b.*"))


def test_a_pack_of_that_name_is_kept_unless_replaced(bundle, tmp_path):
    folder = tmp_path / "packs"
    install_bundle(bundle, folder)
    (folder / "shades" / "mine.txt").write_text("x")
    assert "--replace" in refused(bundle, folder)
    install_bundle(bundle, folder, replace=True)
    assert not (folder / "shades" / "mine.txt").exists()


def test_a_pack_is_replaced_by_its_own_author_only(bundle, tmp_path):
    folder = tmp_path / "packs"
    install_bundle(bundle, folder)
    rewritten(bundle, resealed)
    assert "not signed by who signed" in refused(bundle, folder, replace=True)
    _, signer = install_bundle(bundle, folder, replace=True, trust=True)
    assert signer == fingerprint(signature_of(b"", OTHER_KEY)["key"])
    install_bundle(bundle, folder, replace=True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.toml", "leads out"),
        ("a/../../evil", "leads out"),
        ("/etc/evil", "leads out"),
        ("..\\evil", "leads out"),
        ("C:/evil", "leads out"),
        (".hidden", "hidden"),
        ("a/.hidden/b", "hidden"),
        ("EFFECT.TOML", "twice"),
        ("con .", "leads out"),
    ],
)
def test_names_that_lead_out_or_clash(bundle, tmp_path, name, words):
    def add(files):
        files[name] = b"x"
        resealed(files)

    rewritten(bundle, add)
    assert words in refused(bundle, tmp_path / "packs")
    assert not (tmp_path / "evil.toml").exists()


def test_a_file_without_a_name_is_refused(tmp_path):
    """Zip files can hold one, though Python would not write it."""
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, *[0] * 9)
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 14)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    path = tmp_path / "odd.arfx"
    path.write_bytes(local + central + end)
    assert "leads out" in refused(path, tmp_path / "packs")


def test_links_are_refused(bundle, tmp_path):
    with zipfile.ZipFile(bundle, "a") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "is a link" in refused(bundle, tmp_path / "packs")


def test_bombs_are_refused_before_they_unpack(bundle, tmp_path):
    def add(files):
        files["zeros.bin"] = bytes(20 << 20)
        resealed(files)

    rewritten(bundle, add)
    assert "times its size" in refused(bundle, tmp_path / "packs")


def test_what_is_too_much_is_refused(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "MAX_BYTES", 1000)
    assert "unpacks to" in refused(bundle, tmp_path / "packs")
    with pytest.raises(PackError, match="too large for a bundle"):
        make_bundle(GLASSES, tmp_path / "b", KEY)
    monkeypatch.setattr(bundles, "MAX_FILES", 1)
    assert "files" in refused(bundle, tmp_path / "packs")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.update({"sunglasses.glb": b"other"}), "not the file that was bundled"),
        (lambda f: f.update({"more.png": b"x"}), "not those that were bundled"),
        (lambda f: f.pop("sunglasses.glb"), "not those that were bundled"),
        (lambda f: f.pop(CHECKSUMS), "has no checksums.json"),
        (lambda f: f.pop(MANIFEST), "no bundle of an effect"),
        (lambda f: f.update({CHECKSUMS: f[CHECKSUMS] + b" "}), "signature does not fit"),
        (lambda f: f.update({CHECKSUMS: b"{}", SIGNATURE: signed(b"{}")}), "another format"),
        (lambda f: f.update({CHECKSUMS: b"[]", SIGNATURE: signed(b"[]")}), "another format"),
        (lambda f: f.update({CHECKSUMS: DEEP, SIGNATURE: signed(DEEP)}), "cannot be read"),
        (lambda f: f.update({CHECKSUMS: b"{", SIGNATURE: signed(b"{")}), "damaged"),
        (lambda f: f.update({SIGNATURE: b"7"}), "signature does not fit"),
        (lambda f: f.update({SIGNATURE: b'{"key": "zz", "signature": 3}'}), "signature does not fit"),
        (lambda f: f.pop(SIGNATURE), "has no signature.json"),
    ],
)
def test_what_was_changed_is_refused(bundle, tmp_path, change, words):
    rewritten(bundle, change)
    assert words in refused(bundle, tmp_path / "packs")


def test_a_pack_that_does_not_load_is_not_installed(bundle, tmp_path):
    def spoil(files):
        files[MANIFEST] = b"format = 2\n"
        resealed(files)

    rewritten(bundle, spoil)
    folder = tmp_path / "packs"
    with pytest.raises(PackError, match="lacks the key"):
        install_bundle(bundle, folder)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + bytes(100)])
def test_no_zip_at_all(tmp_path, data):
    path = tmp_path / "x.arfx"
    path.write_bytes(data)
    assert "no bundle" in refused(path, tmp_path / "packs")


def test_missing_file(tmp_path):
    assert "no file" in refused(tmp_path / "none.arfx", tmp_path / "packs")


def test_a_cut_bundle_at_any_place_is_refused(bundle, tmp_path):
    whole = bundle.read_bytes()
    for length in range(0, len(whole), max(len(whole) // 25, 1)):
        bundle.write_bytes(whole[:length])
        refused(bundle, tmp_path / "packs")
