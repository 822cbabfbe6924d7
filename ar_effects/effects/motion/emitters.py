"""Where particles are born and which way they go: around an anchor, or anywhere in what the camera sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ar_effects.geometry.camera import Camera
from ar_effects.records import Matrix

Edge = Literal["top", "bottom", "left", "right", "everywhere"]


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """Directions within a cone.

    Attributes:
        direction: (3,) unit length.
        cone: radians from the middle to the rim; pi is every direction.
    """

    direction: NDArray[np.float64]
    cone: float

    def directions(self, randoms: NDArray[np.float32]) -> NDArray[np.float64]:
        """(k, 2) random numbers -> (3, k) unit vectors, evenly spread over the cone's solid angle."""
        cosine = 1.0 - randoms[:, 0] * (1.0 - np.cos(self.cone))
        sine = np.sqrt(np.maximum(1.0 - cosine * cosine, 0.0))
        turn = 2.0 * np.pi * randoms[:, 1]
        local = np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine])
        return np.asarray(_turned_to(self.direction) @ local, dtype=np.float64)


class Around:
    """Births in an ellipsoid around a point that moves.

    Attributes:
        before, now: (4, 4) of the step's begin and end; the place lies between them, the axes are ``now``'s.
    """

    def __init__(self, aim: Aim, offset_mm: tuple[float, ...], spread_mm: tuple[float, ...]) -> None:
        self._aim = aim
        self._offset, self._spread = np.array(offset_mm), np.array(spread_mm)
        self.before: Matrix | None = None
        self.now: Matrix = np.eye(4)

    def move(self, to: Matrix) -> None:
        """The next step ends here."""
        self.before, self.now = self.now if self.before is not None else to, to

    def __call__(
        self, randoms: NDArray[np.float32], born: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(k, 12) random numbers and (k,) shares of the step -> (3, k) places in mm, (3, k) directions."""
        before = self.now if self.before is None else self.before
        cosine, turn = 2.0 * randoms[:, 1] - 1.0, 2.0 * np.pi * randoms[:, 2]
        sine = np.sqrt(np.maximum(1.0 - cosine * cosine, 0.0))
        ball = np.cbrt(randoms[:, 0]) * np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine])
        local = self._offset[:, None] + self._spread[:, None] * ball
        origin = before[:3, 3:] + (self.now - before)[:3, 3:] * born
        turned = self.now[:3, :3] / max(float(np.cbrt(abs(np.linalg.det(self.now[:3, :3])))), 1e-9)
        return origin + self.now[:3, :3] @ local, turned @ self._aim.directions(randoms[:, 3:5])


class InView:
    """Births in what the camera sees between two depths: just outside an edge of the picture, or everywhere.

    Attributes:
        camera: of the frame.
    """

    def __init__(self, aim: Aim, edge: Edge, depth_mm: tuple[float, float], margin_mm: float) -> None:
        self._aim, self._edge = aim, edge
        self._depth, self._margin = depth_mm, margin_mm
        self.camera = Camera.assumed(1, 1)

    def __call__(
        self,
        randoms: NDArray[np.float32],
        born: NDArray[np.float32],  # noqa: ARG002 - the picture does not move
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As ``Around``; the deeper, the wider the view and the more are born there."""
        camera, (near, far) = self.camera, self._depth
        power = 3.0 if self._edge == "everywhere" else 2.0  # volume, or area
        u, v, w = (randoms[:, i].astype(np.float64) for i in range(3))
        depth = (near**power + (far**power - near**power) * w) ** (1.0 / power)
        x, y = u * 1.1 - 0.05, v * 1.1 - 0.05
        outside = self._margin * camera.fx / depth  # px
        px = np.stack([x * camera.width, y * camera.height], axis=1)
        if self._edge == "top":
            px[:, 1] = -outside
        elif self._edge == "bottom":
            px[:, 1] = camera.height + outside
        elif self._edge == "left":
            px[:, 0] = -outside
        elif self._edge == "right":
            px[:, 0] = camera.width + outside
        return camera.unproject(px, depth).T, self._aim.directions(randoms[:, 3:5])


def _turned_to(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) rotation that takes z to a unit vector.

    Duff and others, "Building an Orthonormal Basis, Revisited", Journal of Computer Graphics Techniques 6(1),
    2017.
    """
    x, y, z = (float(c) for c in direction)
    sign = float(np.copysign(1.0, z))
    a = -1.0 / (sign + z)
    b = x * y * a
    return np.array([[1.0 + sign * x * x * a, b, x], [sign * b, sign + y * y * a, y], [-sign * x, -y, z]])
