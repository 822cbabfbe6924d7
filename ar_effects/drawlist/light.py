"""The light that things in space are in, and the shadows they cast on a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist.face_mesh import FaceMesh
from ar_effects.records import Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light measured on what the camera sees. A scene without one is lit by the renderer's environment.

    Irradiance on a surface with unit normal n (camera frame) is taken as proportional to ``1 + slope . n``,
    and as ``colour`` times the environment's on a surface that faces the camera.

    Attributes:
        colour: (3,) linear RGB; 1 is as bright as the environment.
        slope: (3, 3), a row for each axis of the camera frame, a column for each colour.
        trust: 0..1, how far to go from the environment's own light (0) to this (1).
        mirrored: 0..1, share of the picture in what smooth surfaces reflect from in front of them.
    """

    colour: NDArray[np.float64]
    slope: NDArray[np.float64]
    trust: float = 1.0
    mirrored: float = 0.0

    @property
    def direction(self) -> NDArray[np.float64]:
        """(3,) unit vector toward where most light comes from; toward the camera when there is none."""
        mean = self.slope @ np.array([0.2126, 0.7152, 0.0722])
        length = float(np.linalg.norm(mean))
        return mean / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """The shadow that a model casts on the skin of the face that wears it.

    Attributes:
        face: whose skin.
        camera_from_head: its pose.
        strength: 0..1, how much of the light is taken away where something touches the skin.
    """

    face: FaceMesh
    camera_from_head: Matrix
    strength: float
