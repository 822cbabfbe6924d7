"""Primitives of glTF meshes: attributes, triangles, joints and morph targets, as they stand or baked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from ar_effects.drawlist import Morph, Primitive, Skinning
from ar_effects.gltf.accessors import read_floats, read_indices, read_joints
from ar_effects.gltf.draco import unpack
from ar_effects.messages import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ar_effects.drawlist import Map, Material
    from ar_effects.gltf.file import GltfFile
    from ar_effects.gltf.material_schema import Coordinates
    from ar_effects.gltf.materials import Materials
    from ar_effects.gltf.schema import MeshPrimitive
    from ar_effects.records import Matrix

MAX_COORDINATE_MM = 1e9
MAX_TARGETS = 64
MAX_OFFSETS = 1_000_000
"""Morph targets times vertices, of one primitive."""

MODES = ("POINTS", "LINES", "LINE_LOOP", "LINE_STRIP", "TRIANGLES", "TRIANGLE_STRIP", "TRIANGLE_FAN")


@dataclass(frozen=True, slots=True, eq=False)
class RawPrimitive:
    """A primitive in the file's own frame and units.

    Attributes:
        positions, normals, uvs, colours, triangles, material: as in ``Primitive``.
        own_uvs: of maps that are read elsewhere than at ``uvs``.
        joints, weights: (n, 4), or None.
        offsets, normal_offsets: (t, n, 3) float32 of the morph targets; t may be 0.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32]
    colours: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    material: Material
    joints: NDArray[np.uint16] | None
    weights: NDArray[np.float32] | None
    offsets: NDArray[np.float32]
    normal_offsets: NDArray[np.float32] | None
    own_uvs: Mapping[Map, NDArray[np.float32]] = field(default_factory=dict)

    def bent(self, weights: NDArray[np.float64]) -> RawPrimitive:
        """With the morph targets mixed in by (t,) weights."""
        mix = weights.astype(np.float32)[: len(self.offsets)]
        if not mix.any():
            return self
        normals = self.normals
        if self.normal_offsets is not None:
            normals = normals + np.tensordot(mix, self.normal_offsets, 1)
        return replace(self, positions=self.positions + np.tensordot(mix, self.offsets, 1), normals=normals)

    def placed(self, model_from_node: Matrix) -> Primitive:
        """In the model's frame; a mirroring transform turns the triangles round."""
        linear = model_from_node[:3, :3]
        positions = self.positions @ linear.T + model_from_node[:3, 3]
        mirrored = float(np.linalg.det(linear)) < 0
        normals = self.normals.astype(np.float64) @ cofactor(linear).T * (-1.0 if mirrored else 1.0)
        return self._made(positions, normals, mirrored=mirrored)

    def posed(self, model_from_bind: NDArray[np.float64]) -> Primitive:
        """In the model's frame, with the skin's (j, 4, 4) matrices applied."""
        assert self.joints is not None
        assert self.weights is not None
        blend = np.einsum("nk,nkij->nij", self.weights, model_from_bind[self.joints][:, :, :3])
        positions = np.einsum("nij,nj->ni", blend[:, :, :3], self.positions) + blend[:, :, 3]
        normals = np.einsum("nij,nj->ni", blend[:, :, :3], self.normals)
        mirrored = bool(np.linalg.det(model_from_bind[0, :3, :3]) < 0)
        return self._made(positions, normals, mirrored=mirrored)

    def moving(self, part: int, skin: int | None, morph: int | None) -> Primitive:
        """As it stands, for a part or a skin that moves and targets that are mixed while it is worn."""
        follows = None
        if skin is not None:
            assert self.joints is not None
            assert self.weights is not None
            follows = Skinning(skin, self.joints, self.weights)
        morph_values = None if morph is None else Morph(morph, self.offsets, self.normal_offsets)
        return Primitive(
            self.positions,
            self.normals,
            self.uvs,
            self.colours,
            self.triangles,
            self.material,
            part,
            follows,
            morph_values,
            own_uvs=self.own_uvs,
        )

    def _made(
        self, positions: NDArray[np.floating], normals: NDArray[np.float64], *, mirrored: bool
    ) -> Primitive:
        triangles = self.triangles[:, ::-1] if mirrored else self.triangles
        return Primitive(
            np.ascontiguousarray(positions.clip(-MAX_COORDINATE_MM, MAX_COORDINATE_MM), np.float32),
            np.ascontiguousarray(normalized(normals), np.float32),
            self.uvs,
            self.colours,
            np.ascontiguousarray(triangles),
            self.material,
            own_uvs=self.own_uvs,
        )


