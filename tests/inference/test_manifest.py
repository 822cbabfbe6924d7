from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ar_effects.errors import ModelError
from ar_effects.inference.manifest import read_manifest, read_network
from ar_effects.paths import MODELS

DETECTOR = "face_detector_short_range"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the manifest and its smallest network, to break."""
    shutil.copy(MODELS / "manifest.toml", tmp_path)
    shutil.copy(MODELS / f"{DETECTOR}.onnx", tmp_path)
    return tmp_path


def replace(folder: Path, old: str, new: str) -> None:
    path = folder / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_shipped_network_is_the_one_listed():
    entries = read_manifest()
    assert set(entries) == {
        DETECTOR,
        "face_detector_full_range",
        "face_mesh_attention",
        "face_mesh_trunk",
        "face_mesh_refinement",
        "selfie_segmentation",
        "efficientnet_lite0",
    }
    for name in entries:
        entry, data = read_network(name)
        assert entry.path.stat().st_size == len(data) > 100_000


def test_missing_manifest(tmp_path):
    with pytest.raises(ModelError, match=r"manifest\.toml is missing.*git checkout"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "data", [b"[broken", b"a = \xff\xfe", b"a = 1\na = 2"], ids=["toml", "utf-8", "twice"]
)
def test_unreadable_manifest(tmp_path, data):
    (tmp_path / "manifest.toml").write_bytes(data)
    with pytest.raises(ModelError, match=r"manifest\.toml cannot be read.*git checkout"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("key", ["file", "sha256", "inputs", "outputs", "input_range"])
def test_missing_key_is_named(folder, key):
    replace(folder, f"\n{key} = ", "\nforgotten = ")
    with pytest.raises(ModelError, match=rf"manifest\.toml.*\[{DETECTOR}\].*'{key}'.*git checkout"):
        read_network(DETECTOR, folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f'file = "{DETECTOR}.onnx"', "file = 7"),
        ('sha256 = "f59', "sha256 = 3 # "),
        ('inputs = { picture = ["pictures", 3, 128, 128] }', "inputs = {}"),
        ('inputs = { picture = ["pictures", 3, 128, 128] }', "inputs = 1"),
        ('["pictures", 3, 128, 128]', '["pictures", 3, 128.0, 128]'),
        ("[-1.0, 1.0]", "[-1.0, 1.0, 2.0]"),
        ("[-1.0, 1.0]", '["a", "b"]'),
    ],
)
def test_value_of_the_wrong_kind(folder, old, new):
    replace(folder, old, new)
    with pytest.raises(ModelError, match=rf"\[{DETECTOR}\] is damaged.*python -m tools\.convert"):
        read_network(DETECTOR, folder)


def test_unknown_network_lists_those_there_are(folder):
    with pytest.raises(ModelError, match=f"no network 'hands'.*{DETECTOR}"):
        read_network("hands", folder)


def test_missing_file(folder):
    (folder / f"{DETECTOR}.onnx").unlink()
    with pytest.raises(ModelError, match=rf"{DETECTOR}\.onnx cannot be read.*No such file.*git checkout"):
        read_network(DETECTOR, folder)


@pytest.mark.parametrize("change", ["one bit", "cut short", "empty"])
def test_altered_file(folder, change):
    path = folder / f"{DETECTOR}.onnx"
    data = bytearray(path.read_bytes())
    if change == "one bit":
        data[len(data) // 2] ^= 1
    path.write_bytes({"one bit": data, "cut short": data[:1000], "empty": b""}[change])
    with pytest.raises(
        ModelError, match=rf"{DETECTOR}\.onnx is damaged or was changed.*sha256.*git checkout"
    ):
        read_network(DETECTOR, folder)


def test_wrong_hash_in_the_manifest(folder):
    replace(folder, 'sha256 = "f', 'sha256 = "0')
    with pytest.raises(ModelError, match="damaged or was changed"):
        read_network(DETECTOR, folder)
