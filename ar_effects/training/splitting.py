"""What is learnt from, and what is measured with: never the same picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import TrainingError
from ar_effects.messages import Message
from ar_effects.training.deduplication import near_hashes
from ar_effects.training.loop import Data
from ar_effects.training.options import RunOptions
from ar_effects.training.shards import ShardSet


def data_of(
    shards: ShardSet, measure_with: str | None, options: RunOptions, tell: Callable[[Message], None]
) -> Data:
    """What a run learns from and measures with.

    Args:
        shards: to learn from.
        measure_with: address of others to measure with; None: some of the same, split off by the run's seed.
        options: of the run.
        tell: is told how many pictures of the others are left out, as they are learnt from.

    Raises:
        TrainingError: the others have another vocabulary.
    """
    if measure_with is None:
        training, held = split_off(len(shards), options.hold_out, options.seed)
        return Data(shards, training, shards, held)
    others = ShardSet(measure_with)
    if others.vocabulary != shards.vocabulary:
        raise TrainingError(Message("train.other-vocabulary", place=measure_with))
    known = near_hashes(others.hashes.tolist(), shards.hashes.tolist())
    if known:
        tell(Message("train.measured-anew", count=len(known)))
    held = np.array([number for number in range(len(others)) if number not in known], np.int64)
    return Data(shards, np.arange(len(shards)), others, held)


def split_off(count: int, proportion: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of pictures to learn from, and of those to measure with, drawn by the seed; each rising."""
    order = np.random.default_rng([0xD1F5, seed]).permutation(count)
    held = round(count * proportion)
    return np.sort(order[held:]), np.sort(order[:held])
