"""File names that every system can hold, and no two of which are one on any of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

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


def fault_of(part: str) -> str:
    """What is wrong with the name of one file or folder; empty where nothing is."""
    stem = part.split(".", 1)[0].rstrip(" ").casefold()
    if stem in DEVICES:
        return "is a device on Windows, whatever follows the dot"
    if found := _FORBIDDEN.search(part):
        return f"holds {found[0]!r}, which Windows does not allow"
    if part != part.strip() or part.endswith("."):
        return "begins or ends with a space, or ends with a dot, which Windows cuts off"
    return ""


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
