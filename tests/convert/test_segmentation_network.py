"""The person mask against its original: all but the last two operators in the TFLite interpreter, which
cannot run the custom one; that comes from a numpy reference, a product at a time."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from ar_effects.inference.network import Network
from tools.convert.networks import NETWORKS
from tools.convert.tflite_graph import read_tflite

pytestmark = pytest.mark.wheel
pytest.importorskip("ai_edge_litert.interpreter", reason="ai-edge-litert is not made for this platform")

SOURCE = next(n.source for n in NETWORKS if n.name == "selfie_segmentation")
SIDE = 256


def transposed(values: np.ndarray, weights: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """(h, w, in) with weights (out, kh, kw, in) -> (h * stride, w * stride, out), padding SAME."""
    height, width, _ = values.shape
    out, kernel_height, kernel_width, _ = weights.shape
    result = np.zeros((height * stride, width * stride, out)) + bias
    for i in range(kernel_height):
        for j in range(kernel_width):
            result[i::stride, j::stride] += values @ weights[:, i, j].T
    return result


def pictures(frames) -> list[np.ndarray]:
    """(1, side, side, 3) in 0..1: nothing, noise, and the demo clip."""
    rng = np.random.default_rng(3)
    made = [np.zeros((SIDE, SIDE, 3)), rng.uniform(0, 1, (SIDE, SIDE, 3))]
    made += [cv2.resize(frames[i], (SIDE, SIDE))[:, :, ::-1] / 255.0 for i in (0, 60, 130)]
    return [picture[None].astype(np.float32) for picture in made]


def test_mask_is_the_original_s(read_source, demo_frames, cpu):
    from tflite_cut import TfliteRunner, cut

    source = read_source(SOURCE)
    graph = read_tflite(source)
    (custom,) = [op for op in graph.operators if op.kind == "Convolution2DTransposeBias"]
    assert struct.unpack("<3i", custom.options["bytes"]) == (1, 2, 2)
    features = custom.inputs[0]
    original = TfliteRunner(cut(source, [graph.inputs[0]], [features]))
    ours = Network("selfie_segmentation", cpu)
    spans = []
    for picture in pictures(demo_frames):
        (values,) = original({graph.inputs[0]: picture}, [features])
        weights, bias = (graph.constant(i).astype(np.float64) for i in custom.inputs[1:])
        logits = transposed(values[0].astype(np.float64), weights, bias, 2)
        expected = 1.0 / (1.0 + np.exp(-np.clip(logits[:, :, 0], -60.0, 60.0)))
        (mask,) = ours.run(picture.transpose(0, 3, 1, 2))
        np.testing.assert_allclose(mask[0, 0], expected, atol=2e-4)
        spans.append(np.ptp(expected))
    assert min(spans[2:]) > 0.95, "there is somebody and something behind"


def test_batches_give_what_single_pictures_give(demo_frames, cpu):
    network = Network("selfie_segmentation", cpu)
    batch = np.concatenate(pictures(demo_frames)).transpose(0, 3, 1, 2)
    (together,) = network.run(batch)
    for i in range(len(batch)):
        np.testing.assert_allclose(network.run(batch[i : i + 1])[0][0], together[i], atol=1e-5)
