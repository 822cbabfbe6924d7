"""The front of the sunglasses and its lenses.

The outline is a blend of distance functions (two rims, a bridge, two end pieces), traced, given a
rounded edge, filled, and bent.

Plane coordinates of the front, before it is bent: u to the viewer's right from the middle of the
bridge, v up from the lens centres, w forward from the middle of the thickness; millimetres.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tools.assets.meshes import (
    Array,
    GlbPrimitive,
    Indices,
    TriMesh,
    annulus,
    doubled,
    resampled,
    strip,
    unit,
)

if TYPE_CHECKING:
    from tools.assets.sunglasses_dimensions import Dimensions

TRANSMISSION = 0.85
LENS_RINGS = 6
LENS_TOP, LENS_BOTTOM = 0.07, 0.24  # share of the light that comes through
LENS_TINT = (0.94, 1.04, 0.82)  # grey-green, luminance one


def smooth(low: float, high: float, x: Array) -> Array:
    """Zero below ``low``, one above ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def lens_outline(d: Dimensions, grow: float = 0.0) -> Array:
    """The opening on the viewer's right as a dense counter-clockwise loop of (u, v)."""
    t = np.linspace(0.0, 2 * np.pi, 1600, endpoint=False)
    x = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / d.lens_power)
    y = np.sign(np.sin(t)) * np.abs(np.sin(t)) ** (2 / d.lens_power)
    lift = d.lens_upsweep * (smooth(-0.2, 1.0, y) * smooth(-0.8, 1.0, x) - 0.5 * smooth(0.0, 1.0, y))
    # The nose side leaves room for the nose: it leans away more than the outer side.
    x = x + d.lens_flare * y * np.where(x < 0, -1.35, 0.8) * np.abs(x)
    loop = np.stack([x, y * d.lens_height / 2 + lift], axis=1)
    size = np.ptp(loop, axis=0)
    loop = (loop - loop.min(axis=0)) / size - 0.5
    loop = loop * [d.lens_width, d.lens_height] + [d.lens_u, 0.0]
    # A superellipse's parameter crowds and thins points: even them out along the arc.
    closed = np.append(loop, loop[:1], axis=0)
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0.0, arc[-1], len(loop), endpoint=False)
    loop = np.stack([np.interp(at, arc, closed[:, k]) for k in range(2)], axis=1)
    tangent = unit(np.roll(loop, -4, axis=0) - np.roll(loop, 4, axis=0))
    return np.asarray(loop + grow * np.stack([tangent[:, 1], -tangent[:, 0]], axis=1))


class FrontOutline:
    """Distance to the outline of the front, openings ignored; negative inside."""

    def __init__(self, d: Dimensions) -> None:
        self.d = d
        self.lens = lens_outline(d)
        self.end = np.array(d.end_corners)

    def __call__(self, u: float, v: float) -> float:
        d, u = self.d, abs(u)
        centre_u, centre_v = u - d.lens_u, v
        weight = centre_v**2 / (centre_u**2 + centre_v**2 + 1e-9)
        upright = d.rim_top if centre_v > 0 else d.rim_bottom
        across = d.rim_temporal if centre_u > 0 else d.rim_nasal
        away = float(np.sqrt(np.min(np.sum((self.lens - [u, v]) ** 2, axis=1))))
        rim = away - (weight * upright + (1 - weight) * across)
        bar = max(u - d.lens_u, v - d.bridge_top, d.bridge_bottom - v)
        key = d.keyhole_radius - float(np.hypot(u, v - d.keyhole_height))
        outline = _blend(rim, bar, d.bridge_blend)
        outline = -_blend(-outline, -key, 1.5)
        return _blend(outline, self._end_piece(u, v), d.end_blend)

    def _end_piece(self, u: float, v: float) -> float:
        following = np.roll(self.end, -1, axis=0)
        edge, to = following - self.end, np.array([u, v]) - self.end
        fraction = np.clip(np.sum(edge * to, axis=1) / np.sum(edge**2, axis=1), 0.0, 1.0)
        away = float(np.min(np.linalg.norm(to - edge * fraction[:, None], axis=1)))
        inside = bool(np.all(edge[:, 0] * to[:, 1] - edge[:, 1] * to[:, 0] > 0))
        return (-away if inside else away) - self.d.end_radius

    def traced(self, step: float = 0.12) -> Array:
        """The viewer's right half: from under the bridge round the rim to the top of the bridge."""
        u, v = 0.0, self.d.keyhole_height + self.d.keyhole_radius
        points, heading = list[tuple[float, float]](), np.array([1.0, 0.0])
        while u >= 0 or len(points) < 10:
            for _ in range(3):
                slope = self._slope(u, v) if points else np.array([0.0, -1.0])
                value = self(u, v) / float(slope @ slope)
                u, v = u - value * slope[0], v - value * slope[1]
            points.append((u, v))
            slope = self._slope(u, v)
            tangent = np.array([-slope[1], slope[0]]) / np.hypot(*slope)
            heading = tangent if tangent @ heading > 0 else -tangent
            u, v = u + step * heading[0], v + step * heading[1]
        points[0] = (0.0, points[0][1])
        points.append((0.0, points[-1][1]))
        return np.array(points)

    def _slope(self, u: float, v: float, h: float = 1e-3) -> Array:
        return np.array([self(u + h, v) - self(u - h, v), self(u, v + h) - self(u, v - h)]) / (2 * h)


