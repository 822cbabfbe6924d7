"""Smooth displacement fields on a face, which never fold.

A field is worked out in the face's own plane: millimetres of the mean head along its X and Y axes, as they
project at the place of the head. What is drawn at q is read at s(q). s is a chain of simple maps, each of
which pulls about one centre and is the identity outside of an ellipse around it, where it ends with a slope
of zero (continuously differentiable: no edge can be seen). Each is invertible, hence so is the chain; this is
how image warps by several handles are kept from folding, as in Arad and Reisfeld, "Image Warping Using Few
Anchor Points and Radial Functions", Computer Graphics Forum 14(1), 1995, for one. The limits are those of
``MOST``, proved by tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.records import HeadPose

CELLS = 64
"""Of the grid, along each side."""

LEAST_AREA = 0.03
"""No cell of the grid may read from less than this share of its own area: a chain of many strong warps is
weakened until none does."""

LEAST_WIDTH = 0.45
"""A plane that is seen from its edge is warped as if it were at least so wide: nothing becomes infinite."""

FADE_WIDTHS = 4.0
"""Where the picture ends, displacements fade within so many times their greatest length."""

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pull:
    """One map: within an ellipse, points are read elsewhere.

    With w = (1 - t^2)^2, t the distance from the centre in radii and r the offset from the centre, what is
    drawn at r is read at ``turn(w * angle) r - w * (scale * r + shift)``.

    Attributes:
        centre, radii: of the ellipse, in the plane's millimetres.
        scale: along x and y: 0.5 magnifies by two in the centre, -1 shrinks to half.
        shift: by how much the picture's contents move, millimetres.
        angle: of a swirl, radians, counter-clockwise as the plane is seen; only for circles.
        others: further centres that share ``radii`` and ``shift``: where ellipses meet they pull together,
            never farther than ``shift``.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    scale: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    others: tuple[tuple[float, float], ...] = ()

    def apply(self, x: Points, y: Points) -> None:
        """Replace the places where something is drawn by the places where it is read. In millimetres."""
        dx, dy = x - self.centre[0], y - self.centre[1]
        w: NDArray[Any] = self._weight(dx, dy)
        if self.others:
            for cx, cy in self.others:
                w += self._weight(x - cx, y - cy)
            w /= 1.0 + w
        if self.angle:
            turn = w * self.angle
            c, s = np.cos(turn), np.sin(turn)
            x += (c - 1.0) * dx - s * dy
            y += s * dx + (c - 1.0) * dy
        x -= w * (self.scale[0] * dx + self.shift[0])
        y -= w * (self.scale[1] * dy + self.shift[1])

    def _weight(self, dx: Points, dy: Points) -> NDArray[Any]:
        w: NDArray[Any] = 1.0 - (dx * dx * (1.0 / self.radii[0] ** 2) + dy * dy * (1.0 / self.radii[1] ** 2))
        np.maximum(w, 0.0, out=w)
        w *= w
        return w


