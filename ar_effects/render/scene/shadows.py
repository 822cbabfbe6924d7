"""Soft shadows of models on the skin of a face: a small map as seen from the light, blurred, on the mesh.

Shadow maps: Williams, "Casting curved shadows on curved surfaces", SIGGRAPH 1978. The map holds how much is
stopped and how near to the light that is, as if for every texel a single thing cast; both are blurred before
they are compared, which keeps edges soft and steady at a low resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import moderngl
import numpy as np

from ar_effects.render.face.face_mesh import FaceMeshes
from ar_effects.render.render_context import Component
from ar_effects.render.targets import small_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ar_effects.drawlist import Light, MaterialChange, ModelPose, Shadow
    from ar_effects.records import Matrix
    from ar_effects.render.face.face_mesh import GpuFace
    from ar_effects.render.render_context import RenderContext
    from ar_effects.render.scene.meshes import GpuPrimitive
    from ar_effects.render.scene.uniform_blocks import DrawBlocks, JointBlocks

SIDES = (64, 128)
FINE_PX_PER_MM = 2.5
"""Texels of the map: the coarser side until a millimetre of the head takes so many pixels."""

HALF_MM, DEPTH_MM = 100.0, 150.0
"""Half of the square that the map shows, and how far before and behind its middle things count."""

SIGMA_MM = 2.5
"""Of the blur of the map."""

BLUR_MM = 2.5 * SIGMA_MM + 4.0 * HALF_MM / SIDES[0]
"""How far it reaches, two texels of the coarser map with it."""

ERROR_MM = 0.8
"""What casts may be off by half a texel of the finer map."""

MIDDLE_MM = np.array([0.0, -30.0, 0.0])
"""Of the map, in the head frame."""

USUAL_LIGHT = np.array([-0.15, 0.65, 0.75])
"""Where light comes from as far as nothing is known, in the camera frame."""

FLATTEST = 0.35
"""Least cosine between the light and straight ahead of the face: flatter light would cast long streaks."""

_UNIT = 0


def _taps(side: int) -> frozenset[str]:
    """What makes the blur of a map of this side: its reach in texels, and its deviation."""
    sigma = SIGMA_MM * side / (2.0 * HALF_MM)
    return frozenset({f"REACH {round(2.5 * sigma)}", f"SIGMA {sigma:.4f}"})


_TAPS = {side: _taps(side) for side in SIDES}


class Caster(Protocol):
    """A surface of a model, with the indices of its matrices."""

    @property
    def primitive(self) -> GpuPrimitive: ...
    @property
    def block(self) -> int: ...
    @property
    def joints(self) -> int: ...
    @property
    def mirrored(self) -> bool: ...
    @property
    def pose(self) -> ModelPose | None: ...
    @property
    def change(self) -> MaterialChange | None: ...
    @property
    def shadow(self) -> Shadow | None: ...
    @property
    def mm_per_unit(self) -> float: ...
    @property
    def box(self) -> NDArray[np.float64]: ...


class Shadows(Component):
    """Draws shadows upon the current picture, one face after the other."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        self._faces = context.shared(FaceMeshes)
        self._maps: dict[int, list[tuple[Any, Any]]] = {}

    def draw(
        self, casters: Sequence[Caster], light: Light | None, draws: DrawBlocks, joints: JointBlocks
    ) -> None:
        """Draw the shadows of these surfaces; the blocks are uploaded. Binds framebuffers."""
        if not self.context.detail.shadow_side:
            return
        shadows: dict[int, Shadow] = {}
        by_face: dict[int, list[Caster]] = {}
        for caster in casters:
            shadow = caster.shadow
            if shadow is not None and shadow.strength > 0.0:
                shadows.setdefault(id(shadow.face), shadow)
                by_face.setdefault(id(shadow.face), []).append(caster)
        for key, several in by_face.items():
            self._on_face(shadows[key], several, light, draws, joints)

    def _on_face(
        self,
        shadow: Shadow,
        casters: list[Caster],
        light: Light | None,
        draws: DrawBlocks,
        joints: JointBlocks,
    ) -> None:
        context, faces = self.context, self._faces
        ctx: Any = context.ctx
        face = faces.get(shadow.face)
        if face is None or not np.isfinite(shadow.camera_from_head).all():
            return
        to_light = toward_light(light, shadow.camera_from_head)
        matrix = map_from_camera(to_light, shadow.camera_from_head)
        triangles = self._reached(face, matrix, casters)
        if not len(triangles):
            return
        depth_mm = max(-float(shadow.camera_from_head[2, 3]), 1.0)
        side = min(SIDES[context.camera.fx / depth_mm > FINE_PX_PER_MM], context.detail.shadow_side)
        if side not in self._maps:
            self._maps[side] = [small_map(ctx, side) for _ in range(2)]
            for texture, fbo in self._maps[side]:
                self.own(texture)
                self.own(fbo)
        (sharp, sharp_fbo), (half_size, half_fbo) = self._maps[side]
        columns = tuple(matrix.T.ravel())
        sharp_fbo.use()
        sharp_fbo.clear()
        ctx.enable_only(moderngl.BLEND)
        ctx.cull_face = "back"
        ctx.blend_equation = moderngl.MAX
        for caster in casters:
            if caster.primitive.double_sided:
                ctx.disable(moderngl.CULL_FACE)
            else:
                ctx.enable(moderngl.CULL_FACE)
                ctx.front_face = "cw" if caster.mirrored else "ccw"  # the map's y points up
            draws.bind(caster.block)
            if caster.joints >= 0:
                joints.bind(caster.joints)
            level = caster.primitive.level(ERROR_MM / caster.mm_per_unit)
            caster.primitive.cast(caster.pose, caster.change, columns, level)
        ctx.blend_equation = moderngl.FUNC_ADD
        ctx.enable_only(moderngl.NOTHING)
        blur: Any = context.programs.get("picture.vert.glsl", "shadow_blur.frag.glsl", _TAPS[side])
        blur["map"].value = _UNIT
        for source, target, direction in ((sharp, half_fbo, (1, 0)), (half_size, sharp_fbo, (0, 1))):
            source.use(_UNIT)
            blur["direction"].value = direction
            context.full_screen.draw(blur, target)
        program: Any = context.programs.get("shadow.vert.glsl", "shadow.frag.glsl")
        camera = context.camera
        program["map"].value = _UNIT
        program["map_from_camera"].value = columns
        program["lens"].value = (camera.fx, camera.fy, camera.cx, camera.cy)
        program["to_light"].value = tuple(to_light)
        program["strength"].value = max(c.shadow.strength for c in casters if c.shadow)
        program["depth_mm"].value = 2.0 * DEPTH_MM
        sharp.use(_UNIT)
        with faces.drawing(face):
            ctx.enable(moderngl.BLEND)
            ctx.blend_func = (moderngl.ZERO, moderngl.SRC_COLOR)
            face.draw_some(program, triangles)
            ctx.disable(moderngl.BLEND)

    def _reached(self, face: GpuFace, matrix: Matrix, casters: list[Caster]) -> NDArray[np.uint32]:
        """The triangles of the face between which and the light there may be something."""
        lens, (x, y, distance) = self.context.camera, face.mesh.vertices[:, :3].T.astype(np.float64)
        skin = np.stack([(x - lens.cx) / lens.fx, (lens.cy - y) / lens.fy, -np.ones(len(x))]) * distance
        place = matrix[:2, :3] @ skin + matrix[:2, 3:]
        stopped = np.concatenate([matrix[:2, :3] @ c.box.T + matrix[:2, 3:] for c in casters], axis=1)
        low, high = stopped.min(axis=1) - BLUR_MM / HALF_MM, stopped.max(axis=1) + BLUR_MM / HALF_MM
        triangles = self._faces.parts(face.mesh.topology).closed
        corners = place[:, triangles]
        near = (corners.min(axis=2) <= high[:, None]) & (corners.max(axis=2) >= low[:, None])
        reached: NDArray[np.uint32] = triangles[near.all(axis=0)]
        return reached


