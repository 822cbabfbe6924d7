"""Older pack formats: read as the newest, and rewritten in place by ``packs upgrade``.

A format is a number, ``format`` in ``effect.toml``. Manifests of older ones are brought to the newest before
they are checked, so that one set of tables serves all; what is then said of a key names it as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ar_effects.packs.toml_lines import Location, TomlLines

FORMAT = 2
"""The newest pack format."""

OLDEST = 1


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a manifest that was rewritten.

    Attributes:
        line: from 1.
        before, now: what stands there, without the spaces around it.
    """

    line: int
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A key of layers that an older format calls otherwise.

    Attributes:
        before: as older formats call it.
        now: as the newest does.
        values: of the key, those that are called otherwise.
    """

    before: str
    now: str
    values: tuple[tuple[str, str], ...] = ()


SINCE_2 = {
    "model": (
        Renamed("unit_mm", "mm_per_unit"),
        Renamed("bends", "deforms_with_face"),
        Renamed("fit", "fit", (("true", "metric"),)),
    )
}
"""By kind of layer: what format 2 calls otherwise than format 1."""


def is_older(table: dict[str, Any]) -> bool:
    """Whether a manifest is of an older format that can be read."""
    found = table.get("format")
    return isinstance(found, int) and not isinstance(found, bool) and OLDEST <= found < FORMAT


def as_newest(table: dict[str, Any]) -> dict[str, Any]:
    """The manifest's table in the newest format; itself where it is of that, or of none that is known.

    What is wrong in it stays wrong, to be told by whoever checks it.
    """
    if not is_older(table):
        return table
    newest = {**table, "format": FORMAT}
    layers = table.get("layers")
    if isinstance(layers, list):
        newest["layers"] = [_layer(layer) if isinstance(layer, dict) else layer for layer in layers]
    return newest


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    changed = dict(layer)
    for rename in _renamed(layer):
        if rename.before not in layer or (rename.before != rename.now and rename.now in layer):
            continue  # a key that is there twice, in old and new words, is told as unknown
        value = layer[rename.before]
        value = dict(rename.values).get(value, value) if isinstance(value, str) else value
        changed = {rename.now if k == rename.before else k: v for k, v in changed.items()}
        changed[rename.now] = value
    return changed


def _renamed(layer: dict[str, Any]) -> tuple[Renamed, ...]:
    kind = layer.get("kind")
    return SINCE_2.get(kind, ()) if isinstance(kind, str) else ()


def as_written(location: Location, table: dict[str, Any]) -> Location:
    """Where a key of the newest format stands in a manifest as it is written.

    Args:
        location: in ``as_newest(table)``, such as ("layers", 0, "mm_per_unit").
        table: as it was read.
    """
    if not is_older(table) or len(location) < 3 or location[0] != "layers":
        return location
    layers, i = table.get("layers"), location[1]
    if not isinstance(layers, list) or not isinstance(i, int) or i >= len(layers):
        return location
    layer = layers[i]
    for rename in _renamed(layer) if isinstance(layer, dict) else ():
        if location[2] == rename.now and rename.now not in layer:
            return (*location[:2], rename.before, *location[3:])
    return location


def upgraded(text: str, table: dict[str, Any]) -> tuple[str, list[Change]]:
    """A manifest's text in the newest format, and what was changed, in no order.

    Comments, order and spaces stay. Keys are looked for as people write them, in inline tables, too: whoever
    calls this makes sure that the text holds ``as_newest(table)``.

    Args:
        text: of ``effect.toml``.
        table: what it holds; of the newest format nothing is changed.
    """
    if not is_older(table):
        return text, []
    lines, places = text.split("\n"), TomlLines(text)
    changes = []
    for location, before, now in _edits(table):
        line = places.line_of(location) - 1
        pattern = re.compile(before)
        while line < len(lines) and not pattern.search(lines[line]):
            line += 1
        if line == len(lines):  # a spelling that TOML allows and we do not look for, such as an escaped key
            continue
        was, lines[line] = lines[line], pattern.sub(now, lines[line], count=1)
        changes.append(Change(line + 1, was.strip(), lines[line].strip()))
    return "\n".join(lines), changes


def _edits(table: dict[str, Any]) -> Iterator[tuple[Location, str, str]]:
    """(where, pattern of what stands there, template of what is to), in the order of the manifest."""
    yield ("format",), rf"(format[\"']?\s*=\s*){table['format']}\b", rf"\g<1>{FORMAT}"
    layers = table.get("layers")
    for i, layer in enumerate(layers if isinstance(layers, list) else ()):
        for rename in _renamed(layer) if isinstance(layer, dict) else ():
            if rename.before not in layer:
                continue
            here: Location = ("layers", i, rename.before)
            if rename.before != rename.now:
                yield here, rf"(?<![\w-]){re.escape(rename.before)}(?=[\"']?\s*=)", rename.now
            for old, new in rename.values:
                if layer[rename.before] == old:
                    key = rf"(?<![\w-]){re.escape(rename.before)}[\"']?\s*=\s*[\"']"
                    yield here, rf"({key}){re.escape(old)}", rf"\g<1>{new}"
