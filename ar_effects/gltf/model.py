"""glTF 2.0 files (.glb, .gltf) -> drawlist.Model, or a PackError that says where the file is wrong.

What nobody moves is baked into the model's frame when it is loaded, and costs nothing later: node
transforms, skins and morph targets alike. What is asked to move keeps its nodes, in a ``Rig``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ar_effects.drawlist import MAX_JOINTS, Model, Primitive
from ar_effects.gltf.accessors import read_floats
from ar_effects.gltf.animations import animated_nodes, animation_names
from ar_effects.gltf.file import GltfFile
from ar_effects.gltf.materials import Materials
from ar_effects.gltf.nodes import Tree, read_tree
from ar_effects.gltf.primitives import MAX_COORDINATE_MM, MODES, RawPrimitive, read_primitive
from ar_effects.gltf.rig_builder import RigBuilder
from ar_effects.messages import Message, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ar_effects.gltf.rig import Rig
    from ar_effects.media.texture_cache import Pictures
    from ar_effects.records import Matrix

MAX_TRIANGLES = 500_000


@dataclass(frozen=True, slots=True)
class Moves:
    """What a pack wants to move, by the names in the file.

    Attributes:
        animations: to play.
        roots: nodes whose trees are moved from outside.
        targets: morph targets whose weights are set from outside.
        groups: nodes whose primitives must be told apart.
    """

    animations: Collection[str] = ()
    roots: Collection[str] = ()
    targets: Collection[str] = ()
    groups: Collection[str] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A model and what can move it.

    Attributes:
        model: to draw.
        rig: None where nothing moves.
        groups: indices of the primitives under each node of ``Moves.groups``.
        notes: sentences on what is in the file and is not drawn.
    """

    model: Model
    rig: Rig | None
    groups: Mapping[str, frozenset[int]]
    notes: tuple[str, ...] = ()


def load_model(path: Path, mm_per_unit: float = 1000.0) -> Model:
    """Read the default scene of a glTF file at rest.

    Args:
        path: a GLB, or a .gltf with its files beside it.
        mm_per_unit: millimetres per unit of the file; the standard's unit is the metre.

    Raises:
        PackError: the file is damaged, too large, empty, or needs what is not supported (unknown
            required extensions, more than four joints a vertex, nothing but lines and points); names file and
            JSON path.
    """
    return GltfModel(path, mm_per_unit).read().model


