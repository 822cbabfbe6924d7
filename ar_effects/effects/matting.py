"""From a small mask of the people to a cut along the frame's own edges.

The guided filter (He, Sun, Tang, "Guided Image Filtering", PAMI 2013; colour guides in its section 3.4)
explains the mask, in a small window around each pixel, as a linear function of the frame's colours. Its fast
form (He, Sun, "Fast Guided Filter", arXiv:1505.00996, 2015) finds the function on a small frame and applies
it to the large one, where the cut then follows hair that the mask never saw.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.colour import LINEAR_FROM_BYTE
from ar_effects.drawlist.matte import BEHIND, EDGE, PERSON, TILES, Matte
from ar_effects.records import Face, Image, Mask

RADIUS = 4
"""Of the window, in pixels of the mask."""

SMOOTH = 4e-4
"""The guided filter's epsilon: colours that differ by less than its root, 0.02, are one colour."""

NEAR = 2 * RADIUS - 1
"""Side of the neighbourhood of an edge in which the function is believed. Farther off, a lamp that is
brighter than everything it was found from would be person."""

HAZE = 0.1
"""Shares below it are none, and those above 1 - HAZE all: what the filter leaves of a mist."""

NOBODY, SOMEBODY = 0.4, 0.85
"""What the network calls less than the first is no person, more than the second is one: large fields between
them are its doubts, and a doubt looks like mist. Edges go through all of it within a few pixels."""

_GUIDE_FROM_BYTE = np.sqrt(LINEAR_FROM_BYTE).astype(np.float32)
"""Square roots of linear colours are nearly as even as encoded ones, and quick to find from linear ones."""


def matte_of(image: Image, mask: Mask, faces: Sequence[Face] = ()) -> Matte:
    """The cut for a frame.

    Args:
        image: (h, w, 3) BGR.
        mask: (h', w') of the whole frame.
        faces: found in the frame: they are person whatever the mask says.
    """
    mask = in_whole_tiles(mask)
    small = cv2.resize(_halved(image, mask.shape), mask.shape[::-1], interpolation=cv2.INTER_AREA)
    blue, green, red = (np.ascontiguousarray(p) for p in cv2.split(cv2.LUT(small, _GUIDE_FROM_BYTE)))
    sure = with_faces(decided(mask), faces, (image.shape[1], image.shape[0]))
    coefficients = guided_coefficients((red, green, blue), sure)
    gain = np.float32(1.0 / (1.0 - 2.0 * HAZE))
    coefficients *= gain
    coefficients[:, :, 3] -= np.float32(HAZE) * gain
    outside, inside = (_near(part) for part in (sure, np.float32(1.0) - sure))
    coefficients *= (outside * inside)[:, :, None]
    coefficients[:, :, 3] += np.float32(1.0) - inside
    return Matte(coefficients, tiles_of(sure))


def in_whole_tiles(mask: Mask) -> Mask:
    """The mask with sides that are multiples of ``TILES``: itself, or a little larger."""
    height, width = (-(-side // TILES) * TILES for side in mask.shape)
    if (height, width) == mask.shape:
        return mask
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[no-any-return]


def decided(mask: Mask) -> Mask:
    """The mask with its doubts resolved: a smooth step from ``NOBODY`` to ``SOMEBODY``."""
    t = np.clip((mask - np.float32(NOBODY)) * np.float32(1.0 / (SOMEBODY - NOBODY)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)  # type: ignore[no-any-return]


def with_faces(mask: Mask, faces: Sequence[Face], size: tuple[int, int]) -> Mask:
    """The mask with the faces in it that are seen, found in a frame of ``size``, (width, height)."""
    seen = [face for face in faces if face.state == "tracking"]
    if not seen:
        return mask
    height, width = mask.shape
    filled = np.zeros((height, width), np.uint8)
    scale = np.array([width / size[0], height / size[1]], np.float32)
    limit = 4.0 * max(width, height)
    for face in seen:
        points = np.clip((face.landmarks[:, :2] + 0.5) * scale - 0.5, -limit, limit)
        if not np.isfinite(points).all():
            continue
        cv2.fillConvexPoly(filled, cv2.convexHull(np.round(points).astype(np.int32)), 255)
    soft = cv2.blur(filled, (3, 3)).astype(np.float32) * np.float32(1.0 / 255.0)
    together: Mask = np.maximum(mask, soft)
    return together


def guided_coefficients(
    guide: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]], mask: Mask
) -> NDArray[np.float32]:
    """(h, w, 4): the linear function of three guides that explains the mask, three factors and a constant."""
    means = [_mean(g) for g in guide]
    mean = _mean(mask)
    with_mask = [_mean(g * mask) - m * mean for g, m in zip(guide, means, strict=True)]
    rr, rg, rb, gg, gb, bb = (
        _mean(guide[i] * guide[j]) - means[i] * means[j]
        for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    )
    rr, gg, bb = (square + np.float32(SMOOTH) for square in (rr, gg, bb))
    # the symmetric 3x3 system by its cofactors
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    whole = np.float32(1.0) / (rr * c_rr + rg * c_rg + rb * c_rb)
    x, y, z = with_mask
    factors = [
        (c_rr * x + c_rg * y + c_rb * z) * whole,
        (c_rg * x + c_gg * y + c_gb * z) * whole,
        (c_rb * x + c_gb * y + c_bb * z) * whole,
    ]
    constant = mean
    for factor, m in zip(factors, means, strict=True):
        constant = constant - factor * m
    return _mean(cv2.merge([*factors, constant]))


def tiles_of(mask: Mask) -> NDArray[np.uint8]:
    """(TILES, TILES): what each tile holds; beside an edge there is an edge."""
    height, width = mask.shape
    rows = mask.reshape(TILES, height // TILES, width)
    high, low = rows.max(axis=1), rows.min(axis=1)
    cells = (TILES, TILES, width // TILES)
    reach = 2 * (2 * RADIUS * TILES // min(height, width)) + 1  # both means of the filter
    around = np.ones((reach, reach), np.uint8)
    some = cv2.dilate((high.reshape(cells).max(axis=2) > 0.0).astype(np.uint8), around)
    gaps = cv2.dilate((low.reshape(cells).min(axis=2) < 1.0).astype(np.uint8), around)
    tiles = np.full((TILES, TILES), EDGE, np.uint8)
    tiles[some == 0] = BEHIND
    tiles[gaps == 0] = PERSON
    return tiles


def _near(part: Mask) -> Mask:
    """1 where the part is and around it, then falling to 0."""
    grown = cv2.dilate(part, np.ones((NEAR, NEAR), np.uint8))
    return cv2.blur(grown, (NEAR, NEAR), borderType=cv2.BORDER_REFLECT)  # type: ignore[no-any-return]


def _mean(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    side = 2 * RADIUS + 1
    return cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT)  # type: ignore[no-any-return]


def _halved(image: Image, shape: tuple[int, ...]) -> Image:
    """Halves are quick to take, other shares not."""
    height, width = image.shape[:2]
    while height >= 2 * shape[0] and width >= 2 * shape[1] and height % 2 == width % 2 == 0:
        height, width = height // 2, width // 2
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return image
