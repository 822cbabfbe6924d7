"""Geometry that is compressed with Draco, KHR_draco_mesh_compression, unpacked by Google's decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.errors import PackError
from ar_effects.gltf.extensions import named
from ar_effects.messages import Message

if TYPE_CHECKING:
    from ar_effects.gltf.file import GltfFile
    from ar_effects.gltf.schema import MeshPrimitive

EXTENSION = "KHR_draco_mesh_compression"


def unpack(file: GltfFile, source: MeshPrimitive, where: str) -> None:
    """Put a primitive's elements into ``file.unpacked``, unless they lie there uncompressed, too.

    Args:
        file: the opened file.
        source: the primitive.
        where: its JSON path.

    Raises:
        PackError: it is damaged, too large, or the decoder is not installed; says Draco.
    """
    draco = source.extensions.draco
    known = source.attributes.get("POSITION") in file.unpacked  # by another node with the same mesh
    if draco is None or known or not _only_compressed(file, source):
        return
    place = f"{where}.extensions.{EXTENSION}"
    try:
        data, _ = file.view(draco.buffer_view, f"{place}.bufferView")
    except PackError as error:
        raise PackError(
            Message("gltf.draco-beside", error=error, extension=named(EXTENSION)),
            file=error.file,
            key=error.key,
        ) from error
    try:
        import DracoPy  # noqa: PLC0415 - 8 MB that few models need
    except ImportError as error:
        absent = Message("gltf.draco-not-installed", extension=named(EXTENSION))
        raise file.error(place, absent, got=error) from error
    try:
        mesh = DracoPy.decode(data)
        by_id = {int(a["unique_id"]): np.asarray(a["data"]) for a in mesh.attributes}
        triangles = np.ascontiguousarray(mesh.faces, np.uint32).reshape(-1, 3)
    except Exception as error:  # the library's own classes differ from version to version
        raise file.error(place, Message("gltf.draco-damaged"), got=f"{error}"[:120]) from error
    for name, number in draco.attributes.items():
        if name not in source.attributes:
            continue
        if number not in by_id:
            raise file.error(
                f"{place}.attributes.{name}",
                Message("gltf.draco-attribute-missing", known=sorted(by_id)),
                got=number,
            )
        values = by_id[number]
        file.unpacked[source.attributes[name]] = values.reshape(len(values), -1)
    if source.indices is not None:
        file.unpacked[source.indices] = triangles.reshape(-1, 1)


def _only_compressed(file: GltfFile, source: MeshPrimitive) -> bool:
    """Whether no plain copy lies beside the stream."""
    position = source.attributes.get("POSITION")
    if position is None or position >= len(file.document.accessors):
        return True
    return file.document.accessors[position].buffer_view is None
