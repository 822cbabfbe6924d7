"""The backbone gives the same for the same picture, by name and by file, and says what it cannot use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ar_effects.errors import InputError, ModelError
from ar_effects.hashtags.backbone import DEFAULT, Backbone, seen
from ar_effects.paths import MODELS


@pytest.fixture(scope="module")
def backbone():
    return Backbone()


def test_pictures_of_any_size_and_number(backbone):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, size, np.uint8) for size in ((90, 120, 3), (300, 200, 3), (1, 1, 3))] * 4
    found = backbone.run(pictures)
    assert found.embedding.shape == (12, 1280)
    assert found.logits.shape == (12, 1000)
    one = backbone.run(pictures[:1])
    np.testing.assert_allclose(one.embedding[0], found.embedding[0], atol=1e-4)
    assert backbone.run([]).embedding.shape == (0, 1280)


def test_a_file_is_as_good_as_a_name(backbone):
    picture = np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)
    by_file = Backbone(MODELS / f"{DEFAULT}.onnx").run([picture])
    np.testing.assert_array_equal(by_file.logits, backbone.run([picture]).logits)


def test_all_of_the_picture_is_seen():
    picture = np.zeros((100, 400, 3), np.uint8)
    picture[:, :40] = picture[:, -40:] = 255
    small = seen(picture, 64)
    assert small[:, 0].min() > 200
    assert small[:, -1].min() > 200


def written(path: Path, shape, output="embedding", metadata=""):
    node = helper.make_node("ReduceMean", ["picture"], [output], axes=[2, 3], keepdims=0)
    graph = helper.make_graph(
        [node],
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [shape[0], 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if metadata:
        helper.set_model_props(model, {"input_range": metadata})
    onnx.save(model, path)
    return path


def test_another_backbone_without_classes(tmp_path):
    other = Backbone(written(tmp_path / "b.onnx", ["n", 3, 32, 32], metadata="0 255"))
    found = other.run([np.full((5, 5, 3), (10, 20, 30), np.uint8)])
    np.testing.assert_allclose(found.embedding, [[30.0, 20.0, 10.0]], rtol=1e-5)
    assert found.logits.shape == (1, 0)
    assert other.size == 3


def test_what_is_no_backbone_is_refused(tmp_path):
    with pytest.raises(ModelError) as none:
        Backbone(tmp_path / "none.onnx")
    assert none.value.identifier == "network.file-unreadable"
    with pytest.raises(ModelError) as unlisted:
        Backbone("efficientnet_lite9")
    assert unlisted.value.identifier == "network.unlisted"
    with pytest.raises(ModelError) as other:
        Backbone(written(tmp_path / "o.onnx", ["n", 3, 32, 32], output="boxes"))
    assert other.value.identifier == "backbone.no-embedding"
    with pytest.raises(ModelError) as free:
        Backbone(written(tmp_path / "f.onnx", ["n", 3, "h", "w"]))
    assert free.value.identifier == "network.takes-no-pictures"
    with pytest.raises(ModelError) as odd:
        Backbone(written(tmp_path / "r.onnx", ["n", 3, 32, 32], metadata="wide"))
    assert odd.value.identifier == "network.range-unreadable"


def test_what_is_no_picture_is_refused(backbone):
    with pytest.raises(InputError):
        backbone.run([np.zeros((4, 4), np.uint8)])
