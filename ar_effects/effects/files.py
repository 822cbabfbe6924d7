"""The files of a pack's folder, as manifests name them; nothing outside of it is ever read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ar_effects.drawlist import Texture
from ar_effects.effects.pictures import read_picture
from ar_effects.errors import PackError

MANIFEST = "effect.toml"


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack's folder, and the key of the manifest at which files are being named.

    Attributes:
        folder: the pack's.
        key: prefix of the keys in messages, such as "layers[2]".
    """

    folder: Path
    key: str = ""

    def at(self, key: str) -> PackFiles:
        """The same folder, seen from another key."""
        return replace(self, key=key)

    def path(self, name: str, key: str) -> Path:
        """The path of a file that the manifest names at ``key``. Raises PackError."""
        return pack_file(self.folder, name, f"{self.key}.{key}" if self.key else key)

    def picture(self, name: str, key: str) -> Texture:
        """The pixels of a picture that the manifest names at ``key``. Raises PackError."""
        return read_picture(self.path(name, key))

    def trouble(
        self, key: str, trouble: str, *, expected: str = "", got: str = "", fix: str = ""
    ) -> PackError:
        """An error at a key of this table: "FILE, KEY: trouble"."""
        where = f"{self.key}.{key}" if self.key else key
        return PackError(f"{self.folder / MANIFEST}, {where}: {trouble}", expected=expected, got=got, fix=fix)


def pack_file(folder: Path, name: str, key: str) -> Path:
    """The path of a file a manifest names; it must lie in the pack's own folder. Raises PackError."""
    where = f"{folder / MANIFEST}, {key}"
    pure = PurePosixPath(name)
    if "\\" in name or pure.is_absolute() or ".." in pure.parts or ":" in "".join(pure.parts[:1]):
        raise PackError(
            f"{where} leads out of the pack",
            expected="a path inside the pack's folder, with forward slashes",
            got=repr(name),
            fix="Copy the file into the pack and name it there",
        )
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        there = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a zero byte, links in a circle
        raise PackError(
            f"{where} is no usable file name", got=f"{error}"[:120], fix="Name a file of the pack"
        ) from error
    if not inside:
        raise PackError(
            f"{where} leads out of the pack by a link", got=repr(name), fix="Copy the file instead"
        )
    if not there:
        names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
        near = difflib.get_close_matches(name, names, 1)
        raise PackError(
            f"{where} names a file that is not there",
            got=repr(name),
            fix=f"Did you mean {near[0]!r}?" if near else "Add the file, or correct the name",
        )
    return path
