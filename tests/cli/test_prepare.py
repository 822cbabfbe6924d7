"""A first start on a computer waits for the compiler, and says so."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ar_effects.cli import files, packs, prepare, session
from ar_effects.errors import PackError
from ar_effects.paths import EFFECTS
from ar_effects.tracking import warm_up as warm_up_module
from ar_effects.tracking.warm_up import FIRST_TIME
from tests.waiting import HANGS_S, heard, until


@pytest.fixture
def notices(monkeypatch):
    """Set what warming up does, and after how many seconds it is noticed."""

    def set_up(run, after_s):
        monkeypatch.setattr(warm_up_module, "_run_all", run)
        monkeypatch.setattr(warm_up_module, "NOTICED_AFTER_S", after_s)

    return set_up


@pytest.mark.parametrize("quiet", [False, True])
def test_what_takes_long_is_said_beside_the_output_while_it_lasts(notices, monkeypatch, capsys, quiet):
    said = threading.Event()
    real = prepare._tell
    monkeypatch.setattr(prepare, "_tell", lambda sentence: (real(sentence), said.set()))
    waits = () if quiet else (said,)  # it takes until it was said
    notices(lambda: [heard(event, "the sentence") for event in waits], 0.0)
    prepare.prepare(quiet)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("" if quiet else FIRST_TIME + "\n")


def test_what_was_prepared_before_is_not_said(notices, capsys):
    notices(lambda: None, 10 * HANGS_S)
    prepare.prepare()
    until(lambda: not [t for t in threading.enumerate() if isinstance(t, threading.Timer)], "the timer ends")
    assert capsys.readouterr() == ("", "")


class Prepared(Exception):
    """Ends a command where it would wait."""


COMMANDS = {
    "render": (files, files.render_command, ("in", Path("out"), "none", 1, "cpu", "fast", None)),
    "track": (files, files.track_command, ("in", Path("out"), 1, "cpu")),
    "record": (session, session.record_command, (Path("out"), "in", None, False, 1, "cpu")),
    "replay": (session, session.replay_command, (Path("in"), None, None, "cpu")),
}


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_tracks_is_prepared_before_anything_else(monkeypatch, command, quiet):
    module, function, arguments = COMMANDS[command]

    def told(is_quiet=False):
        raise Prepared(is_quiet)

    monkeypatch.setattr(module, "prepare", told)
    with pytest.raises(Prepared) as found:
        function(*arguments, quiet)
    assert found.value.args == (quiet,)


@pytest.mark.parametrize(
    "command",
    [
        lambda path, out: packs.sheet_command(path, out, None),
        lambda path, _: packs.cost_command(path, "640x480", write=False),
    ],
    ids=["sheet", "cost"],
)
def test_commands_of_packs_that_track_are_prepared_once_the_pack_is_read(monkeypatch, tmp_path, command):
    def told():
        raise Prepared

    monkeypatch.setattr(prepare, "prepare", told)
    with pytest.raises(PackError):
        command(tmp_path / "none", tmp_path / "sheet.png")
    with pytest.raises(Prepared):
        command(EFFECTS / "sunglasses", tmp_path / "sheet.png")
