"""What is drawn on the skin of a tracked face: paint by its texture space, makeup, its mesh as lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist import PictureDraw
from ar_effects.drawlist.face_mesh import FaceMesh
from ar_effects.drawlist.scene import Texture

Linear = tuple[float, float, float]
"""Red, green and blue, linear."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceTextureDraw(PictureDraw):
    """A picture on the skin.

    Attributes:
        mesh: the face.
        texture: the picture in the mesh's texture space.
        triangles: (m, 3) of the mesh, where the picture is not clear; one object for one picture.
        tint: multiplied with it: linear colour and alpha.
        feather_mm: how wide it fades at the outline of the mesh.
        shading: 0..1, how much of the skin's light it takes on.
        grain: 0..1, how much of the skin's fine structure shows through.
        cover_eyes, cover_mouth: paint them, too.
    """

    mesh: FaceMesh
    texture: Texture
    triangles: NDArray[np.uint32]
    tint: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    feather_mm: float = 12.0
    shading: float = 1.0
    grain: float = 0.35
    cover_eyes: bool = False
    cover_mouth: bool = False


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MakeupRegions:
    """Masks in the mesh's texture space, uploaded once: one channel a region.

    Attributes:
        first: (h, w, 4) uint8: lips, where lips shine, eye shadow, eyeliner.
        second: (h, w, 4) uint8: blush, brows, contour, nothing.
    """

    first: NDArray[np.uint8]
    second: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Cosmetic:
    """A colour, and how much of it: 0..1. Nothing at 0."""

    colour: Linear = (0.0, 0.0, 0.0)
    amount: float = 0.0


NOTHING = Cosmetic()


@dataclass(frozen=True, slots=True, eq=False)
class MakeupDraw(PictureDraw):
    """Makeup.

    Attributes:
        mesh: the face.
        regions: where each of it goes.
        triangles: (m, 3) of the mesh that these regions reach; one object as long as they are the same.
        lipstick, eye_shadow, eyeliner, blush, brows, contour: what is put on.
        highlight: what becomes of the lips' own highlights: 1 they stay, less is matte, more is gloss.
        shine: 0..1, light that a gloss adds where lips shine.
    """

    mesh: FaceMesh
    regions: MakeupRegions
    triangles: NDArray[np.uint32]
    lipstick: Cosmetic = NOTHING
    eye_shadow: Cosmetic = NOTHING
    eyeliner: Cosmetic = NOTHING
    blush: Cosmetic = NOTHING
    brows: Cosmetic = NOTHING
    contour: Cosmetic = NOTHING
    highlight: float = 1.0
    shine: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class WireframeDraw(PictureDraw):
    """Glowing lines between vertices of a face's mesh.

    Attributes:
        mesh: the face.
        edges: (n, 2) uint32 pairs of vertices; one object as long as they are the same.
        colour: linear.
        opacity: 0..1.
        width_px: of a line.
        glow_px: how far its light reaches.
        glow: 0..1, how bright that is.
        hidden: 0..1, how bright lines are that the face itself hides.
    """

    mesh: FaceMesh
    edges: NDArray[np.uint32]
    colour: Linear = (1.0, 1.0, 1.0)
    opacity: float = 1.0
    width_px: float = 1.5
    glow_px: float = 6.0
    glow: float = 0.5
    hidden: float = 0.15
