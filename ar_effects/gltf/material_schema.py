"""Materials, textures and pictures of glTF 2.0's JSON, as pydantic models."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from ar_effects.gltf.fields import Index, Json, Name, Share
from ar_effects.messages import Message
from ar_effects.table_error import TableError

Vec2 = tuple[float, float]
Wrap = Literal[33071, 33648, 10497]
"""CLAMP_TO_EDGE, MIRRORED_REPEAT, REPEAT."""

MAX_UV = 1e6

Light = Annotated[float, Field(ge=0, le=1e4)]
"""The standard asks for at most 1 beside KHR_materials_emissive_strength; exporters write more without it."""


def _index_of_refraction(value: float) -> float:
    if value != 0.0 and value < 1.0:
        raise TableError(Message("gltf.index-of-refraction"))
    return value


class Coordinates(NamedTuple):
    """What a map makes of the texture coordinates of a vertex.

    Attributes:
        number: TEXCOORD_``number``.
        offset, rotation, scale: of KHR_texture_transform; the rotation in radians.
        halved: along u and v, at the end: the texture and its mirror image lie side by side.
    """

    number: int = 0
    offset: Vec2 = (0.0, 0.0)
    rotation: float = 0.0
    scale: Vec2 = (1.0, 1.0)
    halved: tuple[bool, bool] = (False, False)

    def of(self, uvs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 2) where the map is read, of (n, 2) coordinates of the set ``number``."""
        if self[1:] == Coordinates()[1:]:
            return uvs
        c, s = math.cos(self.rotation), math.sin(self.rotation)
        turned = uvs.astype(np.float64) * self.scale @ np.array([[c, -s], [s, c]]) + self.offset
        turned = turned * [0.5 if is_half else 1.0 for is_half in self.halved]
        return np.ascontiguousarray(np.clip(turned, -MAX_UV, MAX_UV), np.float32)


class TextureTransform(Json):
    """KHR_texture_transform: ``uv' = offset + R(rotation) scale uv``."""

    offset: Vec2 = (0.0, 0.0)
    rotation: float = 0.0
    scale: Vec2 = (1.0, 1.0)
    tex_coord: Index | None = None


class TextureExtensions(Json):
    """The extensions a texture's use may have."""

    transform: Annotated[TextureTransform, Field(alias="KHR_texture_transform")] = TextureTransform()


class TextureInfo(Json):
    """A texture's use by a material."""

    index: Index
    tex_coord: Index = 0
    extensions: TextureExtensions = TextureExtensions()

    @property
    def coordinates(self) -> Coordinates:
        """Which texture coordinates it uses, and how it changes them."""
        t = self.extensions.transform
        number = self.tex_coord if t.tex_coord is None else t.tex_coord
        return Coordinates(number, t.offset, t.rotation, t.scale)


class NormalTextureInfo(TextureInfo):
    """A normal map's use."""

    scale: float = 1.0


class OcclusionTextureInfo(TextureInfo):
    """An occlusion map's use."""

    strength: Share = 1.0


class MetallicRoughness(Json):
    """The numbers and maps of the metallic-roughness model."""

    base_color_factor: tuple[Share, Share, Share, Share] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: TextureInfo | None = None
    metallic_factor: Share = 1.0
    roughness_factor: Share = 1.0
    metallic_roughness_texture: TextureInfo | None = None


class Transmission(Json):
    """KHR_materials_transmission."""

    transmission_factor: Share = 0.0
    transmission_texture: Any = None


class Ior(Json):
    """KHR_materials_ior."""

    ior: Annotated[float, AfterValidator(_index_of_refraction)] = 1.5


class Specular(Json):
    """KHR_materials_specular, as far as it is drawn."""

    specular_factor: Share = 1.0
    specular_color_factor: tuple[Light, Light, Light] = (1.0, 1.0, 1.0)


class Volume(Json):
    """KHR_materials_volume, as far as it is drawn."""

    thickness_factor: Annotated[float, Field(ge=0)] = 0.0


class EmissiveStrength(Json):
    """KHR_materials_emissive_strength."""

    emissive_strength: Annotated[float, Field(ge=0)] = 1.0


class SpecularGlossiness(Json):
    """KHR_materials_pbrSpecularGlossiness, which older exporters write."""

    diffuse_factor: tuple[Share, Share, Share, Share] = (1.0, 1.0, 1.0, 1.0)
    diffuse_texture: TextureInfo | None = None
    specular_factor: tuple[Share, Share, Share] | None = None
    glossiness_factor: Share = 1.0
    specular_glossiness_texture: TextureInfo | None = None


class MaterialExtensions(Json):
    """The extensions a material may use."""

    transmission: Annotated[Transmission, Field(alias="KHR_materials_transmission")] = Transmission()
    ior: Annotated[Ior, Field(alias="KHR_materials_ior")] = Ior()
    specular: Annotated[Specular, Field(alias="KHR_materials_specular")] = Specular()
    volume: Annotated[Volume, Field(alias="KHR_materials_volume")] = Volume()
    emissive_strength: Annotated[EmissiveStrength, Field(alias="KHR_materials_emissive_strength")] = (
        EmissiveStrength()
    )
    unlit: Annotated[dict[str, Any] | None, Field(alias="KHR_materials_unlit")] = None
    specular_glossiness: Annotated[
        SpecularGlossiness | None, Field(alias="KHR_materials_pbrSpecularGlossiness")
    ] = None


class GltfMaterial(Json):
    """How a surface looks."""

    name: Name = ""
    pbr_metallic_roughness: MetallicRoughness = MetallicRoughness()
    normal_texture: NormalTextureInfo | None = None
    occlusion_texture: OcclusionTextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    emissive_factor: tuple[Light, Light, Light] = (0.0, 0.0, 0.0)
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: Annotated[float, Field(ge=0)] = 0.5
    double_sided: bool = False
    extensions: MaterialExtensions = MaterialExtensions()


class TextureSampler(Json):
    """How a texture is read: the numbers are OpenGL's."""

    wrap_s: Wrap = 10497
    wrap_t: Wrap = 10497
    mag_filter: Literal[9728, 9729] | None = None
    min_filter: Literal[9728, 9729, 9984, 9985, 9986, 9987] | None = None


class OtherSource(Json):
    """The picture of a texture in another format."""

    source: Index


class GltfTextureExtensions(Json):
    """Other formats of a texture."""

    webp: Annotated[OtherSource | None, Field(alias="EXT_texture_webp")] = None
    basisu: Annotated[OtherSource | None, Field(alias="KHR_texture_basisu")] = None


class GltfTexture(Json):
    """A picture with a sampler."""

    source: Index | None = None
    sampler: Index | None = None
    extensions: GltfTextureExtensions = GltfTextureExtensions()


class GltfImage(Json):
    """A PNG, a JPEG, or with EXT_texture_webp a WebP."""

    uri: str | None = None
    buffer_view: Index | None = None
