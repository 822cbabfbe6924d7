"""AR Effects: real-time face filters for the desktop.

``FaceTracker`` is the library's entry, and what it raises is an ``ArEffectsError``. Importing this package
loads nothing heavy until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = [
    "ArEffectsError",
    "AssetError",
    "Camera",
    "Expression",
    "Eyes",
    "Face",
    "FaceTracker",
    "HeadPose",
    "InputError",
    "ModelError",
    "ProviderError",
]

if TYPE_CHECKING:
    from ar_effects.errors import ArEffectsError, AssetError, InputError, ModelError, ProviderError
    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Expression, Eyes, Face, HeadPose
    from ar_effects.tracking.tracker import FaceTracker

_HOMES = {
    **dict.fromkeys(
        ("ArEffectsError", "AssetError", "InputError", "ModelError", "ProviderError"), "ar_effects.errors"
    ),
    "Camera": "ar_effects.geometry.camera",
    "Expression": "ar_effects.records",
    "Eyes": "ar_effects.records",
    "Face": "ar_effects.records",
    "FaceTracker": "ar_effects.tracking.tracker",
    "HeadPose": "ar_effects.records",
}


def __getattr__(name: str) -> object:
    """Import the public names when they are first asked for (PEP 562)."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415 - only where a public name is used

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
