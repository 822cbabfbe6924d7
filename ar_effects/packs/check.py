"""Every problem of a pack at once, with its file and line: what ``packs check`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ar_effects.errors import PackError
from ar_effects.messages import Message, sentence
from ar_effects.packs.covers import cover_problems
from ar_effects.packs.files import MANIFEST, PackFiles
from ar_effects.packs.formats import FORMAT, as_newest, as_written, is_older
from ar_effects.packs.layer_kinds import AnyLayer
from ar_effects.packs.limits import advice
from ar_effects.packs.manifest import Manifest, read_toml
from ar_effects.packs.pack import load_layer
from ar_effects.packs.parameters import AnyParameter
from ar_effects.packs.problems import describe, problems_of
from ar_effects.packs.references import reference_problems
from ar_effects.packs.toml_lines import Location, TomlLines, location_of
from ar_effects.packs.trigger_kinds import AnyTrigger
from ar_effects.paths import COMMAND

_LAYER: TypeAdapter[Any] = TypeAdapter(AnyLayer)
_TRIGGER: TypeAdapter[Any] = TypeAdapter(AnyTrigger)
_PARAMETER: TypeAdapter[Any] = TypeAdapter(AnyParameter)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a pack.

    Attributes:
        error: what is wrong and what to do.
        file: where; the manifest, or a file that it names.
        line: in the manifest; 0 where there is none.
        serious: the pack cannot be worn; otherwise it only could be better.
    """

    error: PackError
    file: Path
    line: int = 0
    serious: bool = True

    def beside(self, folder: Path) -> str:
        """The same with the file as it is called from a folder above it."""
        file = self.file.relative_to(folder) if self.file.is_relative_to(folder) else self.file
        return self._line(file)

    def __str__(self) -> str:
        return self._line(self.file)

    def _line(self, file: Path) -> str:
        return sentence(
            "problem.error" if self.serious else "problem.advice",
            place=f"{file}:{self.line}" if self.line else file,
            problem=self.error.one_line_beside(self.file),
        )


def find_problems(folder: Path) -> list[Problem]:
    """All problems of the pack in a folder, the manifest's in the order of its lines."""
    path = folder / MANIFEST
    try:
        table = read_toml(path)
        lines = TomlLines(path.read_text(encoding="utf-8-sig"))
    except PackError as error:
        return [Problem(error, path, error.line)]
    found = list(_in_manifest(path, table, lines))
    if not found:
        advised = list(advice(folder))
        if is_older(table):
            older = Message("advice.older-format", format=FORMAT, command=COMMAND, folder=folder)
            advised.append(PackError(older, file=path, key="format"))
        found = [replace(_located(e, path, lines, None), serious=False) for e in advised]
    return sorted(found, key=lambda p: (not p.serious, p.line))


def _in_manifest(path: Path, table: dict[str, Any], lines: TomlLines) -> Iterator[Problem]:
    """Of its tables, of the references between those that are right, and of the files that these name."""
    written, table = table, as_newest(table)
    try:
        Manifest.model_validate(table)
    except ValidationError as error:
        for location, details in problems_of(error, Manifest):
            if location:  # references are told below, all of them
                line = lines.line_of(as_written(location, written))
                yield Problem(describe(path, details, written, Manifest), path, line)
    layers, triggers = _right(table, "layers", _LAYER), _right(table, "triggers", _TRIGGER)
    parameters = table.get("parameters")
    types = {
        str(name): str(entry["kind"]) if _is_right(entry, _PARAMETER) else None
        for name, entry in (parameters if isinstance(parameters, dict) else {}).items()
    }
    ids = [
        (i, entry["id"])
        for i, entry in enumerate(_entries(table, "layers"))
        if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    ]
    covers = cover_problems(table.get("on_lost"), layers, triggers)
    for key, problem in (*reference_problems(types, ids, layers, triggers), *covers):
        error_there = PackError(Message("pack.at-key", problem=problem), file=path, key=key)
        yield Problem(error_there, path, lines.line_of(location_of(key)))
    yield from _in_files(path, table, layers, lines)


def _entries(table: dict[str, Any], key: str) -> list[Any]:
    entries = table.get(key)
    return entries if isinstance(entries, list) else []


def _right(table: dict[str, Any], key: str, kind: TypeAdapter[Any]) -> list[tuple[int, Any]]:
    """Index and table of those that are right in themselves."""
    found = []
    for i, entry in enumerate(_entries(table, key)):
        with suppress(ValidationError):
            found.append((i, kind.validate_python(entry)))
    return found


def _is_right(entry: Any, kind: TypeAdapter[Any]) -> bool:
    try:
        kind.validate_python(entry)
    except ValidationError:
        return False
    return True


def _in_files(
    path: Path, table: dict[str, Any], layers: list[tuple[int, Any]], lines: TomlLines
) -> Iterator[Problem]:
    """Load every layer that is right in itself, and the pictures."""
    files = PackFiles(path.parent)
    for i, layer in layers:
        try:
            load_layer(layer, files.at(f"layers[{i}]"))
        except PackError as error:
            yield _located(error, path, lines, ("layers", i))
    parameters = table.get("parameters")
    for name, entry in (parameters if isinstance(parameters, dict) else {}).items():
        if (
            isinstance(entry, dict)
            and entry.get("kind") == "picture"
            and isinstance(entry.get("default"), str)
        ):
            try:
                files.picture(entry["default"], f"parameters.{name}.default")
            except PackError as error:
                yield _located(error, path, lines, ("parameters", str(name), "default"))
    preview = table.get("preview")
    if isinstance(preview, str):
        try:
            # it is not kept while the pack is worn, and has no share of the budget
            PackFiles(path.parent).picture(preview, "preview")
        except PackError as error:
            yield _located(error, path, lines, ("preview",))


def _located(error: PackError, path: Path, lines: TomlLines, around: Location | None) -> Problem:
    """With the line of the error's key, or else of the place around it."""
    place = location_of(error.key) if error.file == path and error.key else around
    return Problem(error, path, 0 if place is None else lines.line_of(place))
