"""The networks we convert: where each lies in the wheel, and what goes in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from tools.convert.attention import MESH_POINTS, AttentionTranslation
from tools.convert.segmentation import segmentation
from tools.convert.tflite_graph import TfliteGraph, read_tflite
from tools.convert.translate import OnnxBuilder, Translation
from tools.convert.wheel import WHEEL_REQUIREMENT

ATTENTION_MESH = "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite"

BOX_NUMBERS = 16
"""What a detector says of one anchor: a box and six key points."""


@dataclass(frozen=True)
class Network:
    """One conversion.

    ``inputs`` and ``outputs`` give ONNX names with shapes; a string stands for a free size.
    """

    name: str
    source: str
    summary: str
    inputs: dict[str, tuple[Any, ...]]
    outputs: dict[str, tuple[Any, ...]]
    input_range: tuple[float, float]
    translate: Callable[[TfliteGraph, OnnxBuilder], None]

    wheel = WHEEL_REQUIREMENT
    licence = "Apache-2.0"
    copyright = "The MediaPipe Authors"

    @property
    def file(self) -> str:
        return f"{self.name}.onnx"


def _detector(graph: TfliteGraph, b: OnnxBuilder) -> None:
    t = Translation(graph, b)
    t.run("picture")
    # One detector names its outputs, the other does not: their last dimensions tell them apart.
    index = {t.shape(i)[-1]: i for i in graph.outputs.values()}
    b.node("Identity", [t.value[index[BOX_NUMBERS]]], "boxes")
    b.node("Sigmoid", [_clipped(b, t.value[index[1]])], "scores")


def _clipped(b: OnnxBuilder, name: str) -> str:
    low, high = (b.constant(np.array(v, np.float32)) for v in (-100.0, 100.0))
    return b.node("Clip", [name, low, high])


def _attention_mesh(graph: TfliteGraph, b: OnnxBuilder) -> None:
    custom, t = _attention(graph, b)
    custom.merge(t, _mesh_tensor(graph), "landmarks")
    _score(graph, t)
    b.kept = {"landmarks", "score"}
    custom.join_branches(t)


def _mesh_trunk(graph: TfliteGraph, b: OnnxBuilder) -> None:
    """What comes before the patches are cut."""
    _, t = _attention(graph, b, patches="patches")
    mesh = t.nhwc(_mesh_tensor(graph))
    b.node("Reshape", [mesh, b.constant([0, MESH_POINTS, 3])], "mesh")
    features = next(op.inputs[0] for op in graph.operators if op.kind == "TransformTensorBilinear")
    b.node("Transpose", [t.value[features]], "features", perm=[0, 2, 3, 1])
    _score(graph, t)
    b.kept = {"mesh", "features", "score"}
    b.sort()


def _mesh_refinement(graph: TfliteGraph, b: OnnxBuilder) -> None:
    """What is made of the patches."""
    custom, t = _attention(graph, b, patches="patches")
    custom.local_points(t, "points")
    b.kept = {"points"}
    custom.join_branches(t)


def _attention(
    graph: TfliteGraph, b: OnnxBuilder, patches: str = ""
) -> tuple[AttentionTranslation, Translation]:
    custom = AttentionTranslation(patches)
    t = Translation(graph, b, custom.handlers())
    t.run("picture")
    return custom, t


def _mesh_tensor(graph: TfliteGraph) -> int:
    mesh = graph.outputs["output_mesh_identity"]
    return next(
        op.inputs[0] for op in graph.operators if op.kind == "STRIDED_SLICE" and op.outputs[0] == mesh
    )


def _score(graph: TfliteGraph, t: Translation) -> None:
    flag = t.b.node("Reshape", [t.value[graph.outputs["conv_faceflag"]], t.b.constant([0, 1])])
    t.b.node("Sigmoid", [flag], "score")


def attention_figures(graph: TfliteGraph) -> dict[str, NDArray[Any]]:
    """The numbers by which patches are cut and points put in their places."""
    return _attention(graph, OnnxBuilder(), patches="patches")[0].figures()


NETWORKS = (
    Network(
        name="face_detector_short_range",
        source="mediapipe/modules/face_detection/face_detection_short_range.tflite",
        summary="Faces within about two metres: 896 anchors on a 128x128 picture.",
        inputs={"picture": ("pictures", 3, 128, 128)},
        outputs={"boxes": ("pictures", 896, 16), "scores": ("pictures", 896, 1)},
        input_range=(-1.0, 1.0),
        translate=_detector,
    ),
    Network(
        name="face_detector_full_range",
        source="mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
        summary="Faces within about five metres: 2304 anchors on a 192x192 picture.",
        inputs={"picture": ("pictures", 3, 192, 192)},
        outputs={"boxes": ("pictures", 2304, 16), "scores": ("pictures", 2304, 1)},
        input_range=(-1.0, 1.0),
        translate=_detector,
    ),
    Network(
        name="face_mesh_attention",
        source=ATTENTION_MESH,
        summary="478 points with refined lips, eyes and irises, and whether there is a face.",
        inputs={"picture": ("faces", 3, 192, 192)},
        outputs={"landmarks": ("faces", 478, 3), "score": ("faces", 1)},
        input_range=(0.0, 1.0),
        translate=_attention_mesh,
    ),
    Network(
        name="face_mesh_trunk",
        source=ATTENTION_MESH,
        summary="The first part of face_mesh_attention: the mesh, and the features its patches are cut from.",
        inputs={"picture": ("faces", 3, 192, 192)},
        outputs={"mesh": ("faces", 468, 3), "features": ("faces", 48, 48, 32), "score": ("faces", 1)},
        input_range=(0.0, 1.0),
        translate=_mesh_trunk,
    ),
    Network(
        name="face_mesh_refinement",
        source=ATTENTION_MESH,
        summary="The second part of face_mesh_attention: lips, eyes and irises from patches of its features.",
        inputs={"patches": ("faces", 96, 16, 16)},
        outputs={"points": ("faces", 232, 2)},
        input_range=(0.0, 1.0),
        translate=_mesh_refinement,
    ),
    Network(
        name="selfie_segmentation",
        source="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        summary="How far each pixel belongs to a person: a mask of the 256x256 picture.",
        inputs={"picture": ("pictures", 3, 256, 256)},
        outputs={"mask": ("pictures", 1, 256, 256)},
        input_range=(0.0, 1.0),
        translate=segmentation,
    ),
)


def convert(network: Network, tflite_bytes: bytes) -> bytes:
    """The ONNX file of a network; the same input gives the same bytes."""
    graph = read_tflite(tflite_bytes)
    builder = OnnxBuilder()
    network.translate(graph, builder)
    model: onnx.ModelProto = builder.build(network.name, network.inputs, network.outputs)
    return bytes(model.SerializeToString(deterministic=True))
