"""``python -m tools.demo``: assets/demo/demo.mp4 and demo.jsonl, from the portrait scikit-image ships.

The portrait is NASA's official photograph of astronaut Eileen Collins (public domain). Its landmarks
are found once with the app's own networks, lifted to millimetres with the canonical face's depth,
and moved by a motion we write down: eyes, angles and position of every frame are then known.
"""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from ar_effects.face.canonical import (
    LEFT_EYE_RING,
    MESH_COUNT,
    RIGHT_EYE_RING,
    canonical_face,
)
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import (
    angles_deg_from_rotation,
    apply,
    rotation_from_angles_deg,
    transform,
)
from ar_effects.records import Image, Matrix
from ar_effects.sources.open import DEMO_CAMERA
from ar_effects.tracking.tracker import FaceTracker
from tools.canonical.topology import boundary_loops
from tools.demo.motion import FPS, FRAMES, Motion, motion_at
from tools.demo.warp import Portrait, render_frame

Array = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "demo"
SIZE = (640, 480)
CROP = (40, 6, 372, 279)  # x, y, width, height of the portrait that fills the frame at rest
SCENE_LEAN = 0.15
"""Share of the head's lean that the whole scene follows."""

BACKGROUND_RIM = 0.12
"""Share of the face's width inside its outline where background can show."""

ENLARGE = 3
"""The portrait is enlarged once with a good filter, so that the warp's own filter costs nothing."""


def portrait_image() -> Image:
    image = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    return np.asarray(
        cv2.resize(image, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_LANCZOS4), np.uint8
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    image = portrait_image()
    camera = DEMO_CAMERA
    rest = np.array([[SIZE[0] / CROP[2] / ENLARGE, 0.0, 0.0], [0.0, SIZE[1] / CROP[3] / ENLARGE, 0.0]])
    rest[:, 2] = -np.array(CROP[:2]) * SIZE[0] / CROP[2] + rest[0, 0] * 0.5 - 0.5

    crop_x, crop_y, crop_w, crop_h = (ENLARGE * n for n in CROP)
    # Tracked at the scale it will be shown, so that the network sees what it will see in the clip.
    shown = cv2.resize(
        image[crop_y : crop_y + crop_h, crop_x : crop_x + crop_w], SIZE, interpolation=cv2.INTER_AREA
    )
    tracker = FaceTracker(mode="picture", provider="cpu", camera=camera)
    (face,) = tracker.track(np.asarray(shown, np.uint8))
    canonical = canonical_face()
    posed = apply(face.pose.camera_from_head, canonical.vertices_mm[:MESH_COUNT])
    face_mm = camera.unproject(face.landmarks[:MESH_COUNT, :2], -posed[:, 2])
    head_from_camera = np.asarray(np.linalg.inv(face.pose.camera_from_head), np.float64)
    face_head = apply(head_from_camera, face_mm)
    silhouette_head = head_silhouette()
    silhouette_px = camera.project(apply(face.pose.camera_from_head, silhouette_head))

    back = np.linalg.inv(rest[:, :2])

    def to_portrait(
        points: Array,
    ) -> Array:
        return np.asarray((points - rest[:, 2]) @ back.T, dtype=np.float64)

    triangles = np.concatenate([canonical.triangles, canonical.lid_triangles])
    # Shoulders, and a frame well outside the picture, keep still.
    w, h = SIZE
    ring = [(x, y) for x in (-200, w / 2, w + 200) for y in (-200, h + 200)] + [
        (-200, h / 2),
        (w + 200, h / 2),
    ]
    ring += [(x, -30.0) for x in np.linspace(-0.2 * w, 1.2 * w, 9)]
    shoulders = [(x, 0.97 * h) for x in np.linspace(0.05 * w, 0.8 * w, 7)]
    outline = boundary_loops(triangles)[0]
    face_px = to_portrait(face.landmarks[:MESH_COUNT, :2].astype(np.float64))
    portrait = Portrait(
        image=image,
        skin=without_background(image, face_px, outline),
        face_px=face_px,
        triangles=triangles,
        outline=outline,
        anchors_px=to_portrait(silhouette_px),
        fixed_px=to_portrait(np.array(ring + shoulders)),
    )
    truth = []
    with av.open(str(folder / "demo.mp4"), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "veryslow"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index in range(FRAMES):
            pose = moved(face.pose.camera_from_head, motion_at(index))
            scene = scene_similarity(camera, face.pose.camera_from_head, pose, motion_at(index)) @ np.vstack(
                [rest, [0, 0, 1]]
            )
            frame_face = apply(pose, face_head)
            anchors = camera.project(apply(pose, silhouette_head))
            picture = render_frame(portrait, camera, frame_face, anchors, scene[:2])
            truth.append(truth_line(index, camera, pose, frame_face))
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    (folder / "demo.jsonl").write_text("\n".join(truth) + "\n", encoding="utf-8")
    print(f"{folder / 'demo.mp4'}: {FRAMES} frames, {(folder / 'demo.mp4').stat().st_size / 1e3:.0f} kB")


def without_background(
    image: Image,
    points: Array,
    outline: list[int],
) -> Image:
    """The portrait with skin painted over the grey background that the mesh's outline takes in.

    The tracked outline runs a little outside the cheeks; a turned face would show that as bright specks.
    """
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(points[outline]).astype(np.int32).reshape(-1, 1, 2)], 255)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    rim = depth < BACKGROUND_RIM * np.ptp(points[:, 0])
    mask = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))[1:]
    grey = ((mask > 0) & rim & (saturation < 70) & (value > 120)).astype(np.uint8)
    grey = cv2.dilate(grey, np.ones((11, 11), np.uint8))
    return np.asarray(cv2.inpaint(image, grey, 9, cv2.INPAINT_TELEA), np.uint8)


