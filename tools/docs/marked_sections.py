"""Parts of documents that are made, between marks in what people write."""

from __future__ import annotations

from pathlib import Path


def write_between(target: Path, begin: str, end: str, text: str) -> None:
    """Put a text between two marks of a file that stand in it once each, and say which file that was."""
    before, rest = target.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    target.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8", newline="\n")
    print(target)
