"""How exact is the head's pose, and what disturbs it?

Synthetic heads: the canonical face under known poses (yaw +-60, pitch +-35, roll +-45 degrees, 0.35 to
1.5 m, at the picture's centre and at its border), as other persons (3 % broader, longer or deeper and
2 mm of smooth deformation, aligned to the canonical face), with landmark noise of 1 % of the eye
distance, half of it smooth over the face.
Disturbances: the mouth opened by turning the jaw 20 degrees, and a hand that drags a cheek 15 mm.
``--rendered`` also draws the canonical face with the demo's portrait on it and sends it through the
networks (needs requirements-tools.txt). ``--faces FOLDER`` adds photographs with reference poses
(AFLW2000-3D's) with the camera the app assumes and with the long lens that the references assume.
Returns 2 when a bar is missed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import ArEffectsError
from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import (
    angles_deg_from_rotation,
    apply,
    rotation_from_angles_deg,
    rotation_from_vector,
    transform,
)
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.records import Matrix, Points
from ar_effects.sources.open import DEMO_CAMERA
from ar_effects.tracking.pose.solver import solve_pose
from ar_effects.tracking.tracker import FaceTracker
from benchmarks.annotated import ANNOTATIONS
from benchmarks.common import parser, table, write_results

Array = NDArray[np.float64]
ANGLES = ("yaw", "pitch", "roll")
CAMERA = DEMO_CAMERA
"""Of the synthetic heads, whatever lens the app assumes: figures of other days compare."""
HEADS = 1000
PERSON_MM = 2.0
NOISE = 0.01
LONG_LENS_DEG = 4.0
SYNTHETIC_BAR_DEG, PHOTOGRAPH_BAR_DEG = 1.0, 4.5
HINGE_MM = np.array([0.0, -25.0, -75.0])
"""The line through the jaw's joints, in front of the ears."""


def smooth_field(generator: np.random.Generator, points: Array, length_mm: float = 30.0) -> Array:
    """(n, 3) random displacements of unit size that vary over ``length_mm``: random cosine waves."""
    total = np.zeros((len(points), 3))
    for _ in range(24):
        wave = generator.normal(0.0, 1.0 / length_mm, 3)
        total += np.outer(np.cos(points @ wave + generator.uniform(0, 2 * np.pi)), generator.normal(size=3))
    return np.asarray(total / np.sqrt(12.0), dtype=np.float64)


def person(generator: np.random.Generator, size_mm: float = PERSON_MM) -> Array:
    """(478, 3) somebody else's face in the head frame: other in size and places, a little askew."""
    face = canonical_face()
    field = smooth_field(generator, face.vertices_mm)
    mirrored = field[face.mirror] * [-1.0, 1.0, 1.0]
    field = 0.65 * (field + mirrored) + 0.2 * (field - mirrored)
    shape = face.vertices_mm * generator.normal(1.0, 0.03, 3) + size_mm / 3**0.5 * field
    return fit_similarity(shape, face.vertices_mm).apply(shape)


def observe(shape: Array, pose: Matrix, camera: Camera = CAMERA) -> Points:
    """(478, 3) float32 landmarks of a posed shape, as a perfect network would give them."""
    points = apply(pose, shape)
    z = (points[:, 2] - pose[2, 3]) * camera.fx / pose[2, 3]
    return np.asarray(np.column_stack([camera.project(points), z]), dtype=np.float32)


def noisy(generator: np.random.Generator, landmarks: Points, pose: Matrix, fraction: float = NOISE) -> Points:
    """The landmarks with noise of ``fraction`` of the (unforeshortened) eye distance along each axis."""
    size = fraction * 63.0 * CAMERA.fx / -pose[2, 3] / 2**0.5
    smooth = smooth_field(generator, canonical_face().vertices_mm)
    return np.asarray(landmarks + size * (smooth + generator.normal(size=(478, 3))), dtype=np.float32)


