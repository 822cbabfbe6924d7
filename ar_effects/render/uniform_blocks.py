"""Uniform buffers, std140 with vec4 and mat4 only, filled from arrays that are made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.render.programs import DRAW_BLOCK, FRAME_BLOCK
from ar_effects.render.screen_rectangle import FAR_MM, NEAR_MM

if TYPE_CHECKING:
    import moderngl

    from ar_effects.drawlist import Material
    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Matrix
    from ar_effects.render.environment import Environment

_DRAW_FLOATS = 64
"""256 bytes a draw: no driver asks for a coarser alignment."""


class FrameBlock:
    """What all draws of a frame share: the projection and the light."""

    def __init__(self, ctx: moderngl.Context, environment: Environment) -> None:
        self._data = np.zeros((4 + 9 + 1, 4), np.float32)
        self._data[4:13, :3] = environment.irradiance_sh
        self._data[13, 0] = len(environment.specular) - 1
        self._buffer = ctx.buffer(reserve=self._data.nbytes, dynamic=True)
        self._camera: Camera | None = None

    def bind(self, camera: Camera) -> None:
        """Write if the camera changed, and bind."""
        if camera != self._camera:
            self._data[:4] = camera.gl_projection(NEAR_MM, FAR_MM).T
            self._buffer.write(self._data)
            self._camera = camera
        self._buffer.bind_to_uniform_block(FRAME_BLOCK)

    def release(self) -> None:
        """Free the buffer."""
        self._buffer.release()


class DrawBlocks:
    """One place per draw: ``add`` all of them, ``upload`` once, then ``bind`` each."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._count = 0
        self._data = np.zeros((8, _DRAW_FLOATS), np.float32)
        self._buffer = ctx.buffer(reserve=self._data.nbytes, dynamic=True)

    def clear(self) -> None:
        """Start a new frame."""
        self._count = 0

    def add(self, camera_from_model: Matrix) -> int:
        """Store a finite, invertible (4, 4) matrix; returns its index for ``bind``."""
        if self._count == len(self._data):
            self._data = np.concatenate([self._data, np.zeros_like(self._data)])
        index, row = self._count, self._data[self._count]
        self._count += 1
        row[:16].reshape(4, 4)[:] = camera_from_model.T
        # normals turn with the inverse transpose; GLSL wants columns, so the inverse goes in as it is
        row[16:32].reshape(4, 4)[:3, :3] = np.linalg.inv(camera_from_model[:3, :3])
        return index

    def upload(self) -> None:
        """Send everything added since ``clear``."""
        if self._buffer.size < self._data.nbytes:
            self._buffer.release()
            self._buffer = self._ctx.buffer(reserve=self._data.nbytes, dynamic=True)
        self._buffer.write(self._data[: self._count])

    def bind(self, index: int) -> None:
        """Make one draw's matrices current."""
        self._buffer.bind_to_uniform_block(DRAW_BLOCK, offset=index * _DRAW_FLOATS * 4, size=_DRAW_FLOATS * 4)

    def release(self) -> None:
        """Free the buffer."""
        self._buffer.release()


def material_block(ctx: moderngl.Context, material: Material) -> moderngl.Buffer:
    """A buffer with a material's numbers."""
    reflectance = ((material.ior - 1) / (material.ior + 1)) ** 2
    data = np.array(
        [
            material.base_color,
            (*material.emissive, material.transmission),
            (material.metallic, material.roughness, reflectance, material.alpha_cutoff),
            (material.normal_scale, material.occlusion_strength, 0.0, 0.0),
        ],
        np.float32,
    )
    return ctx.buffer(data)
