"""Runs that are killed, SIGKILL and at any time, go on to the bits of the one that never was."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ar_effects.paths import ROOT
from ar_effects.training.checkpoint_file import CheckpointFolder, load
from tests.training import killing
from tests.training.small import same, shards, trainer
from tests.waiting import HANGS_S

SERVER = multiprocessing.get_context("forkserver")
"""Processes that have torch already: each is killed as a real one, and begins within milliseconds."""
SERVER.set_forkserver_preload(["tests.training.killing"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return shards(tmp_path_factory.mktemp("killing"))


@pytest.fixture(scope="module")
def unbroken(folder, tmp_path_factory) -> tuple[Path, int, int]:
    """A run that was never killed, its steps, and how many calls it made."""
    run, count = tmp_path_factory.mktemp("unbroken"), tmp_path_factory.mktemp("count") / "calls"
    assert ended(folder, run, 0, str(count)) == 0
    return run, CheckpointFolder(run).steps()[-1], int(count.read_text())


def assert_equal(one: Path, other: Path, steps: int) -> None:
    name = f"checkpoint-{steps:09d}.pt"
    assert same(load(one / name), load(other / name))
    assert same(load(one / "network.pt"), load(other / "network.pt"))
    assert (one / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()
    assert {path.name for path in one.iterdir()} == {path.name for path in other.iterdir()}


def ended(folder: Path, run: Path, kill_at: int, count_into: str = "") -> int:
    """The exit code of a process that learns."""
    process = SERVER.Process(target=killing.main, args=(str(folder), str(run), kill_at, count_into))
    process.start()
    process.join(HANGS_S)
    assert process.exitcode is not None, "hangs"
    return process.exitcode


@pytest.mark.parametrize(
    "kills", [4, pytest.param(20, marks=pytest.mark.slow)], ids=["a few times", "20 times"]
)
def test_killed_at_random_calls_it_comes_to_the_same_bits(folder, unbroken, tmp_path, kills):
    """Each run is killed once, and goes on."""
    whole, steps, calls = unbroken
    for number, at in enumerate(np.random.default_rng(kills).integers(1, calls * 0.99, kills)):
        run = tmp_path / str(number)
        run.mkdir()
        assert ended(folder, run, int(at)) == -signal.SIGKILL
        assert ended(folder, run, 0) == 0
        assert_equal(whole, run, steps)


def test_killed_again_and_again_it_comes_to_the_same_bits(folder, unbroken, tmp_path):
    whole, steps, calls = unbroken
    generator = np.random.default_rng(1)
    for _ in range(5):
        ended(folder, tmp_path, int(generator.integers(calls // 8, calls // 2)))
    assert ended(folder, tmp_path, 0) == 0
    assert_equal(whole, tmp_path, steps)


@pytest.mark.slow
def test_killed_from_outside_at_20_random_times_it_comes_to_the_same_bits(folder, unbroken, tmp_path):
    """Inside of torch and of the system's calls as well; a run that was over by then is the same, too."""
    whole, steps, _ = unbroken
    begin = time.monotonic()
    assert ended(folder, tmp_path / "warm", 0) == 0
    seconds = time.monotonic() - begin
    for number, wait_s in enumerate(np.random.default_rng(2).uniform(0, seconds, 20)):
        run = tmp_path / str(number)
        process = SERVER.Process(target=killing.main, args=(str(folder), str(run)))
        process.start()
        process.join(wait_s)
        process.kill()
        process.join(HANGS_S)
        assert process.exitcode in (0, -signal.SIGKILL)
        assert ended(folder, run, 0) == 0
        assert_equal(whole, run, steps)


def test_killed_while_a_checkpoint_is_written_it_goes_on(folder, unbroken, tmp_path):
    """The first bytes stand under a name that nobody reads, and are taken away."""
    whole, steps, _ = unbroken
    code = (
        "import os, signal, sys\n"
        "from ar_effects import writing\n"
        "from tests.training import killing\n"
        "real, count = writing._WholeWrites.write, 0\n"
        "def write(self, data):\n"
        "    global count\n"
        "    count += memoryview(data).nbytes\n"
        "    if count > 100_000:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(self, data)\n"
        "writing._WholeWrites.write = write\n"
        "killing.main(*sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        timeout=HANGS_S,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list(tmp_path.glob("*.part"))
    assert CheckpointFolder(tmp_path).steps()
    trainer(folder, tmp_path).run()
    assert_equal(whole, tmp_path, steps)
