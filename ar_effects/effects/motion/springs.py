"""Spring bones: which nodes of a model swing (ears, chains, tassels), and how; ``swing.py`` moves them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.gltf.rig import Floats, Rig

STEP_S = 1.0 / 120.0
GRAVITY_MM_S2 = 9810.0
OUTWARD = 0.75
"""How much stiffer each bone is than the one before it, in shares of the first one's frequency."""

HEAD_CENTRE_MM = np.array([0.0, 11.0, -94.0])
HEAD_RADII_MM = np.array([67.0, 98.0, 82.0])
"""The skull of tools/assets/make_head.py as an ellipsoid, in the head frame."""


@dataclass(frozen=True, slots=True)
class Spring:
    """How one chain swings.

    Attributes:
        root: name of its first node; everything below swings with it.
        stiffness: free swings per second of the first bone; 0 for what only hangs.
        damping: of the swing against the head's motion; 1 does not swing over.
        gravity: 1 is the earth's.
        drag: of the air, per second.
        limit_deg: the farthest a bone turns from its place.
        radius_mm: how far bones keep off the head.
        avoid_head: whether they do.
    """

    root: str
    stiffness: float = 3.0
    damping: float = 0.4
    gravity: float = 0.0
    drag: float = 0.3
    limit_deg: float = 80.0
    radius_mm: float = 4.0
    avoid_head: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The bones at one depth of all chains.

    Attributes:
        bones: slice of the bones' order.
        nodes: (k,) in the rig.
        parents: (k,) bones; None for roots, whose parents do not swing.
        tails: (k, 3) in the nodes' frames.
    """

    bones: slice
    nodes: NDArray[np.intp]
    parents: NDArray[np.intp] | None
    tails: Floats


class Bones:
    """The bones of a model's springs; shared by all who wear it.

    Args:
        rig: in which every root is a node.
        springs: of the pack.
    """

    def __init__(self, rig: Rig, springs: Sequence[Spring]) -> None:
        roots = {rig.names.index(s.root): i for i, s in enumerate(springs)}
        depth: dict[int, int] = {}
        root_of: dict[int, int] = {}
        for node, parent in enumerate(rig.parents):  # parents come first
            if node in roots:
                depth[node], root_of[node] = 0, roots[node]
                if parent in depth:  # a spring of its own within another's chain
                    depth[node] = depth[parent] + 1
            elif parent in depth:
                depth[node], root_of[node] = depth[parent] + 1, root_of[parent]
        order = sorted(depth, key=lambda node: depth[node])
        place = {node: i for i, node in enumerate(order)}
        self.count = len(order)
        self.roots = np.array([rig.parents[n] for n in order if depth[n] == 0], np.intp)
        self.root_bases = rig.bases[[n for n in order if depth[n] == 0]]
        self.levels: list[Level] = []
        for level in range(max(depth.values(), default=-1) + 1):
            nodes = [n for n in order if depth[n] == level]
            start = place[nodes[0]]
            self.levels.append(
                Level(
                    slice(start, start + len(nodes)),
                    np.array(nodes, np.intp),
                    np.array([place[rig.parents[n]] for n in nodes], np.intp) if level else None,
                    np.stack([_tail(rig, n) for n in nodes]),
                )
            )
        own = [springs[root_of[n]] for n in order]
        # Bones of one frequency would each set the next one ringing, and a still head's tips never rest.
        outward = 1.0 + OUTWARD * np.array([depth[n] - depth[_root_of(rig, n, roots)] for n in order])
        omega = 2.0 * np.pi * (np.array([s.stiffness for s in own]) * outward)[:, None]
        self.pull = omega**2
        self.damping = 2.0 * omega * np.array([s.damping for s in own])[:, None]
        drag = np.array([s.drag for s in own])[:, None]
        self.slowed = 1.0 + STEP_S * (self.damping + drag) + STEP_S**2 * self.pull
        self.springy = (self.pull > 0.0).astype(np.float64)
        self.weight = GRAVITY_MM_S2 * np.array([s.gravity for s in own])[:, None]
        self.limit = np.radians([s.limit_deg for s in own])[:, None]
        self.avoids = np.array([s.avoid_head for s in own])[:, None]
        self.avoid = bool(self.avoids.any())
        self.radii = HEAD_RADII_MM + np.array([s.radius_mm for s in own])[:, None]


def _root_of(rig: Rig, node: int, roots: Collection[int]) -> int:
    while node not in roots:
        node = rig.parents[node]
    return node


def _tail(rig: Rig, node: int) -> Floats:
    """(3,) where a bone ends, in its node's frame: at its children, or as far on as from its parent."""
    children = [i for i, parent in enumerate(rig.parents) if parent == node]
    ends = [rig.locals[i][:3, 3] for i in children if np.linalg.norm(rig.locals[i][:3, 3]) > 1e-9]
    if ends:
        return np.asarray(np.mean(ends, axis=0))
    if node in rig.parts:  # a bone that is a thing: through its middle
        corners = rig.hull_corners[rig.hull_owners == rig.parts.index(node) + 1].reshape(-1, 3)
        middle, size = 0.5 * (corners.min(axis=0) + corners.max(axis=0)), np.ptp(corners, axis=0)
        if np.linalg.norm(middle) > 0.05 * np.linalg.norm(size):
            return np.asarray(2.0 * middle)
    own = rig.locals[node]
    if np.linalg.norm(own[:3, 3]) > 1e-9:
        return np.asarray(np.linalg.pinv(own[:3, :3]) @ own[:3, 3])
    return np.array([0.0, 1.0, 0.0])