def _blend(a: float, b: float, radius: float) -> float:
    """Smooth minimum: a union with a fillet."""
    h = max(radius - abs(a - b), 0.0) / radius
    return min(a, b) - h * h * h * radius / 6.0


def front_warp(d: Dimensions, points: Array) -> Array:
    """From the plane of the front to the head frame, but for the last shift in z."""
    u, v, w = points[:, 0], points[:, 1], points[:, 2]
    near = (np.abs(u) - d.pad_centre[0]) / d.pad_size[0], (v - d.pad_centre[1]) / d.pad_size[1]
    pad = d.pad_depth * np.exp(-(near[0] ** 2) - near[1] ** 2) * smooth(0.2, 4.0, np.abs(u))
    back = pad * smooth(0.2, d.thickness / 2, -w)
    u = u + np.sign(u) * d.pad_lean * back
    w = w - back
    sweep_share = np.maximum(np.abs(u) - d.end_sweep_from, 0.0)
    full = d.end_corners[2][0] + d.end_radius - d.end_sweep_from
    w = w - d.end_sweep * (sweep_share / full) ** 2
    radius, angle = d.bend_radius + w, u / d.bend_radius
    x, z = radius * np.sin(angle), radius * np.cos(angle) - d.bend_radius
    tilt = np.radians(d.tilt_deg)
    return np.stack([x, v * np.cos(tilt) - z * np.sin(tilt), v * np.sin(tilt) + z * np.cos(tilt)], axis=1)


def edge_profile(front: tuple[float, float], back: tuple[float, float], half: float, steps: int) -> Array:
    """A rounded edge from back to front: rows of inset, w, outward share and forward share of the normal."""
    power = 2.3  # a little squarer than an ellipse, as tumbled acetate is
    t = np.linspace(0.0, np.pi / 2, steps + 1)
    c, s = np.cos(t) ** (2 / power), np.sin(t) ** (2 / power)
    rows = []
    for (inset, drop), sign in ((back, -1.0), (front, 1.0)):
        out, forward = c ** (power - 1) / inset, s ** (power - 1) / drop
        length = np.hypot(out, forward)
        w = sign * (half - drop + drop * s)
        part = np.stack([inset * (1 - c), w, out / length, sign * forward / length], axis=1)
        rows.append(part[::-1] if sign < 0 else part)
    return np.concatenate(rows)


