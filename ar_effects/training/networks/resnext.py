"""ResNeXt with depth, cardinality and width as parameters, up to the networks that learnt from hashtags.

Xie et al., "Aggregated Residual Transformations for Deep Neural Networks" (CVPR 2017, arXiv 1611.05431). The
names of the weights are torchvision's, which are those of the checkpoints published with Mahajan et al.,
"Exploring the Limits of Weakly Supervised Pretraining" (ECCV 2018, arXiv 1805.00932).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

EXPANSION = 4
"""A stage's outputs are four times its base of channels."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What is taken off RGB values in 0..1, and what they are divided by then."""


@dataclass(frozen=True, slots=True)
class ResNeXtPlan:
    """What a network is made of.

    Args:
        blocks: in each stage; the first stage keeps the size, each other halves it.
        cardinality: groups of a block's 3x3 convolution.
        width: channels of a group in the first stage; doubled in each next one.
        base: channels of the stem; a stage's outputs are 4, 8, 16, 32 times as many.
        side: of the pictures, in pixels.
    """

    blocks: tuple[int, ...]
    cardinality: int
    width: int
    base: int = 64
    side: int = 224

    @property
    def depth(self) -> int:
        """Layers with weights, as the name counts them: three a block, stem and classifier."""
        return 3 * sum(self.blocks) + 2

    @property
    def embedding(self) -> int:
        """Numbers of an embedding."""
        return self.base * EXPANSION << (len(self.blocks) - 1)


_101 = (3, 4, 23, 3)

RESNEXT_PLANS = MappingProxyType(
    {
        "resnext26_8x2d": ResNeXtPlan((2, 2, 2, 2), cardinality=8, width=2, base=16, side=128),
        "resnext50_32x4d": ResNeXtPlan((3, 4, 6, 3), cardinality=32, width=4),
        "resnext101_32x8d": ResNeXtPlan(_101, cardinality=32, width=8),
        "resnext101_32x16d": ResNeXtPlan(_101, cardinality=32, width=16),
        "resnext101_32x32d": ResNeXtPlan(_101, cardinality=32, width=32),
        "resnext101_32x48d": ResNeXtPlan(_101, cardinality=32, width=48),
    }
)
"""The networks by name: a small one for two cores, the usual one, and the four of the paper."""

SMALL = "resnext26_8x2d"
"""What is trained where nothing is named."""


class Bottleneck(nn.Module):
    """1x1 to the groups, 3x3 inside of each, 1x1 to the outputs; and the input added."""

    def __init__(self, inputs: int, inner: int, outputs: int, *, cardinality: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1, groups=cardinality, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, h / stride, w / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNeXt(nn.Module):
    """Pictures -> embedding -> logits.

    Args:
        plan: what it is made of.
        classes: outputs of the classifier.
        checkpointed: whether training keeps the inputs of blocks only and computes the rest again on the way
            back (Chen et al., arXiv 1604.06174): a third more arithmetic, a fraction of the memory.
    """

    def __init__(self, plan: ResNeXtPlan, classes: int = 1000, *, checkpointed: bool = False) -> None:
        super().__init__()
        self.plan = plan
        self.checkpointed = checkpointed
        self.conv1 = nn.Conv2d(3, plan.base, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(plan.base)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels, self._stages = plan.base, []
        for stage, count in enumerate(plan.blocks):
            inner = (plan.cardinality * plan.width) << stage
            outputs = (plan.base * EXPANSION) << stage
            blocks = []
            for at in range(count):
                stride = 2 if stage and at == 0 else 1
                blocks.append(
                    Bottleneck(channels, inner, outputs, cardinality=plan.cardinality, stride=stride)
                )
                channels = outputs
            name = f"layer{stage + 1}"
            self.add_module(name, nn.Sequential(*blocks))
            self._stages.append(name)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)
        self._initialise()

    def embed(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) RGB, normalised by ``MEAN`` and ``STD`` -> (n, embedding)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for stage in self._stages:
            for block in getattr(self, stage):
                if self.checkpointed and self.training:
                    x = checkpoint(block, x, use_reentrant=False)
                else:
                    x = block(x)
        return torch.flatten(self.avgpool(x), 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) RGB, normalised by ``MEAN`` and ``STD`` -> (n, classes) logits."""
        return self.fc(self.embed(pictures))

    def _initialise(self) -> None:
        """He et al. (arXiv 1502.01852); blocks begin as the identity (Goyal et al., arXiv 1706.02677)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, Bottleneck):
                nn.init.zeros_(module.bn3.weight)
