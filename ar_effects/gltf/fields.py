"""What the pydantic models of glTF's JSON are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

ROUNDING = 0.01
"""Exporters write factors that are this much beyond 0..1, from halves, bytes and sums."""


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0)


Index = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=-ROUNDING, le=1 + ROUNDING), AfterValidator(_clamped)]
"""0..1; what is a rounding beyond is clamped."""

Vec3 = tuple[float, float, float]
Vec4 = tuple[float, float, float, float]


def _named(value: Any) -> Any:
    return "" if value is None else value


Name = Annotated[str, BeforeValidator(_named)]
"""Some exporters write null for no name."""


class Json(BaseModel):
    """An object of the file's: keys in camel case, values of just their types, what is not read ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, strict=True, frozen=True, extra="ignore", allow_inf_nan=False
    )
