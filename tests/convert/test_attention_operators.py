"""The custom operators in ONNX against plain numpy, on a small graph of our own."""

from __future__ import annotations

import attention_reference as reference
import numpy as np
import onnxruntime as ort
import pytest

from tools.convert.attention import AttentionTranslation
from tools.convert.tflite_graph import Operator, Tensor, TfliteGraph
from tools.convert.translate import OnnxBuilder, Translation

POINTS, CHANNELS, REFINED = 20, 4, 7
OPTIONS = {
    "left_rotation_idx": 3,
    "right_rotation_idx": 11,
    "subset_idxs": [3, 5, 7, 11, 2, 19, 0],
    "scale_x": 1.5,
    "scale_y": 1.5,
    "output_width": 16,
    "output_height": 16,
    "target_rotation_radians": 0.0,
}


@pytest.fixture(scope="module")
def session() -> ort.InferenceSession:
    shapes = {0: (1, POINTS, 3), 1: (1, 48, 48, CHANNELS), 2: (1, REFINED, 2), 4: (1, 16, 16, CHANNELS)}
    shapes |= {3: (1, 4, 4), 5: (1, 4, 4), 6: (1, REFINED, 2), 7: (1, 4, 4)}
    tensors = {i: Tensor(i, str(i), s) for i, s in shapes.items()}
    tensors[7] = Tensor(7, "7", (1, 4, 4), np.ones((1, 4, 4), np.float32))
    graph = TfliteGraph(
        tensors,
        (
            Operator("Landmarks2TransformMatrix", (0,), (3,), OPTIONS),
            Operator("TransformTensorBilinear", (1, 3), (4,), {"output_height": 16, "output_width": 16}),
            Operator("MUL", (3, 7), (5,)),
            Operator("TransformLandmarks", (2, 5), (6,)),
        ),
        (0, 1, 2),
        {},
    )
    builder, custom = OnnxBuilder(), AttentionTranslation()
    translation = Translation(graph, builder, custom.handlers())
    translation.value |= {1: "features", 2: "refined"}
    translation.run("points")
    builder.node("Identity", [translation.value[4]], "patch")
    builder.node("Identity", [custom.refined_points(translation)], "moved")
    model = builder.build(
        "operators",
        {
            "points": ("faces", POINTS, 3),
            "features": ("faces", CHANNELS, 48, 48),
            "refined": ("faces", REFINED, 2),
        },
        {"patch": ("faces", CHANNELS, 16, 16), "moved": ("faces", REFINED, 2)},
    )
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("faces", [1, 3])
@pytest.mark.parametrize("where", ["inside", "over the border", "outside"])
def test_operators_equal_the_reference(session, faces, where):
    rng = np.random.default_rng(faces)
    middle, spread = {"inside": (24, 6), "over the border": (44, 9), "outside": (90, 4)}[where]
    points = rng.normal(middle, spread, (faces, POINTS, 3)).astype(np.float32)
    features = rng.normal(size=(faces, 48, 48, CHANNELS)).astype(np.float32)
    refined = rng.uniform(0, 64, (faces, REFINED, 2)).astype(np.float32)
    patch, moved = session.run(
        ["patch", "moved"], {"points": points, "features": features.transpose(0, 3, 1, 2), "refined": refined}
    )
    for i in range(faces):
        a, c = reference.transform_matrix(points[i].astype(np.float64), OPTIONS)
        np.testing.assert_allclose(
            patch[i].transpose(1, 2, 0), reference.sample(features[i], a, c), atol=2e-4
        )
        np.testing.assert_allclose(moved[i], reference.transform_landmarks(refined[i], a, c), atol=1e-3)
    assert (np.abs(patch).max() == 0) == (where == "outside")


def test_a_patch_turned_by_the_file_is_refused():
    graph = TfliteGraph({0: Tensor(0, "0", (1, POINTS, 3))}, (), (0,), {})
    custom = AttentionTranslation()
    operator = Operator("Landmarks2TransformMatrix", (0,), (3,), OPTIONS | {"target_rotation_radians": 0.5})
    with pytest.raises(ValueError, match="turned patch"):
        custom.handlers()["Landmarks2TransformMatrix"](Translation(graph, OnnxBuilder()), operator)
