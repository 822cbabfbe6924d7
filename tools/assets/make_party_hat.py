"""``python -m tools.assets.make_party_hat``: a paper cone with a tinsel pompom, about ``head_top``."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.assets.glb import Node, Part, glb, jpeg, material
from tools.assets.packs import write
from tools.assets.shapes import Shape, grid, joined, lathe

TARGET = "party_hat/party_hat.glb"
RADIUS, HEIGHT = 54.0, 128.0
PAPER = (1024, 512)
STRIPES = ((255, 77, 109), (255, 210, 63), (59, 206, 172), (58, 134, 255), (155, 93, 229))
TINSEL = ((1.0, 0.62, 0.12), (1.0, 0.22, 0.35), (0.16, 0.55, 1.0), (0.95, 0.95, 1.0))

MATERIALS: list[dict[str, Any]] = [
    {
        "name": "paper",
        "pbrMetallicRoughness": {
            "baseColorTexture": {"index": "paper"},
            "metallicFactor": 0.0,
            "roughnessFactor": 0.38,
        },
    },
    material("foil", [1.0, 0.72, 0.28, 1.0], roughness=0.3, metallic=0.85),
    {
        "name": "tinsel",
        "doubleSided": True,
        "pbrMetallicRoughness": {
            "baseColorFactor": [1.0, 1.0, 1.0, 1.0],
            "metallicFactor": 0.75,
            "roughnessFactor": 0.32,
        },
    },
]


def paper() -> NDArray[np.uint8]:
    """(512, 1024, 3) RGB: slanting stripes with thin white between, and white dots."""
    width, height = PAPER
    y, x = np.mgrid[0 : height * 2, 0 : width * 2].astype(np.float64) / 2
    along = x / width * 10 + y / height * 2.0
    colours = np.array(STRIPES, float)
    picture = colours[np.floor(along).astype(int) % len(STRIPES)]
    edge = np.abs(along - np.round(along)) * width / 10
    picture[edge < 3.2] = 255.0
    small = np.ascontiguousarray(picture.astype(np.uint8))
    for row in range(6):
        for k in range(10):  # in the middle of each stripe
            v = (row + 0.5) / 6 * height
            u = ((k + 0.5 - v / height * 2.0) % 10) / 10 * width
            radius = 7.0 + 4.0 * v / height
            stretch = max(v / height, 0.18)  # the cone is narrower above: dots stay round
            size = (round(2 * radius / stretch * 0.62), round(2 * radius * 1.0))
            for wrap in (-width, 0, width):
                at = (round(2 * (u + wrap)), round(2 * v))
                cv2.ellipse(small, at, size, 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
    return np.asarray(cv2.resize(small, PAPER, interpolation=cv2.INTER_AREA), np.uint8)


def cone() -> Shape:
    """The paper, slightly rounded at the tip, open below."""
    t = np.linspace(0.0, 1.0, 22)
    profile = np.stack([0.8 + (RADIUS - 0.8) * t**1.03, HEIGHT * (1 - t)], axis=1)
    return lathe(profile, 56)


def frill() -> Shape:
    """A ruffled strip of foil round the lower edge; only its outside: hair fills a hat."""
    count = 220
    angle = np.arange(count) * 2 * np.pi / count
    wave = np.sin(angle * 30)
    ring = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1)
    rows = []
    for s in np.linspace(0.0, 1.0, 5):
        out = RADIUS + 0.6 + s * 4.5 + wave * (0.4 + 2.6 * s)
        y = 4.5 - 10.5 * s + 0.6 * np.cos(angle * 17) * s
        rows.append(ring * out[:, None] + np.array([0.0, 1.0, 0.0]) * y[:, None])
    return grid(np.stack(rows), round_=True)


def pompom(count: int = 620, length: float = 21.0) -> Shape:
    """Strips of tinsel from the tip in all directions."""
    random = np.random.default_rng(20)
    strips = []
    for k in range(count):
        z = 1 - 2 * (k + 0.5) / count
        around = k * np.pi * (3 - np.sqrt(5))
        way = np.array([np.sqrt(1 - z * z) * np.cos(around), z, np.sqrt(1 - z * z) * np.sin(around)])
        way = way + random.normal(0, 0.12, 3)
        way /= np.linalg.norm(way)
        side = np.cross(way, random.normal(0, 1, 3))
        side /= np.linalg.norm(side)
        reach = length * random.uniform(0.75, 1.1)
        droop = np.array([0.0, -1.0, 0.0]) * reach * 0.16
        bend = np.cross(way, side) * reach * random.uniform(-0.25, 0.25)
        s = np.array([0.12, 0.45, 0.75, 1.0])
        middle = way * (s * reach)[:, None] + (bend + droop) * (s**2)[:, None]
        width = 0.85 * np.array([0.8, 1.0, 0.9, 0.25])
        points = np.stack([middle - side * width[:, None], middle + side * width[:, None]], axis=1)
        strips.append(grid(points).painted(TINSEL[int(random.integers(len(TINSEL)))]))
    return joined(strips).moved(0.0, HEIGHT + 2.0, 0.0)


def build() -> bytes:
    """The whole model as the bytes of a ``.glb`` file."""
    parts = (Part(cone(), "paper"), Part(frill(), "foil"), Part(pompom(), "tinsel"))
    nodes = [Node("hat", parts)]
    pictures = {"paper": jpeg(paper(), 90)}
    return glb(nodes, MATERIALS, "tools/assets/make_party_hat.py", pictures=pictures)


FILES = {TARGET: build}

if __name__ == "__main__":
    write(FILES)
