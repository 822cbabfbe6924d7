"""The pinhole camera: intrinsics, projection, and the matching OpenGL projection matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import InputError
from ar_effects.messages import Message, Text

Side = Literal["longer", "shorter"]

ASSUMED_FOV_DEG = 63.0
"""Along the longer side of a picture of which nothing is known. Webcams have 55 to 70, phones' front cameras
65 to 75, cameras at portraits 25 to 40."""

WIDEST_ASPECT = 16.0 / 9.0
"""What sensors and cameras deliver whole; a longer picture was cut out of one, or joined from several."""

MIN_FOV_DEG, MAX_FOV_DEG = 2.0, 170.0
"""What is taken for a lens: a long telephoto to the widest that keeps straight lines straight."""

NEAR_MM, FAR_MM = 10.0, 20_000.0
FAR_EYES_PX, NEAR_SHARE = 4.0, 1.0 / 2000.0
"""Faces with eyes so close together are still in the range of depths; its nearest over its farthest."""


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
                Message(
                    "lens.intrinsics-impossible", width=self.width, height=self.height, fx=self.fx, fy=self.fy
                )
            )

    @classmethod
    def of_fov(cls, width: int, height: int, fov_deg: float, side: Side = "longer") -> Camera:
        """A camera with square pixels and a central axis that sees an angle along one of its sides.

        Args:
            width: of the picture, pixels.
            height: of the picture, pixels.
            fov_deg: the angle, degrees.
            side: which side it is measured along. The longer one makes a phone's upright and level pictures
                the same lens's.

        Raises:
            InputError: not an angle that a lens can have.
        """
        check_fov(fov_deg)
        along = max(width, height) if side == "longer" else min(width, height)
        focal = 0.5 * along / math.tan(0.5 * math.radians(fov_deg))
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)

    @classmethod
    def assumed(cls, width: int, height: int) -> Camera:
        """The camera assumed when nothing is known: ``ASSUMED_FOV_DEG`` along the longer side.

        Beyond ``WIDEST_ASPECT`` the angle falls as the aspect grows. Such a picture is a strip cut out of
        another or a panorama, and no pinhole that sees all of it shows every face as it is: the longer
        its focal length, the more all faces are seen from ahead. What that costs is little, for a
        face's own perspective hardly tells one lens from another (docs/decisions/0017-lens.md).
        """
        aspect = max(width, height) / max(min(width, height), 1)
        return cls.of_fov(width, height, max(ASSUMED_FOV_DEG * min(1.0, WIDEST_ASPECT / aspect), MIN_FOV_DEG))

    @property
    def fov_deg(self) -> float:
        """The angle along the picture's longer side, degrees."""
        focal = self.fx if self.width >= self.height else self.fy
        return math.degrees(2.0 * math.atan(0.5 * max(self.width, self.height) / focal))

    @property
    def depths_mm(self) -> tuple[float, float]:
        """The nearest and farthest depth that is drawn.

        10 mm to 20 m, and with a long lens so much farther that a face of a few pixels is still in it.
        """
        far = max(FAR_MM, 63.0 * max(self.fx, self.fy) / FAR_EYES_PX)
        return max(NEAR_MM, far * NEAR_SHARE), far

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

    def gl_projection(self) -> NDArray[np.float64]:
        """(4, 4) clip-from-camera matrix over ``depths_mm`` whose clip y points *down* the picture.

        The first row of the framebuffer is then the top row of the picture: what is uploaded and
        read back needs no flip. Front faces turn clockwise under this matrix.
        """
        (near, far), w, h = self.depths_mm, float(self.width), float(self.height)
        m = np.zeros((4, 4))
        m[0, 0] = 2 * self.fx / w
        m[0, 2] = 1 - (2 * self.cx + 1) / w  # the picture spans -0.5 .. w - 0.5
        m[1, 1] = -2 * self.fy / h
        m[1, 2] = 1 - (2 * self.cy + 1) / h
        m[2, 2] = -(far + near) / (far - near)
        m[2, 3] = -2 * far * near / (far - near)
        m[3, 2] = -1.0
        return m


def check_fov(fov_deg: float, name: Text = "") -> None:
    """Refuse what is no angle of a lens.

    Args:
        fov_deg: degrees.
        name: of what was given, to begin the sentence with; "The field of view" without it.

    Raises:
        InputError: it is outside ``MIN_FOV_DEG`` .. ``MAX_FOV_DEG``, or no number.
    """
    if not MIN_FOV_DEG <= fov_deg <= MAX_FOV_DEG:
        raise InputError(
            Message(
                "lens.angle-impossible",
                name=name or Message("lens.field-of-view"),
                min_fov_deg=MIN_FOV_DEG,
                max_fov_deg=MAX_FOV_DEG,
            ),
            got=f"{fov_deg:g}",
        )
