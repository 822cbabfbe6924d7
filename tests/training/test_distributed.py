"""Several processes learn what one would, and one that dies is a sentence."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from ar_effects.paths import ROOT
from ar_effects.training.checkpoint_file import CheckpointFolder, load
from ar_effects.training.distributed import Group, SharedBatchNorm, joined, with_shared_statistics
from tests.training import together
from tests.training.small import history, shards
from tests.waiting import HANGS_S

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.training.together"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return shards(tmp_path_factory.mktemp("together"))


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def started(target: Callable, processes: int, *arguments: object) -> list:
    port = free_port()
    found = [
        SERVER.Process(target=target, args=(rank, processes, port, *arguments)) for rank in range(processes)
    ]
    for process in found:
        process.start()
    return found


def run_all(target: Callable, processes: int, *arguments: object) -> None:
    found = started(target, processes, *arguments)
    for process in found:
        process.join(HANGS_S)
    assert [process.exitcode for process in found] == [0] * processes


@pytest.mark.parametrize(("processes", "accumulate"), [(2, 1), (2, 2), (3, 1)])
def test_gradients_are_those_of_one_process(folder, tmp_path, processes, accumulate):
    """Within 1e-5, and so are the weights after three steps and the statistics of the normalisation."""
    for count, name in ((1, "one"), (processes, "more")):
        (tmp_path / name).mkdir()
        parts = accumulate if count > 1 else 1
        run_all(together.gradients, count, str(folder), str(tmp_path / name), 3, parts)
    one = torch.load(tmp_path / "one" / "of-0.pt")
    for rank in range(processes):
        other = torch.load(tmp_path / "more" / f"of-{rank}.pt")
        assert one.keys() == other.keys()
        if accumulate > 1:  # a part of a batch has other statistics than all of it
            assert all(torch.isfinite(value).all() for value in other.values())
            continue
        for key, value in one.items():
            assert (value - other[key]).abs().max() <= 1e-5, key
    if accumulate > 1:
        first, second = (torch.load(tmp_path / "more" / f"of-{rank}.pt") for rank in (0, 1))
        assert all(torch.equal(first[key], second[key]) for key in first), "all processes have the same"


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_it_goes_on_with_another_number_of_processes(folder, tmp_path, before, after):
    for name in ("whole", "changed"):
        (tmp_path / name).mkdir()
    run_all(together.learn, 1, str(folder), str(tmp_path / "whole"), 10**6)
    run_all(together.learn, before, str(folder), str(tmp_path / "changed"), 7)
    assert CheckpointFolder(tmp_path / "changed").steps()[-1] == 7
    run_all(together.learn, after, str(folder), str(tmp_path / "changed"), 10**6)
    one, other = history(tmp_path / "whole"), history(tmp_path / "changed")
    assert [entry["step"] for entry in one] == [entry["step"] for entry in other]
    for a, b in zip(one, other, strict=True):
        assert b["loss"] == pytest.approx(a["loss"], abs=1e-3)
    weights = [load(tmp_path / name / "network.pt")["weights"] for name in ("whole", "changed")]
    for key, value in weights[0].items():
        assert torch.allclose(value.float(), weights[1][key].float(), atol=2e-3), key


def test_torchrun_starts_the_command(folder, tmp_path):
    """The real one, on the real command line, with the small network of two cores."""
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
        *("--master-addr", "127.0.0.1", "--master-port", str(free_port())),
        *("-m", "ar_effects", "train", "run", "--shards", str(folder), "-o", str(tmp_path / "run")),
        *("--epochs", "1", "--batch", "32", "--device", "cpu"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=HANGS_S, check=False
    )
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "run" / "network.pt")["name"] == "resnext26_8x2d"
    assert done.stderr.count(str(tmp_path / "run" / "network.pt")) == 1, "only one of them speaks"


def test_a_process_that_dies_ends_the_others_and_a_rerun_goes_on(folder, tmp_path):
    found = started(together.learn, 2, str(folder), str(tmp_path), 10**6)
    from tests.waiting import until

    until(lambda: CheckpointFolder(tmp_path).steps(), "the first checkpoint")
    os.kill(found[1].pid, signal.SIGKILL)
    found[0].join(HANGS_S)
    assert found[0].exitcode in (0, 1)
    run_all(together.learn, 1, str(folder), str(tmp_path), 10**6)
    assert history(tmp_path)[-1]["epoch"] == 3


@pytest.mark.parametrize("words", ["Connection closed by peer [127.0.0.1]:4711", "gloo: timed out"])
def test_what_gloo_says_of_a_dead_process_is_one_sentence(monkeypatch, words):
    from ar_effects.errors import TrainingError

    monkeypatch.setattr(torch.distributed, "init_process_group", lambda *_, **__: None)
    for key, value in (("RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(key, value)
    with pytest.raises(TrainingError) as caught:
        fail_inside(RuntimeError(words))
    assert caught.value.identifier == "train.process-died"
    assert words in caught.value.one_line()
    with pytest.raises(RuntimeError, match="of ours"):
        fail_inside(RuntimeError("a defect of ours"))


def fail_inside(error: Exception) -> None:
    with joined(torch.device("cpu")):
        raise error


def test_without_torchrun_there_is_one_process():
    with joined(torch.device("cpu")) as group:
        assert group == Group()
        assert group.is_first


def test_normalisation_is_replaced_with_the_same_weights():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.BatchNorm2d(4, eps=1e-3, momentum=0.01)))
    weight = network[1][0].weight
    with_shared_statistics(network)
    shared = network[1][0]
    assert isinstance(shared, SharedBatchNorm)
    assert shared.weight is weight
    assert (shared.eps, shared.momentum) == (1e-3, 0.01)
