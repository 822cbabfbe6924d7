"""Which keys the window keeps for itself: what `packs check` says of them is what the window does."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from ar_effects.app.window.window import FilterWindow
from ar_effects.packs.triggers import OWN_KEYS


@pytest.mark.parametrize("key", [chr(code) for code in range(32, 127) if not chr(code).isupper()])
def test_a_pack_is_told_of_all_keys_but_those_that_are_the_windows_own(key):
    told: list[str] = []
    window = MagicMock(panel_shown=False)
    window.effect_session = SimpleNamespace(effect=SimpleNamespace(key=told.append))
    FilterWindow._on_key(window, ord(key), 0)
    assert told == ([] if key in OWN_KEYS else [key])
