"""Problems of a manifest in a designer's words."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ar_effects.effects.tables import FILE, HEX, NAME, NUMBER_REFERENCE, PARAMETER, TAG
from ar_effects.errors import PackError

FORMAT = 1

Location = tuple[int | str, ...]


def in_words(path: Path, error: ErrorDetails, table: dict[str, Any], root: type[BaseModel]) -> PackError:
    """One problem of pydantic's, with the key as a designer would write it."""
    model, location = table_at(root, error["loc"])
    key = key_of(location)
    message, got = _friendly(error), repr(error["input"])
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


def problems_of(error: ValidationError, root: type[BaseModel]) -> list[tuple[Location, ErrorDetails]]:
    """One problem for each place, with its location as a designer would write it.

    A value that may be of several kinds (a number or a reference) is refused by each: what comes closest,
    the one of the same type as the value, stands for all.
    """
    found: dict[Location, ErrorDetails] = {}
    for problem in error.errors():
        _, location = table_at(root, problem["loc"])
        if problem["type"] == "union_tag_invalid":
            location = (*location, "kind")
        before = found.get(location)
        if before is None or (_is_of_wrong_type(before) and not _is_of_wrong_type(problem)):
            found[location] = problem
    return list(found.items())


def _is_of_wrong_type(error: ErrorDetails) -> bool:
    return error["type"].endswith("_type")


_PATTERNS = {
    HEX: 'a colour such as "#ff8800" or "#ff8800cc"',
    NAME: "a name of small letters, digits and _, beginning with a letter",
    TAG: "one word of letters, digits, _ or -, without the #",
    FILE: "the name of a file in the pack's folder",
    PARAMETER: "the name of a parameter behind a $",
    NUMBER_REFERENCE: 'a number, a parameter such as "$size", or what the face does such as "@smile"',
}


def _friendly(error: ErrorDetails) -> str:
    """The library's message, without regular expressions."""
    if error["type"] == "string_pattern_mismatch":
        return f"expected {_PATTERNS.get(error['ctx']['pattern'], error['ctx']['pattern'])}"
    return error["msg"]


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
    model: type[BaseModel] = root
    kept: list[int | str] = []
    annotation: Any = None  # of the field whose inside we are in
    named = False  # the field is a dict, whose next key is a name
    for part in location:
        if isinstance(part, int):
            kept.append(part)
            continue
        if annotation is not None and named:  # a name of the designer's own
            kept.append(part)
            named, inner = False, _models(annotation)
            if len(inner) == 1 and _tag(inner[0]) is None:
                model, annotation = inner[0], None
            continue
        if annotation is not None:
            chosen = _by_kind(annotation, part)
            if chosen is not None:  # the discriminator's value, which no designer wrote there
                model, annotation = chosen, None
                continue
            if not _models(annotation):
                break  # which member of a union was tried
        kept.append(part)
        field = model.model_fields.get(part) if annotation is None else None
        if field is None:
            continue
        annotation = field.annotation
        named = get_origin(annotation) is dict
        inner = _models(annotation)
        if len(inner) == 1 and _tag(inner[0]) is None and not named:
            model, annotation = inner[0], None
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
