"""One module for each kind of layer. ``AnyLayer`` is a table of any of them, imported when a pack has one.

A pack has two or three of the eleven kinds, and a kind's module with its checks takes some ten milliseconds
to import: together a tenth of the program's start.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from operator import or_
from typing import Annotated, Any, cast

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticKnownError, core_schema

from ar_effects.packs.tables import LayerTable

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


class ByKind:
    """Marks where a table of any kind stands: its ``kind`` says what to check it by.

    Errors and the JSON schema are those of pydantic's union with a discriminator, which needs all classes
    before it can check any.
    """

    def tables(self) -> Iterator[type[LayerTable]]:
        """All kinds' tables."""
        return map(table_of, _TABLES)

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


def table_of(kind: str) -> type[LayerTable]:
    """The table of a kind that there is."""
    return cast("type[LayerTable]", getattr(import_module(f"{__name__}.{kind}"), _TABLES[kind]))


def _checked(value: Any) -> LayerTable:
    if isinstance(value, LayerTable):
        return value
    if not isinstance(value, dict):
        raise PydanticKnownError("model_attributes_type")
    if "kind" not in value:
        raise PydanticKnownError("union_tag_not_found", {"discriminator": "'kind'"})
    kind = value["kind"]
    if not isinstance(kind, str) or kind not in _TABLES:
        known = ", ".join(f"'{k}'" for k in _TABLES)
        context = {"discriminator": "'kind'", "tag": str(kind), "expected_tags": known}
        raise PydanticKnownError("union_tag_invalid", context)
    try:
        return table_of(kind).model_validate(value)
    except ValidationError as error:
        found = [
            InitErrorDetails(type=e["type"], loc=(kind, *e["loc"]), input=e["input"], ctx=e.get("ctx", {}))
            for e in error.errors()
        ]
        raise ValidationError.from_exception_data(error.title, found) from None
