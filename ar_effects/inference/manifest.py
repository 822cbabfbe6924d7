"""``models/manifest.toml``: what each network is, and a check that its file is the one we measured."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ar_effects.errors import ModelError
from ar_effects.paths import IS_INSTALLED, MODELS, RESTORE

_REINSTALL = RESTORE if IS_INSTALLED else f"{RESTORE}, or run `python -m tools.convert`"


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
        raise ModelError(f"The list of networks {path} is missing", fix=_REINSTALL) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(
            f"The list of networks {path} cannot be read", got=str(error), fix=_REINSTALL
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
            f"{folder / 'manifest.toml'}: the table [{name}] is damaged",
            got=f"{type(error).__name__} at {error}",
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


def read_network(name: str, folder: Path = MODELS) -> tuple[NetworkEntry, bytes]:
    """The entry and the checked bytes of a network.

    Raises:
        ModelError: not listed, missing, or not the file whose hash the manifest holds.
    """
    entries = read_manifest(folder)
    if name not in entries:
        raise ModelError(
            f"{folder / 'manifest.toml'} lists no network {name!r}",
            expected=f"one of {', '.join(entries)}",
            fix=_REINSTALL,
        )
    entry = entries[name]
    try:
        data = entry.path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The network file {entry.path} cannot be read", got=error.strerror or str(error), fix=_REINSTALL
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        raise ModelError(
            f"The network file {entry.path} is damaged or was changed",
            expected=f"sha256 {entry.sha256[:12]}...",
            got=f"{digest[:12]}... ({len(data)} bytes)",
            fix=_REINSTALL,
        )
    return entry, data
