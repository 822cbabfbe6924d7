"""Learning: that it learns, is measured, ends when it should, and goes on as if it had never been stopped."""

from __future__ import annotations

import dataclasses
import errno
import math
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import torch

from ar_effects import writing
from ar_effects.errors import SinkError, TrainingError
from ar_effects.training import loop
from ar_effects.training.checkpoint_file import load
from ar_effects.training.loop import Data, Trainer
from ar_effects.training.losses import LOSSES
from ar_effects.training.shards import ShardSet
from ar_effects.training.splitting import split_off
from ar_effects.training.trainable import begin_with
from tests.training.small import OPTIONS, data, history, same, shards, small, trainer


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return shards(tmp_path_factory.mktemp("loop"))


def options(**changes):
    return dataclasses.replace(OPTIONS, **changes)


def stop_after(steps: int):
    left = iter(range(steps - 1))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("loss", LOSSES)
def test_it_learns_what_the_pictures_show(folder, tmp_path, loss):
    rate = 1.6 if loss == "softmax" else 0.4
    run = trainer(folder, tmp_path, options(loss=loss, epochs=4, learning_rate=rate))
    result = run.run()
    assert result.best is not None
    assert result.best["all"]["top_1"] > 0.85, "by guessing the most frequent: 0.6"
    losses = [entry["loss"] for entry in history(tmp_path)]
    assert losses[-1] < losses[0]
    assert result.steps == run.total_steps == 4 * run._plan.steps_per_epoch
    kept = load(tmp_path / "network.pt")
    assert kept["tags"] == list(ShardSet(str(folder)).vocabulary)
    expected = {"temperature"} if loss == "softmax" else {"slope", "offset"}
    assert kept["calibration"].keys() == expected


def test_the_report_has_head_torso_and_tail(folder, tmp_path):
    trainer(folder, tmp_path, options(epochs=1)).run()
    (entry,) = history(tmp_path)
    assert entry["report"]["groups"].keys() == {"head", "torso", "tail"}
    assert entry["report"]["all"]["tags"] == 5


@pytest.mark.parametrize("stopped", [1, 2, 3, 11, 12, 20])
def test_a_run_that_was_stopped_comes_to_the_same_bits(folder, tmp_path, stopped):
    trainer(folder, tmp_path / "whole").run()
    result = trainer(folder, tmp_path / "broken", stop=stop_after(stopped)).run()
    assert (result.stopped, result.steps) == ("asked", stopped)
    done = trainer(folder, tmp_path / "broken").run()
    assert done.stopped == ""
    assert equal_runs(tmp_path / "whole", tmp_path / "broken", done.steps)


def equal_runs(one: Path, other: Path, steps: int) -> bool:
    name = f"checkpoint-{steps:09d}.pt"
    return (
        same(load(one / name), load(other / name))
        and same(load(one / "network.pt"), load(other / "network.pt"))
        and (one / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"learner": "adamw", "learning_rate": 0.05, "clip": 1.0},
        {"precision": "bfloat16"},
        {"sampling": "uniform", "ema": 0.0},
        {"part": "head", "sampling": "natural"},
        {"loss": "sigmoid", "accumulate": 3, "workers": 2},
    ],
    ids=lambda changes: "-".join(map(str, changes)),
)
def test_so_it_does_whatever_it_was_asked_for(folder, tmp_path, changes):
    asked = options(epochs=2, **changes)
    trainer(folder, tmp_path / "whole", asked).run()
    trainer(folder, tmp_path / "broken", asked, stop=stop_after(7)).run()
    done = trainer(folder, tmp_path / "broken", asked).run()
    assert equal_runs(tmp_path / "whole", tmp_path / "broken", done.steps)


def test_another_seed_is_another_run(folder, tmp_path):
    for seed in (0, 1):
        trainer(folder, tmp_path / str(seed), options(epochs=1, seed=seed)).run()
    assert not same(load(tmp_path / "0" / "network.pt"), load(tmp_path / "1" / "network.pt"))


def test_a_run_that_is_over_is_left_as_it_is(folder, tmp_path):
    first = trainer(folder, tmp_path, options(epochs=1)).run()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert trainer(folder, tmp_path, options(epochs=1)).run() == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_rate_rises_and_then_falls_along_a_cosine(folder, tmp_path):
    run = trainer(folder, tmp_path, options(epochs=10, warm_up=0.1))
    rates = []
    for step in range(run.total_steps):
        run.step = step
        rates.append(run._rate())
    top = 1.6 * 16 / 256
    rising = round(0.1 * run.total_steps)
    assert rates[0] == pytest.approx(top / rising)
    assert rates[rising - 1 : rising + 1] == [pytest.approx(top), pytest.approx(top)]
    middle = rising + (run.total_steps - rising) // 2
    assert rates[middle] == pytest.approx(top / 2, rel=0.05)
    assert rates[-1] < 0.01 * top
    assert all(b <= a for a, b in zip(rates[rising:], rates[rising + 1 :], strict=False))


