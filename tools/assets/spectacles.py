"""What glasses are made of: where their front lies on the face, lenses, rims, pads, temples.

Plane coordinates of a front, before it is bent: u to the viewer's right from the middle of the bridge,
v up from the lens centres, w forward; millimetres. Everything is made for the viewer's right and mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tools.assets.glb import material
from tools.assets.meshes import Array, Indices, strip, unit
from tools.assets.shapes import Shape, ball, catmull, joined, spaced, tube, turn

PADS = material(
    "pads",
    [0.95, 0.93, 0.90, 1.0],
    roughness=0.15,
    extensions={"KHR_materials_transmission": {"transmissionFactor": 0.8}},
)
"""The clear silicone that rests on the nose."""


@dataclass(frozen=True)
class Front:
    """How a front is bent and where it sits.

    Attributes:
        lens_u: middle of the lens.
        bend_mm: radius of the cylinder that it lies on.
        tilt_deg: its lower edge is nearer to the cheeks.
        centre: (y, z) of the lens surface's middle in the head frame.
        lens_radius_mm: of the sphere that the lens is cut from.
    """

    lens_u: float
    bend_mm: float = 190.0
    tilt_deg: float = 8.0
    centre: tuple[float, float] = (-3.0, 18.0)
    lens_radius_mm: float = 88.0

    def place(self, points: Array) -> Array:
        """(n, 3) u, v, w -> head frame."""
        middle = self._bent(np.array([[self.lens_u, 0.0, 0.0]]))[0]
        shift = np.array([0.0, self.centre[0] - middle[1], self.centre[1] - middle[2]])
        return np.asarray(self._bent(points) + shift)

    def _bent(self, points: Array) -> Array:
        u, v, w = points.T
        radius, angle = self.bend_mm + w, u / self.bend_mm
        x, z = radius * np.sin(angle), radius * np.cos(angle) - self.bend_mm
        tilt = np.radians(self.tilt_deg)
        return np.stack([x, v * np.cos(tilt) - z * np.sin(tilt), v * np.sin(tilt) + z * np.cos(tilt)], axis=1)

    def forward(self) -> Array:
        """Out of the middle of the lens."""
        a, b = self.place(np.array([[self.lens_u, 0.0, 0.0], [self.lens_u, 0.0, 1.0]]))
        return np.asarray(b - a)


def outline(points: tuple[tuple[float, float], ...], front: Front, count: int = 72) -> Array:
    """(count, 2) u, v of a closed outline through points about the lens's middle, counter-clockwise."""
    return catmull(np.array(points) + np.array([front.lens_u, 0.0]), count, closed=True)


def grown(line: Array, by: float) -> Array:
    """A closed counter-clockwise outline moved outward."""
    along = unit(np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0))
    return line + by * np.stack([along[:, 1], -along[:, 0]], axis=1)


def lens(front: Front, line: Array, rings: int = 6, rise: float = 0.0) -> Shape:
    """A spherical surface within an outline; texture coordinates are u and v over its box.

    Args:
        front: where.
        line: (n, 2) u, v, counter-clockwise.
        rings: how many.
        rise: of the edge, forward.
    """
    edge = front.place(np.column_stack([line, np.full(len(line), rise)]))
    origin = front.place(np.array([[front.lens_u, 0.0, rise]]))[0]
    forward = front.forward()
    up = unit(np.cross(forward, [1.0, 0.0, 0.0])[None])[0]
    right = np.cross(up, forward)
    ab = np.stack([(edge - origin) @ right, (edge - origin) @ up], axis=1)
    depth = (edge - origin) @ forward  # the edge follows the bent front, the middle the sphere
    fractions = np.linspace(0.0, 1.0, rings + 1)[1:]
    flat = np.concatenate([np.zeros((1, 2)), *(s * ab for s in fractions)])
    radius = front.lens_radius_mm
    at_edge = radius - np.sqrt(radius**2 - np.sum(ab**2, axis=1))
    sag = np.sqrt(radius**2 - np.sum(flat**2, axis=1)) - radius
    off = depth + at_edge
    lift = np.concatenate([off.mean(keepdims=True), *(s * off + (1 - s) * off.mean() for s in fractions)])
    positions = origin + flat[:, :1] * right + flat[:, 1:] * up + (sag + lift)[:, None] * forward
    height = np.sqrt(radius**2 - np.sum(flat**2, axis=1))
    normals = unit(flat[:, :1] * right + flat[:, 1:] * up + height[:, None] * forward)
    low, size = ab.min(axis=0), np.ptp(ab, axis=0)
    uvs = (flat - low) / size * [1.0, -1.0] + [0.0, 1.0]
    return Shape(positions, normals, disc(len(line), rings), uvs)


