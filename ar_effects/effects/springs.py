"""Spring bones: chains of nodes that swing as the head moves (ears, chains, tassels).

Each bone has a tail, a particle in the camera's frame that is drawn to where the rest of the model would
have it, by a damped spring solved implicitly, and then put back to the bone's length: position-based
dynamics as in Müller et al., "Position Based Dynamics", 2007, with the implicit spring of Baraff and Witkin,
"Large Steps in Cloth Simulation", 1998. Steps have one length whatever the frame rate, and the head's motion
between two frames is shared out among them, so that 24 and 60 frames a second swing alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.effects.rig import Floats, Rig
from ar_effects.geometry.rotations import rotation_from_vector
from ar_effects.records import Matrix

STEP_S = 1.0 / 120.0
GRAVITY_MM_S2 = 9810.0
JUMP_MM, JUMP_RAD = 150.0, 1.0
"""A head that moves or turns so far between two frames is another head, or was lost: bones start at rest."""

HEAD_CENTRE_MM = np.array([0.0, 11.0, -94.0])
HEAD_RADII_MM = np.array([67.0, 98.0, 82.0])
"""The skull of tools/assets/make_head.py as an ellipsoid, in the head frame."""

_DOWN = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True, slots=True)
class Spring:
    """How one chain swings.

    Attributes:
        root: name of its first node; everything below swings with it.
        stiffness: free swings per second; 0 for what only hangs.
        damping: of the swing against the head's motion; 1 does not swing over.
        gravity: 1 is the earth's.
        drag: of the air, per second.
        limit_deg: the farthest a bone turns from its place.
        radius_mm: how far bones keep off the head.
        avoid_head: whether they do.
    """

    root: str
    stiffness: float = 2.5
    damping: float = 0.25
    gravity: float = 0.0
    drag: float = 0.3
    limit_deg: float = 80.0
    radius_mm: float = 4.0
    avoid_head: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
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
        owner: dict[int, int] = {}
        for node, parent in enumerate(rig.parents):  # parents come first
            if node in roots:
                depth[node], owner[node] = 0, roots[node]
                if parent in depth:  # a spring of its own within another's chain
                    depth[node] = depth[parent] + 1
            elif parent in depth:
                depth[node], owner[node] = depth[parent] + 1, owner[parent]
        order = sorted(depth, key=lambda node: depth[node])
        place = {node: i for i, node in enumerate(order)}
        self.count = len(order)
        self.roots = np.array([rig.parents[n] for n in order if depth[n] == 0], np.intp)
        self.root_bases = rig.bases[[n for n in order if depth[n] == 0]]
        self.levels: list[_Level] = []
        for level in range(max(depth.values(), default=-1) + 1):
            nodes = [n for n in order if depth[n] == level]
            start = place[nodes[0]]
            self.levels.append(
                _Level(
                    slice(start, start + len(nodes)),
                    np.array(nodes, np.intp),
                    np.array([place[rig.parents[n]] for n in nodes], np.intp) if level else None,
                    np.stack([_tail(rig, n) for n in nodes]),
                )
            )
        own = [springs[owner[n]] for n in order]
        omega = 2.0 * np.pi * np.array([s.stiffness for s in own])[:, None]
        self.pull = omega**2
        self.damping = 2.0 * omega * np.array([s.damping for s in own])[:, None]
        self.drag = np.array([s.drag for s in own])[:, None]
        self.weight = GRAVITY_MM_S2 * np.array([s.gravity for s in own])[:, None]
        self.limit = np.radians([s.limit_deg for s in own])[:, None]
        self.avoids = np.array([s.avoid_head for s in own])[:, None]
        self.radii = HEAD_RADII_MM + np.array([s.radius_mm for s in own])[:, None]


class Swing:
    """The bones of one model on one head."""

    def __init__(self, bones: Bones) -> None:
        self._bones = bones
        self._place: Matrix | None = None
        self._left_s = 0.0
        self._tails = np.zeros((bones.count, 3))
        self._speeds = np.zeros((bones.count, 3))
        self._targets = np.zeros((bones.count, 3))
        self._worlds = np.zeros((bones.count, 4, 4))
        self._swings = np.tile(np.eye(3), (bones.count, 1, 1))  # parent from parent

    def update(
        self,
        local: Floats,
        places: Floats,
        camera_from_model: Matrix,
        camera_from_head: Matrix,
        step_s: float,
    ) -> Floats:
        """One frame.

        Args:
            local: (n, 4, 4) parent from node, as animations have them.
            places: (n, 4, 4) model from node, the same.
            camera_from_model: where the model is now.
            camera_from_head: where the head is now.
            step_s: since the frame before.

        Returns:
            (n, 4, 4) ``local`` with the bones turned.
        """
        bones = self._bones
        if not np.isfinite(camera_from_model).all() or abs(np.linalg.det(camera_from_model[:3, :3])) < 1e-9:
            self._place = None
            return local
        starts = np.where((bones.roots >= 0)[:, None, None], places[bones.roots], bones.root_bases)
        before, turn = self._place, np.zeros(3)
        if before is not None:
            turn = _turn(before, camera_from_model)
            moved = np.linalg.norm(camera_from_model[:3, 3] - before[:3, 3])
            if moved > JUMP_MM or np.linalg.norm(turn) > JUMP_RAD:
                before = None
        if before is None:
            self._rest(local, starts, camera_from_model)
        else:
            model_from_head = np.linalg.inv(camera_from_model) @ camera_from_head
            first, total = self._left_s, self._left_s + max(step_s, 0.0)
            count = int(total / STEP_S + 1e-9)
            for i in range(1, count + 1):
                share = (i * STEP_S - first) / max(step_s, 1e-9)
                place = _between(before, camera_from_model, turn, share)
                self._step(local, starts, place, place @ model_from_head)
            self._left_s = total - count * STEP_S
        self._place = camera_from_model.copy()
        turned = local.copy()
        for level in bones.levels:
            turned[level.nodes, :3, :3] = self._swings[level.bones] @ local[level.nodes, :3, :3]
        return turned

    def _rest(self, local: Floats, starts: Floats, place: Matrix) -> None:
        """Every bone where the model has it, and still."""
        self._left_s = 0.0
        self._speeds[:] = 0.0
        self._swings[:] = np.eye(3)
        for level in self._bones.levels:
            world = self._parents(level, starts, place) @ local[level.nodes]
            self._worlds[level.bones] = world
            self._tails[level.bones] = _times(world, level.tails) + world[:, :3, 3]
        self._targets[:] = self._tails

    def _parents(self, level: _Level, starts: Floats, place: Matrix) -> Floats:
        return np.asarray(place @ starts if level.parents is None else self._worlds[level.parents])

    def _step(self, local: Floats, starts: Floats, place: Matrix, camera_from_head: Matrix) -> None:
        """Bones from the roots out, each against where its parent has just come to be."""
        bones, h = self._bones, STEP_S
        upright = place[:3, :3] @ _DOWN
        upright /= np.linalg.norm(upright)
        for level in bones.levels:
            b = level.bones
            parents = self._parents(level, starts, place)
            world = parents @ local[level.nodes]
            origin, rest = world[:, :3, 3], _times(world, level.tails)
            target = origin + rest
            length = np.linalg.norm(rest, axis=1, keepdims=True)
            # What springs hold was modelled hanging already: only leaning makes it sag another way.
            down = np.where(bones.pull[b] > 0.0, _DOWN - upright, _DOWN)
            force = bones.pull[b] * (target - self._tails[b]) + bones.weight[b] * down
            force += bones.damping[b] * (target - self._targets[b]) / h
            slowed = 1.0 + h * (bones.damping[b] + bones.drag[b]) + h * h * bones.pull[b]
            tails = self._tails[b] + h * (self._speeds[b] + h * force) / slowed
            tails = _off_head(tails, camera_from_head, bones.avoids[b], bones.radii[b])
            axis, aim = _unit(rest, length), tails - origin
            aim = _unit(aim, np.linalg.norm(aim, axis=1, keepdims=True), axis)
            aim = _within(axis, aim, bones.limit[b])
            tails = origin + aim * length
            self._speeds[b] = (tails - self._tails[b]) / h
            self._tails[b], self._targets[b] = tails, target
            swing = _swings(axis, aim)
            world[:, :3, :3] = swing @ world[:, :3, :3]
            self._worlds[b] = world
            linear = parents[:, :3, :3]
            flat = np.abs(np.linalg.det(linear)) < 1e-12
            linear = np.where(flat[:, None, None], np.eye(3), linear)
            self._swings[b] = np.linalg.inv(linear) @ swing @ linear


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


def _turn(before: Matrix, after: Matrix) -> Floats:
    """(3,) the rotation vector between two similarities."""
    a, b = (m[:3, :3] / np.cbrt(np.linalg.det(m[:3, :3])) for m in (before, after))
    return np.asarray(cv2.Rodrigues(b @ a.T)[0][:, 0], dtype=np.float64)


def _between(before: Matrix, after: Matrix, turn: Floats, share: float) -> Matrix:
    """The similarity a share of the way from one to the other."""
    place = np.eye(4)
    scale = np.cbrt(np.linalg.det(after[:3, :3]) / np.linalg.det(before[:3, :3]))
    place[:3, :3] = rotation_from_vector(share * turn) @ before[:3, :3] * (1.0 + share * (scale - 1.0))
    place[:3, 3] = before[:3, 3] + share * (after[:3, 3] - before[:3, 3])
    return place


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """(k, 4, 4) linear parts by (k, 3)."""
    return np.asarray((matrices[:, :3, :3] @ vectors[:, :, None])[:, :, 0])


def _unit(vectors: Floats, length: Floats, absent: Floats | None = None) -> Floats:
    other = np.array([0.0, 1.0, 0.0]) if absent is None else absent
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), other)


def _off_head(tails: Floats, camera_from_head: Matrix, avoids: NDArray[np.bool_], radii: Floats) -> Floats:
    """Points inside the head moved to its surface."""
    if not avoids.any():
        return tails
    head_from_camera = np.linalg.inv(camera_from_head)
    inside = (tails @ head_from_camera[:3, :3].T + head_from_camera[:3, 3] - HEAD_CENTRE_MM) / radii
    far = np.linalg.norm(inside, axis=1, keepdims=True)
    out = inside / np.maximum(far, 1e-6) * radii + HEAD_CENTRE_MM
    out = out @ camera_from_head[:3, :3].T + camera_from_head[:3, 3]
    return np.where(avoids & (far < 1.0), out, tails)


def _within(axis: Floats, aim: Floats, limit: Floats) -> Floats:
    """Unit vectors turned back so far that they lie within an angle of the axis."""
    cosine = np.sum(axis * aim, axis=1, keepdims=True)
    across = aim - cosine * axis
    length = np.linalg.norm(across, axis=1, keepdims=True)
    at_limit = np.cos(limit) * axis + np.sin(limit) * across / np.maximum(length, 1e-9)
    beyond = (cosine < np.cos(limit)) & (length > 1e-9)
    return np.where(beyond, at_limit, np.where(cosine < np.cos(limit), axis, aim))


def _swings(a: Floats, b: Floats) -> Floats:
    """(k, 3, 3) the shortest rotations that take unit vectors onto others, (k, 3) each.

    Möller and Hughes, "Efficiently building a matrix to rotate one vector to another", 1999.
    """
    v = np.cross(a, b)
    c = np.sum(a * b, axis=1)
    k = 1.0 / np.maximum(1.0 + c, 1e-6)
    cross = np.zeros((len(a), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -v[:, 2], v[:, 1], -v[:, 0]
    cross[:, 1, 0], cross[:, 2, 0], cross[:, 2, 1] = v[:, 2], -v[:, 1], v[:, 0]
    return np.asarray(np.eye(3) + cross + cross @ cross * k[:, None, None])
