"""What a trigger may wait for: our own levels and events, and those that other packages add.

They add theirs by entry points of the group ``ar_effects.triggers``, each a subclass of `LevelTrigger` or
`EventTrigger` whose ``when`` is the entry point's name; docs/how-to-add.md has an example.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from ar_effects.messages import Message
from ar_effects.packs.triggers import Event, EventTrigger, Level, LevelTrigger, Trigger
from ar_effects.plugins import Registry

MARK = "when:"
"""Before the word of a plug-in, in the location of an error inside of its table. No key has a colon."""

_OWN = {*get_args(Level), *get_args(Event)}


def _check_table(when: str, table: object) -> None:
    if not (isinstance(table, type) and issubclass(table, LevelTrigger | EventTrigger)):
        raise TypeError(
            Message("plugin.no-subclass", thing=repr(table), bases="LevelTrigger or EventTrigger")
        )
    if get_args(table.model_fields["when"].annotation) != (when,):
        raise TypeError(Message("plugin.literal-missing", table=table.__name__, key="when", word=when))


TRIGGERS: Registry[type[Trigger]] = Registry("triggers", check=_check_table, reserved=_OWN)
"""The tables of plug-ins' triggers by what they wait for; ours are all of one table, `Trigger`."""


class ByWhen:
    """Marks where a trigger stands: its ``when`` says what to check it by."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic asks for it."""
        return core_schema.no_info_wrap_validator_function(_checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """As pydantic asks for it."""
        of_plugins = [TRIGGERS[when] for when in TRIGGERS]
        if not of_plugins:
            return handler(schema)
        tables: Any = reduce(or_, of_plugins, Trigger)
        any_of: TypeAdapter[Any] = TypeAdapter(tables)
        return handler(any_of.core_schema)


AnyTrigger = Annotated[Trigger, ByWhen()]


def _checked(value: Any, check_ours: ValidatorFunctionWrapHandler) -> Any:
    """The trigger, by our own table or a plug-in's. Raises ValidationError."""
    when = value.get("when") if isinstance(value, dict) else None
    if not isinstance(when, str) or when in _OWN:
        return check_ours(value)
    table = TRIGGERS.find(when)
    try:
        return check_ours(value) if table is None else table.model_validate(value)
    except ValidationError as error:
        inside = () if table is None else (f"{MARK}{when}",)
        found = [
            InitErrorDetails(type=e["type"], loc=(*inside, *e["loc"]), input=e["input"], ctx=e.get("ctx", {}))
            for e in error.errors()
            # which keys there are is not known where the word is not
            if table is not None or e["type"] != "extra_forbidden"
        ]
        if table is None and (known := list(TRIGGERS)):
            words = " or ".join(f"'{word}'" for word in known)
            place = ("when", MARK)
            found.append(
                InitErrorDetails(type="literal_error", loc=place, input=when, ctx={"expected": words})
            )
        raise ValidationError.from_exception_data(error.title, found) from None
