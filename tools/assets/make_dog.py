"""``python -m tools.assets.make_dog``: ears about ``head_top``, a nose, a tongue about ``mouth``."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from tools.assets.ears import Leaf, bent, chain, faced, fringe, toned
from tools.assets.face_surface import surface_map
from tools.assets.glb import Node, Part, Pixels, Track, glb, jpeg, material, png, webp
from tools.assets.make_cat import fur_material
from tools.assets.meshes import unit
from tools.assets.packs import write
from tools.assets.shapes import Shape, ball, catmull, grid, joined, recomputed
from tools.assets.strands import fringe as fringe_picture
from tools.assets.strands import fur

EAR_PATH = np.array(
    [
        [44.0, -14.0, 14.0],
        [60.0, -3.0, 16.0],
        [77.0, -10.0, 19.0],
        [88.0, -34.0, 21.0],
        [93.0, -66.0, 21.0],
        [92.0, -94.0, 20.0],
        [89.0, -112.0, 19.0],
    ]
)
"""The left ear's middle from ``head_top``: up, over, and down beside the head."""
EAR_WIDTHS = (15.0, 20.0, 25.0, 29.0, 31.0, 27.0, 20.0)
EAR_STARTS = (0.0, 36.0, 68.0, 98.0)

TONGUE_PATH = np.array(
    [
        [0.0, 1.0, -30.0],
        [0.0, 0.5, -12.0],
        [0.0, -2.5, 3.0],
        [0.0, -12.0, 12.0],
        [0.0, -28.0, 14.5],
        [0.0, -46.0, 13.5],
        [0.0, -60.0, 11.0],
    ]
)
TONGUE_WIDTHS = (12.0, 14.0, 16.0, 17.5, 18.5, 17.5, 15.0)
TONGUE_STARTS = (0.0, 33.0, 52.0, 68.0)

COAT = (0.30, 0.145, 0.06)
EAR_MATERIALS: list[dict[str, Any]] = [
    fur_material("fur", COAT, "fur"),
    fur_material("fringe", COAT, "fringe", mask=True),
    material("skin", [0.52, 0.27, 0.22, 1.0], roughness=0.7),
]
NOSE_MATERIALS: list[dict[str, Any]] = [
    material(
        "nose", [0.022, 0.018, 0.018, 1.0], roughness=0.28, normalTexture={"index": "leather", "scale": 0.5}
    ),
]
TONGUE_MATERIALS: list[dict[str, Any]] = [
    material(
        "tongue", [0.80, 0.20, 0.22, 1.0], roughness=0.25, normalTexture={"index": "leather", "scale": 0.22}
    ),
]


def leaf() -> Leaf:
    """The left ear; its hollow looks at the head."""
    rows = np.column_stack([EAR_PATH, EAR_WIDTHS])
    line = catmull(rows, 30)
    half = line[:, 3]
    end = np.linspace(0, 1, 30)
    half = half * np.sqrt(np.clip(1 - np.clip((end - 0.8) / 0.2, 0, 1) ** 2, 0, 1)) + 0.25
    across = unit(
        np.tile([0.86, 0.0, -0.5], (30, 1)) + np.linspace(0.25, 0, 30)[:, None] * np.array([0, 0, -1.0])
    )
    return Leaf(line[:, :3], across, half, np.linspace(3.0, 8.0, 30), 15)


def ear() -> dict[str, Shape]:
    """The left ear's shapes by material."""
    one = leaf()

    def shade(shape: Shape) -> Shape:  # a little darker downwards
        down = np.clip((-30.0 - shape.positions[:, 1]) / 90.0, 0, 1)
        return toned(shape, 1.0 - 0.30 * down)

    edge = one.edge(0.06)
    along = unit(np.gradient(one.line, axis=0))
    outward = np.concatenate([one.across, -one.across[::-1]])
    ways = unit(0.6 * outward + 0.8 * np.concatenate([along, along[::-1]]))
    back = np.concatenate([one.ahead, one.ahead[::-1]])
    t = np.linspace(1.0, -1.0, 12)
    spread = np.stack([0.0 * t, -0.2 + 0 * t, 0.35 * t], axis=1)
    hairs = [
        fringe(edge, ways, 11.0, 44.0, seed=1),
        fringe(edge, unit(ways - 0.45 * back), 9.0, 38.0, seed=2),
        # from the base over the person's own hair
        fringe(one.points(t, 2.2)[1], unit(np.array([-0.75, -0.1, 0.35]) + spread), 17.0, 36.0, seed=3),
        fringe(one.points(t, 2.2)[4], unit(np.array([-0.75, 0.1, 0.30]) + spread), 15.0, 32.0, seed=4),
    ]
    return {
        "fur": shade(one.back()),
        "skin": one.hollow(),
        "fringe": shade(faced(joined(hairs), (0.5, 0.3, 0.9))),
    }


