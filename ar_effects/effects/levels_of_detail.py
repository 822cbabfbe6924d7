"""Levels of detail of models: made once for a model, chosen by size on the screen.

Surfaces lose triangles (``geometry.simplify``), which takes its time: their levels are kept in the user's
cache. What consists of very many small pieces, hair above all, loses pieces, and those that stay become
wider: Cook, Halstead, Planck and Ryu, "Stochastic simplification of aggregate detail", SIGGRAPH 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from ar_effects.compiled import IS_COMPILED
from ar_effects.drawlist import LevelOfDetail, Model, Primitive, Skinning
from ar_effects.errors import SinkError
from ar_effects.geometry.simplify import pieces, simplified
from ar_effects.writing import write_bytes

VERSION = 1
"""Counts up when the same model would get other levels."""

ERRORS_MM = (0.1, 0.15, 0.22, 0.33, 0.5, 0.75, 1.1, 1.6)
FEWEST = 150
"""Triangles below which there is nothing to gain."""

WORTH = 0.8
"""A level must have at most this share of the triangles of the one before."""

NORMALS = 1.5
"""How much a normal counts beside a colour: it is its highlights that show where a surface was simplified."""

PIECES, PIECE_TRIANGLES = 400, 12
"""From so many pieces of so few triangles each on, a surface is a heap of pieces."""

KEPT_PIECES = ((0.45, 0.5), (0.9, 0.25))
"""Of such a heap: errors in shares of a piece's width, and the share of pieces that are kept."""

Triangles = NDArray[np.uint32]


def with_details(model: Model) -> Model:
    """The same model, its large primitives with coarser levels beside them.

    Without the compiler that makes it quick there are none, and everything is drawn as it is.
    """
    if not IS_COMPILED:
        return model
    return replace(model, primitives=tuple(_detailed(p, _unit(model, p)) for p in model.primitives))


def _unit(model: Model, primitive: Primitive) -> float:
    """Millimetres of one unit of a primitive's positions, at rest."""
    if model.rest is None:
        return 1.0
    matrices = (
        model.rest.parts[primitive.part][None]
        if primitive.skin is None
        else model.rest.joints[primitive.skin.index]
    )
    found = float(np.median(np.abs(np.linalg.det(matrices[:, :3, :3])))) ** (1 / 3)
    return found if np.isfinite(found) and found > 0.0 else 1.0


def _detailed(primitive: Primitive, mm_per_unit: float) -> Primitive:
    # morph targets may bend what is flat at rest
    if len(primitive.triangles) < FEWEST or primitive.morph is not None or primitive.details:
        return primitive
    errors = tuple(e / mm_per_unit for e in ERRORS_MM)
    path = _folder() / f"{_key(primitive, errors)}.npz"
    levels = _read(path, len(errors), len(primitive.positions))
    if levels is None:
        heap = _pieces(primitive)
        if heap is not None:
            return _thinned(primitive, heap)
        levels = list(simplified(primitive.positions, primitive.triangles, errors, _looks(primitive)))
        _write(path, levels)
    details, fewest = [], float(len(primitive.triangles))
    for error, triangles in zip(errors, levels, strict=True):
        if 0 < len(triangles) <= WORTH * fewest:
            details.append(LevelOfDetail(error, triangles))
            fewest = len(triangles)
    return replace(primitive, details=tuple(details))


def _is_textured(primitive: Primitive) -> bool:
    material = primitive.material
    return material.base_colour_texture is not None or material.normal_texture is not None


def _looks(primitive: Primitive) -> NDArray[np.float64]:
    """(n, k) what a coarser level must interpolate as the model does."""
    appearance = [primitive.colours.astype(np.float64), NORMALS * primitive.normals.astype(np.float64)]
    if _is_textured(primitive):
        appearance.append(primitive.uvs.astype(np.float64))
    appearance += [uvs.astype(np.float64) for uvs in primitive.own_uvs.values()]
    if primitive.skin is not None:
        weights = np.zeros((len(primitive.positions), int(primitive.skin.joints.max()) + 1))
        rows = np.arange(len(weights))
        for k in range(4):
            np.add.at(weights, (rows, primitive.skin.joints[:, k]), primitive.skin.weights[:, k])
        appearance.append(weights)
    return np.hstack(appearance)


# --- heaps of pieces


