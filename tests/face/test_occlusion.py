"""What hides things: the neck behind and below the face, and the lids over what lies on the eyes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.drawlist import DrawList, ModelDraw, Scene
from ar_effects.effects.effect import Effect
from ar_effects.face.anchors import camera_from_anchor
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.face.head import neck_mesh, occluders
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.pack import load_pack
from ar_effects.records import Eyes, Face, Frame, HeadPose, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.environment import Environment
from ar_effects.render.renderer import Renderer
from tests.render.scenes import glow, plain, square
from tests.synthetic_faces import occluder_mesh

SIZE = (320, 240)
CAMERA = Camera.assumed(*SIZE)
BLACK = plain(SIZE, (0, 0, 0))
LAMP = glow(1.0, 1.0, 1.0, double_sided=True)


def face_at(yaw_deg: float = 0.0, pitch_deg: float = 0.0, depth_mm: float = 600.0, shut: float = 0.0) -> Face:
    """A mean face; ``shut`` 1 lays each lower lid's landmarks on the upper's."""
    pose = transform(rotation_from_angles_deg(yaw_deg, pitch_deg, 0.0), (0.0, 60.0, -depth_mm))
    vertices = canonical_face().vertices_mm.copy()
    for ring in (RIGHT_EYE_RING, LEFT_EYE_RING):
        lower, upper = list(ring[1:8]), list(ring[10:16])  # both without the corners
        low, up = vertices[lower], vertices[upper[::-1]]
        order = np.argsort(up[:, 0])
        height = np.interp(low[:, 0], up[order, 0], up[order, 1])
        vertices[lower, 1] = low[:, 1] + shut * (height - low[:, 1])
    posed = apply(pose, vertices)
    landmarks = np.column_stack([CAMERA.project(posed), -posed[:, 2]]).astype(np.float32)
    rings = (list(LEFT_EYE_RING), list(RIGHT_EYE_RING))
    mean = CAMERA.project(apply(pose, canonical_face().vertices_mm))
    return Face(
        1, 1.0, landmarks, HeadPose(pose), Eyes(*(mean[r].mean(axis=0).astype(np.float32) for r in rings))
    )


@pytest.fixture(scope="module")
def show():
    """Pixels that light up when squares are drawn behind what hides them."""
    with open_headless() as headless:
        renderer = Renderer(headless.ctx, SIZE, Environment.uniform((0.0, 0.0, 0.0)))

        def shown(hidden_by, *placed):
            models = tuple(ModelDraw(model, matrix) for model, matrix in placed)
            renderer.draw(BLACK, DrawList(CAMERA, (Scene(hidden_by, models),)))
            return renderer.read()[..., 1] > 127

        yield shown
        renderer.release()


POSES = [(0, 0), (40, 0), (-40, 0), (0, 20), (0, -20), (25, -15)]


@pytest.mark.parametrize(("yaw", "pitch"), POSES)
def test_the_neck_hides_what_is_behind_it_and_not_what_is_before(show, yaw, pitch):
    face = face_at(yaw, pitch)
    neck = camera_from_anchor("neck", face, CAMERA)
    hidden_by = occluders(face, CAMERA)
    toward = neck[:3, :3].T @ np.array([0.0, 0.0, 1.0])  # the camera's direction in the neck's frame
    toward[1] = 0.0
    toward /= np.linalg.norm(toward)
    small = square(LAMP, 12)
    at = [0.0, -30.0, 0.0]
    for distance, visible in ((-75.0, False), (75.0, True)):
        place = neck @ transform(neck[:3, :3].T, np.array(at) + distance * toward)
        free, seen = show((), (small, place)), show(hidden_by, (small, place))
        assert free.sum() > 20
        assert seen.sum() == (free.sum() if visible else 0)


@pytest.mark.parametrize(("yaw", "pitch"), POSES)
def test_the_neck_never_covers_the_face(yaw, pitch):
    """Seen from the camera the neck is behind the skin wherever both are."""
    face = face_at(yaw, pitch)
    skin, _, neck = occluders(face, CAMERA)
    points = apply(neck.camera_from_mesh, neck.mesh.vertices.astype(np.float64))
    on_skin, _ = occluder_mesh(skin, CAMERA)
    skin_px, neck_px = (CAMERA.project(p) for p in (on_skin, points))
    gaps = np.linalg.norm(skin_px[:, None] - neck_px[None], axis=2)
    near_skin, near_neck = np.nonzero(gaps < 3.0)
    assert (on_skin[near_skin, 2] > points[near_neck, 2] - 4.0).all()


def test_the_neck_is_narrower_than_a_neck():
    """Necklaces lie on it: at the height of the anchor it is 40 to 52 mm from the middle all round."""
    v = neck_mesh().vertices
    ring = v[np.abs(v[:, 1]) < 15.0]
    radii = np.hypot(ring[:, 0], ring[:, 2] - ring[:, 2].mean())
    assert 40.0 < radii.min() < radii.max() < 56.0


def eye_square(face: Face, side: str) -> tuple:
    return square(LAMP, 9), camera_from_anchor(side, face, CAMERA)


@pytest.mark.parametrize("side", ["left_eye", "right_eye"])
@pytest.mark.parametrize("yaw", [-30, 0, 30])
def test_lids_cut_what_lies_on_the_eyes(show, side, yaw):
    face = face_at(yaw, depth_mm=350.0)
    ring = list(LEFT_EYE_RING if side == "left_eye" else RIGHT_EYE_RING)
    seen = show(occluders(face, CAMERA, under_lids=True), eye_square(face, side))
    whole = show(occluders(face, CAMERA), eye_square(face, side))
    assert 20 < seen.sum() < 0.8 * whole.sum()
    y, x = np.nonzero(seen)
    px = face.landmarks[ring, :2]
    assert x.min() >= px[:, 0].min() - 1.5
    assert x.max() <= px[:, 0].max() + 1.5
    assert y.min() >= px[:, 1].min() - 1.5
    assert y.max() <= px[:, 1].max() + 1.5


@pytest.mark.parametrize("side", ["left_eye", "right_eye"])
def test_shut_lids_hide_them(show, side):
    counts = []
    for shut in (0.0, 0.5, 1.0):
        face = face_at(depth_mm=350.0, shut=shut)
        counts.append(int(show(occluders(face, CAMERA, under_lids=True), eye_square(face, side)).sum()))
    assert counts[0] > counts[1] > counts[2]
    assert counts[2] <= 0.1 * counts[0]


def test_a_layer_asks_for_its_lids(tmp_path: Path):
    """Its things become a scene of their own; the other's face stays shut."""

    cv2.imwrite(str(tmp_path / "dot.png"), np.full((8, 8, 4), 255, np.uint8))
    layer = '[[layers]]\nkind = "sprite"\nfile = "dot.png"\nanchor = "left_eye"\nsize_mm = 12\n'
    (tmp_path / "effect.toml").write_text(f'format = 2\ntitle = "Dots"\n{layer}{layer}under_lids = true\n')
    face = face_at()
    tracked = TrackedFrame(Frame(BLACK, 0.0), (face,), CAMERA)
    first, second = Effect(load_pack(tmp_path)).draw_list(tracked).draws
    canonical = canonical_face()
    counts = [len(occluder_mesh(s.occluders[0], CAMERA)[1]) for s in (first, second)]
    assert counts[0] == len(canonical.triangles) + len(canonical.lid_triangles)
    assert len(canonical.triangles) < counts[1] < counts[0]
    assert len(occluder_mesh(first.occluders[0], CAMERA)[0]) == MESH_COUNT
