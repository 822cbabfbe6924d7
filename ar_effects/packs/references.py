"""What the tables of a manifest say about each other: ids, parameters, and what a face tells."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel

from ar_effects.packs.problems import shortened
from ar_effects.packs.tables import references_in
from ar_effects.packs.triggers import Trigger
from ar_effects.packs.values import SIGNALS

Trouble = tuple[str, str, str]
"""A key, what is wrong there, and what to do."""


def reference_problems(
    parameters: Mapping[str, str | None],
    ids: Sequence[tuple[int, str]],
    layers: Iterable[tuple[int, BaseModel]],
    triggers: Iterable[tuple[int, Trigger]],
) -> Iterator[Trouble]:
    """Every reference that leads nowhere or to the wrong kind of thing.

    Args:
        parameters: kind of each parameter by name; None where its own table is wrong.
        ids: index and id of every layer that has one.
        layers: index and table of the layers that are right in themselves.
        triggers: the same of the triggers.
    """
    names = [name for _, name in ids]
    for k, (i, name) in enumerate(ids):
        if name in names[:k]:
            yield (
                f"layers[{i}].id",
                f"two layers are called {shortened(repr(name))}",
                "Call one of them something else",
            )
    for i, trigger in triggers:
        if trigger.layer and trigger.layer not in names:
            fix = _near(trigger.layer, names) if names else f'Give the layer id = "{trigger.layer}"'
            yield f"triggers[{i}].layer", f"no layer has the id {shortened(repr(trigger.layer))}", fix
        if trigger.parameter and trigger.parameter not in parameters:
            yield f"triggers[{i}].parameter", *_no_parameter(trigger.parameter, parameters)
        elif trigger.parameter:
            kind, wanted = parameters[trigger.parameter], "number" if trigger.do == "tween" else "choice"
            if kind not in (None, wanted):
                fault = f'do = "{trigger.do}" needs a {wanted}, not a {kind}'
                yield f"triggers[{i}].parameter", fault, _of_kind((wanted,), parameters)
    for i, layer in layers:
        for key, value, wanted_kinds in references_in(layer, f"layers[{i}]"):
            name = value[1:]
            if value.startswith("@"):
                if name not in SIGNALS:
                    known = ", ".join(f"@{s}" for s in SIGNALS)
                    near = difflib.get_close_matches(name, SIGNALS, 1)
                    fix = f"Did you mean '@{near[0]}'?" if near else f"They tell {known}"
                    yield key, f"faces do not tell {shortened(repr(value))}", fix
            elif name not in parameters:
                yield key, *_no_parameter(name, parameters)
            elif wanted_kinds and parameters[name] not in (None, *wanted_kinds):
                fault = f"a {' or '.join(wanted_kinds)} is needed, and {value} is a {parameters[name]}"
                yield key, fault, _of_kind(wanted_kinds, parameters)


def _no_parameter(name: str, parameters: Mapping[str, str | None]) -> tuple[str, str]:
    fix = _near(name, list(parameters)) if parameters else f"Add a table [parameters.{shortened(name)}]"
    return f"there is no parameter {shortened(repr(name))}", fix


def _of_kind(wanted: Sequence[str], parameters: Mapping[str, str | None]) -> str:
    names = [name for name, kind in parameters.items() if kind in wanted]
    return f"Name one of: {', '.join(names[:12])}" if names else f'Add a parameter with kind = "{wanted[0]}"'


def _near(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(map(shortened, names[:12]))}"
