"""Changing effects, and following the files of packs on a real disk with a real watcher."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from ar_effects.app.window.effect_session import NO_EFFECT, EffectSession
from ar_effects.app.window.file_watcher import FileWatcher
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.library import Library
from tests.effects.party import PARTY, make_party
from tests.waiting import ended, until


class Bell:
    """Rung by the watcher's thread."""

    def __init__(self) -> None:
        self.rung = threading.Event()

    def __call__(self) -> None:
        self.rung.set()


@pytest.fixture
def folder(tmp_path) -> Path:
    packs = tmp_path / "effects"
    make_party(packs / "party")
    other = make_party(packs / "another")
    (other / MANIFEST).write_text(PARTY.replace("Party", "Another"))
    return packs


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def effect_session(folder, bell):
    worn = EffectSession(Library(folder), "party", bell)
    assert settled(worn)
    yield worn
    worn.close()


def settled(effect_session: EffectSession) -> bool:
    """Whether the watcher watches: it takes a moment to begin."""
    probe = effect_session._library.folders[0] / ".probe"

    def seen() -> bool:
        probe.write_text(str(time.monotonic()))
        return bool(effect_session._file_watcher.changed())

    until(seen, "the watcher watches")
    probe.unlink()
    # What was written meanwhile is told still; the last of it is the probe's end.
    until(
        lambda: probe in effect_session._file_watcher.changed() and not probe.exists(),
        "the probe's end is seen",
    )
    return True


def after(effect_session: EffectSession, bell: Bell, change, done) -> list[str]:
    """What is said until ``done`` after a change of files."""
    bell.rung.clear()
    change()
    said = []

    def seen() -> bool:
        if bell.rung.is_set():
            bell.rung.clear()
            said.append(effect_session.refresh())
        return done()

    until(seen, "what the watcher sees")
    return [text for text in said if text]


def save(folder: Path, old: str, new: str) -> None:
    path = folder / "party" / MANIFEST
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_saved_change_is_worn_with_what_was_set(effect_session, folder, bell):
    effect_session.effect.set("size", 1.5)
    effect_session.effect._clock_s = 12.0
    hat = effect_session.effect.pack.layers[0]
    said = after(
        effect_session, bell, lambda: save(folder, '"#ff8800"', '"#0088ff"'),
        lambda: effect_session.effect.parameters["lens"] == "#0088ff",
    )  # fmt: skip
    assert said == []
    assert effect_session.effect.parameters["size"] == 1.5
    assert effect_session.effect._clock_s == 12.0
    assert effect_session.effect.pack.layers[0] is hat, "what did not change is not read again"


def test_a_broken_save_is_told_and_the_last_good_version_kept(effect_session, folder, bell):
    worn = effect_session.effect
    after(
        effect_session, bell, lambda: save(folder, '"head_top"', '"headtop"'), lambda: effect_session.problem
    )
    assert effect_session.effect is worn
    line = PARTY[: PARTY.index("head_top")].count("\n") + 1
    assert effect_session.problem.startswith(f"party/{MANIFEST}:{line}: error: layers[0].anchor")
    assert "Did you mean 'head_top'?" in effect_session.problem
    save(folder, "title", "titel")
    after(effect_session, bell, lambda: None, lambda: "more" in effect_session.problem)
    assert "(and 2 more)" in effect_session.problem
    said = after(
        effect_session,
        bell,
        lambda: (folder / "party" / MANIFEST).write_text(PARTY),
        lambda: not effect_session.problem,
    )
    assert said == ["Party is right again"]


def test_another_file_of_the_pack_is_read_again(effect_session, folder, bell):
    hat = effect_session.effect.pack.layers[0]
    shutil.copy(folder / "party" / "hat.glb", folder / "saved.glb")
    after(
        effect_session, bell, lambda: shutil.copy(folder / "saved.glb", folder / "party" / "hat.glb"),
        lambda: effect_session.effect.pack.layers[0] is not hat,
    )  # fmt: skip


def test_a_file_saved_by_moving_it_into_place_is_seen(effect_session, folder, bell):
    def move() -> None:
        new = folder / "party" / ".effect.toml.swp"
        new.write_text(PARTY.replace('"Party"', '"Moved"'))
        new.replace(folder / "party" / MANIFEST)

    after(effect_session, bell, move, lambda: effect_session.title == "Moved")


def test_a_dropped_folder_appears_and_one_that_went_is_gone(effect_session, folder, bell):
    assert effect_session.names() == ("another", "party")
    said = after(
        effect_session, bell, lambda: shutil.copytree(folder / "party", folder / "third"),
        lambda: "third" in effect_session._known,
    )  # fmt: skip
    assert said == ["New effect: third"]
    assert effect_session.names() == ("another", "party", "third")
    shutil.rmtree(folder / "third")
    assert effect_session.names() == ("another", "party")


def test_a_pack_that_is_not_worn_is_read_anew_when_it_is_put_on(effect_session, folder, bell):
    effect_session.wear("another")
    effect_session.wear("party")
    path = folder / "another" / MANIFEST
    after(
        effect_session, bell, lambda: path.write_text(PARTY.replace("Party", "Newer")),
        lambda: "another" not in effect_session._library._loaded,
    )  # fmt: skip
    assert effect_session.wear("another") == "Newer"