def disc(around: int, rings: int) -> Indices:
    """Triangles of a middle point followed by rings of points, from the middle outward."""
    rows = np.arange(1, 1 + around * rings).reshape(rings, around)
    fan = np.stack([np.zeros(around, dtype=np.int64), rows[0], np.roll(rows[0], -1)], axis=1)
    return np.concatenate([fan, *(strip(b, a, closed=True) for a, b in pairwise(rows))])


def rim(
    front: Front, line: Array, radius: float, around: int = 8, *, flat: float = 1.0, rise: float = 0.0
) -> Shape:
    """A wire round an outline. ``flat``: its width in the front's plane over its depth."""
    path = front.place(np.column_stack([line, np.full(len(line), rise)]))
    return tube(path, radius, around, closed=True, up=front.forward(), flat=flat)


def wire(front: Front, knots: Array, radius: float, count: int = 14, around: int = 8) -> Shape:
    """A wire through (n, 3) u, v, w."""
    return tube(front.place(catmull(knots, count)), radius, around)


def pad(
    front: Front,
    at: tuple[float, float, float],
    radius: tuple[float, float, float],
    lean_deg: tuple[float, float],
) -> Shape:
    """A nose pad: an ellipsoid leaned to lie on the nose's side (about Y, then about Z)."""
    middle = front.place(np.array([at]))[0]
    shape = ball(radius, 8, 12)
    return shape.turned(turn("z", lean_deg[1]) @ turn("y", lean_deg[0])).moved(*middle)


TEMPLE = (
    (73.4, 10.0, -14.0),
    (76.0, 8.8, -32.0),
    (76.8, 7.2, -50.0),
    (76.0, 4.8, -72.0),
    (74.4, 2.2, -90.0),
    (73.0, -2.0, -101.0),
    (69.0, -10.5, -106.0),
    (61.0, -23.0, -109.5),
)
"""The way of a temple on the viewer's right: along the head, over the ear, and down on the skull behind it.

What stood off there would be seen behind the ear of a narrow head that is turned."""


def temple(
    start: Array, radius: float, tip_radius: float, *, flat: float = 1.0, around: int = 8
) -> tuple[Shape, Shape]:
    """A wire from ``start`` (head frame), and the sleeve on its end."""
    path = catmull(np.concatenate([start[None], np.array(TEMPLE)]), 34)
    bar = tube(path, radius, around, up=(1.0, 0.0, 0.0), flat=flat)
    sleeve = spaced(path[20:], 14)
    grow = np.minimum(np.arange(14) / 3.0, 1.0)
    sleeve_radius = radius + 0.15 + (tip_radius - radius - 0.15) * grow
    return bar, tube(sleeve, sleeve_radius, 10, up=(1.0, 0.0, 0.0), flat=1.5)


def hinge(front: Front, at: tuple[float, float, float], size: tuple[float, float, float]) -> Shape:
    """The end piece between front and temple: a rounded block."""
    middle = front.place(np.array([at]))[0]
    return ball(size, 8, 10).moved(*middle)


def sided(left: Shape) -> tuple[Shape, Shape]:
    """What is at +X (the person's left), and its reflection."""
    return left, left.mirrored()


def gradient(
    shape: Shape,
    top: tuple[float, float, float],
    bottom: tuple[float, float, float],
    low: float = 0.1,
    high: float = 0.85,
) -> Shape:
    """Painted from top to bottom by its texture coordinates, smoothly between ``low`` and ``high``."""
    assert shape.uvs is not None
    t = np.clip((1.0 - shape.uvs[:, 1] - low) / (high - low), 0.0, 1.0)
    t = (t * t * (3.0 - 2.0 * t))[:, None]
    return shape.painted(np.array(bottom) * (1 - t) + np.array(top) * t)


def whole(*parts: Shape) -> Shape:
    """Parts and their reflections as one."""
    return joined(parts).both()
