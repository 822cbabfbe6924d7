"""A run in a process of its own that is killed, from outside or at one of the many calls it makes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import torch

from tests.training.small import trainer


def main(shards: str, folder: str, kill_at: int = 0, count_into: str = "") -> None:
    """Learn to the end, or go on.

    Args:
        shards: what is learnt from.
        folder: of the run.
        kill_at: at its so many-th call, return or call of a C function the process gets SIGKILL; 0: never.
        count_into: a file for how many of these there were.
    """
    torch.set_num_threads(1)
    count = 0

    def counted(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    if kill_at or count_into:
        sys.setprofile(counted)
    trainer(Path(shards), Path(folder)).run()
    sys.setprofile(None)
    if count_into:
        Path(count_into).write_text(str(count), encoding="utf-8")
