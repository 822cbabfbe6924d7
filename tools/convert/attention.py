"""The mesh-with-attention network: its three custom operators in plain ONNX, and its outputs merged.

The network finds 468 mesh points, cuts a rotated 16x16 patch of features around the lips and each
eye, and refines those points (and the irises) inside the patch. Three custom operators do the
cutting; here they are a few matrix products and a GridSample, for a free number of faces:

- ``Landmarks2TransformMatrix``: rotate the region's points so that the line between its two
  rotation landmarks is level (cos and sin are dx and dy over their distance: no trigonometry), take
  their box, and map the patch onto it, 1.5 times as large:
  ``T(p) = A (p - 8) + c`` with ``A = rotation * diag(1.5 * box / 16)``.
- ``TransformTensorBilinear``: patch pixel p reads the features at ``T(p + 0.5) - 0.5``, zero
  outside: GridSample(bilinear, zeros, align_corners=0) on ``2 T(p + 0.5) / 48 - 1``.
- ``TransformLandmarks``: refined points come in units of a quarter patch pixel (0..64) and leave in
  pixels of the 192-pixel input: ``A (q - 32) + 4 c``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.convert.tflite_graph import Operator
from tools.convert.translate import CustomTranslation, Translation, reshape

PATCH = 16
EYE_RING = 16
"""The first 16 points of an eye's subset are its lids' contour; irises take their mean z."""


@dataclass
class Region:
    """ONNX names of one region's transform."""

    scale: str  # (faces, 1, 2): 1.5 * box / 16
    turn: str  # (faces, 2, 2): row vectors from level back to the picture
    centre: str  # (faces, 1, 2)
    subset: list[int]


class AttentionTranslation:
    """Holds the regions found on the way, so that the three operators can share them."""

    def __init__(self) -> None:
        self.regions: dict[int, Region] = {}
        self.refined: list[tuple[str, list[int]]] = []

    def handlers(self) -> dict[str, CustomTranslation]:
        return {
            "Landmarks2TransformMatrix": self.matrix,
            "TransformTensorBilinear": self.sample,
            "TransformLandmarks": self.landmarks,
            "MUL": self.multiply,
            "STRIDED_SLICE": self.skip,
            "RESHAPE": self.reshape,
        }

    def multiply(self, t: Translation, op: Operator) -> None:
        if op.inputs[0] in self.regions:  # T in other units; `landmarks` writes them out
            self.regions[op.outputs[0]] = self.regions[op.inputs[0]]
            return
        factor = t.b.constant(t.graph.constant(op.inputs[1]).astype(np.float32))
        t.put(op, t.b.node("Mul", [t.value[op.inputs[0]], factor]))

    def skip(self, t: Translation, op: Operator) -> None:
        """The network's own copies to its outputs; `merge` takes their place."""

    def reshape(self, t: Translation, op: Operator) -> None:
        if op.inputs[0] in t.value:  # not the refined points on their way to outputs of their own
            reshape(t, op)

    def matrix(self, t: Translation, op: Operator) -> None:
        b, o = t.b, op.options
        if o["target_rotation_radians"] != 0.0:
            raise ValueError("a turned patch does not occur in this network")
        xy = b.node("Gather", [t.value[op.inputs[0]], b.constant([0, 1])], axis=2)
        ends = [
            b.node("Gather", [xy, b.constant([o[f"{side}_rotation_idx"]])], axis=1)
            for side in ("left", "right")
        ]
        along = b.node("Sub", [ends[1], ends[0]])  # (faces, 1, 2)
        length = b.node("ReduceL2", [along], axes=[2], keepdims=1)
        unit = b.node("Div", [along, length])  # (cos, sin)
        across = b.node(
            "Mul",
            [
                b.node("Gather", [unit, b.constant([1, 0])], axis=2),
                b.constant(np.array([-1.0, 1.0], np.float32)),
            ],
        )  # (-sin, cos)
        turn = b.node("Concat", [unit, across], axis=1)  # level -> picture, rows times matrix
        level = b.node("Transpose", [turn], perm=[0, 2, 1])
        subset = [int(i) for i in o["subset_idxs"]]
        points = b.node("MatMul", [b.node("Gather", [xy, b.constant(subset)], axis=1), level])
        low = b.node("ReduceMin", [points], axes=[1], keepdims=1)
        high = b.node("ReduceMax", [points], axes=[1], keepdims=1)
        factors = np.array(
            [o["scale_x"] / o["output_width"], o["scale_y"] / o["output_height"]], dtype=np.float32
        )
        scale = b.node("Mul", [b.node("Sub", [high, low]), b.constant(factors)])
        middle = b.node("Mul", [b.node("Add", [high, low]), b.constant(np.array([0.5], np.float32))])
        self.regions[op.outputs[0]] = Region(scale, turn, b.node("MatMul", [middle, turn]), subset)

    def sample(self, t: Translation, op: Operator) -> None:
        b, region = t.b, self.regions[op.inputs[1]]
        source = t.shape(op.inputs[0])
        axis = np.arange(PATCH, dtype=np.float32) + 0.5 - PATCH / 2
        offsets = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(1, -1, 2)
        turned = b.node("MatMul", [b.node("Mul", [region.scale, b.constant(offsets)]), region.turn])
        position = b.node("Add", [turned, region.centre])
        span = np.array([2.0 / source[2], 2.0 / source[1]], np.float32)
        grid = b.node(
            "Sub", [b.node("Mul", [position, b.constant(span)]), b.constant(np.array([1.0], np.float32))]
        )
        grid = b.node("Reshape", [grid, b.constant([0, PATCH, PATCH, 2])])
        patch = b.node(
            "GridSample",
            [t.value[op.inputs[0]], grid],
            mode="bilinear",
            padding_mode="zeros",
            align_corners=0,
        )
        t.put(op, patch)

    def landmarks(self, t: Translation, op: Operator) -> None:
        b, region = t.b, self.regions[op.inputs[1]]
        middle = b.constant(np.array([4.0 * PATCH / 2], np.float32))
        offset = b.node("Mul", [b.node("Sub", [t.value[op.inputs[0]], middle]), region.scale])
        centre = b.node("Mul", [region.centre, b.constant(np.array([4.0], np.float32))])
        self.refined.append((b.node("Add", [b.node("MatMul", [offset, region.turn]), centre]), region.subset))


