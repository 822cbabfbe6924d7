"""What drawing costs: upload, draw, read back, with sunglasses lit by a face, their shadow and all occluders.

Medians over many frames of a slowly turning head. "third": the face is a third of the picture's
height, the case the bar of 25 ms is set for (draw + read back at 1280x720 on software OpenGL);
"near": the face fills the height; "two": two faces, a third each. "first" is the first frame, in
which shaders are compiled and the model is uploaded.

Examples:
    python -m benchmarks.render
    python -m benchmarks.render --sizes 1920x1080 --frames 100
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ar_effects.drawlist import DrawList, Light, Material, Model, ModelDraw, Primitive, Scene, Shadow
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.face.geometry import face_mesh
from ar_effects.face.head import occluders
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.gltf.model import load_model
from ar_effects.paths import EFFECTS
from ar_effects.records import Eyes, Face, HeadPose
from ar_effects.render.context import describe, open_headless
from ar_effects.render.renderer import Renderer
from benchmarks.common import parser, table, write_results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ar_effects.records import Matrix

FACE_HEIGHT_MM = 190.0
WARM_UP = 5
CASES = {"third": (1 / 3, 1), "near": (1.0, 1), "two": (1 / 3, 2)}  # share of the height, faces


def glasses() -> Model:
    """The sunglasses the program ships with, or two glass tori of about as many triangles."""
    path = EFFECTS / "sunglasses" / "sunglasses.glb"
    if path.exists():
        return load_model(path, mm_per_unit=1.0)
    rims = [
        _torus(x, Material(base_colour=(0.02, 0.02, 0.02, 1), metallic=0, roughness=0.2)) for x in (-33, 33)
    ]
    glass = Material(
        base_colour=(0.3, 0.3, 0.3, 1), metallic=0, roughness=0.05, transmission=0.9, double_sided=True
    )
    discs = [_torus(x, glass, tube=12.0) for x in (-33, 33)]
    return Model("tori", (*rims, *discs), np.array([[-65, -32, -12], [65, 32, 12]], np.float32))


def _torus(x: float, material: Material, tube: float = 3.0, around: int = 64, along: int = 16) -> Primitive:
    u, v = np.meshgrid(
        np.arange(around) / around * 2 * np.pi, np.arange(along) / along * 2 * np.pi, indexing="ij"
    )
    normals = np.stack([np.cos(u) * np.cos(v), np.sin(u) * np.cos(v), np.sin(v)], -1).reshape(-1, 3)
    ring = np.stack([np.cos(u), np.sin(u), np.zeros_like(u)], -1).reshape(-1, 3) * (28 - tube)
    i, j = (a.reshape(-1) for a in np.meshgrid(np.arange(around), np.arange(along), indexing="ij"))
    a, b = i * along + j, (i + 1) % around * along + j
    c, d = i * along + (j + 1) % along, (i + 1) % around * along + (j + 1) % along
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([c, b, d], 1)]).astype(np.uint32)
    n = len(normals)
    positions = (ring + normals * tube + [x, 0, 0]).astype(np.float32)
    uvs, colours = np.zeros((n, 2), np.float32), np.ones((n, 4), np.float32)
    return Primitive(positions, normals.astype(np.float32), uvs, colours, triangles, material)


def face_in(camera: Camera, pose: Matrix, face_id: int) -> Face:
    """The mean face in a pose."""
    posed = apply(pose, canonical_face().vertices_mm)
    landmarks = np.column_stack([camera.project(posed), -posed[:, 2]]).astype(np.float32)
    eyes = (landmarks[list(ring), :2].mean(axis=0) for ring in (LEFT_EYE_RING, RIGHT_EYE_RING))
    return Face(face_id, 1.0, landmarks, HeadPose(pose), Eyes(*eyes))


def scene(model: Model, faces: Sequence[Face], camera: Camera, frame: int) -> Scene:
    """As an effect makes it: the light changes a little with every frame."""
    slope = np.outer([0.3 + 0.001 * (frame % 7), 0.4, 0.5], np.ones(3))
    models = (
        ModelDraw(
            model,
            face.pose.camera_from_head,
            shadow=Shadow(face_mesh(face, camera), face.pose.camera_from_head, 0.5),
        )
        for face in faces
    )
    hidden_by = (o for face in faces for o in occluders(face, camera))
    return Scene.of(hidden_by, models, Light(np.ones(3), slope, 1.0, 0.35))


def poses(camera: Camera, fraction: float, faces: int, frame: int) -> list[Matrix]:
    """Heads whose faces take ``fraction`` of the picture's height, side by side, turning with the frames."""
    depth = camera.fy * FACE_HEIGHT_MM / (fraction * camera.height)
    spacing = 0.4 * camera.width * depth / camera.fx
    rotation = rotation_from_angles_deg(30 * np.sin(frame / 20), 10 * np.cos(frame / 15), 5.0)
    return [transform(rotation, ((i - (faces - 1) / 2) * spacing, 30.0, -depth)) for i in range(faces)]


def measure(size: tuple[int, int], case: str, frames: int) -> dict[str, Any]:
    """Milliseconds of each step, medians."""
    fraction, faces = CASES[case]
    camera, model = Camera.assumed(*size), glasses()
    image = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    rgba = np.empty((size[1], size[0], 4), np.uint8)
    steps: dict[str, list[float]] = {name: [] for name in ("upload", "draw", "read BGR", "read RGBA")}
    with open_headless() as headless:
        ctx, renderer = headless.ctx, Renderer(headless.ctx, size)
        first = 0.0
        for frame in range(frames + WARM_UP):
            places = poses(camera, fraction, faces, frame)
            worn = [face_in(camera, place, i + 1) for i, place in enumerate(places)]
            draws = DrawList(camera, (scene(model, worn, camera, frame),))
            marks = [perf_counter()]
            renderer.draw(image)
            ctx.finish()
            marks.append(perf_counter())
            renderer.draw(image, draws)
            ctx.finish()  # what a driver does late would be counted as reading
            marks.append(perf_counter())
            renderer.read()
            marks.append(perf_counter())
            renderer.read_rgba(rgba)
            marks.append(perf_counter())
            if frame == 0:
                first = marks[2] - marks[1]
            if frame >= WARM_UP:
                for name, taken in zip(steps, np.diff(marks), strict=True):
                    steps[name].append(float(taken) * 1e3)
        renderer.release()
    found: dict[str, Any] = {name: float(np.median(taken)) for name, taken in steps.items()}
    found["draw p95"] = float(np.quantile(steps["draw"], 0.95))
    found["draw + read BGR"] = found["draw"] + found["read BGR"]
    found["first"] = first * 1e3
    return {"size": f"{size[0]}x{size[1]}", "case": case, **found}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, write ``results/render.json``."""
    options = parser("render", __doc__)
    options.add_argument("--sizes", nargs="+", default=["640x480", "1280x720"], help="widthxheight")
    options.add_argument("--frames", type=int, default=100)
    given = options.parse_args(arguments)
    rows = [
        measure((int(size.split("x")[0]), int(size.split("x")[1])), case, given.frames)
        for size in given.sizes
        for case in CASES
    ]
    driver = describe()
    triangles = sum(len(p.triangles) for p in glasses().primitives)
    title = (
        f"{driver['renderer']}, {driver['version']}; {triangles} triangles; ms, medians ('draw' with upload)"
    )
    print(table(title, list(rows[0]), [list(row.values()) for row in rows]))
    command = f"python -m benchmarks.render --sizes {' '.join(given.sizes)} --frames {given.frames}"
    write_results("render", command, {"driver": driver, "triangles": triangles, "cases": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
