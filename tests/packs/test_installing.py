"""Which pack a bundle may replace: by its id, its signer and its version; and what needs consent."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ar_effects.errors import PackError
from ar_effects.packs import installing, pack
from ar_effects.packs.bundle import CHECKSUMS, SIGNATURE, make_bundle
from ar_effects.packs.file_names import clash_of, fault_of
from ar_effects.packs.installing import install_bundle
from ar_effects.packs.signing import new_key, signature_of

KEY, OTHER_KEY = new_key(), new_key()
SHADER = "void main() { result = texture(picture, place); }\n"


def made(tmp_path, name="cat", key=KEY, version="1.0", identity="", file_name="", shader=False):
    folder = tmp_path / "sources" / f"{name}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    text = f'format = 2\ntitle = "Cat"\nversion = "{version}"\n'
    text += f'id = "{identity}"\n' if identity else ""
    text += '[[layers]]\nkind = "post"\n'
    text += 'effect = "glsl"\nfile = "a.glsl"\n' if shader else 'effect = "grain"\n'
    (folder / "effect.toml").write_text(text, encoding="utf-8")
    (folder / "a.glsl").write_text(SHADER, encoding="utf-8")
    return make_bundle(folder, tmp_path / (file_name or f"{name}.arfx"), key)


def packs_in(folder):
    return sorted(p.name for p in folder.iterdir())


def test_an_older_version_by_the_same_key_is_installed_only_when_it_is_asked_for(tmp_path):
    packs = tmp_path / "packs"
    install_bundle(made(tmp_path, identity="cat", version="1.10"), packs)
    old = made(tmp_path, identity="cat", version="1.9")
    with pytest.raises(PackError, match=r"older version.*expected 1\.10 or later, got 1\.9.*--older"):
        install_bundle(old, packs, replace=True)
    assert 'version = "1.10"' in (packs / "cat" / "effect.toml").read_text("utf-8")
    found, _ = install_bundle(old, packs, replace=True, older=True)
    assert (found.manifest.version, found.replaced) == ("1.9", "1.10")
    install_bundle(made(tmp_path, identity="cat", version="1.9.1"), packs, replace=True)


@pytest.mark.parametrize(
    ("one", "other", "earlier"),
    [
        ("1.9", "1.10", True),
        ("1.10", "1.9", False),
        ("1.0", "1", False),
        ("v2", "10", True),
        ("1.0-beta", "1.0", True),
        ("1.0", "1.0-beta", False),
        ("spring", "1.0", False),
        ("1.0", "1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(one, other, earlier):
    assert installing._earlier(one, other) is earlier


def test_trust_hangs_on_the_id_and_not_on_the_name_of_the_file(tmp_path):
    packs = tmp_path / "packs"
    install_bundle(made(tmp_path, identity="cat"), packs)
    renamed = made(tmp_path, identity="cat", version="1.1", key=OTHER_KEY, file_name="kitten.arfx")
    with pytest.raises(PackError, match="a pack called cat already"):
        install_bundle(renamed, packs)
    with pytest.raises(PackError, match="not signed by who signed"):
        install_bundle(renamed, packs, replace=True)
    own = made(tmp_path, identity="cat", version="1.1", file_name="kitten.arfx")
    install_bundle(own, packs, replace=True)
    assert packs_in(packs) == ["cat"], "in the place of the same pack, whatever the file is called"


def test_another_pack_by_the_same_author_does_not_slip_into_a_name(tmp_path):
    packs = tmp_path / "packs"
    install_bundle(made(tmp_path, identity="cat"), packs)
    dog = made(tmp_path, "dog", identity="dog", file_name="cat.arfx")
    with pytest.raises(PackError, match="another one"):
        install_bundle(dog, packs)
    with pytest.raises(PackError, match=r"another one than.*expected cat, got dog.*Rename the file"):
        install_bundle(dog, packs, replace=True)
    install_bundle(dog.rename(tmp_path / "dog.arfx"), packs)
    assert packs_in(packs) == ["cat", "dog"]


def test_a_pack_without_an_id_keeps_the_name_that_it_was_bundled_under(tmp_path):
    packs = tmp_path / "packs"
    install_bundle(made(tmp_path, "cat"), packs)
    same = made(tmp_path, "cat", key=OTHER_KEY, file_name="kitten.arfx")
    with pytest.raises(PackError, match="a pack called cat already"):
        install_bundle(same, packs)


def resigned(bundle, signature, **listed):
    with zipfile.ZipFile(bundle) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    sums = {n: hashlib.sha256(d).hexdigest() for n, d in files.items() if n not in (CHECKSUMS, SIGNATURE)}
    files[CHECKSUMS] = json.dumps({"files": sums, **listed}).encode()
    files[SIGNATURE] = json.dumps(signature(files[CHECKSUMS])).encode()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return bundle


def bare(data):
    key = Ed25519PrivateKey.from_private_bytes(KEY)
    return {"key": key.public_key().public_bytes_raw().hex(), "signature": key.sign(data).hex()}


def test_signatures_say_what_they_are_for(tmp_path):
    packs = tmp_path / "packs"
    with pytest.raises(PackError, match="another format"):
        install_bundle(resigned(made(tmp_path), bare, format=2), packs)
    install_bundle(resigned(made(tmp_path), bare, format=1), packs)  # made before there was a context
    newer = resigned(made(tmp_path), lambda d: signature_of(d, KEY), format=2)
    install_bundle(newer, packs, replace=True)


def test_shaders_of_strangers_need_consent(tmp_path):
    bundle = made(tmp_path, shader=True)
    with pytest.raises(PackError, match=r"brings shaders.*got a\.glsl.*--shaders"):
        install_bundle(bundle, tmp_path / "packs")
    assert not packs_in(tmp_path / "packs")
    install_bundle(bundle, tmp_path / "packs", shaders=True)


def test_a_pack_is_loaded_once(tmp_path, monkeypatch):
    bundle, count = made(tmp_path), []
    monkeypatch.setattr(
        installing, "load_pack", lambda folder: count.append(folder) or pack.load_pack(folder)
    )
    install_bundle(bundle, tmp_path / "packs")
    assert len(count) == 1


@pytest.mark.parametrize("name", ["cat-1.2", "cat-1.2.arfx", "cat.ARFX", "cat"])
def test_a_dot_in_a_name_is_no_suffix(tmp_path, name):
    bundle = made(tmp_path, file_name=name)
    assert bundle.name == (name if name.lower().endswith(".arfx") else f"{name}.arfx")
    found, _ = install_bundle(bundle, tmp_path / "packs")
    assert found.name == bundle.name[:-5]


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "con.toml",
        "aux.txt",
        "NUL.tar.gz",
        "COM1",
        "lpt9.png",
        "COM²",
        "a.",
        "a ",
        " a",
        "a?b",
        "a\x01",
    ],
)
def test_names_that_windows_keeps_or_changes_are_refused(name):
    assert fault_of(name)


@pytest.mark.parametrize("name", ["console.png", "a.con", "com10", "lpt", "ünï.png", "a b.png"])
def test_other_names_are_fine(name):
    assert not fault_of(name)


@pytest.mark.parametrize(
    ("names", "clash"),
    [
        (["a/b.png", "A/c.png"], True),
        (["a.png", "A.PNG"], True),
        (["e\u0301.png", "\u00e9.png"], True),
        (["a", "a/b"], True),
        (["a/b", "a"], True),
        (["a/b", "a/c", "b/a"], False),
    ],
)
def test_names_that_are_one_elsewhere_clash(names, clash):
    assert bool(clash_of(names)) is clash


def test_a_bundle_called_like_a_device_is_refused(tmp_path):
    bundle = made(tmp_path).rename(tmp_path / "CON.arfx")
    with pytest.raises(PackError, match="device on Windows"):
        install_bundle(bundle, tmp_path / "packs")


def test_a_bundle_with_such_a_file_is_neither_made_nor_taken(tmp_path):
    bundle = made(tmp_path)
    folder = tmp_path / "sources" / "cat-1.0"
    (folder / "aux.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PackError, match=r"aux\.txt.*device on Windows"):
        make_bundle(folder, tmp_path / "b", KEY)
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("art/aux.txt", b"x")
    resigned(bundle, lambda d: signature_of(d, KEY), format=2)
    with pytest.raises(PackError, match="device on Windows"):
        install_bundle(bundle, tmp_path / "packs")
