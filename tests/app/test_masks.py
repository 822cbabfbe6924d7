"""Masks of people are made for effects that need them, live or in files, faces or none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ar_effects.app.pipeline import masks as masks_module
from ar_effects.app.pipeline.masks import Masks
from ar_effects.app.pipeline.offline import render_file
from ar_effects.geometry.camera import Camera
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Frame, TrackedFrame


@pytest.fixture
def portrait(demo_frames) -> Frame:
    return Frame(cv2.resize(demo_frames[0], (320, 180), interpolation=cv2.INTER_AREA), 0.0)


def test_the_network_is_loaded_when_it_is_first_needed(cpu, portrait, monkeypatch):
    made = []

    class Counted(masks_module.Segmenter):
        def __init__(self, *arguments, **more) -> None:
            made.append(1)
            super().__init__(*arguments, **more)

    monkeypatch.setattr(masks_module, "Segmenter", Counted)
    times = StageTimes()
    masks = Masks(cpu, times=times)
    assert masks.of(portrait, {"expression"}) is None
    assert not made
    assert times.median_ms("segment") == 0.0
    tracked = TrackedFrame(portrait, (), Camera.assumed(320, 180))
    assert masks.added(tracked, set()) is tracked
    with_mask = masks.added(tracked, {"segmentation"})
    assert with_mask.segmentation is not None
    assert with_mask.frame is portrait
    masks.of(portrait, {"segmentation"})
    assert made == [1]
    assert times.median_ms("segment") > 0.0


def test_a_picture_gets_its_background_with_or_without_a_face(tmp_path, portrait):
    pack = tmp_path / "green"
    pack.mkdir()
    (pack / "effect.toml").write_text(
        'format = 2\ntitle = "Green"\n[[layers]]\nkind = "segmentation"\n'
        'background = "colour"\ncolour = "#00ff00"\n',
        encoding="utf-8",
    )
    empty = np.full((180, 320, 3), 90, np.uint8)
    for name, image, people in (("face", portrait.image, True), ("empty", empty, False)):
        source, target = tmp_path / f"{name}.png", tmp_path / f"{name}_out.png"
        cv2.imwrite(str(source), image)
        report = render_file(str(source), target, str(pack), provider="cpu")
        out = cv2.imread(str(target))
        green = (out == (0, 255, 0)).all(axis=2).mean()
        assert (0.05 < green < 0.9) if people else green > 0.95
        assert "segment" in {s.name for s in report.times.summaries()}
