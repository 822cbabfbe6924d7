"""The tracked face on the graphics card: where it lies, what hides it, and what an upload costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.face.geometry import face_mesh
from ar_effects.face.topology import face_topology
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.render.compositor import Compositor
from ar_effects.render.environment import Environment
from ar_effects.render.face.face_mesh import FaceMeshes
from ar_effects.render.programs import Programs
from ar_effects.render.targets import Targets
from tests.synthetic_faces import face_of

SIZE = (320, 240)
CAMERA = Camera.assumed(*SIZE)


def head(yaw: float = 0.0, x: float = 0.0, z: float = -300.0):
    return face_of(CAMERA, transform(rotation_from_angles_deg(yaw, 0.0, 0.0), (x, 0.0, z)))


@pytest.fixture
def context(headless):
    headless.make_current()
    ctx = headless.ctx
    targets, programs = Targets(ctx, SIZE), Programs(ctx)
    made = Compositor(ctx, programs, targets, Environment.uniform((0.0, 0.0, 0.0)))
    targets.clear(targets.final)
    yield made.context
    assert ctx.error == "GL_NO_ERROR"
    made.release()
    programs.release()
    made.context.targets.release()


@pytest.fixture
def faces(context):
    return context.shared(FaceMeshes)


def program(context, colour="1.0"):
    source = (Programs(context.ctx)._read("face_mesh.glsl")) + (
        "out vec2 uv; void main() { uv = in_uv; gl_Position = clip_from_place(in_place); }"
    )
    fragment = f"#version 330 core\nin vec2 uv; out vec4 c; void main() {{ c = vec4({colour}); }}"
    return context.ctx.program(vertex_shader="#version 330 core\n" + source, fragment_shader=fragment)


def read(context):
    picture = np.empty((SIZE[1], SIZE[0], 4), np.uint8)
    context.targets.read_into(picture)
    return picture


def draw(context, mesh, colour="1.0", part="closed", **more):
    faces = context.shared(FaceMeshes)
    face = faces.get(mesh)
    with faces.drawing(face, **more):
        face.draw(program(context, colour), part)
    return read(context)


def test_pixels_lie_where_the_landmarks_do(context):
    """A triangle's middle on the picture is covered, with the uv that is interpolated there."""
    mesh = face_mesh(head(20.0), CAMERA)
    seen = draw(context, mesh, "uv, 0.0, 1.0", part="face").astype(float) / 255
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


def test_a_face_in_front_hides_the_one_behind(context):
    near, far = face_mesh(head(), CAMERA), face_mesh(head(x=40.0, z=-420.0), CAMERA)
    draw(context, near, "0.0, 1.0, 0.0, 1.0")
    alone = read(context)
    both = draw(context, far, "1.0, 0.0, 0.0, 1.0")
    assert (both[alone[..., 1] == 255][:, 0] == 0).all()
    assert (both[..., 0] == 255).any()


def test_the_far_cheek_is_hidden_by_the_nose(context):
    """Turned away, no pixel is drawn twice; all of the mesh without hiding overlaps itself."""
    mesh = face_mesh(head(50.0), CAMERA)
    context.ctx.enable(context.ctx.BLEND)
    context.ctx.blend_func = context.ctx.ONE, context.ctx.ONE
    tenth = "0.01, 0.0, 0.0, 1.0"
    levels = [int(draw(context, mesh, tenth)[..., 0].max())]
    context.targets.clear(context.targets.final)
    levels.append(int(draw(context, mesh, tenth, hidden=True)[..., 0].max()))
    context.ctx.disable(context.ctx.BLEND)
    once, twice = (round(255 * (1.055 * light ** (1 / 2.4) - 0.055)) for light in (0.01, 0.02))
    assert abs(levels[0] - once) <= 1
    assert levels[1] >= twice - 1


def test_eyes_and_mouth_are_open(context):
    mesh = face_mesh(head(), CAMERA)
    face = draw(context, mesh, part="face")[..., 0] > 0
    context.targets.clear(context.targets.final)
    lids = draw(context, mesh, part="lids")[..., 0] > 0
    context.targets.clear(context.targets.final)
    closed = draw(context, mesh, part="closed")[..., 0] > 0
    assert lids.sum() > 50
    assert (face | lids == closed).all()
    assert not (face & lids).any()


def test_one_upload_for_a_face_in_a_frame(context, faces):
    face = head()
    mesh = face_mesh(face, CAMERA)
    assert face_mesh(face, CAMERA) is mesh
    assert face_mesh(replace(face, score=0.5), CAMERA) is not mesh
    first = faces.get(mesh)
    assert faces.get(mesh) is first
    context.next_frame()
    assert faces.get(face_mesh(head(5.0), CAMERA)) is first  # the buffer is used again


def test_faces_that_cannot_be_seen(faces):
    beside = face_mesh(head(x=2000.0), CAMERA)
    assert faces.get(beside) is None
    broken = face_mesh(head(), CAMERA)
    broken.vertices[3, 0] = np.nan
    assert faces.get(broken) is None


def test_another_size_and_another_picture(context, faces, headless):
    mesh = face_mesh(head(), CAMERA)
    white = (draw(context, mesh)[..., 0] > 0).sum()
    other = context.targets.borrow()
    context.targets.clear(other)
    outer, context.targets.current = context.targets.current, other
    draw(context, mesh, "0.5")
    assert (np.frombuffer(other.fbo.read(components=1), np.uint8) > 0).sum() == white
    context.targets.current = outer
    old, context.targets = context.targets, Targets(headless.ctx, (160, 120))
    old.release()
    context.next_frame()
    small = Camera.assumed(160, 120)
    face = faces.get(face_mesh(face_of(small, head().pose.camera_from_head), small))
    with faces.drawing(face):
        face.draw(program(context), "closed")
    picture = np.frombuffer(context.targets.final.fbo.read(components=1), np.uint8)
    assert abs((picture == 255).sum() / (white / 4) - 1) < 0.1


def test_way_to_the_outline():
    topology = face_topology()
    way = topology.border_mm
    assert (way[[10, 152, 234, 454]] == 0).all()
    assert way[1] > 60  # the nose's tip
    assert (way[:468] == 0).sum() == 36
    assert np.isfinite(way).all()
