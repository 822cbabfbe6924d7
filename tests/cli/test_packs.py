"""The packs commands: most in this process, one as people type it."""

from __future__ import annotations

import json
import os
import stat
import sys
import tomllib
from pathlib import Path
from unittest.mock import MagicMock

import cv2
import pytest

from ar_effects.cli import main, packs
from ar_effects.cli.pack_commands import TEMPLATES
from ar_effects.packs.files import MANIFEST
from tests.cli.runner import one_line_error, run_app
from tests.effects.party import PARTY, make_party
from tests.packs.test_templates import make_own


@pytest.fixture
def effects(tmp_path, monkeypatch) -> Path:
    """The folder of a person's own packs, empty; the program comes with none."""
    folder = tmp_path / "effects"
    folder.mkdir()
    monkeypatch.setenv("AR_EFFECTS_PACKS", str(folder))
    monkeypatch.setattr("ar_effects.packs.library.EFFECTS", tmp_path / "shipped")
    return folder


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Path:
    """Where the author's key is kept."""
    folder = tmp_path / "settings"
    monkeypatch.setattr("ar_effects.settings.settings_folder", lambda: folder)
    return folder


def test_list(effects, capsys):
    assert main(["packs", "list"]) == 0
    assert "There are no packs" in capsys.readouterr().out
    make_party(effects / "party")
    (effects / "broken").mkdir()
    (effects / "broken" / MANIFEST).write_text("format = 2")
    (effects / "nothing").mkdir()
    assert main(["packs", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("broken  broken: ")
    assert "lacks the key title" in lines[0]
    assert lines[1] == "party   Party 1.0  #party"
    assert len(lines) == 2


def test_check_of_all_and_of_some(effects, capsys):
    make_party(effects / "good")
    bad = make_party(effects / "bad")
    (bad / MANIFEST).write_text(PARTY.replace("title", "titel"))
    assert main(["packs", "check"]) == 1
    out = capsys.readouterr().out
    assert f"{effects / 'good'}: good" in out
    assert f"{effects / 'bad'}: 2 errors" in out
    assert main(["packs", "check", str(effects / "good")]) == 0


def test_advice_counts_where_it_is_asked_to(effects, capsys):
    party = make_party(effects / "party")
    (party / MANIFEST).write_text(PARTY.replace('author = "Somebody"\n', ""))
    assert main(["packs", "check", str(party)]) == 0
    assert ": advice: has no author" in capsys.readouterr().out
    assert main(["packs", "check", "--strict", str(party)]) == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_new_makes_a_pack_that_is_good(effects, template, capsys):
    assert main(["packs", "new", "mine", "--template", template]) == 0
    assert "packs preview" in capsys.readouterr().out
    assert main(["packs", "check", str(effects / "mine")]) == 0
    assert "good, 2 pieces of advice" in capsys.readouterr().out
    assert main(["packs", "check", "--strict", str(effects / "mine")]) == 1, "it is not the designer's yet"
    make_own(effects / "mine")
    assert main(["packs", "check", "--strict", str(effects / "mine")]) == 0
    assert main(["packs", "check", "--strict", str(effects / "mine" / MANIFEST)]) == 0, (
        "the file will do, too"
    )
    capsys.readouterr()
    assert main(["packs", "new", "mine", "--template", template]) == 1
    assert "already" in capsys.readouterr().err


def test_new_somewhere_else_and_with_a_bad_name(tmp_path, capsys):
    assert main(["packs", "new", "mine", "--folder", str(tmp_path / "own")]) == 0
    assert (tmp_path / "own" / "mine" / MANIFEST).is_file()
    assert main(["packs", "new", "a b", "--folder", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_preview_stays_with_its_pack_and_prints_its_problems(effects, monkeypatch, capsys):
    make_party(effects / "party")
    asked = {}

    class Window:
        def __init__(self, make_pipeline, **options):
            make_pipeline(lambda: None)
            asked.update(options)
            options["preview"](f"{effects}/party/effect.toml:3: error: words")

        def run(self):
            pass

    monkeypatch.setattr("ar_effects.cli.start.has_screen", lambda: True)
    monkeypatch.setattr("ar_effects.app.window.opening.open_window", MagicMock())
    monkeypatch.setattr("ar_effects.app.window.opening.get_ready", lambda _: None)
    monkeypatch.setattr("ar_effects.app.pipeline.live_pipeline.LivePipeline", MagicMock())
    monkeypatch.setattr("ar_effects.app.window.window.FilterWindow", Window)
    assert main(["packs", "preview", str(effects / "party"), "--source", "DEMO"]) == 0
    assert "effect.toml:3: error: words" in capsys.readouterr().err
    assert asked["mirror"] is False, "the clip is no camera, however it is written"
    asked.clear()


def test_preview_without_a_screen_points_to_the_sheet(effects, monkeypatch, capsys):
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere there is always a screen")
    monkeypatch.delenv("DISPLAY", raising=False)
    make_party(effects / "party")
    assert main(["packs", "preview", str(effects / "party")]) == 1
    assert "packs sheet" in capsys.readouterr().err


def test_a_pack_that_is_shared_is_signed_and_installed(effects, settings, tmp_path, capsys, monkeypatch):
    make_party(tmp_path / "party")
    target = tmp_path / "out.arfx"
    assert main(["packs", "bundle", str(tmp_path / "party"), str(target)]) == 0
    said = capsys.readouterr().out
    key = settings / packs.KEY_FILE
    assert len(key.read_bytes()) == 32
    if os.name == "posix":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert main(["packs", "install", str(target)]) == 1
    assert "--shaders" in capsys.readouterr().err
    assert main(["packs", "install", str(target), "--shaders"]) == 0
    installed = capsys.readouterr().out
    assert "Installed Party as out" in installed
    fingerprint = said.split("signed by ")[1].split(" (you)")[0]
    assert fingerprint in installed, "the same author"
    assert (effects / "out" / MANIFEST).read_text() == PARTY
    assert main(["packs", "install", str(target)]) == 1
    assert "--replace" in capsys.readouterr().err
    assert main(["packs", "install", str(target), "--replace", "--shaders"]) == 0
    key.write_bytes(b"short")
    assert main(["packs", "bundle", str(tmp_path / "party"), str(target)]) == 1
    assert "damaged" in capsys.readouterr().err


def test_the_schema_is_json(tmp_path, capsys):
    assert main(["packs", "schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["title"] == "AR Effects pack"
    assert main(["packs", "schema", str(tmp_path / "s.json")]) == 0
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("command", ["sheet", "cost", "bundle", "preview"])
def test_a_folder_that_is_no_pack_is_told_in_words(command, tmp_path, settings, capsys, monkeypatch):
    monkeypatch.setattr("ar_effects.cli.start.has_screen", lambda: True)
    monkeypatch.setattr("ar_effects.cli.start.camera_problem", lambda: "")
    if command == "preview":
        monkeypatch.setattr(
            "ar_effects.cli.start.start", lambda **_: main(["packs", "bundle", str(tmp_path)])
        )
    more = [str(tmp_path / "out.png")] if command == "sheet" else []
    assert main(["packs", command, str(tmp_path), *more]) == 1
    assert "is no effect pack" in capsys.readouterr().err


def test_as_people_type_it(tmp_path):
    made = run_app("packs", "new", "mine", "--template", "makeup", "--folder", tmp_path)
    assert made.returncode == 0, made.stderr
    make_own(tmp_path / "mine")
    checked = run_app("packs", "check", "--strict", tmp_path / "mine")
    assert checked.returncode == 0, checked.stdout
    manifest = tmp_path / "mine" / MANIFEST
    manifest.write_text(manifest.read_text().replace("finish", "finnish"))
    checked = run_app("packs", "check", tmp_path / "mine")
    assert checked.returncode == 1
    assert "Did you mean 'finish'?" in checked.stdout
    assert f"{MANIFEST}:" in checked.stdout
    assert "Traceback" not in checked.stderr
    one_line_error(
        run_app("packs", "bundle", tmp_path / "mine", tmp_path / "x", XDG_CONFIG_HOME=str(tmp_path))
    )


def test_the_cost_is_written_beside_the_manifest(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("ar_effects.app.design.pack_cost.FRAMES", 2)
    monkeypatch.setattr("ar_effects.app.design.pack_cost.WARM_UP", 1)
    party = make_party(tmp_path / "party")
    assert main(["packs", "cost", str(party), "--size", "160x120", "--no-write"]) == 0
    assert not (party / "card.toml").exists()
    assert main(["packs", "cost", str(party), "--size", "160x120"]) == 0
    assert "whole pack" in capsys.readouterr().out
    assert len(tomllib.loads((party / "card.toml").read_text())["layers"]) == 4
    assert main(["packs", "cost", str(party), "--size", "big"]) == 1


def test_a_sheet_is_a_picture(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("ar_effects.app.design.contact_sheet.ROWS", ((0, 0.0, 520.0),))
    monkeypatch.setattr("ar_effects.app.design.contact_sheet.SETTLE_FRAMES", 2)
    monkeypatch.setattr("ar_effects.app.design.contact_sheet._demo_frames", lambda: iter(()))
    party = make_party(tmp_path / "party")
    assert main(["packs", "sheet", str(party), str(tmp_path / "sheet.png")]) == 0
    assert "Saved" in capsys.readouterr().out
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] == 7 * 280