def make_front(d: Dimensions) -> TriMesh:
    """Rims, bridge, end pieces and nose pads in one closed piece, in the head frame."""
    outline = FrontOutline(d)
    half = d.thickness / 2
    outer, outer_out = resampled(outline.traced(), 0.015, 2.6, closed=False)
    outer_out[[0, -1], 0] = 0.0
    outer_out = unit(outer_out)
    hole, hole_in = resampled(outline.lens, 0.015, 2.6, closed=True)
    positions, normals = list[Array](), list[Array]()
    triangles, loops = list[Indices](), list[Indices]()
    count = 0
    for points, out, profile, closed in (
        (outer, outer_out, edge_profile(d.edge_front, d.edge_back, half, 4), False),
        (hole, -hole_in, edge_profile(d.edge_lens, d.edge_lens, half, 3), True),
    ):
        rings = []
        for inset, w, outward, forward in profile:
            flat = points - inset * out
            positions.append(np.column_stack([flat, np.full(len(flat), w)]))
            normals.append(np.column_stack([outward * out, np.full(len(flat), forward)]))
            rings.append(np.arange(count, count + len(flat)))
            count += len(flat)
        for lower, upper in pairwise(rings):
            walls = strip(lower, upper, closed=closed)
            triangles.append(walls[:, ::-1] if closed else walls)
        loops += [rings[0], rings[-1]]
    points = np.concatenate(positions)
    points[np.abs(points[:, 0]) < 1e-6, 0] = 0.0
    triangles.append(annulus(points[:, :2], loops[0], loops[2])[:, ::-1])
    triangles.append(annulus(points[:, :2], loops[1], loops[3]))
    solid = TriMesh(points, np.concatenate(normals), np.concatenate(triangles))
    return doubled(solid.warped(lambda p: place(d, p)))


def place(d: Dimensions, points: Array) -> Array:
    """From the plane of the front to the head frame."""
    # The lens's own curve lifts its middle above the rims; the groove lies in the middle of the rim.
    edge, ahead = front_warp(d, np.array([[d.lens_u, 0.0, 0.0], [d.lens_u, 0.0, 1.0]]))
    lens = edge + lens_rise(d) * (ahead - edge)
    shift = np.array([0.0, d.lens_centre[0] - lens[1], d.lens_centre[1] - lens[2]])
    return np.asarray(front_warp(d, points) + shift)


def lens_rise(d: Dimensions) -> float:
    """How far the middle of a lens stands in front of its edge."""
    edge = (d.lens_width + d.lens_height) / 4
    return d.lens_radius - float(np.sqrt(d.lens_radius**2 - edge**2))


def make_lens(d: Dimensions) -> GlbPrimitive:
    """The viewer's right lens: one spherical surface, tinted darker at the top."""
    outline, _ = resampled(lens_outline(d, d.lens_in_groove), 0.015, 2.6, closed=True)
    edge = place(d, np.column_stack([outline, np.zeros(len(outline))]))
    flat = np.array([[d.lens_u, 0.0, 0.0], [d.lens_u + 1e-3, 0.0, 0.0], [d.lens_u, 1e-3, 0.0]])
    origin, right, up = place(d, flat)
    right, up = unit(right - origin), unit(up - origin)
    forward = np.cross(right, up)
    fractions = np.linspace(0.0, 1.0, LENS_RINGS + 1)[1:]
    around = len(outline)
    ab = np.stack([(edge - origin) @ right, (edge - origin) @ up], axis=1)
    ab = np.concatenate([np.zeros((1, 2)), *(fraction * ab for fraction in fractions)])
    height = np.sqrt(d.lens_radius**2 - np.sum(ab**2, axis=1))
    normals = (ab[:, :1] * right + ab[:, 1:] * up + height[:, None] * forward) / d.lens_radius
    rise = height - d.lens_radius + lens_rise(d)
    positions = origin + ab[:, :1] * right + ab[:, 1:] * up + rise[:, None] * forward
    rings = np.arange(1, len(ab)).reshape(len(fractions), around)
    fan = np.stack([np.zeros(around, dtype=np.int64), rings[0], np.roll(rings[0], -1)], axis=1)
    rows = [strip(b, a, closed=True) for a, b in pairwise(rings)]
    mesh = TriMesh(positions, normals, np.concatenate([fan, *rows]))
    passed = LENS_BOTTOM + (LENS_TOP - LENS_BOTTOM) * smooth(-0.42, 0.42, ab[:, 1] / d.lens_height)
    tint = passed[:, None] / TRANSMISSION * np.array(LENS_TINT)
    return GlbPrimitive(mesh, "lens", np.column_stack([tint, np.ones(len(tint))]))
