"""EfficientNet-Lite0 to Lite2 in torch: the practical backbone, with the weights that its packages carry.

What they are made of: ``lite_plan``. The names of the weights are the packages' own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ar_effects.training.networks.lite_plan import BATCH_NORM_EPS, EMBEDDING, STEM_CHANNELS, Block, LitePlan

_MOMENTUM = 0.01
"""Of running means: torch's way round of TensorFlow's 0.99."""


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS, momentum=_MOMENTUM)


class _Conv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding, where the odd pixel goes to the bottom and right."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, pads: tuple[int, int], groups: int = 1
    ) -> None:
        is_even = pads[0] == pads[1]
        super().__init__(
            inputs, outputs, kernel, stride, padding=pads[0] if is_even else 0, groups=groups, bias=False
        )
        self.odd_pads = () if is_even else (*pads, *pads)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, self.odd_pads) if self.odd_pads else x)


class _InvertedResidual(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.is_residual, self.is_expanded = block.is_residual, block.expanded != block.inputs
        if self.is_expanded:
            self._expand_conv = nn.Conv2d(block.inputs, block.expanded, 1, bias=False)
            self._bn0 = _norm(block.expanded)
        self._depthwise_conv = _Conv(
            block.expanded, block.expanded, block.kernel, block.stride, block.pads, groups=block.expanded
        )
        self._bn1 = _norm(block.expanded)
        self._project_conv = nn.Conv2d(block.expanded, block.outputs, 1, bias=False)
        self._bn2 = _norm(block.outputs)
        self._relu6 = nn.ReLU6(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self.is_expanded:
            y = self._relu6(self._bn0(self._expand_conv(y)))
        y = self._relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self.is_residual else y


class EfficientNetLite(nn.Module):
    """Pictures -> embedding -> logits.

    Args:
        plan: one of ``LITE_PLANS``.
        classes: outputs of the classifier.
    """

    def __init__(self, plan: LitePlan, classes: int = 1000) -> None:
        super().__init__()
        self.plan = plan
        self._conv_stem = _Conv(3, STEM_CHANNELS, 3, 2, plan.stem_pads)
        self._bn0 = _norm(STEM_CHANNELS)
        self._blocks = nn.ModuleList(_InvertedResidual(block) for block in plan.blocks)
        self._conv_head = nn.Conv2d(plan.blocks[-1].outputs, EMBEDDING, 1, bias=False)
        self._bn1 = _norm(EMBEDDING)
        self._relu6 = nn.ReLU6(inplace=True)
        self._dropout = nn.Dropout(plan.dropout)
        self._fc = nn.Linear(EMBEDDING, classes)

    def embed(self, pictures: Tensor) -> Tensor:
        """(n, 3, side, side) RGB in ``lite_plan.INPUT_RANGE`` -> (n, 1280)."""
        x = self._relu6(self._bn0(self._conv_stem(pictures)))
        for block in self._blocks:
            x = block(x)
        x = self._relu6(self._bn1(self._conv_head(x)))
        return torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, side, side) RGB in ``lite_plan.INPUT_RANGE`` -> (n, classes) logits."""
        return self._fc(self._dropout(self.embed(pictures)))
