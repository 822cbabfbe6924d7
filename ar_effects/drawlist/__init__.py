"""What to draw on one frame, with no OpenGL in it: effects make it, the renderer draws it.

A draw list is a sequence of draws, each upon the picture that the ones before left: ``Scene`` puts
things in space over it, every other kind changes the picture itself. ``scene.py`` holds the things of
space, every other module here one kind of draw, as ``render/passes`` has one module for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ar_effects.drawlist.flat import (
    MAX_STOPS,
    PARTICLE_COLUMNS,
    ParticlesDraw,
    ParticleShape,
    SpriteDraw,
)
from ar_effects.drawlist.light import Light, Shadow
from ar_effects.drawlist.matte import Matte
from ar_effects.drawlist.scene import (
    MAX_JOINTS,
    AnyOccluderDraw,
    FaceOccluderDraw,
    LevelOfDetail,
    Map,
    Material,
    MaterialChange,
    Mesh,
    Model,
    ModelDraw,
    ModelPose,
    Morph,
    OccluderDraw,
    Primitive,
    Sampler,
    Scene,
    Skinning,
    SpaceDraw,
    Texture,
)
from ar_effects.geometry.camera import Camera

Blend = Literal["normal", "add", "multiply", "screen", "overlay", "soft_light"]
"""How colours meet what is under them, as the W3C's "Compositing and Blending Level 1" defines them."""


class PictureDraw:
    """Base of the draws that work on the finished picture; one frozen dataclass and one pass for each."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Group(PictureDraw):
    """Draws that are laid over the picture together.

    Attributes:
        draws: in order.
        opacity: 0..1.
        blend: how the group's colours meet the picture.
        isolated: draw on clear ground first and lay that over the picture, by its alpha. Otherwise the
            draws change a copy of the picture (filters do), which then is blended with it everywhere.
        behind: only where no person is, by the draw list's matte; nowhere without one.
        on_people: only where one is, by the same.
    """

    draws: tuple[Draw, ...]
    opacity: float = 1.0
    blend: Blend = "normal"
    isolated: bool = False
    behind: bool = False
    on_people: bool = False


Draw = Scene | PictureDraw


@dataclass(frozen=True, slots=True, eq=False)
class DrawList:
    """Everything drawn over one frame, in order.

    Attributes:
        camera: intrinsics of the picture; everything in space is seen through it.
        draws: what to draw.
        time_s: of the frame, for what moves by itself.
        matte: the cut around the frame's people, where a draw needs it.
    """

    camera: Camera
    draws: tuple[Draw, ...] = ()
    time_s: float = 0.0
    matte: Matte | None = None


__all__ = [
    "MAX_JOINTS",
    "MAX_STOPS",
    "PARTICLE_COLUMNS",
    "AnyOccluderDraw",
    "Blend",
    "Draw",
    "DrawList",
    "FaceOccluderDraw",
    "Group",
    "LevelOfDetail",
    "Light",
    "Map",
    "Material",
    "MaterialChange",
    "Matte",
    "Mesh",
    "Model",
    "ModelDraw",
    "ModelPose",
    "Morph",
    "OccluderDraw",
    "ParticleShape",
    "ParticlesDraw",
    "PictureDraw",
    "Primitive",
    "Sampler",
    "Scene",
    "Shadow",
    "Skinning",
    "SpaceDraw",
    "SpriteDraw",
    "Texture",
]
