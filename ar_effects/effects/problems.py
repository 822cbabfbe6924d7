"""Problems of a manifest in a designer's words."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ar_effects.errors import PackError

FORMAT = 1


def in_words(path: Path, error: ErrorDetails, table: dict[str, Any], root: type[BaseModel]) -> PackError:
    """One problem of pydantic's, with the key as a designer would write it."""
    model, location = table_at(root, error["loc"])
    key = key_of(location)
    message, got = error["msg"], repr(error["input"])
    if error["type"] == "missing":
        return PackError(f"{path} lacks the key {key}", expected=message.lower(), fix=f"Add {key}")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), model.model_fields, 1)
        fix = f"Did you mean {near[0]!r}?" if near else f"Keys are {', '.join(model.model_fields)}"
        return PackError(f"{path} has the unknown key {key}", fix=fix)
    if key == "format":
        return PackError(
            f"{path} is of another format",
            expected=f"format = {FORMAT}",
            got=repr(table.get("format")),
            fix="Update AR Effects, or ask the pack's author for a version of this format",
        )
    if error["type"] == "value_error":  # our own checks, which say it all
        said = message.removeprefix("Value error, ")
        return PackError(f"{path}, {key}: {said}" if key else f"{path}, {said}", fix=f"Correct {key or 'it'}")
    if error["type"] == "union_tag_not_found":
        return PackError(f"{path} lacks the key {key}.kind", fix=f"Add {key}.kind")
    if error["type"] == "union_tag_invalid":
        context = error.get("ctx", {})
        kinds = str(context.get("expected_tags", "")).replace("'", "")
        got = str(context.get("tag", "nothing"))
        near = difflib.get_close_matches(got, kinds.split(", "), 1)
        fix = f"Did you mean {near[0]!r}?" if near else "Correct kind"
        return PackError(f"{path}, {key}.kind is unknown", expected=f"one of {kinds}", got=repr(got), fix=fix)
    got = got if len(got) < 60 else f"{got[:57]}..."
    return PackError(f"{path}, {key}: {message}", got=got, fix=f"Correct {key}")


def key_of(location: tuple[int | str, ...]) -> str:
    """("layers", 2, "file") -> "layers[2].file"."""
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def table_at(
    root: type[BaseModel], location: tuple[int | str, ...]
) -> tuple[type[BaseModel], tuple[int | str, ...]]:
    """The table that a location of pydantic's lies in, and the location without the marks of unions."""
    model, kept = root, []
    annotation: Any = None
    for part in location:
        if annotation is not None and not isinstance(part, int):
            chosen = _by_kind(annotation, str(part))
            if chosen is not None:  # the discriminator's value, which no designer wrote there
                model, annotation = chosen, None
                continue
        kept.append(part)
        field = model.model_fields.get(str(part))
        if field is not None:
            annotation = field.annotation
            inner = _models(annotation)
            if len(inner) == 1 and not any(_tag(m) for m in inner):
                model, annotation = inner[0], None
            elif len(inner) <= 1 and not inner:
                annotation = None
        elif annotation is None:
            break  # a mark inside of a value, such as which member of a union was tried
    return model, tuple(kept)


def _by_kind(annotation: Any, kind: str) -> type[BaseModel] | None:
    return next((m for m in _models(annotation) if _tag(m) == kind), None)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    values = get_args(field.annotation) if field else ()
    return str(values[0]) if values else None
