"""The version is the tag's; changes are fragments that a release gathers."""

from __future__ import annotations

import sys

import pytest

import ar_effects
from ar_effects import version
from ar_effects.paths import ROOT
from tests.processes import finished

TYPES = {"added", "changed", "fixed", "removed"}


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ("v0.2.0-0-gabcdef1", "0.2.0"),
        ("v0.2.0-0-gabcdef1-dirty", "0.2.1.dev0+gabcdef1"),
        ("v0.2.0-12-gabcdef1", "0.2.1.dev12+gabcdef1"),
        ("v1.9-3-gabcdef1-dirty", "1.10.dev3+gabcdef1"),
        ("abcdef1", "0.1.dev0+gabcdef1"),
        ("abcdef1-dirty", "0.1.dev0+gabcdef1"),
        ("", version.UNKNOWN),
        ("fatal: not a git repository", version.UNKNOWN),
    ],
)
def test_a_description_of_git_s_is_a_version(described, expected):
    assert version.of_description(described) == expected


def test_without_git_the_version_is_not_known(monkeypatch):
    monkeypatch.setattr(version, "IS_INSTALLED", False)
    version.program_version.cache_clear()

    def no_git(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(version.subprocess, "run", no_git)
    assert version.program_version() == version.UNKNOWN
    version.program_version.cache_clear()


def test_the_package_says_it():
    assert ar_effects.__version__ == version.program_version()


def test_fragments_are_of_a_type_that_is_known_and_can_be_gathered():
    fragments = [p for p in (ROOT / "changelog.d").iterdir() if p.name not in {".gitignore", "README.md"}]
    assert {p.name.split(".")[1] for p in fragments} <= TYPES
    assert all(p.suffix == ".md" and p.read_text(encoding="utf-8").strip() for p in fragments)
    build = ("build", "--draft", "--version", "9.9.9", "--date", "2026-01-01")
    done = finished([sys.executable, "-m", "towncrier", *build], ROOT)
    assert done.returncode == 0, done.stderr
    for fragment in fragments:
        assert fragment.read_text(encoding="utf-8").split()[0] in done.stdout
