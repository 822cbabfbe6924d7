from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import synthetic_faces as synthetic
from hypothesis import given, settings
from hypothesis import strategies as st

from ar_effects.effects.effect import Effect
from ar_effects.face.anchors import camera_from_eyes
from ar_effects.face.canonical import MESH_COUNT, canonical_face
from ar_effects.face.head import FACE_INSET_MM, head_mesh, occluders
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.packs.library import Library
from ar_effects.records import Frame, TrackedFrame

CAMERA = Camera.assumed(640, 480)


@pytest.fixture(scope="module")
def pack():
    return Library().load("sunglasses")


def tracked(faces: tuple, frame: np.ndarray | None = None) -> TrackedFrame:
    image = np.zeros((480, 640, 3), np.uint8) if frame is None else frame
    return TrackedFrame(Frame(image, 0.0), faces, CAMERA)


def test_nothing_is_drawn_without_faces_or_without_a_pack(pack, demo_face):
    for empty in (Effect(pack).draw_list(tracked(())), Effect(None).draw_list(tracked((demo_face,)))):
        assert empty.draws == ()
        assert empty.camera is CAMERA
    assert Effect(pack).draw_list(tracked((demo_face,))).draws, "with both there is something"


def test_every_face_gets_its_occluders_and_models(pack, demo_face):
    (drawn,) = Effect(pack).draw_list(tracked((demo_face, replace(demo_face, id=demo_face.id + 1)))).draws
    assert len(drawn.occluders) == 6  # face, head and neck of each
    assert len(drawn.models) == 2 * len(pack.layers)
    assert drawn.models[0].model is drawn.models[1].model is pack.layers[0].model, "uploaded once"
    np.testing.assert_array_equal(drawn.models[0].camera_from_model, camera_from_eyes(demo_face, CAMERA))


@settings(max_examples=40)
@given(st.data())
def test_occluder_lies_under_the_landmarks(data):
    camera = data.draw(synthetic.cameras())
    face = synthetic.face_of(camera, data.draw(synthetic.poses(camera)))
    skin, head, neck = occluders(face, camera)
    assert not head.dynamic
    assert not neck.dynamic
    vertices, _ = synthetic.occluder_mesh(skin, camera)
    seen = camera.project(vertices)
    np.testing.assert_allclose(seen, face.landmarks[:MESH_COUNT, :2], atol=2e-3)
    posed = apply(face.pose.camera_from_head, canonical_face().vertices_mm[:MESH_COUNT])
    np.testing.assert_allclose(vertices[:, 2], posed[:, 2] - FACE_INSET_MM, atol=1e-2)
    np.testing.assert_array_equal(head.camera_from_mesh, face.pose.camera_from_head)


def test_occluder_follows_the_person_not_the_mean(demo_face):
    skin, _, _ = occluders(demo_face, CAMERA)
    seen = CAMERA.project(synthetic.occluder_mesh(skin, CAMERA)[0])
    np.testing.assert_allclose(seen, demo_face.landmarks[:MESH_COUNT, :2], atol=2e-3)
    mean = CAMERA.project(apply(demo_face.pose.camera_from_head, canonical_face().vertices_mm[:MESH_COUNT]))
    assert np.abs(mean - seen).max() > 1.0


def test_occluder_has_its_eyes_and_mouth_shut(demo_face):
    skin, _, _ = occluders(demo_face, CAMERA)
    face = canonical_face()
    vertices, triangles = synthetic.occluder_mesh(skin, CAMERA)
    assert len(triangles) == len(face.triangles) + len(face.lid_triangles)
    assert triangles.max() < len(vertices) == MESH_COUNT


def test_head_is_shared_and_lies_behind_the_face():
    mesh = head_mesh()
    assert mesh is head_mesh()
    assert np.isfinite(mesh.vertices).all()
    assert mesh.triangles.max() < len(mesh.vertices)
    face = canonical_face().vertices_mm[:MESH_COUNT]
    assert mesh.vertices[:, 2].min() < face[:, 2].min() - 50, "the back of the head"
    assert mesh.vertices[:, 2].max() < face[:, 2].max() - 10, "the nose stands out of it"
    assert abs(mesh.vertices[:, 0].max() + mesh.vertices[:, 0].min()) < 2.0