def toward_light(light: Light | None, camera_from_head: Matrix) -> NDArray[np.float64]:
    """(3,) unit vector from the face to what casts its shadows, never flat over the skin."""
    to_light = USUAL_LIGHT.copy()
    if light is not None:
        mean = light.slope @ np.array([0.2126, 0.7152, 0.0722])
        to_light += 3.0 * light.trust * mean
    to_light /= max(float(np.linalg.norm(to_light)), 1e-9)
    ahead = camera_from_head[:3, 2] / max(float(np.linalg.norm(camera_from_head[:3, 2])), 1e-9)
    along = float(to_light @ ahead)
    if along < FLATTEST:
        across = to_light - along * ahead
        length = max(float(np.linalg.norm(across)), 1e-9)
        to_light = FLATTEST * ahead + np.sqrt(1.0 - FLATTEST**2) / length * across
    return np.asarray(to_light)


def map_from_camera(to_light: NDArray[np.float64], camera_from_head: Matrix) -> Matrix:
    """(4, 4): x and y in -1..1 across the light, z from 0 (far from the light) to 1 (near)."""
    up = camera_from_head[:3, 1]
    right = np.cross(up, to_light)
    if float(np.linalg.norm(right)) < 1e-6:  # straight from above the head
        right = camera_from_head[:3, 0]
    right = right / np.linalg.norm(right)
    above = np.cross(to_light, right)
    middle = camera_from_head[:3, :3] @ MIDDLE_MM + camera_from_head[:3, 3]
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3] = right / HALF_MM, above / HALF_MM
    matrix[2, :3] = to_light / (2.0 * DEPTH_MM)
    matrix[:3, 3] = -matrix[:3, :3] @ middle
    matrix[2, 3] += 0.5
    return matrix
