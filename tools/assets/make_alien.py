"""``python -m tools.assets.make_alien``: green skin with scales, and two feelers on springs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.assets import face_drawing as draw
from tools.assets.colour_tables import Colours, cube, encoded, oklab, smooth
from tools.assets.face_drawing import Floats, Stroke, on_both
from tools.assets.glb import Node, Part, glb, material
from tools.assets.packs import write
from tools.assets.shapes import Shape, ball, catmull, tube

SEED = 21
LIGHT, MIDDLE, DEEP, MINT = (0.66, 0.86, 0.42), (0.38, 0.66, 0.30), (0.09, 0.30, 0.20), (0.80, 0.97, 0.70)

# Places on the person's right half, at the left of the texture; mirrored.
SOCKET = (
    (0.445, 0.400),
    (0.425, 0.320),
    (0.350, 0.262),
    (0.255, 0.270),
    (0.190, 0.330),
    (0.235, 0.395),
    (0.320, 0.432),
    (0.400, 0.432),
)
RIDGES = (
    Stroke(((0.500, 0.060), (0.500, 0.150), (0.500, 0.240), (0.500, 0.300)), 0.030, 0.3, 0.1, 0.5),
    Stroke(((0.415, 0.070), (0.425, 0.140), (0.450, 0.215), (0.476, 0.290)), 0.022, 0.3, 0.1, 0.5),
    Stroke(((0.325, 0.090), (0.330, 0.150), (0.365, 0.215), (0.420, 0.262)), 0.020, 0.3, 0.1, 0.5),
    Stroke(((0.235, 0.130), (0.235, 0.180), (0.270, 0.228), (0.330, 0.246)), 0.018, 0.3, 0.1, 0.5),
    Stroke(((0.110, 0.380), (0.160, 0.470), (0.235, 0.520), (0.320, 0.520)), 0.020, 0.3, 0.1, 0.5),
    Stroke(((0.085, 0.470), (0.140, 0.555), (0.215, 0.605), (0.290, 0.612)), 0.020, 0.3, 0.1, 0.5),
    Stroke(((0.095, 0.560), (0.150, 0.640), (0.225, 0.690), (0.300, 0.700)), 0.018, 0.3, 0.1, 0.5),
)
LIPS = (
    (0.500, 0.630),
    (0.440, 0.625),
    (0.374, 0.700),
    (0.435, 0.755),
    (0.500, 0.766),
)
SCALES = 46
"""Rows of scales over the height of the texture."""

ROOT_MM, HEIGHT_MM, JOINTS = (34.0, -8.0, 24.0), 80.0, 4
HUES_DEG = (10.0, 28.0, 78.0, 100.0)
"""Of skin, in Oklab: none, all, all, none."""

YELLOWISH_DEG = (56.0, 64.0)
"""Where the hues begin that skin has only when it is pale, and wood when it is not."""

CHROMA, PALE_CHROMA = (0.105, 0.13), (0.06, 0.076)
"""Of skin, in Oklab: all, none. Orange clothes begin at 0.13, oak and pine at 0.078. Walnut is as skin."""
GREEN_DEG = 142.0


def skin() -> NDArray[np.uint8]:
    """(1024, 1024, 4) the skin, straight alpha."""
    rng = np.random.default_rng(SEED)
    x, y = draw.grid()
    away = np.abs(x - 0.5)
    clouds = draw.noise(rng, 7, 4)
    colour = np.broadcast_to(np.array(MIDDLE, np.float32), (draw.LARGE, draw.LARGE, 3)).copy()
    colour = draw.over(colour, LIGHT, np.clip(0.95 - away / 0.2, 0, 1) * np.clip((y - 0.28) / 0.2, 0, 1))
    colour = draw.over(colour, DEEP, 0.62 * np.clip((away - 0.17) / 0.3, 0, 1))
    colour = draw.over(colour, DEEP, 0.45 * np.clip((0.26 - y) / 0.22, 0, 1))
    colour = draw.over(colour, LIGHT, 0.35 * np.clip(clouds, 0, 1))
    edges, bumps = _scales(x, y)
    scaled = np.clip((away - 0.14) / 0.12, 0, 1) + np.clip((0.30 - y) / 0.10, 0, 1)
    scaled = np.clip(scaled, 0, 1) * np.clip(0.7 + 0.6 * clouds, 0, 1)
    colour = draw.over(colour, DEEP, 0.75 * edges * scaled)
    colour = draw.over(colour, MINT, 0.30 * bumps * scaled)
    ridges = draw.blurred(draw.brushed(on_both(RIDGES)), 0.005)
    shade = np.asarray(np.roll(ridges, draw.LARGE // 110, axis=0), np.float32)
    colour = draw.over(colour, DEEP, 0.75 * np.clip(shade - ridges, 0, 1))
    colour = draw.over(colour, MINT, 0.55 * ridges)
    socket = draw.patch(SOCKET, soft=0.035)
    colour = draw.over(colour, DEEP, 0.9 * socket)
    colour = draw.over(colour, (0.02, 0.08, 0.08), 0.85 * draw.patch(_nearer(SOCKET, 0.62), soft=0.03))
    colour = draw.over(colour, DEEP, 0.85 * draw.patch(LIPS, soft=0.014))
    for u in (0.462, 0.538):
        colour = draw.over(colour, DEEP, 0.8 * draw.spot((u, 0.556), (0.016, 0.010)))
    dots = _speckles(rng, x, y)
    colour = draw.over(colour, MINT, 0.75 * dots)
    alpha = np.full_like(x, 0.82) * np.clip((0.475 - np.hypot(x - 0.5, y - 0.5)) / 0.13, 0, 1)
    return draw.picture(colour, alpha)


def _nearer(places: draw.Places, fraction: float) -> list[tuple[float, float]]:
    """A smaller outline within."""
    middle = np.mean(places, axis=0)
    return [(float(u), float(v)) for u, v in middle + fraction * (np.array(places) - middle)]


def _scales(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Lines between scales and their domes, in rows that are shifted by half of one."""
    row = np.floor(y * SCALES)
    across = x * SCALES * 0.8 + 0.5 * (row % 2)
    u, v = across - np.floor(across) - 0.5, y * SCALES - row - 0.5
    way = np.hypot(u * 1.9, v * 1.9)
    return np.asarray(np.clip((way - 0.72) / 0.25, 0, 1)), np.asarray(np.clip(1.0 - way / 0.7, 0, 1))


