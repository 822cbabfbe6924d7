"""``python -m tools.assets.make_round``: round glasses with thick, clear, bevelled lenses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.assets.glb import Node, Part, glb, material
from tools.assets.meshes import Array
from tools.assets.packs import write
from tools.assets.shapes import Shape, catmull, grid, joined, tube
from tools.assets.spectacles import PADS, Front, hinge, lens, pad, rim, sided, temple, whole, wire

TARGET = "round/round.glb"
FRONT = Front(lens_u=33.0, bend_mm=260.0, tilt_deg=7.0, centre=(-4.0, 17.0), lens_radius_mm=110.0)
RADIUS = 23.0
BEVEL, DEPTH = 3.8, 3.2
"""Width of the bevel, and how far the lens's flat stands before its edge."""

MATERIALS: list[dict[str, Any]] = [
    material("metal", [0.80, 0.62, 0.42, 1.0], roughness=0.22, metallic=1.0),
    material("tips", [0.16, 0.055, 0.02, 1.0], roughness=0.2),
    PADS,
    material(
        "glass",
        [0.97, 0.99, 0.98, 1.0],
        roughness=0.02,
        extensions={
            "KHR_materials_ior": {"ior": 1.6},
            "KHR_materials_transmission": {"transmissionFactor": 1.0},
            "KHR_materials_volume": {"thicknessFactor": 10.0},
        },
    ),
    material(
        "bevel",
        [0.86, 0.95, 0.92, 1.0],
        roughness=0.03,
        extensions={
            "KHR_materials_ior": {"ior": 1.6},
            "KHR_materials_transmission": {"transmissionFactor": 1.0},
            "KHR_materials_volume": {"thicknessFactor": 16.0},
        },
    ),
]


def circle(radius: float, count: int = 72) -> Array:
    """(count, 2) counter-clockwise about the middle of the lens."""
    t = np.arange(count) * 2 * np.pi / count
    return np.stack([FRONT.lens_u + radius * np.cos(t), radius * np.sin(t)], axis=1)


def bevel(rows: int = 5) -> Shape:
    """The polished edge: rounded from the lens's flat down to the rim."""
    t = np.linspace(0.0, np.pi / 2, rows)
    rings = []
    for a in t:
        line = circle(RADIUS - BEVEL * (1 - np.sin(a)))
        rings.append(FRONT.place(np.column_stack([line, np.full(len(line), DEPTH * np.cos(a) - 0.3)])))
    shape = grid(np.stack(rings), round_=True)
    return shape if shape.normals[:, 2].mean() > 0 else shape.inside_out()


def build() -> bytes:
    """The whole model as the bytes of a ``.glb`` file."""
    line = circle(RADIUS + 0.2)
    flat = lens(FRONT, circle(RADIUS - BEVEL), 4, rise=DEPTH - 0.3)
    arch = np.array(
        [
            [-10.3, 5.0, 0.2],
            [-7.0, 8.4, 2.0],
            [0.0, 10.4, 3.0],
            [7.0, 8.4, 2.0],
            [10.3, 5.0, 0.2],
        ]
    )
    u = FRONT.lens_u
    arm = np.array([[u - 22.8, -3.5, -0.4], [u - 24.4, -6.0, -4.6], [u - 23.2, -9.5, -5.2]])
    corner = (u + RADIUS + 3.2, 5.0, -1.2)
    tongue = np.array(
        [
            [u + RADIUS - 0.2, 5.2, 0.0],
            [corner[0] + 2.0, corner[1], -0.8],
            [corner[0] + 7.0, corner[1] + 0.5, -2.5],
        ]
    )
    start = FRONT.place(np.array([[corner[0] + 7.0, corner[1] + 0.5, -2.5]]))[0]
    bow, sleeve = temple(start, 0.95, 1.7, flat=0.8)
    metal = whole(
        rim(FRONT, line, 1.0, 9),
        wire(FRONT, arm, 0.5, 8, 6),
        wire(FRONT, tongue, 1.25, 8, 8),
        hinge(FRONT, (corner[0] + 6.6, corner[1] + 0.4, -3.2), (1.9, 2.1, 2.4)),
        bow,
    )
    bridge = tube(FRONT.place(catmull(arch, 19)), 1.15, 9)
    pads = whole(pad(FRONT, (u - 23.8, -10.0, -5.8), (1.3, 5.0, 2.9), (-28.0, -16.0)))
    nodes = [Node("frame", (Part(joined([metal, bridge]), "metal"), Part(whole(sleeve), "tips")))]
    nodes.append(Node("pads", (Part(pads, "pads"),)))
    for side, glass, edge in zip(("left", "right"), sided(flat), sided(bevel()), strict=True):
        nodes += [Node(f"lens_{side}", (Part(glass, "glass"), Part(edge, "bevel")))]
    return glb(nodes, MATERIALS, "tools/assets/make_round.py")


FILES = {TARGET: build}

if __name__ == "__main__":
    write(FILES)
