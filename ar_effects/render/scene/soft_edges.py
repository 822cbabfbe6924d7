"""Whether a surface needs smoothing at its edges, or fades there by its own picture, as strips of hair do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ar_effects.drawlist import Primitive

CLEAR = 0.1
"""Opacity that makes no stairs."""

SHARE = 0.85
"""Of the looks at the edges that must be clear; roots of hair are inside of skin."""

_PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Along an edge, where its opacity is looked at."""


def fades_at_edges(primitive: Primitive) -> bool:
    """Whether nearly everywhere along its open edges it is clear; a closed surface does not fade."""
    texture = primitive.material.base_colour_texture
    edges = open_edges(primitive.triangles)
    if texture is None or not len(edges):
        return False
    height, width = texture.shape[:2]
    clear = 0.0
    for fraction in _PLACES:
        uv, opacity = (
            values[edges[:, 0]] * (1.0 - fraction) + values[edges[:, 1]] * fraction
            for values in (primitive.uvs, primitive.colours[:, 3])
        )
        x, y = (np.clip(np.nan_to_num(uv) * (width, height), 0, (width - 1, height - 1)).astype(int)).T
        clear += float(np.mean(texture[y, x, 3] / 255.0 * opacity <= CLEAR))
    return clear / len(_PLACES) >= SHARE


def open_edges(triangles: NDArray[np.uint32]) -> NDArray[np.int64]:
    """(n, 2) vertices of the edges that belong to one triangle only, those at seams among them."""
    corners = triangles.astype(np.int64)
    ends = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    ends.sort(axis=1)
    most = int(ends.max(initial=0)) + 1
    keys, count = np.unique(ends[:, 0] * most + ends[:, 1], return_counts=True)
    alone = keys[count == 1]
    return np.column_stack([alone // most, alone % most])
