"""The selfie segmentation network: what it has that the others have not, in plain ONNX.

- ``Convolution2DTransposeBias``: a transposed convolution with a bias. Its options are the bytes of three
  little-endian integers: padding (1 is SAME), stride across, stride down. Its 2x2 kernel moves by 2, so that
  no two of its products meet: each input pixel becomes four output pixels,
  ``out[2y + i, 2x + j] = w[i, j] . in[y, x] + b``, a 1x1 convolution to four channels and a DepthToSpace.
- Means over a whole map become GlobalAveragePool. Rewriting them, the products with one number a channel and
  HARD_SWISH for ONNX Runtime's blocked layout, as the PReLU of the other networks, was slower.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tools.convert.tflite_graph import Operator, TfliteGraph
from tools.convert.translate import CustomTranslation, OnnxBuilder, Translation

SAME = 1


def segmentation(graph: TfliteGraph, b: OnnxBuilder) -> None:
    """The whole network: "picture" -> "mask"."""
    t = Translation(graph, b, HANDLERS)
    t.run("picture")
    (output,) = graph.outputs.values()
    b.node("Identity", [t.value[output]], "mask")


def _global_average(t: Translation, op: Operator) -> None:
    size = t.shape(op.inputs[0])[1:3]
    if op.options["kernel"] != size:
        raise ValueError("means of less than the whole map do not occur in this network")
    t.put(op, t.b.node("GlobalAveragePool", [t.value[op.inputs[0]]]))


def _transposed(t: Translation, op: Operator) -> None:
    padding, across, down = struct.unpack("<3i", op.options["bytes"])
    weights: Any = t.graph.constant(op.inputs[1])  # (out, height, width, in)
    out, height, width, channels = weights.shape
    if padding != SAME or (out, height, width) != (1, down, across) or down != across:
        raise ValueError(
            "only kernels as large as their stride, with one output channel, occur in this network"
        )
    kernel = weights.reshape(height * width, channels, 1, 1)
    bias = np.repeat(t.graph.constant(op.inputs[2]), height * width)
    name = t.b.node(
        "Conv",
        [t.value[op.inputs[0]], t.b.constant(kernel, "w"), t.b.constant(bias, "b")],
        kernel_shape=[1, 1],
    )
    t.put(op, t.b.node("DepthToSpace", [name], blocksize=across, mode="DCR"))


HANDLERS: dict[str, CustomTranslation] = {
    "AVERAGE_POOL_2D": _global_average,
    "Convolution2DTransposeBias": _transposed,
}
