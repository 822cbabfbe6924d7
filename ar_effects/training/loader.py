"""Batches of pictures from shards: in an order that seed and step decide alone, so that it goes on exactly.

Which pictures are in a step's batch, how each is cut out and whether it is mirrored depends on the seed, the
step and the place in the batch: not on how many processes learn, how many workers read, or where an earlier
run was stopped.
"""

from __future__ import annotations

import contextlib
import signal
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ar_effects.errors import TrainingError
from ar_effects.media.pictures import UNREADABLE, opened, shown
from ar_effects.messages import Message
from ar_effects.training.losses import multi_hot
from ar_effects.training.sampling import epoch_order
from ar_effects.training.shards import ShardSet

_CROP_STREAM = 0x71C3D2
_MARGIN = 256 / 224
"""A picture that is measured with is scaled to so much more than the network's side, and its middle taken."""


@dataclass(frozen=True, slots=True, eq=False)
class BatchPlan:
    """Which pictures each step learns from.

    Attributes:
        factors: (pictures,) as of `sampling.picture_repeat_factors`.
        seed: of the run.
        size: pictures in a batch, of all processes together.
        pictures: (pictures,) the number in the shards of each.
    """

    factors: NDArray[np.float64]
    seed: int
    size: int
    pictures: NDArray[np.int64]

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in an epoch; one smaller batch where the pictures make no whole one."""
        return max(1, round(float(self.factors.sum())) // self.size)

    def epoch(self, epoch: int) -> NDArray[np.int64]:
        """The numbers of an epoch's pictures in their order."""
        return self.pictures[epoch_order(self.factors, seed=self.seed, epoch=epoch)]

    def batches(self, step: int, rank: int = 0, processes: int = 1) -> Iterator[list[tuple[int, int, int]]]:
        """One process's part of each batch from a step on, without end.

        Args:
            step: the first one, from 0.
            rank: of the process.
            processes: how many learn together; each takes every so many-th picture of a batch.

        Yields:
            Of each picture its number, the step, and its place in the whole batch.
        """
        while True:
            epoch, first = divmod(step, self.steps_per_epoch)
            order = self.epoch(epoch)
            for at in range(first, self.steps_per_epoch):
                whole = order[at * self.size : (at + 1) * self.size]
                yield [(int(whole[place]), step, place) for place in range(rank, len(whole), processes)]
                step += 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What one process learns from in one step.

    Attributes:
        pictures: (rows, 3, side, side) uint8, RGB.
        truth: (rows, tags) float32, 1 where the picture has the tag.
        damaged: places of pictures that do not decode, which are left out.
    """

    pictures: Tensor
    truth: Tensor
    damaged: tuple[str, ...]


class _Pictures(Dataset[Any]):
    """Decoded pictures with their tags, by number, step and place."""

    def __init__(self, shards: ShardSet, side: int, seed: int, *, varied: bool) -> None:
        self._shards, self.side, self._seed, self._varied = shards, side, seed, varied
        self.tags = len(shards.vocabulary)

    def __getitem__(self, key: tuple[int, int, int]) -> tuple[NDArray[np.uint8] | None, Any]:
        """The cut and its tags; None and the place of what does not decode; None and a TrainingError."""
        number, step, place = key
        try:
            rgb = decoded(self._shards.picture(number))
        except TrainingError as error:
            return None, error
        except UNREADABLE:
            return None, self._shards.place(number)
        if self._varied:
            generator = np.random.default_rng([_CROP_STREAM, self._seed, step, place])
            cut = random_cut(rgb, self.side, generator)
        else:
            cut = middle_cut(rgb, self.side)
        return cut, self._shards.tags[number]


@cache
def _single_threaded() -> None:
    cv2.setNumThreads(0)  # each worker is one process of several already


def decoded(data: bytes) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB of a file's bytes, upright and in sRGB. UNREADABLE: it does not decode."""
    with opened(data) as picture:
        return np.asarray(shown(picture))[..., :3]


