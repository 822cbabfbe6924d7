"""The pinhole camera: intrinsics, projection, and the matching OpenGL projection matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import InputError

ASSUMED_VERTICAL_FOV_DEG = 63.0
"""What face trackers assume of an unknown webcam; also MediaPipe's figure."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Intrinsics of an undistorted pinhole camera, in pixels of a ``width`` x ``height`` picture."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not (self.fx > 0 and self.fy > 0):
            raise InputError(
                "The camera's intrinsics are impossible",
                expected="a positive size and positive focal lengths",
                got=f"{self.width}x{self.height}, fx={self.fx}, fy={self.fy}",
            )

    @classmethod
    def assumed(cls, width: int, height: int, vertical_fov_deg: float = ASSUMED_VERTICAL_FOV_DEG) -> Camera:
        """The camera assumed when nothing is known: square pixels, centred, the given field of view.

        The angle is taken across the shorter side, so that a phone's portrait video and the same
        phone's landscape video are seen through the same lens.
        """
        focal = 0.5 * min(width, height) / np.tan(0.5 * np.radians(vertical_fov_deg))
        return cls(width, height, float(focal), float(focal), (width - 1) / 2, (height - 1) / 2)

    def scaled_to(self, width: int, height: int) -> Camera:
        """The same camera delivering ``width`` x ``height`` pictures of the same view."""
        sx, sy = width / self.width, height / self.height
        return Camera(
            width, height, self.fx * sx, self.fy * sy, (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5
        )

    def project(self, points_camera: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 3) points in the camera frame (z < 0) -> (n, 2) pixels."""
        p = np.asarray(points_camera, dtype=np.float64)
        inverse = -1.0 / p[:, 2]
        return np.stack(
            [self.cx + self.fx * p[:, 0] * inverse, self.cy - self.fy * p[:, 1] * inverse], axis=1
        )

    def unproject(
        self, points_px: NDArray[np.floating], depth_mm: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """(n, 2) pixels and (n,) depths (= -z, > 0) -> (n, 3) points in the camera frame."""
        p = np.asarray(points_px, dtype=np.float64)
        d = np.asarray(depth_mm, dtype=np.float64)
        return np.stack([(p[:, 0] - self.cx) / self.fx * d, (self.cy - p[:, 1]) / self.fy * d, -d], axis=1)

    def gl_projection(self, near_mm: float = 10.0, far_mm: float = 20000.0) -> NDArray[np.float64]:
        """(4, 4) clip-from-camera matrix whose clip y points *down* the picture.

        The first row of the framebuffer is then the top row of the picture: what is uploaded and
        read back needs no flip. Front faces turn clockwise under this matrix.
        """
        w, h = float(self.width), float(self.height)
        m = np.zeros((4, 4))
        m[0, 0] = 2 * self.fx / w
        m[0, 2] = 1 - (2 * self.cx + 1) / w  # the picture spans -0.5 .. w - 0.5
        m[1, 1] = -2 * self.fy / h
        m[1, 2] = 1 - (2 * self.cy + 1) / h
        m[2, 2] = -(far_mm + near_mm) / (far_mm - near_mm)
        m[2, 3] = -2 * far_mm * near_mm / (far_mm - near_mm)
        m[3, 2] = -1.0
        return m
