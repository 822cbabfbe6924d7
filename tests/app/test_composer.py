"""Photos are drawn in full, and are not lost where the driver refuses that."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ar_effects.app.window.composer import Composer
from ar_effects.effects.effect import Effect
from ar_effects.errors import RenderError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.library import Library
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.detail import FAST, FULL
from ar_effects.render.renderer import Renderer


@pytest.fixture
def composed(demo_frames, demo_face):
    """A frame drawn in little detail."""
    frame = Frame(demo_frames[0], 0.0)
    with open_headless() as headless:
        composer = Composer(headless.ctx, "fast")
        tracked = TrackedFrame(frame, (demo_face,), Camera.assumed(*frame.size))
        assert composer.compose(tracked, Effect(Library().load("sunglasses")), StageTimes()) == []
        yield composer
        composer.release()


def saved(composer, folder) -> np.ndarray:
    path, said = composer.save(folder, mirror=False)
    assert path is not None, said
    return cv2.imread(str(path))


def test_a_photo_has_all_detail_though_the_window_has_not(composed, demo_frames, tmp_path):
    coarse = composed.renderer.read().copy()
    photo = saved(composed, tmp_path)
    corner = (slice(0, 60), slice(0, 60))  # nothing is worn there: the camera's own pixels
    assert np.abs(photo[corner].astype(int) - demo_frames[0][corner]).mean() < 3.0
    assert np.abs(photo.astype(int) - coarse).max() > 20
    assert composed.renderer.detail is FULL


def test_a_photo_is_kept_as_it_is_shown_where_full_detail_is_refused(composed, monkeypatch, tmp_path):
    shown = composed.renderer.read().copy()

    def refuse(self, step):
        raise RenderError("The graphics driver is out of memory")

    monkeypatch.setattr(Renderer, "set_detail", refuse)
    photo = saved(composed, tmp_path)
    assert composed.renderer.detail is FAST
    assert np.abs(photo.astype(int) - shown).mean() < 3.0
