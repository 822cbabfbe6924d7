"""Which font of the computer is taken for letters that ours lacks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ar_effects.app.window import fonts
from ar_effects.app.window.fonts import fonts_with, is_drawn, script_of


@pytest.fixture(autouse=True)
def fresh():
    fonts_with.cache_clear()
    yield
    fonts_with.cache_clear()


def test_linux_asks_fontconfig_and_takes_the_plainest(monkeypatch):
    asked = []
    answer = """/f/NotoSansCJK-Bold.ttc:
/f/NotoSerifCJK-Regular.ttc:
/f/NotoColorEmoji.ttf:
/f/NotoSansCJK-Regular.ttc:
/f/old.pcf.gz:
"""

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, answer, "")

    monkeypatch.setattr(fonts.subprocess, "run", run)
    found = fonts_with("\u4f60", "linux")
    assert found[0] == Path("/f/NotoSansCJK-Regular.ttc")
    assert len(found) == 3
    assert "NotoColorEmoji.ttf" not in {path.name for path in found}
    assert asked[0][:2] == ["fc-list", ":charset=4f60"]


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.TimeoutExpired("fc-list", 1)])
def test_without_fontconfig_there_are_none(monkeypatch, error):
    def run(*_, **__):
        raise error

    monkeypatch.setattr(fonts.subprocess, "run", run)
    assert fonts_with("\u4f60", "linux") == ()


def test_windows_own_fonts(monkeypatch, tmp_path):
    monkeypatch.setenv("WINDIR", str(tmp_path))
    (tmp_path / "Fonts").mkdir()
    for name in ("seguiemj.ttf", "msyh.ttc", "other.ttf"):
        (tmp_path / "Fonts" / name).write_bytes(b"")
    assert [path.name for path in fonts_with("\u4f60", "win32")] == ["seguiemj.ttf", "msyh.ttc"]


def test_letters_and_what_is_none():
    assert all(is_drawn(c) for c in "A\u0416\u4f60\U0001f600\u0627")
    assert not any(is_drawn(c) for c in "\n\t \u200d\ufe0f\u0301")
    assert [script_of(c) for c in "\u0416\u4f60\u3042\ud55c\U0001f600"] == [
        "Cyrillic",
        "CJK",
        "Hiragana",
        "Hangul",
        "symbols",
    ]