def any_pose(generator: np.random.Generator, border: bool) -> Matrix:
    """A head in the middle third of the picture, or with its eyes in the outermost tenth."""
    while True:
        place = generator.uniform(-0.5, 0.5, 2)
        if np.abs(place).max() > 0.4 if border else np.abs(place).max() < 1 / 6:
            break
    pixel = (place + 0.5) * (CAMERA.width, CAMERA.height)
    origin = CAMERA.unproject(pixel[None], generator.uniform(350.0, 1500.0, 1))[0]
    return transform(rotation_from_angles_deg(*generator.uniform(-1, 1, 3) * (60.0, 35.0, 45.0)), origin)


def errors(found: Matrix, true: Matrix) -> Array:
    """(3,) yaw, pitch and roll of ``found`` less those of ``true``, degrees in -180..180."""
    off = np.subtract(angles_deg_from_rotation(found[:3, :3]), angles_deg_from_rotation(true[:3, :3]))
    return np.asarray((off + 180.0) % 360.0 - 180.0)


def mean_absolute(off: list[Array]) -> dict[str, float]:
    """Mean absolute error by axis, and the 95 % quantile of the largest."""
    size = np.abs(off)
    mean = dict(zip(ANGLES, size.mean(axis=0).tolist(), strict=True))
    return {**mean, "p95": float(np.quantile(size.max(axis=1), 0.95))}


def synthetic() -> dict[str, Any]:
    """Errors at the centre and the border; noise alone, other persons alone, and both."""
    result: dict[str, Any] = {}
    kinds = {"noise": (0.0, NOISE), "person": (PERSON_MM, 0.0), "both": (PERSON_MM, NOISE)}
    for label, (size_mm, fraction) in kinds.items():
        for region in ("centre", "border"):
            generator, off = np.random.default_rng(0), []
            for _ in range(HEADS):
                pose = any_pose(generator, region == "border")
                shape = person(generator, size_mm) if size_mm else canonical_face().vertices_mm
                landmarks = noisy(generator, observe(shape, pose), pose, fraction)
                off.append(errors(solve_pose(landmarks, CAMERA).camera_from_head, pose))
            result[f"{label}, {region}"] = mean_absolute(off)
    return result


def opened(shape: Array, degrees: float = 20.0) -> Array:
    """The shape with its jaw turned down about the joints: chin and lower lip in full, cheeks in part."""
    fraction = np.clip((-64.0 - shape[:, 1]) / 12.0, 0.0, 1.0) * np.clip(
        (shape[:, 2] + 60.0) / 40.0, 0.0, 1.0
    )
    lower_lip = np.isin(np.arange(478), LOWER_LIP)
    fraction = np.where(lower_lip, 1.0, fraction)[:, None]
    turned = (shape - HINGE_MM) @ rotation_from_vector([np.radians(degrees), 0.0, 0.0]).T + HINGE_MM
    return np.asarray((1 - fraction) * shape + fraction * turned)


LOWER_LIP = (14, 17, 84, 87, 88, 95, 178, 181, 314, 317, 318, 324, 402, 405, 15, 16, 85, 86, 315, 316)
"""Landmarks of the lower lip, which lie above the chin's fade."""


def grabbed(landmarks: Points, pose: Matrix) -> Points:
    """The landmarks of the cheek at the viewer's left dragged 15 mm inward and up, as a hand there does."""
    vertices = canonical_face().vertices_mm
    cheek = (vertices[:, 0] < -25.0) & (vertices[:, 1] < -15.0)
    dragged = np.array([15.0, -10.0, 0.0]) * CAMERA.fx / -pose[2, 3]
    return (landmarks + np.outer(cheek, dragged)).astype(np.float32)


