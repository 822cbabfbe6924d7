"""Problems of a manifest in a designer's words."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ar_effects.errors import PackError
from ar_effects.packs.layer_kinds import LAYERS, ByKind
from ar_effects.packs.tables import FILE, HEX, NAME, NUMBER_REFERENCE, PARAMETER, TAG
from ar_effects.packs.trigger_kinds import MARK, TRIGGERS

FORMAT = 2

_EXAMPLES = {
    "format": f"format = {FORMAT}",
    "title": 'title = "My effect"',
    "layers": 'a table [[layers]] with its kind, such as kind = "sprite"',
}

Location = tuple[int | str, ...]


def describe(path: Path, error: ErrorDetails, table: dict[str, Any], root: type[BaseModel]) -> PackError:
    """One problem of pydantic's, with the key as a designer would write it."""
    model, location = table_at(root, error["loc"])
    key = key_of(location)
    message, got = expectation(error), shortened(repr(error["input"]))
    if error["type"] == "missing":
        example = _EXAMPLES.get(key, key)
        return PackError(f"{path} lacks the key {key}", fix=f"Add {example}")
    if error["type"] == "extra_forbidden":
        home = _home_of(str(location[-1]), model, location)
        near = difflib.get_close_matches(str(location[-1]), model.model_fields, 1)
        if home:
            return PackError(f"{path} has the unknown key {key}", fix=f"Say it under {home}")
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
        fault = error.get("ctx", {}).get("error")
        if isinstance(fault, ReferenceTroubleError):
            return PackError(f"{path}, {fault.key}: {fault.fault}", fix=fault.fix)
        within, described = own_key(model, message)
        key = key_of((*location, *within))
        return PackError(
            f"{path}, {key}: {described}" if key else f"{path}, {described}", fix=f"Correct {key or 'it'}"
        )
    if error["type"] == "union_tag_not_found":
        return PackError(f"{path} lacks the key {key}.kind", fix=f"Add {key}.kind")
    if error["type"] == "union_tag_invalid":
        context = error.get("ctx", {})
        types = str(context.get("expected_tags", "")).replace("'", "")
        got = shortened(str(context.get("tag", "nothing")))
        near = difflib.get_close_matches(got, types.split(", "), 1)
        fix = f"Did you mean {near[0]!r}?" if near else "Correct kind, or install the plug-in that adds it"
        if left_out := LAYERS.problem(got):
            fix = str(left_out)
        return PackError(f"{path}, {key}.kind is unknown", expected=f"one of {types}", got=repr(got), fix=fix)
    options = re.findall(r"'([^']*)'", message) if error["type"] in ("literal_error", "several") else []
    near = difflib.get_close_matches(str(error["input"]), options, 1)
    fix = f"Did you mean {near[0]!r}?" if near else f"Correct {key}"
    if options and location[-1:] == ("when",) and (left_out := TRIGGERS.problem(str(error["input"]))):
        fix = str(left_out)
    return PackError(f"{path}, {key}: expected {message}", got=got, fix=fix)


def _home_of(name: str, model: type[BaseModel], location: Location) -> str:
    """The table inside of this one that has such a key, as a designer would write it; empty without one."""
    place = ".".join(str(part) for part in location[:-1] if not isinstance(part, int))
    for field, info in model.model_fields.items():
        inner = _models(info.annotation)
        if len(inner) != 1 or name not in inner[0].model_fields:
            continue
        table = f"{place}.{field}" if place else field
        types = {get_origin(part) for part in (info.annotation, *get_args(info.annotation))}
        if list in types:
            return f"[[{table}]]"
        return f"[{table}.NAME]" if dict in types else f"[{table}]"
    return ""


class ReferenceTroubleError(ValueError):
    """A reference from one table of a manifest to another that leads nowhere.

    Attributes:
        key: where it stands.
        fault: what is wrong.
        fix: what to do.
    """

    def __init__(self, key: str, fault: str, fix: str) -> None:
        super().__init__(f"{key}: {fault}")
        self.key, self.fault, self.fix = key, fault, fix


