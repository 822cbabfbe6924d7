"""Models on the graphics card.

The draw list is compared by identity: a model is uploaded when it is first drawn, and freed when it is gone
or has not been drawn for a while (``cache.py``).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

from ar_effects.drawlist import Sampler
from ar_effects.render.drawing import draw_array
from ar_effects.render.programs import MATERIAL_BLOCK, Programs
from ar_effects.render.scene.occluders import packed_indices
from ar_effects.render.scene.shapes import Shape
from ar_effects.render.scene.soft_edges import fades_at_edges
from ar_effects.render.scene.uniform_blocks import material_numbers
from ar_effects.render.screen_rectangle import corners
from ar_effects.render.stream_buffer import StreamBuffer
from ar_effects.render.textures import upload_texture

if TYPE_CHECKING:
    import moderngl

    from ar_effects.drawlist import MaterialChange, Model, ModelPose, Primitive, Texture
    from ar_effects.render.detail import DetailStep

TEXTURE_UNITS = {
    "specular_panorama": 0,
    "base_color_map": 1,
    "metallic_roughness_map": 2,
    "normal_map": 3,
    "occlusion_map": 4,
    "emissive_map": 5,
    "local_environment": 6,
    "behind": 7,
}
SPECULAR_BELOW_ROUGHNESS = 0.6
"""Rougher surfaces show nothing of what is around them that the panorama's blur does not have."""

STEADY = 1.15
"""A level of detail stays until it is off by so much more than it may."""

_COLOUR_MAPS = ("base_color", "emissive")


class GpuPrimitive:
    """One primitive with its material, ready to draw.

    Attributes:
        index: in the model.
        specular: what is around it can be made out in it.
        bends: what is behind it is read from the picture.
        soft: it fades to nothing at its edges by itself.
        part, skin: as in the draw list; ``skin`` is an index.
        errors: of its coarser levels of detail, rising.
        centre: (4,) homogeneous, in the frame of its part.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        programs: Programs,
        primitive: Primitive,
        textures: list[tuple[int, Any]],
        defines: frozenset[str],
        index: int = 0,
    ) -> None:
        material = primitive.material
        self.transparent = "TRANSPARENT" in defines
        self.alpha_to_coverage = "MASK" in defines and not self.transparent
        self.double_sided = material.double_sided
        self.specular = (
            material.roughness < SPECULAR_BELOW_ROUGHNESS and not material.unlit and material.specular > 0
        )
        self.refracts = "REFRACTS" in defines
        self.soft = "BLEND" in defines and "REFRACTS" not in defines and fades_at_edges(primitive)
        self.index, self.part = index, primitive.part
        self.skin = primitive.skin.index if primitive.skin else None
        self.centre = np.ones(4)
        self.centre[:3] = 0.5 * (primitive.positions.min(axis=0) + primitive.positions.max(axis=0))
        self._textures = textures
        program: Any = programs.get("model.vert.glsl", "model.frag.glsl", defines)
        for name, unit in TEXTURE_UNITS.items():
            if name in program:
                program[name].value = unit
        lists = (primitive.triangles, *(d.triangles for d in primitive.details))
        self.errors = tuple(d.error for d in primitive.details)
        # one after the other in one buffer, the finest first
        indices = packed_indices(np.concatenate(lists), len(primitive.positions))
        counts = [3 * len(triangles) for triangles in lists]
        self._ranges = list(zip(counts, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
        self._indices, self._index_bytes = ctx.buffer(indices), indices.itemsize
        self._shape = Shape(ctx, primitive)
        appearance = np.hstack([primitive.uvs, primitive.colours])
        self._appearance = ctx.buffer(np.ascontiguousarray(appearance, np.float32))
        layout: list[tuple[Any, ...]] = [
            (self._shape.buffer, "3f 3f", "in_position", "in_normal"),
            (self._appearance, "2f 4f", "in_uv", "in_color"),
        ]
        self._own_uvs = []
        for name, uvs in primitive.own_uvs.items():
            self._own_uvs.append(ctx.buffer(np.ascontiguousarray(uvs, np.float32)))
            layout.append((self._own_uvs[-1], "2f", f"in_{name}_uv"))
        self._joints: moderngl.Buffer | None = None
        if primitive.skin is not None:
            follows = np.hstack([primitive.skin.joints, primitive.skin.weights])
            self._joints = ctx.buffer(np.ascontiguousarray(follows, np.float32))
            layout.append((self._joints, "4f 4f", "in_joints", "in_weights"))
        self._source = material
        self._material = ctx.buffer(material_numbers(material))
        self._changed: StreamBuffer | None = None
        self._change: MaterialChange | None = None
        self._ctx = ctx
        self._programs, self._defines, self._layout = programs, defines, layout
        self._casting: tuple[Any, Any] | None = None
        self._last: tuple[int, DetailStep] | None = None  # level of detail, and the step it was chosen at
        self._vao = ctx.vertex_array(
            program,
            layout,
            self._indices,
            indices.itemsize,
            skip_errors=True,  # variants without uv
        )

    def level(self, error: float) -> int:
        """The coarsest level of detail that is off by no more than this, in units of its positions."""
        return bisect_right(self.errors, error)

    def steady_level(self, error: float, detail: DetailStep) -> int:
        """The same from frame to frame: the level of the last frame stays while it is nearly right.

        A head that sits still at the border between two levels would flicker otherwise. Another step of
        detail begins anew.
        """
        finest, coarsest = self.level(error), self.level(error * STEADY)
        if self._last is None or self._last[1] is not detail or not finest <= self._last[0] <= coarsest:
            self._last = finest, detail
        return self._last[0]

    def draw(
        self, pose: ModelPose | None = None, change: MaterialChange | None = None, level: int = 0
    ) -> None:
        """Draw with the state, the draw block and the joint block that are current."""
        if pose is not None:
            self._shape.update(pose)
        self._material_of(change).bind_to_uniform_block(MATERIAL_BLOCK)
        for unit, texture in self._textures:
            texture.use(unit)
        count, first = self._ranges[level]
        draw_array(self._vao, vertices=count, first=first)

    def cast(
        self,
        pose: ModelPose | None,
        change: MaterialChange | None,
        map_from_camera: tuple[float, ...],
        level: int = 0,
    ) -> None:
        """Draw into a shadow's map, with the state, the draw block and the joint block that are current."""
        if self._casting is None:
            wanted = self._defines & {"SKINNED", "MASK", "BLEND", "BASE_COLOR_MAP"} | {"SHADOW"}
            program: Any = self._programs.get("model.vert.glsl", "shadow_map.frag.glsl", wanted)
            if "base_color_map" in program:
                program["base_color_map"].value = TEXTURE_UNITS["base_color_map"]
            vao = self._ctx.vertex_array(
                program, self._layout, self._indices, self._index_bytes, skip_errors=True
            )
            self._casting = program, vao
        program, vao = self._casting
        program["map_from_camera"].value = map_from_camera
        if pose is not None:
            self._shape.update(pose)
        self._material_of(change).bind_to_uniform_block(MATERIAL_BLOCK)
        for unit, texture in self._textures:
            if unit == TEXTURE_UNITS["base_color_map"]:
                texture.use(unit)
        count, first = self._ranges[level]
        draw_array(vao, vertices=count, first=first)

    def release(self) -> None:
        """Free the buffers; the textures are the model's."""
        if self._casting is not None:
            self._casting[1].release()
        buffers = (self._appearance, self._indices, self._material, self._joints, self._changed)
        for thing in (self._vao, *buffers, *self._own_uvs):
            if thing is not None:
                thing.release()
        self._shape.release()

    def _material_of(self, change: MaterialChange | None) -> moderngl.Buffer:
        if change is None:
            return self._material
        if self._changed is None:
            self._changed = StreamBuffer(self._ctx, self._material.size)
        if change != self._change:
            self._changed.write(material_numbers(self._source, change))
            self._change = change
        return self._changed.buffer


