"""Things in space: occluders, opaque surfaces, what can be seen through, in the rectangles they touch.

Software drivers pay for every pixel of a multisampled framebuffer, so the layer is prepared and
resolved only inside the screen rectangles of the models. Sprites, particles and hair have soft edges of their
own: unless a see-through surface is in front of them they are drawn on the finished picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import moderngl
import numpy as np

from ar_effects.drawlist import FaceOccluderDraw, Scene
from ar_effects.render.face.face_mesh import FaceMeshes, GpuFace
from ar_effects.render.passes.base import Pass
from ar_effects.render.scene.flats import Flat, Flats
from ar_effects.render.scene.local_environment_map import LocalEnvironmentMap
from ar_effects.render.scene.meshes import TEXTURE_UNITS, GpuModel
from ar_effects.render.scene.occluders import GpuMesh
from ar_effects.render.scene.shadows import Shadows
from ar_effects.render.scene.surfaces import Surface, parted, see_through_order
from ar_effects.render.scene.uniform_blocks import DrawBlocks, FrameBlock, JointBlocks
from ar_effects.render.screen_rectangle import (
    Rectangle,
    homogeneous,
    meet,
    px_per_mm,
    screen_rectangle,
    union,
)
from ar_effects.render.targets import GL_FRAMEBUFFER_SRGB
from ar_effects.render.textures import upload_panorama

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ar_effects.drawlist import Mesh, Model, ModelDraw, ModelPose
    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Matrix
    from ar_effects.render.cache import IdentityCache
    from ar_effects.render.render_context import RenderContext
    from ar_effects.render.targets import Targets

_GL_SRC1_COLOR = 0x88F9
_GL_SAMPLE_ALPHA_TO_COVERAGE = 0x809E
_SCALE_LIMIT = 1e-12


class _MeshOccluder(NamedTuple):
    """A mesh, its draw block, and whether its matrix mirrors it."""

    mesh: GpuMesh
    block: int
    mirrored: bool


class _FaceOccluder(NamedTuple):
    """A tracked face, and how it hides."""

    face: GpuFace
    draw: FaceOccluderDraw


_Occluder = _MeshOccluder | _FaceOccluder


class ScenePass(Pass[Scene]):
    """Draws a scene between ``Targets.copy_to_layer`` and ``Targets.resolve``."""

    def __init__(self, context: RenderContext) -> None:
        super().__init__(context)
        ctx, programs = context.ctx, context.programs
        self._ctx = ctx
        self._models: IdentityCache[Model, GpuModel] = self.own(
            context.cache(lambda model: GpuModel(ctx, programs, model))
        )
        self._meshes: IdentityCache[Mesh, GpuMesh] = self.own(
            context.cache(lambda mesh: GpuMesh(ctx, programs, mesh))
        )
        self._dynamic: list[GpuMesh] = []

    def prepare(self) -> None:
        """Make the uniform buffers and the panorama."""
        context, ctx = self.context, self._ctx
        self._faces = context.shared(FaceMeshes)
        self._face_program: Any = context.programs.get("face_occluder.vert.glsl", "depth.frag.glsl")
        self._frame_block = self.own(FrameBlock(ctx, context.environment))
        self._draw_blocks = self.own(DrawBlocks(ctx))
        self._joint_blocks = self.own(JointBlocks(ctx))
        self._panorama = self.own(upload_panorama(ctx, context.environment))
        self._flats = self.own(Flats(context))
        self._shadows = self.own(Shadows(context))
        self._local_environment_map = self.own(LocalEnvironmentMap(context))

    def next_frame(self) -> None:
        """What is mirrored must be looked at anew."""
        self._local_environment_map.next_frame()

    def draw(self, draw: Scene) -> None:
        """Draw over the current picture; without anything in sight it stays untouched."""
        context = self.context
        self._draw_blocks.clear()
        self._joint_blocks.clear()
        surfaces, rectangles = self._surfaces(draw, context.camera)
        behind, before = parted(surfaces, self._flats.seen(draw, context.camera))
        if not rectangles and not before:
            return
        soft = bool(surfaces) and all(s.primitive.soft for s in surfaces)
        if soft:  # one sample a pixel will do, on the picture
            before, behind = [*behind, *before], []
        touched = union(rectangles + [f.rectangle for f in behind + before])
        occluders = self._occluders(draw, context.camera, touched)
        self._draw_blocks.upload()
        self._joint_blocks.upload()
        self._shadows.draw(surfaces, draw.light, self._draw_blocks, self._joint_blocks)
        mirrors = draw.light is not None and any(s.primitive.specular for s in surfaces)
        if mirrors:
            self._local_environment_map.texture().use(TEXTURE_UNITS["local_environment"])
        self._frame_block.bind(context.camera, draw.light, mirrors)
        if soft:
            self._draw_on_picture(context.targets, before, occluders, [], surfaces, rectangles)
            return
        if rectangles:
            self._draw_on_layer(context.targets, surfaces, behind, occluders, rectangles)
        if before:
            self._draw_on_picture(context.targets, before, occluders, rectangles)

    def _draw_on_layer(
        self,
        targets: Targets,
        surfaces: list[Surface],
        flats: list[Flat],
        occluders: list[_Occluder],
        rectangles: list[Rectangle],
    ) -> None:
        """Models, and flat things that are behind something see-through."""
        self._panorama.use(TEXTURE_UNITS["specular_panorama"])
        if any(s.primitive.refracts for s in surfaces):
            targets.current.texture.use(TEXTURE_UNITS["behind"])
        touched = rectangles + [f.rectangle for f in flats]
        for rectangle in touched:
            targets.copy_to_layer(rectangle)
            targets.clear_depth(rectangle)
        everywhere = union(touched)
        self._ctx.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        targets.draw_to_layer(everywhere, colour=False)
        self._draw_occluders(occluders)
        self._ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        targets.draw_to_layer(everywhere)
        self._draw_opaque([s for s in surfaces if not s.primitive.transparent])
        targets.draw_to_layer(everywhere, depth=False)
        self._draw_see_through([*(s for s in surfaces if s.primitive.transparent), *flats])
        self._ctx.disable_direct(GL_FRAMEBUFFER_SRGB)
        self._ctx.enable_only(moderngl.NOTHING)
        for rectangle in touched:
            targets.resolve(rectangle)

    def _draw_on_picture(
        self,
        targets: Targets,
        flats: list[Flat],
        occluders: list[_Occluder],
        models: list[Rectangle],
        surfaces: Sequence[Surface] = (),
        soft: Sequence[Rectangle] = (),
    ) -> None:
        """Flat things that nothing see-through covers, after the models; surfaces in their rectangles."""
        if not occluders and not models and not surfaces:
            flats = [f._replace(hidden=False) for f in flats]
        hidden = [*soft, *(f.rectangle for f in flats if f.hidden)]
        if hidden:
            everywhere = union(hidden)
            targets.clear_current_depth(everywhere)
            self._ctx.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
            targets.draw_to_current_with_depth(everywhere, colour=False)
            self._draw_occluders(occluders)
            for rectangle in models:
                targets.copy_depth_from_layer(rectangle)
        self._ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        targets.draw_to_current_with_depth(union([*soft, *(f.rectangle for f in flats)]), depth=False)
        self._draw_see_through([*surfaces, *flats])
        self._ctx.disable_direct(GL_FRAMEBUFFER_SRGB)
        self._ctx.enable_only(moderngl.NOTHING)

    def _surfaces(self, scene: Scene, camera: Camera) -> tuple[list[Surface], list[Rectangle]]:
        surfaces: list[Surface] = []
        rectangles: list[Rectangle] = []
        for draw in scene.models:
            matrix = draw.camera_from_model
            if not _usable(matrix):
                continue
            model = self._models.get(draw.model)
            pose = draw.pose or draw.model.rest
            box = model.box if pose is None else homogeneous(pose.corners_mm)
            rectangle = screen_rectangle(box, matrix, camera)
            if rectangle is None or not model.primitives:
                continue
            rectangles.append(rectangle)
            around = (box @ matrix.T)[:, :3]
            surfaces.extend(self._posed(draw, model, pose, px_per_mm(box, matrix, camera), around))
        return surfaces, rectangles

    def _posed(
        self,
        draw: ModelDraw,
        model: GpuModel,
        pose: ModelPose | None,
        px_per_mm: float,
        around: NDArray[np.float64],
    ) -> Iterator[Surface]:
        """The primitives of a model, each with the matrices of its part or skin, in the detail they need."""
        places: dict[int, tuple[Matrix, int, bool, float]] = {}
        skins: dict[int, tuple[int, float]] = {}
        for primitive in model.primitives:
            if primitive.index in draw.hidden:
                continue
            part = primitive.part
            if part not in places:
                matrix = draw.camera_from_model
                if pose is not None and part:
                    matrix = matrix @ pose.parts[part]
                shown = _usable(matrix)  # an animation may flatten a part to nothing
                block = self._draw_blocks.add(matrix) if shown else -1
                scale = float(np.linalg.det(matrix[:3, :3]))
                places[part] = matrix, block, scale < 0, abs(scale) ** (1 / 3)
            matrix, block, mirrored, mm_per_unit = places[part]
            if block < 0:
                continue
            centre, joints = primitive.centre, -1
            if primitive.skin is not None and pose is not None:
                matrices = pose.joints[primitive.skin]
                if primitive.skin not in skins:
                    largest = float(np.abs(np.linalg.det(matrices[:, :3, :3])).max()) ** (1 / 3)
                    skins[primitive.skin] = self._joint_blocks.add(matrices), largest
                joints, of_skin = skins[primitive.skin]
                mm_per_unit *= of_skin
                centre = matrices.mean(axis=0) @ centre
                mirrored ^= bool(np.linalg.det(matrices[0, :3, :3]) < 0)
            material = draw.model.primitives[primitive.index].material
            change = draw.changes.get(material.name) if draw.changes else None
            depth = -float(matrix[2] @ centre)
            detail = self.context.detail
            level = primitive.steady_level(detail.error_px / max(px_per_mm * mm_per_unit, 1e-9), detail)
            yield Surface(
                primitive,
                block,
                mirrored,
                depth,
                joints,
                pose,
                change,
                draw.shadow,
                level,
                mm_per_unit,
                around,
            )

    def _occluders(self, scene: Scene, camera: Camera, touched: Rectangle) -> list[_Occluder]:
        """Those that can hide something inside the rectangle."""
        found: list[_Occluder] = []
        slot = 0
        for draw in scene.occluders:
            if isinstance(draw, FaceOccluderDraw):
                face = self._faces.get(draw.face)
                if face is not None and meet(face.rectangle, touched):
                    found.append(_FaceOccluder(face, draw))
                continue
            matrix = draw.camera_from_mesh
            if not _usable(matrix):
                continue
            if not draw.dynamic:
                mesh = self._meshes.get(draw.mesh)
                seen = screen_rectangle(mesh.box, matrix, camera)
                if seen is None or not meet(seen, touched):
                    continue
            elif np.isfinite(draw.mesh.vertices).all():
                mesh = self._dynamic_mesh(slot, draw.mesh)
                slot += 1
            else:
                continue
            mirrored = bool(np.linalg.det(matrix[:3, :3]) < 0)
            found.append(_MeshOccluder(mesh, self._draw_blocks.add(matrix), mirrored))
        return found

    def _dynamic_mesh(self, slot: int, mesh: Mesh) -> GpuMesh:
        if slot == len(self._dynamic):
            self._dynamic.append(self.own(GpuMesh(self._ctx, self.context.programs, mesh)))
        else:
            self._dynamic[slot].update(mesh)
        return self._dynamic[slot]

    def _draw_occluders(self, occluders: list[_Occluder]) -> None:
        for occluder in occluders:
            if isinstance(occluder, _FaceOccluder):
                self._draw_face(*occluder)
                continue
            self._face("front", mirrored=occluder.mirrored)
            self._draw_blocks.bind(occluder.block)
            occluder.mesh.draw()

    def _draw_face(self, face: GpuFace, draw: FaceOccluderDraw) -> None:
        camera, program = self.context.camera, self._face_program
        program["lens"].value = camera.fx, camera.fy, camera.cx, camera.cy
        program["inset_mm"].value = draw.inset_mm
        self._face("front", mirrored=False)
        face.draw(program, "face" if draw.open_eyes else "closed")
        if draw.open_eyes:
            face.draw(program, "mouth")

    def _draw_opaque(self, surfaces: list[Surface]) -> None:
        for surface in sorted(surfaces, key=lambda s: s.depth):  # near first: what is hidden is not shaded
            if surface.primitive.alpha_to_coverage:
                self._ctx.enable_direct(_GL_SAMPLE_ALPHA_TO_COVERAGE)
            self._draw_surface(surface, "both" if surface.primitive.double_sided else "front")
            if surface.primitive.alpha_to_coverage:
                self._ctx.disable_direct(_GL_SAMPLE_ALPHA_TO_COVERAGE)

    def _draw_see_through(self, things: Sequence[Surface | Flat]) -> None:
        self._ctx.enable(moderngl.BLEND)
        for surface in see_through_order(things):
            if isinstance(surface, Flat):
                self._ctx.disable(moderngl.CULL_FACE)
                self._flats.draw(surface)
                continue
            self._ctx.blend_func = (moderngl.ONE, _GL_SRC1_COLOR)
            if surface.primitive.double_sided:  # the far side of a closed surface first
                self._draw_surface(surface, "back")
            self._draw_surface(surface, "front")
        self._ctx.disable(moderngl.BLEND)
        # Mesa refuses to draw on two pictures at once while this has a second colour, blending or not.
        self._ctx.blend_func = (moderngl.ONE, moderngl.ZERO)

    def _draw_surface(self, surface: Surface, side: str) -> None:
        self._face(side, mirrored=surface.mirrored)
        self._draw_blocks.bind(surface.block)
        if surface.joints >= 0:
            self._joint_blocks.bind(surface.joints)
        surface.primitive.draw(surface.pose, surface.change, surface.level)

    def _face(self, side: str, *, mirrored: bool) -> None:
        if side == "both":
            self._ctx.disable(moderngl.CULL_FACE)
        else:
            self._ctx.enable(moderngl.CULL_FACE)
            self._ctx.cull_face = "back" if side == "front" else "front"
        # clip y points down the picture, so counter-clockwise triangles turn clockwise in OpenGL's eyes
        self._ctx.front_face = "ccw" if mirrored else "cw"


def _usable(matrix: Matrix) -> bool:
    """Whether a transform can be drawn with: finite, and not flattened to nothing."""
    return bool(np.isfinite(matrix).all()) and bool(abs(np.linalg.det(matrix[:3, :3])) > _SCALE_LIMIT)
