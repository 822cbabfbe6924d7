"""``[parameters.NAME]``: what the person who wears a pack can change; the app makes a control for each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ar_effects.messages import Message
from ar_effects.packs.tables import FileName, Finite, Hex, Table
from ar_effects.packs.values import Value
from ar_effects.table_error import TableError


class _Labelled(Table):
    label: Annotated[str, Field(max_length=40, description="what the control is called")] = ""


class NumberParameter(_Labelled):
    """A slider."""

    kind: Literal["number"]
    default: Finite
    min: Finite = 0.0
    max: Finite = 1.0

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if not self.min < self.max:
            raise TableError(Message("parameter.min-above-max"), "min")
        if not self.min <= self.default <= self.max:
            raise TableError(Message("parameter.default-outside", min=self.min, max=self.max), "default")
        return self


class ColourParameter(_Labelled):
    """A colour picker."""

    kind: Literal["colour"]
    default: Hex


class FlagParameter(_Labelled):
    """A check box."""

    kind: Literal["flag"]
    default: bool


class ChoiceParameter(_Labelled):
    """One of several words."""

    kind: Literal["choice"]
    default: str
    options: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=2, max_length=64)
    ]

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.default not in self.options:
            raise TableError(
                Message("parameter.default-not-an-option", options=", ".join(self.options)), "default"
            )
        return self


class PictureParameter(_Labelled):
    """A picture of the pack's, or one that the person chooses."""

    kind: Literal["picture"]
    default: FileName | None = None


AnyParameter = Annotated[
    NumberParameter | ColourParameter | FlagParameter | ChoiceParameter | PictureParameter,
    Field(discriminator="kind"),
]


def first_value(parameter: AnyParameter) -> Value:
    """The default; an empty text for a picture that is not chosen."""
    return "" if parameter.default is None else parameter.default


def accepted(parameter: AnyParameter, value: Value) -> Value | None:
    """The value as the parameter can take it (numbers within their range); None where it cannot."""
    if isinstance(parameter, NumberParameter):
        if isinstance(value, bool) or not isinstance(value, float | int) or value != value:  # noqa: PLR0124 - NaN
            return None
        return min(max(float(value), parameter.min), parameter.max)
    if isinstance(parameter, FlagParameter):
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if isinstance(parameter, ChoiceParameter):
        return value if value in parameter.options else None
    if isinstance(parameter, ColourParameter):
        digits = value[1:]
        fits = (
            value[:1] == "#" and len(digits) in (6, 8) and all(c in "0123456789abcdefABCDEF" for c in digits)
        )
        return value if fits else None
    return value
