"""What lies between the mesh network's two parts, compiled: cut patches of its features, put points back.

The first part gives 468 mesh points and a map of features. Around the lips and each eye a turned patch of
features is cut, in which the second part finds those points again, and the irises, more exactly
(Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020). The one file
``face_mesh_attention`` has all of it as one network, for devices: there, what is done here is some sixty
small operators, which take a CPU as long as ten convolutions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ar_effects.compiled import compiled
from ar_effects.face.canonical import MESH_COUNT, asset_arrays
from ar_effects.messages import Message
from ar_effects.paths import MODELS
from ar_effects.records import LANDMARK_COUNT, Points

Array = NDArray[np.float32]
Indices = NDArray[np.int64]

PATCH = 16
"""Side of a patch, pixels of the features."""

FEATURE_PX = 4
"""Pixels of the network's input under one of the features'; and parts into which points divide a patch's."""

UNIT_X, UNIT_Y, SCALE_X, SCALE_Y, X, Y = range(6)
"""Columns of a patch's place: the direction of its x axis, its pixels' size along its axes, and its middle;
in pixels of the features."""


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Which points the r patches belong to.

    Attributes:
        ends: (r, 2) the points whose line is level in the patch.
        subsets: (r, n) the points a patch is cut around, the first repeated where there are fewer.
        factors: (r, 2) the size of a patch's pixel over that of the box around its points.
        owners: (m,) the patch each refined point was found in.
        sources: (478,) the place of each landmark among mesh points and, after them, refined points.
        rings: (2, k) the mesh points that irises have their depth from.
    """

    ends: Indices
    subsets: Indices
    factors: NDArray[np.float64]
    owners: Indices
    sources: Indices
    rings: Indices


@lru_cache(maxsize=1)
def patches(path: Path = MODELS / "face_mesh_patches.npz") -> Patches:
    """Those of the shipped network; ``python -m tools.convert`` writes them. Raises AssetError."""
    with asset_arrays(path, Message("asset.mesh-patches")) as data:
        return Patches(**{name: data[name] for name in Patches.__slots__})


@compiled
def place_patches(mesh: Array, ends: Indices, subsets: Indices, factors: NDArray[np.float64]) -> Array:
    """(r, 6) where the patches lie: level with the line between their ends, around the box of their points.

    Args:
        mesh: (468, 3) pixels of the input.
        ends: as in ``Patches``.
        subsets: likewise.
        factors: likewise.
    """
    places = np.empty((ends.shape[0], 6), np.float32)
    for r in range(ends.shape[0]):
        first, last = ends[r, 0], ends[r, 1]
        x, y = float(mesh[last, 0] - mesh[first, 0]), float(mesh[last, 1] - mesh[first, 1])
        length = max(math.sqrt(x * x + y * y), 1e-12)
        ux, uy = x / length, y / length
        low_x, high_x, low_y, high_y = math.inf, -math.inf, math.inf, -math.inf
        for i in range(subsets.shape[1]):
            x, y = float(mesh[subsets[r, i], 0]), float(mesh[subsets[r, i], 1])
            along, across = x * ux + y * uy, y * ux - x * uy
            low_x, high_x = min(low_x, along), max(high_x, along)
            low_y, high_y = min(low_y, across), max(high_y, across)
        x, y = 0.5 * (low_x + high_x) / FEATURE_PX, 0.5 * (low_y + high_y) / FEATURE_PX
        places[r, UNIT_X], places[r, UNIT_Y] = ux, uy
        places[r, SCALE_X] = (high_x - low_x) * factors[r, 0] / FEATURE_PX
        places[r, SCALE_Y] = (high_y - low_y) * factors[r, 1] / FEATURE_PX
        places[r, X], places[r, Y] = x * ux - y * uy, x * uy + y * ux
    return places


@compiled
def sample_patches(features: Array, places: Array, cut: Array) -> None:
    """Sample the features between their pixels, with zeros around them.

    Args:
        features: (height, width, channels).
        places: (r, 6) as ``place_patches`` gives them.
        cut: (r * channels, PATCH, PATCH), gets the patches.
    """
    height, width, channels = features.shape
    # Places that cannot be negative let the inner loop become vector instructions.
    flat, count = features.reshape(-1), np.uint64(channels)
    row, one, none = np.empty((PATCH, channels), np.float32), np.float32(1.0), np.float32(0.0)
    for r in range(places.shape[0]):
        ux, uy = places[r, UNIT_X], places[r, UNIT_Y]
        for i in range(PATCH):
            down = (i + 0.5 - PATCH / 2) * places[r, SCALE_Y]
            for j in range(PATCH):
                along = (j + 0.5 - PATCH / 2) * places[r, SCALE_X]
                x = along * ux - down * uy + places[r, X] - 0.5
                y = along * uy + down * ux + places[r, Y] - 0.5
                if not (-1.0 < x < width and -1.0 < y < height):  # outside, or not a number
                    row[j] = none
                    continue
                left, top = math.floor(x), math.floor(y)
                u, v = np.float32(x - left), np.float32(y - top)
                # What lies outside weighs nothing; its nearest neighbour is read instead.
                west, east = one - u if left >= 0 else none, u if left + 1 < width else none
                north, south = one - v if top >= 0 else none, v if top + 1 < height else none
                first, second = np.uint64(max(left, 0)), np.uint64(min(left + 1, width - 1))
                above, below = np.uint64(max(top, 0) * width), np.uint64(min(top + 1, height - 1) * width)
                nw, ne = (above + first) * count, (above + second) * count
                sw, se = (below + first) * count, (below + second) * count
                a, b, c, d = north * west, north * east, south * west, south * east
                mixed = row[j]
                for k in range(count):
                    mixed[k] = a * flat[nw + k] + b * flat[ne + k] + c * flat[sw + k] + d * flat[se + k]
            for k in range(channels):
                for j in range(PATCH):
                    cut[r * channels + k, i, j] = row[j, k]


@compiled
def scatter(
    mesh: Array, points: Array, places: Array, owners: Indices, sources: Indices, rings: Indices
) -> Points:
    """(478, 3) landmarks in pixels of the input: the mesh, with what was refined in its place, and irises.

    Args:
        mesh: (468, 3) pixels of the input.
        points: (m, 2) refined, in quarters of their patch's pixels.
        places: (r, 6) as ``place_patches`` gives them.
        owners: as in ``Patches``.
        sources: likewise.
        rings: likewise.
    """
    landmarks = np.empty((LANDMARK_COUNT, 3), np.float32)
    irises = (LANDMARK_COUNT - MESH_COUNT) // rings.shape[0]
    for k in range(LANDMARK_COUNT):
        if k < MESH_COUNT:
            landmarks[k, 2] = mesh[k, 2]
        else:
            depth, ring = 0.0, (k - MESH_COUNT) // irises
            for i in range(rings.shape[1]):
                depth += mesh[rings[ring, i], 2]
            landmarks[k, 2] = depth / rings.shape[1]
        if sources[k] < MESH_COUNT:
            landmarks[k, 0], landmarks[k, 1] = mesh[sources[k], 0], mesh[sources[k], 1]
            continue
        point = sources[k] - MESH_COUNT
        place = places[owners[point]]
        x = (points[point, 0] - 0.5 * PATCH * FEATURE_PX) * place[SCALE_X]
        y = (points[point, 1] - 0.5 * PATCH * FEATURE_PX) * place[SCALE_Y]
        landmarks[k, 0] = x * place[UNIT_X] - y * place[UNIT_Y] + FEATURE_PX * place[X]
        landmarks[k, 1] = x * place[UNIT_Y] + y * place[UNIT_X] + FEATURE_PX * place[Y]
    return landmarks
