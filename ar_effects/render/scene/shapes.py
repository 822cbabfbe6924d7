"""Positions and normals on the graphics card, morphed where a primitive has targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.render.stream_buffer import StreamBuffer

if TYPE_CHECKING:
    import moderngl

    from ar_effects.drawlist import ModelPose, Primitive


class Shape:
    """A primitive's points: written once, or again whenever the weights of its targets have changed.

    Morphing happens here and not in the shader: few things have targets, and their weights mostly rest.

    Attributes:
        buffer: position and normal, three floats each.
    """

    def __init__(self, ctx: moderngl.Context, primitive: Primitive) -> None:
        points = np.hstack([primitive.positions, primitive.normals])
        self._rest = np.ascontiguousarray(points, np.float32)
        self._morph = primitive.morph
        self._weights = np.zeros(0 if self._morph is None else len(self._morph.positions))
        self._points = self._rest.copy() if self._morph else self._rest
        self._stream = StreamBuffer(ctx, self._rest.nbytes) if self._morph else None
        if self._stream is not None:
            self._stream.write(self._rest)
        self.buffer = self._stream.buffer if self._stream else ctx.buffer(self._rest)

    def update(self, pose: ModelPose) -> None:
        """The shape of a pose; nothing is sent while its weights stay."""
        if self._morph is None or self._stream is None:
            return
        weights = pose.weights[self._morph.weights]
        if np.array_equal(weights, self._weights):
            return
        self._weights = weights.copy()
        points = self._points
        points[:] = self._rest
        for i, weight in enumerate(weights):
            if weight != 0.0:
                points[:, :3] += np.float32(weight) * self._morph.positions[i]
                if self._morph.normals is not None:
                    points[:, 3:] += np.float32(weight) * self._morph.normals[i]
        self._stream.write(points)

    def release(self) -> None:
        """Free the buffer."""
        self.buffer.release()
