"""Uniform buffers, std140 with vec4 and mat4 only, filled from arrays that are made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.drawlist import MAX_JOINTS
from ar_effects.render.environment import relit
from ar_effects.render.programs import DRAW_BLOCK, FRAME_BLOCK, JOINT_BLOCK
from ar_effects.render.stream_buffer import StreamBuffer

if TYPE_CHECKING:
    import moderngl
    from numpy.typing import NDArray

    from ar_effects.drawlist import Light, Material, MaterialChange
    from ar_effects.geometry.camera import Camera
    from ar_effects.records import Matrix
    from ar_effects.render.environment import Environment

MIRRORED_LEVELS = 4
"""Coarser levels of ``local_environment_map.py``'s map."""

_DRAW_FLOATS = 64
"""256 bytes a draw: no driver asks for a coarser alignment."""


class FrameBlock:
    """What all draws of a frame share: the projection and the light."""

    def __init__(self, ctx: moderngl.Context, environment: Environment) -> None:
        self._data = np.zeros((4 + 9 + 1 + 1 + 3, 4), np.float32)
        self._environment = environment
        self._data[13] = (len(environment.specular) - 1, 0.0, MIRRORED_LEVELS, 0.0)
        self._stream = StreamBuffer(ctx, self._data.nbytes)
        self._camera: Camera | None = None
        self._light: Light | None = None
        self._set_light(None)

    def bind(self, camera: Camera, light: Light | None = None, mirrors: bool = False) -> None:
        """Write if something changed, and bind. ``mirrors``: the picture is there to be reflected."""
        fraction = light.mirrored * light.trust if light is not None and mirrors else 0.0
        if camera != self._camera or light is not self._light or fraction != self._data[13, 1]:
            self._data[13, 1] = fraction
            self._data[:4] = camera.gl_projection().T
            if light is not self._light:
                self._set_light(light)
            self._stream.write(self._data)
            self._camera, self._light = camera, light
        self._stream.buffer.bind_to_uniform_block(FRAME_BLOCK)

    def _set_light(self, light: Light | None) -> None:
        sh, gain, tilt = relit(self._environment, light)
        self._data[4:13, :3] = sh
        self._data[14, :3] = gain
        self._data[15:18, :3] = tilt

    def release(self) -> None:
        """Free the buffer."""
        self._stream.release()


class DrawBlocks:
    """One place per draw: ``add`` all of them, ``upload`` once, then ``bind`` each."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._count = 0
        self._data = np.zeros((8, _DRAW_FLOATS), np.float32)
        self._stream = StreamBuffer(ctx, self._data.nbytes)

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
        self._stream.write(self._data[: self._count], self._data.nbytes)

    def bind(self, index: int) -> None:
        """Make one draw's matrices current."""
        size = _DRAW_FLOATS * 4
        self._stream.buffer.bind_to_uniform_block(DRAW_BLOCK, offset=index * size, size=size)

    def release(self) -> None:
        """Free the buffer."""
        self._stream.release()


class JointBlocks:
    """The same for skins: three rows of each joint's matrix."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._count = 0
        self._data = np.zeros((1, MAX_JOINTS, 3, 4), np.float32)
        self._stream: StreamBuffer | None = None

    def clear(self) -> None:
        """Start a new frame."""
        self._count = 0

    def add(self, joints: NDArray[np.float64]) -> int:
        """Store (j, 4, 4) matrices, at most ``MAX_JOINTS``; returns their index for ``bind``."""
        if self._count == len(self._data):
            self._data = np.concatenate([self._data, np.zeros_like(self._data)])
        index = self._count
        self._data[index, : len(joints)] = joints[:, :3]
        self._count += 1
        return index

    def upload(self) -> None:
        """Send everything added since ``clear``; without skins no buffer is made."""
        if not self._count:
            return
        if self._stream is None:
            self._stream = StreamBuffer(self._ctx, self._data.nbytes)
        self._stream.write(self._data[: self._count], self._data.nbytes)

    def bind(self, index: int) -> None:
        """Make one skin's matrices current."""
        assert self._stream is not None
        size = self._data[0].nbytes
        self._stream.buffer.bind_to_uniform_block(JOINT_BLOCK, offset=index * size, size=size)

    def release(self) -> None:
        """Free the buffer."""
        if self._stream is not None:
            self._stream.release()
            self._stream = None


def material_numbers(material: Material, change: MaterialChange | None = None) -> NDArray[np.float32]:
    """(5, 4) float32: a material's numbers as the shaders' block has them, changed or not."""
    reflectance = ((material.ior - 1) / (material.ior + 1)) ** 2
    tinted = [min(reflectance * colour, 1.0) for colour in material.specular_colour]
    base, emissive = material.base_colour, material.emissive
    metallic, roughness = material.metallic, material.roughness
    if change is not None:
        base = (*(change.colour or base[:3]), base[3] * change.opacity)
        emissive = change.glow or emissive
        metallic = metallic if change.metallic is None else change.metallic
        roughness = roughness if change.roughness is None else change.roughness
    return np.array(
        [
            base,
            (*emissive, material.transmission),
            (metallic, roughness, reflectance, material.alpha_cutoff),
            (material.normal_scale, material.occlusion_strength, material.specular, material.thickness_mm),
            (*tinted, 0.0),
        ],
        np.float32,
    )
