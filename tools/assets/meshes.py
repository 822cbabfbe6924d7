"""Shared helpers of the asset scripts: triangle meshes, outlines, sweeps, and a small GLB writer.

Everything is numpy and plain arithmetic, so that a rebuild gives the same bytes: values are rounded
before they are stored, which swallows the last-digit differences between mathematics libraries.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Warp = Callable[[Array], Array]

_GLB_MAGIC = 0x46546C67
_CHUNK_JSON = 0x4E4F534A
_CHUNK_BIN = 0x004E4942
_ARRAY_BUFFER = 34962
_ELEMENT_BUFFER = 34963
_FLOAT = 5126
_USHORT = 5123
_UINT = 5125
_DECIMALS = 4  # tenths of a micrometre: far below what is seen, far above rounding noise


@dataclass(frozen=True, slots=True)
class TriMesh:
    """Positions (n, 3) mm, unit normals (n, 3), triangles (m, 3) counter-clockwise from outside."""

    positions: Array
    normals: Array
    triangles: Indices

    def mirrored(self) -> TriMesh:
        """The mesh reflected in x = 0, still with its outside out."""
        flip = np.array([-1.0, 1.0, 1.0])
        return TriMesh(self.positions * flip, self.normals * flip, self.triangles[:, ::-1].copy())

    def warped(self, warp: Warp, step: float = 1e-4) -> TriMesh:
        """The mesh with every point sent through ``warp``; normals follow by its Jacobian."""
        columns = []
        for axis in range(3):
            offset = np.zeros(3)
            offset[axis] = step
            columns.append((warp(self.positions + offset) - warp(self.positions - offset)) / (2 * step))
        jacobian = np.stack(columns, axis=2)
        # A normal is a covector: it goes with the inverse transpose.
        normals = np.einsum("nji,nj->ni", np.linalg.inv(jacobian), self.normals)
        return TriMesh(warp(self.positions), unit(normals), self.triangles)


@dataclass(frozen=True, slots=True)
class GlbPrimitive:
    """One mesh with one material, and linear RGBA per vertex where wanted."""

    mesh: TriMesh
    material: str
    colours: Array | None = None


@dataclass(frozen=True, slots=True)
class GlbNode:
    """A named node with its primitives."""

    name: str
    primitives: tuple[GlbPrimitive, ...] = field(default=())


def unit(vectors: Array) -> Array:
    """Every row at length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float64)


def merged(meshes: Sequence[TriMesh]) -> TriMesh:
    """Several meshes as one, nothing welded."""
    offsets = np.cumsum([0] + [len(mesh.positions) for mesh in meshes[:-1]])
    return TriMesh(
        np.concatenate([mesh.positions for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.triangles + offset for mesh, offset in zip(meshes, offsets, strict=True)]),
    )


def doubled(half: TriMesh) -> TriMesh:
    """A half with x >= 0 and its reflection, welded along x = 0."""
    seam = np.abs(half.positions[:, 0]) < 1e-9
    positions, normals = half.positions.copy(), half.normals.copy()
    positions[seam, 0] = 0.0
    normals[seam, 0] = 0.0
    normals = unit(normals)
    half = TriMesh(positions, normals, half.triangles)
    other = half.mirrored()
    count = len(positions)
    target = np.where(seam, np.arange(count), count + np.cumsum(~seam) - 1)
    return TriMesh(
        np.concatenate([positions, other.positions[~seam]]),
        np.concatenate([normals, other.normals[~seam]]),
        np.concatenate([half.triangles, target[other.triangles]]),
    )


def strip(first: Indices, second: Indices, *, closed: bool) -> Indices:
    """Triangles between two rows of as many vertices.

    They face along the cross product of a row's direction with the way from first to second.
    """
    a, b = (np.append(row, row[:1]) for row in (first, second)) if closed else (first, second)
    lower = np.stack([a[:-1], a[1:], b[1:]], axis=1)
    upper = np.stack([a[:-1], b[1:], b[:-1]], axis=1)
    return np.concatenate([lower, upper])


