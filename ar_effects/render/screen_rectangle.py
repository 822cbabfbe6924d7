"""Where on the picture a box can appear: the renderer works only there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Matrix

MARGIN_PX = 2
"""One pixel for a triangle's samples beyond pixel centres, one for rounding."""


class Rectangle(NamedTuple):
    """Pixels ``x`` .. ``x + width - 1`` and ``y`` .. ``y + height - 1``; row 0 is the picture's top."""

    x: int
    y: int
    width: int
    height: int


def corners(bounds_mm: NDArray[np.floating]) -> NDArray[np.float64]:
    """(2, 3) lowest and highest corner -> the (8, 4) homogeneous corners of the box."""
    box = np.ones((8, 4))
    for i in range(8):
        box[i, :3] = [bounds_mm[i >> axis & 1, axis] for axis in range(3)]
    return box


def homogeneous(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) -> (n, 4) with ones."""
    return np.hstack([points, np.ones((len(points), 1))])


def screen_rectangle(
    box_corners: NDArray[np.float64], camera_from_model: Matrix, camera: Camera
) -> Rectangle | None:
    """The pixels a box can touch, or None if it cannot be seen.

    A box that reaches through the near plane can cover anything: the whole picture is returned.

    Args:
        box_corners: (n, 4) homogeneous, from ``corners`` or ``homogeneous``.
        camera_from_model: (4, 4), finite.
        camera: of the picture.
    """
    p = box_corners @ camera_from_model.T
    depth, (near, far) = -p[:, 2], camera.depths_mm
    if depth.max() <= near or depth.min() >= far:
        return None
    if depth.min() <= near:
        return Rectangle(0, 0, camera.width, camera.height)
    px = camera.project(p[:, :3])
    # pixel i spans i - 0.5 .. i + 0.5
    left, top = np.maximum(np.floor(px.min(axis=0) + 0.5) - MARGIN_PX, 0)
    right = min(float(np.floor(px[:, 0].max() + 0.5)) + MARGIN_PX + 1, camera.width)
    bottom = min(float(np.floor(px[:, 1].max() + 0.5)) + MARGIN_PX + 1, camera.height)
    if left >= right or top >= bottom:
        return None
    return Rectangle(int(left), int(top), int(right - left), int(bottom - top))


def px_per_mm(box_corners: NDArray[np.float64], camera_from_model: Matrix, camera: Camera) -> float:
    """How many pixels a millimetre takes at the nearest corner of a box: see ``screen_rectangle``."""
    nearest = float(-(box_corners @ camera_from_model[2]).max())
    return max(camera.fx, camera.fy) / max(nearest, camera.depths_mm[0])


def meet(a: Rectangle, b: Rectangle) -> bool:
    """Whether two rectangles have a pixel in common."""
    across = a.x < b.x + b.width and b.x < a.x + a.width
    return across and a.y < b.y + b.height and b.y < a.y + a.height


def beyond(rectangle: Rectangle, others: Iterable[Rectangle]) -> list[Rectangle]:
    """What of a rectangle lies in none of the others, as rectangles that do not overlap."""
    left = [rectangle]
    for x, y, width, height in others:
        parts: list[Rectangle] = []
        for one in left:
            x0, x1 = max(one.x, x), min(one.x + one.width, x + width)
            y0, y1 = max(one.y, y), min(one.y + one.height, y + height)
            if x0 >= x1 or y0 >= y1:
                parts.append(one)
                continue
            cut = (
                Rectangle(one.x, one.y, one.width, y0 - one.y),
                Rectangle(one.x, y1, one.width, one.y + one.height - y1),
                Rectangle(one.x, y0, x0 - one.x, y1 - y0),
                Rectangle(x1, y0, one.x + one.width - x1, y1 - y0),
            )
            parts += [part for part in cut if part.width > 0 and part.height > 0]
        left = parts
    return left


def union(rectangles: list[Rectangle]) -> Rectangle:
    """The smallest rectangle around all of them (at least one)."""
    left, top = min(r.x for r in rectangles), min(r.y for r in rectangles)
    right = max(r.x + r.width for r in rectangles)
    bottom = max(r.y + r.height for r in rectangles)
    return Rectangle(left, top, right - left, bottom - top)
