"""The files of a pack's folder, as manifests name them; nothing outside of it is ever read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError
from ar_effects.media.clips import Frames
from ar_effects.media.texture_cache import Pictures
from ar_effects.messages import Message, Text

MANIFEST = "effect.toml"

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack's folder, and the key of the manifest at which files are being named.

    Attributes:
        folder: the pack's.
        key: prefix of the keys in messages, such as "layers[2]".
        pictures: those that were read, which layers share.
    """

    folder: Path
    key: str = ""
    pictures: Pictures = field(default_factory=Pictures)

    def at(self, key: str) -> PackFiles:
        """The same folder, seen from another key."""
        return replace(self, key=key)

    def path(self, name: str, key: str) -> Path:
        """The path of a file that the manifest names at ``key``. Raises PackError."""
        return pack_file(self.folder, name, f"{self.key}.{key}" if self.key else key)

    def picture(self, name: str, key: str) -> Texture:
        """The pixels of a picture that the manifest names at ``key``. Raises PackError."""
        return self._read(name, key, self.pictures.picture)

    def clip(self, name: str, key: str, still_s: float) -> Frames:
        """The frames of a picture or an animation that the manifest names at ``key``. Raises PackError.

        Layers with the same share them. ``still_s``: how long the only frame of a picture is shown.
        """
        return self._read(name, key, lambda path: self.pictures.clip(path, still_s))

    def cells(self, name: str, key: str, cut: Callable[[Texture], Frames], how: Hashable) -> Frames:
        """The cells of a sheet of pictures, which layers that ``cut`` it in the same way share.

        Raises PackError.
        """
        return self._read(name, key, lambda path: self.pictures.cells(path, how, cut))

    def _read(self, name: str, key: str, read: Callable[[Path], Read]) -> Read:
        path = self.path(name, key)
        try:
            return read(path)
        except PackError as error:
            raise self.located(error, key) from error

    def located(self, error: PackError, key: str) -> PackError:
        """An error of a file with the manifest and the key that names the file before it."""
        manifest = self.folder / MANIFEST
        if error.file == manifest:
            return error
        where = f"{self.key}.{key}" if self.key and key else self.key or key
        return PackError(Message("pack.of-file", error=error), file=manifest, key=where)

    def naming(self, error: PackError, table: Any) -> PackError:
        """The same, where the key is the one of the table's that names the file of which the error tells."""
        names = (key for key, name in _texts(table, "") if self.folder / name == error.file)
        return self.located(error, next(names, ""))

    def error_at(
        self, key: str, problem: Message, *, expected: Text = "", got: Text = "", fix: Text = ""
    ) -> PackError:
        """An error at a key of this table: "FILE, KEY: problem"."""
        return PackError(
            Message("pack.at-key", problem=problem),
            file=self.folder / MANIFEST,
            key=f"{self.key}.{key}" if self.key else key,
            expected=expected,
            got=got,
            fix=fix,
        )


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Keys and values of every text in a table's dump."""
    if isinstance(value, str) and value:
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, f"{key}[{i}]")


def pack_file(folder: Path, name: str, key: str) -> Path:
    """The path of a file a manifest names; it must lie in the pack's own folder. Raises PackError."""
    manifest = folder / MANIFEST
    pure = PurePosixPath(name)
    if "\\" in name and name[0] not in "/\\" and ":" not in name and ".." not in name:
        forward = name.replace("\\", "/")
        raise PackError(
            Message("pack.file-name-backslashes", forward=forward[:120]),
            file=manifest,
            key=key,
            got=repr(name)[:120],
        )
    if "\\" in name or pure.is_absolute() or ".." in pure.parts or ":" in "".join(pure.parts[:1]):
        raise PackError(Message("pack.file-name-escapes"), file=manifest, key=key, got=repr(name)[:120])
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        there = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a zero byte, links in a circle
        raise PackError(
            Message("pack.file-name-unusable"), file=manifest, key=key, got=f"{error}"[:120]
        ) from error
    if not inside:
        raise PackError(Message("pack.file-name-linked-out"), file=manifest, key=key, got=repr(name)[:120])
    if not there:
        names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
        near = [n for n in names if n.casefold() == name.casefold()]
        near = near or difflib.get_close_matches(name, names, 1, 0.75)
        raise PackError(
            Message("pack.file-missing"),
            file=manifest,
            key=key,
            got=repr(name)[:120],
            fix=Message("hint.did-you-mean", near=near[0]) if near else Message("hint.add-the-file"),
        )
    return path
