"""``python -m tools.assets.make_beard``: a moustache and beard of locks of hair on the mean face.

The roots are painted on the skin (``roots.webp``); over them stand a few thousand small locks, which the
model layer bends with the face.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ar_effects.face.canonical import canonical_face
from tools.assets.ears import toned
from tools.assets.face_surface import sampled, surface_map
from tools.assets.glb import Node, Part, Pixels, glb, png, webp
from tools.assets.meshes import Array, unit
from tools.assets.packs import write
from tools.assets.shapes import Shape, joined
from tools.assets.strands import Strand, curl, drawn, swirls

LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
"""The outer edge of the lips; landmarks as in the face-mesh model card."""

CHEEK = (
    (0.0, -70.0),
    (24.0, -66.0),
    (34.0, -66.0),
    (45.0, -60.0),
    (56.0, -47.0),
    (64.0, -32.0),
    (70.0, -14.0),
    (80.0, -6.0),
)
"""The upper edge of the beard: |x| and y."""

LOCKS, SEED = 3400, 41
SPACE = 1.65
"""Between the roots of neighbouring locks."""
MATERIALS: list[dict[str, Any]] = [
    {
        "name": "hair",
        "alphaMode": "BLEND",
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.12, 0.06, 0.03, 1.0],
            "baseColorTexture": {"index": "locks"},
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "extensions": {"KHR_materials_specular": {"specularFactor": 0.0}},  # matt, and cheap: they are many
    },
]


def lips_off(x: Array, y: Array) -> Array:
    """How far from the outer edge of the lips, in millimetres in the plane of the face; below 0 on them."""
    line = canonical_face().vertices_mm[list(LIPS), :2]
    contour = (line * 64).astype(np.int32)
    flat = np.stack([x.ravel(), y.ravel()], axis=1)
    a, b = line, np.roll(line, -1, axis=0)
    edge = b - a
    to = flat[:, None] - a
    fraction = np.clip((to * edge).sum(axis=2) / (edge**2).sum(axis=1), 0, 1)
    away = np.linalg.norm(to - fraction[..., None] * edge, axis=2).min(axis=1)
    inside = np.array(
        [cv2.pointPolygonTest(contour, (float(u * 64), float(v * 64)), False) > 0 for u, v in flat]
    )
    return np.asarray(np.where(inside, -away, away).reshape(x.shape))


def density(places: Array) -> Array:
    """0..1: how thick the hair grows, for (..., 3) places on the mean face."""
    x, y = np.abs(places[..., 0]), places[..., 1]
    edge = np.interp(x, *np.array(CHEEK).T)
    beard = np.clip((edge - y + 2.0) / 8.0, 0, 1)
    off = lips_off(places[..., 0], y)
    lip = np.clip((off - 1.0) / 1.6, 0, 1)
    moustache_top = -44.5 - 0.020 * np.maximum(x - 6.0, 0.0) ** 1.85
    moustache = np.clip((moustache_top - y) / 3.0, 0, 1) * np.clip((35.0 - x) / 5.0, 0, 1) * (y > -80)
    # bare on both sides of the tuft below the lip
    bare = np.exp(-((((x - 15.0) / 7.0) ** 2 + ((y + 84.0) / 4.5) ** 2) ** 1.5))
    return np.asarray(np.maximum(beard * (1 - 0.65 * bare), moustache) * lip)


def flow(places: Array, normals: Array) -> Array:
    """(n, 3) unit vectors along the skin: where hair lies to."""
    x, y = places[:, 0], places[:, 1]
    side = np.sign(x) * np.clip(np.abs(x) / 4.0, 0, 1)
    far = np.clip(np.abs(x) / 60.0, 0, 1)
    down = np.stack([0.25 * side * (1 - far), -np.ones_like(x), 0.35 - 0.5 * far], axis=1)
    over_lip = np.clip((y + 66.0) / 6.0, 0, 1) * (np.abs(x) < 38)
    sweep = np.stack([1.15 * side, -0.75 - 0.2 * far, 0.0 * x], axis=1)
    way = down * (1 - over_lip[:, None]) + sweep * over_lip[:, None]
    way = way - normals * (way * normals).sum(axis=1, keepdims=True) * 0.85
    return unit(way)


def length_of(places: Array) -> Array:
    """(n,) millimetres: short at the sideburns and over the lip, longest at the chin."""
    x, y = np.abs(places[:, 0]), places[:, 1]
    beard = 7.5 + 9.0 * np.clip((-y - 60.0) / 45.0, 0, 1) * np.clip(1.2 - x / 70.0, 0, 1)
    over_lip = (y > -66.0) & (x < 38)
    return np.asarray(np.where(over_lip, 8.5 + 0.10 * x, beard))


def locks() -> Shape:
    """All locks: each a narrow strip of three rows that rises from the skin."""
    random = np.random.default_rng(SEED)
    places, normals, _ = sampled(60000, SEED)
    kept = random.random(len(places)) < density(places)
    places, normals = places[kept], normals[kept]
    # thin out evenly: a new lock where none is near
    chosen: list[int] = []
    grid: dict[tuple[int, int, int], list[int]] = {}
    for i, place in enumerate(places):
        key = tuple(int(k) for k in np.floor(place / SPACE))
        near = [
            j
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for dz in (-1, 0, 1)
            for j in grid.get((key[0] + dx, key[1] + dy, key[2] + dz), ())
        ]
        if all(np.sum((places[j] - place) ** 2) > SPACE**2 for j in near):
            grid.setdefault((key[0], key[1], key[2]), []).append(i)
            chosen.append(i)
    chosen = chosen[:LOCKS]
    places, normals = places[chosen], normals[chosen]
    ways, lengths = flow(places, normals), length_of(places)
    thick = density(places)
    tone = swirls(SEED + 3, 10)
    shapes = []
    order = np.argsort(places[:, 1])  # lower ones first: the upper lie over them
    for i in order:
        way = unit((ways[i] + random.normal(0, 0.16, 3))[None])[0]
        side = unit(np.cross(way, normals[i])[None])[0]
        out = unit(normals[i][None])[0]
        reach = lengths[i] * random.uniform(0.7, 1.25) * (0.45 + 0.55 * thick[i])
        half = 0.5 * random.uniform(2.4, 3.8)
        lift = 0.16 + 0.16 * random.random()
        s = np.array([0.0, 0.5, 1.0])
        rise = reach * lift * np.array([0.0, 0.85, 1.0])
        middle = places[i] - 0.4 * out + way * (s * reach)[:, None] + out * rise[:, None]
        wide = half * np.array([0.7, 1.0, 0.6])
        points = np.stack([middle - side * wide[:, None], middle + side * wide[:, None]], axis=1)
        u0 = random.integers(0, 8) / 8.0
        u = np.array([u0 + 0.004, u0 + 0.121])
        uvs = np.stack([np.tile(u, 3), np.repeat(0.97 - 0.86 * s, 2)], axis=1)
        # lit as the skin below it, a little as a lock of its own
        normal = unit(np.stack([out + 0.30 * way * k + 0.35 * e * side for k in (-1, 0, 1) for e in (-1, 1)]))
        triangles = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 5], [2, 5, 4]])
        at = (
            int(np.clip((places[i, 1] + 120) / 120, 0, 0.99) * 256),
            int(np.clip((places[i, 0] + 80) / 160, 0, 0.99) * 256),
        )
        light = (1.0 + 0.10 * tone[at] + random.normal(0, 0.16)) * np.repeat([0.34, 0.54, 0.70], 2)
        shapes.append(toned(Shape(points.reshape(-1, 3), normal, triangles, uvs), np.clip(light, 0.05, 1.0)))
    return joined(shapes)


def lock_picture() -> Pixels:
    """(128, 512, 4) eight locks side by side, each of some hairs that run together at the tip."""
    random = np.random.default_rng(SEED + 1)
    strands = []
    for k in range(8):
        middle = (k + 0.5) / 8
        for _ in range(11):
            root = (middle + random.uniform(-0.047, 0.047), 1.02)
            to_middle = (middle - root[0]) * 512 / 128
            angle = -np.pi / 2 + random.normal(0, 0.05) + 0.30 * to_middle
            points = np.array(root) + curl(
                (0.0, 0.0),
                angle,
                random.uniform(0.55, 0.88),
                0.8 * to_middle + random.normal(0, 0.12),
                count=12,
            ) * [0.25, 1.0]
            light = float(np.clip(0.78 + random.normal(0, 0.12), 0.3, 1))
            strands.append(Strand(points, random.uniform(1.5, 2.8), (0.8 * light, min(1.2 * light, 1.0))))
    return drawn(strands, (512, 128))


def roots() -> Pixels:
    """(1024, 1024, 4) grey: shade of the skin under the beard, and short hairs, thinner at its edges."""
    side = 1024
    known = surface_map(256)
    thick = np.zeros((256, 256))
    thick[known.inside] = density(known.places[known.inside])
    thick = cv2.resize(thick, (side, side), interpolation=cv2.INTER_LINEAR)
    random = np.random.default_rng(SEED + 2)
    places, normals, uvs = sampled(26000, SEED + 2)
    grows = np.clip(density(places) * 1.15, 0, 1)
    kept = random.random(len(places)) < grows
    places, normals, uvs = places[kept], normals[kept], uvs[kept]
    # directions on the texture by a small step along the skin
    ways = flow(places, normals)
    face = surface_map(side)
    strands = []
    x, y = np.clip((uvs * side).astype(np.int64), 2, side - 3).T
    right, down = ((face.places[y + b, x + a] - face.places[y - b, x - a]) / 4.0 for a, b in ((2, 0), (0, 2)))
    known_around = np.all([face.inside[y + b, x + a] for a, b in ((2, 0), (-2, 0), (0, 2), (0, -2))], axis=0)
    # least squares by the normal equations, for all hairs at once
    across = np.stack([right, down], axis=2)
    squares = np.einsum("nij,nik->njk", across, across) + 1e-9 * np.eye(2)
    on_texture = np.linalg.solve(squares, np.einsum("nij,ni->nj", across, ways)[..., None])[..., 0] / side
    grown = known_around & (np.linalg.norm(on_texture, axis=1) <= 0.02)
    for uv, solved in zip(uvs[grown], on_texture[grown], strict=True):
        reach = random.uniform(2.0, 4.5)
        turn = random.normal(0, 0.22)
        c, s = np.cos(turn), np.sin(turn)
        step = np.array([c * solved[0] - s * solved[1], s * solved[0] + c * solved[1]]) * reach
        points = uv + np.linspace(0, 1, 4)[:, None] * step
        light = float(np.clip(0.55 + random.normal(0, 0.12), 0.2, 1))
        strands.append(Strand(points, random.uniform(1.2, 2.0), (light, light)))
    picture = drawn(strands, (side, side)).astype(np.float64)
    shade = 0.62 * np.clip(thick, 0, 1) ** 1.3 * 255
    hairs = picture[..., 3] * 0.9
    alpha = hairs + shade * (1 - hairs / 255)
    grey = (picture[..., 0] * hairs + 70.0 * shade * (1 - hairs / 255)) / np.maximum(alpha, 1e-6)
    return np.asarray(
        np.rint(np.clip(np.dstack([grey, grey, grey, alpha]), 0, 255)).astype(np.uint8), np.uint8
    )


def build() -> bytes:
    """The locks as the bytes of a ``.glb`` file."""
    node = Node("beard", (Part(locks(), "hair"),))
    return glb([node], MATERIALS, "tools/assets/make_beard.py", pictures={"locks": png(lock_picture())})


FILES = {"beard/beard.glb": build, "beard/roots.webp": lambda: webp(roots())}

if __name__ == "__main__":
    write(FILES)