def _speckles(rng: np.random.Generator, x: Floats, y: Floats) -> Floats:
    """Bright dots over brows and cheekbones."""
    found = np.zeros_like(x)
    for k in range(26):
        t = rng.uniform()
        u, v = (
            (0.20 + 0.22 * t, 0.205 - 0.075 * np.sin(np.pi * t))
            if k % 2
            else (0.15 + 0.17 * t, 0.43 + 0.06 * t)
        )
        u, v = u + rng.normal(0, 0.012), v + rng.normal(0, 0.014)
        size = rng.uniform(0.002, 0.0055)
        for side in (u, 1.0 - u):
            reach = 2.0 * size
            here = np.s_[_texel(v - reach) : _texel(v + reach), _texel(side - reach) : _texel(side + reach)]
            dot = np.clip(1.5 - np.hypot(x[here] - side, (y[here] - v) * 0.82) / size, 0, 1)
            found[here] = np.maximum(found[here], dot)
    return found


def _texel(fraction: float) -> int:
    return int(fraction * draw.LARGE)


def green(colours: Colours) -> Colours:
    """Skin becomes green, lightness stays, and everything else a little greener: what no mesh reaches."""
    lab = oklab(colours)
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    low, first, last, high = HUES_DEG
    yellowish = smooth(*YELLOWISH_DEG, hue)
    all_of, none_of = (a + (b - a) * yellowish for a, b in zip(CHROMA, PALE_CHROMA, strict=True))
    fraction = smooth(low, first, hue) * (1.0 - smooth(last, high, hue)) * smooth(0.008, 0.03, chroma)
    fraction *= smooth(0.24, 0.45, lab[:, 0]) * (1.0 - smooth(all_of, none_of, chroma))
    to = np.radians(hue + (GREEN_DEG - hue) * fraction)
    chroma = np.minimum(chroma * (1.0 + 0.1 * fraction) + 0.03 * fraction, 0.3)
    turned = np.stack([lab[:, 0] * (1.0 - 0.08 * fraction), chroma * np.cos(to), chroma * np.sin(to)], axis=1)
    return encoded(turned)


