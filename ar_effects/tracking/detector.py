"""Finds faces in one square view of a picture; where to look is the matter of ``search``.

BlazeFace (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
2019): an SSD with fixed-size anchors, sixteen numbers an anchor (box and six key points).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.inference.network import Network
from ar_effects.inference.provider import Provider
from ar_effects.records import Image
from ar_effects.tracking.region import MAX_ABS, Region, region_from_detection

SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3
GRIDS = (2, 3)
LARGE_SIDE, LARGE_GRIDS = 2000, (2, 3, 5)
"""In a large photograph a face of a twentieth of its side still has a hundred pixels."""

Range = Literal["short", "full"]
"""Short: faces from about a tenth of the view's side. Full: much smaller ones, too, at 2.6 times the cost."""

STRIDES_AND_ANCHORS = {128: ((8, 2), (16, 6)), 192: ((4, 1),)}
"""By the input's side. Short range: 16 x 16 cells of two anchors, then 8 x 8 cells of six, 896 in all.
Full range: 48 x 48 cells of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face found.

    Attributes:
        score: 0..1.
        box: (4,) float64 x0, y0, x1, y1 in pixels of the frame; upright and of the face's own size, round
            its middle, even where the head is rolled.
        keypoints: (6, 2) float64 pixels: the person's right eye, left eye, nose tip, mouth, right
            and left ear.
    """

    score: float
    box: NDArray[np.float64]
    keypoints: NDArray[np.float64]

    @property
    def region(self) -> Region:
        """Where the mesh network should look."""
        x0, y0, x1, y1 = (float(v) for v in self.box)
        right, left = self.keypoints[0], self.keypoints[1]
        return region_from_detection(
            (x0, y0, x1, y1), (float(right[0]), float(right[1])), (float(left[0]), float(left[1]))
        )


@lru_cache(maxsize=2)
def anchor_centres(side: int) -> NDArray[np.float64]:
    """(n, 2) anchor centres in 0..1 of the input, in the network's order."""
    layers = []
    for stride, anchors in STRIDES_AND_ANCHORS[side]:
        cells = (np.arange(side // stride) + 0.5) * stride / side
        y, x = np.meshgrid(cells, cells, indexing="ij")
        layers.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), anchors, axis=0))
    return np.concatenate(layers)


class FaceDetector:
    """One of the two detectors."""

    def __init__(self, provider: Provider, reach: Range = "short") -> None:
        self._network = Network(f"face_detector_{reach}_range", provider)

    def detect(self, image: Image) -> list[Detection]:
        """Faces in the whole picture, best first."""
        return self.infer(image, whole(image))

    def detect_closely(self, image: Image) -> list[Detection]:
        """The whole picture, then tiles of it: small faces too. A face may come once from each level."""
        found = self.detect(image)
        for n in LARGE_GRIDS if max(image.shape[:2]) >= LARGE_SIDE else GRIDS:
            found += merge([d for view in tiles(image, n) for d in self.infer(image, view)])
        return found

    def infer(self, image: Image, view: Region, threshold: float = SCORE_THRESHOLD) -> list[Detection]:
        """Faces in one square of the picture, turned if its ``roll_rad`` says so, best first.

        Those scored below ``threshold`` are left out.

        Outside the picture is black. The square is sampled bilinearly at ``low + index * step``,
        without averaging: that is how the network was trained and measured. Averaging, or a shift of
        half a step, moves its boxes by up to 2 % of the eye distance (docs/decisions/0005-tracking.md).
        """
        side = self._network.side
        frame_from_view = view.frame_from_crop(side)
        shrunk = cv2.warpAffine(
            image,
            frame_from_view,
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        boxes, scores = self._network.run_picture(shrunk)
        keep = np.flatnonzero((scores[0, :, 0] >= threshold) & (scores[0, :, 0] <= 1.0))  # never NaN
        keep = keep[np.abs(boxes[0, keep]).max(axis=1, initial=0.0) <= MAX_ABS * side]
        if not len(keep):
            return []
        raw = boxes[0, keep].astype(np.float64)
        points = raw.reshape(len(keep), 8, 2) + anchor_centres(side)[keep, None] * side
        points = points @ frame_from_view[:, :2].T + frame_from_view[:, 2]
        half_size = np.abs(raw[:, 2:4]) * (view.side / side / 2)
        corners = np.concatenate([points[:, 0] - half_size, points[:, 0] + half_size], axis=1)
        return merge(
            [Detection(float(scores[0, k, 0]), corners[i], points[i, 2:]) for i, k in enumerate(keep)]
        )


def whole(image: Image, roll_rad: float = 0.0) -> Region:
    """The square that holds the whole picture, turned."""
    height, width = image.shape[:2]
    c, s = abs(math.cos(roll_rad)), abs(math.sin(roll_rad))
    return Region((width / 2, height / 2), max(c * width + s * height, s * width + c * height), roll_rad)


def tiles(image: Image, n: int) -> list[Region]:
    """The squares round an n x n grid of rectangles, row by row.

    Each is (1.5 / n) of the picture wide, so that neighbours overlap by a third and no small face is cut
    by both.
    """
    height, width = image.shape[:2]
    tile_w, tile_h = min(1.0, 1.5 / n) * width, min(1.0, 1.5 / n) * height
    return [
        Region(
            (
                column * (width - tile_w) / max(n - 1, 1) + tile_w / 2,
                row * (height - tile_h) / max(n - 1, 1) + tile_h / 2,
            ),
            max(tile_w, tile_h),
            0.0,
        )
        for row in range(n)
        for column in range(n)
    ]


def overlap(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of (4,) ``box`` with each of (n, 4) ``others``."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    intersection = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = np.prod(box[2:] - box[:2]) + areas - intersection
    return np.asarray(intersection / np.maximum(union, 1e-12), dtype=np.float64)


def merge(detections: list[Detection]) -> list[Detection]:
    """Weighted non-maximum suppression: overlapping detections are averaged by their scores."""
    rest = sorted(detections, key=lambda d: -d.score)
    kept = []
    while rest:
        same = overlap(rest[0].box, np.array([d.box for d in rest])) > OVERLAP_THRESHOLD
        same[0] = True
        group = [d for d, s in zip(rest, same, strict=True) if s]
        weights = np.array([d.score for d in group])
        weights /= weights.sum()
        kept.append(
            Detection(
                group[0].score,
                np.tensordot(weights, np.array([d.box for d in group]), 1),
                np.tensordot(weights, np.array([d.keypoints for d in group]), 1),
            )
        )
        rest = [d for d, s in zip(rest, same, strict=True) if not s]
    return kept