def _pieces(primitive: Primitive) -> NDArray[np.intp] | None:
    """(n,) the piece of each vertex, numbered from 0; None for what is no heap of small pieces."""
    corners = primitive.triangles.astype(np.intp)
    # facets with vertices of their own hang together by their places
    _, place = np.unique(primitive.positions, axis=0, return_inverse=True)
    place = place.reshape(-1)
    piece = pieces(place[corners], int(place.max()) + 1)[place]
    names, numbered = np.unique(piece, return_inverse=True)
    sizes = np.bincount(numbered[corners[:, 0]], minlength=len(names))
    if np.count_nonzero(sizes) < PIECES or np.median(sizes[sizes > 0]) > PIECE_TRIANGLES:
        return None
    return np.asarray(numbered.reshape(-1), np.intp)


def _thinned(primitive: Primitive, piece: NDArray[np.intp]) -> Primitive:
    """With levels of fewer, wider pieces: their vertices follow the primitive's own."""
    positions = primitive.positions.astype(np.float64)
    axis, middle, width = _widths(positions, piece)
    rank = np.random.default_rng(0).permutation(len(middle)) / len(middle)
    of_triangle = piece[primitive.triangles[:, 0].astype(np.intp)]
    sources, moved, details = [np.arange(len(piece))], [positions], []
    first = len(piece)
    for share_of_width, kept in KEPT_PIECES:
        chosen = np.flatnonzero(rank[piece] < kept)
        if not len(chosen):
            break
        number = np.full(len(piece), -1)
        number[chosen] = first + np.arange(len(chosen))
        first += len(chosen)
        ours = piece[chosen]
        aside = ((positions[chosen] - middle[ours]) * axis[ours]).sum(axis=1)
        moved.append(positions[chosen] + (aside * (1.0 / kept - 1.0))[:, None] * axis[ours])
        sources.append(chosen)
        triangles = number[primitive.triangles[rank[of_triangle] < kept].astype(np.intp)].astype(np.uint32)
        details.append(LevelOfDetail(share_of_width * float(np.median(width)), triangles))
    source = np.concatenate(sources)
    skin = primitive.skin
    return replace(
        primitive,
        positions=np.concatenate(moved).astype(np.float32),
        normals=primitive.normals[source],
        uvs=primitive.uvs[source],
        own_uvs={name: uvs[source] for name, uvs in primitive.own_uvs.items()},
        colours=primitive.colours[source],
        skin=None if skin is None else Skinning(skin.index, skin.joints[source], skin.weights[source]),
        details=tuple(details),
    )


def _widths(
    positions: NDArray[np.float64], piece: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each piece: the unit vector across it, (p, 3); its middle, (p, 3); how wide it is, (p,)."""
    count = int(piece.max()) + 1
    sizes = np.maximum(np.bincount(piece, minlength=count), 1)[:, None]
    middle = np.stack([np.bincount(piece, positions[:, k], count) for k in range(3)], axis=1) / sizes
    off = positions - middle[piece]
    spread = np.empty((count, 3, 3))
    for i in range(3):
        for j in range(3):
            spread[:, i, j] = np.bincount(piece, off[:, i] * off[:, j], count) / sizes[:, 0]
    _, vectors = np.linalg.eigh(spread)
    axis = vectors[:, :, 1]  # between the longest and the flattest
    aside = (off * axis[piece]).sum(axis=1)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, piece, aside)
    np.maximum.at(high, piece, aside)
    return axis, middle, high - low


# --- the cache


def _key(primitive: Primitive, errors: Sequence[float]) -> str:
    """A name for the levels of a surface, by all that they are made from."""
    own, skin = sorted(primitive.own_uvs), primitive.skin
    digest = sha256(repr((VERSION, errors, _is_textured(primitive), own)).encode())
    arrays: list[NDArray[Any]] = [primitive.positions, primitive.triangles, primitive.uvs]
    arrays += [primitive.colours, primitive.normals]
    arrays += [primitive.own_uvs[name] for name in own]
    arrays += [] if skin is None else [skin.joints, skin.weights]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:40]


def _folder() -> Path:
    return user_cache_path("ar-effects", appauthor=False) / "details"


def _read(path: Path, count: int, vertices: int) -> list[Triangles] | None:
    """None unless a whole file is there."""
    with suppress(Exception):  # cut short by a crash, say: reading it fails in many ways
        with np.load(BytesIO(path.read_bytes())) as file:
            found = [file[f"level_{i}"] for i in range(count)]
        if all(
            t.dtype == np.uint32 and t.ndim == 2 and t.shape[1] == 3 and (t < vertices).all() for t in found
        ):
            return found
    return None


def _write(path: Path, levels: list[Triangles]) -> None:
    """A full disk, or one that may not be written to, costs the next start some tenths of a second."""
    data = BytesIO()
    np.savez(data, **{f"level_{i}": level for i, level in enumerate(levels)})  # type: ignore[arg-type]
    with suppress(OSError, SinkError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data.getvalue())