def ears() -> bytes:
    """Both ears, each on a chain of four joints."""
    line = leaf().line
    nodes = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        here = line * [sign, 1.0, 1.0]
        parts = []
        for surface, shape in ear().items():
            parts.append(Part(bent(shape if sign > 0 else shape.mirrored(), here, EAR_STARTS), surface))
        names = tuple(f"ear_{side}_{k}" if k else f"ear_{side}" for k in range(4))
        nodes += [chain(names, here, EAR_STARTS), Node(f"ear_{side}_fur", tuple(parts), skin=names)]
    pictures = {
        "fur": jpeg(fur((256, 512), 6400, 13, length=0.11)[::-1, :, :3], 85),
        "fringe": png(fringe_picture((256, 64), 190, 14)),
    }
    return glb(nodes, EAR_MATERIALS, "tools/assets/make_dog.py", pictures=pictures)


def leather(side: int = 256, cells: int = 620) -> Pixels:
    """(256, 256, 3) normals of small bumps, as on noses and tongues; it repeats."""
    random = np.random.default_rng(31)
    y, x = np.mgrid[0:side, 0:side] / side
    height = np.zeros((side, side))
    for u, v, size in zip(
        random.random(cells), random.random(cells), random.uniform(0.012, 0.024, cells), strict=True
    ):
        dx, dy = (np.abs((a - b + 0.5) % 1.0 - 0.5) for a, b in ((x, u), (y, v)))
        height = np.maximum(height, np.clip(1 - (dx**2 + dy**2) / size**2, 0, 1))
    gx = (np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)) * 0.9
    gy = (np.roll(height, -1, axis=0) - np.roll(height, 1, axis=0)) * 0.9
    normal = unit(np.stack([-gx, gy, np.ones_like(gx)], axis=-1))
    return np.asarray(np.rint((normal * 0.5 + 0.5) * 255).astype(np.uint8), np.uint8)


def nose() -> bytes:
    """A dog's nose: broad, with nostrils and a groove."""
    shape = ball((1.0, 1.0, 1.0), 24, 36)
    x, y, z = shape.positions.T
    wide = 0.66 + 0.38 * np.clip((y + 1) / 2, 0, 1) ** 0.7
    points = np.stack([x * wide * 20.0, y * 13.5 + 1.5 * np.abs(x) * (y > 0), z * 13.0], axis=1)
    points[:, 2] += 2.0 * np.clip(y, 0, 1)
    ahead = np.clip(z * 4, 0, 1)
    px, py = np.abs(points[:, 0]), points[:, 1]
    hole = np.exp(-(((px - 9.2 - 0.25 * (py + 3)) / 3.4) ** 2) - (((py + 2.6) / 2.6) ** 2)) * ahead
    groove = np.exp(-((px / 1.1) ** 2)) * np.clip(0.35 - y, 0, 1) * ahead
    points[:, 2] -= 5.0 * hole + 2.2 * groove
    shape = Shape(points, recomputed(points, shape), shape.triangles, shape.uvs)
    assert shape.uvs is not None
    shape = Shape(points, shape.normals, shape.triangles, shape.uvs * [4.0, 2.0])
    pictures = {"leather": jpeg(leather(), 90)}
    shade = toned(shape, 1.0 - 0.8 * hole - 0.5 * groove)
    return glb(
        [Node("nose", (Part(shade, "nose"),))], NOSE_MATERIALS, "tools/assets/make_dog.py", pictures=pictures
    )


