from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from ar_effects.errors import ModelError
from ar_effects.inference.network import Network
from ar_effects.paths import MODELS

DETECTOR = "face_detector_short_range"


@pytest.fixture
def folder(tmp_path) -> Path:
    shutil.copy(MODELS / "manifest.toml", tmp_path)
    shutil.copy(MODELS / f"{DETECTOR}.onnx", tmp_path)
    return tmp_path


def rewrite(folder: Path, old: str, new: str) -> None:
    path = folder / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "side"), [(DETECTOR, 128), ("face_mesh_attention", 192), ("face_mesh_trunk", 192)]
)
def test_outputs_come_in_the_manifest_s_order_and_shapes(cpu, name, side):
    network = Network(name, cpu)
    assert network.side == side
    for batch in (1, 2):
        outputs = network.run(np.zeros((batch, 3, side, side), np.float32))
        expected = [(batch, *shape[1:]) for shape in network.entry.outputs.values()]
        assert [o.shape for o in outputs] == expected
        assert all(np.isfinite(o).all() for o in outputs)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing_that_matters(cpu, threads):
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, 128, 128)).astype(np.float32)
    for a, b in zip(
        Network(DETECTOR, cpu, threads=threads).run(picture), Network(DETECTOR, cpu).run(picture), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=1e-3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("picture = [", "image = ["),
        ("128, 128]", "128, 129]"),
        ("boxes = [", "boxen = ["),
        ('["pictures", 896, 16]', '["pictures", 895, 16]'),
    ],
)
def test_a_network_unlike_its_manifest_is_refused(cpu, folder, old, new):
    rewrite(folder, old, new)
    with pytest.raises(ModelError, match=rf"{DETECTOR}\.onnx is not the network its manifest describes"):
        Network(DETECTOR, cpu, folder)


def test_a_file_that_is_no_network(cpu, folder):
    data = b"no protobuf at all"
    (folder / f"{DETECTOR}.onnx").write_bytes(data)
    old = hashlib.sha256((MODELS / f"{DETECTOR}.onnx").read_bytes()).hexdigest()
    rewrite(folder, old, hashlib.sha256(data).hexdigest())
    with pytest.raises(ModelError, match=rf"{DETECTOR}\.onnx cannot be loaded by ONNX Runtime.*pip install"):
        Network(DETECTOR, cpu, folder)


def test_the_manifest_s_hash_is_checked_before_the_file_is_parsed(cpu, folder, monkeypatch):
    (folder / f"{DETECTOR}.onnx").write_bytes(b"evil")
    monkeypatch.setattr(
        ort, "InferenceSession", lambda *_a, **_k: pytest.fail("an unchecked file was parsed")
    )
    with pytest.raises(ModelError, match="damaged or was changed"):
        Network(DETECTOR, cpu, folder)
