"""The part of glTF 2.0's JSON the loader reads, as pydantic models: a wrong value is named by its path.

Names are glTF's in snake case. Specification: Khronos glTF 2.0.1, with KHR_materials_transmission,
KHR_materials_ior, KHR_materials_specular, KHR_materials_volume, KHR_materials_emissive_strength,
KHR_materials_unlit and KHR_mesh_quantization.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Index = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Vec3 = tuple[float, float, float]
Vec4 = tuple[float, float, float, float]


class _Json(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, strict=True, frozen=True, extra="ignore", allow_inf_nan=False
    )


class Asset(_Json):
    """What the file says about itself."""

    version: Annotated[str, Field(pattern=r"^2\.\d+$")]


class Buffer(_Json):
    """Bytes: the GLB's own chunk when there is no uri."""

    byte_length: Annotated[int, Field(ge=1)]
    uri: str | None = None


class BufferView(_Json):
    """A stretch of a buffer."""

    buffer: Index
    byte_offset: Index = 0
    byte_length: Annotated[int, Field(ge=1)]
    byte_stride: Annotated[int, Field(ge=4, le=252)] | None = None


class SparseIndices(_Json):
    """Which elements a sparse accessor replaces."""

    buffer_view: Index
    byte_offset: Index = 0
    component_type: Literal[5121, 5123, 5125]


class SparseValues(_Json):
    """What a sparse accessor puts there."""

    buffer_view: Index
    byte_offset: Index = 0


class Sparse(_Json):
    """Deviations from an accessor's elements."""

    count: Annotated[int, Field(ge=1)]
    indices: SparseIndices
    values: SparseValues


class Accessor(_Json):
    """How to read numbers from a buffer view."""

    buffer_view: Index | None = None
    byte_offset: Index = 0
    component_type: Literal[5120, 5121, 5122, 5123, 5125, 5126]
    normalized: bool = False
    count: Annotated[int, Field(ge=1)]
    type: Literal["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"]
    sparse: Sparse | None = None


class MeshPrimitive(_Json):
    """Geometry with one material."""

    attributes: dict[str, Index]
    indices: Index | None = None
    material: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = 4
    targets: list[dict[str, Index]] = []


class MeshExtras(BaseModel):
    """Where exporters put the names of morph targets, by convention; whatever else is there is not ours."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    names: Annotated[Any, Field(alias="targetNames")] = None

    @property
    def target_names(self) -> list[str]:
        """The names, if they are there."""
        return [str(name) for name in self.names] if isinstance(self.names, list) else []


class GltfMesh(_Json):
    """Primitives that share a place."""

    primitives: Annotated[list[MeshPrimitive], Field(min_length=1)]
    weights: list[float] = []
    extras: Any = None

    @property
    def target_names(self) -> list[str]:
        """Names of the morph targets, where the exporter wrote them."""
        return MeshExtras.model_validate(self.extras).target_names if isinstance(self.extras, dict) else []


class Node(_Json):
    """A place in the tree."""

    name: str = ""
    children: list[Index] = []
    mesh: Index | None = None
    skin: Index | None = None
    weights: list[float] = []
    matrix: Annotated[list[float], Field(min_length=16, max_length=16)] | None = None
    translation: Vec3 = (0.0, 0.0, 0.0)
    rotation: Vec4 = (0.0, 0.0, 0.0, 1.0)
    scale: Vec3 = (1.0, 1.0, 1.0)


class GltfSkin(_Json):
    """Nodes that a mesh follows."""

    joints: Annotated[list[Index], Field(min_length=1)]
    inverse_bind_matrices: Index | None = None


class ChannelTarget(_Json):
    """What a channel moves."""

    node: Index | None = None
    path: str


class AnimationChannel(_Json):
    """One property of one node."""

    sampler: Index
    target: ChannelTarget


class AnimationSampler(_Json):
    """Keys over time."""

    input: Index
    output: Index
    interpolation: Literal["LINEAR", "STEP", "CUBICSPLINE"] = "LINEAR"


class GltfAnimation(_Json):
    """Channels that play together."""

    name: str = ""
    channels: list[AnimationChannel] = []
    samplers: list[AnimationSampler] = []


class Scene(_Json):
    """The roots that are shown together."""

    nodes: list[Index] = []


class TextureInfo(_Json):
    """A texture's use by a material."""

    index: Index
    tex_coord: Index = 0


