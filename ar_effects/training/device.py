"""What is learnt on."""

from __future__ import annotations

import os

import torch

from ar_effects.errors import TrainingError
from ar_effects.messages import Message


def find_device(name: str) -> torch.device:
    """The device of that name, or the best there is.

    Args:
        name: "cpu", "mps", "cuda", or "auto". Of several CUDA devices, the one that ``torchrun`` gave this
            process.

    Raises:
        TrainingError: there is none of that name.
    """
    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.append("mps")
    if torch.cuda.is_available():
        there.append("cuda")
    kind = there[-1] if name == "auto" else name
    if kind not in there:
        raise TrainingError(Message("train.no-device", device=name, devices=", ".join(there)))
    if kind == "cuda":
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device(kind)
