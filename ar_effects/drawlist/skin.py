"""Skin made smoother and of another tone."""

from __future__ import annotations

from dataclasses import dataclass

from ar_effects.drawlist import PictureDraw
from ar_effects.drawlist.face_mesh import FaceMesh
from ar_effects.drawlist.scene import Texture


@dataclass(frozen=True, slots=True, eq=False)
class SkinDraw(PictureDraw):
    """The skin of one face. With ``smooth``, ``even_out``, ``brightness`` and ``warmth`` 0 nothing changes.

    Attributes:
        mesh: of the face.
        mask: in the mesh's texture space; its alpha says how much of the skin there may change.
        px_per_mm: how large the mean head's millimetre is in the picture.
        smooth: 0..1, how far spots and unevenness go.
        texture: 0..1, how much of what is finer than two millimetres stays.
        even_out: 0..1, how far the hue of the skin goes towards the face's mean.
        brightness, warmth: -1..1.
    """

    mesh: FaceMesh
    mask: Texture
    px_per_mm: float
    smooth: float = 0.0
    texture: float = 0.5
    even_out: float = 0.0
    brightness: float = 0.0
    warmth: float = 0.0
