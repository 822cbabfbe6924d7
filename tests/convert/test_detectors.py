"""Detectors: ONNX against the original file in the TFLite interpreter."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.inference.network import Network
from tools.convert.networks import NETWORKS
from tools.convert.tflite_graph import read_tflite

pytestmark = pytest.mark.wheel
pytest.importorskip("ai_edge_litert.interpreter", reason="ai-edge-litert is not made for this platform")

DETECTORS = {
    # outputs of the original (boxes, scores), tolerance in pixels of the input, side
    "face_detector_short_range": ("regressors", "classificators", 1e-3, 128),
    "face_detector_full_range": ("Identity", "Identity_1", 2e-3, 192),
}
SOURCE = {n.name: n.source for n in NETWORKS}


def pictures(side: int, frames) -> list[np.ndarray]:
    """(1, side, side, 3) in -1..1: nothing, white, noise of three strengths, and the demo clip."""
    import cv2

    rng = np.random.default_rng(5)
    shape = (1, side, side, 3)
    made = [np.full(shape, -1.0), np.full(shape, 1.0)]
    made += [rng.uniform(-a, a, shape) for a in (0.1, 0.5, 1.0)]
    for i in (0, 60, 130, 200):
        square = cv2.resize(frames[i][:, 80:560], (side, side), interpolation=cv2.INTER_LINEAR)
        made.append(square[None, :, :, ::-1] / 127.5 - 1.0)
    return [picture.astype(np.float32) for picture in made]


@pytest.mark.parametrize("name", DETECTORS)
def test_shipped_detector_gives_the_original_s_numbers(read_source, demo_frames, cpu, name):
    from tflite_cut import TfliteRunner

    box_output, score_output, tolerance_px, side = DETECTORS[name]
    source = read_source(SOURCE[name])
    graph = read_tflite(source)
    outputs = [graph.outputs[box_output], graph.outputs[score_output]]
    original, ours = TfliteRunner(source), Network(name, cpu)
    best = []
    for picture in pictures(side, demo_frames):
        boxes, logits = original({graph.inputs[0]: picture}, outputs)
        our_boxes, our_scores = ours.run(picture.transpose(0, 3, 1, 2))
        assert np.abs(boxes).max() > 10.0, "the comparison has something to compare"
        np.testing.assert_allclose(our_boxes, boxes, rtol=1e-5, atol=tolerance_px)
        expected = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
        np.testing.assert_allclose(our_scores, expected, atol=1e-4)
        best.append(float(our_scores.max()))
    assert min(best[-4:]) > 0.7, "the demo's face is seen"
    assert max(best[:5]) < 0.6, "noise is no face"


@pytest.mark.parametrize("name", DETECTORS)
def test_detector_takes_a_batch(demo_frames, cpu, name):
    network = Network(name, cpu)
    batch = np.concatenate(pictures(network.side, demo_frames)).transpose(0, 3, 1, 2)
    together = network.run(batch)
    for i in range(len(batch)):
        for a, b in zip(together, network.run(batch[i : i + 1]), strict=True):
            np.testing.assert_allclose(a[i : i + 1], b, atol=5e-4)


def test_sparse_weights_are_mostly_zero_and_all_placed(read_source):
    """What DENSIFY unpacks is a sparse kernel, not a dense one shuffled."""
    from ai_edge_litert import schema_py_generated as schema

    source = read_source(SOURCE["face_detector_full_range"])
    raw = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source, 0))
    tensors = read_tflite(source).tensors
    sparse = {
        int(op.outputs[0]): len(raw.buffers[raw.subgraphs[0].tensors[int(op.inputs[0])].buffer].data) // 2
        for op in raw.subgraphs[0].operators
        if raw.operatorCodes[op.opcodeIndex].builtinCode == schema.BuiltinOperator.DENSIFY
    }
    assert sparse
    for index, stored in sparse.items():
        data = tensors[index].data
        assert np.count_nonzero(data) <= stored < data.size
