"""Plug-ins by entry points: found, left out with a reason, and never in the way."""

from __future__ import annotations

import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from importlib.metadata import EntryPoint

import pytest

from ar_effects.plugins import Registry, unknown_groups


@pytest.fixture
def installed(monkeypatch):
    """Entry points that are pretended to be installed."""
    module = types.ModuleType("a_plugin")
    module.good = "good thing"
    module.wrong = 7
    monkeypatch.setitem(sys.modules, "a_plugin", module)
    entries = []

    def found(group=None):
        return metadata.EntryPoints(e for e in entries if group in (None, e.group))

    monkeypatch.setattr(metadata, "entry_points", found)

    def install(name, value, group="ar_effects.things"):
        entries.append(EntryPoint(name, value, group))

    return install


def only_text(name, thing):
    if not isinstance(thing, str):
        raise TypeError(f"{name} is no text")


def registry():
    return Registry("things", {"ours": lambda: "our thing"}, only_text)


def test_ours_are_made_once_and_only_when_asked_for():
    made = []
    things = Registry("things", {"ours": lambda: made.append(1) or "our thing"})
    assert made == []
    assert things["ours"] == things["ours"] == "our thing"
    assert made == [1]


def test_a_plugin_is_found_by_its_name_and_listed_after_ours(installed):
    installed("added", "a_plugin:good")
    things = registry()
    assert "added" in things
    assert things["added"] == "good thing"
    assert list(things) == ["ours", "added"]
    assert things.problems() == ()


def test_what_is_of_another_group_is_not_ours(installed):
    installed("added", "a_plugin:good", "ar_effects.others")
    assert "added" not in registry()


@pytest.mark.parametrize("value", ["a_plugin:missing", "no_such_module:thing", "a_plugin:wrong"])
def test_one_that_cannot_be_loaded_is_named_and_left_out(installed, caplog, value):
    installed("bad", value)
    installed("added", "a_plugin:good")
    things = registry()
    assert "bad" not in things
    assert list(things) == ["ours", "added"]
    (problem,) = things.problems()
    assert (problem.group, problem.name, problem.taken) == ("things", "bad", False)
    assert problem.reason is not None
    assert "bad" in caplog.text
    with pytest.raises(KeyError):
        _ = things["bad"]


def test_one_that_ends_the_program_at_import_is_left_out(installed, monkeypatch):
    def leave(self):
        raise SystemExit

    monkeypatch.setattr(EntryPoint, "load", leave)
    installed("added", "a_plugin:good")
    things = registry()
    assert things.find("added") is None
    assert isinstance(things.problems()[0].reason, SystemExit)


def test_a_name_that_is_taken_stays_with_whoever_has_it(installed):
    installed("ours", "a_plugin:good")
    installed("added", "a_plugin:good")
    installed("added", "a_plugin:wrong")
    things = registry()
    assert things["ours"] == "our thing"
    assert things["added"] == "good thing"
    assert [(p.name, p.taken) for p in things.problems()] == [("added", True), ("ours", True)]


def test_reserved_names_are_nobody_s_and_no_plugin_is_asked_for_them(installed):
    installed("auto", "a_plugin:good")
    things = Registry("things", reserved={"auto"})
    assert "auto" not in things
    assert list(things) == []
    assert things.problem("auto").taken


def test_what_plugins_add_is_told_with_their_packages(installed):
    installed("added", "a_plugin:good")
    installed("bad", "a_plugin:missing")
    things = registry()
    assert things.from_plugins() == {"added": ""}
    assert things.problem("added") is None
    assert things.problem("nobody's") is None
    assert str(things.problem("bad")).startswith(
        "The plug-in bad of an unknown package for things was left out: AttributeError: "
    )


def test_several_threads_import_one_once(installed, monkeypatch):
    installed("added", "a_plugin:good")
    loaded = []

    def slow(entry):
        loaded.append(entry.name)
        time.sleep(0.01)
        return "good thing"

    monkeypatch.setattr(EntryPoint, "load", slow)
    things = registry()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(things.find, ["added"] * 8)) == {"good thing"}
    assert loaded == ["added"]


def test_groups_that_are_none_of_ours_are_told(installed):
    installed("added", "a_plugin:good")
    installed("added", "a_plugin:good", "ar_effects.thing")
    installed("added", "a_plugin:good", "somebody.elses")
    assert unknown_groups(["things"]) == {"thing": [""]}
