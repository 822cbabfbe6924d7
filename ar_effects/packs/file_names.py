"""File names that every system can hold, and no two of which are one on any of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from ar_effects.messages import Message

DEVICES = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{d}{i}" for d in ("com", "lpt") for i in "123456789¹²³"),
    }
)
"""What Windows keeps for itself, with any suffix (Microsoft, "Naming Files, Paths, and Namespaces")."""

_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def fault_of(part: str) -> Message | None:
    """What is wrong with a file's or folder's name, as a clause that follows it; None where nothing is."""
    stem = part.split(".", 1)[0].rstrip(" ").casefold()
    if stem in DEVICES:
        return Message("name.is-device")
    if found := _FORBIDDEN.search(part):
        return Message("name.forbidden-sign", sign=found[0])
    if part != part.strip() or part.endswith("."):
        return Message("name.cut-off")
    return None


def clash_of(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that are one where upper and lower case, or ways to write an accent, are not told apart.

    Args:
        names: of files, with forward slashes; a file and a folder of one name clash, too.
    """
    spelled: dict[str, tuple[str, bool]] = {}  # folded: as it is written, whether it is a file
    for name in names:
        parts = PurePosixPath(name).parts
        for k in range(1, len(parts) + 1):
            path, is_file = "/".join(parts[:k]), k == len(parts)
            folded = unicodedata.normalize("NFC", path).casefold()
            known = spelled.get(folded)
            if known is not None and (is_file or known != (path, False)):
                return known[0], path
            spelled[folded] = path, is_file
    return None
