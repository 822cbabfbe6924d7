"""Several processes that learn together: started by ``torchrun``, gradients averaged, one of them writes.

What is learnt is what one process would learn from the same batches, but for the rounding of sums: losses are
divided by the pictures of all processes, and batch normalisation goes by all of them, too.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ar_effects.errors import ArEffectsError, TrainingError
from ar_effects.messages import Message

TIMEOUT = timedelta(minutes=10)
"""After so long without an answer another process is given up."""


@dataclass(frozen=True, slots=True)
class Group:
    """The processes that learn together.

    Attributes:
        rank: of this one; 0 writes files and speaks.
        processes: how many there are.
        local_rank: of this one on its machine, which is the number of its graphics card.
    """

    rank: int = 0
    processes: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this one writes files and speaks."""
        return self.rank == 0

    def sum(self, value: Tensor) -> Tensor:
        """The sum over all processes, the same in each."""
        if self.processes > 1:
            dist.all_reduce(value)
        return value

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether it holds in any process."""
        return bool(self.sum(torch.tensor(float(flag), device=device)) > 0)

    def wait(self) -> None:
        """Until all are here."""
        if self.processes > 1:
            dist.barrier()


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[Group]:
    """The group that ``torchrun`` started this process in; a group of one without it.

    Args:
        device: that is learnt on: NCCL between CUDA's, Gloo between processors.

    Raises:
        TrainingError: the others are not reached, or one died.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes == 1:
        yield Group()
        return
    group = Group(int(os.environ["RANK"]), processes, int(os.environ.get("LOCAL_RANK", "0")))
    try:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
        yield group
    except ArEffectsError:
        raise
    except RuntimeError as error:
        # A collective that breaks off says that the other side is gone; what else fails is not its business.
        if not isinstance(error, dist.DistError) and not _is_connection(error):
            raise
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(Message("train.process-died", rank=group.rank, reason=reason)) from None
    finally:
        with contextlib.suppress(Exception):  # the others may be gone, and waiting for them is no use
            dist.destroy_process_group()


def _is_connection(error: RuntimeError) -> bool:
    """Whether Gloo lost another process: it gives nothing but a text."""
    words = str(error).casefold()
    return any(word in words for word in ("gloo", "connection", "peer", "timed out", "socket"))


def wrapped(network: nn.Module, group: Group, device: torch.device) -> nn.Module:
    """The network with gradients averaged over all processes; itself in a group of one."""
    if group.processes == 1:
        return network
    devices = [device.index] if device.type == "cuda" else None
    return nn.parallel.DistributedDataParallel(network, device_ids=devices, broadcast_buffers=False)


def unsynchronised(network: nn.Module) -> contextlib.AbstractContextManager[Any]:
    """Inside of it gradients are gathered and not yet averaged: for all but the last part of a batch."""
    if isinstance(network, nn.parallel.DistributedDataParallel):
        inside: contextlib.AbstractContextManager[Any] = network.no_sync()
        return inside
    return contextlib.nullcontext()


class _SumOverAll(torch.autograd.Function):
    """A sum over all processes; its gradient is the sum of all their gradients."""

    @staticmethod
    def forward(_context: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone().contiguous()
        dist.all_reduce(total)
        return total


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation by the pictures of all processes (torch's own does so on graphics cards only)."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> the same shape."""
        if not self.training or self.running_mean is None or self.running_var is None:
            return super().forward(x)
        wide = x.float()
        count = torch.full((1,), float(wide.numel() // wide.shape[1]), device=x.device)
        sums = torch.cat([wide.sum(dim=(0, 2, 3)), count])
        total = _SumOverAll.apply(sums)
        number = total[-1].detach()
        mean = total[:-1] / number
        centred = wide - mean[None, :, None, None]
        variance = _SumOverAll.apply((centred * centred).sum(dim=(0, 2, 3))) / number
        with torch.no_grad():
            rate = 0.1 if self.momentum is None else self.momentum
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean.detach(), rate)
            self.running_var.lerp_(variance.detach() * number / (number - 1).clamp(min=1), rate)
        scaled = centred * torch.rsqrt(variance + self.eps)[None, :, None, None]
        if self.affine:
            scaled = scaled * self.weight[None, :, None, None] + self.bias[None, :, None, None]
        return scaled.to(x.dtype)


def with_shared_statistics(network: nn.Module) -> nn.Module:
    """The network with every batch normalisation going by all processes; weights are the same objects."""
    for name, module in network.named_children():
        if type(module) is nn.BatchNorm2d:
            shared = SharedBatchNorm(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
            )
            shared.__dict__.update(module.__dict__)
            setattr(network, name, shared)
        else:
            with_shared_statistics(module)
    return network


__all__ = [
    "Group",
    "SharedBatchNorm",
    "joined",
    "unsynchronised",
    "with_shared_statistics",
    "wrapped",
]
