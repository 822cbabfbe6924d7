"""The tracked face on the graphics card: where it lies, what hides it, and what an upload costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.face.geometry import face_mesh
from ar_effects.face.topology import face_topology
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.render.canvas import Canvas
from ar_effects.render.environment import Environment
from ar_effects.render.programs import Programs
from ar_effects.render.targets import Targets
from tests.synthetic_faces import face_of

SIZE = (320, 240)
CAMERA = Camera.assumed(*SIZE)


def head(yaw: float = 0.0, x: float = 0.0, z: float = -300.0):
    return face_of(CAMERA, transform(rotation_from_angles_deg(yaw, 0.0, 0.0), (x, 0.0, z)))


@pytest.fixture
def canvas(headless, tmp_path):
    headless.make_current()
    ctx = headless.ctx
    targets, programs = Targets(ctx, SIZE), Programs(ctx)
    made = Canvas(ctx, programs, targets, Environment.uniform((0.0, 0.0, 0.0)))
    targets.clear(targets.final)
    yield made
    assert ctx.error == "GL_NO_ERROR"
    made.release()
    programs.release()
    made.targets.release()


def program(canvas, colour="1.0"):
    source = (Programs(canvas.ctx)._read("face_mesh.glsl")) + (
        "out vec2 uv; void main() { uv = in_uv; gl_Position = clip_from_place(in_place); }"
    )
    fragment = f"#version 330 core\nin vec2 uv; out vec4 c; void main() {{ c = vec4({colour}); }}"
    return canvas.ctx.program(vertex_shader="#version 330 core\n" + source, fragment_shader=fragment)


def read(canvas):
    picture = np.empty((SIZE[1], SIZE[0], 4), np.uint8)
    canvas.targets.read_into(picture)
    return picture


def draw(canvas, mesh, colour="1.0", part="closed", **more):
    face = canvas.faces.get(mesh)
    with canvas.faces.drawing(face, **more):
        face.draw(program(canvas, colour), part)
    return read(canvas)


def test_pixels_lie_where_the_landmarks_do(canvas):
    """A triangle's middle on the picture is covered, with the uv that is interpolated there."""
    mesh = face_mesh(head(20.0), CAMERA)
    seen = draw(canvas, mesh, "uv, 0.0, 1.0", part="face").astype(float) / 255
    linear = np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)[..., :2]
    topology = mesh.topology
    triangles = topology.triangles
    places, uvs = mesh.vertices[triangles, :2], topology.uvs[triangles]
    a, b, c = np.moveaxis(places, 1, 0)
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    large = np.argsort(area)[:60]  # y points down: what faces the camera has negative areas
    found = 0
    for t in large:
        x, y = np.rint(places[t].mean(axis=0)).astype(int)
        corners = np.column_stack([places[t], np.ones(3)])
        weights = np.linalg.solve(corners.T, [x, y, 1.0])
        if weights.min() < 0.15:
            continue
        found += np.abs(linear[y, x] - weights @ uvs[t]).max() < 0.012
    assert found >= 20


def test_a_face_in_front_hides_the_one_behind(canvas):
    near, far = face_mesh(head(), CAMERA), face_mesh(head(x=40.0, z=-420.0), CAMERA)
    draw(canvas, near, "0.0, 1.0, 0.0, 1.0")
    alone = read(canvas)
    both = draw(canvas, far, "1.0, 0.0, 0.0, 1.0")
    assert (both[alone[..., 1] == 255][:, 0] == 0).all()
    assert (both[..., 0] == 255).any()


def test_the_far_cheek_is_hidden_by_the_nose(canvas):
    """Turned away, no pixel is drawn twice; all of the mesh without hiding overlaps itself."""
    mesh = face_mesh(head(50.0), CAMERA)
    canvas.ctx.enable(canvas.ctx.BLEND)
    canvas.ctx.blend_func = canvas.ctx.ONE, canvas.ctx.ONE
    tenth = "0.01, 0.0, 0.0, 1.0"
    levels = [int(draw(canvas, mesh, tenth)[..., 0].max())]
    canvas.targets.clear(canvas.targets.final)
    levels.append(int(draw(canvas, mesh, tenth, hidden=True)[..., 0].max()))
    canvas.ctx.disable(canvas.ctx.BLEND)
    once, twice = (round(255 * (1.055 * light ** (1 / 2.4) - 0.055)) for light in (0.01, 0.02))
    assert abs(levels[0] - once) <= 1
    assert levels[1] >= twice - 1


def test_eyes_and_mouth_are_open(canvas):
    mesh = face_mesh(head(), CAMERA)
    face = draw(canvas, mesh, part="face")[..., 0] > 0
    canvas.targets.clear(canvas.targets.final)
    lids = draw(canvas, mesh, part="lids")[..., 0] > 0
    canvas.targets.clear(canvas.targets.final)
    closed = draw(canvas, mesh, part="closed")[..., 0] > 0
    assert lids.sum() > 50
    assert (face | lids == closed).all()
    assert not (face & lids).any()


def test_one_upload_for_a_face_in_a_frame(canvas):
    face = head()
    mesh = face_mesh(face, CAMERA)
    assert face_mesh(face, CAMERA) is mesh
    assert face_mesh(replace(face, score=0.5), CAMERA) is not mesh
    first = canvas.faces.get(mesh)
    assert canvas.faces.get(mesh) is first
    canvas.next_frame()
    assert canvas.faces.get(face_mesh(head(5.0), CAMERA)) is first  # the buffer is used again


def test_faces_that_cannot_be_seen(canvas):
    beside = face_mesh(head(x=2000.0), CAMERA)
    assert canvas.faces.get(beside) is None
    broken = face_mesh(head(), CAMERA)
    broken.vertices[3, 0] = np.nan
    assert canvas.faces.get(broken) is None


def test_another_size_and_another_picture(canvas, headless):
    mesh = face_mesh(head(), CAMERA)
    white = (draw(canvas, mesh)[..., 0] > 0).sum()
    other = canvas.targets.borrow()
    canvas.targets.clear(other)
    outer, canvas.targets.current = canvas.targets.current, other
    draw(canvas, mesh, "0.5")
    assert (np.frombuffer(other.fbo.read(components=1), np.uint8) > 0).sum() == white
    canvas.targets.current = outer
    old, canvas.targets = canvas.targets, Targets(headless.ctx, (160, 120))
    old.release()
    canvas.next_frame()
    small = Camera.assumed(160, 120)
    face = canvas.faces.get(face_mesh(face_of(small, head().pose.camera_from_head), small))
    with canvas.faces.drawing(face):
        face.draw(program(canvas), "closed")
    picture = np.frombuffer(canvas.targets.final.fbo.read(components=1), np.uint8)
    assert abs((picture == 255).sum() / (white / 4) - 1) < 0.1


def test_way_to_the_outline():
    topology = face_topology()
    way = topology.border_mm
    assert (way[[10, 152, 234, 454]] == 0).all()
    assert way[1] > 60  # the nose's tip
    assert (way[:468] == 0).sum() == 36
    assert np.isfinite(way).all()