def disturbed() -> dict[str, dict[str, float]]:
    """How far a mouth and a hand turn heads within 30 degrees of yaw."""
    generator = np.random.default_rng(1)
    off: dict[str, list[Array]] = {"mouth open": [], "hand on a cheek": []}
    for _ in range(HEADS // 4):
        shape = person(generator)
        rotation = rotation_from_angles_deg(*generator.uniform(-1, 1, 3) * (30.0, 20.0, 20.0))
        pose = transform(rotation, [0.0, 0.0, -generator.uniform(400.0, 1000.0)])
        clean = observe(shape, pose)
        still = solve_pose(clean, CAMERA).camera_from_head
        mouth, hand = observe(opened(shape), pose), grabbed(clean, pose)
        for name, landmarks in zip(off, (mouth, hand), strict=True):
            off[name].append(errors(solve_pose(landmarks, CAMERA, still).camera_from_head, still))
    return {name: mean_absolute(values) for name, values in off.items()}


def speed() -> dict[str, float]:
    """Median milliseconds a call: following a slowly turning head, and from nothing."""
    generator = np.random.default_rng(2)
    shape = person(generator)
    took: dict[str, list[float]] = {"warm": [], "cold": []}
    found: Matrix | None = None
    for i in range(600):
        angles = (30 * np.sin(i / 20), 10 * np.sin(i / 15), 10 * np.sin(i / 25))
        pose = transform(rotation_from_angles_deg(*angles), [40 * np.sin(i / 30), 0.0, -550.0])
        landmarks = noisy(generator, observe(shape, pose), pose, 0.003)
        for name, start in (("cold", None), ("warm", found)):
            begin = time.perf_counter()
            solved = solve_pose(landmarks, CAMERA, start).camera_from_head
            took[name].append(1e3 * (time.perf_counter() - begin))
        found = solved
    return {f"{name}_ms": float(np.median(values)) for name, values in took.items()}


def reference_rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> Array:
    """camera_from_head of AFLW2000-3D's ``Pose_Para`` (3DDFA): R = Rx(-pitch) Ry(-yaw) Rz(-roll) in our axes.

    Of all orders and signs this one turns the sets' own 3D points to the most alike upright shapes
    (docs/decisions/0007-pose.md).
    """
    x, y, z = (
        rotation_from_vector(-np.radians(angle) * axis)
        for angle, axis in zip((pitch_deg, yaw_deg, roll_deg), np.eye(3), strict=True)
    )
    return np.asarray(x @ y @ z, dtype=np.float64)


def photographs(folder: Path) -> dict[str, Any]:
    """Errors against the reference poses, by face; the face in the picture's middle is the one meant."""
    try:
        entries = json.loads((folder / ANNOTATIONS).read_text(encoding="utf-8"))
    except OSError as error:
        raise ArEffectsError(
            f"{folder / ANNOTATIONS} cannot be read", fix="Give a folder of annotated faces with --faces"
        ) from error
    tracker = FaceTracker(max_faces=8, mode="picture", provider="cpu")
    rows: dict[str, Any] = {}
    for entry in entries:
        if not entry.get("reference_pitch_yaw_roll_deg"):
            continue
        picture = cv2.imread(str(folder / entry["image"]))
        if picture is None:
            raise ArEffectsError(f"{folder / entry['image']} is no picture")
        height, width = picture.shape[:2]
        middle = np.mean(entry["points"], axis=0)
        faces = tracker.track(np.asarray(picture, np.uint8))
        rows[name := Path(entry["image"]).stem] = None
        if not faces:
            continue
        face = min(faces, key=lambda f: float(np.hypot(*(f.landmarks[:, :2].mean(axis=0) - middle))))
        lens = Camera.of_fov(width, height, LONG_LENS_DEG, "shorter")
        true = transform(reference_rotation(*entry["reference_pitch_yaw_roll_deg"]))
        rows[name] = {
            "reference": list(angles_deg_from_rotation(true[:3, :3])),
            "assumed": errors(face.pose.camera_from_head, true).tolist(),
            "long": errors(solve_pose(face.landmarks, lens).camera_from_head, true).tolist(),
        }
    found = [row for row in rows.values() if row]
    if not found:
        raise ArEffectsError(f"No face with a reference pose was found in {folder}")
    mean = {c: np.abs([row[c] for row in found]).mean(axis=0).tolist() for c in ("assumed", "long")}
    return {"faces": rows, "mean_absolute": mean, "missed": len(rows) - len(found)}


def rendered(count: int = 60) -> dict[str, Any]:
    """Errors on pictures of the canonical face with the demo's portrait on it, through the networks."""
    from tools.canonical.topology import boundary_loops
    from tools.demo.__main__ import SIZE, head_silhouette, moved, portrait_image, scene_similarity
    from tools.demo.motion import Motion
    from tools.demo.warp import Portrait, render_frame

    image = portrait_image()
    tracker = FaceTracker(mode="picture", provider="cpu", camera=CAMERA)
    half = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    face = canonical_face()
    found = tracker.track(half)[0].landmarks * np.float32(2.0)
    seen = found[:468, :2].astype(np.float64)
    zoom = SIZE[0] / 1116
    whole = zoom * np.array([[1.0, 0.0, -120.0], [0.0, 1.0, -18.0]])
    placed = (found * zoom + np.append(whole[:, 2], 0.0)).astype(np.float32)
    rest = solve_pose(placed, CAMERA).camera_from_head
    triangles = np.concatenate([face.triangles, face.lid_triangles])
    to_portrait = np.linalg.inv(whole[:, :2])
    silhouette = (CAMERA.project(apply(rest, head_silhouette())) - whole[:, 2]) @ to_portrait.T
    corners = np.array([(x, y) for x in (-200.0, 320.0, 840.0) for y in (-200.0, 680.0)])
    portrait = Portrait(
        image,
        image,
        seen,
        triangles,
        boundary_loops(triangles)[0],
        silhouette,
        (corners - whole[:, 2]) @ to_portrait.T,
    )
    generator, off, missed = np.random.default_rng(3), [], 0
    for _ in range(count):
        yaw, pitch, roll = generator.uniform(-1, 1, 3) * (40.0, 20.0, 20.0)
        motion = Motion(yaw, pitch, roll, 0.0, 0.0, 1.0)
        pose = moved(rest, motion)
        scene = scene_similarity(CAMERA, rest, pose, motion) @ np.vstack([whole, [0, 0, 1]])
        anchors = CAMERA.project(apply(pose, head_silhouette()))
        picture = render_frame(portrait, CAMERA, apply(pose, face.vertices_mm[:468]), anchors, scene[:2])
        faces = tracker.track(picture)
        off += [errors(one.pose.camera_from_head, pose) for one in faces]
        missed += not faces
    bias = np.mean(off, axis=0)
    return {
        **mean_absolute(off),
        "bias": bias.tolist(),
        "without bias": mean_absolute(list(off - bias)),
        "missed": missed,
    }


def main() -> int:
    """Measure, print, write ``results/pose.json``."""
    arguments_of = parser("pose", __doc__)
    arguments_of.add_argument("--faces", type=Path, help="folder of annotated faces")
    arguments_of.add_argument("--rendered", action="store_true", help="pictures through the networks too")
    arguments = arguments_of.parse_args()
    figures: dict[str, Any] = {"synthetic": synthetic(), "disturbed": disturbed(), "speed": speed()}
    try:
        if arguments.rendered:
            figures["rendered"] = rendered()
        if arguments.faces:
            figures["photographs"] = photographs(arguments.faces)
    except (ArEffectsError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    lines = {**figures["synthetic"], **figures["disturbed"]}
    if arguments.rendered:
        lines["rendered"] = figures["rendered"]
        lines["rendered, bias off"] = figures["rendered"]["without bias"]
    limits = [line[a] <= SYNTHETIC_BAR_DEG for line in figures["synthetic"].values() for a in ANGLES]
    if arguments.faces:
        for name, row in figures["photographs"]["faces"].items():
            lines[name] = dict(zip(ANGLES, row["assumed"], strict=True)) if row else {}
        for camera, mean in figures["photographs"]["mean_absolute"].items():
            lines[f"photographs, {camera} lens"] = dict(zip(ANGLES, mean, strict=True))
        limits += [v <= PHOTOGRAPH_BAR_DEG for v in figures["photographs"]["mean_absolute"]["assumed"]]
    rows = [[name, *(line.get(c, "") for c in (*ANGLES, "p95"))] for name, line in lines.items()]
    title = "Mean absolute errors, degrees; of photographs each with its sign"
    print(table(title, ["", *ANGLES, "p95"], rows))
    print("\n".join(f"{name}: {value:.3f}" for name, value in figures["speed"].items()))
    options = " --rendered" * arguments.rendered + " --faces FOLDER" * bool(arguments.faces)
    write_results("pose", "python -m benchmarks.pose" + options, figures)
    return 0 if all(limits) else 2


if __name__ == "__main__":
    sys.exit(main())