def own_key(model: type[BaseModel], message: str) -> tuple[Location, str]:
    """A table's own check may name the key inside of it first, "key: trouble": the key, and the trouble."""
    match = re.match(r"(\w+)((?:\.\w+|\[\d+\])*): (.+)", message, re.DOTALL)
    if match is None or match[1] not in model.model_fields:
        return (), message
    inner = re.findall(r"\w+", match[2])
    return (match[1], *(int(part) if part.isdigit() else part for part in inner)), match[3]


def problems_of(error: ValidationError, root: type[BaseModel]) -> list[tuple[Location, ErrorDetails]]:
    """One problem for each place, with its location as a designer would write it.

    A value that may be of several kinds (a number or a reference) is refused by each. Where it is of the type
    of one of them (a number out of range) that one speaks; otherwise all are named.
    """
    found: dict[Location, list[ErrorDetails]] = {}
    for problem in error.errors():
        model, location = table_at(root, problem["loc"])
        if problem["type"] == "union_tag_invalid":
            location = (*location, "kind")
        elif problem["type"] == "value_error" and not isinstance(
            problem.get("ctx", {}).get("error"), ReferenceTroubleError
        ):
            location = (*location, *own_key(model, expectation(problem))[0])
        found.setdefault(location, []).append(problem)
    return [(location, _together(problems)) for location, problems in found.items()]


def _together(problems: list[ErrorDetails]) -> ErrorDetails:
    first = problems[0]
    if len(problems) == 1:
        return first
    fitting = [p for p in problems if not p["type"].endswith("_type")]
    if fitting and not isinstance(first["input"], str):
        return fitting[0]
    described = [
        'a parameter such as "$name"' if p["type"] == "string_type" else expectation(p) for p in problems
    ]
    words = ", or ".join(dict.fromkeys(described))
    return cast("ErrorDetails", {**first, "type": "several", "msg": words})


_PATTERNS = {
    HEX: 'a colour such as "#ff8800" or "#ff8800cc"',
    NAME: "a name of small letters, digits and _, beginning with a letter",
    TAG: "one word of letters, digits, _ or -, without the #",
    FILE: "the name of a file in the pack's folder",
    PARAMETER: 'a parameter such as "$name"',
    NUMBER_REFERENCE: 'a number, a parameter such as "$size", or what the face does such as "@smile"',
}


_TYPES = {
    "string_type": "text (a string, in quotes)",
    "float_type": "a number, without quotes",
    "int_type": "a whole number, without quotes",
    "int_from_float": "a whole number",
    "bool_type": "true or false, without quotes",
    "list_type": "a list, in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
}


def expectation(error: ErrorDetails) -> str:
    """What should have stood there, as what follows "expected"; the whole sentence of our own checks."""
    kind, message = error["type"], error["msg"]
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return _PATTERNS.get(str(pattern), str(pattern))
    if kind in _TYPES:
        return _TYPES[kind]
    for library, ours in (
        ("Value error, ", ""),
        ("Input should be ", ""),
        ("less than or equal to", "at most"),
        ("greater than or equal to", "at least"),
        ("List should have", "a list of"),
        ("Dictionary should have", "a table of"),
        ("String should have", "text of"),
        (" after validation, not", ", not"),
    ):
        message = message.replace(library, ours)
    return message


def key_of(location: tuple[int | str, ...]) -> str:
    """("layers", 2, "file") -> "layers[2].file"."""
    key = ""
    for part in location:
        name = shortened(str(part))
        key += f"[{part}]" if isinstance(part, int) else f".{name}" if key else name
    return key


def shortened(text: str) -> str:
    """At most 60 characters of it: what somebody pasted by mistake must not fill the screen."""
    return text if len(text) <= 60 else f"{text[:57]}..."


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
        if part.startswith(MARK):
            model, annotation = TRIGGERS.find(part.removeprefix(MARK)) or model, None
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
    if any(isinstance(part, ByKind) for part in get_args(annotation)):
        return list(ByKind().tables())
    return [model for part in get_args(annotation) for model in _models(part)]


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    values = get_args(field.annotation) if field else ()
    return str(values[0]) if values else None