class NormalTextureInfo(TextureInfo):
    """A normal map's use."""

    scale: float = 1.0


class OcclusionTextureInfo(TextureInfo):
    """An occlusion map's use."""

    strength: Share = 1.0


class MetallicRoughness(_Json):
    """The numbers and maps of the metallic-roughness model."""

    base_color_factor: tuple[Share, Share, Share, Share] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: TextureInfo | None = None
    metallic_factor: Share = 1.0
    roughness_factor: Share = 1.0
    metallic_roughness_texture: TextureInfo | None = None


class Transmission(_Json):
    """KHR_materials_transmission."""

    transmission_factor: Share = 0.0
    transmission_texture: Any = None


class Ior(_Json):
    """KHR_materials_ior."""

    ior: Annotated[float, Field(ge=1)] = 1.5


class Specular(_Json):
    """KHR_materials_specular, as far as it is drawn."""

    specular_factor: Annotated[float, Field(ge=0, le=1)] = 1.0


class Volume(_Json):
    """KHR_materials_volume, as far as it is drawn."""

    thickness_factor: Annotated[float, Field(ge=0)] = 0.0


class EmissiveStrength(_Json):
    """KHR_materials_emissive_strength."""

    emissive_strength: Annotated[float, Field(ge=0)] = 1.0


class MaterialExtensions(_Json):
    """The extensions a material may use."""

    transmission: Annotated[Transmission, Field(alias="KHR_materials_transmission")] = Transmission()
    ior: Annotated[Ior, Field(alias="KHR_materials_ior")] = Ior()
    specular: Annotated[Specular, Field(alias="KHR_materials_specular")] = Specular()
    volume: Annotated[Volume, Field(alias="KHR_materials_volume")] = Volume()
    emissive_strength: Annotated[EmissiveStrength, Field(alias="KHR_materials_emissive_strength")] = (
        EmissiveStrength()
    )
    unlit: Annotated[dict[str, Any] | None, Field(alias="KHR_materials_unlit")] = None


class GltfMaterial(_Json):
    """How a surface looks."""

    name: str = ""
    pbr_metallic_roughness: MetallicRoughness = MetallicRoughness()
    normal_texture: NormalTextureInfo | None = None
    occlusion_texture: OcclusionTextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    emissive_factor: tuple[Share, Share, Share] = (0.0, 0.0, 0.0)
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: Annotated[float, Field(ge=0)] = 0.5
    double_sided: bool = False
    extensions: MaterialExtensions = MaterialExtensions()


class GltfTexture(_Json):
    """A picture with a sampler; samplers are not read, the renderer's is smooth and repeating."""

    source: Index | None = None


class GltfImage(_Json):
    """A PNG or JPEG."""

    uri: str | None = None
    buffer_view: Index | None = None


class Head(_Json):
    """What decides whether the rest can be understood."""

    asset: Asset
    extensions_required: list[str] = []


class Document(Head):
    """The whole file."""

    scene: Index = 0
    scenes: list[Scene] = []
    nodes: list[Node] = []
    meshes: list[GltfMesh] = []
    accessors: list[Accessor] = []
    buffer_views: list[BufferView] = []
    buffers: list[Buffer] = []
    materials: list[GltfMaterial] = []
    textures: list[GltfTexture] = []
    images: list[GltfImage] = []
    skins: list[GltfSkin] = []
    animations: list[GltfAnimation] = []
