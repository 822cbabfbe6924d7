"""What EfficientNet-Lite0 to Lite2 are made of, as numbers: for the torch network and for ``tools.convert``.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (ICML 2019, arXiv
1905.11946); the Lite variants (Liu, TensorFlow blog, 2020) leave out squeeze and excitation, put ReLU6 in the
place of swish and do not scale stem, first and last stage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

STEM_CHANNELS = 32
EMBEDDING = 1280
"""Numbers of an embedding: what the last convolution gives, averaged over the picture."""

INPUT_RANGE = (-127.0 / 128.0, 1.0)
"""Of RGB values: (x - 127) / 128."""

BATCH_NORM_EPS = 1e-3

_DIVISOR = 8
_STAGES = (
    # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One inverted residual: 1x1 to ``expanded`` channels where that is more, depthwise, 1x1 to ``outputs``.

    ``pads`` are (before, after) of the depthwise convolution, the same down and across: TensorFlow's SAME.
    """

    inputs: int
    expanded: int
    outputs: int
    kernel: int
    stride: int
    pads: tuple[int, int]

    @property
    def is_residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.inputs == self.outputs


@dataclass(frozen=True, slots=True)
class LitePlan:
    """One network: pictures of ``side`` x ``side`` pixels, the stem's (before, after) pads, its blocks."""

    name: str
    side: int
    dropout: float
    stem_pads: tuple[int, int]
    blocks: tuple[Block, ...]


def same_pads(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """(before, after) of TensorFlow's SAME padding: the odd pixel goes to the bottom and right."""
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _channels(channels: int, width: float) -> int:
    scaled = channels * width
    rounded = max(_DIVISOR, int(scaled + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return rounded + _DIVISOR if rounded < 0.9 * scaled else rounded


def _plan(name: str, width: float, depth: float, side: int, dropout: float) -> LitePlan:
    stem_pads = same_pads(side, 3, 2)
    size, channels, blocks = math.ceil(side / 2), STEM_CHANNELS, []
    for stage, (repeats, kernel, stride, expansion, base) in enumerate(_STAGES):
        outputs = _channels(base, width)
        is_end = stage in {0, len(_STAGES) - 1}
        for repeat in range(repeats if is_end else math.ceil(depth * repeats)):
            step = stride if repeat == 0 else 1
            pads = same_pads(size, kernel, step)
            blocks.append(Block(channels, channels * expansion, outputs, kernel, step, pads))
            size, channels = math.ceil(size / step), outputs
    return LitePlan(name, side, dropout, stem_pads, tuple(blocks))


LITE_PLANS = MappingProxyType(
    {
        plan.name: plan
        for plan in (
            _plan("efficientnet_lite0", 1.0, 1.0, 224, 0.2),
            _plan("efficientnet_lite1", 1.0, 1.1, 240, 0.2),
            _plan("efficientnet_lite2", 1.1, 1.2, 260, 0.3),
        )
    }
)
"""The networks by name."""
