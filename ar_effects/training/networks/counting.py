"""What a network costs: its parameters, and the multiplications of one picture.

Counted on torch's meta device, which computes shapes and no numbers: a network of 829 million parameters
takes no memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ar_effects.training.networks.efficientnet_lite import EfficientNetLite
from ar_effects.training.networks.lite_plan import LITE_PLANS, LitePlan
from ar_effects.training.networks.resnext import RESNEXT_PLANS, ResNeXt, ResNeXtPlan


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one network.

    Attributes:
        parameters: numbers that are learnt.
        multiplications: multiply-adds of convolutions and matrices for one picture. Papers call this "FLOPs".
        activations: numbers that convolutions and matrices give for one picture.
    """

    parameters: int
    multiplications: int
    activations: int


def count(network: nn.Module, side: int) -> Cost:
    """Count a network whose weights are on the meta device.

    Args:
        network: takes (n, 3, side, side).
        side: of the picture, in pixels.
    """
    multiplications = activations = 0

    def look(module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        nonlocal multiplications, activations
        each = module.weight[0].numel()  # multiplications for one number of the output
        multiplications += each * output[0].numel()
        activations += output[0].numel()

    hooks = [
        module.register_forward_hook(look)
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    was_training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.empty(1, 3, side, side, device="meta"))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return Cost(sum(p.numel() for p in network.parameters()), multiplications, activations)


def known_plans() -> dict[str, ResNeXtPlan | LitePlan]:
    """Of all networks that have a name."""
    return {**RESNEXT_PLANS, **LITE_PLANS}


def count_named(name: str, classes: int = 1000) -> Cost:
    """Count a network that has a name, whatever its size. KeyError where there is none of that name."""
    plan = known_plans()[name]
    with torch.device("meta"):
        network = ResNeXt(plan, classes) if isinstance(plan, ResNeXtPlan) else EfficientNetLite(plan, classes)
    return count(network, plan.side)
