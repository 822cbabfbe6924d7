"""glTF materials and their pictures -> drawlist.Material."""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from ar_effects.drawlist import Material
from ar_effects.effects.gltf_schema import GltfMaterial
from ar_effects.media.pictures import UNREADABLE

if TYPE_CHECKING:
    from ar_effects.drawlist import Texture
    from ar_effects.effects.gltf_file import GltfFile
    from ar_effects.effects.gltf_schema import TextureInfo

MAX_TEXTURE_SIDE = 4096
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"


class Materials:
    """Reads the materials of a file, each picture once."""

    def __init__(self, file: GltfFile, unit_mm: float = 1000.0) -> None:
        self._file, self._unit_mm = file, unit_mm
        self._made: dict[int | None, tuple[Material, int]] = {}
        self._pictures: dict[int, Texture] = {}

    def get(self, index: int | None, where: str) -> tuple[Material, int]:
        """The material, and which set of texture coordinates its maps use.

        Args:
            index: None for glTF's default material.
            where: the JSON path of the reference, for messages.

        Raises:
            PackError: something in it is missing, damaged or not supported.
        """
        if index not in self._made:
            self._made[index] = self._make(index, where)
        return self._made[index]

    def _make(self, index: int | None, where: str) -> tuple[Material, int]:
        file = self._file
        if index is None:
            source, place = GltfMaterial(), ""
        else:
            source = file.item(file.document.materials, index, "materials", where)
            place = f"materials[{index}]"
        pbr = source.pbr_metallic_roughness
        uses: dict[str, TextureInfo | None] = {
            "pbrMetallicRoughness.baseColorTexture": pbr.base_color_texture,
            "pbrMetallicRoughness.metallicRoughnessTexture": pbr.metallic_roughness_texture,
            "normalTexture": source.normal_texture,
            "occlusionTexture": source.occlusion_texture,
            "emissiveTexture": source.emissive_texture,
        }
        sets = {use.tex_coord for use in uses.values() if use is not None}
        if len(sets) > 1:
            raise file.error(
                place,
                "its maps use different texture coordinates, which is not supported",
                expected="one texCoord",
                got=sorted(sets),
            )
        extensions = source.extensions
        if extensions.transmission.transmission_texture is not None:
            raise file.error(
                f"{place}.extensions.KHR_materials_transmission.transmissionTexture",
                "a transmission map is not supported",
                fix="Use a transmissionFactor, and parts of the model with materials of their own",
            )
        base, rough, normal, occlusion, emissive = (
            None if use is None else self._texture(use.index, f"{place}.{name}.index")
            for name, use in uses.items()
        )
        strength = extensions.emissive_strength.emissive_strength
        red, green, blue = source.emissive_factor
        material = Material(
            name=source.name,
            base_color=pbr.base_color_factor,
            metallic=pbr.metallic_factor,
            roughness=pbr.roughness_factor,
            emissive=(red * strength, green * strength, blue * strength),
            transmission=extensions.transmission.transmission_factor,
            ior=extensions.ior.ior,
            specular=extensions.specular.specular_factor,
            thickness_mm=extensions.volume.thickness_factor * self._unit_mm,
            alpha_mode=source.alpha_mode,
            alpha_cutoff=source.alpha_cutoff,
            double_sided=source.double_sided,
            unlit=extensions.unlit is not None,
            normal_scale=source.normal_texture.scale if source.normal_texture else 1.0,
            occlusion_strength=source.occlusion_texture.strength if source.occlusion_texture else 1.0,
            base_color_texture=base,
            metallic_roughness_texture=rough,
            normal_texture=normal,
            occlusion_texture=occlusion,
            emissive_texture=emissive,
        )
        return material, sets.pop() if sets else 0

    def _texture(self, index: int, where: str) -> Texture:
        file = self._file
        texture = file.item(file.document.textures, index, "textures", where)
        if texture.source is None:
            raise file.error(
                f"textures[{index}].source", "the texture has no PNG or JPEG", fix="Export it as PNG or JPEG"
            )
        if texture.source not in self._pictures:
            self._pictures[texture.source] = self._picture(texture.source, f"textures[{index}].source")
        return self._pictures[texture.source]

    def _picture(self, index: int, where: str) -> Texture:
        file = self._file
        image = file.item(file.document.images, index, "images", where)
        place = f"images[{index}]"
        if image.buffer_view is not None:
            data, _ = file.view(image.buffer_view, f"{place}.bufferView")
        elif image.uri is not None:
            data = file.resource(image.uri, f"{place}.uri")
        else:
            raise file.error(place, "the picture has neither a uri nor a bufferView")
        size = picture_size(data)
        if size is None:
            raise file.error(place, "the picture is damaged or not a PNG or JPEG", got=repr(data[:8]))
        if max(size) > MAX_TEXTURE_SIDE:
            raise file.error(
                place,
                "the picture is too large",
                expected=f"sides of at most {MAX_TEXTURE_SIDE} pixels",
                got=f"{size[0]}x{size[1]}",
                fix="Make it smaller",
            )
        try:
            return decoded(data)
        except UNREADABLE as error:
            raise file.error(place, "the picture is damaged", got=f"{error}"[:120]) from error


def decoded(data: bytes) -> Texture:
    """(height, width, 4) straight-alpha RGBA of a PNG or JPEG whose size was looked at before.

    Raises:
        one of ``UNREADABLE``: it is damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Pillow.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off
                grey = (np.asarray(picture).astype(np.uint32) + 128) // 257
                return np.dstack([grey, grey, grey, np.full_like(grey, 255)]).astype(np.uint8)
            return np.ascontiguousarray(np.asarray(picture.convert("RGBA")), np.uint8)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) from a PNG's or JPEG's header, before anything is decoded; None if it is neither."""
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return int(width), int(height)
    if not data.startswith(_JPEG):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            height, width = struct.unpack_from(">HH", data, at + 5)
            return int(width), int(height)
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None