def test_files_that_editors_write_beside_change_nothing(effect_session, folder, monkeypatch):
    worn = effect_session.effect
    for name in (".effect.toml.swp", "effect.toml~", "#effect.toml#", "x.tmp"):
        (folder / "party" / name).write_text("x")
    last = folder / "party" / "x.tmp"  # which the watcher tells, unlike the others
    seen: set[Path] = set()
    real = effect_session._file_watcher.changed
    monkeypatch.setattr(effect_session._file_watcher, "changed", lambda: (new := real(), seen.update(new))[0])

    def notify() -> bool:
        assert effect_session.refresh() == ""
        return last in seen

    until(notify, "the last file is seen")
    assert effect_session.effect is worn


def test_what_the_renderer_says_stays_until_the_file_changes(effect_session, folder, bell):
    effect_session.drawn(["rings.glsl, line 2 does not compile"])
    effect_session.drawn([])
    assert "line 2" in effect_session.problem
    after(
        effect_session,
        bell,
        lambda: save(folder, '"#ff8800"', '"#0088ff"'),
        lambda: effect_session.effect.parameters["lens"] == "#0088ff",
    )
    assert "line 2" in effect_session.problem, "the shader is as it was"
    shader = folder / "party" / "rings.glsl"
    after(
        effect_session,
        bell,
        lambda: shader.write_text(shader.read_text() + "\n"),
        lambda: not effect_session.problem,
    )


def test_around_all_effects_and_none(effect_session, folder):
    assert [effect_session.change(1) for _ in range(3)] == [str(NO_EFFECT), "Another", "Party"]
    assert effect_session.change(-1) == "Another"
    (folder / "party" / MANIFEST).write_text("format = 2")
    effect_session._library.forget("party")
    assert "lacks the key title" in effect_session.change(1)
    assert effect_session.title == "Another", "the worn one is kept"
    assert effect_session.name == "party"
    assert effect_session.change(1) == str(NO_EFFECT), "and the next goes on from there"


def test_a_pack_outside_of_the_library_is_watched_too(tmp_path, folder, bell):
    own = make_party(tmp_path / "elsewhere" / "own")
    worn = EffectSession(Library(folder), str(own), bell)
    try:
        assert settled(worn)
        path = own / MANIFEST
        after(worn, bell, lambda: path.write_text(PARTY.replace("Party", "Own")), lambda: worn.title == "Own")
    finally:
        worn.close()


def test_a_watch_of_nothing_and_closing_twice(tmp_path):
    watcher = FileWatcher([tmp_path / "gone"])
    watcher.start()
    assert watcher.changed() == set()
    watcher.close()
    watcher.close()


def test_a_folder_that_cannot_be_watched_is_told_once(tmp_path, monkeypatch):
    from ar_effects.app.window import file_watcher as watching

    def refuse(*_, **__):
        raise OSError("no more watches")

    monkeypatch.setattr(watching, "watch", refuse)
    make_party(tmp_path / "party")
    worn = EffectSession(Library(tmp_path), "party", lambda: None)
    ended(worn._file_watcher._thread)
    assert worn.refresh() == "Changes of packs are not noticed: no more watches"
    assert worn.refresh() == ""
    worn.close()


# --- preview: one pack, and its problems in the terminal ---------------------------------------------------


@pytest.fixture
def previewed(folder, bell):
    notify: list[str] = []
    worn = EffectSession(Library(folder), str(folder / "party"), bell, only=True, notify=notify.append)
    assert settled(worn)
    yield worn, notify
    worn.close()


def test_a_preview_stays_with_its_pack(previewed):
    worn, _ = previewed
    pack = worn.effect
    assert worn.names() == ()
    for step in (1, -1, 5):
        assert worn.change(step) == "Only Party is shown here"
        assert worn.effect is pack


def test_every_problem_is_told_with_file_and_line(previewed, folder, bell):
    worn, notify = previewed
    path = folder / "party" / MANIFEST
    path.write_text(PARTY.replace("head_top", "headtop").replace("title", "titel"))
    after(worn, bell, lambda: None, lambda: worn.problem)
    until(lambda: worn.refresh() == "" and len(notify) >= 3, "all are told")
    line = PARTY[: PARTY.index("head_top")].count("\n") + 1
    assert any(text.startswith(f"{path}:{line}: error: ") for text in notify)
    assert all(str(path) in text for text in notify)
    notify.clear()
    after(worn, bell, lambda: path.write_text(PARTY), lambda: not worn.problem)
    assert notify == ["Party is right again"]


def test_nothing_is_right_again_beside_a_problem_that_stays(previewed, folder, bell):
    """A shader that does not compile is still told when the manifest is mended."""
    worn, notify = previewed
    worn.drawn(["party/look.glsl:3: error: undeclared"])
    assert notify == ["party/look.glsl:3: error: undeclared"]
    after(worn, bell, lambda: save(folder, '"head_top"', '"headtop"'), lambda: "headtop" in worn.problem)
    said = after(
        worn, bell, lambda: save(folder, '"headtop"', '"head_top"'), lambda: "headtop" not in worn.problem
    )
    assert worn.problem == "party/look.glsl:3: error: undeclared"
    assert not any("right again" in text for text in [*said, *notify])
