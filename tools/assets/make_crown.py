"""``python -m tools.assets.make_crown``: a golden crown with jewels, about the anchor ``head_top``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.assets.glb import Node, Part, glb, material, png
from tools.assets.make_templates import sparkle
from tools.assets.meshes import Array
from tools.assets.packs import write
from tools.assets.shapes import Shape, ball, facetted, grid, joined, lathe, toward, turn

TARGET = "crown/crown.glb"
POINTS = 8
HALF = (72.0, 80.0)
"""Half of the crown's width and depth."""
BAND, SPIKE, FLARE = 21.0, 37.0, 0.17
"""Height of the band, of the points above it, and how far these lean outward for each millimetre."""
THICK, AROUND = 1.8, 192


def _jewel(name: str, colour: tuple[float, float, float]) -> dict[str, Any]:
    return material(
        name,
        [*colour, 1.0],
        roughness=0.05,
        emissiveFactor=[round(0.35 * c, 4) for c in colour],
        extensions={"KHR_materials_ior": {"ior": 2.1}},
    )


MATERIALS: list[dict[str, Any]] = [
    material("gold", [1.0, 0.68, 0.25, 1.0], roughness=0.24, metallic=1.0),
    _jewel("ruby", (0.62, 0.004, 0.03)),
    _jewel("sapphire", (0.01, 0.06, 0.55)),
    _jewel("emerald", (0.0, 0.32, 0.09)),
    material("pearl", [0.93, 0.88, 0.82, 1.0], roughness=0.18),
]


def on_band(angle: float | Array, y: float | Array, out: float | Array = 0.0) -> Array:
    """Points of the crown's outer face at angles from the front, y above its lower edge."""
    angle, y, out = np.broadcast_arrays(np.asarray(angle, float), y, out)
    flare = FLARE * np.maximum(y - 2.0, 0.0) * (0.35 + 0.65 * np.clip(y / (BAND + SPIKE), 0, 1))
    x = (HALF[0] + flare + out) * np.sin(angle)
    z = (HALF[1] + flare + out) * np.cos(angle)
    return np.stack([x, y, z], axis=-1)


def top_of(angle: Array) -> Array:
    """How high the gold reaches: points with hollow flanks, every second one lower."""
    phase = angle * POINTS / (2 * np.pi)
    nearest = np.round(phase)
    away = 2 * np.abs(phase - nearest)  # 0 at a point, 1 midway
    tall = np.where(nearest % 2 == 0, 1.0, 0.72)
    rise = (1 - away) ** 1.55 + 0.16 * np.exp(-(((away - 1) / 0.3) ** 2))
    return np.asarray(BAND + SPIKE * tall * rise)


def body() -> Shape:
    """The gold itself: the outer face, the edge, and of the inner face what stands above the band.

    The band has no inside: hair fills a crown, and what looks through from below would seem to float.
    """
    angle = np.arange(AROUND) * 2 * np.pi / AROUND
    top = top_of(angle)
    fractions = np.array([0.0, 0.02, 0.12, 0.25, 0.4, 0.55, 0.7, 0.85, 0.97, 1.0])
    outer = [on_band(angle, s * top, 0.0 if 0 < s < 1 else -0.5) for s in fractions[::-1]]
    height = [BAND + s * (top - BAND) for s in fractions[::-1]]
    inner = [on_band(angle, y, -THICK + (0.5 if k == 0 else 0.0)) for k, y in enumerate(height)]
    return grid(np.stack([*inner[::-1], *outer]), round_=True)


def ring(y: float, out: float, radius: float) -> Shape:
    """A round moulding about the crown."""
    angle = np.arange(120) * 2 * np.pi / 120
    middle = on_band(angle, y, out)
    outward = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1)
    t = np.linspace(np.pi / 2, -np.pi / 2, 6)  # its outer half: the rest would show from below
    up = np.array([0.0, 1.0, 0.0])
    rows = [middle + radius * (np.cos(a) * outward + np.sin(a) * up) for a in t]
    return grid(np.stack(rows), round_=True)


