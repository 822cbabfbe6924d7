"""Problems of a manifest in a designer's words."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ar_effects.errors import PackError
from ar_effects.messages import Message, Text, sentence
from ar_effects.packs.formats import FORMAT, as_written
from ar_effects.packs.layer_kinds import LAYERS, ByKind
from ar_effects.packs.tables import FILE, HEX, NAME, NUMBER_REFERENCE, PARAMETER, TAG
from ar_effects.packs.toml_lines import location_of
from ar_effects.packs.trigger_kinds import MARK, TRIGGERS
from ar_effects.table_error import TableError

_EXAMPLES: dict[str, Text] = {
    "format": f"format = {FORMAT}",
    "title": 'title = "My effect"',
    "layers": Message("manifest.example-layers"),
}

Location = tuple[int | str, ...]


def describe(path: Path, error: ErrorDetails, table: dict[str, Any], root: type[BaseModel]) -> PackError:
    """One problem of pydantic's, with the key as a designer would write it.

    Args:
        path: of the manifest.
        error: what is wrong with ``as_newest(table)``.
        table: the manifest as it was read.
        root: what it was checked by.
    """
    model, location = table_at(root, error["loc"])
    key, got = key_of(as_written(location, table)), shortened(repr(error["input"]))
    if error["type"] == "missing":
        missing = Message("manifest.key-missing", example=_EXAMPLES.get(key, key))
        return PackError(missing, file=path, key=key)
    if error["type"] == "extra_forbidden":
        name = str(location[-1])
        home = _home_of(name, model, location)
        if home:
            return PackError(Message("manifest.key-elsewhere", home=home), file=path, key=key)
        return PackError(Message("manifest.key-unknown", hint=_near_key(name, model)), file=path, key=key)
    if key == "format":
        other = Message("manifest.other-format", format=FORMAT)
        return PackError(other, file=path, key=key, got=repr(table.get("format")))
    own = own_check(error)
    if isinstance(own, ReferenceTroubleError):
        return PackError(Message("pack.at-key", problem=own.message), file=path, key=own.key)
    if own is not None:
        key = key_of(as_written((*location, *location_of(own.key)), table))
        failed = "manifest.own-check" if key else "manifest.own-check-of-all"
        return PackError(Message(failed, problem=own.message), file=path, key=key)
    if error["type"] == "value_error":  # a check of a plug-in's table, in its own words
        described = Message(
            "manifest.own-check" if key else "manifest.own-check-of-all", problem=_raised(error)
        )
        return PackError(described, file=path, key=key)
    if error["type"] == "union_tag_not_found":
        return PackError(Message("manifest.kind-missing"), file=path, key=key)
    if error["type"] == "union_tag_invalid":
        return _unknown_kind(path, error, kinds_of(model, location), key)
    options = options_of(model, location) if error["type"] in ("literal_error", "several") else []
    near = difflib.get_close_matches(str(error["input"]), options, 1)
    fix = Message("hint.did-you-mean", near=near[0]) if near else Message("hint.correct", key=key)
    if options and location[-1:] == ("when",) and (left_out := TRIGGERS.problem(str(error["input"]))):
        fix = left_out.message
    return PackError(
        Message("manifest.value-unexpected", expected=expectation(error)),
        file=path,
        key=key,
        got=got,
        fix=fix,
    )


def _unknown_kind(path: Path, error: ErrorDetails, known: list[str], key: str) -> PackError:
    got = shortened(str(error.get("ctx", {}).get("tag", "nothing")))
    near = difflib.get_close_matches(got, known, 1)
    fix = Message("hint.did-you-mean", near=near[0]) if near else Message("hint.correct-kind")
    if left_out := LAYERS.problem(got):
        fix = left_out.message
    return PackError(
        Message("manifest.kind-unknown", types=", ".join(known)), file=path, key=key, got=repr(got), fix=fix
    )


def _near_key(name: str, model: type[BaseModel]) -> Message:
    near = difflib.get_close_matches(name, model.model_fields, 1)
    if near:
        return Message("hint.did-you-mean", near=near[0])
    return Message("hint.keys-are", keys=", ".join(model.model_fields))


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
        message: what is wrong.
    """

    def __init__(self, key: str, message: Message) -> None:
        super().__init__(f"{key}: {message}")
        self.key, self.message = key, message


def own_check(error: ErrorDetails) -> ReferenceTroubleError | TableError | None:
    """Which check of ours refused, where it was none of pydantic's."""
    raised = _raised(error)
    return raised if isinstance(raised, ReferenceTroubleError | TableError) else None


def _raised(error: ErrorDetails) -> object:
    return error.get("ctx", {}).get("error")


