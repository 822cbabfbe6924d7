"""``warp``: smooth changes of the face's shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ar_effects.drawlist import PictureDraw, SpaceDraw
from ar_effects.drawlist.warp import WarpDraw
from ar_effects.effects.warping import FacePlane, Pull, field_of
from ar_effects.effects.warping import Field as WarpField
from ar_effects.face.anchors import Anchor, camera_from_anchor
from ar_effects.geometry.camera import Camera
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext, Layer, StaticLayer
from ar_effects.packs.tables import LayerTable, NumberValue, Table
from ar_effects.records import Eyes, Face
from ar_effects.table_error import TableError

EYE_DISTANCE_MM = 63.0
"""Of the mean head, in whose millimetres poses are."""

MAX_WARPS = 16
PLACED = ("bulge", "pinch", "swirl")
"""Warps about a point that the designer chooses."""

RADIUS = 0.5
LEAST_RADIUS, MOST_RADIUS = 0.05, 3.0

FAR_SIDE_DEG = (40.0, 65.0)
"""Yaw between which warps on the side that turns away fade out."""

MIDDLE_DEG = (65.0, 90.0)
"""And those in the middle of the face."""

BIGGER, SMALLER = 0.42, 0.4
"""Scale of what grows and what shrinks at amounts of 1 and -1: w (1 - 0.42) reads a bit more than half."""

SWIRL = 2.0
"""Radians in the middle."""

SLIM_MM, JAW_MM = 14.0, 40.0

LONGER, SHORTER = 0.42, 0.3
"""Of the chin, as shares of the pull's height, which begins at the lower lip: lips stay as they are."""

BELOW_CHIN_MM, CHIN_WIDTH_MM, LEAST_CHIN_MM = 15.0, 62.0, 15.0
EYE_MM, EYE_WIDTH_MM = 30.0, 30.0
RIGHT_CORNERS, LEFT_CORNERS = (33, 133), (263, 362)
RIGHT_JAW, LEFT_JAW = (132, 58, 172, 136), (361, 288, 397, 365)
NOSE, MOUTH = (4, 48, 278, 2, 195), (61, 291, 13, 14)
CHIN, UNDER_LIP = 152, 17


class Warp(Table):
    """One change of shape."""

    kind: Literal["big_eyes", "slim_face", "long_chin", "nose", "mouth", "bulge", "pinch", "swirl"]
    amount: NumberValue = Field(description="-1..1; 0 changes nothing, below 0 it does the opposite")
    anchor: Anchor | None = Field(default=None, description="of bulge, pinch and swirl: the middle")
    radius: NumberValue | None = Field(
        default=None, description="of bulge, pinch and swirl: a share of the distance between the eyes"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.amount, float) and not -1.0 <= self.amount <= 1.0:
            raise TableError(Message("warp.amount", amount=self.amount))
        placed = self.kind in PLACED
        if placed and self.anchor is None:
            raise TableError(Message("warp.needs-anchor", kind=self.kind))
        for key in ("anchor", "radius"):
            if not placed and getattr(self, key) is not None:
                raise TableError(
                    Message("warp.key-not-taken", kind=self.kind, key=key, types=", ".join(PLACED))
                )
        if isinstance(self.radius, float) and not LEAST_RADIUS <= self.radius <= MOST_RADIUS:
            raise TableError(
                Message("warp.radius", least_radius=LEAST_RADIUS, most_radius=MOST_RADIUS, radius=self.radius)
            )
        return self


class WarpTable(LayerTable):
    """Smooth changes of the face's shape; what is drawn later follows them."""

    kind: Literal["warp"]
    warps: Annotated[
        list[Warp], Field(min_length=1, max_length=MAX_WARPS, description="done together, as one change")
    ]

    def load(self, files: PackFiles) -> Layer:  # noqa: ARG002
        """There is nothing to read."""
        return WarpLayer(tuple(self.warps))


