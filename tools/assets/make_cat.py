"""``python -m tools.assets.make_cat``: ears about ``head_top``, nose and whiskers about ``nose_tip``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.assets.ears import Leaf, bent, chain, faced, fringe, toned
from tools.assets.face_surface import surface_map
from tools.assets.glb import Node, Part, Pixels, glb, jpeg, material, png, webp
from tools.assets.meshes import Array, unit
from tools.assets.packs import write
from tools.assets.shapes import Shape, ball, catmull, joined, recomputed, tube, turn
from tools.assets.strands import fringe as fringe_picture
from tools.assets.strands import fur

HEIGHT, HALF_WIDTH, CUP = 74.0, 31.0, 15.0
PLACE = np.array([46.0, -25.0, 33.0])
"""Of the ear's base, from ``head_top``."""
STARTS = (0.0, 0.42 * HEIGHT, 0.8 * HEIGHT)
"""Where the joints sit, along the ear."""


def fur_material(
    name: str, colour: tuple[float, float, float], picture: str, *, mask: bool = False
) -> dict[str, Any]:
    """A material of fur: a coat, or with ``mask`` single hairs with nothing between them."""
    material: dict[str, Any] = {
        "name": name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*colour, 1.0],
            "baseColorTexture": {"index": picture},
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "extensions": {"KHR_materials_specular": {"specularFactor": 0.0}},
    }
    return material | ({"alphaMode": "MASK", "alphaCutoff": 0.35, "doubleSided": True} if mask else {})


COAT = (0.55, 0.30, 0.13)
EAR_MATERIALS: list[dict[str, Any]] = [
    fur_material("fur", COAT, "fur"),
    fur_material("fringe", COAT, "fringe", mask=True),
    fur_material("tuft", (0.95, 0.90, 0.85), "fringe", mask=True),
    material("skin", [0.80, 0.42, 0.38, 1.0], roughness=0.6),
]
FACE_MATERIALS: list[dict[str, Any]] = [
    material("nose", [0.78, 0.26, 0.26, 1.0], roughness=0.38),
    material("whiskers", [0.92, 0.90, 0.87, 1.0], roughness=0.4),
]


def leaf() -> Leaf:
    """The ear about the middle of its base, its hollow toward +Z."""
    s = np.linspace(0.0, 1.0, 22)
    wide = HALF_WIDTH * np.clip(1 - s**1.35, 0, 1) ** 0.78
    wide = np.maximum(wide * (1 + 0.10 * np.sin(np.pi * s)), 0.25)
    line = np.stack([3.0 * s**2, HEIGHT * s, -5.0 * s**2], axis=1)
    across = np.tile([1.0, 0.0, 0.0], (len(s), 1))
    return Leaf(line, across, wide, CUP * np.clip(1 - s, 0, 1) ** 0.8)


def placed(shape: Shape) -> Shape:
    """On the person's left (+X): turned outward, leaning outward and a little forward."""
    return shape.turned(turn("z", -19.0) @ turn("y", 24.0) @ turn("x", 6.0)).moved(*PLACE)


def ear() -> dict[str, Shape]:
    """The left ear's shapes by material, in the model's frame."""
    one = leaf()
    up = np.array([0.0, 1.0, 0.0])

    def shade(shape: Shape) -> Shape:  # darker toward the tip and deep in the hollow
        rise = np.clip(shape.positions[:, 1] / HEIGHT, 0, 1)
        return toned(shape, 1.0 - 0.35 * rise**2)

    rim = joined([one.hollow(-1.0, -0.66), one.hollow(0.66, 1.0)])
    coat = shade(joined([one.back(), rim]))
    skin = one.hollow(-0.68, 0.68)
    deep = 1 - np.clip((skin.positions[:, 2] + CUP) / CUP, 0, 1)
    low = 1 - np.clip(skin.positions[:, 1] / (0.55 * HEIGHT), 0, 1)
    skin = toned(skin, 1.0 - 0.45 * deep * (0.35 + 0.65 * low))
    edge = one.edge()
    outward = np.concatenate([one.across, -one.across[::-1]])
    forward = np.concatenate([one.ahead, one.ahead[::-1]])
    ways = unit(0.75 * outward + 0.75 * up + 0.15 * forward)
    hairs = [
        fringe(edge, ways, 9.0, 40.0, seed=1),
        fringe(edge, unit(ways - 0.5 * forward), 8.0, 36.0, seed=2),
    ]
    # Hairs hang from the base over the person's own hair: no edge shows where the ear begins.
    t = np.linspace(1.0, -1.0, 15)
    base, behind = one.points(t)[1], one.points(t, 2.0)[1]
    spread = np.stack([0.5 * t, 0 * t, 0 * t], axis=1)
    hairs += [
        fringe(base, unit(np.array([0.0, -1.0, 0.30]) + spread), 15.0, 34.0, seed=3),
        fringe(one.points(t)[3], unit(np.array([0.0, -1.0, 0.45]) + spread), 15.0, 30.0, seed=4),
        fringe(behind, unit(np.array([0.0, -1.0, -0.5]) + spread), 15.0, 34.0, seed=5),
    ]
    tufts = []
    for k, (side, height, reach, lean) in enumerate(
        (
            (0.66, 0.10, 36.0, -0.55),
            (0.66, 0.30, 26.0, -0.6),
            (-0.66, 0.10, 36.0, 0.55),
            (-0.66, 0.30, 26.0, 0.6),
            (0.3, 0.03, 30.0, -0.2),
            (-0.3, 0.03, 30.0, 0.2),
        )
    ):
        row = int(height * 21)
        span = one.points(np.array([side]))[row : row + 6, 0] + [0.0, 0.0, 0.6]
        if abs(side) < 0.5:
            span = one.points(np.linspace(side - 0.28, side + 0.28, 6))[1]
        ways_in = np.tile(unit(np.array([[lean, 1.0, 0.30]])), (len(span), 1))
        tufts.append(
            fringe(span, ways_in, reach, 26.0, seed=10 + k, step=3.0, rows=4, droop=np.array([0, 0, 0.10]))
        )
    return {
        "fur": coat,
        "skin": skin,
        "fringe": shade(faced(joined(hairs), (0.0, 0.2, 1.0))),
        "tuft": toned(faced(joined(tufts), (0.0, 0.3, 1.0)), np.ones(sum(len(x.positions) for x in tufts))),
    }