def facing(angle: float, y: float, out: float, shape: Shape) -> Shape:
    """A shape whose +Z looks outward, set on the crown."""
    here = on_band(angle, y, out)
    above = on_band(angle, y + 0.5, out)
    outward = np.array([np.sin(angle) / HALF[0], 0.0, np.cos(angle) / HALF[1]])
    return shape.turned(toward(outward, above - here)).moved(*here)


def stone(width: float, height: float, rise: float, sides: int = 8) -> Shape:
    """A cut stone that looks along +Z: a table and two rows of facets."""
    profile = np.array([[0.0, rise], [0.55, rise], [0.85, 0.62 * rise], [1.0, 0.0]])
    shape = lathe(profile, sides).turned(turn("x", 90.0)).turned(turn("z", 180.0 / sides))
    return facetted(shape.scaled(width, height, 1.0))


def dome(*size: float) -> Shape:
    """The half of an ellipsoid that looks along +Z."""
    t = np.linspace(0.0, np.pi / 2, 5)
    profile = np.stack([np.sin(t), np.cos(t)], axis=1)
    profile[0, 0] = 0.0
    return lathe(profile, 14).turned(turn("x", 90.0)).scaled(*size)


def build() -> bytes:
    """The whole model as the bytes of a ``.glb`` file."""
    gold = [
        body(),
        ring(1.2, 0.2, 1.9),
        ring(BAND - 1.0, 0.1, 1.5),
        ring(5.6, 0.0, 0.8),
        ring(BAND - 5.0, 0.0, 0.8),
    ]
    pearls, stones = (
        list[Shape](),
        {"ruby": list[Shape](), "sapphire": list[Shape](), "emerald": list[Shape]()},
    )
    for k in range(POINTS):
        angle = k * 2 * np.pi / POINTS
        tall = k % 2 == 0
        y = float(top_of(np.array([angle]))[0])
        pearls.append(ball(4.1 if tall else 3.3, 8, 12).moved(*on_band(angle, y + 2.6, -0.9)))
        gold.append(ball((2.6, 1.3, 2.6), 6, 10).moved(*on_band(angle, y - 0.6, -0.9)))
        name, size = ("ruby", (5.2, 6.6)) if tall else ("sapphire", (5.0, 5.0))
        middle = BAND / 2 + 0.3
        stones[name].append(facing(angle, middle, 0.6, stone(*size, 3.2)))
        gold.append(facing(angle, middle, 0.0, dome(size[0] + 1.3, size[1] + 1.3, 1.6)))
        high = BAND + (y - BAND) * 0.33
        stones["emerald" if tall else "ruby"].append(facing(angle, high, 0.4, stone(3.4, 4.6, 2.4)))
        gold.append(facing(angle, high, 0.0, dome(4.4, 5.6, 1.2)))
        half = angle + np.pi / POINTS
        for sign in (-1, 1):
            between = half + sign * np.pi / POINTS * 0.36
            pearls.append(facing(between, middle, 0.0, dome(1.9, 1.9, 2.2)))
        stones["emerald"].append(facing(half, middle, 0.3, stone(3.0, 4.0, 2.2)))
        gold.append(facing(half, middle, 0.0, dome(4.0, 5.0, 1.2)))
        pearls.append(ball(2.2, 6, 10).moved(*on_band(half, float(top_of(np.array([half]))[0]) + 1.2, -0.9)))
    parts = [Part(joined(gold), "gold"), Part(joined(pearls), "pearl")]
    parts += [Part(joined(shapes), name) for name, shapes in stones.items()]
    return glb([Node("crown", tuple(parts))], MATERIALS, "tools/assets/make_crown.py")


FILES = {TARGET: build, "crown/sparkle.png": lambda: png(sparkle())}

if __name__ == "__main__":
    write(FILES)
