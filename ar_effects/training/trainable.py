"""Networks as the loop takes them: by name, with an output for each tag, and how pictures go in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ar_effects.errors import TrainingError
from ar_effects.messages import Message
from ar_effects.training.checkpoint_file import load_weights
from ar_effects.training.networks.checkpoints import read_weights, with_counts
from ar_effects.training.networks.efficientnet_lite import EfficientNetLite
from ar_effects.training.networks.lite_plan import LITE_PLANS
from ar_effects.training.networks.resnext import MEAN, RESNEXT_PLANS, STD, ResNeXt


@dataclass(frozen=True, slots=True)
class Trainable:
    """A network that learns.

    Attributes:
        name: by which `trainable` makes it again.
        network: (n, 3, side, side) to (n, tags) logits.
        side: of its pictures, in pixels.
        mean: what is taken off each of R, G, B, of 0 to 255.
        std: what they are divided by then.
        head: dotted name of its last layer, which gives the logits.
    """

    name: str
    network: nn.Module
    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    head: str


def names() -> tuple[str, ...]:
    """Of all networks that can be trained."""
    return (*RESNEXT_PLANS, *LITE_PLANS)


def trainable(name: str, tags: int, seed: int = 0) -> Trainable:
    """A network with new weights, the same for the same seed.

    Args:
        name: one of `names`.
        tags: how many outputs it has.
        seed: of the weights.

    Raises:
        TrainingError: there is none of that name.
    """
    torch.manual_seed(seed)
    if name in RESNEXT_PLANS:
        plan = RESNEXT_PLANS[name]
        mean, std = (tuple(255 * value for value in part) for part in (MEAN, STD))
        return Trainable(name, ResNeXt(plan, tags), plan.side, _three(mean), _three(std), "fc")
    if name in LITE_PLANS:
        lite = LITE_PLANS[name]
        network = EfficientNetLite(lite, tags)
        return Trainable(name, network, lite.side, (127.0,) * 3, (128.0,) * 3, "_fc")
    raise TrainingError(Message("train.network-unknown", name=name, names=", ".join(names())))


def begin_with(made: Trainable, path: Path, tell: Callable[[Message], None] = lambda _: None) -> bool:
    """Give a network the weights that another run wrote; a head of other tags stays new.

    Args:
        made: the network.
        path: a ``network.pt`` that `loop.Trainer` wrote, or a published checkpoint.
        tell: is told what the weights' licence forbids.

    Returns:
        Whether the head was taken, too.

    Raises:
        TrainingError: the file is damaged, or of another network.
    """
    found = read_weights(path)
    if found.notice is not None:
        tell(found.notice)
    weights = with_counts(found.weights, made.network)
    own = made.network.state_dict()
    head = {name for name in own if name.startswith(f"{made.head}.")}
    same = all(name in weights and weights[name].shape == own[name].shape for name in head)
    if not same:
        weights = {**weights, **{name: own[name] for name in head}}
    load_weights(made.network, weights, path)
    return same


def _three(values: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = values
    return red, green, blue
