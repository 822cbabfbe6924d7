"""``model``: a glTF model that moves with the head."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from ar_effects.drawlist import Model, ModelDraw, PictureDraw, SpaceDraw
from ar_effects.effects.anchors import camera_from_eyes
from ar_effects.effects.files import PackFiles
from ar_effects.effects.gltf import load_model
from ar_effects.effects.layers.base import Layer, Moment, StaticLayer, WornFace
from ar_effects.effects.tables import FileName, LayerTable


class ModelTable(LayerTable):
    """A glTF model that moves with the head."""

    kind: Literal["model"]
    file: FileName = Field(description="a .glb or .gltf file in the pack's folder")
    anchor: Literal["eyes"] = Field(
        default="eyes", description="where the model's origin sits: midway between the eyes"
    )
    unit_mm: Annotated[float, Field(gt=0, le=10000)] = Field(
        default=1000.0, description="millimetres of one unit of the file; glTF's own unit is the metre"
    )

    def load(self, files: PackFiles) -> Layer:
        """Read the model. Raises PackError."""
        return ModelLayer(load_model(files.path(self.file, "file"), unit_mm=self.unit_mm))


class ModelLayer(StaticLayer):
    """A model on the eyes."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def draws(self, moment: Moment, worn: WornFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The model in its place."""
        assert worn is not None
        return (ModelDraw(self.model, camera_from_eyes(worn.face, moment.camera)),)