class WarpLayer(StaticLayer):
    """Warps of one face after the other."""

    isolated = False
    fades_itself = True

    def __init__(self, warps: tuple[Warp, ...]) -> None:
        self._warps = warps
        self._last: tuple[FrameContext, Face, WarpField | None] | None = None

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The part of the picture that changes; nothing where every amount is 0."""
        assert worn is not None
        field = self._field(context, worn)
        return (WarpDraw(field.vertices_px, field.triangles),) if field else ()

    def moved(self, context: FrameContext, worn: ActiveFace) -> Face:
        """The face as it is after the warp: landmarks and eyes moved, the pose as it was."""
        field = self._field(context, worn)
        if field is None:
            return worn.face
        face = worn.face
        points = np.concatenate([face.landmarks[:, :2], face.eyes.left[None], face.eyes.right[None]])
        places = field.moved(points).astype(np.float32)
        landmarks = face.landmarks.copy()
        landmarks[:, :2] = places[: len(landmarks)]
        return replace(face, landmarks=landmarks, eyes=Eyes(left=places[-2], right=places[-1]))

    def _field(self, context: FrameContext, worn: ActiveFace) -> WarpField | None:
        last = self._last
        if last is not None and last[0] is context and last[1] is worn.face:
            return last[2]
        plane = FacePlane.of(worn.face.pose, context.camera)
        size = (context.camera.width, context.camera.height)
        field = field_of(self._pulls(context, worn, plane), plane, size)
        self._last = (context, worn.face, field)
        return field

    def _pulls(self, context: FrameContext, worn: ActiveFace, plane: FacePlane) -> list[Pull]:
        found: list[Pull] = []
        for warp in self._warps:
            amount = min(max(context.values.number(warp.amount), -1.0), 1.0) * worn.presence
            if not 0.0 < abs(amount) <= 1.0:
                continue
            if warp.kind in PLACED:
                assert warp.anchor is not None
                radius = RADIUS if warp.radius is None else context.values.number(warp.radius)
                radius = min(max(radius, LEAST_RADIUS), MOST_RADIUS) * EYE_DISTANCE_MM
                found += placed_pulls(
                    warp.kind, amount, warp.anchor, radius, worn.face, context.camera, plane
                )
            else:
                found += face_pulls(warp.kind, amount, worn.face, plane)
        return found


def placed_pulls(
    kind: str, amount: float, anchor: Anchor, radius_mm: float, face: Face, camera: Camera, plane: FacePlane
) -> list[Pull]:
    """What bulge, pinch and swirl are made of."""
    at = camera_from_anchor(anchor, face, camera)[:3, 3]
    if at[2] > -1.0:
        return []
    amount *= _seen(_side_of(anchor), face.pose.yaw_deg)
    centre, radii = _place(camera.project(at[None]), plane), (radius_mm, radius_mm)
    if kind == "swirl":
        return [Pull(centre, radii, angle=SWIRL * amount)]
    scale = _scale(amount if kind == "bulge" else -amount)
    return [Pull(centre, radii, scale=(scale, scale))]


def face_pulls(kind: str, amount: float, face: Face, plane: FacePlane) -> list[Pull]:
    """What the warps with places of their own are made of; amounts as in the manifest."""
    yaw = face.pose.yaw_deg
    places = face.landmarks[:, :2]
    if kind == "big_eyes":
        found = []
        for side, eye, corners in ((-1, face.eyes.right, RIGHT_CORNERS), (1, face.eyes.left, LEFT_CORNERS)):
            outer, inner = plane.mm(places[list(corners)])
            # the near eye looks to the side: it is seen wider than the plane is
            wide = min(max(abs(float(outer[0] - inner[0])) / EYE_WIDTH_MM, 0.6), 1.7)
            scale = _scale(amount * _seen(side, yaw))
            found.append(Pull(_place(eye[None], plane), (EYE_MM * wide, 0.9 * EYE_MM), scale=(scale, scale)))
        return found
    if kind == "slim_face":
        found = []
        for side, jaw in ((-1, RIGHT_JAW), (1, LEFT_JAW)):
            first, *others = (_place(places[[i]], plane) for i in jaw)
            inward = -side * SLIM_MM * amount * _seen(side, yaw)
            found.append(Pull(first, (JAW_MM, JAW_MM), shift=(inward, 0.0), others=tuple(others)))
        return found
    amount *= _seen(0, yaw)
    if kind == "long_chin":
        (x, chin), (_, lip) = (_place(places[[i]], plane) for i in (CHIN, UNDER_LIP))
        height = max(lip - chin, LEAST_CHIN_MM) + BELOW_CHIN_MM
        down = amount * height * (LONGER if amount > 0.0 else SHORTER)
        return [Pull((x, chin - BELOW_CHIN_MM), (CHIN_WIDTH_MM, height), shift=(0.0, -down))]
    scale = _scale(amount)
    if kind == "nose":
        return [Pull(_place(places[list(NOSE)], plane), (33.0, 34.0), scale=(scale, 0.6 * scale))]
    assert kind == "mouth"
    return [Pull(_place(places[list(MOUTH)], plane), (50.0, 30.0), scale=(scale, 0.35 * scale))]


def _place(points_px: NDArray[np.floating], plane: FacePlane) -> tuple[float, float]:
    x, y = plane.mm(np.asarray(points_px, dtype=np.float64)).mean(axis=0)
    return float(x), float(y)


def _scale(amount: float) -> float:
    return amount * (BIGGER if amount > 0.0 else SMALLER)


def _side_of(anchor: Anchor) -> int:
    return -1 if anchor.startswith("right") else 1 if anchor.startswith("left") else 0


def _seen(side: int, yaw_deg: float) -> float:
    """How much of a warp on a side of the face (-1 the person's right, 1 left, 0 the middle) is left."""
    if side * yaw_deg < 0.0:
        return 1.0
    begin, end = FAR_SIDE_DEG if side else MIDDLE_DEG
    t = min(max((abs(yaw_deg) - begin) / (end - begin), 0.0), 1.0)
    return 1.0 - t * t * (3.0 - 2.0 * t)
