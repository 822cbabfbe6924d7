"""Checkpoints: whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch
from torch import nn

from ar_effects import writing
from ar_effects.errors import SinkError, TrainingError
from ar_effects.training.checkpoint_file import CheckpointFolder, load, load_weights, save
from tests.training.small import same

STATE = {"step": 3, "weights": {"w": torch.arange(20_000.0)}, "history": [{"loss": 0.5}], "best": None}


def test_what_is_kept_comes_back(tmp_path: Path):
    save(tmp_path / "c.pt", STATE)
    assert same(load(tmp_path / "c.pt"), STATE)


@pytest.mark.parametrize("written", [0, 1, 100, 5_000, 70_000])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_on_a_full_disk_the_one_before_stays(tmp_path: Path, monkeypatch, written, number):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, STATE)
    before = folder.path(1).read_bytes()
    real, count = writing._WholeWrites.write, 0

    def write(self, data):
        nonlocal count
        count += memoryview(data).nbytes
        if count > written:
            raise OSError(number, "full")
        return real(self, data)

    monkeypatch.setattr(writing._WholeWrites, "write", write)
    with pytest.raises(SinkError) as caught:
        folder.save(2, STATE)
    if number == errno.ENOSPC:
        assert caught.value.identifier == "output.disk-full"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000000001.pt"]
    assert folder.path(1).read_bytes() == before


@pytest.mark.parametrize("length", [0, 1, 300, 40_000])
def test_one_that_is_cut_off_is_named_and_the_one_before_is_taken(tmp_path: Path, length):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, STATE)
    folder.save(2, {**STATE, "step": 4})
    folder.path(2).write_bytes(folder.path(2).read_bytes()[:length])
    state, problems = folder.newest()
    assert state is not None
    assert state["step"] == 3
    assert [problem.identifier for problem in problems] == ["train.checkpoint-damaged"]


def test_a_checkpoint_runs_no_program(tmp_path: Path):
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harm",))

    torch.save({"weights": Harm()}, tmp_path / "c.pt")
    with pytest.raises(TrainingError):
        load(tmp_path / "c.pt")
    assert not (tmp_path / "harm").exists()


def test_only_the_newest_are_kept(tmp_path: Path):
    folder = CheckpointFolder(tmp_path / "run")
    for step in (5, 20, 100):
        folder.save(step, {**STATE, "step": step})
    assert folder.steps() == [20, 100]


def test_what_killed_runs_left_is_taken_away(tmp_path: Path):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, STATE)
    part = writing.PartFile(folder.path(2))
    part.file.write(b"begun")
    part.file.close()
    folder.clean()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000000001.pt"]


@pytest.mark.parametrize(
    "other", [nn.Linear(3, 5), nn.Linear(3, 4, bias=False), nn.Sequential(nn.Linear(3, 4))]
)
def test_a_checkpoint_of_another_shape_says_which_weight_differs(other):
    with pytest.raises(TrainingError) as caught:
        load_weights(nn.Linear(3, 4), other.state_dict(), Path("c.pt"))
    assert caught.value.identifier == "train.checkpoint-of-another-network"
    assert caught.value.facts["name"] in ("weight", "bias", "0.weight", "0.bias")
    caught.value.one_line()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError):
        CheckpointFolder(tmp_path / "file" / "run")