def read_primitive(
    file: GltfFile, source: MeshPrimitive, materials: Materials, where: str, joint_count: int | None = None
) -> RawPrimitive:
    """Read one.

    Args:
        file: the opened file.
        source: its description.
        materials: of the file.
        where: its JSON path.
        joint_count: of the skin its node has; None without.

    Raises:
        PackError: something in it is missing, damaged or not supported.
    """
    attributes = source.attributes
    if "POSITION" not in attributes:
        raise file.error(f"{where}.attributes", Message("gltf.no-positions"))
    unpack(file, source, where)
    positions = read_floats(file, attributes["POSITION"], f"{where}.attributes.POSITION", ("VEC3",))
    count = len(positions)

    def attribute(name: str, types: tuple[str, ...], absent: NDArray[np.float32]) -> NDArray[np.float32]:
        if name not in attributes:
            return absent
        place = f"{where}.attributes.{name}"
        values = read_floats(file, attributes[name], place, types)
        _check_count(file, place, len(values), count)
        return values

    material, coordinates = materials.get(source.material, f"{where}.material")
    sets = {
        number: attribute(f"TEXCOORD_{number}", ("VEC2",), np.zeros((count, 2), np.float32))
        for number in {c.number for c in coordinates.values()} or {0}
    }
    uvs, own_uvs = _uvs(coordinates, sets)
    colours = attribute("COLOR_0", ("VEC3", "VEC4"), np.ones((count, 4), np.float32))
    if colours.shape[1] == 3:
        colours = np.hstack([colours, np.ones((count, 1), np.float32)])
    normals = attribute("NORMAL", ("VEC3",), np.zeros((count, 3), np.float32))
    joints, weights = (None, None) if joint_count is None else _skin(file, source, where, count, joint_count)
    offsets, normal_offsets = _targets(file, source, where, count)
    triangles = _triangles(file, source, count, where)
    raw = RawPrimitive(
        positions,
        normals,
        uvs,
        colours,
        triangles,
        material,
        joints,
        weights,
        offsets,
        normal_offsets,
        own_uvs,
    )
    return raw if "NORMAL" in attributes else _flat(raw)


def _uvs(
    coordinates: Mapping[Map, Coordinates], sets: Mapping[int, NDArray[np.float32]]
) -> tuple[NDArray[np.float32], dict[Map, NDArray[np.float32]]]:
    """(n, 2) for most maps, the base colour's if it has a map, and those of maps that are read elsewhere."""
    if not coordinates:
        return next(iter(sets.values())), {}
    usual = coordinates.get("base_color") or next(iter(coordinates.values()))
    own = {name: c.of(sets[c.number]) for name, c in coordinates.items() if c != usual}
    return usual.of(sets[usual.number]), own


def _check_count(file: GltfFile, place: str, got: int, expected: int) -> None:
    if got != expected:
        raise file.error(place, Message("gltf.count-differs"), expected=str(expected), got=str(got))


