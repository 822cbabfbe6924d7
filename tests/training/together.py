"""What the tests of several processes run in each of them."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from ar_effects.training.distributed import joined
from ar_effects.training.loader import training_batches
from ar_effects.training.loop import Trainer
from tests.training.small import OPTIONS, data, small


def enter(rank: int, processes: int, port: int) -> None:
    """What torchrun tells a process by its environment."""
    torch.set_num_threads(1)
    if processes > 1:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }


def without_dropout(run: Trainer) -> Trainer:
    """Dropout draws otherwise in each process, as it should."""
    for module in run.network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return run


def gradients(
    rank: int, processes: int, port: int, shards: str, folder: str, steps: int, accumulate: int
) -> None:
    """Keep the gradients of a step, and the network's weights after some."""
    import dataclasses

    enter(rank, processes, port)
    with joined(torch.device("cpu")) as group:
        options = dataclasses.replace(OPTIONS, accumulate=accumulate)
        run = without_dropout(Trainer(small(), data(Path(shards)), options, Path(folder), group=group))
        batches = training_batches(
            run.data.shards, run._plan, run._side, rank=group.rank, processes=group.processes
        )
        kept = {}
        for step in range(steps):
            run._learn(next(batches))
            run.step += 1
            if step == 0:
                kept = {f"grad {n}": p.grad.clone() for n, p in run.network.named_parameters()}
        kept |= {name: value.clone() for name, value in run.network.state_dict().items()}
        kept["loss"] = torch.tensor(run._loss_sum)
        torch.save(kept, Path(folder) / f"of-{rank}.pt")


def learn(rank: int, processes: int, port: int, shards: str, folder: str, stop_after: int) -> None:
    """Learn to the end, or to a step."""
    enter(rank, processes, port)
    with joined(torch.device("cpu")) as group:
        run = Trainer(small(), data(Path(shards)), OPTIONS, Path(folder), group=group)
        run = without_dropout(run)
        run._stop = lambda: run.step + 1 > stop_after
        run.run()