def test_patience_ends_it(folder, tmp_path):
    run = trainer(folder, tmp_path, options(epochs=6, patience=2, learning_rate=0.0, ema=0.0))
    result = run.run()
    assert result.stopped == "patience"
    assert result.steps == 3 * run._plan.steps_per_epoch, "the first one is the best, and two are not better"
    assert (
        trainer(folder, tmp_path, options(epochs=6, patience=2, learning_rate=0.0, ema=0.0)).run() == result
    )


def test_the_head_alone_learns_and_the_rest_stays(folder, tmp_path):
    made = small()
    before = {name: value.clone() for name, value in made.network.state_dict().items()}
    Trainer(made, data(folder), options(part="head", epochs=1), tmp_path).run()
    for name, value in made.network.state_dict().items():
        assert torch.equal(value, before[name]) == (not name.startswith("head.")), name


def test_the_whole_goes_on_from_another_run_s_network(folder, tmp_path):
    trainer(folder, tmp_path / "first", options(epochs=1)).run()
    kept = load(tmp_path / "first" / "network.pt")["weights"]
    same_tags, other_tags = small(seed=5), small(seed=5, tags=3)
    assert begin_with(same_tags, tmp_path / "first" / "network.pt")
    assert same(dict(same_tags.network.state_dict()), kept)
    assert not begin_with(other_tags, tmp_path / "first" / "network.pt"), "its head is new"
    assert torch.equal(other_tags.network.body[0].weight, kept["body.0.weight"])
    with pytest.raises(TrainingError) as caught:
        begin_with(small(), tmp_path / "first" / "checkpoint-000000002.pt")
    assert caught.value.identifier == "train.file-missing"


def test_parts_of_a_batch_add_up(folder, tmp_path):
    """Without normalisation by batches, which sees parts only."""
    runs = [trainer(folder, tmp_path / str(n), options(accumulate=n, part="head")) for n in (1, 4)]
    for run in runs:
        run.network.body[8].p = 0.0
        run._learn(next(loop.training_batches(run.data.shards, run._plan, run._side)))
    one, other = (run.network.head.weight.grad for run in runs)
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_a_batch_of_lower_precision_still_learns(folder, tmp_path):
    result = trainer(folder, tmp_path, options(precision="bfloat16", epochs=4)).run()
    assert result.best is not None
    assert result.best["all"]["top_1"] > 0.85


def test_a_precision_that_the_device_lacks_is_refused(folder, tmp_path):
    with pytest.raises(TrainingError) as caught:
        trainer(folder, tmp_path, options(precision="float16"))
    assert caught.value.identifier == "train.no-precision"


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_no_number_is_an_error_and_the_last_good_checkpoint_stays(folder, tmp_path, monkeypatch, where):
    run = trainer(folder, tmp_path)
    real = Trainer._gradients

    def broken(self, batch):
        loss = real(self, batch)
        if self.step == 7 and where == "loss":
            return loss * math.nan
        if self.step == 7:
            self.network.head.bias.grad[0] = math.inf
        return loss

    monkeypatch.setattr(Trainer, "_gradients", broken)
    with pytest.raises(TrainingError) as caught:
        run.run()
    assert caught.value.identifier == "train.loss-not-finite"
    assert caught.value.facts["step"] == 8
    assert caught.value.facts["last"] == tmp_path / "checkpoint-000000006.pt"
    state = load(tmp_path / "checkpoint-000000006.pt")
    assert all(torch.isfinite(value).all() for value in state["network"].values())
    monkeypatch.undo()
    assert trainer(folder, tmp_path).run().stopped == "", "and it goes on from there"


def test_a_learning_rate_that_is_far_too_high_ends_so(folder, tmp_path):
    with pytest.raises(TrainingError) as caught:
        trainer(folder, tmp_path, options(learning_rate=1e30, epochs=5)).run()
    assert caught.value.identifier == "train.loss-not-finite"


def test_a_full_disk_ends_it_and_the_same_call_goes_on(folder, tmp_path, monkeypatch):
    trainer(folder, tmp_path / "whole").run()
    real, count = writing._WholeWrites.write, 0

    def write(self, data):
        nonlocal count
        count += memoryview(data).nbytes
        if count > 80_000:
            raise OSError(errno.ENOSPC, "full")
        return real(self, data)

    monkeypatch.setattr(writing._WholeWrites, "write", write)
    with pytest.raises(SinkError) as caught:
        trainer(folder, tmp_path / "broken").run()
    assert caught.value.identifier == "output.disk-full"
    monkeypatch.undo()
    kept = sorted(path.name for path in (tmp_path / "broken").glob("checkpoint-*.pt"))
    assert kept
    assert all(load(tmp_path / "broken" / name) for name in kept)
    done = trainer(folder, tmp_path / "broken").run()
    assert equal_runs(tmp_path / "whole", tmp_path / "broken", done.steps)


