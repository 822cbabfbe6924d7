"""Half precision: the same networks, with the body in float16, near enough on real pictures.

No CPU computes these networks in float16: ONNX Runtime widens every operation. So the rounding is done by
hand, after every operation that would run in float16, and compared with the float32 network.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from ar_effects.errors import ModelError
from ar_effects.inference import onnx_protobuf as wire
from ar_effects.inference.float16 import to_half
from ar_effects.inference.manifest import read_network
from ar_effects.tracking.detector import whole
from ar_effects.tracking.region import region_from_landmarks

NETWORKS = ("face_detector_short_range", "face_detector_full_range", "face_mesh_attention")

MEAN_OF_EYE_DISTANCE, WORST_OF_EYE_DISTANCE = 0.0005, 0.005
"""Tolerance of the landmarks: on average over points and pictures, and of any point."""
SCORE, BOX_PX = 0.015, 0.2
"""Tolerance of the detectors, the boxes' in pixels of their own 128 or 192."""


@pytest.fixture(params=NETWORKS)
def network(request):
    return read_network(request.param)


def half_tensors(model: onnx.ModelProto) -> set[str]:
    inferred = onnx.shape_inference.infer_shapes(model)
    return {v.name for v in inferred.graph.value_info if v.type.tensor_type.elem_type == TensorProto.FLOAT16}


def rounded(data: bytes, show: bool = False) -> bytes:
    """The half network in float32, with every float16 result rounded to 11 bits (Veltkamp's way)."""
    model = onnx.load_from_string(data)
    halves = half_tensors(model)
    graph = model.graph
    for constant in graph.initializer:
        if constant.data_type == TensorProto.FLOAT16:
            wide = numpy_helper.to_array(constant).astype(np.float32)
            constant.CopyFrom(numpy_helper.from_array(wide, constant.name))
    graph.initializer.append(numpy_helper.from_array(np.float32(2**13 + 1), "split"))
    nodes = []
    for node in graph.node:
        if node.op_type == "Cast":
            node.op_type = "Identity"
            del node.attribute[:]
        nodes.append(node)
        name = node.output[0]
        if name in halves:
            x, c, d = (f"{name}_{part}" for part in "xcd")
            node.output[0] = x
            nodes += [
                helper.make_node("Mul", [x, "split"], [c]),
                helper.make_node("Sub", [c, x], [d]),
                helper.make_node("Sub", [c, d], [name]),
            ]
    del graph.node[:]
    graph.node.extend(nodes)
    if show:
        graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in sorted(halves))
    return model.SerializeToString()