MATERIALS: list[dict[str, Any]] = [
    material("skin", [0.10, 0.34, 0.10, 1.0], roughness=0.45),
    material("tip", [0.30, 0.95, 0.45, 1.0], roughness=0.15, emissiveFactor=[0.16, 0.75, 0.28]),
]


def feelers() -> bytes:
    """Two feelers, each a chain of joints; origin on top of the head."""
    return glb([_feeler("right", -1.0), _feeler("left", 1.0)], MATERIALS, "tools/assets/make_alien.py")


def _feeler(side: str, sign: float) -> Node:
    line = np.array([[0.0, -8.0, -2.0], [3.0, 22.0, 0.0], [9.0, 48.0, 5.0], [21.0, HEIGHT_MM, 14.0]])
    path = catmull(line * [sign, 1.0, 1.0], 25)
    t = np.linspace(0.0, 1.0, len(path))
    bumps = 1.0 + 0.10 * np.sin(2 * np.pi * 7 * t)
    at = [round(k * (len(path) - 1) / JOINTS) for k in range(JOINTS)]
    names = [f"feeler_{side}" + (f"_{k}" if k else "") for k in range(JOINTS)]
    root = np.array([sign * ROOT_MM[0], *ROOT_MM[1:]])
    stem = _skinned(tube(path, (5.6 - 3.4 * t) * bumps, 12), path, at).moved(*root)
    tip = ball(7.5, 12, 18).moved(*(path[-1] + root))
    tip = replace(
        tip,
        joints=np.tile([JOINTS - 1, 0, 0, 0], (len(tip.positions), 1)),
        weights=np.tile([1.0, 0.0, 0.0, 0.0], (len(tip.positions), 1)),
    )
    chain: tuple[Node, ...] = ()
    for k in reversed(range(JOINTS)):
        before = path[at[k - 1]] if k else np.zeros(3)
        place = path[at[k]] - before
        chain = (Node(names[k], at=(float(place[0]), float(place[1]), float(place[2])), children=chain),)
    mesh = Node(f"mesh_{side}", (Part(stem, "skin"), Part(tip, "tip")), skin=tuple(names))
    return Node(f"place_{side}", at=(float(root[0]), float(root[1]), float(root[2])), children=(*chain, mesh))


def _skinned(shape: Shape, path: NDArray[np.float64], at: list[int]) -> Shape:
    """Every corner goes with the two joints that it lies between, as far as it is along the path."""
    nearest = np.linalg.norm(shape.positions[:, None] - path, axis=-1).argmin(axis=1)
    place = np.interp(nearest, at, np.arange(len(at)))
    low = np.minimum(place.astype(int), len(at) - 1)
    high = np.minimum(low + 1, len(at) - 1)
    fraction = np.clip(place - low, 0.0, 1.0)
    zeros = np.zeros_like(low)
    return replace(
        shape,
        joints=np.stack([low, high, zeros, zeros], axis=1),
        weights=np.stack([1.0 - fraction, fraction, zeros, zeros], axis=1),
    )


FILES = {
    "alien/skin.webp": lambda: draw.webp(skin()),
    "alien/green.cube": lambda: cube("Green skin", green),
    "alien/feelers.glb": feelers,
}

if __name__ == "__main__":
    write(FILES)
