"""The tree of a glTF file's scene: which nodes are shown, in which order, and where they are at rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ar_effects.gltf.rig import local_matrices
from ar_effects.messages import Message

if TYPE_CHECKING:
    from ar_effects.gltf.file import GltfFile
    from ar_effects.gltf.schema import Node
    from ar_effects.records import Matrix

MAX_SCALE = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The nodes of the shown scene.

    Attributes:
        order: indices of nodes, parents before their children.
        parents: index of each node's parent, -1 for roots.
        model_from_node: at rest, in millimetres.
        root: millimetres from the file's units.
    """

    order: tuple[int, ...]
    parents: dict[int, int]
    model_from_node: dict[int, Matrix]
    root: Matrix

    def below(self, nodes: Iterable[int]) -> set[int]:
        """These nodes and all under them."""
        found = set(nodes)
        for index in self.order:
            if self.parents[index] in found:
                found.add(index)
        return found


def read_tree(file: GltfFile, mm_per_unit: float) -> Tree:
    """The default scene. Raises PackError: a node is missing, appears twice, or lies out of all bounds."""
    document = file.document
    if document.scenes:
        roots = file.item(document.scenes, document.scene, "scenes", "scene").nodes
        where = f"scenes[{document.scene}].nodes"
    else:  # a library of parts: show what has no parent
        children = {child for node in document.nodes for child in node.children}
        roots = [i for i in range(len(document.nodes)) if i not in children]
        where = "nodes"
    root = np.diag([mm_per_unit, mm_per_unit, mm_per_unit, 1.0])
    order: list[int] = []
    parents: dict[int, int] = {}
    places: dict[int, Matrix] = {}
    waiting = [(index, -1, where) for index in reversed(roots)]
    while waiting:
        index, parent, where = waiting.pop()
        node = file.item(document.nodes, index, "nodes", where)
        if index in parents:
            raise file.error(where, Message("gltf.node-twice", index=index))
        with np.errstate(over="ignore", invalid="ignore"):  # checked on the next line
            here = places.get(parent, root) @ local_matrix(node)
        if not np.abs(here).max() < MAX_SCALE:
            raise file.error(f"nodes[{index}]", Message("gltf.transform-too-large", max_scale=MAX_SCALE))
        order.append(index)
        parents[index], places[index] = parent, here
        waiting.extend((child, index, f"nodes[{index}].children") for child in reversed(node.children))
    return Tree(tuple(order), parents, places, root)


def local_matrix(node: Node) -> Matrix:
    """(4, 4) parent from node, at rest."""
    if node.matrix is not None:
        return np.array(node.matrix, np.float64).reshape(4, 4).T  # columns come first in the file
    one = (np.array([v], np.float64) for v in (node.translation, node.rotation, node.scale))
    return np.asarray(local_matrices(*one)[0])