def tongue() -> bytes:
    """A tongue that hangs out at rest; the animation "out" brings it from inside the mouth."""
    line = catmull(np.column_stack([TONGUE_PATH, TONGUE_WIDTHS]), 34)
    middle = line[:, :3]
    end = np.linspace(0, 1, 34)
    half = line[:, 3] * np.sqrt(np.clip(1 - np.clip((end - 0.78) / 0.22, 0, 1) ** 2, 0, 1)) + 0.2
    along = unit(np.gradient(middle, axis=0))
    right = np.array([1.0, 0.0, 0.0])
    up = unit(np.cross(np.tile(right, (34, 1)), along) * -1.0)
    t = np.arange(24) * 2 * np.pi / 24
    c, s = np.cos(t), np.sin(t)
    groove = 1.5 * np.exp(-((c / 0.16) ** 2)) * (s > 0)
    thick = 3.6 * np.minimum(half / 8.0, 1.0)
    curl = 2.2 * c**2  # its edges stand up a little
    height = thick[:, None] * s + (half[:, None] / 17.0) * (curl - groove)
    points = middle[:, None] + (half[:, None] * c)[..., None] * right + height[..., None] * up[:, None]
    tips = [points.mean(axis=1, keepdims=True)[k].repeat(24, axis=0)[None] for k in (0, -1)]
    points = np.concatenate([tips[0], points, tips[1]])
    shape = grid(points, round_=True)
    if (shape.normals * (shape.positions - shape.positions.mean(axis=0))).sum() < 0:
        shape = shape.inside_out()
    assert shape.uvs is not None
    inside = np.clip((6.0 - shape.positions[:, 2]) / 26.0, 0, 1) * (shape.positions[:, 1] > -12)
    shape = Shape(shape.positions, shape.normals, shape.triangles, shape.uvs * [3.0, 3.0])
    ridge = np.exp(-((shape.positions[:, 0] / 1.6) ** 2))
    shape = toned(shape, (1.0 - 0.6 * inside) * (1.0 - 0.22 * ridge))
    names = tuple(f"tongue_{k}" if k else "tongue" for k in range(4))
    root = chain(names, middle, TONGUE_STARTS)
    x, y, z = root.at
    tracks = [
        Track("tongue", "translation", (0.0, 0.45, 1.0), ((x, y + 2, z - 30), (x, y + 1, z - 8), (x, y, z))),
        Track("tongue", "scale", (0.0, 0.3, 1.0), ((0.12,) * 3, (0.7, 0.7, 0.7), (1.0, 1.0, 1.0))),
    ]
    for name, raised in zip(names[1:], (35.0, 30.0, 20.0), strict=True):
        keys = tuple(_about_x(-raised * fraction) for fraction in (1.0, 0.8, 0.0))
        tracks.append(Track(name, "rotation", (0.0, 0.45, 1.0), keys))
    body = Node("tongue_body", (Part(bent(shape, middle, TONGUE_STARTS), "tongue"),), skin=names)
    pictures = {"leather": jpeg(leather(), 90)}
    return glb(
        [root, body],
        TONGUE_MATERIALS,
        "tools/assets/make_dog.py",
        pictures=pictures,
        animations={"out": tracks},
    )


def _about_x(degrees: float) -> tuple[float, float, float, float]:
    half = np.radians(degrees) / 2
    return (float(np.sin(half)), 0.0, 0.0, float(np.cos(half)))


def coat() -> Pixels:
    """(512, 512, 4) a white muzzle and blaze, a brown patch round one eye, dots on the lip."""
    side = 512
    places = surface_map(side).places
    x, y, _ = np.moveaxis(places, 2, 0)
    random = np.random.default_rng(5)
    rough = random.normal(0, 1, (side, side))
    rough = cv2.GaussianBlur(rough, (0, 0), 2.2)
    rough = rough / rough.std()
    white = np.exp(-((((np.abs(x) - 12) / 22.0) ** 2 + ((y + 54) / 16.0) ** 2) ** 1.5)) * 0.6
    white = np.maximum(
        white, 0.45 * np.exp(-((x / (7.5 + 0.10 * (y + 40))) ** 2)) * np.exp(-(((y + 2) / 46.0) ** 6))
    )
    patch = ((x - 36 - 1.6 * rough) / 27.0) ** 2 + ((y - 2 - 1.6 * rough) / 30.0) ** 2
    brown = np.clip((1.06 - patch) / 0.22, 0, 1) * 0.72
    colour = np.full((side, side, 3), 244.0)
    colour = colour + (np.array([104.0, 62.0, 34.0]) - colour) * np.clip(brown * 3, 0, 1)[..., None]
    alpha = np.maximum(white * (1 - np.clip(brown * 3, 0, 1)), brown)
    for dx, dy in ((19, -48), (25, -50), (31, -51), (20, -54), (27, -56), (33, -57)):
        dot = np.exp(-((((np.abs(x) - dx) ** 2 + (y - dy) ** 2) / 1.5) ** 2))
        alpha = np.maximum(alpha, 0.8 * dot)
        colour = colour * (1 - dot[..., None]) + np.array([70.0, 46.0, 36.0]) * dot[..., None]
    colour += (5.0 * rough)[..., None]
    alpha[~surface_map(side).inside] = 0.0
    return np.asarray(np.rint(np.dstack([np.clip(colour, 0, 255), alpha * 255])).astype(np.uint8), np.uint8)


FILES = {
    "dog/ears.glb": ears,
    "dog/nose.glb": nose,
    "dog/tongue.glb": tongue,
    "dog/coat.webp": lambda: webp(coat()),
}

if __name__ == "__main__":
    write(FILES)
