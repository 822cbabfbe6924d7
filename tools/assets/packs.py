"""Writes the files that scripts make into ``effects/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

EFFECTS = Path(__file__).resolve().parents[2] / "effects"


def write(files: Mapping[str, Callable[[], bytes]], folder: Path = EFFECTS) -> None:
    """Make each file and write it below ``folder``."""
    for name, build in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = build()
        path.write_bytes(data)
        print(f"{path}: {len(data)} bytes")