def annulus(points: Array, outer: Indices, inner: Indices) -> Indices:
    """Triangles between two closed counter-clockwise loops in the plane, shortest diagonals first.

    A dynamic programme over (outer, inner) positions finds the zip with the least sum of squared
    diagonals among those that turn no triangle over.
    """
    # Begin where the loops are nearest: there the two surely see each other.
    away = np.linalg.norm(points[outer][:, None] - points[inner], axis=2)
    begin, start = (int(k) for k in np.unravel_index(np.argmin(away), away.shape))
    a = np.append(np.roll(outer, -begin), outer[begin])
    b = np.append(np.roll(inner, -start), inner[start])
    p, q = points[a], points[b]
    cost = np.full((len(a), len(b)), np.inf)
    from_outer = np.zeros(cost.shape, dtype=bool)
    cost[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            diagonal = float(np.sum((p[i] - q[j]) ** 2))
            if i and np.isfinite(cost[i - 1, j]) and _turn(p[i - 1], p[i], q[j]) > 0:
                cost[i, j], from_outer[i, j] = cost[i - 1, j] + diagonal, True
            if j and _turn(p[i], q[j], q[j - 1]) > 0 and cost[i, j - 1] + diagonal < cost[i, j]:
                cost[i, j], from_outer[i, j] = cost[i, j - 1] + diagonal, False
    if not np.isfinite(cost[-1, -1]):
        raise ValueError("the two loops cannot be joined without overlap")
    triangles, i, j = [], len(a) - 1, len(b) - 1
    while i or j:
        if from_outer[i, j]:
            triangles.append((a[i - 1], a[i], b[j]))
            i -= 1
        else:
            triangles.append((a[i], b[j], b[j - 1]))
            j -= 1
    return np.array(triangles, dtype=np.int64)


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def sweep(rows: Array) -> TriMesh:
    """A closed tube from (sections, around, 3) points; the first and last section are single points."""
    sections, around = rows.shape[:2]
    turn = np.roll(rows, -1, axis=1) - np.roll(rows, 1, axis=1)
    normals = np.cross(turn, np.gradient(rows, axis=0))[1:-1]
    if float(np.sum(normals * (rows - rows.mean(axis=1, keepdims=True))[1:-1])) < 0:
        return sweep(rows[:, ::-1])  # the sections ran the other way round
    index = np.arange((sections - 2) * around).reshape(sections - 2, around)
    first, last = index.size, index.size + 1
    triangles = [strip(index[k], index[k + 1], closed=True) for k in range(sections - 3)]
    rest = np.roll(index, -1, axis=1)
    triangles.append(np.stack([np.full(around, first), rest[0], index[0]], axis=1))
    triangles.append(np.stack([np.full(around, last), index[-1], rest[-1]], axis=1))
    spokes = rows[[1, -2]] - rows[[0, -1], :1]
    caps = np.cross(spokes, np.roll(spokes, -1, axis=1)).sum(axis=1) * [[-1.0], [1.0]]
    return TriMesh(
        np.concatenate([rows[1:-1].reshape(-1, 3), rows[[0, -1], 0]]),
        np.concatenate([unit(normals.reshape(-1, 3)), unit(caps)]),
        np.concatenate(triangles),
    )


def resampled(curve: Array, tolerance: float, longest: float, *, closed: bool) -> tuple[Array, Array]:
    """Points of a dense curve, closer where it bends, and unit normals to the right of its direction.

    Args:
        curve: (n, 2) points a small step apart.
        tolerance: the largest distance of a chord from its arc, in the unit of the curve.
        longest: the longest chord.
        closed: whether the last point is joined to the first.
    """
    pad = 12
    ends = (curve[-pad:], curve[:pad]) if closed else (curve[:0], curve[:0])
    dense = np.concatenate([ends[0], curve, ends[1]])
    tangent = unit(np.gradient(dense, axis=0))
    spacing = np.linalg.norm(np.gradient(dense, axis=0), axis=1)
    bend = np.linalg.norm(np.gradient(tangent, axis=0), axis=1) / spacing
    bend = np.convolve(np.pad(bend, pad, mode="edge"), np.full(2 * pad + 1, 1 / (2 * pad + 1)), "valid")
    if closed:
        dense, tangent, bend = (
            np.append(row[pad:-pad], row[pad : pad + 1], axis=0) for row in (dense, tangent, bend)
        )
    density = np.maximum(np.sqrt(bend / (8 * tolerance)), 1 / longest)
    length = np.linalg.norm(np.diff(dense, axis=0), axis=1)
    weight = np.concatenate([[0.0], np.cumsum(length * (density[1:] + density[:-1]) / 2)])
    count = int(np.ceil(weight[-1]))
    at = np.linspace(0.0, weight[-1], count + 1)[: count if closed else None]
    points = np.stack([np.interp(at, weight, dense[:, k]) for k in range(2)], axis=1)
    tangents = unit(np.stack([np.interp(at, weight, tangent[:, k]) for k in range(2)], axis=1))
    return points, np.stack([tangents[:, 1], -tangents[:, 0]], axis=1)


def write_glb(nodes: Sequence[GlbNode], materials: Sequence[dict[str, Any]], generator: str) -> bytes:
    """A binary glTF 2.0 file with one mesh per node."""
    names = {material["name"]: index for index, material in enumerate(materials)}
    blob, views, accessors = bytearray(), list[dict[str, Any]](), list[dict[str, Any]]()

    def add(values: NDArray[Any], kind: str, component: int, target: int, *, bounds: bool = False) -> int:
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": values.nbytes, "target": target})
        blob.extend(values.tobytes())
        blob.extend(b"\0" * (-len(blob) % 4))
        count = values.size if kind == "SCALAR" else len(values)
        accessor = {"bufferView": len(views) - 1, "componentType": component, "count": count, "type": kind}
        if bounds:
            accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        accessors.append(accessor)
        return len(accessors) - 1

    def stored(values: Array) -> NDArray[np.float32]:
        # Adding zero turns -0.0 into 0.0, which differs in its bytes.
        return (np.round(values, _DECIMALS) + 0.0).astype("<f4")

    meshes = []
    for node in nodes:
        primitives = []
        for item in node.primitives:
            attributes = {
                "POSITION": add(stored(item.mesh.positions), "VEC3", _FLOAT, _ARRAY_BUFFER, bounds=True),
                "NORMAL": add(stored(item.mesh.normals), "VEC3", _FLOAT, _ARRAY_BUFFER),
            }
            if item.colours is not None:
                attributes["COLOR_0"] = add(stored(item.colours), "VEC4", _FLOAT, _ARRAY_BUFFER)
            small = len(item.mesh.positions) < 65535
            flat = item.mesh.triangles.ravel().astype("<u2" if small else "<u4")
            indices = add(flat, "SCALAR", _USHORT if small else _UINT, _ELEMENT_BUFFER)
            primitives.append(
                {"attributes": attributes, "indices": indices, "material": names[item.material], "mode": 4}
            )
        meshes.append({"name": node.name, "primitives": primitives})
    extensions = sorted({name for material in materials for name in material.get("extensions", {})})
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": generator},
        "extensionsUsed": extensions,
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": [{"name": node.name, "mesh": index} for index, node in enumerate(nodes)],
        "meshes": meshes,
        "materials": list(materials),
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(blob)
    return b"".join(
        [
            struct.pack("<III", _GLB_MAGIC, 2, total),
            struct.pack("<II", len(text), _CHUNK_JSON),
            text,
            struct.pack("<II", len(blob), _CHUNK_BIN),
            bytes(blob),
        ]
    )
