"""One module for each kind of layer. ``AnyLayer`` is a table of any of them, imported when a pack has one.

A pack has two or three of the eleven kinds, and a kind's module with its checks takes some ten milliseconds
to import: together a tenth of the program's start. Other packages add kinds by entry points of the group
``ar_effects.layers``, each a subclass of `LayerTable`; docs/how-to-add.md has an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce
from importlib import import_module
from operator import or_
from typing import Annotated, Any, cast, get_args

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticKnownError, core_schema

from ar_effects.messages import Message
from ar_effects.packs.tables import LayerTable
from ar_effects.plugins import Registry

_TABLES = {
    "cover": "CoverTable",
    "face_texture": "FaceTextureTable",
    "makeup": "MakeupTable",
    "model": "ModelTable",
    "particles": "ParticlesTable",
    "sprite": "SpriteTable",
    "post": "PostTable",
    "segmentation": "SegmentationTable",
    "skin": "SkinTable",
    "warp": "WarpTable",
    "wireframe": "WireframeTable",
}
"""By kind, which is its module's name as well."""


def _own(kind: str) -> type[LayerTable]:
    return cast(
        "type[LayerTable]", getattr(import_module(f"ar_effects.effects.layers.{kind}"), _TABLES[kind])
    )


def _check_table(kind: str, table: object) -> None:
    if not (isinstance(table, type) and issubclass(table, LayerTable)):
        raise TypeError(Message("plugin.no-subclass", thing=repr(table), bases="LayerTable"))
    field = table.model_fields.get("kind")
    if field is None or get_args(field.annotation) != (kind,):
        raise TypeError(Message("plugin.literal-missing", table=table.__name__, key="kind", word=kind))


LAYERS: Registry[type[LayerTable]] = Registry(
    "layers", {kind: partial(_own, kind) for kind in _TABLES}, _check_table
)
"""The tables of all kinds, ours and those of plug-ins."""


class ByKind:
    """Marks where a table of any kind stands: its ``kind`` says what to check it by.

    Errors and the JSON schema are those of pydantic's union with a discriminator, which needs all classes
    before it can check any.
    """

    def tables(self) -> Iterator[type[LayerTable]]:
        """All kinds' tables."""
        return map(LAYERS.__getitem__, LAYERS)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """As pydantic asks for it."""
        return core_schema.no_info_plain_validator_function(_checked)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """As pydantic asks for it."""
        tables: Any = reduce(or_, self.tables())
        union: TypeAdapter[Any] = TypeAdapter(Annotated[tables, Field(discriminator="kind")])
        return handler(union.core_schema)


AnyLayer = Annotated[LayerTable, ByKind()]


def _checked(value: Any) -> LayerTable:
    if isinstance(value, LayerTable):
        return value
    if not isinstance(value, dict):
        raise PydanticKnownError("model_attributes_type")
    if "kind" not in value:
        raise PydanticKnownError("union_tag_not_found", {"discriminator": "'kind'"})
    kind = value["kind"]
    if kind not in LAYERS:
        known = ", ".join(f"'{k}'" for k in LAYERS)
        context = {"discriminator": "'kind'", "tag": str(kind), "expected_tags": known}
        raise PydanticKnownError("union_tag_invalid", context)
    try:
        return LAYERS[kind].model_validate(value)
    except ValidationError as error:
        found = [
            InitErrorDetails(type=e["type"], loc=(kind, *e["loc"]), input=e["input"], ctx=e.get("ctx", {}))
            for e in error.errors()
        ]
        raise ValidationError.from_exception_data(error.title, found) from None
