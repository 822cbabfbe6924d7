"""``makeup``: lipstick, eye shadow, eyeliner, blush, brows and contour on the skin of the face."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ar_effects.drawlist import PictureDraw, SpaceDraw
from ar_effects.drawlist.face_paint import NOTHING, Cosmetic, MakeupDraw, MakeupRegions
from ar_effects.effects.layers.face_texture import fraction
from ar_effects.errors import AssetError
from ar_effects.face.canonical import asset_arrays
from ar_effects.face.geometry import face_mesh
from ar_effects.face.topology import face_topology, triangles_under
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext, Layer, StaticLayer
from ar_effects.packs.tables import ColourValue, LayerTable, ShareValue, Table
from ar_effects.packs.values import Values
from ar_effects.paths import ASSETS, RESTORE

FIRST = ("lips", "gloss", "eye_shadow", "eyeliner")
SECOND = ("blush", "brows", "contour")
FINISHES = {"matte": (0.35, 0.0), "satin": (1.0, 0.0), "gloss": (1.35, 1.0)}
"""What becomes of the lips' highlights, and the light that is added."""


class CosmeticTable(Table):
    """A colour, and how much of it."""

    colour: ColourValue
    intensity: ShareValue = Field(default=0.7, description="0 nothing, 1 as much as covers")


class LipstickTable(CosmeticTable):
    """A colour, how much of it, and how it shines."""

    finish: Literal["matte", "satin", "gloss"] = "satin"


class MakeupTable(LayerTable):
    """Makeup by regions of the face; the skin's structure and the light on it stay."""

    kind: Literal["makeup"]
    lipstick: LipstickTable | None = None
    eye_shadow: CosmeticTable | None = Field(default=None, description="lids, fading towards the brows")
    eyeliner: CosmeticTable | None = Field(default=None, description="along the lashes, with a short wing")
    blush: CosmeticTable | None = Field(default=None, description="cheeks")
    brows: CosmeticTable | None = Field(default=None, description="between the brows' hairs")
    contour: CosmeticTable | None = Field(default=None, description="hollows of the cheeks, temples, nose")

    def load(self, files: PackFiles) -> Layer:
        """Nothing of the pack is read. Raises PackError when there is no cosmetic."""
        if all(getattr(self, name) is None for name in COSMETICS):
            raise files.error_at("kind", Message("makeup.no-cosmetic", known=", ".join(COSMETICS)))
        return MakeupLayer(self, makeup_regions())


COSMETICS = ("lipstick", "eye_shadow", "eyeliner", "blush", "brows", "contour")


class MakeupLayer(StaticLayer):
    """Makeup on a face."""

    isolated = False

    def __init__(self, table: MakeupTable, regions: MakeupRegions) -> None:
        self.table = table
        self.regions = regions
        self._triangles: dict[tuple[str, ...], NDArray[np.uint32]] = {}

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The makeup, unless there is nothing of it."""
        assert worn is not None
        put_on = {name: _cosmetic(getattr(self.table, name), context.values) for name in COSMETICS}
        used = tuple(name for name, one in put_on.items() if one.amount > 0.0)
        if not used:
            return ()
        if used not in self._triangles:
            reached = np.any([_reach()[name] for name in used], axis=0)
            self._triangles[used] = np.ascontiguousarray(face_topology().triangles[reached])
        lipstick = self.table.lipstick
        highlight, shine = FINISHES[lipstick.finish if lipstick else "satin"]
        mesh = face_mesh(worn.face, context.camera)
        triangles = self._triangles[used]
        return (MakeupDraw(mesh, self.regions, triangles, **put_on, highlight=highlight, shine=shine),)


def _cosmetic(table: CosmeticTable | None, values: Values) -> Cosmetic:
    if table is None:
        return NOTHING
    *colour, alpha = values.colour(table.colour)
    return Cosmetic((colour[0], colour[1], colour[2]), fraction(values.number(table.intensity)) * alpha)


@lru_cache(maxsize=1)
def _reach() -> dict[str, NDArray[np.bool_]]:
    """Which triangles each cosmetic's region reaches."""
    regions = makeup_regions()
    by_region = {
        **{name: regions.first[..., i] for i, name in enumerate(FIRST)},
        **{name: regions.second[..., i] for i, name in enumerate(SECOND)},
    }
    by_region["lipstick"] = by_region["lips"]
    return {name: triangles_under(by_region[name]) for name in COSMETICS}


@lru_cache(maxsize=1)
def makeup_regions(path: Path = ASSETS / "face" / "makeup.npz") -> MakeupRegions:
    """The masks of ``tools.assets.make_face_template``. Raises AssetError: missing or damaged."""
    with asset_arrays(path, Message("asset.makeup-regions")) as data:
        masks = {name: data[name] for name in (*FIRST, *SECOND)}
    shapes = {mask.shape for mask in masks.values()}
    if len(shapes) != 1 or any(mask.dtype != np.uint8 or mask.ndim != 2 for mask in masks.values()):
        raise AssetError(Message("asset.makeup-regions-damaged", path=path), got=str(shapes), fix=RESTORE)
    first = np.stack([masks[name] for name in FIRST], axis=-1)
    second = np.stack([*(masks[name] for name in SECOND), np.zeros_like(masks["lips"])], axis=-1)
    return MakeupRegions(np.ascontiguousarray(first), np.ascontiguousarray(second))
