"""The light read from faces: painted heads in light that is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ar_effects.colour import srgb_from_linear
from ar_effects.drawlist import Scene
from ar_effects.effects.effect import Effect
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.face.light_probe import DIMMEST, LightProbe, measured
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.library import Library
from ar_effects.records import Eyes, Face, Frame, HeadPose, TrackedFrame

SIZE = (320, 240)
CAMERA = Camera.of_fov(*SIZE, 63.0, "shorter")
SKIN = np.array([0.33, 0.18, 0.13])


def face_at(yaw_deg: float = 0.0, pitch_deg: float = 0.0, depth_mm: float = 450.0, x_mm: float = 0.0) -> Face:
    pose = transform(rotation_from_angles_deg(yaw_deg, pitch_deg, 0.0), (x_mm, 20.0, -depth_mm))
    posed = apply(pose, canonical_face().vertices_mm)
    landmarks = np.column_stack([CAMERA.project(posed), -posed[:, 2]]).astype(np.float32)
    rings = (list(LEFT_EYE_RING), list(RIGHT_EYE_RING))
    return Face(1, 1.0, landmarks, HeadPose(pose), Eyes(*(landmarks[r, :2].mean(axis=0) for r in rings)))


def picture(*lit: tuple[Face, np.ndarray], level: float = 0.16) -> np.ndarray:
    """Heads painted triangle by triangle, far ones first, on an even ground.

    Args:
        lit: faces with the (468, 3) linear RGB of their vertices.
        level: linear luminance of the ground.
    """
    canonical = canonical_face()
    image = np.full((SIZE[1], SIZE[0], 3), 255 * srgb_from_linear(np.array(level)), np.uint8)
    for face, colours in lit:
        bytes_ = np.round(255 * srgb_from_linear(np.clip(colours[:, ::-1], 0, 1)))
        order = np.argsort(-face.landmarks[canonical.triangles, 2].mean(axis=1))
        for a, b, c in canonical.triangles[order]:
            corners = np.round(face.landmarks[[a, b, c], :2] * 16).astype(np.int32)
            cv2.fillConvexPoly(image, corners, bytes_[[a, b, c]].mean(axis=0).tolist(), cv2.LINE_8, 4)
    return image


def lambert(face: Face, direction, ambient: float = 0.3, colour=(1.0, 1.0, 1.0), skin=SKIN) -> np.ndarray:
    """(468, 3): skin in a lamp from far away and light from everywhere."""
    normals = canonical_face().normals()[:MESH_COUNT] @ face.pose.camera_from_head[:3, :3].T
    light = ambient + (1 - ambient) * np.maximum(normals @ (direction / np.linalg.norm(direction)), 0)
    return light[:, None] * np.asarray(skin) * colour


def angle_deg(a, b) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))))


DIRECTIONS = ((1, 0, 0.4), (-1, 0.3, 0.6), (-1, 1, 1), (0, 1, 0.6), (0, -0.7, 1), (0.2, 0.3, 1))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("yaw_deg", [-25, 0, 25])
def test_the_lamp_is_where_it_is(direction, yaw_deg):
    face = face_at(yaw_deg, 5.0)
    direction = np.array(direction, float)
    found = LightProbe().update(picture((face, lambert(face, direction))), [face], 0.03)
    assert angle_deg(found.direction, direction) < 22
    assert found.trust > 0.7


def test_light_from_the_left_is_stronger_there_on_any_skin():
    for skin in (SKIN, SKIN * 0.35, SKIN * [1.6, 2.0, 2.1]):
        face = face_at()
        slopes = [
            LightProbe().update(picture((face, lambert(face, np.array(d), skin=skin))), [face], 0.03).slope
            for d in ([-1.0, 0.2, 0.8], [1.0, 0.2, 0.8])
        ]
        assert (slopes[0][0] < -0.25).all()
        assert (slopes[1][0] > 0.25).all()


def test_a_dim_room_is_dim_and_dark_skin_is_not():
    face, ahead = face_at(), np.array([0.0, 0.3, 1.0])

    def brightness(skin, level):
        light = LightProbe().update(
            picture((face, lambert(face, ahead, skin=skin)), level=level), [face], 0.03
        )
        return float(light.colour.mean())

    ordinary = brightness(SKIN, 0.16)
    dim = brightness(SKIN * 0.2, 0.16 * 0.2)
    dark = brightness(SKIN * [0.5, 0.45, 0.42], 0.16)
    assert 0.75 < ordinary < 1.25
    assert DIMMEST < dim < 0.6 * ordinary
    assert dark > 1.25 * dim


def test_warm_light_is_warm():
    face, ahead = face_at(), np.array([0.3, 0.3, 1.0])
    warm, cold = (
        LightProbe().update(picture((face, lambert(face, ahead, colour=c))), [face], 0.03).colour
        for c in ((1.3, 1.0, 0.6), (0.75, 1.0, 1.4))
    )
    assert warm[0] / warm[2] > 1.15 * cold[0] / cold[2]


def test_a_beard_and_brows_that_are_dark_change_little():
    face, direction = face_at(), np.array([-1.0, 0.5, 1.0])
    bare = lambert(face, direction)
    hairy = bare.copy()
    v = canonical_face().vertices_mm[:MESH_COUNT]
    hairy[(v[:, 1] < -75)] *= 0.25
    plain, bearded = (LightProbe().update(picture((face, c)), [face], 0.03).direction for c in (bare, hairy))
    assert angle_deg(plain, bearded) < 20


def test_it_settles_slowly_and_stays_when_the_face_goes():
    face = face_at()
    left, right = (picture((face, lambert(face, np.array([x, 0.2, 1.0])))) for x in (-1.0, 1.0))
    probe = LightProbe()
    before = probe.update(left, [face], 0.03).slope[0, 1]
    last = before
    assert probe.update(right, [face], 0.03).slope[0, 1] == before, "not every frame is looked at"
    for _ in range(10):
        now = probe.update(right, [face], 0.07).slope[0, 1]
        assert now - last < 0.2 * (abs(before) + 1.0)
        assert now > last
        last = now
    held = probe.update(left, [replace(face, state="coasting")], 0.1).slope[0, 1]
    assert held == last == probe.update(left, [], 0.1).slope[0, 1]
    for _ in range(100):
        now = probe.update(right, [face], 0.07).slope[0, 1]
    assert now == pytest.approx(LightProbe().update(right, [face], 0.03).slope[0, 1], abs=0.01)


def test_nothing_is_said_without_a_face_that_can_be_read():
    face = face_at()
    colours = lambert(face, np.array([0.0, 0.0, 1.0]))
    assert LightProbe().update(picture(), [], 0.03) is None
    tiny = face_at(depth_mm=4000.0)
    assert measured(picture((tiny, lambert(tiny, np.array([0, 0, 1.0])))), tiny) is None
    outside = face_at(x_mm=2000.0)
    assert measured(picture(), outside) is None
    assert measured(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), face) is None
    broken = replace(face, landmarks=face.landmarks * np.float32("nan"))
    assert measured(picture((face, colours)), broken) is None
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    found = measured(noise, face)
    assert found is None or found.trust < 0.6


def test_the_same_frames_give_the_same_light():
    face = face_at(10)
    image = picture((face, lambert(face, np.array([0.4, 0.5, 1.0]))))
    one, two = (LightProbe().update(image, [face], 0.03) for _ in range(2))
    assert (one.colour == two.colour).all()
    assert (one.slope == two.slope).all()


def test_effects_hand_it_to_scenes_with_models():
    face = face_at()
    image = picture((face, lambert(face, np.array([-1.0, 0.3, 1.0]))))
    effect = Effect(Library().load("sunglasses"))
    drawn = effect.draw_list(TrackedFrame(Frame(image, 0.0), (face,), CAMERA))
    (scene,) = drawn.draws
    assert isinstance(scene, Scene)
    assert scene.light.direction[0] < -0.3
    (model,) = scene.models
    assert 0.0 < model.shadow.strength <= 1.0
