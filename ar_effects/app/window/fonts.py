"""Fonts of this computer for letters that the program's own font lacks: other scripts, symbols, emoji."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from functools import lru_cache
from pathlib import Path

_WINDOWS = (
    *("segoeui.ttf", "seguisym.ttf", "seguiemj.ttf", "msyh.ttc", "msjh.ttc", "YuGothM.ttc", "malgun.ttf"),
    *("Nirmala.ttc", "Nirmala.ttf", "LeelawUI.ttf", "ebrima.ttf", "arial.ttf", "simsun.ttc"),
)
_MACOS = (
    *("Supplemental/Arial Unicode.ttf", "Apple Symbols.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc"),
    *("AppleSDGothicNeo.ttc", "Kohinoor.ttc", "Supplemental/Ayuthaya.ttf", "Apple Color Emoji.ttc"),
)
"""Fonts that come with the system, in the order to try them: together they have nearly every script."""

_PLAINEST = ("bold", "italic", "oblique", "condensed", "light", "thin", "black", "mono", "serif")
"""Of several fonts that have a letter the one whose name has the fewest of these is taken."""

_OUTLINES = (".ttf", ".otf", ".ttc", ".otc")
_ANSWERS_S = 20.0


def is_drawn(letter: str) -> bool:
    """Whether a font needs a picture for it: not for spaces, controls, joiners and variation selectors."""
    return unicodedata.category(letter) not in ("Cc", "Cf", "Mn", "Zs", "Zl", "Zp", "Cn", "Cs", "Co")


def script_of(letter: str) -> str:
    """What to call a letter's script in a sentence: the first word of its name in Unicode."""
    if unicodedata.category(letter).startswith("S"):
        return "symbols"
    word = unicodedata.name(letter, "others").split()[0].split("-")[0]
    return word if word == "CJK" else word.capitalize()


@lru_cache(maxsize=1024)
def fonts_with(letter: str, platform: str = sys.platform) -> tuple[Path, ...]:
    """Font files of this computer that have a letter, or may have it, the likeliest first.

    On Linux fontconfig knows. Elsewhere these are the fonts that come with the system; whether one has
    the letter shows once it is loaded.

    Args:
        letter: one character.
        platform: a ``sys.platform``; for tests.
    """
    if platform.startswith("linux"):
        return tuple(sorted(_told_by_fontconfig(letter), key=_oddness))
    if platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        paths = [windows / "Fonts" / name for name in _WINDOWS]
    else:
        paths = [Path("/System/Library/Fonts") / name for name in _MACOS]
    return tuple(path for path in paths if path.is_file())


def _told_by_fontconfig(letter: str) -> list[Path]:
    command = ["fc-list", f":charset={ord(letter):x}", "file"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWERS_S, check=False)
    except (OSError, subprocess.TimeoutExpired):  # a system without it has no list of fonts
        return []
    lines = (line.strip().rstrip(":") for line in done.stdout.splitlines())
    paths = (Path(line) for line in lines)
    # Fonts of coloured pictures only come in a few fixed sizes, which what draws our text cannot scale.
    return [p for p in paths if p.suffix.lower() in _OUTLINES and "color" not in p.stem.casefold()]


def _oddness(path: Path) -> tuple[int, str]:
    name = path.stem.casefold()
    return sum(word in name for word in _PLAINEST), str(path)
