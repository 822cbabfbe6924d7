"""Networks and providers that other packages add."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ar_effects.app.window.figures import DEVICES
from ar_effects.errors import ModelError, ProviderError
from ar_effects.inference import provider as providers
from ar_effects.inference.manifest import networks, read_network
from ar_effects.inference.network import Network
from ar_effects.inference.provider import choose_provider
from ar_effects.inference.provider_types import CPU, LABELS, PROVIDERS, ExecutionProvider, Provider
from ar_effects.paths import MODELS

SHORT = "face_detector_short_range"


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A package's folder: the short-range detector by another name."""
    entry, data = read_network(SHORT)
    (tmp_path / "theirs.onnx").write_bytes(data)
    inputs, outputs = (
        ", ".join(f"{name} = {list(shape)}".replace("'", '"') for name, shape in shapes.items())
        for shapes in (entry.inputs, entry.outputs)
    )
    (tmp_path / "manifest.toml").write_text(
        f'[theirs]\nfile = "theirs.onnx"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        f"inputs = {{ {inputs} }}\noutputs = {{ {outputs} }}\ninput_range = [-1.0, 1.0]\n"
    )
    monkeypatch.setitem(networks()._made, "theirs", tmp_path)
    return tmp_path


def test_a_network_of_another_package_is_loaded_by_its_name(own_folder, cpu):
    theirs, ours = Network("theirs", cpu), Network(SHORT, cpu)
    picture = np.random.default_rng(3).integers(0, 256, (128, 128, 3), np.uint8)
    for a, b in zip(theirs.run_picture(picture), ours.run_picture(picture), strict=True):
        np.testing.assert_array_equal(a, b)
    assert theirs.entry.path.parent == own_folder


def test_its_file_is_checked_as_ours_are(own_folder):
    data = (own_folder / "theirs.onnx").read_bytes()
    (own_folder / "theirs.onnx").write_bytes(data[:-1])
    with pytest.raises(ModelError, match="is damaged or was changed"):
        read_network("theirs")


def test_theirs_is_not_looked_for_in_another_folder(own_folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.toml").write_text("")
    with pytest.raises(ModelError, match="lists no network 'theirs'"):
        read_network("theirs", tmp_path / "other")


def test_ours_lie_in_our_folder():
    assert set(networks()) >= {SHORT, "face_mesh_attention"}
    assert networks()[SHORT] == MODELS


@pytest.fixture
def from_plugins(monkeypatch):
    """Adds a provider; what is found out about it is not kept."""

    def add(**settings):
        monkeypatch.setitem(PROVIDERS._made, "chip", ExecutionProvider(CPU, "the chip", **settings))
        providers.trial_of.cache_clear()

    yield add
    providers.trial_of.cache_clear()


def test_a_provider_runs_networks_under_its_name(from_plugins):
    asked = []
    from_plugins(options=lambda entry: asked.append(entry.name) or {})
    provider = choose_provider("chip")
    assert provider.name == "chip"
    assert not provider.float16
    assert provider.reason.startswith("Networks run on the chip, as asked: ")
    assert provider.ort_names == [CPU]
    assert set(asked) == {"face_mesh_attention"}, "the trial"
    picture = np.zeros((128, 128, 3), np.uint8)
    boxes, _ = Network(SHORT, provider).run_picture(picture)
    expected, _ = Network(SHORT, choose_provider("cpu")).run_picture(picture)
    np.testing.assert_array_equal(boxes, expected)
    assert asked[-1] == SHORT
    assert DEVICES.get("chip") or LABELS["chip"] == "the chip"


def test_one_that_says_that_it_cannot_run_is_not_tried(from_plugins):
    def check():
        raise OSError("there is no chip")

    from_plugins(check=check, options=pytest.fail)
    with pytest.raises(ProviderError, match="the chip was asked for but cannot run, got there is no chip"):
        choose_provider("chip")


def test_one_that_onnx_runtime_does_not_have_is_refused(monkeypatch):
    monkeypatch.setitem(PROVIDERS._made, "chip", ExecutionProvider("ChipExecutionProvider", "the chip"))
    with pytest.raises(ProviderError, match="built without ChipExecutionProvider, which the chip needs"):
        Network(SHORT, Provider("chip", "on trial"))


def test_one_that_fails_while_it_runs_is_named(from_plugins, monkeypatch):
    from_plugins()
    network = Network(SHORT, Provider("chip", "as asked"))

    class Session:
        def run(self, *_):
            raise RuntimeError("the chip is hot")

    monkeypatch.setattr(network, "_session", Session())
    with pytest.raises(ProviderError, match=r"the chip failed \(the chip is hot\)"):
        network.run_picture(np.zeros((128, 128, 3), np.uint8))


def test_auto_takes_none_of_them_and_an_unknown_word_lists_them(from_plugins, monkeypatch):
    from_plugins(options=pytest.fail)
    monkeypatch.setattr(PROVIDERS, "from_plugins", lambda: {"chip": "a package"})
    assert choose_provider("auto").name != "chip"
    with pytest.raises(ProviderError, match=r"There is no provider 'chap', expected auto, .* or chip"):
        choose_provider("chap")