class GltfModel:
    """A file that is being read: ask for its names, then ``read``.

    Args:
        path: a GLB, or a .gltf with its files beside it.
        mm_per_unit: millimetres per unit of the file.
        pictures: of the pack.

    Attributes:
        animations, nodes, targets, materials: names in the file; animations and targets without one are
            called by their number, from 0 on.
    """

    def __init__(self, path: Path, mm_per_unit: float = 1000.0, pictures: Pictures | None = None) -> None:
        self._file = GltfFile(path)
        self._mm_per_unit = mm_per_unit
        self._materials = Materials(self._file, mm_per_unit, pictures)
        document = self._file.document
        self.animations = animation_names(self._file)
        self.nodes = [node.name for node in document.nodes if node.name]
        self.targets = list(dict.fromkeys(name for mesh in document.meshes for name in mesh.target_names))
        self.materials = [material.name for material in document.materials if material.name]

    def read(self, moves: Moves | None = None) -> Loaded:
        """The model. Raises PackError."""
        moves = moves or Moves()
        file, tree = self._file, read_tree(self._file, self._mm_per_unit)
        rig = self._moving(tree, moves)
        primitives: list[Primitive] = []
        of_node: dict[int, list[int]] = {}
        triangles = 0
        thin = ""
        for node in tree.order:
            mesh = file.document.nodes[node].mesh
            if mesh is None:
                continue
            file.item(file.document.meshes, mesh, "meshes", f"nodes[{node}].mesh")
            joints = self._joints(node, tree)
            for number, source in enumerate(file.document.meshes[mesh].primitives):
                where = f"meshes[{mesh}].primitives[{number}]"
                mode = MODES[source.mode]
                if not mode.startswith("TRIANGLE"):
                    thin = thin or f"{where}.mode"
                    file.note(sentence("gltf.mode-not-drawn", mode=mode, where=where))
                    continue
                count = None if joints is None else len(joints[0])
                raw = read_primitive(file, source, self._materials, where, count)
                triangles += len(raw.triangles)
                if triangles > MAX_TRIANGLES:
                    raise file.error(
                        where,
                        Message("gltf.too-many-triangles", max_triangles=MAX_TRIANGLES, triangles=triangles),
                    )
                of_node.setdefault(node, []).append(len(primitives))
                primitives.append(self._primitive(node, raw, tree, rig, joints))
        if thin and not primitives:
            raise file.error(thin, Message("gltf.no-triangles"))
        if rig and primitives:
            rig.still(primitives)
        groups = {name: self._group(name, tree, of_node) for name in moves.groups}
        made = rig.made([c for c in self.animations if c in moves.animations]) if rig else None
        rest = made.rest() if made else None
        bounds = self._bounds(primitives, None if rest is None else rest.corners_mm)
        return Loaded(Model(file.path.stem, tuple(primitives), bounds, rest), made, groups, tuple(file.notes))

    def _moving(self, tree: Tree, moves: Moves) -> RigBuilder | None:
        """The rig of the nodes that are asked to move, with those that hang on them."""
        document = self._file.document
        animated = {i for i in tree.order if document.nodes[i].name and document.nodes[i].name in moves.roots}
        bent: set[int] = set()
        for name in moves.animations:
            moved, morph_values = animated_nodes(self._file, name)
            animated |= moved & set(tree.order)
            bent |= morph_values & set(tree.order)
        if moves.targets:
            bent |= {i for i in tree.order if self._has_target(i, moves.targets)}
        if not animated and not bent:
            return None
        animated = tree.below(animated | bent)
        skinned = [i for i in tree.order if document.nodes[i].skin is not None]
        before = -1
        while before != len(animated):  # a skin moves as one
            before = len(animated)
            for node in skinned:
                joints = self._joints(node, tree)
                if joints is not None and (node in bent or not animated.isdisjoint(joints[0])):
                    animated = tree.below(animated | set(joints[0]))
        return RigBuilder(self._file, tree, animated, bent)

    def _has_target(self, node: int, names: Collection[str]) -> bool:
        mesh = self._file.document.nodes[node].mesh
        if mesh is None or mesh >= len(self._file.document.meshes):
            return False
        return any(name in names for name in self._file.document.meshes[mesh].target_names)

    def _joints(self, node: int, tree: Tree) -> tuple[list[int], NDArray[np.float64]] | None:
        """The nodes of a node's skin and their inverse bind matrices; None without a skin."""
        file = self._file
        index = file.document.nodes[node].skin
        if index is None:
            return None
        skin = file.item(file.document.skins, index, "skins", f"nodes[{node}].skin")
        place = f"skins[{index}]"
        if len(skin.joints) > MAX_JOINTS:
            raise file.error(
                f"{place}.joints",
                Message("gltf.too-many-joints", max_joints=MAX_JOINTS),
                got=len(skin.joints),
            )
        for i, joint in enumerate(skin.joints):
            if joint not in tree.parents:
                raise file.error(f"{place}.joints[{i}]", Message("gltf.joint-outside-scene", joint=joint))
        binds = np.tile(np.eye(4), (len(skin.joints), 1, 1))
        if skin.inverse_bind_matrices is not None:
            where = f"{place}.inverseBindMatrices"
            flat = read_floats(file, skin.inverse_bind_matrices, where, ("MAT4",))
            if len(flat) < len(skin.joints):
                raise file.error(
                    where, Message("gltf.fewer-than-joints"), expected=str(len(skin.joints)), got=len(flat)
                )
            binds = flat[: len(skin.joints)].reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64)
        return skin.joints, binds

    def _primitive(
        self,
        node: int,
        raw: RawPrimitive,
        tree: Tree,
        rig: RigBuilder | None,
        joints: tuple[list[int], NDArray[np.float64]] | None,
    ) -> Primitive:
        """Baked, or as a part of the rig."""
        weights = self._weights(node, len(raw.offsets))
        if rig is not None and rig.moves(node, joints[0] if joints else None):
            return rig.add(node, raw, weights, joints)
        raw = raw.bent(weights)
        if joints is None:
            return raw.placed(tree.model_from_node[node])
        nodes, binds = joints
        return raw.posed(np.stack([tree.model_from_node[j] for j in nodes]) @ binds)

    def _weights(self, node: int, targets: int) -> NDArray[np.float64]:
        """(t,) of a node's mesh at rest."""
        file = self._file
        source = file.document.nodes[node]
        mesh = file.document.meshes[source.mesh or 0]
        given = source.weights or mesh.weights
        if given and len(given) != targets:
            place = f"nodes[{node}].weights" if source.weights else f"meshes[{source.mesh}].weights"
            raise file.error(
                place, Message("gltf.weights-not-targets"), expected=str(targets), got=len(given)
            )
        return np.array(given or [0.0] * targets, np.float64)

    def _group(self, name: str, tree: Tree, of_node: Mapping[int, list[int]]) -> frozenset[int]:
        nodes = self._file.document.nodes
        below = tree.below(i for i in tree.order if nodes[i].name == name)
        return frozenset(p for node in below for p in of_node.get(node, ()))

    def _bounds(self, primitives: list[Primitive], corners_mm: Matrix | None) -> NDArray[np.float32]:
        file = self._file
        if not primitives:
            raise file.error("scenes", Message("gltf.scene-empty"))
        drawn: list[NDArray[np.floating]] = [p.positions[p.triangles.reshape(-1)] for p in primitives]
        if corners_mm is not None:
            drawn = [corners_mm]
        bounds = np.stack(
            [np.min([d.min(axis=0) for d in drawn], axis=0), np.max([d.max(axis=0) for d in drawn], axis=0)]
        )
        if not np.abs(bounds).max() < MAX_COORDINATE_MM:
            raise file.error(
                "scenes",
                Message("gltf.bounds-too-large", max_coordinate_mm=MAX_COORDINATE_MM),
                got=bounds.tolist(),
            )
        if (bounds[1] == bounds[0]).all():
            raise file.error("scenes", Message("gltf.scene-a-point", point=bounds[0].tolist()))
        return bounds.astype(np.float32)
