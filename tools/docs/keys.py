"""``python -m tools.docs.keys``: the tables of keys in docs/effect-packs.md, from the models of packs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ar_effects.packs.manifest import json_schema
from ar_effects.packs.values import SIGNALS
from ar_effects.paths import ROOT
from tools.docs.marked_sections import write_between

TARGET = ROOT / "docs" / "effect-packs.md"
BEGIN, END = "<!-- keys: python -m tools.docs.keys -->\n", "<!-- end of keys -->\n"

COMMON = ("id", "show", "opacity", "blend", "behind")
"""Of every layer: told once."""

PATTERNS = (
    ("^#(", '"#rrggbb"'),
    (r"^(\$", '"$number", "@signal"'),
    (r"^\$", '"$parameter"'),
    ("^[a-z]", "name"),
    (r"^[\w-]", "word"),
    ("^[^$]", "file"),
)


def sections() -> str:
    """Everything between the marks."""
    schema = json.loads(json_schema())
    tables: dict[str, Any] = schema["$defs"]
    kinds = schema["properties"]["layers"]["items"]["discriminator"]["mapping"]
    parameters = _by_name(schema["properties"]["parameters"])["discriminator"]["mapping"]
    layers = {kind: tables[_name(reference)] for kind, reference in kinds.items()}
    parts = ["### The manifest\n", _table(schema, tables)]
    parts += ["### `[parameters.NAME]`\n"]
    for kind, reference in parameters.items():
        table = tables[_name(reference)]
        parts.append(f'**`kind = "{kind}"`**: {_sentence(table)}\n\n{_table(table, tables, ("kind",))}')
    parts.append("### `[[layers]]`\n")
    first = next(iter(layers.values()))
    common = {"properties": {k: first["properties"][k] for k in COMMON}, "required": []}
    parts.append(f"Keys of every layer, besides `kind`:\n\n{_table(common, tables)}")
    for kind in sorted(layers):
        table = layers[kind]
        more = ROOT / "docs" / "layers" / f"{kind}.md"
        link = f" More: [{kind}](layers/{kind}.md)." if more.is_file() else ""
        parts.append(f'#### `kind = "{kind}"`\n\n{_sentence(table)}{link}\n')
        parts.append(_table(table, tables, ("kind", *COMMON)))
        for name, inner in _inner(table, tables):
            parts.append(f"`{name}`: {_sentence(inner)}\n\n{_table(inner, tables)}")
    parts += ["### `[[triggers]]`\n", f"{_sentence(tables['Trigger'])}\n", _table(tables["Trigger"], tables)]
    signals = ", ".join(f"`@{signal}`" for signal in SIGNALS)
    parts.append(f"### What faces tell\n\n{signals}: numbers from 0 to 1, gaze from -1 to 1.\n")
    return "\n".join(parts)


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[1]


def _sentence(table: dict[str, Any]) -> str:
    return " ".join(str(table.get("description", "")).replace("``", "`").split())


def _table(table: dict[str, Any], tables: dict[str, Any], without: tuple[str, ...] = ()) -> str:
    rows = ["| key | value | default | |", "|---|---|---|---|"]
    for key, field in table["properties"].items():
        if key in without:
            continue
        needed = key in table.get("required", ())
        default = "**needed**" if needed else _default(field)
        what = _sentence(field) or _sentence(_part(field))
        rows.append(f"| `{key}` | {_values(field, tables)} | {default} | {what.replace('|', '/')} |")
    return "\n".join(rows) + "\n"


def _part(field: dict[str, Any]) -> dict[str, Any]:
    """The first of several ways that is explained."""
    return next((p for p in field.get("anyOf", ()) if "description" in p and "pattern" not in p), {})


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    return "" if value in (None, "", [], {}) else f"`{json.dumps(value)}`"


def _values(field: dict[str, Any], tables: dict[str, Any]) -> str:
    """What may stand there, in few words."""
    if "$ref" in field:
        return f"table of `{_short(field['$ref'])}`"
    if "discriminator" in field:
        return "a table, by its `kind`"
    if "anyOf" in field:
        words = [_values(p, tables) for p in field["anyOf"] if p.get("type") != "null"]
        return ", ".join(dict.fromkeys(words))
    if "enum" in field:
        return ", ".join(f'"{v}"' for v in field["enum"])
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    kind = field.get("type")
    if kind == "array":
        inner = _values(field["items"], tables) if "items" in field else "anything"
        least, most = field.get("minItems"), field.get("maxItems")
        return f"{least} x ({inner})" if least is not None and least == most else f"list of {inner}"
    if kind == "object":
        return f"by name: {_values(_by_name(field), tables)}"
    if kind == "string":
        pattern = str(field.get("pattern", ""))
        return next((words for begin, words in PATTERNS if pattern.startswith(begin)), "text")
    if kind in ("number", "integer"):
        return _range(field, "number" if kind == "number" else "whole number")
    return "true, false" if kind == "boolean" else str(kind)


def _by_name(field: dict[str, Any]) -> dict[str, Any]:
    """What stands behind every name of a table of the designer's own names."""
    found = [*field.get("patternProperties", {}).values(), field.get("additionalProperties")]
    return next(inner for inner in found if isinstance(inner, dict))


def _range(field: dict[str, Any], word: str) -> str:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    if low is None and high is None:
        return word
    above = "above " if "exclusiveMinimum" in field else ""
    below = "below " if "exclusiveMaximum" in field else ""
    if high is None:
        return f"{word} from {above}{low:g}"
    return f"{word} {above}{low:g} to {below}{high:g}"


def _short(reference: str) -> str:
    return re.sub(r"Table$", "", _name(reference)).lower()


def _inner(table: dict[str, Any], tables: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tables inside of a layer's, each once."""
    text = json.dumps(table)
    for name in dict.fromkeys(re.findall(r'"#/\$defs/(\w+)"', text)):
        if "properties" in tables[name]:
            yield _short(f"/{name}"), tables[name]


def main(target: Path = TARGET) -> None:
    """Write them between the marks."""
    write_between(target, BEGIN, END, f"\n{sections()}\n")


if __name__ == "__main__":
    main()
