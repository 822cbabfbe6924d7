"""AR Effects: real-time face filters for the desktop.

``FaceTracker`` is the library's entry; importing this package loads nothing heavy until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Camera", "Eyes", "Face", "FaceTracker", "HeadPose"]

if TYPE_CHECKING:
    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Eyes, Face, HeadPose
    from ar_effects.tracking.tracker import FaceTracker

_HOMES = {
    "Camera": "ar_effects.geometry.camera",
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
