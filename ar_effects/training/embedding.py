"""What a network that was learnt here makes of pictures before its last layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ar_effects.errors import TrainingError
from ar_effects.messages import Message
from ar_effects.training.checkpoint_file import load, load_weights, needed
from ar_effects.training.loader import measuring_batches
from ar_effects.training.shards import ShardSet
from ar_effects.training.trainable import Trainable, trainable


def opened_network(path: Path) -> Trainable:
    """The network that a run wrote, ready to be used.

    Args:
        path: a ``network.pt``.

    Raises:
        TrainingError: it is missing, damaged, or of a network that is not known here.
    """
    state = load(path)
    needed(state, path, "name", "tags", "weights")
    made = trainable(str(state["name"]), len(state["tags"]))
    load_weights(made.network, state["weights"], path)
    made.network.eval()
    return made


def embeddings(shards: ShardSet, path: Path, *, workers: int = 0) -> NDArray[np.float32]:
    """One vector a picture.

    Args:
        shards: the pictures.
        path: a ``network.pt``.
        workers: processes that read pictures.

    Returns:
        (pictures, d); zero where a picture does not decode.

    Raises:
        TrainingError: as `opened_network`, or a shard was cut off.
    """
    made = opened_network(path)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (made.mean, made.std))
    network: Any = made.network
    if not hasattr(network, "embed"):
        raise TrainingError(Message("train.checkpoint-damaged", path=path))
    rows: list[NDArray[np.float32]] = []
    for number in range(0, len(shards), 32):
        numbers = list(range(number, min(number + 32, len(shards))))
        (batch,) = measuring_batches(shards, numbers, made.side, size=32, workers=workers)
        with torch.no_grad():
            vectors = network.embed((batch.pictures.float() - mean) / std).numpy()
        whole = np.zeros((len(numbers), vectors.shape[1]), np.float32)
        decoded = [n for n in range(len(numbers)) if shards.place(numbers[n]) not in batch.damaged]
        whole[decoded] = vectors
        rows.append(whole)
    return np.concatenate(rows) if rows else np.zeros((0, 1), np.float32)
