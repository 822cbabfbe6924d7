"""What the tables of a manifest are made of: strict, frozen, and with values that may be references.

A reference stands where a number, colour, flag or picture may stand: ``"$lens"`` is the pack's parameter
of that name, ``"@mouth_open"`` what the face does at the moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ar_effects.drawlist import Blend

if TYPE_CHECKING:
    from ar_effects.packs.files import PackFiles
    from ar_effects.packs.layer import Layer


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

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.behind and self.on_people:
            raise ValueError("behind and on_people leave nothing of it; keep one of them")
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
