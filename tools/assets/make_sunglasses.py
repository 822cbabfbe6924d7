"""Makes ``effects/sunglasses/sunglasses.glb``: keyhole-bridge acetate sunglasses in the head frame.

Run ``python tools/assets/make_sunglasses.py``. Nothing is drawn by hand or read from elsewhere.
Left and right are the wearer's own: their left temple is at +X.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that the script runs from anywhere

from tools.assets.meshes import (  # noqa: E402
    Array,
    GlbNode,
    GlbPrimitive,
    TriMesh,
    merged,
    sweep,
    unit,
    write_glb,
)
from tools.assets.sunglasses_dimensions import Dimensions  # noqa: E402
from tools.assets.sunglasses_front import TRANSMISSION, make_front, make_lens, place  # noqa: E402

TARGET = ROOT / "effects" / "sunglasses" / "sunglasses.glb"
MATERIALS: list[dict[str, Any]] = [
    {
        "name": "acetate",
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.012, 0.011, 0.012, 1.0],
            "metallicFactor": 0.0,
            "roughnessFactor": 0.22,
        },
        "extensions": {"KHR_materials_ior": {"ior": 1.5}},
    },
    {
        "name": "metal",
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.83, 0.62, 0.33, 1.0],
            "metallicFactor": 1.0,
            "roughnessFactor": 0.25,
        },
    },
    {
        "name": "lens",
        "doubleSided": True,
        "pbrMetallicRoughness": {
            "baseColorFactor": [1.0, 1.0, 1.0, 1.0],
            "metallicFactor": 0.0,
            "roughnessFactor": 0.02,
        },
        "extensions": {
            "KHR_materials_ior": {"ior": 1.5},
            "KHR_materials_transmission": {"transmissionFactor": TRANSMISSION},
        },
    },
]


def spline(knots: Array, at: Array) -> Array:
    """A natural cubic spline through rows at 0, 1, 2, ..."""
    count = len(knots)
    system = np.diag(np.full(count, 4.0)) + np.diag(np.ones(count - 1), 1) + np.diag(np.ones(count - 1), -1)
    system[0, 0] = system[-1, -1] = 2.0
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    slopes = np.linalg.solve(system, 3 * (padded[2:] - padded[:-2]))
    k = np.clip(at.astype(np.int64), 0, count - 2)
    t = (at - k).reshape(-1, *[1] * (knots.ndim - 1))
    a, b, m, n = knots[k], knots[k + 1], slopes[k], slopes[k + 1]
    return np.asarray(
        a * (1 + 2 * t) * (1 - t) ** 2 + m * t * (1 - t) ** 2 + b * t**2 * (3 - 2 * t) - n * t**2 * (1 - t)
    )


class Temple:
    """The centre line of the temple on the viewer's right, by arc length."""

    def __init__(self, d: Dimensions) -> None:
        self.d = d
        start = place(d, np.array([[*d.temple_start, -d.thickness / 2 + d.temple_overlap]]))
        path = np.concatenate([start, np.array(d.temple_path)])
        self.knots = np.column_stack([path, np.array(d.temple_height), np.array(d.temple_thickness)])
        fine = np.linspace(0.0, len(path) - 1.0, 4000)
        steps = np.linalg.norm(np.diff(spline(path, fine), axis=0), axis=1)
        self.fine, self.arc = fine, np.concatenate([[0.0], np.cumsum(steps)])
        self.length = float(self.arc[-1])

    def at(self, s: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
        """Centres, directions backward, outward and upward, heights and thicknesses at arc lengths."""
        k = np.interp(s, self.arc, self.fine)
        here = spline(self.knots, k)
        along = unit(spline(self.knots[:, :3], k + 1e-3) - spline(self.knots[:, :3], k - 1e-3))
        outward = np.array([1.0, 0.0, 0.0]) - along * along[:, :1]
        outward = unit(outward)
        return here[:, :3], along, outward, np.cross(outward, along), here[:, 3], here[:, 4]

    def mesh(self) -> TriMesh:
        """The swept bar with rounded ends."""
        d = self.d
        front = np.linspace(0.0, np.pi / 2, 4)
        tip = np.linspace(np.pi / 2, 0.0, 8)
        middle = np.linspace(d.temple_round_front, self.length - d.temple_round_tip, 36)[1:-1]
        s = np.concatenate(
            [
                d.temple_round_front * (1 - np.cos(front)),
                middle,
                self.length - d.temple_round_tip * (1 - np.cos(tip)),
            ]
        )
        # The front end is only bevelled, so that it meets the end piece with a fine line.
        bevel = np.where(front > 0, 0.8 + 0.2 * np.sin(front), 0.0)
        size = np.concatenate([bevel, np.ones(len(middle)), np.sin(tip)])[:, None, None]
        centre, _, outward, upward, height, thickness = self.at(s)
        t = np.arange(22) * (2 * np.pi / 22) + np.pi / 22
        c, q = np.cos(t), np.sin(t)
        x = np.sign(c) * np.abs(c) ** (2 / d.temple_power)
        y = np.sign(q) * np.abs(q) ** (2 / d.temple_power)
        across = outward[:, None] * (thickness[:, None] * x / 2)[..., None]
        rising = upward[:, None] * (height[:, None] * y / 2)[..., None]
        return sweep(centre[:, None] + size * (across + rising))


def turned(profile: Array, origin: Array, axis: Array, around: int) -> TriMesh:
    """A solid of revolution from rows of (radius, height); the first and last radius are zero."""
    side = unit(np.cross(axis, [0.3, 0.2, 0.9]))
    other = np.cross(axis, side)
    t = np.arange(around) * (2 * np.pi / around)
    ring = np.cos(t)[:, None] * side + np.sin(t)[:, None] * other
    return sweep(origin + profile[:, :1, None] * ring + profile[:, 1:, None] * axis)


def rivet(d: Dimensions, origin: Array, axis: Array) -> TriMesh:
    """The domed head of a pin."""
    t = np.linspace(0.0, np.pi / 2, 5)
    dome = np.stack([d.rivet_radius * np.sin(t), d.rivet_rise * np.cos(t)], axis=1)
    foot = np.array([[d.rivet_radius, -0.4], [0.0, -0.4]])
    return turned(np.concatenate([dome, foot]), origin, axis, 14)


def barrel(d: Dimensions, origin: Array, axis: Array) -> TriMesh:
    """One knuckle of a hinge, standing on ``origin``."""
    r, h, e = d.hinge_radius, d.hinge_barrel, 0.18
    outline = [
        (0, 0),
        (r - 2 * e, 0),
        (r - e, 0.02),
        (r, e),
        (r, h - e),
        (r - e, h - 0.02),
        (r - 2 * e, h),
        (0, h),
    ]
    return turned(np.array(outline, dtype=np.float64), origin, axis, 14)


def make_metal(d: Dimensions, temple: Temple) -> tuple[TriMesh, TriMesh]:
    """Pins of the viewer's right end piece, and what sits on the temple there: pins and a hinge."""
    half = d.thickness / 2
    heads = []
    for u, v in d.rivets_front:
        base, tip = place(d, np.array([[u, v, half], [u, v, half + 0.01]]))
        heads.append(rivet(d, base, unit(tip - base)))
    pieces = []
    for s in d.rivets_temple:
        centre, _, outward, _, _, thickness = (row[0] for row in temple.at(np.array([s])))
        pieces.append(rivet(d, centre + outward * thickness / 2, outward))
    centre, along, outward, upward, _, thickness = (row[0] for row in temple.at(np.array([0.0])))
    pivot = centre - outward * (thickness / 2 + 0.35) + along * (d.hinge_radius * 0.9)
    pitch = d.hinge_barrel + 0.12
    pieces += [barrel(d, pivot + upward * (k - 1.5) * pitch, upward) for k in range(3)]
    return merged(heads), merged(pieces)


def build(d: Dimensions | None = None) -> bytes:
    """The whole model as the bytes of a ``.glb`` file."""
    d = d or Dimensions()
    temple = Temple(d)
    bar, lens = temple.mesh(), make_lens(d)
    heads, pieces = make_metal(d, temple)
    front = (
        GlbPrimitive(make_front(d), "acetate"),
        GlbPrimitive(merged([heads, heads.mirrored()]), "metal"),
    )
    other_lens = GlbPrimitive(lens.mesh.mirrored(), "lens", lens.colours)
    nodes = [
        GlbNode("front", front),
        GlbNode("lens_left", (lens,)),
        GlbNode("lens_right", (other_lens,)),
        GlbNode("temple_left", (GlbPrimitive(bar, "acetate"), GlbPrimitive(pieces, "metal"))),
        GlbNode(
            "temple_right",
            (GlbPrimitive(bar.mirrored(), "acetate"), GlbPrimitive(pieces.mirrored(), "metal")),
        ),
    ]
    return write_glb(nodes, MATERIALS, "AR Effects tools/assets/make_sunglasses.py")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sunglasses model.")
    parser.add_argument("--out", type=Path, default=TARGET, help="the .glb file to write")
    out: Path = parser.parse_args().out
    data = build()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    print(f"{out}: {len(data)} bytes")


if __name__ == "__main__":
    main()
