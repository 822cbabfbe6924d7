"""``train`` on the command line: what it does, what it says, and what bad input gets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from ar_effects.cli import main, train_commands
from ar_effects.cli.commands import app
from ar_effects.paths import ROOT
from ar_effects.training.checkpoint_file import CheckpointFolder, load
from ar_effects.training.shards import ShardSet
from tests.training.small import TAGS, picture
from tests.waiting import HANGS_S, until

WORDS = {0: "Sky", 1: "grass", 2: "#fire", 3: "zebra", 4: "castle"}


def posts(folder: Path, count: int = 60, *, extra: tuple[str, ...] = ()) -> Path:
    """Posts of many makers with pictures beside them."""
    generator = np.random.default_rng(1)
    (folder / "photos").mkdir(parents=True)
    lines = []
    for number in range(count):
        tags = (int(generator.integers(3)), *((3,) if number % 4 == 0 else ()))
        name = f"photos/{number}.png"
        cv2.imwrite(str(folder / name), picture(generator, tags))
        post = {"file": name, "maker": f"u{number % 20}", "tags": [WORDS[tag] for tag in tags]}
        lines.append(json.dumps(post))
    path = folder / "posts.jsonl"
    path.write_text("\n".join([*lines, *extra]) + "\n", encoding="utf-8")
    return path


def test_posts_become_shards_and_shards_a_network(tmp_path, capsys):
    path, shards, run = posts(tmp_path), tmp_path / "shards", tmp_path / "run"
    assert main(["train", "shards", str(path), "-o", str(shards), "--side", "40"]) == 0
    opened = ShardSet(str(shards))
    assert set(opened.vocabulary) == {"sky", "grass", "fire", "zebra"}
    assert len(opened) == 60
    said = capsys.readouterr().err
    assert "60" in said
    more = ["--epochs", "1", "--batch", "16", "--ema", "0.5"]
    assert main(["train", "run", "--shards", str(shards), "-o", str(run), *more]) == 0
    assert load(run / "network.pt")["tags"] == list(opened.vocabulary)
    assert str(run / "network.pt") in capsys.readouterr().err
    assert main(["train", "run", "--shards", str(shards), "-o", str(run), *more, "--quiet"]) == 0
    assert capsys.readouterr().err == "", "there is nothing left to learn, and nothing to say"


def test_bad_posts_are_counted_named_and_do_no_harm(tmp_path, capsys):
    extra = (
        "no JSON",
        json.dumps({"file": "photos/0.png", "tags": ["x" * 10_000, "sky"]}),
        json.dumps({"file": "photos/gone.png", "tags": ["sky"]}),
        json.dumps({"file": "photos/1.png", "tags": [f"tag{n}" for n in range(40)]}),
        json.dumps({"file": "posts.jsonl", "tags": ["sky"]}),
    )
    path = posts(tmp_path, extra=extra)
    assert main(["train", "shards", str(path), "-o", str(tmp_path / "s")]) == 0
    report = json.loads((tmp_path / "s" / "index.json").read_text())["report"]
    assert report["written"] == 60
    assert report["dropped"] == {"duplicate": 1, "missing": 1, "no_tags": 1, "undecodable": 1}
    said = capsys.readouterr().err
    assert "photos/gone.png" in said
    assert "61" in said, "the line that is no JSON"


def test_one_maker_s_habit_is_not_learnt(tmp_path):
    habit = [json.dumps({"file": f"photos/{n}.png", "maker": "me", "tags": ["castle"]}) for n in range(60)]
    path = posts(tmp_path, extra=tuple(habit))
    command = ["train", "shards", str(path), "--minimum", "10", "--distance", "0", "--quiet"]
    assert main([*command, "--per-maker", "9", "-o", str(tmp_path / "a")]) == 0
    assert "castle" not in ShardSet(str(tmp_path / "a")).vocabulary
    assert main([*command, "--per-maker", "10", "-o", str(tmp_path / "b")]) == 0
    assert "castle" in ShardSet(str(tmp_path / "b")).vocabulary
    report = json.loads((tmp_path / "b" / "index.json").read_text())["report"]
    assert report["dropped"] == {"duplicate": 10, "over_maker_limit": 50}


def test_pictures_to_test_with_are_not_learnt_from(tmp_path, capsys):
    path = posts(tmp_path)
    few = tmp_path / "test.jsonl"
    few.write_text("".join(f"{line}\n" for line in path.read_text().splitlines()[:12]))
    test, rest, all_of_them = (str(tmp_path / name) for name in ("test", "rest", "all"))
    assert main(["train", "shards", str(path), "-o", all_of_them, "--quiet"]) == 0
    vocabulary = str(tmp_path / "all" / "vocabulary.json")
    own = ["--vocabulary", vocabulary, "--quiet"]
    assert main(["train", "shards", str(few), "-o", test, *own]) == 0
    assert main(["train", "shards", str(path), "-o", rest, "--without", test, *own]) == 0
    assert (len(ShardSet(test)), len(ShardSet(rest))) == (12, 48)
    assert main(["train", "duplicates", "--test", test, "--training", rest]) == 0
    capsys.readouterr()
    assert main(["train", "duplicates", "--test", test, "--training", all_of_them]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 13
    run = ["train", "run", "-o", str(tmp_path / "run"), "--epochs", "1", "--ema", "0", "--measure-with", test]
    assert main([*run, "--shards", all_of_them]) == 0
    said = capsys.readouterr().err
    assert "12" in said, "all of them are left out of the measurement"
    network = str(tmp_path / "run" / "network.pt")
    similar = ["train", "duplicates", "--test", test, "--training", all_of_them, "--weights", network]
    assert main([*similar, "--distance", "0", "--similarity", "0.9999"]) == 1


def test_other_tags_cannot_be_measured_with(tmp_path, capsys):
    one = posts(tmp_path / "one")
    other = tmp_path / "one" / "few.jsonl"
    other.write_text("".join(line + "\n" for line in one.read_text().splitlines() if "fire" not in line))
    for path, name in ((one, "a"), (other, "b")):
        assert main(["train", "shards", str(path), "-o", str(tmp_path / name), "--quiet"]) == 0
    run = ["train", "run", "-o", str(tmp_path / "run"), "--shards", str(tmp_path / "a")]
    assert main([*run, "--measure-with", str(tmp_path / "b")]) == 1
    assert "vocabulary.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["shards", "gone.jsonl", "-o", "x"],
        ["run", "--shards", "gone", "-o", "x"],
        ["run", "--shards", "nonsense://gone", "-o", "x"],
        ["duplicates", "--test", "gone", "--training", "gone"],
    ],
)
def test_what_is_not_there_is_one_sentence(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    assert main(["train", *arguments]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_posts_without_a_tag_that_is_used_enough_are_one_sentence(tmp_path, capsys):
    path = posts(tmp_path, 4)
    assert main(["train", "shards", str(path), "-o", str(tmp_path / "s")]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--network", "nonesuch"], "resnext26_8x2d"),
        (["--device", "nonesuch"], "cpu"),
        (["--weights", "gone.pt"], "gone.pt"),
    ],
)
def test_a_wrong_name_says_which_there_are(tmp_path, capsys, more, expected):
    assert main(["train", "shards", str(posts(tmp_path)), "-o", str(tmp_path / "s"), "--quiet"]) == 0
    assert main(["train", "run", "--shards", str(tmp_path / "s"), "-o", str(tmp_path / "r"), *more]) == 1
    said = capsys.readouterr().err
    assert expected in said
    assert len(said.strip().splitlines()) == 1


def test_help_says_which_extra_is_missing_where_it_is(monkeypatch):
    for arguments in (["train"], ["train", "run"], ["train", "shards"]):
        monkeypatch.setattr(train_commands, "PACKAGES", ("torch",))
        assert "ar-effects[train]" not in CliRunner().invoke(app, [*arguments, "--help"]).output
        monkeypatch.setattr(train_commands, "PACKAGES", ("torch", "nonesuch_package"))
        shown = " ".join(CliRunner().invoke(app, [*arguments, "--help"]).output.split())
        assert "nonesuch_package" in shown
        assert "ar-effects[train]" in shown


def test_without_the_extra_a_command_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_commands, "PACKAGES", ("torch", "nonesuch_package"))
    assert main(["train", "run", "--shards", "x", "-o", str(tmp_path / "r")]) == 1
    said = capsys.readouterr().err
    assert "nonesuch_package" in said
    assert len(said.strip().splitlines()) == 1


def test_ctrl_c_ends_after_a_step_and_the_same_command_goes_on(tmp_path):
    assert main(["train", "shards", str(posts(tmp_path)), "-o", str(tmp_path / "s"), "--quiet"]) == 0
    command = [
        *(sys.executable, "-m", "ar_effects", "train", "run", "--shards", str(tmp_path / "s")),
        *("-o", str(tmp_path / "r"), "--epochs", "400", "--batch", "8", "--checkpoint-every", "2"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        until(
            lambda: (tmp_path / "r").is_dir() and CheckpointFolder(tmp_path / "r").steps(),
            "the first checkpoint",
        )
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=HANGS_S)[1]
    assert process.returncode == 130
    step = CheckpointFolder(tmp_path / "r").steps()[-1]
    assert str(step) in said
    assert "Traceback" not in said


def test_the_words_of_these_tests_are_tags():
    assert len(WORDS) == len(TAGS)