def random_cut(rgb: NDArray[np.uint8], side: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """A part of a picture, mirrored or not: at least a third of it, between 3:4 and 4:3, scaled to a square.

    Szegedy et al., "Going Deeper with Convolutions" (CVPR 2015), section 6; with 8 % as they had it, small
    things are often not in the part.

    Args:
        rgb: (height, width, 3).
        side: of the square, in pixels.
        generator: decides.

    Returns:
        (side, side, 3).
    """
    height, width = rgb.shape[:2]
    area = height * width * generator.uniform(1 / 3, 1.0)
    ratio = np.exp(generator.uniform(np.log(3 / 4), np.log(4 / 3)))
    across = int(np.clip(round(np.sqrt(area * ratio)), 1, width))
    down = int(np.clip(round(np.sqrt(area / ratio)), 1, height))
    left, top = int(generator.integers(width - across + 1)), int(generator.integers(height - down + 1))
    mirrored = generator.random() < 0.5
    cut = _scaled(rgb[top : top + down, left : left + across], side, side)
    return np.ascontiguousarray(cut[:, ::-1]) if mirrored else cut


def middle_cut(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The middle of a picture scaled a little larger than the network's side: (side, side, 3)."""
    height, width = rgb.shape[:2]
    scale = round(side * _MARGIN) / min(height, width)
    size = max(side, round(width * scale)), max(side, round(height * scale))
    scaled = _scaled(rgb, *size)
    top, left = (size[1] - side) // 2, (size[0] - side) // 2
    return np.ascontiguousarray(scaled[top : top + side, left : left + side])


def _scaled(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    picture = Pillow.fromarray(np.ascontiguousarray(rgb))
    return np.asarray(picture.resize((width, height), Pillow.Resampling.BILINEAR, reducing_gap=3.0))


class _Collate:
    """Rows to a batch; of a class, so that it can be sent to workers."""

    def __init__(self, tags: int, side: int) -> None:
        self._tags, self._side = tags, side

    def __call__(self, rows: Sequence[tuple[NDArray[np.uint8] | None, Any]]) -> Batch | TrainingError:
        for _, found in rows:
            if isinstance(found, TrainingError):  # raised in a worker, torch would make a text of it
                return found
        whole = [(picture, tags) for picture, tags in rows if picture is not None]
        stacked = np.zeros((len(whole), self._side, self._side, 3), np.uint8)
        for at, (picture, _) in enumerate(whole):
            stacked[at] = picture
        pictures = torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)))
        truth = multi_hot([tags for _, tags in whole], self._tags)
        return Batch(pictures, truth, tuple(str(place) for picture, place in rows if picture is None))


def training_batches(
    shards: ShardSet,
    plan: BatchPlan,
    side: int,
    *,
    step: int = 0,
    rank: int = 0,
    processes: int = 1,
    workers: int = 0,
) -> Iterator[Batch]:
    """The batches from a step on, without end.

    Args:
        shards: where the pictures are.
        plan: which of them.
        side: of the pictures the network takes, in pixels.
        step: the first one.
        rank: of this process.
        processes: how many learn together.
        workers: processes that read ahead; 0 reads in this one.

    Raises:
        TrainingError: a worker died, or a shard was cut off meanwhile.
    """
    pictures = _Pictures(shards, side, plan.seed, varied=True)
    yield from _watched_over(_loader(pictures, _Endless(plan, step, rank, processes), workers))


def measuring_batches(
    shards: ShardSet, numbers: Sequence[int], side: int, *, size: int = 64, workers: int = 0
) -> Iterator[Batch]:
    """Each picture once, its middle, in the order given. TrainingError: as `training_batches`."""
    parts = [
        [(int(number), 0, 0) for number in numbers[at : at + size]] for at in range(0, len(numbers), size)
    ]
    yield from _watched_over(_loader(_Pictures(shards, side, 0, varied=False), parts, workers))


def _loader(pictures: _Pictures, batches: Any, workers: int) -> DataLoader[Any]:
    with _quiet():
        return DataLoader(
            pictures,
            batch_sampler=batches,
            num_workers=workers,
            collate_fn=_Collate(pictures.tags, pictures.side),
            worker_init_fn=_start_worker,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's advice on how many workers there should be: somebody asked for as many."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


class _Endless:
    """The plan as torch's loader wants it."""

    def __init__(self, plan: BatchPlan, step: int, rank: int, processes: int) -> None:
        self._arguments = step, rank, processes
        self._plan = plan

    def __iter__(self) -> Iterator[list[tuple[int, int, int]]]:
        return self._plan.batches(*self._arguments)


def _start_worker(_number: int) -> None:
    # Ctrl-C goes to all of a terminal's processes; only the one that learns may decide when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _single_threaded()
    torch.set_num_threads(1)


def _watched_over(loader: DataLoader[Any]) -> Iterator[Batch]:
    """The loader's batches, and one sentence where a worker dies."""
    with _quiet():
        batches = iter(loader)
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except RuntimeError as error:
            if loader.num_workers == 0:
                raise
            reason = " ".join(str(error).split())[:200]
            raise TrainingError(Message("train.worker-died", reason=reason)) from None
        if isinstance(batch, TrainingError):
            raise batch
        yield batch
