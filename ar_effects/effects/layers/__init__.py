"""One module for each kind of layer; ``AnyLayer`` is the union of their tables."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ar_effects.effects.layers.model import ModelTable
from ar_effects.effects.layers.warp import WarpTable

AnyLayer = Annotated[ModelTable | WarpTable, Field(discriminator="kind")]
