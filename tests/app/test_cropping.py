"""The part of a tracked picture holds all that the whole one did."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.app.pipeline.cropping import cropped
from ar_effects.geometry.camera import Camera
from ar_effects.records import FaceCandidates, Frame, TrackedFrame

SIZE = WIDTH, HEIGHT = 640, 480


def tracked(mask=None, candidates=None):
    frame = Frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 0.0)
    return TrackedFrame(frame, (), Camera.assumed(*SIZE), segmentation=mask, face_candidates=candidates)


def ramp(columns, rows):
    """A mask whose value tells the place: x + 2 y in shares of the frame, over 3."""
    x, y = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    return ((x + 2 * y[:, None]) / 3).astype(np.float32)


@pytest.mark.parametrize("mask_size", [SIZE, (256, 256), (256, 144), (1280, 960)])
@pytest.mark.parametrize(
    "box", [(100, 50, 500, 400), (0, 0, 33, 480), (301, 203, 302, 204), (639, 0, 640, 480)]
)
def test_masks_are_cut_where_the_picture_is(mask_size, box):
    x0, y0, x1, y1 = box
    part = cropped(tracked(ramp(*mask_size)), box)
    mask = part.segmentation
    assert mask is not None
    rows, columns = mask.shape
    assert columns >= (x1 - x0) * mask_size[0] / WIDTH
    assert rows >= (y1 - y0) * mask_size[1] / HEIGHT
    x = (x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns) / WIDTH
    y = (y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows) / HEIGHT
    off = np.abs(mask - (x + 2 * y[:, None]) / 3)
    margin = 1.0 / min(mask_size)  # beyond the middle of a mask's outermost pixel nothing is known
    assert off.max() < margin
    assert np.median(off) < 2e-3  # OpenCV interpolates in steps of a 32nd of a pixel


def test_suspects_move_along_and_those_elsewhere_are_left_out():
    candidates = FaceCandidates(np.array([[10.0, 20, 60, 80, 0.9], [400, 300, 450, 360, 0.7]]), True, 5)
    part = cropped(tracked(candidates=candidates), (300, 200, 640, 480))
    assert part.face_candidates == FaceCandidates(np.array([[100.0, 100, 150, 160, 0.7]]), True, 5)


def test_what_nobody_measured_stays_unknown():
    part = cropped(tracked(), (0, 0, 100, 100))
    assert part.segmentation is None
    assert part.face_candidates is None
