"""Surfaces of a scene, ready to draw, and the order in which those that can be seen through are."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ar_effects.render.scene.flats import Flat, back_to_front

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ar_effects.drawlist import MaterialChange, ModelPose, Shadow
    from ar_effects.render.scene.meshes import GpuPrimitive


class Surface(NamedTuple):
    """A primitive in its place, in the detail that it needs there."""

    primitive: GpuPrimitive
    block: int
    mirrored: bool  # the matrix swaps left and right: front faces turn the other way
    depth: float
    joints: int  # index of its skin's matrices, -1 without
    pose: ModelPose | None
    change: MaterialChange | None
    shadow: Shadow | None
    level: int  # of detail
    mm_per_unit: float  # of its positions
    box: NDArray[np.float64]  # (n, 3) corners around the model it belongs to, in the camera frame


def see_through_order(things: Sequence[Surface | Flat]) -> list[Surface | Flat]:
    """Far first; flat things with no surface between them as ``back_to_front`` says."""
    listed = {id(thing): k for k, thing in enumerate(things)}
    ordered: list[Surface | Flat] = []
    for flat, run in groupby(sorted(things, key=lambda s: -s.depth), lambda s: isinstance(s, Flat)):
        if flat:
            ordered += back_to_front(
                [f for f in sorted(run, key=lambda s: listed[id(s)]) if isinstance(f, Flat)]
            )
        else:
            ordered += run
    return ordered


def parted(surfaces: list[Surface], flats: list[Flat]) -> tuple[list[Flat], list[Flat]]:
    """Flat things behind a see-through surface, and those before all of them."""
    nearest = min((s.depth for s in surfaces if s.primitive.transparent), default=np.inf)
    return [f for f in flats if f.depth > nearest], [f for f in flats if f.depth <= nearest]
