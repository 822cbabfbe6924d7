"""The mesh-with-attention network: its three custom operators in plain ONNX, and its outputs merged.

The network finds 468 mesh points, cuts a rotated 16x16 patch of features around the lips and each
eye, and refines those points (and the irises) inside the patch. Three custom operators do the
cutting; here they are a few matrix products and a GridSample, for a free number of faces and for
all three regions at once (small nodes cost more than their arithmetic):

- ``Landmarks2TransformMatrix``: rotate the region's points so that the line between its two
  rotation landmarks is level (cos and sin are dx and dy over their distance: no trigonometry), take
  their box, and map the patch onto it, 1.5 times as large:
  ``T(p) = A (p - 8) + c`` with ``A = rotation * diag(1.5 * box / 16)``.
- ``TransformTensorBilinear``: patch pixel p reads the features at ``T(p + 0.5) - 0.5``, zero
  outside: GridSample(bilinear, zeros, align_corners=0) on ``2 T(p + 0.5) / 48 - 1``.
- ``TransformLandmarks``: refined points come in units of a quarter patch pixel (0..64) and leave in
  pixels of the 192-pixel input: ``A (q - 32) + 4 c``.

Shapes below: n faces, r = 3 regions (lips, the eye at the left of the picture, the other eye).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.convert.branches import merge_branches
from tools.convert.tflite_graph import Operator
from tools.convert.translate import CustomTranslation, Translation, reshape

PATCH = 16
MESH_POINTS, ALL_POINTS, IRIS_POINTS = 468, 478, 5
EYE_RING = 16
"""The first 16 points of an eye's subset are its lids' contour; irises take their mean z."""

XY = slice(0, 2)


@dataclass
class _Transforms:
    """ONNX names: axes ``unit`` and ``across`` (n, r, 2), ``scale`` and ``centre`` (n, r, 1, 2)."""

    unit: str
    across: str
    scale: str
    centre: str


class AttentionTranslation:
    """Collects the three regions, so that each step is done once for all of them.

    Args:
        patches: the name of an input that brings the joined patches, where they are not to be cut here.
    """

    def __init__(self, patches: str = "") -> None:
        self._given_patches = patches
        self._regions: list[Operator] = []
        self._index: dict[int, int] = {}  # a matrix tensor -> its region
        self._transforms: _Transforms | None = None
        self._patches: list[str] = []
        self._joined_patches = ""
        self._refined: list[tuple[int, int, int]] = []  # local points' tensor, region, count

    def handlers(self) -> dict[str, CustomTranslation]:
        """What takes the place of the ordinary translations."""
        return {
            "Landmarks2TransformMatrix": self._matrix,
            "TransformTensorBilinear": self._sample,
            "TransformLandmarks": self._landmarks,
            "MUL": self._multiply,
            "STRIDED_SLICE": self._skip,
            "RESHAPE": self._reshape,
        }

    def _multiply(self, t: Translation, op: Operator) -> None:
        if op.inputs[0] in self._index:  # T in other units; `merge` writes them out
            self._index[op.outputs[0]] = self._index[op.inputs[0]]
            return
        factor = t.b.constant(t.graph.constant(op.inputs[1]).astype(np.float32))
        t.put(op, t.b.node("Mul", [t.value[op.inputs[0]], factor]))

    def _skip(self, _t: Translation, _op: Operator) -> None:
        """The network's own copy of the mesh to an output; `merge` takes its place."""

    def _reshape(self, t: Translation, op: Operator) -> None:
        if op.inputs[0] in t.value:  # not the refined points on their way to outputs of their own
            reshape(t, op)

    def _matrix(self, _t: Translation, op: Operator) -> None:
        if op.options["target_rotation_radians"] != 0.0:
            raise ValueError("a turned patch does not occur in this network")
        self._index[op.outputs[0]] = len(self._regions)
        self._regions.append(op)

    def _sample(self, t: Translation, op: Operator) -> None:
        if self._given_patches and not self._patches:
            self._joined_patches = self._given_patches
            self._patches = t.b.split(self._given_patches, [t.shape(op.inputs[0])[3]] * len(self._regions))
        if self._transforms is None and not self._given_patches:
            # The three copies of the scaled mesh are one and the same; the first serves all regions.
            self._transforms = self._solve(t, t.value[self._regions[0].inputs[0]])
            self._cut(t, t.value[op.inputs[0]], t.shape(op.inputs[0]))
        t.put(op, self._patches[self._index[op.inputs[1]]])

    def _solve(self, t: Translation, mesh: str) -> _Transforms:
        """Axes, scale and centre of each region in the units of the feature map."""
        b = t.b
        options: list[dict[str, Any]] = [op.options for op in self._regions]
        count = len(options)
        subsets = self._subsets()
        widest = len(subsets[0])
        xy = b.node("Gather", [mesh, b.constant([0, 1])], axis=2)
        first, last = (
            b.node("Gather", [xy, b.constant([int(o[f"{side}_rotation_idx"]) for o in options])], axis=1)
            for side in ("left", "right")
        )
        along = b.node("Sub", [last, first])
        unit = b.node("Div", [along, b.node("ReduceL2", [along], axes=[2], keepdims=1)])
        across = b.node("MatMul", [unit, b.constant(np.array([[0, 1], [-1, 0]], np.float32))])
        points = b.node("Gather", [xy, b.constant([i for s in subsets for i in s])], axis=1)
        points = b.node("Reshape", [points, b.constant([0, count, widest, 2])])
        level_rows = b.constant(np.array([[1, 0, 0, 1], [0, -1, 1, 0]], np.float32))
        turn_rows = b.constant(np.array([[1, 0, 0, 1], [0, 1, -1, 0]], np.float32))
        square = b.constant([0, count, 2, 2])
        level = b.node("Reshape", [b.node("MatMul", [unit, level_rows]), square])
        self._turn = b.node("Reshape", [b.node("MatMul", [unit, turn_rows]), square])
        points = b.node("MatMul", [points, level])
        low = b.node("ReduceMin", [points], axes=[2], keepdims=1)
        high = b.node("ReduceMax", [points], axes=[2], keepdims=1)
        factors = np.array([[o["scale_x"], o["scale_y"]] for o in options], np.float32) / PATCH
        scale = b.node("Mul", [b.node("Sub", [high, low]), b.constant(factors[None, :, None])])
        middle = b.node("Mul", [b.node("Add", [high, low]), b.constant(np.array([0.5], np.float32))])
        return _Transforms(unit, across, scale, b.node("MatMul", [middle, self._turn]))

    def _cut(self, t: Translation, features: str, shape: tuple[int, ...]) -> None:
        """One GridSample for all patches, stacked; then each region's channels behind the other's."""
        b, found = t.b, self._transforms
        assert found is not None
        count, (_, height, width, channels) = len(self._regions), shape
        axis = np.arange(PATCH, dtype=np.float32) + 0.5 - PATCH / 2
        offsets = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(1, 1, -1, 2)
        turned = b.node("MatMul", [b.node("Mul", [found.scale, b.constant(offsets)]), self._turn])
        position = b.node("Add", [turned, found.centre])
        span = np.array([2.0 / width, 2.0 / height], np.float32)
        grid = b.node("Mul", [position, b.constant(span)])
        grid = b.node("Sub", [grid, b.constant(np.array([1.0], np.float32))])
        grid = b.node("Reshape", [grid, b.constant([0, count * PATCH, PATCH, 2])])
        stacked = b.node(
            "GridSample", [features, grid], mode="bilinear", padding_mode="zeros", align_corners=0
        )
        stacked = b.node("Reshape", [stacked, b.constant([0, channels, count, PATCH, PATCH])])
        stacked = b.node("Transpose", [stacked], perm=[0, 2, 1, 3, 4])
        self._joined_patches = b.node("Reshape", [stacked, b.constant([0, count * channels, PATCH, PATCH])])
        self._patches = b.split(self._joined_patches, [channels] * count)

    def _landmarks(self, t: Translation, op: Operator) -> None:
        self._refined.append((op.inputs[0], self._index[op.inputs[1]], t.shape(op.inputs[0])[1]))

    def local_points(self, t: Translation, output: str | None = None) -> str:
        """(n, points, 2) all refined points in quarters of their patch's pixels."""
        return t.b.node("Concat", [t.value[tensor] for tensor, _, _ in self._refined], output, axis=1)

    def refined_points(self, t: Translation) -> str:
        """(n, points, 2) all refined points in pixels of the input, in the order the network gives them."""
        b, found = t.b, self._transforms
        assert found is not None
        local = self.local_points(t)
        region_of = [region for _, region, count in self._refined for _ in range(count)]
        # One row of six numbers a region: scaled axes and centre; then one such row a point.
        flat = [b.node("Squeeze", [name, b.constant([2])]) for name in (found.scale, found.centre)]
        by_axis = [b.node("Gather", [flat[0], b.constant([axis])], axis=2) for axis in (0, 1)]
        row = [
            b.node("Mul", [by_axis[0], found.unit]),
            b.node("Mul", [by_axis[1], found.across]),
            b.node("Mul", [flat[1], b.constant(np.array([4.0], np.float32))]),
        ]
        rows = b.node("Gather", [b.node("Concat", row, axis=2), b.constant(region_of)], axis=1)
        along, across, centre = b.split(rows, [2, 2, 2], axis=2)
        offset = b.node("Sub", [local, b.constant(np.array([4.0 * PATCH / 2], np.float32))])
        x, y = b.split(offset, [1, 1], axis=2)
        moved = b.node("Add", [b.node("Mul", [x, along]), b.node("Mul", [y, across])])
        return b.node("Add", [moved, centre])

    def merge(self, t: Translation, mesh_flat: int, output: str) -> None:
        """One (faces, 478, 3) output: refined lips, eyes and irises in the places of their mesh points.

        The refined points come as lips (80), eye (71), iris (5), eye (71), iris (5).
        """
        b, refined = t.b, self.refined_points(t)
        mesh = b.node("Reshape", [t.nhwc(mesh_flat), b.constant([0, MESH_POINTS, 3])])
        mesh_xy, mesh_z = b.split(mesh, [2, 1], axis=2)
        source, rings = self._sources()
        xy = b.node("Gather", [b.node("Concat", [mesh_xy, refined], axis=1), b.constant(source)], axis=1)
        ring = b.node("Gather", [mesh_z, b.constant([i for r in rings for i in r])], axis=1)
        ring = b.node("Reshape", [ring, b.constant([0, len(rings), EYE_RING])])
        iris_z = b.node("ReduceMean", [ring], axes=[2], keepdims=1)
        which = [i for i in range(len(rings)) for _ in range(IRIS_POINTS)]
        z = b.node("Concat", [mesh_z, b.node("Gather", [iris_z, b.constant(which)], axis=1)], axis=1)
        b.node("Concat", [xy, z], output, axis=2)

    def _sources(self) -> tuple[list[int], list[list[int]]]:
        """For each of the 478 points its row in mesh + refined points; and each eye's contour."""
        source = list(range(MESH_POINTS)) + [0] * (ALL_POINTS - MESH_POINTS)
        cursor, irises = MESH_POINTS, 0
        rings = []
        for _, region, count in self._refined:
            subset = [int(i) for i in self._regions[region].options["subset_idxs"]]
            if count == IRIS_POINTS:
                first = MESH_POINTS + IRIS_POINTS * irises
                source[first : first + IRIS_POINTS] = range(cursor, cursor + IRIS_POINTS)
                irises += 1
                rings.append(subset[:EYE_RING])
            else:
                for i, point in enumerate(subset):
                    source[point] = cursor + i
            cursor += count
        return source, rings

    def figures(self) -> dict[str, NDArray[Any]]:
        """What ``ar_effects.tracking.attention`` needs to do the three operators' work."""
        options: list[dict[str, Any]] = [op.options for op in self._regions]
        source, rings = self._sources()
        return {
            "ends": np.array([[o["left_rotation_idx"], o["right_rotation_idx"]] for o in options], np.int64),
            "subsets": np.array(self._subsets(), np.int64),
            "factors": np.array([[o["scale_x"], o["scale_y"]] for o in options]) / PATCH,
            "owners": np.array([r for _, r, count in self._refined for _ in range(count)], np.int64),
            "sources": np.array(source, np.int64),
            "rings": np.array(rings, np.int64),
        }

    def _subsets(self) -> list[list[int]]:
        """The regions' points, made equally many by repeating the first."""
        subsets = [[int(i) for i in op.options["subset_idxs"]] for op in self._regions]
        widest = max(len(s) for s in subsets)
        return [[*s, *[s[0]] * (widest - len(s))] for s in subsets]

    def join_branches(self, t: Translation) -> None:
        """Run the two eyes' layers as one, and the lips' with them while they are alike."""
        lips, *eyes = self._patches
        both = merge_branches(t.b, eyes)
        merge_branches(t.b, [lips, both], self._joined_patches)