def test_a_checkpoint_that_was_damaged_is_passed_over(folder, tmp_path):
    trainer(folder, tmp_path / "whole").run()
    trainer(folder, tmp_path / "broken", stop=stop_after(8)).run()
    path = tmp_path / "broken" / "checkpoint-000000008.pt"
    path.write_bytes(path.read_bytes()[:500])
    said = []
    done = trainer(folder, tmp_path / "broken", tell=said.append).run()
    assert [message.identifier for message in said][:2] == ["train.checkpoint-passed-over", "train.goes-on"]
    assert equal_runs(tmp_path / "whole", tmp_path / "broken", done.steps)


def test_where_all_checkpoints_are_damaged_nothing_is_begun_anew(folder, tmp_path):
    trainer(folder, tmp_path, stop=stop_after(2)).run()
    (tmp_path / "checkpoint-000000002.pt").write_bytes(b"")
    with pytest.raises(TrainingError) as caught:
        trainer(folder, tmp_path)
    assert caught.value.identifier == "train.checkpoint-damaged"


@pytest.mark.parametrize("changes", [{"seed": 1}, {"batch": 8}, {"loss": "sigmoid"}, {"epochs": 4}])
def test_a_folder_with_another_run_is_refused(folder, tmp_path, changes):
    trainer(folder, tmp_path, stop=stop_after(2)).run()
    with pytest.raises(TrainingError) as caught:
        trainer(folder, tmp_path, options(**changes))
    assert caught.value.identifier == "train.another-run"
    assert caught.value.facts["name"] in changes
    assert trainer(folder, tmp_path, options(workers=1, checkpoint_every=50)).step == 2, "these may change"


def test_a_checkpoint_of_another_network_is_refused(folder, tmp_path):
    trainer(folder, tmp_path, stop=stop_after(2)).run()
    with pytest.raises(TrainingError) as caught:
        Trainer(small(tags=4), data(folder), OPTIONS, tmp_path)
    assert caught.value.identifier == "train.checkpoint-of-another-network"


def test_pictures_without_tags_to_learn_are_refused(folder, tmp_path):
    opened = ShardSet(str(folder))
    none = np.zeros(0, np.int64)
    with pytest.raises(TrainingError) as caught:
        Trainer(small(), Data(opened, none, opened, none), OPTIONS, tmp_path)
    assert caught.value.identifier == "train.nothing-to-learn"


def test_nothing_to_measure_with_is_no_obstacle(folder, tmp_path):
    result = Trainer(small(), data(folder, hold_out=0.0), options(epochs=1), tmp_path).run()
    assert result.best is None
    assert result.network == tmp_path / "network.pt"


def test_a_picture_that_does_not_decode_is_left_out_and_told_once(tmp_path):
    folder = shards(tmp_path, 40, 40)
    opened = ShardSet(str(folder))
    contents = bytearray((folder / "shard-000000.tar").read_bytes())
    number = int(data(folder).training[0])
    start, size = int(opened._starts[number]), int(opened._sizes[number])
    contents[start : start + size] = bytes(size)
    (folder / "shard-000000.tar").write_bytes(bytes(contents))
    said = []
    assert trainer(folder, tmp_path / "run", tell=said.append).run().stopped == ""
    assert [m.facts["place"] for m in said if m.identifier == "train.picture-left-out"] == [
        opened.place(number)
    ]


def test_a_reading_process_that_dies_ends_it_and_the_same_call_goes_on(folder, tmp_path):
    asked = options(workers=2, epochs=2)
    trainer(folder, tmp_path / "whole", asked).run()
    run = trainer(folder, tmp_path / "broken", asked)

    def kill_readers() -> bool:
        if run.step == 5:
            for child in multiprocessing.active_children():
                child.kill()
        return False

    run._stop = kill_readers
    with pytest.raises(TrainingError) as caught:
        run.run()
    assert caught.value.identifier == "train.worker-died"
    assert run._checkpoints.steps() == [3]
    done = trainer(folder, tmp_path / "broken", asked).run()
    assert equal_runs(tmp_path / "whole", tmp_path / "broken", done.steps)


def test_what_is_held_out_is_drawn_by_the_seed():
    training, held = split_off(100, 0.2, 3)
    assert len(held) == 20
    assert sorted([*training, *held]) == list(range(100))
    assert split_off(100, 0.2, 3)[1].tolist() == held.tolist() != split_off(100, 0.2, 4)[1].tolist()
