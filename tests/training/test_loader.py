"""Batches: which pictures, how they are cut, and that all of it goes on exactly."""

from __future__ import annotations

import multiprocessing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from ar_effects.errors import TrainingError
from ar_effects.training.loader import (
    BatchPlan,
    measuring_batches,
    middle_cut,
    random_cut,
    training_batches,
)
from ar_effects.training.shards import ShardSet
from ar_effects.training.store import Store
from tests.training.small import shards


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> ShardSet:
    return ShardSet(str(shards(tmp_path_factory.mktemp("loader"), 60, 25)))


def plan(opened: ShardSet, size: int = 8) -> BatchPlan:
    count = len(opened)
    return BatchPlan(np.linspace(1, 2, count), 3, size, np.arange(count))


def taken(opened: ShardSet, count: int, size: int = 8, **more) -> list:
    return list(islice(training_batches(opened, plan(opened, size), 24, **more), count))


def equal(one, other) -> bool:
    return all(
        torch.equal(a.pictures, b.pictures) and torch.equal(a.truth, b.truth)
        for a, b in zip(one, other, strict=True)
    )


def test_a_batch_is_pictures_and_their_tags(opened):
    (batch,) = taken(opened, 1)
    numbers = [number for number, _, _ in next(plan(opened).batches(0))]
    assert batch.pictures.shape == (8, 3, 24, 24)
    assert batch.pictures.dtype == torch.uint8
    assert [tuple(np.flatnonzero(row)) for row in batch.truth.numpy()] == [opened.tags[n] for n in numbers]


@pytest.mark.parametrize("step", [1, 10, 11, 12, 25])
def test_from_any_step_on_it_goes_on_exactly(opened, step):
    whole = taken(opened, step + 3)
    assert equal(whole[step:], taken(opened, 3, step=step))


def test_workers_change_nothing(opened):
    assert equal(taken(opened, 14), taken(opened, 14, workers=2))
    assert equal(taken(opened, 4, step=5), taken(opened, 4, step=5, workers=3))


def test_workers_read_from_afar(opened):
    store = Store("memory://loader/shards")
    for path in Path(opened.store.address).iterdir():
        store.write(path.name, path.read_bytes())
    afar = ShardSet("memory://loader/shards")
    assert equal(taken(opened, 3), taken(afar, 3, workers=1))


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_share_each_batch_among_them(opened, processes):
    whole = taken(opened, 3)
    parts = [taken(opened, 3, rank=rank, processes=processes) for rank in range(processes)]
    for step, batch in enumerate(whole):
        together = torch.zeros_like(batch.pictures)
        for rank in range(processes):
            together[rank::processes] = parts[rank][step].pictures
        assert torch.equal(together, batch.pictures)


def test_epochs_differ_and_each_shows_pictures_as_often_as_is_due(opened):
    of = plan(opened)
    orders = [of.epoch(epoch).tolist() for epoch in range(3)]
    assert orders[0] != orders[1] != orders[2]
    assert of.steps_per_epoch == 90 // 8
    assert set(orders[0]) == set(range(60))


def test_fewer_pictures_than_a_batch_are_one_smaller_batch(opened):
    few = BatchPlan(np.ones(5), 0, 64, np.arange(5))
    assert few.steps_per_epoch == 1
    assert sorted(number for number, _, _ in next(few.batches(3))) == [0, 1, 2, 3, 4]


def test_the_same_picture_is_cut_otherwise_each_time(opened):
    one = BatchPlan(np.ones(1), 0, 1, np.arange(1))
    first, second = islice(training_batches(opened, one, 24), 2)
    assert not torch.equal(first.pictures, second.pictures)


def test_measuring_sees_each_picture_once_and_always_the_same(opened):
    numbers = [5, 3, 40]
    once, again = (list(measuring_batches(opened, numbers, 24, size=2, workers=w)) for w in (0, 1))
    assert [len(batch.pictures) for batch in once] == [2, 1]
    assert equal(once, again)


def test_cuts_are_inside_and_square():
    generator = np.random.default_rng(0)
    rgb = np.arange(40 * 90 * 3, dtype=np.uint32).reshape(40, 90, 3).astype(np.uint8)
    for _ in range(50):
        assert random_cut(rgb, 16, generator).shape == (16, 16, 3)
    ramp = np.repeat(np.linspace(0, 255, 224, dtype=np.uint8)[None, :, None], 112, 0).repeat(3, 2)
    middle = middle_cut(ramp, 98)
    assert middle.shape == (98, 98, 3)
    assert middle[:, 48:50].mean() == pytest.approx(127.5, abs=2)
    assert random_cut(rgb[:1, :1], 8, generator).shape == (8, 8, 3), "as small as they come"


def test_a_picture_that_does_not_decode_is_left_out_and_named(tmp_path: Path):
    folder = shards(tmp_path, 12, 12)
    opened = ShardSet(str(folder))
    start, size = int(opened._starts[4]), int(opened._sizes[4])
    data = bytearray((folder / "shard-000000.tar").read_bytes())
    data[start : start + size] = bytes(size)
    (folder / "shard-000000.tar").write_bytes(bytes(data))
    batches = list(measuring_batches(opened, range(12), 24, size=6))
    assert [len(batch.pictures) for batch in batches] == [5, 6]
    assert batches[0].damaged == (opened.place(4),)
    assert str(folder / "shard-000000") in opened.place(4)


def test_a_worker_that_dies_is_one_sentence(opened):
    batches = training_batches(opened, plan(opened), 24, workers=2)
    next(batches)
    children = multiprocessing.active_children()
    assert len(children) == 2
    for child in children:
        child.kill()
    with pytest.raises(TrainingError) as caught:
        list(islice(batches, 200))
    assert caught.value.identifier == "train.worker-died"


def test_a_shard_that_is_cut_off_is_the_same_sentence_from_a_worker(tmp_path: Path):
    folder = shards(tmp_path, 12, 12)
    opened = ShardSet(str(folder))
    (folder / "shard-000000.tar").write_bytes(b"")
    for workers in (0, 1):
        with pytest.raises(TrainingError) as caught:
            next(training_batches(opened, plan(opened), 24, workers=workers))
        assert caught.value.identifier == "train.shard-cut-off"
