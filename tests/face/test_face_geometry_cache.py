"""The mesh of a face is made once for all layers, however many faces there are, and goes with its face."""

from __future__ import annotations

import gc
import sys
import threading
from dataclasses import replace

import pytest

from ar_effects.face import geometry as module
from ar_effects.face.geometry import face_mesh
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.tracking.tracker import MAX_FACES
from tests.synthetic_faces import face_of
from tests.waiting import ended

CAMERA = Camera.assumed(320, 240)
ONE = face_of(CAMERA, transform(rotation_from_angles_deg(0.0, 0.0, 0.0), (0.0, 0.0, -300.0)))


def crowd(count=MAX_FACES):
    return [replace(ONE, id=i) for i in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 17, MAX_FACES])
def test_one_mesh_for_each_face_of_a_frame(count):
    faces = crowd(count)
    first = [face_mesh(face, CAMERA) for face in faces]  # a layer on each face, and then the next layer
    assert all(face_mesh(face, CAMERA) is mesh for face, mesh in zip(faces, first, strict=True))
    assert len({id(mesh) for mesh in first}) == count


def test_faces_and_cameras_are_told_apart():
    face, twin = crowd(2)
    mesh = face_mesh(face, CAMERA)
    assert face_mesh(twin, CAMERA) is not mesh
    assert face_mesh(face, Camera.assumed(640, 480)) is not mesh
    assert face_mesh(face, CAMERA) is mesh


def test_meshes_go_with_their_faces():
    gc.collect()
    before = len(module._made)
    for _ in range(5):
        faces = crowd()
        for face in faces:
            face_mesh(face, CAMERA)
        assert len(module._made) >= len(faces)
    del faces, face
    gc.collect()
    assert len(module._made) <= before


def test_threads_get_the_same_object():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        faces, start = crowd(), threading.Barrier(4)
        got: list[list[int]] = []

        def work():
            start.wait()
            got.append([id(face_mesh(face, CAMERA)) for face in faces])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            ended(thread)
    finally:
        sys.setswitchinterval(interval)
    assert len(got) == 4
    assert all(one == got[0] for one in got)
