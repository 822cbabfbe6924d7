"""The privacy pack on an adversarial clip of the demo's head: no frame with a bare face.

``python -m benchmarks.privacy`` does the same with real heads, longer.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from ar_effects.packs.library import Library
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from benchmarks import privacy
from benchmarks.privacy_clip import Bar, Card, Key, compose, room

SIZE, FPS = (320, 240), 15.0


@pytest.fixture(scope="module")
def cards():
    """The head and its mirror image, every fourth picture."""
    return [
        Card(c.images[::4], c.faces[::4]) for c in (privacy.demo_card(), privacy.demo_card(mirrored=True))
    ]


FIRST = [
    Key(0.0, -0.3, 0.5, gone=True),
    Key(0.2, -0.2, 0.5, 0.4),  # enters
    Key(0.6, 0.35, 0.5, 0.4),
    Key(3.0, 0.35, 0.5, 0.4),  # covered by a bar meanwhile
    Key(3.3, 0.35, 0.5, 0.4, turn_deg=90),  # turns its back
    Key(3.7, 0.35, 0.5, 0.4, turn_deg=90),
    Key(4.0, 0.35, 0.5, 0.4),
    Key(6.0, 0.35, 0.5, 0.4),
    Key(6.2, 0.35, -0.4, 0.4),  # leaves
    Key(6.25, 0.35, -0.4, 0.4, gone=True),
    Key(6.6, 0.6, 0.5, 0.4),  # there again
    Key(7.0, 0.6, 0.5, 0.4),
]
SECOND = [
    Key(0.0, 1.2, 0.5, gone=True),
    Key(4.6, 1.2, 0.5, 0.35),  # enters while the first is covered
    Key(5.0, 0.78, 0.5, 0.35),
    Key(5.6, 0.78, 0.5, 0.35),
    Key(5.65, 0.78, 0.5, 0.35, gone=True),
]


def clip(cards):
    return compose(cards, room(*SIZE), [FIRST, SECOND], [Bar(0, 1.4, 2.8)], 7.0, FPS)


def test_no_bare_face_is_ever_shown(cards):
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, SIZE)
        clear = []
        app = privacy.App(renderer, Library().load("privacy"))

        def show(image, time_s):
            picture = app(image, time_s)
            clear.append((picture == image).all(axis=2).mean() > 0.2)
            return picture

        found = privacy.judge(clip(cards), show, fps=FPS)
        renderer.release()
    assert found["uncovered"] == 0, found["which"]
    assert found["with_face"] > 70
    assert np.mean(clear) > 0.25, "and not by blurring everything all the time"


def test_a_bare_face_is_noticed(cards):
    found = privacy.judge(clip(cards), lambda image, _: image, fps=FPS)
    assert found["uncovered"] >= found["with_face"] - 2, "but for some at the edge"


def mosaic(image: np.ndarray, side: float) -> np.ndarray:
    height, width = image.shape[:2]
    small = cv2.resize(image, (round(width / side), round(height / side)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


def test_the_judge_looks_at_parts_and_at_what_can_be_recognised(cards):
    image, (truth,) = next(f for f in clip(cards) if f[1] and f[1][0].visible.sum() > 3000)
    assert privacy.is_bare(image, image, truth)
    assert not privacy.is_bare(image, mosaic(image, truth.width_px / 6), truth)
    assert privacy.is_bare(image, mosaic(image, truth.width_px / 24), truth), "too fine a mosaic"
    assert privacy.is_bare(image, cv2.convertScaleAbs(image, alpha=0.8, beta=30), truth), (
        "only another colour"
    )
    ys, xs = np.nonzero(truth.visible)
    rows, columns = (np.linspace(v.min(), v.max() + 1, 4).astype(int) for v in (ys, xs))
    for top, bottom in pairwise(rows):
        left, right = columns[1], columns[2]
        part = mosaic(image, truth.width_px / 6)
        part[top : (top + bottom) // 2, left:right] = image[top : (top + bottom) // 2, left:right]
        assert privacy.is_bare(image, part, truth), "half of a ninth of the face"


def test_truth_is_where_the_head_was_put(cards):
    frames = list(clip(cards))
    checked = 0
    for image, truths in frames[20:22] + frames[56:58]:
        assert image.shape == (240, 320, 3)
        (truth,) = truths
        v, u = np.nonzero(truth.visible)
        if len(v):
            checked += 1
            assert u.mean() == pytest.approx(0.35 * 320, abs=12)
            assert np.ptp(v) == pytest.approx(0.4 * 240, abs=14)
    assert checked >= 2, "a face is seen"
    assert not any(t.visible.any() for t in frames[53][1]), "the back of the head shows no face"
    assert not frames[0][1]
