"""What is exported is the same network; what is smaller says by how much it is not."""

from __future__ import annotations

import json

import cv2
import numpy as np
import onnxruntime as ort
import pytest
import torch

from ar_effects.errors import TrainingError
from ar_effects.training import export as module
from ar_effects.training.export import PARITY, export, made_up, read_pictures
from ar_effects.training.networks.checkpoints import Trained, load_trained
from ar_effects.training.networks.resnext import ResNeXt, ResNeXtPlan

TINY = ResNeXtPlan((1, 1), cardinality=4, width=2, base=8, side=32)
TAGS = ("#dog", "#café", "#night")


@pytest.fixture(scope="module")
def trained() -> Trained:
    torch.manual_seed(5)
    network = ResNeXt(TINY, classes=len(TAGS))
    for _ in range(3):  # statistics of a network that has seen something
        network(torch.randn(16, 3, 32, 32))
    for block in (network.layer1[0], network.layer2[0]):
        torch.nn.init.ones_(block.bn3.weight)
    return Trained("", TINY, network.eval(), TAGS)


def test_the_file_gives_torch_s_numbers_for_any_number_of_pictures(trained, tmp_path):
    target = tmp_path / "network.onnx"
    loss = export(trained, target)
    assert loss.largest <= PARITY
    assert loss.same_first == 1.0
    assert loss.size == target.stat().st_size
    session = ort.InferenceSession(target)
    assert [(i.name, i.shape[1:]) for i in session.get_inputs()] == [("picture", [3, 32, 32])]
    assert [o.name for o in session.get_outputs()] == ["embedding", "tags"]
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["input_range"] == "0.0 1.0"
    assert json.loads(facts["tags"]) == list(TAGS)
    pictures = made_up(trained, 5)
    mean, std = (np.array(v, np.float32).reshape(3, 1, 1) for v in (module.MEAN, module.STD))
    with torch.no_grad():
        wanted = trained.network(torch.from_numpy((pictures - mean) / std)).numpy()
    assert np.abs(session.run(["tags"], {"picture": pictures})[0] - wanted).max() < 1e-4


def test_half_weights_halve_the_file_and_what_they_lose_is_told(trained, tmp_path):
    whole = export(trained, tmp_path / "whole.onnx")
    half = export(trained, tmp_path / "half.onnx", "float16")
    assert half.size < whole.size
    assert PARITY / 100 < half.largest < 0.01
    assert half.least_cosine > 0.9999


def test_int8_takes_its_scales_from_pictures_and_tells_what_it_loses(trained, tmp_path):
    loss = export(trained, tmp_path / "small.onnx", "int8", made_up(trained, 16))
    assert 1e-4 < loss.largest < 0.5
    assert 0.9 < loss.least_cosine < 1.0
    assert loss.pictures == 16
    facts = ort.InferenceSession(tmp_path / "small.onnx").get_modelmeta().custom_metadata_map
    assert facts["input_range"] == "0.0 1.0"


@pytest.mark.parametrize("count", [None, 3])
def test_int8_without_pictures_is_refused(trained, tmp_path, count):
    pictures = None if count is None else made_up(trained, count)
    with pytest.raises(TrainingError) as caught:
        export(trained, tmp_path / "small.onnx", "int8", pictures)
    assert caught.value.identifier == "train.too-few-pictures"


def test_an_export_that_differs_is_not_written(trained, tmp_path, monkeypatch):
    target = tmp_path / "network.onnx"
    target.write_bytes(b"what stood there")
    right = module._torch_outputs
    monkeypatch.setattr(module, "_torch_outputs", lambda *a: tuple(v + 1e-3 for v in right(*a)))
    with pytest.raises(TrainingError) as caught:
        export(trained, target)
    assert caught.value.identifier == "train.export-differs"
    assert target.read_bytes() == b"what stood there"
    monkeypatch.setattr(module, "_torch_outputs", lambda *a: tuple(v * np.nan for v in right(*a)))
    with pytest.raises(TrainingError):
        export(trained, target)


def test_a_network_beyond_protobuf_s_limit_is_told_of_half_weights(trained, tmp_path, monkeypatch):
    whole = export(trained, tmp_path / "whole.onnx").size
    monkeypatch.setattr(module, "LARGEST_FILE", whole - 1)
    with pytest.raises(TrainingError) as caught:
        export(trained, tmp_path / "network.onnx")
    assert caught.value.identifier == "train.export-too-large"
    assert export(trained, tmp_path / "network.onnx", "float16").size < whole


def test_pictures_of_a_folder_are_read_as_the_file_takes_them(trained, tmp_path):
    (tmp_path / "inner").mkdir()
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 2] = 255
    cv2.imwrite(str(tmp_path / "inner" / "red.png"), red)
    (tmp_path / "a note.txt").write_text("no picture")
    pictures = read_pictures(trained, tmp_path, 4)
    assert pictures.shape == (1, 3, 32, 32)
    assert pictures[0].mean(axis=(1, 2)).tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(TrainingError):
        read_pictures(trained, tmp_path / "nowhere", 4)


def test_what_a_run_wrote_is_exported_with_its_tags(trained, tmp_path):
    state = {"format": 1, "tags": list(TAGS), "weights": trained.network.state_dict()}
    torch.save(state, tmp_path / "network.pt")
    again = load_trained(tmp_path / "network.pt")
    assert again.tags == TAGS
