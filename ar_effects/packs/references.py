"""What the tables of a manifest say about each other: ids, parameters, and what a face tells."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel

from ar_effects.messages import Message, sentence
from ar_effects.packs.problems import shortened
from ar_effects.packs.tables import references_in
from ar_effects.packs.triggers import Trigger
from ar_effects.packs.values import SIGNALS

Trouble = tuple[str, Message]
"""A key, and what is wrong there."""


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
            yield f"layers[{i}].id", Message("reference.id-twice", name=shortened(repr(name)))
    for i, trigger in triggers:
        if trigger.layer and trigger.layer not in names:
            hint = _near(trigger.layer, names) if names else Message("hint.give-id", name=trigger.layer)
            name = shortened(repr(trigger.layer))
            yield f"triggers[{i}].layer", Message("reference.no-layer", name=name, hint=hint)
        if trigger.parameter and trigger.parameter not in parameters:
            yield f"triggers[{i}].parameter", _no_parameter(trigger.parameter, parameters)
        elif trigger.parameter:
            kind, wanted = parameters[trigger.parameter], "number" if trigger.do == "tween" else "choice"
            if kind not in (None, wanted):
                hint = _of_kind((wanted,), parameters)
                other = Message(
                    "reference.action-kind", action=trigger.do, wanted=wanted, kind=kind, hint=hint
                )
                yield f"triggers[{i}].parameter", other
    for i, layer in layers:
        for key, value, wanted_kinds in references_in(layer, f"layers[{i}]"):
            name = value[1:]
            if value.startswith("@"):
                if name not in SIGNALS:
                    known = ", ".join(f"@{s}" for s in SIGNALS)
                    near = difflib.get_close_matches(name, SIGNALS, 1)
                    hint = (
                        Message("hint.did-you-mean", near=f"@{near[0]}")
                        if near
                        else Message("hint.faces-tell", known=known)
                    )
                    yield key, Message("reference.no-signal", value=shortened(repr(value)), hint=hint)
            elif name not in parameters:
                yield key, _no_parameter(name, parameters)
            elif wanted_kinds and parameters[name] not in (None, *wanted_kinds):
                types, hint = sentence("list.or").join(wanted_kinds), _of_kind(wanted_kinds, parameters)
                yield (
                    key,
                    Message("reference.kind", types=types, value=value, kind=parameters[name], hint=hint),
                )


def _no_parameter(name: str, parameters: Mapping[str, str | None]) -> Message:
    hint = (
        _near(name, list(parameters)) if parameters else Message("hint.add-parameter", name=shortened(name))
    )
    return Message("reference.no-parameter", name=shortened(repr(name)), hint=hint)


def _of_kind(wanted: Sequence[str], parameters: Mapping[str, str | None]) -> Message:
    names = [name for name, kind in parameters.items() if kind in wanted]
    if names:
        return Message("hint.name-one-of", names=", ".join(names[:12]))
    return Message("hint.add-parameter-of-kind", kind=wanted[0])


def _near(name: str, names: Sequence[str]) -> Message:
    near = difflib.get_close_matches(name, names, 1)
    if near:
        return Message("hint.did-you-mean", near=near[0])
    return Message("hint.there-are", names=", ".join(map(shortened, names[:12])))
