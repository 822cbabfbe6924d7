"""glTF 2.0 files (.glb, .gltf) -> drawlist.Model, or a PackError that says where the file is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.drawlist import Model, Primitive
from ar_effects.effects.gltf_accessors import read_floats, read_indices
from ar_effects.effects.gltf_file import GltfFile
from ar_effects.effects.gltf_materials import Materials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from ar_effects.drawlist import Material
    from ar_effects.effects.gltf_schema import MeshPrimitive, Node
    from ar_effects.records import Matrix

MAX_TRIANGLES = 500_000
MAX_SCALE = 1e9
MAX_COORDINATE_MM = 1e9
_MODES = ("POINTS", "LINES", "LINE_LOOP", "LINE_STRIP", "TRIANGLES", "TRIANGLE_STRIP", "TRIANGLE_FAN")


def load_model(path: Path, unit_mm: float = 1000.0) -> Model:
    """Read the default scene of a glTF file, node transforms applied.

    Animations are ignored: what is read is the scene at rest.

    Args:
        path: a GLB, or a .gltf with its files beside it.
        unit_mm: millimetres per unit of the file; the standard's unit is the metre.

    Raises:
        PackError: the file is damaged, too large, empty, or needs what is not supported (unknown
            required extensions, skins, lines and points); names file and JSON path.
    """
    file = GltfFile(path)
    materials = Materials(file)
    primitives: list[Primitive] = []
    triangles = 0
    for index, model_from_node in _placed_meshes(file, unit_mm):
        for number, source in enumerate(file.document.meshes[index].primitives):
            where = f"meshes[{index}].primitives[{number}]"
            primitive = _placed(_read_primitive(file, source, materials, where), model_from_node)
            triangles += len(primitive.triangles)
            if triangles > MAX_TRIANGLES:
                raise file.error(
                    where,
                    "the model has too many triangles",
                    expected=f"at most {MAX_TRIANGLES}",
                    got=f"{triangles} so far",
                    fix="Simplify it",
                )
            primitives.append(primitive)
    return Model(path.stem, tuple(primitives), _bounds(file, primitives))


def _placed_meshes(file: GltfFile, unit_mm: float) -> Iterator[tuple[int, Matrix]]:
    """Index and placement of every mesh of the scene."""
    document = file.document
    if document.scenes:
        roots = file.item(document.scenes, document.scene, "scenes", "scene").nodes
        where = f"scenes[{document.scene}].nodes"
    else:  # a library of parts: show what has no parent
        children = {child for node in document.nodes for child in node.children}
        roots = [i for i in range(len(document.nodes)) if i not in children]
        where = "nodes"
    seen: set[int] = set()
    waiting = [(root, np.diag([unit_mm, unit_mm, unit_mm, 1.0]), where) for root in reversed(roots)]
    while waiting:
        index, parent, where = waiting.pop()
        node = file.item(document.nodes, index, "nodes", where)
        if index in seen:
            raise file.error(where, f"nodes[{index}] appears twice in the tree")
        seen.add(index)
        place = f"nodes[{index}]"
        with np.errstate(over="ignore", invalid="ignore"):  # checked on the next line
            here = parent @ _local_matrix(node)
        if not np.abs(here).max() < MAX_SCALE:
            raise file.error(
                place, "its transform is out of all bounds", expected=f"numbers below {MAX_SCALE:g}"
            )
        if node.mesh is not None:
            if node.skin is not None:
                raise file.error(
                    f"{place}.skin", "skins are not supported", fix="Apply the skin and export again"
                )
            mesh = file.item(document.meshes, node.mesh, "meshes", f"{place}.mesh")
            if any(node.weights or mesh.weights):
                raise file.error(
                    f"{place}.weights" if any(node.weights) else f"meshes[{node.mesh}].weights",
                    "morph targets are not supported",
                    fix="Apply them and export again",
                )
            yield node.mesh, here
        waiting.extend((child, here, f"{place}.children") for child in reversed(node.children))


def _local_matrix(node: Node) -> Matrix:
    if node.matrix is not None:
        return np.array(node.matrix, np.float64).reshape(4, 4).T  # columns come first in the file
    x, y, z, w = np.array(node.rotation, np.float64) / max(float(np.linalg.norm(node.rotation)), 1e-12)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ) * np.array(node.scale)
    matrix[:3, 3] = node.translation
    return matrix


def _read_primitive(file: GltfFile, source: MeshPrimitive, materials: Materials, where: str) -> Primitive:
    attributes = source.attributes
    if "POSITION" not in attributes:
        raise file.error(f"{where}.attributes", "there are no positions", expected="POSITION")
    positions = read_floats(file, attributes["POSITION"], f"{where}.attributes.POSITION", ("VEC3",))
    count = len(positions)

    def attribute(name: str, types: tuple[str, ...], absent: NDArray[np.float32]) -> NDArray[np.float32]:
        if name not in attributes:
            return absent
        place = f"{where}.attributes.{name}"
        values = read_floats(file, attributes[name], place, types)
        if len(values) != count:
            raise file.error(
                place, "its count differs from POSITION's", expected=str(count), got=str(len(values))
            )
        return values

    material, uv_set = materials.get(source.material, f"{where}.material")
    uvs = attribute(f"TEXCOORD_{uv_set}", ("VEC2",), np.zeros((count, 2), np.float32))
    colors = attribute("COLOR_0", ("VEC3", "VEC4"), np.ones((count, 4), np.float32))
    if colors.shape[1] == 3:
        colors = np.hstack([colors, np.ones((count, 1), np.float32)])
    normals = attribute("NORMAL", ("VEC3",), np.zeros((count, 3), np.float32))
    triangles = _triangles(file, source, count, where)
    if "NORMAL" in attributes:
        return Primitive(positions, normals, uvs, colors, triangles, material)
    return _flat(positions, uvs, colors, triangles, material)


def _triangles(file: GltfFile, source: MeshPrimitive, count: int, where: str) -> NDArray[np.uint32]:
    """(m, 3) uint32 from a list, strip or fan, with or without indices."""
    mode = _MODES[source.mode]
    if not mode.startswith("TRIANGLE"):
        raise file.error(
            f"{where}.mode", "only triangles are drawn", expected="4, 5 or 6", got=f"{source.mode} ({mode})"
        )
    if source.indices is None:
        indices = np.arange(count, dtype=np.uint32)
    else:
        indices = read_indices(file, source.indices, f"{where}.indices", count)
    if len(indices) < 3 or (mode == "TRIANGLES" and len(indices) % 3):
        raise file.error(
            f"{where}.indices",
            "the indices do not make triangles",
            expected="a multiple of 3" if mode == "TRIANGLES" else "at least 3",
            got=len(indices),
        )
    if mode == "TRIANGLES":
        return indices.reshape(-1, 3)
    i = np.arange(len(indices) - 2)
    if mode == "TRIANGLE_FAN":
        return np.stack([indices[i + 1], indices[i + 2], np.broadcast_to(indices[0], i.shape)], axis=1)
    return np.stack([indices[i], indices[i + 1 + i % 2], indices[i + 2 - i % 2]], axis=1)


def _flat(
    positions: NDArray[np.float32],
    uvs: NDArray[np.float32],
    colors: NDArray[np.float32],
    triangles: NDArray[np.uint32],
    material: Material,
) -> Primitive:
    """Without normals in the file every triangle is flat, as the standard asks: its corners are its own."""
    order = triangles.reshape(-1)
    p = positions[order].reshape(-1, 3, 3).astype(np.float64)
    normals = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    normals = np.repeat(_normalized(normals), 3, axis=0)
    own = np.arange(len(order), dtype=np.uint32).reshape(-1, 3)
    return Primitive(positions[order], normals.astype(np.float32), uvs[order], colors[order], own, material)


def _placed(primitive: Primitive, model_from_node: Matrix) -> Primitive:
    """Positions and normals in the model's frame; a mirroring transform turns the triangles round."""
    linear = model_from_node[:3, :3]
    positions = primitive.positions @ linear.T + model_from_node[:3, 3]
    positions = positions.clip(-MAX_COORDINATE_MM, MAX_COORDINATE_MM)  # which _bounds refuses
    # the cofactor matrix: the inverse transpose times the determinant, defined even when flattened
    cofactor = np.stack([np.cross(linear[(i + 1) % 3], linear[(i + 2) % 3]) for i in range(3)])
    mirrored = float(np.linalg.det(linear)) < 0
    normals = primitive.normals.astype(np.float64) @ cofactor.T * (-1.0 if mirrored else 1.0)
    triangles = primitive.triangles[:, ::-1] if mirrored else primitive.triangles
    return Primitive(
        np.ascontiguousarray(positions, np.float32),
        np.ascontiguousarray(_normalized(normals), np.float32),
        primitive.uvs,
        primitive.colors,
        np.ascontiguousarray(triangles),
        primitive.material,
    )


def _normalized(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit length; what has no direction points to the front."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0, normals / np.where(length > 0, length, 1.0), [0.0, 0.0, 1.0])


def _bounds(file: GltfFile, primitives: list[Primitive]) -> NDArray[np.float32]:
    if not primitives:
        raise file.error("scenes", "the scene shows no mesh")
    drawn = [p.positions[p.triangles.reshape(-1)] for p in primitives]
    bounds = np.stack(
        [np.min([d.min(axis=0) for d in drawn], axis=0), np.max([d.max(axis=0) for d in drawn], axis=0)]
    )
    if np.abs(bounds).max() >= MAX_COORDINATE_MM:
        raise file.error(
            "scenes",
            "the scene's bounds are out of all bounds",
            expected=f"coordinates below {MAX_COORDINATE_MM:g} mm",
            got=bounds.tolist(),
        )
    if (bounds[1] == bounds[0]).all():
        raise file.error("scenes", "the scene has no extent", got=f"a single point {bounds[0].tolist()}")
    return bounds.astype(np.float32)
