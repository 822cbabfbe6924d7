"""Parts of tracked pictures, for those that are too large to be drawn whole."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.records import Eyes, Mask, TrackedFrame


def cropped(tracked: TrackedFrame, box: tuple[int, int, int, int]) -> TrackedFrame:
    """The part x0, y0, x1, y1 of a tracked picture; faces, camera, and what else was measured moved along."""
    x0, y0, x1, y1 = box
    camera, frame = tracked.camera, tracked.frame
    if (x0, y0, x1, y1) == (0, 0, *frame.size):
        return tracked
    part = Camera(x1 - x0, y1 - y0, camera.fx, camera.fy, camera.cx - x0, camera.cy - y0)
    shift = np.array([x0, y0, 0.0], np.float32)
    faces = tuple(
        replace(
            face,
            landmarks=face.landmarks - shift,
            eyes=Eyes(face.eyes.left - shift[:2], face.eyes.right - shift[:2]),
        )
        for face in tracked.faces
    )
    image = np.ascontiguousarray(frame.image[y0:y1, x0:x1])
    mask, candidates = tracked.segmentation, tracked.face_candidates
    if candidates is not None:
        candidates = replace(candidates, suspects=_seen_in(candidates.suspects, box))
    return replace(
        tracked,
        frame=replace(frame, image=image),
        faces=faces,
        camera=part,
        segmentation=None if mask is None else _cut(mask, frame.size, box),
        face_candidates=candidates,
    )


def _cut(mask: Mask, size: tuple[int, int], box: tuple[int, int, int, int]) -> Mask:
    """The part of a mask, whose own size is another than the frame's, at no lower resolution."""
    x0, y0, x1, y1 = box
    # Pixels of the mask for one of the frame.
    scale = np.array([mask.shape[1] / size[0], mask.shape[0] / size[1]])
    part = np.array([x1 - x0, y1 - y0])
    columns, rows = np.maximum(np.ceil(part * scale), 1).astype(int).tolist()
    step = part * scale / (columns, rows)
    x, y = (np.array([x0, y0]) * scale + 0.5 * step - 0.5).tolist()  # where its first pixel's middle lies
    move = np.array([[step[0], 0.0, x], [0.0, step[1], y]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(mask, move, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.float32)


def _seen_in(suspects: NDArray[np.float64], box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    """Those of which something lies in the part, moved along."""
    x0, y0, x1, y1 = box
    left, top, right, bottom = suspects[:, :4].T
    here = (right > x0) & (left < x1) & (bottom > y0) & (top < y1)
    return np.asarray(suspects[here] - (x0, y0, x0, y0, 0.0))


def faces_bounding_box(tracked: TrackedFrame) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 in pixels: every face with its own size around it on all sides."""
    boxes = []
    for face in tracked.faces:
        low, high = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
        margin = float((high - low).max())
        boxes.append(np.concatenate([low - margin, high + margin]))
    corners = np.array(boxes)
    low_x, low_y = np.floor(corners[:, :2].min(axis=0))
    high_x, high_y = np.ceil(corners[:, 2:].max(axis=0))
    width, height = tracked.frame.size
    return (
        int(np.clip(low_x, 0, width - 1)),
        int(np.clip(low_y, 0, height - 1)),
        int(np.clip(high_x, 1, width)),
        int(np.clip(high_y, 1, height)),
    )
