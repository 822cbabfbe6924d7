"""Nothing that is read is ever written over, whatever it is called the second time."""

from __future__ import annotations

import os
import shutil
import sys

import cv2
import numpy as np
import pytest

from ar_effects.cli import EXIT_FAILED, main
from tests.cli.runner import ROOT
from tests.sources.clips import make_clip

posix = pytest.mark.skipif(sys.platform == "win32", reason="links")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Originals with and without sound, a session, a report, and other names for them."""
    folder = tmp_path_factory.mktemp("originals")
    make_clip(folder / "silent.mp4", [0, 40, 80])
    make_clip(folder / "sound.mp4", [0, 40, 80], audio="aac")
    (folder / "pictures").mkdir()
    for name in ("a.png", "b.jpg"):
        cv2.imwrite(str(folder / "pictures" / name), np.full((60, 80, 3), 90, np.uint8))
    clip = str(folder / "silent.mp4")
    assert main(["record", str(folder / "session"), "--source", clip, "--provider", "cpu"]) == 0
    (folder / "report.json").write_text("{}")
    (folder / "soft.mp4").symlink_to("silent.mp4")
    os.link(folder / "silent.mp4", folder / "hard.mp4")
    (folder / "way").symlink_to(folder, target_is_directory=True)
    return folder


@pytest.fixture
def refused(folder, monkeypatch, capsys):
    """Runs a command in that folder and gives its error line."""

    def run(*arguments):
        monkeypatch.chdir(folder)
        assert main([str(a) for a in arguments]) == EXIT_FAILED
        (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("error: "))
        return line

    return run


def contents(folder):
    return {
        str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns, p.is_symlink())
        for p in folder.rglob("*")
        if p.is_file()
    }


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "silent.mp4", "silent.mp4"],
        ["render", "sound.mp4", "sound.mp4"],
        ["render", "silent.mp4", "soft.mp4"],
        ["render", "soft.mp4", "silent.mp4"],
        ["render", "silent.mp4", "hard.mp4"],
        ["render", "silent.mp4", "way/silent.mp4"],
        ["render", "silent.mp4", "pictures/../silent.mp4"],
        ["render", "pictures/a.png", "pictures/a.png", "--effect", "none"],
        ["render", "pictures/b.jpg", "way/pictures/b.jpg"],
        ["render", "silent.mp4", "new.mp4", "--trace", "silent.mp4"],
        ["render", "silent.mp4", "new.mp4", "--trace", "new.mp4"],
        ["track", "silent.mp4", "--json", "silent.mp4"],
        ["track", "silent.mp4", "--json", "hard.mp4"],
        ["track", "pictures", "--json", "pictures/a.png"],
        ["track", "pictures", "--json", "way/pictures/b.jpg"],
        ["replay", "session", "--report", "session/faces.jsonl"],
        ["replay", "session", "--report", "session/session.toml"],
        ["replay", "session", "--report", "hard.mp4"],
        ["replay", "session", "--report", "report.json", "--compare", "report.json"],
    ],
    ids=" ".join,
)
def test_an_original_is_refused_as_a_result_and_stays_to_the_byte(folder, refused, arguments):
    before = contents(folder)
    line = refused(*arguments)
    assert "would overwrite what it is made from" in line
    assert "Give the result another name" in line
    assert contents(folder) == before


def test_a_session_is_not_recorded_over_anything(folder, refused):
    before = contents(folder)
    for target in ("silent.mp4", "session", "pictures"):
        line = refused("record", target, "--source", "silent.mp4")
        assert "exists already" in line
    assert contents(folder) == before


@posix
def test_the_library_refuses_it_as_the_command_does(folder):
    from ar_effects.app.pipeline.offline import render_file
    from ar_effects.errors import SinkError

    before = contents(folder)
    for source, output in (("silent.mp4", "soft.mp4"), ("pictures/a.png", "way/pictures/a.png")):
        with pytest.raises(SinkError, match="would overwrite"):
            render_file(str(folder / source), folder / output)
    assert contents(folder) == before


def test_the_sheet_of_a_pack_does_not_replace_what_the_pack_is_made_of(tmp_path, refused):
    pack = shutil.copytree(ROOT / "effects" / "tiger", tmp_path / "tiger")
    before = contents(pack)
    (tmp_path / "link.webp").symlink_to(pack / "tiger.webp")
    for output in (tmp_path / "link.webp", pack / "tiger.webp"):
        assert "would overwrite" in refused("packs", "sheet", pack, output)
    (tmp_path / "faces").mkdir()
    cv2.imwrite(str(tmp_path / "faces" / "a.png"), np.full((60, 80, 3), 90, np.uint8))
    own = tmp_path / "faces" / "a.png"
    assert "would overwrite" in refused("packs", "sheet", pack, own, "--pictures", tmp_path / "faces")
    assert contents(pack) == before
