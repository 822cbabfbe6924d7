"""What ``effect.toml`` holds: the pack format, version 2. docs/effect-packs.md explains it to designers."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from ar_effects.errors import PackError
from ar_effects.messages import Message
from ar_effects.packs.covers import cover_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.formats import as_newest
from ar_effects.packs.layer import OnLost
from ar_effects.packs.layer_kinds import AnyLayer
from ar_effects.packs.parameters import AnyParameter
from ar_effects.packs.problems import ReferenceTroubleError, describe, problems_of
from ar_effects.packs.references import reference_problems
from ar_effects.packs.tables import TAG, FileName, Name, Table
from ar_effects.packs.trigger_kinds import AnyTrigger

MAX_MANIFEST_BYTES = 1 << 20

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)$")


class Manifest(Table):
    """What ``effect.toml`` holds."""

    format: Literal[2] = Field(description="version of the pack format")
    id: Name | None = Field(default=None, description="unlike any other pack's; the folder's name without it")
    title: Annotated[str, Field(min_length=1, max_length=80)]
    author: Annotated[str, Field(max_length=200)] = ""
    licence: Annotated[str, Field(max_length=200)] = ""
    version: Annotated[str, Field(max_length=40)] = "1.0"
    description: Annotated[str, Field(max_length=1000)] = ""
    tags: Annotated[
        list[Annotated[str, Field(pattern=TAG)]],
        Field(max_length=30, description="hashtags, without the #"),
    ] = Field(default_factory=list)
    preview: FileName | None = Field(default=None, description="a picture of the effect")
    on_lost: OnLost = Field(default="fade", description="what becomes of it when the face is not seen")
    parameters: Annotated[dict[Name, AnyParameter], Field(max_length=64)] = Field(default_factory=dict)
    layers: Annotated[list[AnyLayer], Field(min_length=1, max_length=64)]
    triggers: Annotated[list[AnyTrigger], Field(max_length=64)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _tables_fit(self) -> Self:
        """Every reference and every id a trigger names is there; covers cover."""
        layers, triggers = list(enumerate(self.layers)), list(enumerate(self.triggers))
        types = {name: parameter.kind for name, parameter in self.parameters.items()}
        ids = [(i, layer.id) for i, layer in layers if layer.id]
        for key, problem in (
            *reference_problems(types, ids, layers, triggers),
            *cover_problems(self.on_lost, layers, triggers),
        ):
            raise ReferenceTroubleError(key, problem)
        return self


def json_schema() -> str:
    """The JSON Schema of manifests, by which editors complete and check them."""
    schema = Manifest.model_json_schema()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps({"$schema": dialect, **schema, "title": "AR Effects pack"}, indent=1) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Parse and check one ``effect.toml``, of an older format, too. Raises PackError: its first problem."""
    table = read_toml(path)
    try:
        return Manifest.model_validate(as_newest(table))
    except ValidationError as error:
        raise describe(path, problems_of(error, Manifest)[0][1], table, Manifest) from None


def _near_folder(folder: Path) -> Message:
    beside = [p.name for p in folder.parent.glob("*/") if p.is_dir()] if folder.parent.is_dir() else []
    near = difflib.get_close_matches(folder.name, beside, 1)
    if near:
        return Message("hint.did-you-mean-folder", folder=folder.parent / near[0])
    return Message("hint.check-the-name")


def _line_of(error: tomllib.TOMLDecodeError) -> int:
    """The line that is wrong, 0 where none is told: before Python 3.14 the library's text alone has it."""
    line = getattr(error, "lineno", None)
    found = None if line else _AT_LINE.search(str(error))
    return int(line or (found[1] if found else 0))


def read_toml(path: Path) -> dict[str, Any]:
    """Parse ``effect.toml``. Raises PackError."""
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise PackError(Message("manifest.too-large"), file=path)
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if not path.parent.exists():
            missing = Message("pack.folder-missing", folder=path.parent)
            raise PackError(missing, file=path, fix=_near_folder(path.parent)) from None
        none = Message("pack.not-a-pack", folder=path.parent, manifest=MANIFEST)
        raise PackError(none, file=path) from None
    except OSError as error:
        raise PackError(
            Message("pack.file-unreadable"), file=path, got=error.strerror or str(error)
        ) from error
    except UnicodeDecodeError as error:
        raise PackError(Message("pack.not-utf8", byte=error.start), file=path) from error
    except tomllib.TOMLDecodeError as error:
        raise PackError(
            Message("manifest.not-toml"), file=path, line=_line_of(error), got=str(error)
        ) from error
    except RecursionError:
        raise PackError(Message("manifest.too-deep"), file=path) from None
