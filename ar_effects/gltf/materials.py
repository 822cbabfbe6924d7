"""glTF materials and their pictures -> drawlist.Material."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from ar_effects.drawlist import Map, Material, Sampler, Texture
from ar_effects.gltf.extensions import named
from ar_effects.gltf.material_schema import Coordinates, GltfMaterial
from ar_effects.gltf.spec_gloss import DIELECTRIC, converted
from ar_effects.media.embedded import decoded, picture_size
from ar_effects.media.pictures import UNREADABLE
from ar_effects.media.texture_cache import Pictures
from ar_effects.messages import Message, sentence

if TYPE_CHECKING:
    from ar_effects.gltf.file import GltfFile
    from ar_effects.gltf.material_schema import SpecularGlossiness, TextureInfo

MAX_TEXTURE_SIDE = 4096
_CLAMP, _MIRROR = 33071, 33648
_NEAREST = 9728
_NEAREST_FAR = (9728, 9984, 9986)
"""OpenGL's names of NEAREST, NEAREST_MIPMAP_NEAREST and NEAREST_MIPMAP_LINEAR."""


class _Read(NamedTuple):
    """A map of a material."""

    texture: Texture
    sampler: Sampler
    coordinates: Coordinates


class Materials:
    """Reads the materials of a file, each picture once.

    Args:
        file: the opened file.
        mm_per_unit: millimetres of one of its units.
        pictures: of the pack, where others may have the same.
    """

    def __init__(self, file: GltfFile, mm_per_unit: float = 1000.0, pictures: Pictures | None = None) -> None:
        self._file, self._mm_per_unit = file, mm_per_unit
        self._pictures = pictures or Pictures()
        self._made: dict[int | None, tuple[Material, Mapping[Map, Coordinates]]] = {}
        self._decoded: dict[int, Texture] = {}
        self._mirrored: dict[tuple[int, tuple[bool, bool]], Texture] = {}

    def get(self, index: int | None, where: str) -> tuple[Material, Mapping[Map, Coordinates]]:
        """The material, and where each of its maps is read.

        Args:
            index: None for glTF's default material.
            where: the JSON path of the reference, for messages.

        Raises:
            PackError: something in it is missing, damaged or not supported.
        """
        if index not in self._made:
            self._made[index] = self._make(index, where)
        return self._made[index]

    def _make(self, index: int | None, where: str) -> tuple[Material, Mapping[Map, Coordinates]]:
        file = self._file
        if index is None:
            source, place = GltfMaterial(), ""
        else:
            source = file.item(file.document.materials, index, "materials", where)
            place = f"materials[{index}]"
        pbr, extensions = source.pbr_metallic_roughness, source.extensions
        if extensions.transmission.transmission_texture is not None:
            raise file.error(
                f"{place}.extensions.KHR_materials_transmission.transmissionTexture",
                Message("gltf.transmission-map"),
            )
        uses: dict[Map, tuple[str, TextureInfo | None]] = {
            "base_color": ("pbrMetallicRoughness.baseColorTexture", pbr.base_color_texture),
            "metallic_roughness": (
                "pbrMetallicRoughness.metallicRoughnessTexture",
                pbr.metallic_roughness_texture,
            ),
            "normal": ("normalTexture", source.normal_texture),
            "occlusion": ("occlusionTexture", source.occlusion_texture),
            "emissive": ("emissiveTexture", source.emissive_texture),
        }
        gloss = extensions.specular_glossiness
        if gloss is not None:
            del uses["base_color"], uses["metallic_roughness"]
        strength = extensions.emissive_strength.emissive_strength
        red, green, blue = source.emissive_factor
        material = Material(
            name=source.name,
            base_colour=pbr.base_color_factor,
            metallic=pbr.metallic_factor,
            roughness=pbr.roughness_factor,
            emissive=(red * strength, green * strength, blue * strength),
            transmission=extensions.transmission.transmission_factor,
            ior=extensions.ior.ior,
            specular=extensions.specular.specular_factor,
            specular_colour=extensions.specular.specular_color_factor,
            thickness_mm=extensions.volume.thickness_factor * self._mm_per_unit,
            alpha_mode=source.alpha_mode,
            alpha_cutoff=source.alpha_cutoff,
            double_sided=source.double_sided,
            unlit=extensions.unlit is not None,
            normal_scale=source.normal_texture.scale if source.normal_texture else 1.0,
            occlusion_strength=source.occlusion_texture.strength if source.occlusion_texture else 1.0,
        )
        read = {
            name: self._read(use, f"{place}.{key}.index")
            for name, (key, use) in uses.items()
            if use is not None
        }
        if gloss is not None:
            material = self._glossy(material, gloss, place, read)
        textures: dict[Map, Texture] = {name: found.texture for name, found in read.items()}
        material = replace(
            material,
            base_colour_texture=textures.get("base_color"),
            metallic_roughness_texture=textures.get("metallic_roughness"),
            normal_texture=textures.get("normal"),
            occlusion_texture=textures.get("occlusion"),
            emissive_texture=textures.get("emissive"),
            samplers={name: found.sampler for name, found in read.items() if found.sampler != Sampler()},
        )
        return material, {name: found.coordinates for name, found in read.items()}

    def _glossy(
        self, material: Material, gloss: SpecularGlossiness, place: str, read: dict[Map, _Read]
    ) -> Material:
        """With the numbers and, in ``read``, the maps of the older specular-glossiness workflow."""
        name = "KHR_materials_pbrSpecularGlossiness"
        place = f"{place}.extensions.{name}"
        self._file.note(sentence("gltf.drawn-as-metallic", name=name))
        diffuse, shine = (
            None if use is None else self._read(use, f"{place}.{key}.index")
            for key, use in (
                ("diffuseTexture", gloss.diffuse_texture),
                ("specularGlossinessTexture", gloss.specular_glossiness_texture),
            )
        )
        # the standard's default, white, hides every diffuse colour: who gives neither has no mirror in mind
        specular = gloss.specular_factor or ((DIELECTRIC,) * 3 if shine is None else (1.0, 1.0, 1.0))
        if diffuse and shine and shine.coordinates != diffuse.coordinates:
            self._file.note(sentence("gltf.gloss-where-diffuse", name=name))
        if shine is not None:  # two new pictures of the larger one's size
            sizes = [one.texture.shape[:2] for one in (diffuse, shine) if one is not None]
            height, width = (max(sides) for sides in zip(*sizes, strict=True))
            self._pictures.take(2 * 4 * height * width, self._file.path, place)
        found = converted(
            gloss.diffuse_factor,
            specular,
            gloss.glossiness_factor,
            diffuse.texture if diffuse else None,
            shine.texture if shine else None,
        )
        first = diffuse or shine
        if first is not None and found.base_colour_texture is not None:
            read["base_color"] = first._replace(texture=found.base_colour_texture)
        if first is not None and found.metallic_roughness_texture is not None:
            read["metallic_roughness"] = first._replace(texture=found.metallic_roughness_texture)
        return replace(
            material, base_colour=found.base_colour, metallic=found.metallic, roughness=found.roughness
        )

    def _read(self, use: TextureInfo, where: str) -> _Read:
        file = self._file
        texture = file.item(file.document.textures, use.index, "textures", where)
        place = f"textures[{use.index}]"
        source, key = texture.source, f"{place}.source"
        if source is None and texture.extensions.webp is not None:
            source, key = texture.extensions.webp.source, f"{place}.extensions.EXT_texture_webp.source"
        if source is None:
            if texture.extensions.basisu is None:
                raise file.error(f"{place}.source", Message("gltf.texture-without-picture"))
            unread = Message("gltf.texture-kind", extension=named("KHR_texture_basisu"))
            raise file.error(f"{place}.source", unread)
        if source not in self._decoded:
            self._decoded[source] = self._picture(source, key)
        pixels, coordinates, sampler = self._decoded[source], use.coordinates, Sampler()
        if texture.sampler is not None:
            found = file.item(file.document.samplers, texture.sampler, "samplers", f"{place}.sampler")
            sampler = Sampler(
                found.wrap_s == _CLAMP,
                found.wrap_t == _CLAMP,
                "nearest" if found.mag_filter == _NEAREST else "linear",
                "nearest" if found.min_filter in _NEAREST_FAR else "linear",
            )
            mirror = (found.wrap_s == _MIRROR, found.wrap_t == _MIRROR)
            if any(mirror):
                if (source, mirror) not in self._mirrored:
                    self._pictures.take(pixels.nbytes * 2 ** sum(mirror), file.path, place)
                    self._mirrored[source, mirror] = _with_mirror(pixels, *mirror)
                pixels = self._mirrored[source, mirror]
                coordinates = coordinates._replace(halved=mirror)
        return _Read(pixels, sampler, coordinates)

    def _picture(self, index: int, where: str) -> Texture:
        file = self._file
        image = file.item(file.document.images, index, "images", where)
        place = f"images[{index}]"
        if image.buffer_view is not None:
            data, _ = file.view(image.buffer_view, f"{place}.bufferView")
        elif image.uri is not None:
            data = file.resource(image.uri, f"{place}.uri")
        else:
            raise file.error(place, Message("gltf.picture-without-source"))
        size = picture_size(data)
        if size is None:
            raise file.error(place, Message("gltf.picture-kind"), got=repr(data[:8]))
        if max(size) > MAX_TEXTURE_SIDE:
            raise file.error(
                place,
                Message("gltf.picture-too-large", max_texture_side=MAX_TEXTURE_SIDE),
                got=f"{size[0]}x{size[1]}",
            )
        try:
            return self._pictures.of_model(data, size, file.path, lambda: decoded(data), place)
        except UNREADABLE as error:
            raise file.error(place, Message("gltf.picture-damaged"), got=f"{error}"[:120]) from error


def _with_mirror(pixels: Texture, across: bool, down: bool) -> Texture:
    """The picture and its mirror images side by side, which repeat as the picture alone mirrored would."""
    height, width = pixels.shape[:2]
    if max(width * (1 + across), height * (1 + down)) > MAX_TEXTURE_SIDE:
        smaller = (max(width // 2, 1), max(height // 2, 1))
        pixels = np.asarray(cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    if across:
        pixels = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    if down:
        pixels = np.concatenate([pixels, pixels[::-1]], axis=0)
    return np.ascontiguousarray(pixels)
