"""A background is put behind the people of a picture, faces or none."""

from __future__ import annotations

import cv2
import numpy as np

from ar_effects.app.pipeline.offline import render_file


def test_a_picture_gets_its_background_with_or_without_a_face(tmp_path, demo_frames):
    portrait = cv2.resize(demo_frames[0], (320, 180), interpolation=cv2.INTER_AREA)
    pack = tmp_path / "green"
    pack.mkdir()
    (pack / "effect.toml").write_text(
        'format = 2\ntitle = "Green"\n[[layers]]\nkind = "segmentation"\n'
        'background = "colour"\ncolour = "#00ff00"\n',
        encoding="utf-8",
    )
    empty = np.full((180, 320, 3), 90, np.uint8)
    for name, image, people in (("face", portrait, True), ("empty", empty, False)):
        source, target = tmp_path / f"{name}.png", tmp_path / f"{name}_out.png"
        cv2.imwrite(str(source), image)
        report = render_file(str(source), target, str(pack), provider="cpu")
        out = cv2.imread(str(target))
        green = (out == (0, 255, 0)).all(axis=2).mean()
        assert (0.05 < green < 0.9) if people else green > 0.95
        assert "segmentation" in {s.name for s in report.times.summaries()}
