"""The part of glTF 2.0's JSON the loader reads, as pydantic models: a wrong value is named by its path.

Names are glTF's in snake case. Specification: Khronos glTF 2.0.1 with the extensions that
``gltf_extensions.py`` lists. Material and texture are in ``gltf_material_schema.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ar_effects.gltf.fields import Index, Json, Name, Vec3, Vec4
from ar_effects.gltf.material_schema import GltfImage, GltfMaterial, GltfTexture, TextureSampler


class Asset(Json):
    """What the file says about itself."""

    version: Annotated[str, Field(pattern=r"^2\.\d+$")]


class Buffer(Json):
    """Bytes: the GLB's own chunk when there is no uri."""

    byte_length: Annotated[int, Field(ge=1)]
    uri: str | None = None


class BufferView(Json):
    """A stretch of a buffer."""

    buffer: Index
    byte_offset: Index = 0
    byte_length: Annotated[int, Field(ge=1)]
    byte_stride: Annotated[int, Field(ge=4, le=252)] | None = None
    extensions: dict[str, Any] = Field(default_factory=dict)


class SparseIndices(Json):
    """Which elements a sparse accessor replaces."""

    buffer_view: Index
    byte_offset: Index = 0
    component_type: Literal[5121, 5123, 5125]


class SparseValues(Json):
    """What a sparse accessor puts there."""

    buffer_view: Index
    byte_offset: Index = 0


class Sparse(Json):
    """Deviations from an accessor's elements."""

    count: Annotated[int, Field(ge=1)]
    indices: SparseIndices
    values: SparseValues


class Accessor(Json):
    """How to read numbers from a buffer view."""

    buffer_view: Index | None = None
    byte_offset: Index = 0
    component_type: Literal[5120, 5121, 5122, 5123, 5125, 5126]
    normalized: bool = False
    count: Annotated[int, Field(ge=1)]
    type: Literal["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"]
    sparse: Sparse | None = None


class Draco(Json):
    """KHR_draco_mesh_compression: which bytes, and the id of each attribute in them."""

    buffer_view: Index
    attributes: dict[str, Index]


class PrimitiveExtensions(Json):
    """The extensions a primitive may use."""

    draco: Annotated[Draco | None, Field(alias="KHR_draco_mesh_compression")] = None


class MeshPrimitive(Json):
    """Geometry with one material."""

    attributes: dict[str, Index]
    indices: Index | None = None
    material: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = 4
    targets: list[dict[str, Index]] = Field(default_factory=list)
    extensions: PrimitiveExtensions = PrimitiveExtensions()


class MeshExtras(BaseModel):
    """Where exporters put the names of morph targets, by convention; whatever else is there is not ours."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    names: Annotated[Any, Field(alias="targetNames")] = None

    @property
    def target_names(self) -> list[str | None]:
        """The names, as far as they are there."""
        names = self.names if isinstance(self.names, list) else []
        return [str(name) if name not in (None, "") else None for name in names]


class GltfMesh(Json):
    """Primitives that share a place."""

    primitives: Annotated[list[MeshPrimitive], Field(min_length=1)]
    weights: list[float] = Field(default_factory=list)
    extras: Any = None

    @property
    def target_names(self) -> list[str]:
        """Of the morph targets: what the exporter wrote, or else the target's number, from 0 on."""
        written: list[str | None] = []
        if isinstance(self.extras, dict):
            written = MeshExtras.model_validate(self.extras).target_names
        count = max(len(primitive.targets) for primitive in self.primitives)
        return [written[i] if i < len(written) and written[i] else str(i) for i in range(count)]  # type: ignore[misc]


class Node(Json):
    """A place in the tree."""

    name: Name = ""
    children: list[Index] = Field(default_factory=list)
    mesh: Index | None = None
    skin: Index | None = None
    weights: list[float] = Field(default_factory=list)
    matrix: Annotated[list[float], Field(min_length=16, max_length=16)] | None = None
    translation: Vec3 = (0.0, 0.0, 0.0)
    rotation: Vec4 = (0.0, 0.0, 0.0, 1.0)
    scale: Vec3 = (1.0, 1.0, 1.0)


class GltfSkin(Json):
    """Nodes that a mesh follows."""

    joints: Annotated[list[Index], Field(min_length=1)]
    inverse_bind_matrices: Index | None = None


class ChannelTarget(Json):
    """What a channel moves."""

    node: Index | None = None
    path: str


class AnimationChannel(Json):
    """One property of one node."""

    sampler: Index
    target: ChannelTarget


class AnimationSampler(Json):
    """Keys over time."""

    input: Index
    output: Index
    interpolation: Literal["LINEAR", "STEP", "CUBICSPLINE"] = "LINEAR"


class GltfAnimation(Json):
    """Channels that play together."""

    name: Name = ""
    channels: list[AnimationChannel] = Field(default_factory=list)
    samplers: list[AnimationSampler] = Field(default_factory=list)


class Scene(Json):
    """The roots that are shown together."""

    nodes: list[Index] = Field(default_factory=list)


class Head(Json):
    """What decides whether the rest can be understood."""

    asset: Asset
    extensions_required: list[str] = Field(default_factory=list)
    extensions_used: list[str] = Field(default_factory=list)


class Document(Head):
    """The whole file."""

    scene: Index = 0
    scenes: list[Scene] = Field(default_factory=list)
    nodes: list[Node] = Field(default_factory=list)
    meshes: list[GltfMesh] = Field(default_factory=list)
    accessors: list[Accessor] = Field(default_factory=list)
    buffer_views: list[BufferView] = Field(default_factory=list)
    buffers: list[Buffer] = Field(default_factory=list)
    materials: list[GltfMaterial] = Field(default_factory=list)
    textures: list[GltfTexture] = Field(default_factory=list)
    images: list[GltfImage] = Field(default_factory=list)
    samplers: list[TextureSampler] = Field(default_factory=list)
    skins: list[GltfSkin] = Field(default_factory=list)
    animations: list[GltfAnimation] = Field(default_factory=list)
