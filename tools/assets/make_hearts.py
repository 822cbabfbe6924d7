"""``python -m tools.assets.make_hearts``: heart-shaped glasses with tinted lenses."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from tools.assets.glb import Node, Part, glb, material
from tools.assets.meshes import Array
from tools.assets.packs import write
from tools.assets.shapes import joined, spaced, tube, turn
from tools.assets.spectacles import (
    Front,
    gradient,
    grown,
    hinge,
    lens,
    rim,
    sided,
    temple,
    whole,
    wire,
)

TARGET = "hearts/hearts.glb"
FRONT = Front(lens_u=34.5, bend_mm=190.0, tilt_deg=8.0, centre=(-4.0, 19.0))
WIDTH, HEIGHT, LEAN_DEG = 53.0, 48.0, -7.0
MATERIALS: list[dict[str, Any]] = [
    material("acetate", [0.55, 0.006, 0.03, 1.0], roughness=0.16),
    material("metal", [0.90, 0.70, 0.42, 1.0], roughness=0.25, metallic=1.0),
    material(
        "lens",
        [1.0, 1.0, 1.0, 1.0],
        roughness=0.03,
        extensions={
            "KHR_materials_ior": {"ior": 1.6},
            "KHR_materials_transmission": {"transmissionFactor": 0.95},
        },
    ),
]


def heart(count: int = 110) -> Array:
    """(count, 2) u, v, counter-clockwise: the heart of sines and cosines, notch and tip rounded."""
    t = np.linspace(0.0, 2 * np.pi, 2000, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    curve = spaced(np.stack([x, y], axis=1), 2000, closed=True)[::-1]
    kernel = cv2.getGaussianKernel(241, 34).ravel()
    padded = np.concatenate([curve[-120:], curve, curve[:120]])
    curve = np.stack([np.convolve(padded[:, k], kernel, "valid") for k in range(2)], axis=1)
    curve = (curve - curve.min(axis=0)) / np.ptp(curve, axis=0) - 0.5
    curve = curve * [WIDTH, HEIGHT] @ turn("z", LEAN_DEG)[:2, :2].T
    return np.asarray(spaced(curve, count, closed=True) + np.array([FRONT.lens_u, -1.5]))


def build() -> bytes:
    """The whole model as the bytes of a ``.glb`` file."""
    line = heart()
    glass = gradient(lens(FRONT, grown(line, -0.6), 5), (0.55, 0.42, 0.5), (1.0, 1.0, 1.0), 0.0, 0.9)
    inner = float(line[:, 0].min())
    bridge = np.array(
        [
            [-inner + 0.3, 4.6, -0.2],
            [-4.0, 7.6, 0.8],
            [0.0, 8.5, 1.2],
            [4.0, 7.6, 0.8],
            [inner - 0.3, 4.6, -0.2],
        ]
    )
    outer = float(line[:, 0].max())
    end = (outer + 1.8, 10.5, -1.2)
    start = FRONT.place(np.array([[outer + 3.4, end[1], -3.6]]))[0]
    bow, _ = temple(start, 2.6, 2.9, flat=0.62, around=12)
    tongue = np.array([[outer - 1.0, 9.6, 0.0], [outer + 1.6, 10.4, -0.6], [outer + 4.0, 10.6, -3.8]])
    stud = FRONT.place(np.array([[outer + 1.4, 10.2, 1.5]]))[0]
    studs = tube(np.stack([stud, stud + 0.9 * FRONT.forward()]), 1.1, 10)
    acetate = whole(
        rim(FRONT, grown(line, 0.7), 2.0, 12, flat=1.12),
        wire(FRONT, tongue, 2.3, 8, 10),
        hinge(FRONT, (outer + 3.0, 10.5, -2.6), (2.4, 2.9, 2.6)),
        bow,
    )
    nose = wire(FRONT, bridge, 2.0, 17, 10)
    left, right = sided(glass)
    nodes = [
        Node("frame", (Part(joined([acetate, nose]), "acetate"), Part(whole(studs), "metal"))),
        Node("lenses", (Part(joined([left, right]), "lens"),)),
    ]
    return glb(nodes, MATERIALS, "tools/assets/make_hearts.py")


FILES = {TARGET: build}

if __name__ == "__main__":
    write(FILES)
