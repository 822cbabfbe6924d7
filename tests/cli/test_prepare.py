"""A first start on a computer waits for the compiler, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from ar_effects import compiled
from ar_effects.cli import files, packs, prepare, session
from ar_effects.errors import PackError
from ar_effects.paths import EFFECTS
from ar_effects.sources.spec import SourceSpec
from ar_effects.tracking import warm_up as warm_up_module
from ar_effects.tracking.warm_up import FIRST_TIME


@pytest.fixture
def compiles(monkeypatch):
    """Let warming up compile something, or nothing; it is what numba's cache would say."""

    def run(compiles: bool, then=lambda: None):
        def run_all():
            if compiles:
                compiled._told(kept=True)
            then()

        monkeypatch.setattr(warm_up_module, "_run_all", run_all)

    return run


@pytest.mark.parametrize(
    ("first", "quiet", "said"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_what_is_compiled_is_said_beside_the_output(compiles, capsys, first, quiet, said):
    compiles(first)
    prepare.prepare(quiet)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (str(FIRST_TIME) + "\n" if said else "")


def test_it_is_said_before_the_wait(monkeypatch, compiles):
    said: list[str] = []
    monkeypatch.setattr(prepare, "_tell", said.append)
    heard = []
    compiles(True, lambda: heard.extend(said))
    prepare.prepare()
    assert heard == [str(FIRST_TIME)]


class Prepared(Exception):
    """Ends a command where it would wait."""


IN = SourceSpec.parse("in")

COMMANDS = {
    "render": (
        files,
        files.render_command,
        (IN, Path("made.mp4"), "none", 1, "cpu", "live", "full", False, True, None, None),
    ),
    "track": (files, files.track_command, (IN, Path("made.mp4"), 1, "cpu", None)),
    "record": (session, session.record_command, (Path("made.mp4"), IN, None, False, 1, "cpu", None)),
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
