"""Joined branches give what the branches gave apart."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from tools.convert.branches import merge_branches
from tools.convert.translate import OnnxBuilder

CHANNELS = 8


def branch(b: OnnxBuilder, head: str, seed: int, layers: int, widen: int = 0) -> str:
    """Depthwise, pointwise, residual, and at the end a pooling that may be wider than the others'."""
    random = np.random.default_rng(seed)

    def weights(*shape: int) -> str:
        return b.constant(random.normal(size=shape).astype(np.float32), "w")

    x = head
    for _ in range(layers):
        deep = b.node(
            "Conv",
            [x, weights(CHANNELS, 1, 3, 3), weights(CHANNELS)],
            kernel_shape=[3, 3],
            pads=[1] * 4,
            group=CHANNELS,
        )
        point = b.node("Conv", [deep, weights(CHANNELS, CHANNELS, 1, 1)], kernel_shape=[1, 1])
        x = b.node("Relu", [b.node("Add", [x, point])])
    last = b.node("Conv", [x, weights(CHANNELS + widen, CHANNELS, 1, 1)], kernel_shape=[1, 1])
    return b.node("MaxPool", [last], kernel_shape=[2, 2], strides=[2, 2])


def build(join: bool, layers: tuple[int, ...], widen: tuple[int, ...]) -> onnx.ModelProto:
    b = OnnxBuilder()
    heads = b.split("x", [CHANNELS] * len(layers))
    ends = [branch(b, h, i, n, w) for i, (h, n, w) in enumerate(zip(heads, layers, widen, strict=True))]
    for i, end in enumerate(ends):
        b.node("Identity", [end], f"y{i}")
    b.kept = {f"y{i}" for i in range(len(ends))}
    if join:
        first, *rest = heads
        both = merge_branches(b, rest) if len(rest) > 1 else rest[0]
        merge_branches(b, [first, both], "x")
    outputs = {f"y{i}": (1, CHANNELS + w, 4, 4) for i, w in enumerate(widen)}
    return b.build("branches", {"x": (1, CHANNELS * len(layers), 8, 8)}, outputs)


@pytest.mark.parametrize(
    ("layers", "widen"),
    [
        pytest.param((2, 2), (0, 0), id="alike to the end"),
        pytest.param((2, 2, 2), (0, 0, 0), id="three alike"),
        pytest.param((1, 3), (0, 0), id="one is longer"),
        pytest.param((2, 2, 2), (4, 0, 0), id="the first ends wider"),
        pytest.param((3, 1, 1), (0, 2, 2), id="the first is longer, the others wider"),
    ],
)
def test_joining_changes_no_output(layers, widen):
    apart, joined = build(False, layers, widen), build(True, layers, widen)
    x = np.random.default_rng(9).normal(size=(1, CHANNELS * len(layers), 8, 8)).astype(np.float32)
    results = [
        ort.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})
        for m in (apart, joined)
    ]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_joining_saves_nodes():
    apart, joined = build(False, (4, 4, 4), (0, 0, 0)), build(True, (4, 4, 4), (0, 0, 0))
    count = [sum(n.op_type in {"Conv", "Relu", "Add"} for n in m.graph.node) for m in (apart, joined)]
    assert count[1] < count[0] / 2
    groups = {a.i for n in joined.graph.node if n.op_type == "Conv" for a in n.attribute if a.name == "group"}
    assert 3 in groups