class GpuModel:
    """A model's primitives and textures; equal textures are uploaded once.

    Attributes:
        primitives: in the model's order.
        box: (8, 4) homogeneous corners of the bounds, in the model's frame.
    """

    def __init__(self, ctx: moderngl.Context, programs: Programs, model: Model) -> None:
        self._textures: dict[tuple[int, Sampler, bool, bool], moderngl.Texture] = {}
        self.primitives: list[GpuPrimitive] = []
        self.box = corners(model.bounds_mm)
        try:
            for index, primitive in enumerate(model.primitives):
                if len(primitive.triangles):
                    self.primitives.append(self._primitive(ctx, programs, primitive, index))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Free everything."""
        for primitive in self.primitives:
            primitive.release()
        for texture in self._textures.values():
            texture.release()
        self._textures.clear()
        self.primitives.clear()

    def _primitive(
        self, ctx: moderngl.Context, programs: Programs, primitive: Primitive, index: int
    ) -> GpuPrimitive:
        material = primitive.material
        defines = set()
        if material.transmission > 0 or material.alpha_mode == "BLEND":
            defines.add("TRANSPARENT")
        if material.alpha_mode != "OPAQUE":
            defines.add(material.alpha_mode)
        if material.unlit:
            defines.add("UNLIT")
        elif material.specular == 0.0 and material.metallic == 0.0 and material.normal_texture is None:
            defines.add("MATT")
        elif material.transmission > 0 and material.thickness_mm > 0:
            defines.add("REFRACTS")
        if primitive.skin is not None:
            defines.add("SKINNED")
        premultiply = material.alpha_mode != "OPAQUE" and material.base_colour_texture is not None
        textures: list[tuple[int, Any]] = []
        for name, pixels in material.textures:
            defines.add(f"{name}_map".upper())
            if name in primitive.own_uvs:
                defines.add(f"{name}_uv".upper())
            texture = self._texture(
                ctx,
                pixels,
                material.samplers.get(name, Sampler()),
                colour=name in _COLOUR_MAPS,
                premultiply=premultiply and name == "base_color",
            )
            textures.append((TEXTURE_UNITS[f"{name}_map"], texture))
        if premultiply:
            defines.add("PREMULTIPLIED")
        return GpuPrimitive(ctx, programs, primitive, textures, frozenset(defines), index)

    def _texture(
        self, ctx: moderngl.Context, pixels: Texture, sampler: Sampler, *, colour: bool, premultiply: bool
    ) -> moderngl.Texture:
        key = (id(pixels), sampler, colour, premultiply)
        if key not in self._textures:
            self._textures[key] = upload_texture(ctx, pixels, sampler, colour=colour, premultiply=premultiply)
        return self._textures[key]
