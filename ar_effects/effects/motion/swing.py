"""Spring bones on one head, moved from frame to frame.

Each bone has a tail, a particle in the camera's frame that is drawn to where the rest of the model would
have it, by a damped spring solved implicitly, and then put back to the bone's length: position-based
dynamics as in Müller et al., "Position Based Dynamics", 2007, with the implicit spring of Baraff and Witkin,
"Large Steps in Cloth Simulation", 1998. Steps have one length whatever the frame rate, and the head's motion
between two frames is shared out among them, so that 24 and 60 frames a second swing alike.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.effects.motion.springs import HEAD_CENTRE_MM, STEP_S, Bones, Level
from ar_effects.geometry.rotations import rotation_from_vector
from ar_effects.gltf.rig import Floats
from ar_effects.records import Matrix

JUMP_MM, JUMP_RAD = 150.0, 1.0
"""A head that moves or turns so far between two frames is another head, or was lost: bones start at rest."""

_DOWN = np.array([0.0, -1.0, 0.0])


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
        self._turns = np.tile(np.eye(3), (bones.count, 1, 1))  # of the last step, camera frame
        self._swings = self._turns.copy()  # the same in the frames of the parents

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
                fraction = (i * STEP_S - first) / max(step_s, 1e-9)
                place = _between(before, camera_from_model, turn, fraction)
                self._step(local, starts, place, place @ model_from_head)
            if count:
                self._keep(starts, place)
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

    def _parents(self, level: Level, starts: Floats, place: Matrix) -> Floats:
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
            length = _length(rest)
            # What springs hold was modelled hanging already: only leaning makes it sag another way.
            force = bones.pull[b] * (target - self._tails[b])
            force += bones.weight[b] * (_DOWN - bones.springy[b] * upright)
            force += bones.damping[b] * (target - self._targets[b]) / h
            tails = self._tails[b] + h * (self._speeds[b] + h * force) / bones.slowed[b]
            if bones.avoid:
                tails = _off_head(tails, camera_from_head, bones.avoids[b], bones.radii[b])
            axis, aim = _unit(rest, length), tails - origin
            aim = _unit(aim, _length(aim), axis)
            aim = _within(axis, aim, bones.limit[b])
            tails = origin + aim * length
            self._speeds[b] = (tails - self._tails[b]) / h
            self._tails[b], self._targets[b] = tails, target
            swing = _swings(axis, aim)
            world[:, :3, :3] = swing @ world[:, :3, :3]
            self._worlds[b] = world
            self._turns[b] = swing

    def _keep(self, starts: Floats, place: Matrix) -> None:
        """The turns in the frames of the bones' parents, where they stay until the next step."""
        for level in self._bones.levels:
            linear = self._parents(level, starts, place)[:, :3, :3]
            flat = np.abs(np.linalg.det(linear)) < 1e-12
            linear = np.where(flat[:, None, None], np.eye(3), linear)
            self._swings[level.bones] = np.linalg.inv(linear) @ self._turns[level.bones] @ linear


def _turn(before: Matrix, after: Matrix) -> Floats:
    """(3,) the rotation vector between two similarities."""
    a, b = (m[:3, :3] / np.cbrt(np.linalg.det(m[:3, :3])) for m in (before, after))
    return np.asarray(cv2.Rodrigues(b @ a.T)[0][:, 0], dtype=np.float64)


def _between(before: Matrix, after: Matrix, turn: Floats, fraction: float) -> Matrix:
    """The similarity a share of the way from one to the other."""
    place = np.eye(4)
    scale = np.cbrt(np.linalg.det(after[:3, :3]) / np.linalg.det(before[:3, :3]))
    place[:3, :3] = rotation_from_vector(fraction * turn) @ before[:3, :3] * (1.0 + fraction * (scale - 1.0))
    place[:3, 3] = before[:3, 3] + fraction * (after[:3, 3] - before[:3, 3])
    return place


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """(k, 4, 4) linear parts by (k, 3)."""
    return np.asarray((matrices[:, :3, :3] @ vectors[:, :, None])[:, :, 0])


def _length(vectors: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("ki,ki->k", vectors, vectors))[:, None])


def _unit(vectors: Floats, length: Floats, absent: Floats | None = None) -> Floats:
    other = np.array([0.0, 1.0, 0.0]) if absent is None else absent
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), other)


def _off_head(tails: Floats, camera_from_head: Matrix, avoids: NDArray[np.bool_], radii: Floats) -> Floats:
    """Points inside the head moved to its surface."""
    head_from_camera = np.linalg.inv(camera_from_head)
    inside = (tails @ head_from_camera[:3, :3].T + head_from_camera[:3, 3] - HEAD_CENTRE_MM) / radii
    far = np.linalg.norm(inside, axis=1, keepdims=True)
    out = inside / np.maximum(far, 1e-6) * radii + HEAD_CENTRE_MM
    out = out @ camera_from_head[:3, :3].T + camera_from_head[:3, 3]
    return np.where(avoids & (far < 1.0), out, tails)


def _within(axis: Floats, aim: Floats, limit: Floats) -> Floats:
    """Unit vectors turned back so far that they lie within an angle of the axis."""
    cosine, least = np.einsum("ki,ki->k", axis, aim)[:, None], np.cos(limit)
    if (cosine >= least).all():
        return aim
    across = aim - cosine * axis
    length = _length(across)
    at_limit = least * axis + np.sin(limit) * across / np.maximum(length, 1e-9)
    return np.where(cosine >= least, aim, np.where(length > 1e-9, at_limit, axis))


def _swings(a: Floats, b: Floats) -> Floats:
    """(k, 3, 3) the shortest rotations that take unit vectors onto others, (k, 3) each.

    Möller and Hughes, "Efficiently building a matrix to rotate one vector to another", 1999.
    """
    ax, ay, az = a.T
    bx, by, bz = b.T
    vx, vy, vz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    c = ax * bx + ay * by + az * bz
    k = 1.0 / np.maximum(1.0 + c, 1e-6)
    turns = np.empty((len(a), 3, 3))
    turns[:, 0, 0], turns[:, 1, 1], turns[:, 2, 2] = c + k * vx * vx, c + k * vy * vy, c + k * vz * vz
    xy, xz, yz = k * vx * vy, k * vx * vz, k * vy * vz
    turns[:, 0, 1], turns[:, 1, 0] = xy - vz, xy + vz
    turns[:, 0, 2], turns[:, 2, 0] = xz + vy, xz - vy
    turns[:, 1, 2], turns[:, 2, 1] = yz - vx, yz + vx
    return turns
