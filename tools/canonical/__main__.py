"""``python -m tools.canonical FOLDER``: write assets/face/canonical.npz from a folder of faces.

The folder's pictures and clips are looked at with the app's own networks; only the mean's numbers
are written.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.face.canonical import MESH_COUNT
from ar_effects.inference.provider import choose_provider
from ar_effects.records import Image
from ar_effects.tracking.detector import FaceDetector
from ar_effects.tracking.landmark_network import LandmarkNetwork
from ar_effects.tracking.region import region_from_landmarks
from tools.assets.deterministic import save_npz
from tools.canonical.shape import mean_face
from tools.canonical.topology import (
    CONNECTIONS,
    boundary_loops,
    close_loop,
    outward,
    tesselation_edges,
    triangles_from_edges,
)
from tools.canonical.unwrap import unwrap
from tools.convert.wheel import fetch_wheel, read_from_wheel

OUTPUT = Path(__file__).resolve().parents[2] / "assets" / "face" / "canonical.npz"
FRAME_STEP = 40
SCORE = 0.8
MIN_EYE_DISTANCE_PX = 40.0
VIEWING_DISTANCE_MM = 1000.0
"""From where photographs of faces and people at a desk are seen, roughly; see docs/decisions/0007."""


def landmarks_in(folder: Path) -> NDArray[np.float32]:
    """(faces, 478, 3) of every clear face in the folder's pictures, and in every 40th frame of its clips."""
    provider = choose_provider("cpu")
    detector, mesh = FaceDetector(provider), LandmarkNetwork(provider)
    found = []

    def infer(picture: NDArray[Any]) -> None:
        image: Image = np.asarray(picture, np.uint8)
        for detection in detector.detect_closely(image):
            first = mesh.infer(image, detection.region)
            if first.score < SCORE:
                continue
            result = mesh.infer(image, region_from_landmarks(first.landmarks))
            eyes = np.hypot(*(result.landmarks[33, :2] - result.landmarks[263, :2]))
            if result.score >= SCORE and eyes >= MIN_EYE_DISTANCE_PX:
                found.append(result.landmarks)

    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".jpg", ".png"}):
        image = cv2.imread(str(path))
        if image is not None:
            infer(image)
    for path in sorted(folder.rglob("*.mp4")):
        with av.open(str(path)) as container:
            for i, frame in enumerate(container.decode(video=0)):
                if i % FRAME_STEP == 0:
                    infer(frame.to_ndarray(format="bgr24"))
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.canonical", description=__doc__)
    parser.add_argument("folder", type=Path, help="pictures and clips of many people")
    parser.add_argument("--out", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    landmarks = landmarks_in(arguments.folder)
    mean = mean_face(landmarks, distance_mm=VIEWING_DISTANCE_MM)
    source = read_from_wheel(fetch_wheel(), CONNECTIONS).decode()
    vertices = mean.vertices_mm
    triangles = outward(triangles_from_edges(tesselation_edges(source)), vertices)
    outline, *holes = boundary_loops(triangles)
    lids = np.array([t for hole in holes for t in close_loop(hole, vertices)], np.uint32)
    uvs = unwrap(vertices[:MESH_COUNT], np.concatenate([triangles, lids]), outline, mean.mirror)
    save_npz(
        arguments.out,
        vertices_mm=vertices.astype(np.float32),
        triangles=triangles,
        lid_triangles=lids,
        uvs=uvs,
        weights=mean.weights.astype(np.float32),
        mirror=mean.mirror.astype(np.int32),
    )
    print(
        f"{len(landmarks)} faces -> {arguments.out}: residual {mean.residual_mm:.2f} mm, "
        f"{len(triangles)} + {len(lids)} triangles, {len(holes)} holes closed"
    )


if __name__ == "__main__":
    main()
