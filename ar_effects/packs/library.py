"""The packs there are, by name: those that ship with the program, and a person's own."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path

from ar_effects.errors import PackError
from ar_effects.messages import Message
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import Pack, load_pack, reload_pack
from ar_effects.paths import EFFECTS, own_packs


class Library:
    """Finds packs and loads each once.

    Args:
        folders: each holds one folder a pack; of two packs of one name that of the later one is found. None:
            what ships with the program, and then a person's own, which need not exist.

    Attributes:
        folders: likewise.
    """

    def __init__(self, *folders: Path) -> None:
        self.folders = folders or (EFFECTS, own_packs())
        self._loaded: dict[str, Pack] = {}

    def names(self) -> tuple[str, ...]:
        """The packs there are, sorted; a folder counts when it has a manifest."""
        return tuple(sorted(self._found()))

    def folder_of(self, name: str) -> Path | None:
        """Where the pack of that name lies; None if there is none."""
        return self._found().get(name)

    def _found(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self.folders:
            try:
                found |= {p.name: p for p in folder.iterdir() if (p / MANIFEST).is_file()}
            except OSError:  # missing, or not for us to read: as if it were empty
                continue
        return found

    def load(self, name: str) -> Pack:
        """The pack of that name, or the pack in the folder of that path. Raises PackError."""
        if name not in self._loaded:
            self._loaded[name] = load_pack(self._find(name))
        return self._loaded[name]

    def reload(self, name: str, changed: Collection[Path] = ()) -> Pack:
        """The pack as its files are now, quickly; the one loaded before stays when they are broken.

        Args:
            name: as for ``load``.
            changed: files that changed since it was loaded; none means any.

        Raises:
            PackError: it is broken now.
        """
        old = self._loaded.get(name)
        fresh = reload_pack(old, changed) if old is not None and changed else load_pack(self._find(name))
        self._loaded[name] = fresh
        return fresh

    def forget(self, name: str) -> None:
        """Load it anew when it is next asked for."""
        self._loaded.pop(name, None)

    def _find(self, name: str) -> Path:
        found = self.folder_of(name)
        if found is not None:
            return found
        path = Path(name)
        if path.is_dir() and ("/" in name or "\\" in name or (path / MANIFEST).is_file()):
            return path
        names = self.names()
        near = difflib.get_close_matches(name.lower(), names, 1)
        raise PackError(
            Message("pack.unknown", name=name, names=", ".join(names) or Message("pack.none-installed")),
            fix=Message("hint.did-you-mean", near=near[0]) if near else "",
        )
