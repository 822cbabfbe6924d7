"""Animals' ears: leaves of skin and fur along a line, with hairs at their edges, that bend at joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.assets.glb import Node
from tools.assets.meshes import Array, unit
from tools.assets.shapes import Shape, grid, spaced

THICK = 2.4


@dataclass(frozen=True, slots=True)
class Leaf:
    """A cupped leaf.

    Attributes:
        line: (n, 3) from the base to the tip.
        across: (n, 3) unit vectors to its edge at t = 1.
        half: (n,) half of its width.
        cup: (n,) how far its edges stand before its middle.
        columns: across.
    """

    line: Array
    across: Array
    half: Array
    cup: Array
    columns: int = 17

    @property
    def ahead(self) -> Array:
        """(n, 3) out of its hollow."""
        along = unit(np.gradient(self.line, axis=0))
        return unit(np.cross(self.across, along))

    def points(self, t: Array, back: float = 0.0) -> Array:
        """(n, len(t), 3) at shares of the half width, so far behind the hollow."""
        middle = self.line[:, None] + self.across[:, None] * (self.half[:, None] * t)[..., None]
        depth = self.cup[:, None] * (t**2 - 1.0) - back
        return np.asarray(middle + self.ahead[:, None] * depth[..., None])

    def hollow(self, low: float = -1.0, high: float = 1.0) -> Shape:
        """The inside, between two shares of the width."""
        count = max(round(self.columns * (high - low) / 2), 4)
        t = np.linspace(low, high, count)
        shape = grid(self.points(t)[::-1])
        return replace(shape, uvs=self._uvs(t))

    def back(self) -> Shape:
        """The outside: thicker in the middle, its edges on those of the hollow."""
        t = np.linspace(1.0, -1.0, self.columns)
        thick = THICK * np.sqrt(np.maximum(1 - t**2, 0.0))
        middle = self.points(t)
        shape = grid((middle - self.ahead[:, None] * thick[:, None])[::-1])
        return replace(shape, uvs=self._uvs(t))

    def _uvs(self, t: Array) -> Array:
        fraction = np.linspace(0.0, 1.0, len(self.line))[::-1]
        u, v = np.meshgrid(0.5 + 0.5 * t, 1.0 - fraction)
        return np.stack([u.ravel(), v.ravel()], axis=1)

    def edge(self, inset: float = 0.04) -> Array:
        """(k, 3) round the leaf from the base at t = 1 over the tip to the base at t = -1."""
        sides = self.points(np.array([1.0 - inset, -1.0 + inset]))
        return np.concatenate([sides[:, 0], sides[::-1, 1]])


def fringe(
    line: Array,
    ways: Array,
    length: float | Array,
    every: float,
    *,
    seed: int,
    step: float = 5.0,
    rows: int = 3,
    droop: Array | None = None,
) -> Shape:
    """A strip of hair along a line.

    Args:
        line: (n, 3) roots.
        ways: (n, 3) where hairs grow to.
        length: of the strip.
        every: millimetres of the line that the texture's width covers.
        seed: of the unevenness.
        step: millimetres between columns.
        rows: along the hairs.
        droop: (3,) how hairs bend at their tips, in lengths.
    """
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(int(arc[-1] / step), 3)
    dense = spaced(np.column_stack([line, ways, np.broadcast_to(length, (len(line),))]), count)
    random = np.random.default_rng(seed)
    way = unit(dense[:, 3:6] + random.normal(0, 0.10, (count, 3)))
    reach = dense[:, 6] * random.uniform(0.85, 1.15, count)
    s = np.linspace(0.0, 1.0, rows)[::-1]
    bend = np.zeros(3) if droop is None else droop
    points = np.stack(
        [dense[:, :3] + (way * fraction + bend * fraction**2) * reach[:, None] for fraction in s]
    )
    shape = grid(points)
    u = np.linspace(0.0, arc[-1] / every, count)
    v = 0.97 - 0.82 * s  # textures repeat: beyond the tips the roots would show, from afar all the more
    uvs = np.stack([np.tile(u, rows), np.repeat(v, count)], axis=1)
    return replace(shape, uvs=uvs)


def bent(shape: Shape, line: Array, starts: Sequence[float]) -> Shape:
    """With weights of joints along a line: joint k has all of it ``starts[k]`` mm from its begin."""
    dense = spaced(line, 200)
    length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    away = np.linalg.norm(shape.positions[:, None] - dense, axis=2)
    along = away.argmin(axis=1) / 199.0 * length
    at = np.interp(along, starts, np.arange(len(starts), dtype=np.float64))
    low = np.minimum(at.astype(np.int64), len(starts) - 2)
    fraction = at - low
    joints = np.zeros((len(along), 4), np.int64)
    weights = np.zeros((len(along), 4))
    joints[:, 0], joints[:, 1] = low, low + 1
    weights[:, 0], weights[:, 1] = 1.0 - fraction, fraction
    joints[weights == 0.0] = 0
    return replace(shape, joints=joints, weights=weights)


def chain(names: Sequence[str], line: Array, starts: Sequence[float]) -> Node:
    """Joints in one another on a line, with the model's axes."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    places = np.stack([np.interp(starts, arc, line[:, k]) for k in range(3)], axis=1)
    node: Node | None = None
    for k in range(len(names) - 1, -1, -1):
        x, y, z = (float(v) for v in (places[k] if k == 0 else places[k] - places[k - 1]))
        node = Node(names[k], at=(x, y, z), children=(node,) if node else ())
    assert node is not None
    return node


def toned(shape: Shape, light: Array) -> Shape:
    """Painted with a brightness per vertex."""
    return shape.painted(np.repeat(light[:, None], 3, axis=1))


def faced(shape: Shape, direction: Sequence[float]) -> Shape:
    """Lit as what lies under it: normals that look about one way, whichever side of a hair is seen."""
    way = np.asarray(direction, dtype=np.float64)
    sides = np.where(shape.normals @ way < 0.0, -1.0, 1.0)[:, None]
    return replace(shape, normals=unit(0.4 * shape.normals * sides + way))