@dataclass(frozen=True, slots=True, eq=False)
class FacePlane:
    """The head's X and Y axes as they are seen where the head is.

    Attributes:
        origin_px: (2,) where the point between the eyes is.
        px_from_mm: (2, 2).
        mm_from_px: (2, 2), its inverse.
    """

    origin_px: NDArray[np.float64]
    px_from_mm: NDArray[np.float64]
    mm_from_px: NDArray[np.float64]

    @classmethod
    def of(cls, pose: HeadPose, camera: Camera) -> FacePlane:
        """The plane of a head."""
        rotation, origin = pose.camera_from_head[:3, :3], pose.camera_from_head[:3, 3]
        depth = max(-float(origin[2]), 1.0)
        x, y = origin[0] / depth, origin[1] / depth
        # what moves by one along each axis of the camera moves so many pixels
        derivative = np.array([[camera.fx, 0.0, camera.fx * x], [0.0, -camera.fy, -camera.fy * y]]) / depth
        u, widths, v = np.linalg.svd(derivative @ rotation[:, :2])
        widths[1] = max(widths[1], widths[0] * LEAST_WIDTH)
        px_from_mm = (u * widths) @ v
        origin_px = np.array([camera.cx + camera.fx * x, camera.cy - camera.fy * y])
        return cls(origin_px, px_from_mm, np.linalg.inv(px_from_mm))

    def mm(self, places_px: NDArray[Any]) -> NDArray[np.float64]:
        """(n, 2) pixels -> (n, 2) millimetres of the plane."""
        return np.asarray((places_px - self.origin_px) @ self.mm_from_px.T, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A chain of pulls on a regular grid of the face's plane.

    Attributes:
        plane: of the face.
        corner_mm: (2,) the grid's first vertex; ``step_mm``: (2,) between neighbours along x and y.
        moved_mm: (CELLS + 1, CELLS + 1, 2) float32 by row (y) and column (x): from where a vertex is drawn to
            where it reads; 0 all around the border.
        vertices_px: ((CELLS + 1)^2, 4) float32, as ``WarpDraw`` has them.
        triangles: (m, 3) uint16, of the cells in which something moves.
    """

    plane: FacePlane
    corner_mm: NDArray[np.float64]
    step_mm: NDArray[np.float64]
    moved_mm: NDArray[np.float32]
    vertices_px: NDArray[np.float32]
    triangles: NDArray[np.uint16]

    def moved(self, places_px: NDArray[Any]) -> NDArray[np.float64]:
        """(n, 2) pixels of the picture before -> where the same things are after the warp.

        The grid's inverse by Newton's method; the grid interpolates linearly along both of its axes.
        """
        wanted = self.plane.mm(places_px)
        at = wanted.copy()
        for _ in range(10):
            cell, part = self._cell(at)
            a, b, c, d = (
                self.moved_mm[cell[:, 1] + j, cell[:, 0] + i].astype(np.float64)
                for j, i in ((0, 0), (0, 1), (1, 0), (1, 1))
            )
            u, v = part[:, :1], part[:, 1:]
            along_x, along_y = (b - a) + (d - c - b + a) * v, (c - a) + (d - c - b + a) * u
            miss = wanted - at - (a + (b - a) * u + (c - a) * v + (d - c - b + a) * u * v)
            along_x, along_y = along_x / self.step_mm[0], along_y / self.step_mm[1]
            m00, m10 = 1.0 + along_x[:, 0], along_x[:, 1]
            m01, m11 = along_y[:, 0], 1.0 + along_y[:, 1]
            det = np.maximum(m00 * m11 - m01 * m10, LEAST_AREA)
            step = np.stack([m11 * miss[:, 0] - m01 * miss[:, 1], m00 * miss[:, 1] - m10 * miss[:, 0]], 1)
            step = np.clip(step / det[:, None], -6.0 * self.step_mm, 6.0 * self.step_mm)
            at += step
            if np.abs(step).max(initial=0.0) < 1e-3:
                break
        return np.asarray(places_px + (at - wanted) @ self.plane.px_from_mm.T, dtype=np.float64)

    def _cell(self, at: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(n, 2) column and row of the cell, and (n, 2) where in it; outside, the nearest border's."""
        place = np.clip((at - self.corner_mm) / self.step_mm, 0.0, CELLS)
        cell = np.minimum(place.astype(np.int64), CELLS - 1)
        return cell, place - cell


def field_of(pulls: Sequence[Pull], plane: FacePlane, size: tuple[int, int]) -> Field | None:
    """The field of a chain of pulls; None where nothing moves.

    Args:
        pulls: what was listed first is done to the picture first.
        plane: of the face.
        size: (width, height) of the picture, beyond whose border nothing is read.
    """
    if not pulls or not np.isfinite(plane.px_from_mm).all() or not np.isfinite(plane.origin_px).all():
        return None
    low, high = _bounds(pulls)
    step = (high - low) / CELLS
    across = np.arange(CELLS + 1, dtype=np.float32)
    x, y = np.meshgrid((low[0] + across * step[0]), (low[1] + across * step[1]))
    grid = np.stack([x, y], axis=-1).astype(np.float32)
    drawn_px = grid @ plane.px_from_mm.T.astype(np.float32) + plane.origin_px.astype(np.float32)

    def moved_by(fraction: float) -> tuple[Points, Points]:
        moved = _chained(pulls, grid, fraction)
        moved_px = moved @ plane.px_from_mm.T.astype(np.float32)
        if _fade_at_border(drawn_px, moved_px, size):
            moved = moved_px @ plane.mm_from_px.T.astype(np.float32)
        return moved, moved_px

    moved, moved_px = moved_by(1.0)
    if _least_area(grid + moved, step) < LEAST_AREA:
        moved, moved_px = _weakened(moved_by, grid, step)
    triangles = _triangles_that_move(moved_px)
    if not len(triangles):
        return None
    vertices = np.concatenate([drawn_px, drawn_px + moved_px], axis=-1).reshape(-1, 4)
    return Field(plane, low, step, moved, vertices, triangles)


def _bounds(pulls: Sequence[Pull]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rectangle of the plane outside of which nothing moves."""
    spots = np.array([(c, p.radii) for p in pulls for c in (p.centre, *p.others)], dtype=np.float64)
    return (spots[:, 0] - spots[:, 1]).min(axis=0) - 1.0, (spots[:, 0] + spots[:, 1]).max(axis=0) + 1.0


def _chained(pulls: Sequence[Pull], grid: Points, fraction: float = 1.0) -> Points:
    """(..., 2) from where something is drawn to where it is read, with a share of every pull."""
    x, y = grid[..., 0].copy(), grid[..., 1].copy()
    for pull in reversed(pulls):
        (_weaker(pull, fraction) if fraction < 1.0 else pull).apply(x, y)
    return np.stack([x, y], axis=-1) - grid


def _weaker(pull: Pull, fraction: float) -> Pull:
    (a, b), (c, d) = pull.scale, pull.shift
    return Pull(
        pull.centre,
        pull.radii,
        (a * fraction, b * fraction),
        (c * fraction, d * fraction),
        pull.angle * fraction,
        pull.others,
    )


def _weakened(
    moved_by: Callable[[float], tuple[Points, Points]], grid: Points, step: NDArray[np.float64]
) -> tuple[Points, Points]:
    """The greatest share of the pulls (to 1/256) that leaves every cell enough area."""
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = 0.5 * (low + high)
        fits = _least_area(grid + moved_by(middle)[0], step) >= LEAST_AREA
        low, high = (middle, high) if fits else (low, middle)
    return moved_by(low)


def _least_area(read: Points, step: NDArray[np.float64]) -> float:
    """The least signed area of a triangle that is read, as a share of the area that is drawn from it."""
    a, b, c, d = read[:-1, :-1], read[:-1, 1:], read[1:, :-1], read[1:, 1:]
    one = _cross(b - a, c - a).min()
    other = _cross(c - d, b - d).min()
    return float(min(one, other)) / float(step[0] * step[1])


def _cross(a: Points, b: Points) -> Points:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _fade_at_border(drawn: Points, moved: Points, size: tuple[int, int]) -> bool:
    """Fade displacements along an axis where the picture ends, so that what is read lies inside.

    x - M f(x / 4M) with the smoothstep f is never negative, and its slope never either.
    """
    faded = False
    for axis, length in enumerate(size):
        most = float(np.abs(moved[..., axis]).max())
        reach = FADE_WIDTHS * most
        at = drawn[..., axis]
        if most < 1e-3 or (at.min() >= reach and at.max() <= length - 1 - reach):
            continue
        t = np.clip(np.minimum(at, length - 1 - at) / reach, 0.0, 1.0)
        moved[..., axis] *= t * t * (3.0 - 2.0 * t)
        faded = True
    return faded


_STILL_PX = 1.0 / 512.0


def _triangles_that_move(moved_px: Points) -> NDArray[np.uint16]:
    still = np.abs(moved_px).max(axis=-1) < _STILL_PX
    cells = ~(still[:-1, :-1] & still[:-1, 1:] & still[1:, :-1] & still[1:, 1:])
    return np.asarray(_all_triangles()[cells.ravel()].reshape(-1, 3), dtype=np.uint16)


@lru_cache(maxsize=1)
def _all_triangles() -> NDArray[np.uint16]:
    """(cells, 2, 3): each cell is cut from its upper right to its lower left corner."""
    row, column = np.divmod(np.arange(CELLS * CELLS), CELLS)
    a = row * (CELLS + 1) + column
    b, c, d = a + 1, a + CELLS + 1, a + CELLS + 2
    return np.stack([np.stack([a, b, c], 1), np.stack([c, b, d], 1)], 1).astype(np.uint16)
