"""Effects over transparent pictures, and pictures that stay transparent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ar_effects.app.pipeline.offline import render_file
from ar_effects.app.pipeline.transparency import drawn
from ar_effects.colour import linear_from_srgb, srgb_from_linear
from ar_effects.records import Transparency


def picture() -> Transparency:
    """Colours everywhere; clear at the left, half clear in the middle, opaque at the right."""
    bgr = np.random.default_rng(2).integers(20, 230, (30, 90, 3), dtype=np.uint8)
    alpha = np.zeros((30, 90), np.uint8)
    alpha[:, 30:60], alpha[:, 60:] = 128, 255
    return Transparency(bgr, alpha)


def painter(colour, opacity: float):
    """Blends a colour over the upper half in linear light, as the renderer does."""

    def draw(image: np.ndarray) -> np.ndarray:
        light = linear_from_srgb(image / 255)
        light[:15] = opacity * linear_from_srgb(np.array(colour) / 255) + (1 - opacity) * light[:15]
        return np.rint(255 * srgb_from_linear(light)).astype(np.uint8)

    return draw


def test_what_is_not_touched_stays_to_the_bit():
    before = picture()
    after = drawn(before, painter((200, 60, 30), 1.0))
    assert (after.bgr[15:] == before.bgr[15:]).all()
    assert (after.alpha[15:] == before.alpha[15:]).all()


def test_what_is_drawn_is_as_opaque_as_it_is():
    after = drawn(picture(), painter((200, 60, 30), 1.0))
    assert (after.alpha[:15] == 255).all()
    np.testing.assert_allclose(after.bgr[:15], np.broadcast_to((200, 60, 30), (15, 90, 3)), atol=1)
    half = drawn(picture(), painter((200, 60, 30), 0.5))
    np.testing.assert_allclose(half.alpha[:15, :30], 128, atol=3)
    np.testing.assert_allclose(half.alpha[:15, 30:60], 191, atol=4)
    assert (half.alpha[:15, 60:] == 255).all()


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_alpha_is_as_it_was(tmp_path, ending):
    source = picture()
    cv2.imwrite(str(tmp_path / "a.png"), np.dstack([source.bgr, source.alpha]))
    render_file(str(tmp_path / "a.png"), tmp_path / f"b.{ending}", None)
    result = cv2.imread(str(tmp_path / f"b.{ending}"), cv2.IMREAD_UNCHANGED)
    assert (result[..., 3] == source.alpha).all()
    if ending == "png":
        assert (result[..., :3] == source.bgr).all()


def test_a_jpeg_says_that_it_cannot_be_transparent(tmp_path):
    source = picture()
    cv2.imwrite(str(tmp_path / "a.png"), np.dstack([source.bgr, source.alpha]))
    report = render_file(str(tmp_path / "a.png"), tmp_path / "b.jpg", None)
    assert any("no transparency" in note for note in report.notes)
    assert cv2.imread(str(tmp_path / "b.jpg"))[:, :24].max() < 30
