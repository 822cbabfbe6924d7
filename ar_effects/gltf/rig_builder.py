"""Puts a rig together while the primitives of a glTF file are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.gltf.animations import read_clip
from ar_effects.gltf.nodes import local_matrix
from ar_effects.gltf.primitives import boxes
from ar_effects.gltf.rig import Rig
from ar_effects.messages import Message

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from ar_effects.drawlist import Primitive
    from ar_effects.gltf.file import GltfFile
    from ar_effects.gltf.nodes import Tree
    from ar_effects.gltf.primitives import RawPrimitive

MAX_NODES = 512


class RigBuilder:
    """The nodes that move, and what hangs on them.

    Args:
        file: the opened file.
        tree: of its scene.
        animated: nodes that move, with all below them.
        bent: nodes whose morph weights change.

    Raises:
        PackError: too many of them.
    """

    def __init__(self, file: GltfFile, tree: Tree, animated: Collection[int], bent: Collection[int]) -> None:
        if len(animated) > MAX_NODES:
            raise file.error(
                "nodes", Message("gltf.too-many-nodes", max_nodes=MAX_NODES), got=str(len(animated))
            )
        self._file, self._tree, self._bent = file, tree, frozenset(bent)
        self._order = [i for i in tree.order if i in animated]
        self._index = {node: i for i, node in enumerate(self._order)}
        self._parts: dict[int, int] = {}
        self._skins: dict[int, int] = {}
        self._skin_data: list[tuple[NDArray[np.intp], NDArray[np.float64]]] = []
        self._morphs: dict[int, tuple[int, int]] = {}
        self._weights: list[NDArray[np.float64]] = []
        self._hulls: list[tuple[int, int, NDArray[np.float64]]] = []  # skin or -1, part or joint, corners
        self._hull_morphs: list[tuple[int, int, NDArray[np.float64]]] = []

    def moves(self, node: int, joints: Sequence[int] | None) -> bool:
        """Whether a node's mesh moves, by itself or by its skin."""
        return node in self._bent or (node if joints is None else joints[0]) in self._index

    def add(
        self,
        node: int,
        raw: RawPrimitive,
        weights: NDArray[np.float64],
        joints: tuple[Sequence[int], NDArray[np.float64]] | None,
    ) -> Primitive:
        """A primitive of a node that moves.

        Args:
            node: whose mesh it belongs to.
            raw: the primitive.
            weights: (t,) of its morph targets at rest.
            joints: its skin's nodes and inverse bind matrices.
        """
        part, skin, morph = 0, None, None
        if node in self._bent and len(raw.offsets):
            if node not in self._morphs:
                self._morphs[node] = len(self._weights), len(weights)
                self._weights.append(weights)
            morph, number = self._morphs[node]
            if len(raw.offsets) != number:
                raise self._file.error(
                    f"nodes[{node}].mesh",
                    Message("gltf.morph-targets-differ"),
                    expected=str(number),
                    got=len(raw.offsets),
                )
        else:
            raw = raw.bent(weights)
        if joints is None:
            part = self._parts.setdefault(node, len(self._parts) + 1)
        else:
            skin = self._skin(node, joints)
        largest = np.abs(raw.offsets).max(axis=1) if morph is not None else np.zeros((0, 3))
        for joint, box in boxes(raw):
            if morph is not None:
                self._hull_morphs.append((len(self._hulls), morph, largest.astype(np.float64)))
            self._hulls.append((-1, part, _corners(box)) if skin is None else (skin, joint, _corners(box)))
        return raw.moving(part, skin, morph)

    def still(self, primitives: Sequence[Primitive]) -> None:
        """Make room for what does not move."""
        still = [p.positions[p.triangles.reshape(-1)] for p in primitives if not p.part and not p.skin]
        if still:
            low = np.min([p.min(axis=0) for p in still], axis=0)
            box = np.stack([low, np.max([p.max(axis=0) for p in still], axis=0)])
            self._hulls.append((-1, 0, _corners(box.astype(np.float64))))

    def _skin(self, node: int, joints: tuple[Sequence[int], NDArray[np.float64]]) -> int:
        index = self._file.document.nodes[node].skin
        assert index is not None
        if index not in self._skins:
            self._skins[index] = len(self._skins)
            nodes = np.array([self._index[j] for j in joints[0]], np.intp)
            self._skin_data.append((nodes, joints[1]))
        return self._skins[index]

    def made(self, animations: Sequence[str]) -> Rig:
        """The rig, with these animations. Raises PackError: their keys are damaged."""
        nodes = [self._file.document.nodes[i] for i in self._order]
        count = len(nodes)
        parents = [self._tree.parents[i] for i in self._order]
        bases = np.tile(np.eye(4), (count, 1, 1))
        for i, parent in enumerate(parents):
            if parent not in self._index:
                bases[i] = self._tree.model_from_node.get(parent, self._tree.root)
        starts = np.cumsum([len(self._parts) + 1, *(len(n) for n, _ in self._skin_data)])
        owners = [at if skin < 0 else int(starts[skin]) + at for skin, at, _ in self._hulls]
        names = {
            node: tuple(self._file.document.meshes[self._file.document.nodes[node].mesh or 0].target_names)
            for node in self._morphs
        }
        return Rig(
            names=tuple(n.name for n in nodes),
            parents=tuple(self._index.get(p, -1) for p in parents),
            bases=bases,
            locals=np.stack([local_matrix(n) for n in nodes]),
            translations=np.array([n.translation for n in nodes], np.float64).reshape(count, 3),
            rotations=np.array([n.rotation for n in nodes], np.float64).reshape(count, 4),
            scales=np.array([n.scale for n in nodes], np.float64).reshape(count, 3),
            parts=tuple(self._index[node] for node in self._parts),
            skins=tuple(self._skin_data),
            weights=tuple(self._weights),
            target_names=tuple(names[node] for node in self._morphs),
            hull_owners=np.array(owners, np.intp),
            hull_corners=np.array([c for _, _, c in self._hulls], np.float64).reshape(-1, 8, 3),
            hull_morphs=tuple(self._hull_morphs),
            clips={name: read_clip(self._file, name, self._index, self._morphs) for name in animations},
        )


def _corners(box: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 3) -> (8, 3)."""
    choose = np.array([[i >> axis & 1 for axis in range(3)] for i in range(8)])
    return np.take_along_axis(box, choose, axis=0)