def problems_of(error: ValidationError, root: type[BaseModel]) -> list[tuple[Location, ErrorDetails]]:
    """One problem for each place, with its location as a designer would write it.

    A value that may be of several kinds (a number or a reference) is refused by each. Where it is of the type
    of one of them (a number out of range) that one speaks; otherwise all are named.
    """
    found: dict[Location, list[ErrorDetails]] = {}
    for problem in error.errors():
        _, location = table_at(root, problem["loc"])
        if problem["type"] == "union_tag_invalid":
            location = (*location, "kind")
        elif isinstance(own := own_check(problem), TableError):
            location = (*location, *location_of(own.key))
        found.setdefault(location, []).append(problem)
    return [(location, _together(problems)) for location, problems in found.items()]


def _together(problems: list[ErrorDetails]) -> ErrorDetails:
    first = problems[0]
    if len(problems) == 1:
        return first
    fitting = [p for p in problems if not p["type"].endswith("_type")]
    if fitting and not isinstance(first["input"], str):
        return fitting[0]
    expected = [
        Message("expected.parameter") if p["type"] == "string_type" else expectation(p) for p in problems
    ]
    return cast("ErrorDetails", {**first, "type": "several", "ctx": {"expected": expected}})


_PATTERNS = {
    HEX: Message("expected.colour"),
    NAME: Message("expected.name"),
    TAG: Message("expected.tag"),
    FILE: Message("expected.file"),
    PARAMETER: Message("expected.parameter"),
    NUMBER_REFERENCE: Message("expected.number-or-reference"),
}


_TYPES = {
    "string_type": Message("expected.text"),
    "float_type": Message("expected.number"),
    "int_type": Message("expected.whole-number"),
    "int_from_float": Message("expected.whole-number-unquoted"),
    "bool_type": Message("expected.flag"),
    "list_type": Message("expected.list"),
    "dict_type": Message("expected.table"),
    "model_type": Message("expected.table"),
    "model_attributes_type": Message("expected.table"),
    "finite_number": Message("expected.finite-number"),
    "tuple_type": Message("expected.tuple"),
}

_BOUNDS = {
    "greater_than": ("expected.greater-than", "gt"),
    "greater_than_equal": ("expected.at-least", "ge"),
    "less_than": ("expected.less-than", "lt"),
    "less_than_equal": ("expected.at-most", "le"),
}
"""The message, and how pydantic calls the bound."""

_LENGTHS = {
    ("too_short", "List"): ("expected.list-of-at-least", "min_length"),
    ("too_long", "List"): ("expected.list-of-at-most", "max_length"),
    ("too_short", "Tuple"): ("expected.tuple-of-at-least", "min_length"),
    ("too_long", "Tuple"): ("expected.tuple-of-at-most", "max_length"),
    ("too_short", "Dictionary"): ("expected.table-of-at-least", "min_length"),
    ("too_long", "Dictionary"): ("expected.table-of-at-most", "max_length"),
    ("string_too_short", ""): ("expected.text-of-at-least", "min_length"),
    ("string_too_long", ""): ("expected.text-of-at-most", "max_length"),
}


def expectation(error: ErrorDetails) -> Text:
    """What should have stood there, as what follows "expected"; pydantic's words for what we ask nowhere."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "several":
        return sentence("list.or-else").join(dict.fromkeys(map(str, context["expected"])))
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(context["pattern"]), str(context["pattern"]))
    if kind in _TYPES:
        return _TYPES[kind]
    if kind in _BOUNDS:
        message, name = _BOUNDS[kind]
        return Message(message, bound=_plain(context[name]))
    if kind == "literal_error":
        return str(context["expected"])
    length = _LENGTHS.get((kind, str(context.get("field_type", ""))))
    if length is not None:
        count = int(context[length[1]])
        actual = context.get("actual_length")  # None where counting stopped at the limit
        return Message(
            f"{length[0]}-{'one' if count == 1 else 'many'}",
            count=count,
            actual=Message("expected.more") if actual is None else actual,
        )
    return error["msg"]


def _plain(bound: float) -> str:
    """A number without what a designer would not write: 3600, not 3600.0."""
    return str(int(bound)) if bound == int(bound) else repr(bound)


def options_of(model: type[BaseModel], location: Location) -> list[str]:
    """The words that a key of a table takes, where it takes none but some."""
    words = _literals(_annotation(model, location))
    return [*words, *TRIGGERS] if words and location[-1:] == ("when",) else words


def kinds_of(model: type[BaseModel], location: Location) -> list[str]:
    """What the key ``kind`` may say in the tables of that place."""
    return [tag for tag in map(_tag, _models(_annotation(model, location))) if tag]


def _annotation(model: type[BaseModel], location: Location) -> Any:
    names = [part for part in location if isinstance(part, str) and part in model.model_fields]
    return model.model_fields[names[-1]].annotation if names else None


def _literals(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    return [word for part in get_args(annotation) for word in _literals(part)]


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