def head_silhouette() -> Array:
    """(k, 3) points of hair and ears beside and above the face, in the head frame."""
    angle = np.radians(np.arange(-20, 201, 20))
    return np.stack([105.0 * np.cos(angle), 15.0 + 105.0 * np.sin(angle), np.full(len(angle), -60.0)], axis=1)


def moved(rest: Matrix, motion: Motion) -> Matrix:
    """The head's pose at one frame: turned about a point in the neck's joint, then shifted."""
    pivot = np.array([0.0, -50.0, -80.0])
    yaw, pitch, roll = angles_deg_from_rotation(rest[:3, :3])
    rotation = rotation_from_angles_deg(
        yaw + motion.yaw_deg, pitch + motion.pitch_deg, roll + motion.roll_deg
    )
    joint = rest[:3, :3] @ pivot + rest[:3, 3]
    joint = (joint + np.array([motion.x_mm, motion.y_mm, 0.0])) * motion.distance
    return transform(rotation, joint - rotation @ pivot)


def scene_similarity(camera: Camera, rest: Matrix, pose: Matrix, motion: Motion) -> Matrix:
    """(3, 3) what a far scene does when the camera pans, zooms and leans as the head's joint shows it."""
    pivot = np.array([[0.0, -50.0, -80.0]])
    a = camera.project(apply(rest, pivot))[0]
    b = camera.project(apply(pose, pivot))[0]
    scale = 1.0 / motion.distance
    angle = np.radians(motion.roll_deg * SCENE_LEAN)
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.array([[c, -s], [s, c]])
    result = np.eye(3)
    result[:2, :2] = turn
    result[:2, 2] = b - turn @ a
    return result


def truth_line(index: int, camera: Camera, pose: Matrix, face_mm: NDArray[np.float64]) -> str:
    pixels = camera.project(face_mm)
    yaw, pitch, roll = angles_deg_from_rotation(pose[:3, :3])
    return json.dumps(
        {
            "frame": index,
            "time_s": round(index / FPS, 6),
            "eyes": {
                "left": [round(float(v), 3) for v in pixels[list(LEFT_EYE_RING)].mean(axis=0)],
                "right": [round(float(v), 3) for v in pixels[list(RIGHT_EYE_RING)].mean(axis=0)],
            },
            "yaw_deg": round(yaw, 3),
            "pitch_deg": round(pitch, 3),
            "roll_deg": round(roll, 3),
            "translation_mm": [round(float(v), 2) for v in pose[:3, 3]],
        }
    )


if __name__ == "__main__":
    main()