def ears() -> bytes:
    """Both ears, each on a chain of three joints."""
    line = leaf().line
    line = placed(Shape(line, line, np.zeros((0, 3), np.int64))).positions
    nodes = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        here = line * [sign, 1.0, 1.0]
        parts = []
        for surface, shape in ear().items():
            whole = placed(shape) if sign > 0 else placed(shape).mirrored()
            parts.append(Part(bent(whole, here, STARTS), surface))
        names = tuple(f"ear_{side}{end}" for end in ("", "_middle", "_tip"))
        nodes += [chain(names, here, STARTS), Node(f"ear_{side}_fur", tuple(parts), skin=names)]
    pictures = {
        "fur": jpeg(fur((256, 256), 4200, 3, length=0.16)[..., :3], 85),
        "fringe": png(fringe_picture((256, 64), 190, 4)),
    }
    return glb(nodes, EAR_MATERIALS, "tools/assets/make_cat.py", pictures=pictures)


def nose() -> Shape:
    """A cat's nose, broad above and pointed below."""
    shape = ball((1.0, 1.0, 1.0), 18, 28)
    x, y, z = shape.positions.T
    wide = 0.62 + 0.42 * np.clip((y + 1) / 2, 0, 1) ** 0.8
    dent = 0.10 * np.exp(-((x / 0.16) ** 2)) * np.clip(0.5 - y, 0, 1)
    squared = np.sign(y) * np.abs(y) ** 0.85
    points = np.stack(
        [x * wide * 12.0, squared * 7.6 + 1.4 * np.abs(x) * (y > -0.2), z * (7.0 - 6.0 * dent)], axis=1
    )
    hole = np.exp(-(((np.abs(points[:, 0]) - 5.6) / 2.3) ** 2) - (((points[:, 1] + 3.4) / 1.5) ** 2)) * (
        z > 0
    )
    points[:, 2] -= 1.6 * hole
    normals = recomputed(points, shape)
    shape = Shape(points, normals, shape.triangles, shape.uvs)
    groove = np.exp(-((x / 0.05) ** 2)) * np.clip(-y + 0.1, 0, 1)
    return toned(shape, 1.0 - 0.85 * hole - 0.5 * groove)


def whiskers() -> Shape:
    """Three on each cheek, from the upper lip outward, bent down by their weight."""
    hairs = []
    for k, (y, z, reach, rise, droop) in enumerate(
        (
            (-9.5, -13.0, 60.0, 0.22, -0.20),
            (-13.5, -15.0, 66.0, 0.03, -0.24),
            (-17.0, -18.0, 58.0, -0.16, -0.26),
        )
    ):
        s = np.linspace(0.0, 1.0, 10)
        start = np.array([15.0 + 1.5 * k, y, z])
        way = unit(np.array([[1.0, rise, 0.16]]))[0]
        path = (
            start
            + (s * reach)[:, None] * way
            + (s**2)[:, None] * np.array([0.0, droop * reach, -0.25 * reach])
        )
        hairs.append(tube(catmull(path, 12), 0.62 * (1 - 0.8 * np.linspace(0, 1, 12)), 6))
    return joined(hairs).both()


def face() -> bytes:
    """Nose and whiskers."""
    nodes = [
        Node("nose", (Part(nose(), "nose"),)),
        Node("whiskers", (Part(whiskers(), "whiskers"),)),
    ]
    return glb(nodes, FACE_MATERIALS, "tools/assets/make_cat.py")


def muzzle() -> Pixels:
    """(512, 512, 4) white round the mouth and up the nose, and the dots that whiskers grow from."""
    side = 512
    x, y, _ = np.moveaxis(surface_map(side).places, 2, 0)

    def hill(cx: float, cy: float, rx: float, ry: float) -> Array:
        return np.asarray(np.exp(-((((np.abs(x) - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) ** 1.3)))

    alpha = np.clip(hill(13.0, -52.0, 20.0, 13.0) + 0.8 * hill(0.0, -94.0, 18.0, 12.0), 0, 1) * 0.55
    alpha = np.maximum(alpha, 0.35 * np.exp(-((x / 7.0) ** 2)) * np.exp(-(((y + 8) / 32.0) ** 4)))
    colour = np.full((side, side, 3), 245.0)
    for dx, dy in ((17, -47), (22, -49.5), (27, -50), (17.5, -52), (23, -54.5), (28.5, -55), (19.5, -57)):
        dot = np.exp(-((((np.abs(x) - dx) ** 2 + (y - dy) ** 2) / 1.15) ** 2))
        alpha = np.maximum(alpha, 0.8 * dot)
        colour = colour * (1 - dot[..., None]) + np.array([60.0, 40.0, 34.0]) * dot[..., None]
    alpha[~surface_map(side).inside] = 0.0
    return np.asarray(np.rint(np.dstack([colour, alpha * 255])).astype(np.uint8), np.uint8)


FILES = {
    "cat/ears.glb": ears,
    "cat/face.glb": face,
    "cat/muzzle.webp": lambda: webp(muzzle()),
}

if __name__ == "__main__":
    write(FILES)
