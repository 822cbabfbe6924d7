"""The ellipse on the picture that holds all of a face."""

from __future__ import annotations

import math

import numpy as np

from ar_effects.drawlist.cover import Place
from ar_effects.face.canonical import MESH_COUNT
from ar_effects.records import Face

FOREHEAD = 0.14
"""The mesh ends below the hairline; so much of its height is added above."""

NARROWEST = 0.62
"""Least width over height: a head from the side is no narrower."""

CHEEK = 0.35
"""Of the height, how far a head in profile reaches behind the mesh's edge, up to the ear."""

GROW_PER_S = 1.6
"""How many times its size a cover gains a second while its face is not seen, and at most ``GROWN``."""

GROWN = 2.5
DOUBTFUL_QUALITY, DOUBTFUL_GROW = 0.5, 1.3
TURNED_DEG, AWAY_DEG, TURNED_GROW = 35.0, 75.0, 1.25
"""Landmarks of heads turned so far are less and less exact."""


def face_outline(face: Face, grow: float = 1.0) -> Place:
    """The smallest ellipse in the head's own turned axes round its box that holds every landmark.

    Forehead and, as the head turns, the cheek up to the ear are added.

    Args:
        face: where it is.
        grow: the ellipse's size over the smallest.
    """
    yaw_deg, _, roll_deg = face.pose.angles_deg
    yaw, roll = math.radians(yaw_deg), math.radians(roll_deg)
    c, s = math.cos(roll), math.sin(roll)
    points = face.landmarks[:MESH_COUNT, :2].astype(np.float64)
    along, across = points @ (c, s), points @ (-s, c)
    left, right = float(along.min()), float(along.max())
    top, bottom = float(across.min()), float(across.max())
    height = bottom - top
    top -= FOREHEAD * height
    # the nose points to the right of the picture at yaw > 0: the ear that is seen is at the left
    reach = CHEEK * height * max(abs(math.sin(yaw)) - 0.3, 0.0)
    if yaw > 0.0:
        left -= reach
    else:
        right += reach
    middle = ((left + right) / 2, (top + bottom) / 2)
    half_y = max((bottom - top) / 2, 1.0)
    half_x = max((right - left) / 2, NARROWEST * half_y)
    off = ((along - middle[0]) / half_x) ** 2 + ((across - middle[1]) / half_y) ** 2
    scale = max(math.sqrt(float(off.max())), 1.0) * grow
    centre = (c * middle[0] - s * middle[1], s * middle[0] + c * middle[1])
    return Place(centre, (half_x * scale, half_y * scale), roll, inner=half_x)


def covering(face: Face, grow: float) -> Place:
    """The ellipse that surely holds a face: larger the less is known about where it is."""
    if face.state != "tracking":
        grow *= min(1.0 + GROW_PER_S * face.unseen_s, GROWN)
    elif face.quality < DOUBTFUL_QUALITY:
        grow *= DOUBTFUL_GROW
    turned = (abs(face.pose.yaw_deg) - TURNED_DEG) / (AWAY_DEG - TURNED_DEG)
    return face_outline(face, grow * (1.0 + (TURNED_GROW - 1.0) * min(max(turned, 0.0), 1.0)))
