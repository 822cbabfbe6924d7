"""``models/manifest.toml``: what each network is, and a check that its file is the one we measured.

Other packages add networks by entry points of the group ``ar_effects.networks``: each names a folder with
such a ``manifest.toml``, which has a table of the entry point's name. Their files are checked as ours are.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ar_effects.errors import ModelError
from ar_effects.messages import Message
from ar_effects.paths import IS_INSTALLED, MODELS, RESTORE
from ar_effects.plugins import Registry

_REINSTALL = RESTORE if IS_INSTALLED else Message("asset.restore-or-convert", restore=RESTORE)


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """One table of the manifest. A string in a shape is a size that is free."""

    name: str
    path: Path
    sha256: str
    inputs: dict[str, tuple[int | str, ...]]
    outputs: dict[str, tuple[int | str, ...]]
    input_range: tuple[float, float]


def read_manifest(folder: Path = MODELS) -> dict[str, NetworkEntry]:
    """Every network the manifest lists. Raises ModelError naming the file and key at fault."""
    path = folder / "manifest.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(Message("network.list-missing", path=path), fix=_REINSTALL) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(
            Message("network.list-unreadable", path=path), got=str(error), fix=_REINSTALL
        ) from error
    return {name: _entry(folder, name, table) for name, table in tables.items()}


def _entry(folder: Path, name: str, table: dict[str, Any]) -> NetworkEntry:
    try:
        low, high = table["input_range"]
        return NetworkEntry(
            name=name,
            path=folder / table["file"],
            sha256=_text(table["sha256"]),
            inputs=_shapes(table["inputs"]),
            outputs=_shapes(table["outputs"]),
            input_range=(float(low), float(high)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            Message(
                "network.table-damaged",
                path=folder / "manifest.toml",
                name=name,
                kind=type(error).__name__,
                error=error,
            ),
            fix=_REINSTALL,
        ) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r}: not a string")
    return value


def _shapes(table: dict[str, Any]) -> dict[str, tuple[int | str, ...]]:
    if not table or not all(type(size) in {int, str} for shape in table.values() for size in shape):
        raise ValueError(f"{table!r}: not shapes by name")
    return {name: tuple(shape) for name, shape in table.items()}


@lru_cache(maxsize=1)
def networks() -> Registry[Path]:
    """The folders of all networks by name, ours and those of plug-ins. Raises ModelError."""
    return Registry("networks", dict.fromkeys(read_manifest(), _own_folder), _check_folder)


def _own_folder() -> Path:
    return MODELS


def _check_folder(name: str, folder: object) -> None:
    if not isinstance(folder, Path):
        raise TypeError(Message("plugin.no-network-folder", folder=repr(folder)))
    if name not in read_manifest(folder):
        raise LookupError(Message("plugin.no-network-table", path=folder / "manifest.toml", name=name))


def read_network(name: str, folder: Path = MODELS) -> tuple[NetworkEntry, bytes]:
    """The entry and the checked bytes of a network.

    Args:
        name: as the manifest calls it.
        folder: where the manifest lies; networks of plug-ins are found beside our own only.

    Raises:
        ModelError: not listed, missing, or not the file whose hash the manifest holds.
    """
    if folder == MODELS and (found := networks().find(name)) is not None:
        folder = found
    entries = read_manifest(folder)
    if name not in entries:
        left_out = networks().problem(name) if folder == MODELS else None
        if left_out is not None:
            raise ModelError(left_out.message, fix=Message("hint.update-or-take-out"))
        raise ModelError(
            Message("network.unlisted", path=folder / "manifest.toml", name=name, known=", ".join(entries)),
            fix=_REINSTALL,
        )
    entry = entries[name]
    try:
        data = entry.path.read_bytes()
    except OSError as error:
        raise ModelError(
            Message("network.file-unreadable", path=entry.path),
            got=error.strerror or str(error),
            fix=_REINSTALL,
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        raise ModelError(
            Message(
                "network.file-altered",
                path=entry.path,
                sha256=entry.sha256[:12],
                digest=digest[:12],
                size=len(data),
            ),
            fix=_REINSTALL,
        )
    return entry, data
