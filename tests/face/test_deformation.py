"""Models that bend with the face: still on the mean face, with the skin under them, lips apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import synthetic_faces as synthetic

from ar_effects.drawlist import Material, Model, Primitive
from ar_effects.effects.layers.model import ModelTable
from ar_effects.errors import PackError
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.face.deformation import JOINTS, bent_with_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, FrameContext
from ar_effects.packs.values import Values
from ar_effects.records import Frame, TrackedFrame
from tests.gltf.glb import Glb, chain

CAMERA = Camera.assumed(640, 480)
POSE = transform(rotation_from_angles_deg(20.0, -8.0, 12.0), [15.0, -10.0, -520.0])
FACE = synthetic.face_of(CAMERA, POSE)
UPPER_LIP, LOWER_LIP, CHIN, FOREHEAD = 0, 17, 152, 10
LOWER = (14, 15, 16, 17, 18, 87, 86, 85, 84, 83, 317, 316, 315, 314, 313, 200, 199, 175, 152, 201, 421)


def model_of(positions: np.ndarray, triangles: np.ndarray) -> Model:
    n = len(positions)
    primitive = Primitive(
        positions.astype(np.float32),
        np.tile(np.float32([0, 0, 1]), (n, 1)),
        np.zeros((n, 2), np.float32),
        np.ones((n, 4), np.float32),
        triangles.astype(np.uint32),
        Material(),
    )
    return Model(
        "m", (primitive,), np.stack([positions.min(axis=0), positions.max(axis=0)]).astype(np.float32)
    )


def skin_model() -> Model:
    """The mean face itself: one piece, far larger than a hair."""
    face = canonical_face()
    return model_of(face.vertices_mm[:MESH_COUNT], face.triangles)


def hairs(places: np.ndarray, reach: float = 12.0) -> Model:
    """At each place a small triangle that hangs down before the face, its root 0.4 mm in the skin."""
    corners = np.array([[-1.0, 0.0, -0.4], [1.0, 0.0, -0.4], [0.0, -reach, 3.0]])
    return model_of((places[:, None] + corners).reshape(-1, 3), np.arange(3 * len(places)).reshape(-1, 3))


def moved(bend, face) -> np.ndarray:
    """(n, 3) the drawn vertices in the head frame."""
    primitive = bend.model.primitives[0]
    off = bend.pose(face, CAMERA).joints[0][:, :3, 3]
    weights, joints = primitive.skin.weights.astype(np.float64), primitive.skin.joints
    return primitive.positions + np.einsum("nk,nkx->nx", weights, off[joints])


def shifted(landmarks, by_mm) -> object:
    """The face with some landmarks moved in the head frame, at the depth they had."""
    places = canonical_face().vertices_mm.copy()
    places[list(landmarks)] += by_mm
    px = FACE.landmarks.copy()
    seen = apply(POSE, places)
    seen *= (apply(POSE, canonical_face().vertices_mm)[:, 2] / seen[:, 2])[:, None]
    px[:, :2] = CAMERA.project(seen)
    return replace(FACE, landmarks=px)


def test_on_the_mean_face_nothing_moves():
    bend = bent_with_face(skin_model())
    assert len(bend.landmarks) <= JOINTS
    np.testing.assert_allclose(moved(bend, FACE), bend.model.primitives[0].positions, atol=1e-3)


def test_weights_are_shares():
    skin = bent_with_face(skin_model()).model.primitives[0].skin
    np.testing.assert_allclose(skin.weights.sum(axis=1), 1, atol=1e-6)
    assert skin.weights.min() >= 0


def test_a_face_that_is_wider_widens_the_model():
    places = canonical_face().vertices_mm
    wide = shifted(range(478), places * [0.1, 0.0, 0.0])
    bend = bent_with_face(skin_model())
    before = bend.model.primitives[0].positions
    # moves are seen in the picture's plane only: turned by 20 degrees, some of them is depth
    away = moved(bend, wide) - before
    inner = np.abs(before[:, 0]) < 40
    error = away[inner, 0] - 0.1 * before[inner, 0]
    assert np.abs(error).max() < 1.6
    assert np.corrcoef(away[inner, 0], before[inner, 0])[0, 1] > 0.98


def test_the_upper_lip_stays_when_the_jaw_falls():
    vertices = canonical_face().vertices_mm
    bend = bent_with_face(hairs(vertices[[UPPER_LIP, LOWER_LIP, FOREHEAD]]))
    open_mouth = shifted(LOWER, [0.0, -15.0, 0.0])
    down = (moved(bend, open_mouth) - bend.model.primitives[0].positions)[:, 1].reshape(3, 3)
    assert np.abs(down[0]).max() < 0.5
    assert down[1].max() < -9.0
    assert np.abs(down[2]).max() < 0.1


def test_small_pieces_move_whole():
    places = canonical_face().vertices_mm[[UPPER_LIP, 61, CHIN, 205, 425]]
    bend = bent_with_face(hairs(places, reach=20.0))  # the upper lip's reaches over the lower one
    away = moved(bend, shifted(LOWER, [3.0, -15.0, 0.0])) - bend.model.primitives[0].positions
    per_hair = away.reshape(-1, 3, 3)
    np.testing.assert_allclose(per_hair, per_hair[:, :1].repeat(3, axis=1), atol=1e-6)


def test_what_is_far_from_the_face_bends_too():
    bend = bent_with_face(hairs(np.array([[0.0, 400.0, 0.0], [0.0, 0.0, 900.0]])))
    assert np.isfinite(moved(bend, FACE)).all()
    np.testing.assert_allclose(moved(bend, FACE), bend.model.primitives[0].positions, atol=1e-3)


def a_layer(tmp_path, **keys):
    places = canonical_face().vertices_mm[[UPPER_LIP, CHIN]]
    glb = Glb()
    source = hairs(places).primitives[0]
    glb.node("hair", mesh=glb.mesh(source.positions, source.triangles))
    glb.write(tmp_path / "m.glb")
    table = ModelTable.model_validate(
        {"kind": "model", "file": "m.glb", "mm_per_unit": 1.0, "deforms_with_face": True, **keys}
    )
    return table.load(PackFiles(tmp_path, "layers[0]"))


def test_the_layer_is_drawn_in_the_heads_frame(tmp_path):
    layer = a_layer(tmp_path)
    tracked = TrackedFrame(Frame(np.zeros((480, 640, 3), np.uint8), 0.0), (FACE,), CAMERA)
    (draw,) = layer.start().draws(FrameContext(tracked, 0.0, 1 / 30, Values({}, {})), ActiveFace(FACE))
    np.testing.assert_array_equal(draw.camera_from_model, POSE)
    assert draw.pose is not None
    np.testing.assert_allclose(
        draw.pose.joints[0], np.eye(4)[None].repeat(len(draw.pose.joints[0]), 0), atol=1e-3
    )
    assert draw.model.primitives[0].skin is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [("anchor", "chin"), ("offset_mm", [0.0, 1.0, 0.0]), ("scale", 2.0), ("fit", "metric")],
)
def test_nothing_else_may_move_it(tmp_path, key, value):
    with pytest.raises(PackError, match=rf"layers\[0\]\.{key}"):
        a_layer(tmp_path, **{key: value})


def test_springs_may_not_either(tmp_path):
    chain(2, 30.0).write(tmp_path / "c.glb")
    table = ModelTable.model_validate(
        {
            "kind": "model",
            "file": "c.glb",
            "mm_per_unit": 1.0,
            "deforms_with_face": True,
            "springs": [{"root": "bone_0"}],
        }
    )
    with pytest.raises(PackError, match="springs"):
        table.load(PackFiles(tmp_path, "layers[0]"))
