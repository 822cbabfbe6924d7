"""glTF accessors as arrays: strides, normalised integers, sparse replacements, every offset checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ar_effects.gltf.file import GltfFile

MAX_COUNT = 3_000_000
"""More than the triangle limit can use: an accessor without bytes must not fill the memory."""

_DTYPES: dict[int, np.dtype[np.generic]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_LARGEST = {5120: 127.0, 5121: 255.0, 5122: 32767.0, 5123: 65535.0, 5125: 4294967295.0}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def read_floats(file: GltfFile, index: int, where: str, types: Iterable[str]) -> NDArray[np.float32]:
    """``accessors[index]`` as (count, width) float32; normalised integers become -1..1 or 0..1.

    Args:
        file: the opened file.
        index: of the accessor.
        where: the JSON path of the reference, for messages.
        types: which of SCALAR, VEC2, VEC3, VEC4, MAT4 will do.

    Raises:
        PackError: the accessor is missing, of another type, reaches past its bytes, or is not finite.
    """
    raw = _read(file, index, where, types)
    accessor = file.document.accessors[index]
    values = raw.astype(np.float32)
    if accessor.normalized and raw.dtype.kind in "iu":
        values = np.maximum(values / _LARGEST[accessor.component_type], -1.0).astype(np.float32)
    if not np.isfinite(values).all():
        raise file.error(f"accessors[{index}]", Message("gltf.number-not-finite"))
    return values


def read_indices(file: GltfFile, index: int, where: str, vertex_count: int) -> NDArray[np.uint32]:
    """``accessors[index]`` as (count,) uint32, all below ``vertex_count``.

    Raises:
        PackError: as ``read_floats``, or an index is out of range.
    """
    raw = _read(file, index, where, ("SCALAR",))
    if raw.dtype.kind != "u":
        raise file.error(
            f"accessors[{index}].componentType",
            Message("gltf.indices-not-whole"),
            got=file.document.accessors[index].component_type,
        )
    indices = raw[:, 0].astype(np.uint32)
    if int(indices.max()) >= vertex_count:
        raise file.error(
            f"accessors[{index}]",
            Message("gltf.index-past-vertices", vertex_count=vertex_count),
            got=indices.max(),
        )
    return indices


def read_joints(file: GltfFile, index: int, where: str) -> NDArray[np.uint16]:
    """``accessors[index]`` as (count, 4) uint16: four joints a vertex. Raises PackError."""
    raw = _read(file, index, where, ("VEC4",))
    if raw.dtype.kind != "u" or raw.dtype.itemsize > 2:
        raise file.error(
            f"accessors[{index}].componentType",
            Message("gltf.joints-not-whole"),
            got=file.document.accessors[index].component_type,
        )
    return raw.astype(np.uint16)


def _read(file: GltfFile, index: int, where: str, types: Iterable[str]) -> NDArray[np.generic]:
    accessor = file.item(file.document.accessors, index, "accessors", where)
    place = f"accessors[{index}]"
    wanted = tuple(types)
    if accessor.type not in wanted:
        raise file.error(
            f"{place}.type",
            Message("gltf.type-unsuited", where=where),
            expected=" or ".join(wanted),
            got=accessor.type,
        )
    if accessor.count > MAX_COUNT:
        raise file.error(
            f"{place}.count", Message("gltf.too-many-elements", max_count=MAX_COUNT), got=accessor.count
        )
    dtype, width = _DTYPES[accessor.component_type], _WIDTHS[accessor.type]
    if index in file.unpacked:
        values = file.unpacked[index].astype(dtype)
        if values.shape[1] != width:
            raise file.error(
                place, Message("gltf.compressed-type-differs", width=width), got=str(values.shape[1])
            )
        return values
    if accessor.buffer_view is None:
        values = np.zeros((accessor.count, width), dtype)
    else:
        view = (accessor.buffer_view, accessor.byte_offset, f"{place}.bufferView")
        values = _elements(file, view, accessor.count, width, dtype)
    sparse = accessor.sparse
    if sparse is None:
        return values
    if sparse.count > accessor.count:
        raise file.error(
            f"{place}.sparse.count", Message("gltf.sparse-count", count=accessor.count), got=sparse.count
        )
    view = (sparse.indices.buffer_view, sparse.indices.byte_offset, f"{place}.sparse.indices.bufferView")
    targets = _elements(file, view, sparse.count, 1, _DTYPES[sparse.indices.component_type])[:, 0]
    if int(targets.max()) >= accessor.count:
        raise file.error(
            f"{place}.sparse.indices", Message("gltf.sparse-index", count=accessor.count), got=targets.max()
        )
    view = (sparse.values.buffer_view, sparse.values.byte_offset, f"{place}.sparse.values.bufferView")
    values = values.copy()
    values[targets] = _elements(file, view, sparse.count, width, dtype)
    return values


def _elements(
    file: GltfFile, view: tuple[int, int, str], count: int, width: int, dtype: np.dtype[np.generic]
) -> NDArray[np.generic]:
    """(count, width) elements ``view`` = (buffer view, offset in it, JSON path of the reference)."""
    view_index, offset, where = view
    data, stride = file.view(view_index, where)
    step = stride or width * dtype.itemsize
    end = offset + step * (count - 1) + width * dtype.itemsize
    if end > len(data):
        raise file.error(where, Message("gltf.accessor-past-end", size=len(data)), got=end)
    return np.ndarray((count, width), dtype, data, offset, (step, dtype.itemsize))
