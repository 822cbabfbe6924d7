"""Moves a portrait's head: the tracked face mesh in perspective, its surroundings elastically.

The face is a triangle mesh, textured with the portrait and drawn at its new pose with a depth
buffer, so every landmark lands exactly where the pinhole camera puts it. Around it the picture
follows by a thin-plate spline through the face's outline and the silhouette of the head, on top of
the similarity that the head's position, distance and lean give the whole scene.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from ar_effects.geometry.camera import Camera
from ar_effects.records import Image

Array = NDArray[np.float64]
FIELD_STEP = 8
"""The elastic field is solved on every 8th pixel and enlarged: it is smooth."""

SEAM_PX = 9.0
"""Width over which face and surroundings are mixed at the face's outline."""


@dataclass(frozen=True)
class Portrait:
    """What the warp needs of the still.

    Attributes:
        image: the portrait, BGR.
        skin: the portrait as the face takes its texture from it.
        face_px: (468, 2) the mesh in pixels of the portrait.
        triangles: (m, 3).
        outline: the face's oval.
        anchors_px: (k, 2) head silhouette in pixels of the portrait.
        fixed_px: (j, 2) points of the surroundings that only follow the similarity.
    """

    image: Image
    skin: Image
    face_px: Array
    triangles: NDArray[np.uint32]
    outline: list[int]
    anchors_px: Array
    fixed_px: Array


def render_frame(
    portrait: Portrait, camera: Camera, face_mm: Array, anchors_px: Array, scene: Array
) -> Image:
    """The portrait with its head moved.

    Args:
        portrait: the still.
        camera: of the frame to make.
        face_mm: (468, 3) the face in the camera frame at its new pose.
        anchors_px: (k, 2) where the silhouette points go, pixels of the frame.
        scene: (2, 3) similarity from pixels of the portrait to pixels of the frame.
    """
    face_px = camera.project(face_mm)
    map_xy = _surroundings(portrait, camera, face_px, anchors_px, scene)
    face_map, inside = _face(portrait, camera, face_mm, face_px)
    depth_in = cv2.distanceTransform(np.where(inside, 255, 0).astype(np.uint8), cv2.DIST_L2, 5)
    fraction = np.clip(depth_in / SEAM_PX, 0.0, 1.0)[..., None]
    map_xy = np.where(inside[..., None], fraction * face_map + (1 - fraction) * map_xy, map_xy)
    maps = map_xy.astype(np.float32)
    scenery, skin = (
        cv2.remap(image, maps[..., 0], maps[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        for image in (portrait.image, portrait.skin)
    )
    return np.asarray(np.rint(fraction * skin + (1 - fraction) * scenery), np.uint8)


def _surroundings(
    portrait: Portrait, camera: Camera, face_px: Array, anchors_px: Array, scene: Array
) -> Array:
    """(h, w, 2) the portrait's pixel for each pixel of the frame, away from the face."""

    def forward(points: Array) -> Array:
        return points @ scene[:, :2].T + scene[:, 2]

    back = np.linalg.inv(scene[:, :2])
    targets = np.concatenate([face_px[portrait.outline], anchors_px, forward(portrait.fixed_px)])
    sources = np.concatenate([portrait.face_px[portrait.outline], portrait.anchors_px, portrait.fixed_px])
    offsets = sources - (targets - scene[:, 2]) @ back.T
    spline = RBFInterpolator(targets, offsets, kernel="thin_plate_spline", smoothing=0.0)
    width, height = camera.width, camera.height
    x, y = np.meshgrid(
        np.arange(0, width + FIELD_STEP, FIELD_STEP), np.arange(0, height + FIELD_STEP, FIELD_STEP)
    )
    coarse = spline(np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)).reshape(*x.shape, 2)
    fine_x, fine_y = np.meshgrid(np.arange(width), np.arange(height))
    field = cv2.remap(
        coarse.astype(np.float32),
        (fine_x / FIELD_STEP).astype(np.float32),
        (fine_y / FIELD_STEP).astype(np.float32),
        cv2.INTER_LINEAR,
    )
    pixels = np.stack([fine_x, fine_y], axis=-1).astype(np.float64)
    return np.asarray((pixels - scene[:, 2]) @ back.T + field, dtype=np.float64)


def _face(
    portrait: Portrait, camera: Camera, face_mm: Array, face_px: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """(h, w, 2) the portrait's pixel for each pixel the face covers, and where that is."""
    width, height = camera.width, camera.height
    result = np.zeros((height, width, 2))
    nearest = np.full((height, width), np.inf)
    for triangle in portrait.triangles.astype(int):
        p = face_px[triangle]
        area = (p[1, 0] - p[0, 0]) * (p[2, 1] - p[0, 1]) - (p[1, 1] - p[0, 1]) * (p[2, 0] - p[0, 0])
        if area >= -1e-9:  # turned away: y points down, so what faces us runs clockwise in these axes
            continue
        low = np.maximum(np.floor(p.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(p.max(axis=0)).astype(int) + 1, [width, height])
        if (low >= high).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        w1 = ((x - p[0, 0]) * (p[2, 1] - p[0, 1]) - (y - p[0, 1]) * (p[2, 0] - p[0, 0])) / area
        w2 = ((p[1, 0] - p[0, 0]) * (y - p[0, 1]) - (p[1, 1] - p[0, 1]) * (x - p[0, 0])) / area
        weights = np.stack([1 - w1 - w2, w1, w2], axis=-1)
        inverse_depth = -1.0 / face_mm[triangle, 2]
        over_depth = weights * inverse_depth  # perspective-correct
        total = over_depth.sum(axis=-1)
        depth = 1.0 / np.maximum(total, 1e-12)
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        hit = (weights >= -1e-6).all(axis=-1) & (depth < nearest[window])
        source = (over_depth @ portrait.face_px[triangle]) / total[..., None]
        result[window][hit] = source[hit]
        nearest[window][hit] = depth[hit]
    return result, np.isfinite(nearest)
