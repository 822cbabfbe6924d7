"""What the faces of one topology share on the graphics card: constant attributes, and triangles by parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import moderngl

    from ar_effects.drawlist.face_mesh import FaceTopology

Part = str | NDArray[np.uint32]
"""Triangles to draw: a name, or themselves."""

MAX_PARTS = 64
"""Sets of own triangles that are kept; packs have a few each."""


class FaceParts:
    """Buffers of one topology.

    Attributes:
        constant: for each vertex its uv, the way to the outline and the two rims.
        closed: (m, 3) uint32, the triangles of the part of this name.
        generation: changes when index buffers of own triangles were freed.
    """

    def __init__(self, ctx: moderngl.Context, topology: FaceTopology) -> None:
        self.topology = topology  # keeps its id its own
        constant = np.column_stack([topology.uvs, topology.border_mm, topology.rims])
        self.constant: Any = ctx.buffer(np.ascontiguousarray(constant, np.float32))
        face, eyes, mouth = topology.triangles, topology.eye_triangles, topology.mouth_triangles
        parts = {
            "face": face,
            "eyes": eyes,
            "mouth": mouth,
            "lids": np.concatenate([eyes, mouth]),
            "closed": np.concatenate([face, eyes, mouth]),
        }
        self._ctx = ctx
        self._indices = {name: self._upload(triangles) for name, triangles in parts.items()}
        self._own: dict[int, tuple[NDArray[np.uint32], Any]] = {}
        self._stream = ctx.buffer(reserve=6 * len(parts["closed"]), dynamic=True)
        self.closed: NDArray[np.uint32] = parts["closed"]
        self.generation = 0

    def part(self, part: Part) -> Any:
        """The index buffer of a part, made when it is asked for first."""
        if isinstance(part, str):
            return self._indices[part]
        if id(part) not in self._own:
            if len(self._own) >= MAX_PARTS:
                self._forget()
                self.generation += 1
            self._own[id(part)] = (part, self._upload(part))
        return self._own[id(part)][1]

    def stream(self, triangles: NDArray[np.uint32]) -> Any:
        """The one index buffer for triangles of ``closed`` that are others every time, with these in it."""
        self._stream.orphan()
        self._stream.write(np.ascontiguousarray(triangles, np.uint16))
        return self._stream

    def release(self) -> None:
        """Free everything."""
        self._forget()
        for thing in (self.constant, self._stream, *self._indices.values()):
            thing.release()

    def _forget(self) -> None:
        for _, buffer in self._own.values():
            buffer.release()
        self._own.clear()

    def _upload(self, triangles: NDArray[np.uint32]) -> Any:
        return self._ctx.buffer(np.ascontiguousarray(triangles, np.uint16))
