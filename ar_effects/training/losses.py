"""Losses for pictures with several tags: one softmax over all of them, or a sigmoid for each.

The softmax with targets of 1/k is that of Mahajan et al., "Exploring the Limits of Weakly Supervised
Pretraining" (ECCV 2018), section 2.2; they found it better than a sigmoid for each tag, which is here to be
compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]
"""(pictures, tags) logits and 0/1 truth to (pictures,) losses."""


def multi_hot(tags: Sequence[Sequence[int]], count: int) -> Tensor:
    """The truth as a table.

    Args:
        tags: of each picture the numbers of its tags, each at least 0 and below ``count``; a tag named twice
            counts once.
        count: how many tags there are.

    Returns:
        (pictures, count) float32, 1 where the picture has the tag and 0 elsewhere.
    """
    truth = torch.zeros(len(tags), count)
    rows = [row for row, own in enumerate(tags) for _ in own]
    columns = [tag for own in tags for tag in own]
    truth[rows, columns] = 1.0
    return truth


def softmax_losses(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of each picture between a softmax over all tags and 1/k for each of its k tags.

    Args:
        logits: (pictures, tags), any float dtype; the sum is made in float32.
        truth: (pictures, tags), 1 for the picture's own tags, else 0.

    Returns:
        (pictures,) float32, in nats; 0 for a picture without tags, which teaches nothing.
    """
    logarithms = functional.log_softmax(logits.float(), dim=1)
    own = truth.float()
    return -(logarithms * own).sum(dim=1) / own.sum(dim=1).clamp(min=1.0)


def sigmoid_losses(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy of each picture, summed over all tags.

    Args:
        logits: (pictures, tags), any float dtype; the sum is made in float32.
        truth: (pictures, tags), 1 for the picture's own tags, else 0.

    Returns:
        (pictures,) float32, in nats.
    """
    each = functional.binary_cross_entropy_with_logits(logits.float(), truth.float(), reduction="none")
    return each.sum(dim=1)


LOSSES: Mapping[str, Loss] = MappingProxyType({"softmax": softmax_losses, "sigmoid": sigmoid_losses})
"""By the name that ``train run --loss`` takes."""


def scores(logits: Tensor, loss: str) -> Tensor:
    """What a network that learnt by a loss says of each tag, between 0 and 1.

    Args:
        logits: (pictures, tags).
        loss: a key of ``LOSSES``.

    Returns:
        (pictures, tags) float32: shares of one whole for "softmax", each on its own for "sigmoid".
    """
    return torch.softmax(logits.float(), dim=1) if loss == "softmax" else torch.sigmoid(logits.float())
