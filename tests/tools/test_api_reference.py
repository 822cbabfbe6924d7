"""The reference of the library is made without a warning, and holds what is exported."""

from __future__ import annotations

import re

import ar_effects
from tools.docs.api import write_reference


def test_the_reference_holds_every_public_name_with_its_words(tmp_path):
    text = write_reference(tmp_path).read_text(encoding="utf-8")
    for name in ar_effects.__all__:
        found = re.search(rf'<section id="{name}">(.*?)</section>', text, re.DOTALL)
        assert found, name
        assert 'class="docstring"' in found[1], f"{name} says nothing of itself"
    for member in ("FaceTracker.track", "FaceTracker.close", "HeadPose.yaw_deg", "Renderer.draw"):
        assert f'id="{member}"' in text
    assert "FaceTracker._search" not in text
