"""The attention mesh against its original: backbone and heads in the TFLite interpreter, which cannot run
the three custom operators between them; those come from the numpy reference."""

from __future__ import annotations

from functools import cached_property

import attention_reference as reference
import numpy as np
import onnxruntime as ort
import pytest

from ar_effects.inference.network import Network
from tools.convert.networks import NETWORKS
from tools.convert.tflite_graph import TfliteGraph, read_tflite
from tools.convert.translate import OnnxBuilder, Translation

pytestmark = pytest.mark.wheel
pytest.importorskip("ai_edge_litert.interpreter", reason="ai-edge-litert is not made for this platform")

SOURCE = next(n.source for n in NETWORKS if n.name == "face_mesh_attention")
PIXELS = 1e-3
"""Of 192; measured: 2e-4."""


class Original:
    """The original file, with the tensors that its pieces begin and end with."""

    def __init__(self, source: bytes) -> None:
        from tflite_cut import TfliteRunner, cut

        graph = self.graph = read_tflite(source)

        def of(kind: str) -> list:
            return [op for op in graph.operators if op.kind == kind]

        mesh = graph.outputs["output_mesh_identity"]
        (slicing,) = [op for op in of("STRIDED_SLICE") if op.outputs[0] == mesh]
        self.picture, self.mesh = graph.inputs[0], slicing.inputs[0]
        self.flag = graph.outputs["conv_faceflag"]
        self.samples, self.moves = of("TransformTensorBilinear"), of("TransformLandmarks")
        self.matrices = {op.outputs[0]: op for op in of("Landmarks2TransformMatrix")}
        self.features = self.samples[0].inputs[0]
        self.patches = [op.outputs[0] for op in self.samples]
        self.refined = [op.inputs[0] for op in self.moves]
        self.backbone_outputs = [self.mesh, self.flag, self.features]
        self.backbone_file = cut(source, [self.picture], self.backbone_outputs)
        self.heads_file = cut(source, self.patches, self.refined)
        self.backbone, self.heads = TfliteRunner(self.backbone_file), TfliteRunner(self.heads_file)

    def matrix_of(self, tensor: int):
        """The operator that made a transform, past the products that only change its unit."""
        while tensor not in self.matrices:
            (maker,) = [op for op in self.graph.operators if tensor in op.outputs]
            assert maker.kind == "MUL"
            tensor = maker.inputs[0]
        return self.matrices[tensor]

    def run(self, picture: np.ndarray) -> tuple[np.ndarray, float]:
        """(478, 3) landmarks of one (192, 192, 3) picture, and the score; the custom operators in numpy."""
        mesh, flag, features = self.backbone({self.picture: picture[None]}, self.backbone_outputs)
        mesh = mesh.reshape(468, 3).astype(np.float64)
        transforms = {
            op.outputs[0]: reference.transform_matrix(mesh / 4.0, op.options) for op in self.matrices.values()
        }
        patches = {
            op.outputs[0]: reference.sample(features[0], *transforms[op.inputs[1]])[None]
            for op in self.samples
        }
        landmarks = np.concatenate([mesh, np.zeros((10, 3))])
        iris = 468
        for op, points in zip(self.moves, self.heads(patches, self.refined), strict=True):
            region = self.matrix_of(op.inputs[1])
            xy = reference.transform_landmarks(points.reshape(-1, 2), *transforms[region.outputs[0]])
            if len(xy) == 5:  # an iris: its depth is that of its eye's lids
                lids = region.options["subset_idxs"][:16]
                landmarks[iris : iris + 5] = np.column_stack([xy, np.full(5, mesh[lids, 2].mean())])
                iris += 5
            else:
                landmarks[region.options["subset_idxs"], :2] = xy
        return landmarks, float(1 / (1 + np.exp(-flag.ravel()[0])))

    @cached_property
    def refined_points(self) -> set[int]:
        return {i for op in self.matrices.values() for i in op.options["subset_idxs"]}


@pytest.fixture(scope="module")
def original(read_source) -> Original:
    return Original(read_source(SOURCE))


@pytest.fixture(scope="module")
def network(cpu) -> Network:
    return Network("face_mesh_attention", cpu)


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (2, 192, 192, 3)).astype(np.float32)


def nchw(pictures: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))


