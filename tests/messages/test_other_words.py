"""With every word of every message changed, what tests no words still passes: nothing reads a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from ar_effects.messages import Words, catalogue
from tests.waiting import HANGS_S
from tests.words import PSEUDO, VARIABLE, is_phrase, pseudo

ROOT = Path(__file__).resolve().parents[2]

QUICK = (
    "packs/test_check.py",
    "packs/test_library.py",
    "packs/test_pack.py",
    "media/test_texture_cache.py",
    "inference/test_provider.py",
    "app/test_effect_session.py",
    "sources/test_open.py",
    "test_settings.py",
)
"""Where sentences were read once, or would be first."""


def run(*paths: str) -> str:
    """What pytest says of tests that test no words, in a language that nobody speaks."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not words", *paths],
        cwd=ROOT,
        env={**os.environ, VARIABLE: PSEUDO},
        capture_output=True,
        text=True,
        timeout=60 * HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def test_what_tests_no_words_passes_in_other_words():
    passed = run(*(f"tests/{path}" for path in QUICK)).split(" passed")[0].split()[-1]
    assert int(passed) > 50


@pytest.mark.slow
def test_everything_that_tests_no_words_passes_in_other_words():
    passed = run("tests", "--deselect", "tests/messages").split(" passed")[0].split()[-1]
    assert int(passed) > 2000


@pytest.mark.parametrize("identifier", catalogue())
def test_other_words_have_the_same_facts_and_no_word_in_common(identifier):
    for part in catalogue()[identifier]:
        ours, theirs = (list(Formatter().parse(text)) for text in (part, pseudo(part)))
        assert [field[1:] for field in ours] == [field[1:] for field in theirs]
        for (literal, *_), (other, *_) in zip(ours, theirs, strict=True):
            assert literal == other if not any(c.isalpha() for c in literal) else literal != other


def test_phrases_of_the_catalogue_are_known():
    assert is_phrase("is not a picture")
    assert not is_phrase("zebra crossing")
    assert not is_phrase("a.b")
    assert Words(*map(pseudo, Words("{a!r:>3} b{{", "c"))) == Words("{a!r:>3} y{{", "x")
