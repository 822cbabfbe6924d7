"""The known motion of the demo clip: a head turning, nodding, leaning, coming nearer and wandering.

Everything is a sum of sines that fit the clip's length, so that the clip loops without a jump.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FPS = 30
FRAMES = 240


@dataclass(frozen=True)
class Motion:
    """Offsets from the portrait at one frame: degrees, millimetres, and a factor on the distance."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    x_mm: float
    y_mm: float
    distance: float


def motion_at(frame: int) -> Motion:
    """The motion at one frame; zero at frame 0."""
    t = 2 * np.pi * frame / FRAMES

    def swing(cycles: int, phase: float = 0.0) -> float:
        return float(np.sin(cycles * t + phase) - np.sin(phase))

    return Motion(
        yaw_deg=22.0 * swing(2) * (0.75 + 0.25 * np.cos(t)),
        pitch_deg=7.0 * swing(3),
        roll_deg=9.0 * swing(1),
        x_mm=45.0 * swing(1) + 12.0 * swing(2),
        y_mm=9.0 * (1.0 - float(np.cos(2 * t))),  # only up: above the portrait there is nothing to show
        distance=1.0 - 0.10 * (1.0 - float(np.cos(t))),
    )