def session(data: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def blob(picture: np.ndarray, low: float, high: float) -> dict[str, np.ndarray]:
    rgb = np.ascontiguousarray(picture[None, :, :, ::-1].transpose(0, 3, 1, 2)).astype(np.float32)
    return {"picture": rgb * np.float32((high - low) / 255) + np.float32(low)}


@pytest.fixture(scope="module")
def real_pictures(picture_tracker, demo_frames):
    """Crops of a portrait's face, as the mesh sees them, and whole frames, as the detectors do."""
    frames = demo_frames[::12]
    crops = []
    for frame in frames:
        crops += [region_from_landmarks(f.landmarks).cut(frame, 192) for f in picture_tracker.track(frame)]
    assert len(crops) >= 5
    views = {s: [whole(f).cut(f, s) for f in frames] for s in (128, 192)}
    return crops, views


def test_a_file_that_is_read_and_written_is_the_same(network):
    _, data = network
    assert wire.serialise(wire.parse(data)) == data
    graph, others = wire.Graph.read(data)
    assert onnx.load_from_string(graph.write(others)).graph.node == onnx.load_from_string(data).graph.node


def test_the_result_is_a_sound_network_of_the_same_signature(network):
    _, data = network
    full, float16 = onnx.load_from_string(data), onnx.load_from_string(to_half(data))
    onnx.checker.check_model(float16, full_check=True)
    assert float16.graph.input == full.graph.input
    assert float16.graph.output == full.graph.output
    assert [n.op_type for n in float16.graph.node if n.op_type != "Cast"] == [
        n.op_type for n in full.graph.node
    ]


def test_almost_all_weights_are_halved(network):
    _, data = network
    float16 = onnx.load_from_string(to_half(data))
    sizes: dict[int, int] = {}
    for node in float16.graph.node:
        if node.op_type == "Conv":
            for name in node.input[1:2]:
                (weights,) = [i for i in float16.graph.initializer if i.name == name]
                count = int(np.prod(weights.dims))
                sizes[weights.data_type] = sizes.get(weights.data_type, 0) + count
    fraction = sizes[TensorProto.FLOAT16] / sum(sizes.values())
    assert fraction > (0.4 if "attention" in str(network[0].name) else 0.9)


def test_what_decides_the_last_digits_stays_float32(network):
    """From the last convolution to the outputs: there float16 would round a landmark to 1/8 pixel."""
    _, data = network
    model = onnx.load_from_string(to_half(data))
    halves = half_tensors(model)
    producers = {name: node for node in model.graph.node for name in node.output}
    todo, convolutions = [o.name for o in model.graph.output], 0
    while todo:
        name = todo.pop()
        if name not in producers:
            continue
        assert name not in halves
        node = producers[name]
        if node.op_type == "Conv":
            convolutions += 1
        else:
            todo += node.input
    assert convolutions >= 2
    for node in model.graph.node:
        if node.op_type in {"GridSample", "MatMul", "Div", "ReduceL2", "Sigmoid"}:
            assert not set(node.output) & halves, node.op_type


def test_landmarks_hold_on_real_pictures(real_pictures):
    entry, data = read_network("face_mesh_attention")
    full, float16 = session(data), session(rounded(to_half(data)))
    means = []
    for crop in real_pictures[0]:
        feed = blob(crop, *entry.input_range)
        (expected, score), (got, half_score) = full.run(None, feed), float16.run(None, feed)
        eyes = np.linalg.norm(expected[0, 468, :2] - expected[0, 473, :2])
        off = np.linalg.norm(expected[0, :, :2] - got[0, :, :2], axis=1) / eyes
        assert 0 < off.max() < WORST_OF_EYE_DISTANCE
        assert abs(score - half_score).max() < SCORE
        means.append(off.mean())
    assert np.mean(means) < MEAN_OF_EYE_DISTANCE


@pytest.mark.parametrize("name", NETWORKS[:2])
def test_detections_hold_on_real_pictures(name, real_pictures):
    entry, data = read_network(name)
    full, float16 = session(data), session(rounded(to_half(data)))
    seen = 0
    for view in real_pictures[1][entry.inputs["picture"][2]]:
        feed = blob(view, *entry.input_range)
        (boxes, scores), (half_boxes, half_scores) = full.run(None, feed), float16.run(None, feed)
        assert 0 < abs(scores - half_scores).max() < SCORE
        found = scores[0, :, 0] > 0.5
        seen += int(found.any())
        assert abs(boxes - half_boxes)[0, found].max(initial=0.0) < BOX_PX
    assert seen >= 5


def test_nothing_comes_near_float16_s_end(network, real_pictures):
    entry, data = network
    shown = session(rounded(to_half(data), show=True))
    side = entry.inputs["picture"][2]
    pictures = real_pictures[0] if "mesh" in entry.name else real_pictures[1][side]
    extremes = [np.zeros((side, side, 3), np.uint8), np.full((side, side, 3), 255, np.uint8)]
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    for picture in [*pictures[:2], *extremes, noise]:
        results = shown.run(None, blob(picture, *entry.input_range))
        assert max(float(abs(r).max()) for r in results) < 65504 / 4


def test_onnx_runtime_runs_it(network):
    """It widens the operations on the CPU, but the types must fit."""
    entry, data = network
    side = entry.inputs["picture"][2]
    feed = blob(np.full((side, side, 3), 128, np.uint8), *entry.input_range)
    for expected, got in zip(
        session(data).run(None, feed), session(to_half(data)).run(None, feed), strict=True
    ):
        np.testing.assert_allclose(got, expected, atol=0.3)


def test_weights_beyond_float16_are_cut_not_lost():
    weights = numpy_helper.from_array(np.array([1e9, -1e9, 1.5], np.float32).reshape(3, 1, 1, 1), "w")
    last = numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "v")
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"]), helper.make_node("Conv", ["y", "v"], ["z"])]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 1, 1, 1]) for n in "xz"]
    model = helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], [weights, last]))
    float16 = onnx.load_from_string(to_half(model.SerializeToString()))
    (cut,) = [
        numpy_helper.to_array(i) for i in float16.graph.initializer if i.data_type == TensorProto.FLOAT16
    ]
    assert cut.ravel().tolist() == [65504.0, -65504.0, 1.5]


@pytest.mark.parametrize(
    "data", [b"", b"no protobuf at all", b"\x3a\x05abc", b"\x08" + b"\xff" * 20, b"\x0b\x00"]
)
def test_what_is_no_network_is_refused(data):
    with pytest.raises(ModelError, match="cannot be brought to half precision"):
        to_half(data)


def test_every_cut_of_a_network_is_refused_or_read():
    data = read_network(NETWORKS[0])[1]
    refused = 0
    for end in range(0, 4000, 37):
        try:
            to_half(data[:end])
        except ModelError:
            refused += 1
    assert refused > 50, "a cut is seen nearly everywhere"
