"""Where the face is skin: a mask in the mesh's texture space, without eyes, brows, lips and nostrils."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import Texture
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face

SIDE = 256

# Outlines in the order of the face-mesh model card; the hull is taken, so that the order does not matter.
_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_NOSTRIL = (98, 240, 99, 60, 75)

EYE_MM, BROW_MM, LIPS_MM, NOSTRIL_MM = 2.5, 2.0, 1.5, 0.0
"""How far beyond their outlines they are left alone: lashes, hairs, the lips' own edge."""

FEATHER_MM = 3.5


@lru_cache(maxsize=1)
def skin_mask() -> Texture:
    """(256, 256, 4) uint8; alpha 255 on skin, 0 where the face must stay as it is, feathered between."""
    face = canonical_face()
    keep = np.zeros((SIDE, SIDE), np.uint8)
    mm_per_texel = _mm_per_texel(face.vertices_mm, face.uvs)
    mirror = face.mirror
    regions = [
        (RIGHT_EYE_RING, EYE_MM),
        (LEFT_EYE_RING, EYE_MM),
        (_BROW, BROW_MM),
        (tuple(mirror[list(_BROW)]), BROW_MM),
        (_LIPS, LIPS_MM),
        (_NOSTRIL, NOSTRIL_MM),
        (tuple(mirror[list(_NOSTRIL)]), NOSTRIL_MM),
    ]
    for outline, beyond_mm in regions:
        points = np.round((face.uvs[list(outline)] * SIDE - 0.5) * 16).astype(np.int32)
        region = np.zeros_like(keep)
        cv2.fillConvexPoly(region, cv2.convexHull(points), 255, lineType=cv2.LINE_8, shift=4)
        reach = round((beyond_mm + FEATHER_MM) / mm_per_texel)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        keep = np.maximum(keep, cv2.dilate(region, disc))
    soft = cv2.GaussianBlur(keep, (0, 0), 0.35 * FEATHER_MM / mm_per_texel)
    mask = np.zeros((SIDE, SIDE, 4), np.uint8)
    mask[..., 3] = 255 - soft
    mask.flags.writeable = False
    return mask


def _mm_per_texel(vertices_mm: NDArray[np.float64], uvs: NDArray[np.float32]) -> float:
    """In the middle of the face, from the distance between the eyes' outer corners."""
    a, b = 33, 263
    assert max(a, b) < MESH_COUNT
    return float(np.linalg.norm(vertices_mm[a] - vertices_mm[b]) / (np.linalg.norm(uvs[a] - uvs[b]) * SIDE))