def _skin(
    file: GltfFile, source: MeshPrimitive, where: str, count: int, joint_count: int
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """(n, 4) joints and weights with sums of 1."""
    attributes = source.attributes
    if "JOINTS_1" in attributes:
        raise file.error(f"{where}.attributes.JOINTS_1", Message("gltf.more-than-four-joints"))
    for name in ("JOINTS_0", "WEIGHTS_0"):
        if name not in attributes:
            raise file.error(
                f"{where}.attributes", Message("gltf.skin-attribute-missing", name=name), expected=name
            )
    place = f"{where}.attributes.JOINTS_0"
    joints = read_joints(file, attributes["JOINTS_0"], place)
    _check_count(file, place, len(joints), count)
    weights = read_floats(file, attributes["WEIGHTS_0"], f"{where}.attributes.WEIGHTS_0", ("VEC4",))
    _check_count(file, f"{where}.attributes.WEIGHTS_0", len(weights), count)
    weights = np.maximum(weights, 0.0)
    joints = np.where(weights > 0.0, joints, 0).astype(np.uint16)
    if int(joints.max()) >= joint_count:
        raise file.error(place, Message("gltf.joint-not-in-skin", joint_count=joint_count), got=joints.max())
    total = weights.sum(axis=1, keepdims=True)
    weights = np.where(
        total > 0.0, weights / np.where(total > 0.0, total, 1.0), np.array([1, 0, 0, 0], np.float32)
    )
    return joints, weights.astype(np.float32)


def _targets(
    file: GltfFile, source: MeshPrimitive, where: str, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """(t, n, 3) offsets of positions, and of normals where a target has them."""
    number = len(source.targets)
    if number > MAX_TARGETS or number * count > MAX_OFFSETS:
        raise file.error(
            f"{where}.targets",
            Message(
                "gltf.too-many-morph-targets",
                max_targets=MAX_TARGETS,
                max_offsets=MAX_OFFSETS,
                number=number,
                count=count,
            ),
        )

    def read(name: str) -> NDArray[np.float32]:
        offsets = np.zeros((number, count, 3), np.float32)
        for i, target in enumerate(source.targets):
            if name in target:
                place = f"{where}.targets[{i}].{name}"
                values = read_floats(file, target[name], place, ("VEC3",))
                _check_count(file, place, len(values), count)
                offsets[i] = values
        return offsets

    return read("POSITION"), read("NORMAL") if any("NORMAL" in t for t in source.targets) else None


def _triangles(file: GltfFile, source: MeshPrimitive, count: int, where: str) -> NDArray[np.uint32]:
    """(m, 3) uint32 from a list, strip or fan, with or without indices."""
    mode = "TRIANGLES" if source.indices in file.unpacked else MODES[source.mode]
    if source.indices is None:
        indices = np.arange(count, dtype=np.uint32)
    else:
        indices = read_indices(file, source.indices, f"{where}.indices", count)
    if len(indices) < 3 or (mode == "TRIANGLES" and len(indices) % 3):
        uneven = "gltf.indices-not-in-threes" if mode == "TRIANGLES" else "gltf.indices-too-few"
        raise file.error(f"{where}.indices", Message(uneven), got=len(indices))
    if mode == "TRIANGLES":
        return indices.reshape(-1, 3)
    i = np.arange(len(indices) - 2)
    if mode == "TRIANGLE_FAN":
        return np.stack([indices[i + 1], indices[i + 2], np.broadcast_to(indices[0], i.shape)], axis=1)
    return np.stack([indices[i], indices[i + 1 + i % 2], indices[i + 2 - i % 2]], axis=1)


def _flat(raw: RawPrimitive) -> RawPrimitive:
    """Without normals in the file every triangle is flat, as the standard asks: its corners are its own."""
    order = raw.triangles.reshape(-1)
    p = raw.positions[order].reshape(-1, 3, 3).astype(np.float64)
    normals = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    return RawPrimitive(
        raw.positions[order],
        np.repeat(normalized(normals), 3, axis=0).astype(np.float32),
        raw.uvs[order],
        raw.colours[order],
        np.arange(len(order), dtype=np.uint32).reshape(-1, 3),
        raw.material,
        None if raw.joints is None else raw.joints[order],
        None if raw.weights is None else raw.weights[order],
        raw.offsets[:, order],
        None,  # flat normals at rest; a morph that turns triangles far needs normals of its own
        {name: uvs[order] for name, uvs in raw.own_uvs.items()},
    )


def cofactor(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) the inverse transpose times the determinant, defined even when flattened."""
    return np.stack([np.cross(linear[(i + 1) % 3], linear[(i + 2) % 3]) for i in range(3)])


def normalized(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit length; what has no direction points to the front."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0, normals / np.where(length > 0, length, 1.0), [0.0, 0.0, 1.0])


def boxes(raw: RawPrimitive) -> Sequence[tuple[int, NDArray[np.float64]]]:
    """(joint, (2, 3) box) of what each joint of a skin carries; without a skin one box of joint 0."""
    used = np.unique(raw.triangles)
    positions = raw.positions[used].astype(np.float64)
    if raw.joints is None or raw.weights is None:
        return [(0, np.stack([positions.min(axis=0), positions.max(axis=0)]))]
    joints, weights = raw.joints[used], raw.weights[used]
    found = []
    for joint in np.unique(joints[weights > 0.0]):
        carried = positions[((joints == joint) & (weights > 0.0)).any(axis=1)]
        found.append((int(joint), np.stack([carried.min(axis=0), carried.max(axis=0)])))
    return found
