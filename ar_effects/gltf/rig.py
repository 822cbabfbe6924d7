"""A moving model's nodes: keys over time, the tree of transforms, and the pose that is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import ModelPose

Path = Literal["translation", "rotation", "scale", "weights"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """Channels of an animation that share path, times and interpolation.

    Attributes:
        path: what they move.
        targets: (c,) nodes of the rig; for weights one morph.
        times_s: (k,) rising.
        values: (k, c, w).
        tangents: (k, 2, c, w) in and out, per second, of cubic splines; None otherwise.
        step: values hold until the next key.
    """

    path: Path
    targets: NDArray[np.intp]
    times_s: Floats
    values: Floats
    tangents: Floats | None = None
    step: bool = False

    def at(self, time_s: float) -> Floats:
        """(c, w) at a time, held before the first key and after the last. Rotations have unit length.

        Interpolation as the glTF 2.0 specification's appendix C has it.
        """
        times = self.times_s
        k = int(np.searchsorted(times, time_s, side="right")) - 1
        if k < 0 or k >= len(times) - 1 or self.step:
            return np.asarray(self.values[min(max(k, 0), len(times) - 1)])
        span = times[k + 1] - times[k]
        t = float((time_s - times[k]) / span)
        a, b = self.values[k], self.values[k + 1]
        if self.tangents is not None:
            t2, t3 = t * t, t * t * t
            out, into = self.tangents[k, 1] * span, self.tangents[k + 1, 0] * span
            mixed = (2 * t3 - 3 * t2 + 1) * a + (t3 - 2 * t2 + t) * out
            mixed = mixed + (3 * t2 - 2 * t3) * b + (t3 - t2) * into
            return _unit(mixed) if self.path == "rotation" else np.asarray(mixed)
        return _slerp(a, b, t) if self.path == "rotation" else np.asarray(a + t * (b - a))


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """An animation."""

    duration_s: float
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """The nodes that move, parents before children.

    Attributes:
        names: of the nodes.
        parents: index of each node's parent in the rig; -1 where that does not move.
        bases: (n, 4, 4) model from parent, where that does not move.
        locals: (n, 4, 4) parent from node at rest.
        translations, rotations, scales: (n, 3), (n, 4) xyzw, (n, 3) at rest.
        parts: node of each part, from part 1 on.
        skins: of each skin the joints' nodes, and (j, 4, 4) bind frame from mesh.
        weights: at rest, of each morph.
        target_names: of each morph.
        hull_owners: (m,) matrices that move the boxes: parts first, then joints of all skins.
        hull_corners: (m, 8, 3) of the boxes, in those matrices' frames.
        hull_morphs: for boxes of things that morph: index of the box, the morph, (t, 3) largest offsets.
        clips: by name.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    bases: Floats
    locals: Floats
    translations: Floats
    rotations: Floats
    scales: Floats
    parts: tuple[int, ...]
    skins: tuple[tuple[NDArray[np.intp], Floats], ...]
    weights: tuple[Floats, ...]
    target_names: tuple[tuple[str, ...], ...]
    hull_owners: NDArray[np.intp]
    hull_corners: Floats
    hull_morphs: tuple[tuple[int, int, Floats], ...]
    clips: Mapping[str, Clip]

    def animated(self, playing: Sequence[tuple[Clip, float]]) -> tuple[Floats, tuple[Floats, ...]]:
        """(n, 4, 4) locals and the weights with clips at their times, later ones over earlier ones."""
        if not playing:
            return self.locals.copy(), self.weights
        moved: dict[str, Floats] = {
            "translation": self.translations.copy(),
            "rotation": self.rotations.copy(),
            "scale": self.scales.copy(),
        }
        weights = list(self.weights)
        touched = np.zeros(len(self.names), bool)
        for clip, time_s in playing:
            for channel in clip.channels:
                if channel.path == "weights":
                    weights[int(channel.targets[0])] = channel.at(time_s)[0]
                else:
                    moved[channel.path][channel.targets] = channel.at(time_s)
                    touched[channel.targets] = True
        local = self.locals.copy()
        local[touched] = local_matrices(
            moved["translation"][touched], moved["rotation"][touched], moved["scale"][touched]
        )
        return local, tuple(weights)

    def placed(self, local: Floats) -> Floats:
        """(n, 4, 4) model from node."""
        places = np.empty_like(local)
        for i, parent in enumerate(self.parents):
            np.matmul(self.bases[i] if parent < 0 else places[parent], local[i], out=places[i])
        return places

    def pose(self, places: Floats, weights: tuple[Floats, ...]) -> ModelPose:
        """What is drawn, from ``placed``."""
        parts = np.empty((len(self.parts) + 1, 4, 4))
        parts[0] = np.eye(4)
        parts[1:] = places[list(self.parts)]
        joints = tuple(places[nodes] @ bind for nodes, bind in self.skins)
        owners = np.concatenate([parts, *joints])[self.hull_owners]
        corners = self.hull_corners
        if self.hull_morphs:
            corners = corners.copy()
            for box, morph, offsets in self.hull_morphs:
                middle = corners[box].mean(axis=0)
                margin = np.abs(weights[morph]) @ offsets
                corners[box] += np.sign(corners[box] - middle) * margin
        corners = corners @ owners[:, :3, :3].transpose(0, 2, 1) + owners[:, None, :3, 3]
        return ModelPose(parts, joints, weights, corners.reshape(-1, 3))

    def rest(self) -> ModelPose:
        """Nothing plays."""
        return self.pose(self.placed(self.locals), self.weights)


def local_matrices(translations: Floats, rotations: Floats, scales: Floats) -> Floats:
    """(n, 3), (n, 4) xyzw of any length but 0, (n, 3) -> (n, 4, 4): scaled, then turned, then moved."""
    x, y, z, w = (rotations / np.maximum(np.linalg.norm(rotations, axis=1, keepdims=True), 1e-12)).T
    matrices = np.zeros((len(translations), 4, 4))
    matrices[:, 0, 0] = 1 - 2 * (y * y + z * z)
    matrices[:, 0, 1] = 2 * (x * y - z * w)
    matrices[:, 0, 2] = 2 * (x * z + y * w)
    matrices[:, 1, 0] = 2 * (x * y + z * w)
    matrices[:, 1, 1] = 1 - 2 * (x * x + z * z)
    matrices[:, 1, 2] = 2 * (y * z - x * w)
    matrices[:, 2, 0] = 2 * (x * z - y * w)
    matrices[:, 2, 1] = 2 * (y * z + x * w)
    matrices[:, 2, 2] = 1 - 2 * (x * x + y * y)
    matrices[:, :3, :3] *= scales[:, None, :]
    matrices[:, :3, 3] = translations
    matrices[:, 3, 3] = 1.0
    return matrices


def _unit(quaternions: Floats) -> Floats:
    length = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    unit = np.where(length > 1e-12, quaternions / np.maximum(length, 1e-12), [0.0, 0.0, 0.0, 1.0])
    return np.asarray(unit, dtype=np.float64)


def _slerp(a: Floats, b: Floats, t: float) -> Floats:
    """The shorter way round. Shoemake, "Animating rotation with quaternion curves", 1985."""
    cosine = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(cosine < 0.0, -b, b)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6
    divisor = np.where(near, 1.0, sine)
    wa = np.where(near, 1.0 - t, np.sin((1.0 - t) * angle) / divisor)
    wb = np.where(near, t, np.sin(t * angle) / divisor)
    return _unit(wa * a + wb * b)
