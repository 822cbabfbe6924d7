"""What the tables of a manifest are made of: strict, frozen, and with values that may be references.

A reference stands where a number, colour, flag or picture may stand: ``"$lens"`` is the pack's parameter
of that name, ``"@mouth_open"`` what the face does at the moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from ar_effects.drawlist import Blend
from ar_effects.messages import Message
from ar_effects.table_error import TableError

if TYPE_CHECKING:
    from ar_effects.packs.files import PackFiles
    from ar_effects.packs.layer import Layer, Need


class Table(BaseModel):
    """A table of the manifest: no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


NAME = r"^[a-z][a-z0-9_]*$"
HEX = r"^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$"

PARAMETER = r"^\$[a-z][a-z0-9_]*$"
NUMBER_REFERENCE = r"^(\$[a-z][a-z0-9_]*|@[a-z_]+)$"
TAG = r"^[\w-]{1,40}$"
FILE = r"^[^$]"

NumberReference = Annotated[
    str,
    Field(
        pattern=NUMBER_REFERENCE,
        description='a number parameter ("$size") or what the face does ("@smile")',
        json_schema_extra={"refers_to": "number"},
    ),
]
ColourReference = Annotated[str, Field(pattern=PARAMETER, json_schema_extra={"refers_to": "colour"})]
FlagReference = Annotated[str, Field(pattern=PARAMETER, json_schema_extra={"refers_to": "flag"})]
ChoiceReference = Annotated[str, Field(pattern=PARAMETER, json_schema_extra={"refers_to": "choice"})]
PictureReference = Annotated[str, Field(pattern=PARAMETER, json_schema_extra={"refers_to": "picture"})]

Name = Annotated[str, Field(pattern=NAME, max_length=40)]
FileName = Annotated[
    str, Field(min_length=1, pattern=FILE, max_length=240, description="a file in the pack's folder")
]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Hex = Annotated[str, Field(pattern=HEX, description='"#rrggbb" or "#rrggbbaa"')]

NumberValue = Finite | NumberReference
ShareValue = Share | NumberReference
ColourValue = Hex | ColourReference
FlagValue = bool | FlagReference
PictureValue = PictureReference | FileName


def references_in(table: BaseModel, key: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(key, reference, kinds of parameter that fit) of every reference in a table and those inside of it."""
    for name, wanted in _wanted(type(table)).items():
        yield from _references(getattr(table, name), f"{key}.{name}", wanted)


@lru_cache(maxsize=256)
def _wanted(kind: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """Kinds of parameter that each field's references may name; the same for every table of a kind."""
    return {name: tuple(dict.fromkeys(_refers_to(field))) for name, field in kind.model_fields.items()}


def _references(value: Any, key: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if isinstance(value, BaseModel):
        yield from references_in(value, key)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _references(inner, f"{key}.{name}", wanted)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from _references(inner, f"{key}[{i}]", wanted)
    elif isinstance(value, str) and wanted and value[:1] in ("$", "@"):
        yield key, value, wanted


def _refers_to(annotation: Any) -> Iterator[str]:
    """The kinds that the reference types inside of an annotation name."""
    if isinstance(annotation, FieldInfo):
        extra = annotation.json_schema_extra
        if isinstance(extra, dict) and "refers_to" in extra:
            yield str(extra["refers_to"])
        for part in (annotation.annotation, *annotation.metadata):
            yield from _refers_to(part)
        return
    for part in get_args(annotation):
        yield from _refers_to(part)
    for part in getattr(annotation, "__metadata__", ()):
        yield from _refers_to(part)


class LayerTable(Table):
    """What every layer has, besides its ``kind``."""

    if TYPE_CHECKING:
        kind: str

    id: Name | None = Field(default=None, description="for triggers that show, hide, play or burst it")
    show: FlagValue = Field(default=True, description="whether it is there before any trigger")
    opacity: ShareValue = Field(default=1.0, description="of the whole layer")
    blend: Blend = Field(default="normal", description="how its colours meet what is under them")
    behind: bool = Field(default=False, description="only where no person is: behind everybody in the frame")
    on_people: bool = Field(default=False, description="only on people, not on what is behind them")

    @property
    def is_cut(self) -> bool:
        """Whether it needs the cut around the frame's people."""
        return self.behind or self.on_people

    @property
    def needs(self) -> frozenset[Need]:
        """What must be measured for what its keys ask for; its ``Layer`` may need more."""
        known = any(reference.startswith("@") for _, reference, _ in references_in(self, ""))
        return frozenset({"expression"} if known else ()) | frozenset({"segmentation"} if self.is_cut else ())

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.behind and self.on_people:
            raise TableError(Message("layer.nothing-left"))
        return self

    def load(self, files: PackFiles) -> Layer:
        """What the table names, loaded.

        Raises:
            PackError: a file is missing, or cannot be read.
        """
        raise NotImplementedError


class SpaceTable(LayerTable):
    """What layers of things on a face have."""

    under_lids: bool = Field(
        default=False, description="cut by the eyelids: for pupils and the like, which a blink must hide"
    )
