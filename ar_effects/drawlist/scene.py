"""Things in space: models, and what hides them. Positions are millimetres; matrices are (4, 4) float64.

Meshes, models and materials are compared by identity: the renderer uploads each object once and
keeps it while somebody holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from ar_effects.drawlist.face_mesh import FaceMesh
from ar_effects.drawlist.flat import ParticlesDraw, SpriteDraw
from ar_effects.drawlist.light import Light, Shadow
from ar_effects.records import Matrix

Texture = NDArray[np.uint8]
"""(height, width, 4) uint8 RGBA, straight alpha, top row first."""


MAX_JOINTS = 128
"""Of one skin: their matrices must fit into a small uniform buffer."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Mesh:
    """Triangles with nothing but positions: occluders.

    Attributes:
        vertices: (n, 3) float32 millimetres.
        triangles: (m, 3) uint32, counter-clockwise seen from outside.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint32]


Map = Literal["base_color", "metallic_roughness", "normal", "occlusion", "emissive"]
"""The textures of a material, as its attributes begin."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """How a texture is read. It is always smaller copies of it that are read from afar.

    Attributes:
        clamp_u, clamp_v: beyond 0..1 its edge goes on; otherwise it repeats.
        near: "nearest" shows squares where it is enlarged.
        far: the same where it is made smaller.
    """

    clamp_u: bool = False
    clamp_v: bool = False
    near: Literal["nearest", "linear"] = "linear"
    far: Literal["nearest", "linear"] = "linear"


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """glTF 2.0 metallic-roughness, plus KHR_materials_transmission, _ior, _specular and _volume.

    Colours are linear. A transmitting surface multiplies what is behind it by
    ``base_color * transmission`` and adds its reflection; it writes no depth. An ``unlit`` surface
    (KHR_materials_unlit) sends its base colour whatever light there is. ``ior`` 0 mirrors all that
    ``specular_colour`` lets. ``specular`` 0 makes what is no metal
    quite matt, and cheap. With ``thickness_mm`` what is seen through a transmitting surface is bent as in a
    solid of this thickness behind it; it shows the picture before the scene. ``samplers`` of maps that
    are not read as ``Sampler()`` says.
    """

    name: str = ""
    base_colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic: float = 1.0
    roughness: float = 1.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    transmission: float = 0.0
    ior: float = 1.5
    specular: float = 1.0
    specular_colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    thickness_mm: float = 0.0
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    unlit: bool = False
    normal_scale: float = 1.0
    occlusion_strength: float = 1.0
    base_colour_texture: Texture | None = None
    metallic_roughness_texture: Texture | None = None
    normal_texture: Texture | None = None
    occlusion_texture: Texture | None = None
    emissive_texture: Texture | None = None
    samplers: Mapping[Map, Sampler] = field(default_factory=dict)

    @property
    def textures(self) -> tuple[tuple[Map, Texture], ...]:
        """Those that are there, by name."""
        maps: tuple[tuple[Map, Texture | None], ...] = (
            ("base_color", self.base_colour_texture),
            ("metallic_roughness", self.metallic_roughness_texture),
            ("normal", self.normal_texture),
            ("occlusion", self.occlusion_texture),
            ("emissive", self.emissive_texture),
        )
        return tuple((name, texture) for name, texture in maps if texture is not None)


@dataclass(frozen=True, slots=True)
class MaterialChange:
    """What a pack changes about a material at the moment; None leaves it. Compared by value.

    Attributes:
        colour: linear RGB instead of the base colour's.
        opacity: multiplied with the base colour's alpha.
        metallic, roughness: instead of the material's numbers.
        glow: linear RGB instead of what the material sends by itself (``Material.emissive``).
    """

    colour: tuple[float, float, float] | None = None
    opacity: float = 1.0
    metallic: float | None = None
    roughness: float | None = None
    glow: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Morph:
    """What a primitive's shape can become: ``base + sum of weight * offset``.

    Attributes:
        weights: index into ``ModelPose.weights``.
        positions: (t, n, 3) float32 offsets.
        normals: (t, n, 3) float32 offsets, or None where they stay.
    """

    weights: int
    positions: NDArray[np.float32]
    normals: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, eq=False)
class Skinning:
    """How a primitive follows joints.

    Attributes:
        index: into ``ModelPose.joints``.
        joints: (n, 4) uint16, rows of those matrices.
        weights: (n, 4) float32, sums of 1.
    """

    index: int
    joints: NDArray[np.uint16]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LevelOfDetail:
    """Fewer triangles for a primitive that is small on the screen.

    Attributes:
        error: how far they may be off the primitive, in the units of its positions.
        triangles: (m, 3) uint32 indices of the primitive's vertices.
    """

    error: float
    triangles: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One indexed triangle list with one material, in the frame of its part, or the bind frame of its skin.

    Attributes:
        positions: (n, 3) float32 millimetres (part 0), or in the units of the part's matrix.
        normals: (n, 3) float32 unit length.
        uvs: (n, 2) float32, (0, 0) the top left of the texture.
        colours: (n, 4) float32 linear RGBA, multiplied with the material's base colour.
        triangles: (m, 3) uint32.
        part: index into ``ModelPose.parts``; 0 is the model's own frame and never moves.
        skin, morph: of those that bend.
        details: coarser triangle lists, errors rising; what is drawn is chosen by the size on the screen.
        own_uvs: (n, 2) float32 of maps that are read elsewhere than at ``uvs``; never the base colour's.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32]
    colours: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    material: Material
    part: int = 0
    skin: Skinning | None = None
    morph: Morph | None = None
    details: tuple[LevelOfDetail, ...] = ()
    own_uvs: Mapping[Map, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ModelPose:
    """Where the parts of a moving model are.

    Attributes:
        parts: (p, 4, 4) float64, model from part; the first is the identity.
        joints: for each skin (j, 4, 4) float64, model from bind frame.
        weights: for each morph (t,) float64.
        corners_mm: (k, 3) float64, points around everything, in the model's frame.
    """

    parts: NDArray[np.float64]
    joints: tuple[NDArray[np.float64], ...]
    weights: tuple[NDArray[np.float64], ...]
    corners_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Model:
    """A glTF scene. What never moves has its node transforms applied and lies in part 0.

    Attributes:
        name: for messages.
        primitives: what is drawn.
        bounds_mm: (2, 3) float32, lowest and highest corner at rest.
        rest: where the parts are at rest; None where nothing moves.
    """

    name: str
    primitives: tuple[Primitive, ...]
    bounds_mm: NDArray[np.float32]
    rest: ModelPose | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ModelDraw:
    """A model in its place.

    Attributes:
        model: shared between draws.
        camera_from_model: (4, 4).
        pose: of a moving model; None is the rest.
        changes: by the name of the material.
        hidden: indices of primitives that are not drawn.
        shadow: on a face, or none.
    """

    model: Model
    camera_from_model: Matrix
    pose: ModelPose | None = None
    changes: Mapping[str, MaterialChange] | None = None
    hidden: frozenset[int] = frozenset()
    shadow: Shadow | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OccluderDraw:
    """A mesh that only fills depth, in its place. ``dynamic`` meshes are new every frame."""

    mesh: Mesh
    camera_from_mesh: Matrix
    dynamic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FaceOccluderDraw:
    """A tracked face that hides what is behind it: its mesh is the one that paint is drawn with.

    Attributes:
        face: the mesh.
        inset_mm: how much farther back it hides than it is; its vertices move along their rays, so that the
            silhouette stays.
        open_eyes: the eyes are holes; otherwise the face is closed. The mouth is closed always.
    """

    face: FaceMesh
    inset_mm: float = 0.0
    open_eyes: bool = False


AnyOccluderDraw = OccluderDraw | FaceOccluderDraw

SpaceDraw = ModelDraw | SpriteDraw | ParticlesDraw
"""What can stand in a scene."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Things that share one depth buffer.

    Occluders come first, then opaque surfaces, then by their distance everything that can be seen through:
    see-through surfaces, sprites, and each swarm of particles as one. Without a ``light`` of its own it is
    lit by the renderer's environment.
    """

    occluders: tuple[AnyOccluderDraw, ...] = ()
    models: tuple[ModelDraw, ...] = ()
    sprites: tuple[SpriteDraw, ...] = ()
    particles: tuple[ParticlesDraw, ...] = ()
    light: Light | None = None

    @classmethod
    def of(
        cls, occluders: Iterable[AnyOccluderDraw], things: Iterable[SpaceDraw], light: Light | None = None
    ) -> Self:
        """A scene of things of any kind; each kind keeps its order."""
        kept = tuple(things)
        return cls(
            tuple(occluders),
            tuple(t for t in kept if isinstance(t, ModelDraw)),
            tuple(t for t in kept if isinstance(t, SpriteDraw)),
            tuple(t for t in kept if isinstance(t, ParticlesDraw)),
            light,
        )
