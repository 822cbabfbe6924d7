"""Things in space: models, and what hides them. Positions are millimetres; matrices are (4, 4) float64.

Meshes, models and materials are compared by identity: the renderer uploads each object once and
keeps it while somebody holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Matrix

Texture = NDArray[np.uint8]
"""(height, width, 4) uint8 RGBA, straight alpha, top row first."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with nothing but positions: occluders.

    Attributes:
        vertices: (n, 3) float32 millimetres.
        triangles: (m, 3) uint32, counter-clockwise seen from outside.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """glTF 2.0 metallic-roughness, plus KHR_materials_transmission (thin-walled) and _ior.

    Colours are linear. A transmitting surface multiplies what is behind it by
    ``base_color * transmission`` and adds its reflection; it writes no depth.
    """

    name: str = ""
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic: float = 1.0
    roughness: float = 1.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    transmission: float = 0.0
    ior: float = 1.5
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    normal_scale: float = 1.0
    occlusion_strength: float = 1.0
    base_color_texture: Texture | None = None
    metallic_roughness_texture: Texture | None = None
    normal_texture: Texture | None = None
    occlusion_texture: Texture | None = None
    emissive_texture: Texture | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One indexed triangle list with one material, in the model's frame.

    Attributes:
        positions: (n, 3) float32 millimetres.
        normals: (n, 3) float32 unit length.
        uvs: (n, 2) float32, (0, 0) the top left of the texture.
        colors: (n, 4) float32 linear RGBA, multiplied with the material's base colour.
        triangles: (m, 3) uint32.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32]
    colors: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    material: Material


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A static glTF scene, node transforms applied.

    Attributes:
        name: for messages.
        primitives: what is drawn.
        bounds_mm: (2, 3) float32, lowest and highest corner.
    """

    name: str
    primitives: tuple[Primitive, ...]
    bounds_mm: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ModelDraw:
    """A model in its place."""

    model: Model
    camera_from_model: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class OccluderDraw:
    """A mesh that only fills depth, in its place. ``dynamic`` meshes are new every frame."""

    mesh: Mesh
    camera_from_mesh: Matrix
    dynamic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Things that share one depth buffer: occluders first, then opaque, then see-through surfaces."""

    occluders: tuple[OccluderDraw, ...] = ()
    models: tuple[ModelDraw, ...] = ()
