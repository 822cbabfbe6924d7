"""An effect pack: a folder with ``effect.toml`` and the files it names. Data only, never code."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ar_effects.drawlist import Model
from ar_effects.effects.gltf import load_model
from ar_effects.errors import PackError

MANIFEST = "effect.toml"
FORMAT = 1
MAX_MANIFEST_BYTES = 1 << 20


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelLayer(_Table):
    """A glTF model that moves with the head."""

    kind: Literal["model"]
    file: Annotated[str, Field(min_length=1, description="a .glb or .gltf file in the pack's folder")]
    anchor: Literal["eyes"] = Field(
        default="eyes", description="where the model's origin sits: midway between the eyes"
    )
    unit_mm: Annotated[float, Field(gt=0, le=10000)] = Field(
        default=1000.0, description="millimetres of one unit of the file; glTF's own unit is the metre"
    )


class Manifest(_Table):
    """What ``effect.toml`` holds."""

    format: Literal[1] = Field(description="version of the pack format")
    title: Annotated[str, Field(min_length=1, max_length=80)]
    author: str = ""
    licence: str = ""
    version: str = "1.0"
    layers: Annotated[list[ModelLayer], Field(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A loaded pack: ``models`` stand in the order of the manifest's layers."""

    name: str
    folder: Path
    manifest: Manifest
    models: tuple[Model, ...]


def load_pack(folder: Path) -> Pack:
    """Read and check a pack and everything it names.

    Raises:
        PackError: naming the file, the key, what was expected, what stands there, and the fix.
    """
    manifest = read_manifest(folder / MANIFEST)
    models = []
    for i, layer in enumerate(manifest.layers):
        path = pack_file(folder, layer.file, f"layers[{i}].file")
        models.append(load_model(path, unit_mm=layer.unit_mm))
    return Pack(folder.name, folder, manifest, tuple(models))


def read_manifest(path: Path) -> Manifest:
    """Parse and check one ``effect.toml``. Raises PackError."""
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise PackError(
                f"{path} is too large for a manifest", expected="at most 1 MB", fix="Check the file"
            )
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackError(
            f"{path.parent} is no effect pack: it has no {MANIFEST}",
            fix=f"Write one; {MANIFEST} of the sunglasses is a short example",
        ) from None
    except OSError as error:
        raise PackError(f"{path} cannot be read", got=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise PackError(
            f"{path} is not UTF-8 text", got=f"byte {error.start}", fix="Save it as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{path} is not valid TOML", got=str(error), fix="Correct that line") from error
    except RecursionError:
        raise PackError(f"{path} nests its values too deeply", fix="Correct the brackets") from None
    try:
        return Manifest.model_validate(table)
    except ValidationError as error:
        raise _in_words(path, error.errors()[0], table) from None


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


def _in_words(path: Path, error: ErrorDetails, table: dict[str, Any]) -> PackError:
    """One problem of pydantic's, with the key as a designer would write it."""
    key = ""
    for part in error["loc"]:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    message, got = error["msg"], repr(error["input"])
    if error["type"] == "missing":
        return PackError(f"{path} lacks the key {key}", expected=message.lower(), fix=f"Add {key}")
    if error["type"] == "extra_forbidden":
        name = str(error["loc"][-1])
        model = ModelLayer if error["loc"][0] == "layers" else Manifest
        near = difflib.get_close_matches(name, model.model_fields, 1)
        fix = f"Did you mean {near[0]!r}?" if near else f"Keys are {', '.join(model.model_fields)}"
        return PackError(f"{path} has the unknown key {key}", fix=fix)
    if key == "format":
        return PackError(
            f"{path} is of another format",
            expected=f"format = {FORMAT}",
            got=repr(table.get("format")),
            fix="Update AR Effects, or ask the pack's author for a version of this format",
        )
    got = got if len(got) < 60 else f"{got[:57]}..."
    return PackError(f"{path}, {key}: {message}", got=got, fix=f"Correct {key}")
