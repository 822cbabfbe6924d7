"""Finds faces in a whole picture, and looks closer where that is worth it.

BlazeFace (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
2019): an SSD with fixed-size anchors, sixteen numbers an anchor (box and six key points).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.inference.network import Network
from ar_effects.inference.provider import Provider
from ar_effects.records import Image
from ar_effects.tracking.region import Region, region_from_detection

SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3
GRIDS = (2, 3)
LARGE_SIDE, LARGE_GRIDS = 2000, (2, 3, 5)
"""In a large photograph a face of a twentieth of its side still has a hundred pixels."""

STRIDES_AND_ANCHORS = ((8, 2), (16, 6))
"""16 x 16 cells of two anchors, then 8 x 8 cells of six: 896 in all."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found.

    Attributes:
        score: 0..1.
        box: (4,) float64 x0, y0, x1, y1 in pixels of the frame.
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
    for stride, anchors in STRIDES_AND_ANCHORS:
        cells = (np.arange(side // stride) + 0.5) * stride / side
        y, x = np.meshgrid(cells, cells, indexing="ij")
        layers.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), anchors, axis=0))
    return np.concatenate(layers)


class FaceDetector:
    """The short-range detector: faces from about a tenth of the picture's side upwards."""

    def __init__(self, provider: Provider) -> None:
        self._network = Network("face_detector_short_range", provider)

    def detect(self, image: Image) -> list[Detection]:
        """Faces in the whole picture, best first."""
        height, width = image.shape[:2]
        return merge(self._look(image, (0, 0, width, height)))

    def detect_closely(self, image: Image, grids: Iterable[int] | None = None) -> list[Detection]:
        """The whole picture, then tiles of it: small faces too. A face may come once from each level.

        Each tile of an n x n grid is (1.5 / n) of the picture wide, so that neighbours overlap by a
        third and no small face is cut by both. Levels are not merged: a box from farther off comes
        first, because it had the face's surroundings in view; the closer one stands in where the
        mesh network then finds no face in the first.
        """
        height, width = image.shape[:2]
        found = self.detect(image)
        for n in grids or (LARGE_GRIDS if max(width, height) >= LARGE_SIDE else GRIDS):
            tile_w, tile_h = min(1.0, 1.5 / n) * width, min(1.0, 1.5 / n) * height
            closer: list[Detection] = []
            for row in range(n):
                for column in range(n):
                    x = column * (width - tile_w) / max(n - 1, 1)
                    y = row * (height - tile_h) / max(n - 1, 1)
                    closer += self._look(image, (x, y, x + tile_w, y + tile_h))
            found += merge(closer)
        return found

    def _look(self, image: Image, part: tuple[float, float, float, float]) -> list[Detection]:
        """Run the network on the square around one rectangle (x0, y0, x1, y1); outside is black.

        The square is sampled bilinearly at ``low + index * step``, without averaging: that is how
        the network was trained and measured. Averaging, or a shift of half a step, moves its boxes by
        up to 2 % of the eye distance (docs/decisions/0005-tracking.md).
        """
        x0, y0, x1, y1 = part
        square = max(x1 - x0, y1 - y0)
        low_x, low_y = (x0 + x1 - square) / 2, (y0 + y1 - square) / 2
        side = self._network.side
        step = square / side
        shrunk = cv2.warpAffine(
            image,
            np.array([[step, 0.0, low_x], [0.0, step, low_y]]),
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        boxes, scores = self._network.run_picture(shrunk)
        keep = np.flatnonzero(scores[0, :, 0] >= SCORE_THRESHOLD)  # NaN compares false
        if not len(keep):
            return []
        raw = boxes[0, keep].astype(np.float64) / side
        centres = anchor_centres(side)[keep]
        corner = np.array([low_x, low_y])
        middle, size = raw[:, :2] + centres, np.abs(raw[:, 2:4])
        low_corners, high_corners = (
            (middle - size / 2) * square + corner,
            (middle + size / 2) * square + corner,
        )
        keypoints = (raw[:, 4:].reshape(len(keep), 6, 2) + centres[:, None]) * square + corner
        return [
            Detection(float(scores[0, k, 0]), np.concatenate([low_corners[i], high_corners[i]]), keypoints[i])
            for i, k in enumerate(keep)
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
    merged = []
    while rest:
        same = overlap(rest[0].box, np.array([d.box for d in rest])) > OVERLAP_THRESHOLD
        same[0] = True
        group = [d for d, s in zip(rest, same, strict=True) if s]
        weights = np.array([d.score for d in group])
        weights /= weights.sum()
        merged.append(
            Detection(
                group[0].score,
                np.tensordot(weights, np.array([d.box for d in group]), 1),
                np.tensordot(weights, np.array([d.keypoints for d in group]), 1),
            )
        )
        rest = [d for d, s in zip(rest, same, strict=True) if not s]
    return merged