def merge(t: Translation, mesh_flat: int, refined: list[tuple[str, list[int]]], output: str) -> None:
    """One (faces, 478, 3) output: refined lips, eyes and irises in the places of their mesh points.

    ``refined`` holds lips (80), eye (71), iris (5), eye (71), iris (5) in the network's order; the
    first eye is the one at the left of the picture: the person's right.
    """
    b = t.b
    mesh = b.node("Reshape", [t.nhwc(mesh_flat), b.constant([0, 468, 3])])
    mesh_xy = b.node("Gather", [mesh, b.constant([0, 1])], axis=2)
    mesh_z = b.node("Gather", [mesh, b.constant([2])], axis=2)
    source = list(range(468)) + [0] * 10
    cursor, irises = 468, 0
    eye_z: list[str] = []
    for _, subset in refined:
        is_iris = len(subset) == 71 and len(eye_z) > irises  # an eye's iris follows the eye
        if is_iris:
            first = 468 + 5 * irises
            source[first : first + 5] = range(cursor, cursor + 5)
            cursor += 5
            irises += 1
            continue
        for i, point in enumerate(subset):
            source[point] = cursor + i
        cursor += len(subset)
        if len(subset) == 71:
            ring = b.node("Gather", [mesh_z, b.constant(subset[:EYE_RING])], axis=1)
            mean = b.node("ReduceMean", [ring], axes=[1], keepdims=1)
            eye_z.append(b.node("Concat", [mean] * 5, axis=1))
    table = b.node("Concat", [mesh_xy, *(name for name, _ in refined)], axis=1)
    xy = b.node("Gather", [table, b.constant(source)], axis=1)
    z = b.node("Concat", [mesh_z, *eye_z], axis=1)
    b.node("Concat", [xy, z], output, axis=2)
