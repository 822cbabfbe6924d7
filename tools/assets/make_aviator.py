"""``python -m tools.assets.make_aviator``: wire-framed aviator sunglasses in the head frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.assets.glb import Node, Part, glb, material
from tools.assets.packs import write
from tools.assets.shapes import joined
from tools.assets.spectacles import (
    PADS,
    Front,
    gradient,
    grown,
    hinge,
    lens,
    outline,
    pad,
    rim,
    sided,
    temple,
    whole,
    wire,
)

TARGET = "aviator/aviator.glb"
FRONT = Front(lens_u=35.0, bend_mm=175.0, centre=(-6.0, 18.5))
DROP = (
    (-26.5, 12.0),
    (-21.5, 19.0),
    (-10.0, 21.8),
    (5.0, 21.6),
    (17.5, 18.6),
    (25.6, 10.6),
    (27.4, -0.5),
    (24.2, -12.0),
    (16.6, -21.4),
    (5.4, -26.2),
    (-6.0, -25.0),
    (-15.2, -17.8),
    (-21.6, -7.8),
    (-25.8, 2.4),
)
"""The teardrop about the middle of the lens on the viewer's right, clockwise."""

RIM, WIRE = 0.95, 0.8
MATERIALS: list[dict[str, Any]] = [
    material("metal", [0.80, 0.55, 0.24, 1.0], roughness=0.2, metallic=1.0),
    material("tips", [0.02, 0.015, 0.012, 1.0], roughness=0.3),
    PADS,
    material(
        "lens",
        [1.0, 1.0, 1.0, 1.0],
        roughness=0.03,
        extensions={
            "KHR_materials_ior": {"ior": 1.75},  # a thin mirror coat
            "KHR_materials_transmission": {"transmissionFactor": 0.92},
        },
    ),
]


def build() -> bytes:
    """The whole model as the bytes of a ``.glb`` file."""
    line = outline(DROP[::-1], FRONT, 68)
    glass = gradient(lens(FRONT, grown(line, -0.2), 4), (0.16, 0.15, 0.15), (1.0, 1.0, 1.0), 0.05, 0.8)
    u = FRONT.lens_u
    inner = line[np.argmin(line[:, 0])]
    saddle = np.array(
        [[-inner[0], 4.0, 0.2], [-6.0, 7.2, 2.2], [0.0, 8.2, 2.8], [6.0, 7.2, 2.2], [inner[0], 4.0, 0.2]]
    )
    bar = np.array(
        [
            [-(u - 13.0), 21.4, 0.2],
            [-12.0, 20.9, 1.8],
            [0.0, 20.6, 2.4],
            [12.0, 20.9, 1.8],
            [u - 13.0, 21.4, 0.2],
        ]
    )
    arm = np.array([[u - 25.6, 2.5, -0.3], [u - 27.0, -1.0, -4.4], [u - 25.6, -5.5, -5.4]])
    corner = (u + 28.6, 9.0, -2.2)
    start = FRONT.place(np.array([[corner[0] + 1.2, corner[1], -4.5]]))[0]
    bow, sleeve = temple(start, 0.95, 1.7, flat=0.75)
    metal = whole(
        rim(FRONT, line, RIM, 7, flat=1.05),
        wire(FRONT, arm, 0.5, 8, 6),
        hinge(FRONT, corner, (2.6, 2.0, 2.8)),
        bow,
    )
    bridges = joined([wire(FRONT, saddle, WIRE + 0.15, 17), wire(FRONT, bar, WIRE, 19)])
    pads = whole(pad(FRONT, (u - 26.2, -6.0, -6.0), (1.3, 5.2, 2.9), (-28.0, -14.0)))
    left, right = sided(glass)
    nodes = [
        Node("frame", (Part(joined([metal, bridges]), "metal"), Part(whole(sleeve), "tips"))),
        Node("pads", (Part(pads, "pads"),)),
        Node("lenses", (Part(joined([left, right]), "lens"),)),
    ]
    return glb(nodes, MATERIALS, "tools/assets/make_aviator.py")


FILES = {TARGET: build}

if __name__ == "__main__":
    write(FILES)