def translated(graph: TfliteGraph) -> ort.InferenceSession:
    """A cut graph through the translator; inputs and outputs named by tensor index."""
    builder = OnnxBuilder()
    t = Translation(graph, builder)
    t.value |= {i: str(i) for i in graph.inputs}
    t.run(str(graph.inputs[0]))

    def onnx_shape(i: int) -> tuple:
        shape = graph.tensors[i].shape
        return ("n", shape[3], *shape[1:3]) if len(shape) == 4 else ("n", *shape[1:])

    for i in graph.outputs.values():
        builder.node("Identity", [t.value[i]], f"out{i}")
    model = builder.build(
        "cut",
        {str(i): onnx_shape(i) for i in graph.inputs},
        {f"out{i}": onnx_shape(i) for i in graph.outputs.values()},
    )
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_backbone_translates(original, face_crops, noise):
    session = translated(read_tflite(original.backbone_file))
    for picture in [*face_crops, *noise]:
        expected = original.backbone({original.picture: picture[None]}, original.backbone_outputs)
        names = [f"out{i}" for i in original.backbone_outputs]
        ours = session.run(names, {str(original.picture): nchw(picture[None])})
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_allclose(a.transpose(0, 2, 3, 1), b, atol=PIXELS)


def test_heads_translate(original):
    graph = read_tflite(original.heads_file)
    assert set(graph.inputs) == set(original.patches)
    session = translated(graph)
    rng = np.random.default_rng(1)
    for spread in (0.0, 0.5, 2.0):
        patches = {i: rng.normal(0, spread, (1, 16, 16, 32)).astype(np.float32) for i in original.patches}
        expected = original.heads(patches, original.refined)
        ours = session.run(
            [f"out{i}" for i in original.refined], {str(i): nchw(p) for i, p in patches.items()}
        )
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_allclose(a.ravel(), b.ravel(), atol=PIXELS)


def test_shipped_network_keeps_the_backbone_s_points(original, network, face_crops, noise):
    """Points that no head refines, and every depth but the irises', are the backbone's own."""
    plain = sorted(set(range(468)) - original.refined_points)
    assert len(plain) > 200
    for picture in [*face_crops, *noise]:
        mesh, flag, _ = original.backbone({original.picture: picture[None]}, original.backbone_outputs)
        mesh = mesh.reshape(468, 3)
        landmarks, score = network.run(nchw(picture[None]))
        np.testing.assert_allclose(landmarks[0, plain], mesh[plain], atol=PIXELS)
        np.testing.assert_allclose(landmarks[0, :468, 2], mesh[:, 2], atol=PIXELS)
        assert score[0, 0] == pytest.approx(1 / (1 + np.exp(-flag.ravel()[0])), abs=1e-4)


def test_shipped_network_equals_the_original_from_end_to_end(original, network, face_crops, noise):
    scores = []
    for picture in [*face_crops, *noise]:
        expected, expected_score = original.run(picture)
        landmarks, score = network.run(nchw(picture[None]))
        np.testing.assert_allclose(landmarks[0], expected, atol=PIXELS)
        assert score[0, 0] == pytest.approx(expected_score, abs=1e-4)
        scores.append(float(score[0, 0]))
    assert min(scores[:3]) > 0.9
    assert max(scores[3:]) < 0.5


def test_refinement_moves_points(original, network, face_crops):
    """The comparison above is not of a network whose heads do nothing."""
    mesh, *_ = original.backbone({original.picture: face_crops[:1]}, original.backbone_outputs)
    landmarks, _ = network.run(nchw(face_crops[:1]))
    refined = sorted(original.refined_points)
    assert np.abs(landmarks[0, refined, :2] - mesh.reshape(468, 3)[refined, :2]).max() > 0.5
    eyes = landmarks[0, [468, 473], :2] - landmarks[0, [33, 263], :2]
    assert eyes[0, 0] > 0 > eyes[1, 0], "right iris first, and each inside its eye's outer corner"


@pytest.mark.parametrize("count", [2, 3])
def test_a_batch_equals_single_runs(network, face_crops, count):
    together = network.run(nchw(face_crops[:count]))
    for i in range(count):
        for a, b in zip(together, network.run(nchw(face_crops[i : i + 1])), strict=True):
            np.testing.assert_allclose(a[i : i + 1], b, atol=1e-3)
