"""One module for each kind of layer; ``AnyLayer`` is the union of their tables."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ar_effects.effects.layers.cover import CoverTable
from ar_effects.effects.layers.face_texture import FaceTextureTable
from ar_effects.effects.layers.makeup import MakeupTable
from ar_effects.effects.layers.model import ModelTable
from ar_effects.effects.layers.particles import ParticlesTable
from ar_effects.effects.layers.post import PostTable
from ar_effects.effects.layers.segmentation import SegmentationTable
from ar_effects.effects.layers.skin import SkinTable
from ar_effects.effects.layers.sprite import SpriteTable
from ar_effects.effects.layers.warp import WarpTable
from ar_effects.effects.layers.wireframe import WireframeTable

AnyLayer = Annotated[
    CoverTable
    | FaceTextureTable
    | MakeupTable
    | ModelTable
    | ParticlesTable
    | SpriteTable
    | PostTable
    | SegmentationTable
    | SkinTable
    | WarpTable
    | WireframeTable,
    Field(discriminator="kind"),
]
