"""``python -m tools.assets.make_head``: the back of the head, the ears and the neck, for occlusion.

The tracked face mesh ends before the ears. What lies behind it (skull, ears) is modelled here from
common head measurements, in the head frame of the canonical face, in millimetres. The front of the
skull stays behind the face mesh everywhere, so that it never hides what the face should show.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.assets.deterministic import save_npz

OUTPUT = Path(__file__).resolve().parents[2] / "assets" / "head" / "occluder.npz"


@dataclass(frozen=True)
class HeadDimensions:
    """Millimetres; means of adults whose pupils are 63 mm apart."""

    half_width: float = 67.0  # narrower than a head: temples lie on hair and skin, not in them
    widest_z: float = -82.0
    front_half_depth: float = 70.0  # ends well behind the eyeballs
    back_half_depth: float = 95.0
    centre_y: float = 18.0
    up_half_height: float = 92.0
    down_half_height: float = 105.0
    ear_centre: tuple[float, float, float] = (77.0, -18.0, -90.0)
    ear_half_size: tuple[float, float, float] = (4.0, 31.0, 17.0)
    neck_half_width: float = 47.0  # narrower than a neck: scarves and necklaces lie on it, not in it
    neck_half_depth: float = 46.0
    neck_lean_deg: float = 12.0  # forwards as it goes up
    neck_top: float = 60.0  # inside of the skull
    shoulder_y: float = -55.0  # where the neck begins to widen
    shoulder_drop: float = 75.0
    shoulder_half_width: float = 120.0
    shoulder_half_depth: float = 50.0
    ear_flare_deg: float = 24.0
    ear_lean_deg: float = 12.0


def sphere(rings: int, segments: int) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """A unit sphere: (n, 3) vertices, (m, 3) triangles counter-clockwise from outside."""
    theta = np.linspace(0, np.pi, rings + 1)[1:-1]
    phi = np.arange(segments) * 2 * np.pi / segments
    t, p = np.meshgrid(theta, phi, indexing="ij")
    body = np.stack([np.sin(t) * np.sin(p), np.cos(t), np.sin(t) * np.cos(p)], axis=-1).reshape(-1, 3)
    vertices = np.concatenate([[[0.0, 1.0, 0.0]], body, [[0.0, -1.0, 0.0]]])
    last = len(vertices) - 1
    rows = []
    for s in range(segments):
        n = (s + 1) % segments
        rows.append((0, 1 + s, 1 + n))
        rows.append((last, last - segments + n, last - segments + s))
        for r in range(len(theta) - 1):
            a, b = 1 + r * segments, 1 + (r + 1) * segments
            rows += [(a + s, b + s, b + n), (a + s, b + n, a + n)]
    return vertices, np.array(rows, np.uint32)


def head(d: HeadDimensions) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Skull and two ears as one mesh."""
    ball, ball_triangles = sphere(18, 28)
    # A rounded box between ellipsoid and cylinder is nearer to a skull's flat sides than an ellipsoid.
    flat = np.sign(ball) * np.abs(ball) ** np.array([0.85, 1.0, 0.9])
    radii = np.stack(
        [
            np.full(len(ball), d.half_width),
            np.where(ball[:, 1] > 0, d.up_half_height, d.down_half_height),
            np.where(ball[:, 2] > 0, d.front_half_depth, d.back_half_depth),
        ],
        axis=1,
    )
    skull = flat * radii + np.array([0.0, d.centre_y, d.widest_z])
    # Below the ears the skull narrows to the jaw and neck, behind the face's outline.
    below = np.clip((-30.0 - skull[:, 1]) / 60.0, 0.0, 1.0)[:, None]
    skull = skull * np.where([True, False, False], 1.0 - 0.25 * below, 1.0)
    ear, ear_triangles = sphere(8, 12)
    flare, lean = np.radians([d.ear_flare_deg, d.ear_lean_deg])
    turn_y = np.array([[np.cos(flare), 0, np.sin(flare)], [0, 1, 0], [-np.sin(flare), 0, np.cos(flare)]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(lean), -np.sin(lean)], [0, np.sin(lean), np.cos(lean)]])
    left = ear * np.array(d.ear_half_size) @ (turn_y.T @ turn_x).T + np.array(d.ear_centre)
    right = left * np.array([-1.0, 1.0, 1.0])
    vertices = np.concatenate([skull, left, right]).astype(np.float32)
    first, second = len(skull), len(skull) + len(ear)
    triangles = np.concatenate(
        [ball_triangles, ear_triangles + first, ear_triangles[:, ::-1] + second]
    ).astype(np.uint32)
    return vertices, triangles


def neck(d: HeadDimensions) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Neck and the slope of the shoulders, about the point between throat and nape.

    The frame is that of the anchor ``neck`` (ar_effects/face/anchors.py): under the skull, axes as the
    head's. Rings from the top down, closed at both ends.
    """
    segments = 24
    drop = d.shoulder_drop * np.array([0.0, 0.15, 0.45, 1.0])
    widen = np.array([0.0, 0.12, 0.5, 1.0])
    heights = np.concatenate([np.linspace(d.neck_top, d.shoulder_y, 6), d.shoulder_y - drop[1:]])
    fraction = np.concatenate([np.zeros(6), widen[1:]])
    half_width = d.neck_half_width + fraction * (d.shoulder_half_width - d.neck_half_width)
    half_depth = d.neck_half_depth + fraction * (d.shoulder_half_depth - d.neck_half_depth)
    forward = np.tan(np.radians(d.neck_lean_deg)) * np.maximum(heights, d.shoulder_y)
    phi = np.arange(segments) * 2 * np.pi / segments
    rings = np.stack(
        [
            half_width[:, None] * np.sin(phi),
            np.broadcast_to(heights[:, None], (len(heights), segments)),
            half_depth[:, None] * np.cos(phi) + forward[:, None],
        ],
        axis=-1,
    )
    ends = np.stack([rings[0].mean(axis=0), rings[-1].mean(axis=0)])
    vertices = np.concatenate([rings.reshape(-1, 3), ends]).astype(np.float32)
    top, bottom = len(vertices) - 2, len(vertices) - 1
    rows = []
    for s in range(segments):
        n = (s + 1) % segments
        last = (len(heights) - 1) * segments
        rows += [(top, s, n), (bottom, last + n, last + s)]
        for r in range(len(heights) - 1):
            a, b = r * segments, (r + 1) * segments
            rows += [(a + s, b + s, b + n), (a + s, b + n, a + n)]
    return vertices, np.array(rows, np.uint32)


def main() -> None:
    dimensions = HeadDimensions()
    vertices, triangles = head(dimensions)
    neck_vertices, neck_triangles = neck(dimensions)
    save_npz(
        OUTPUT,
        vertices_mm=vertices,
        triangles=triangles,
        neck_vertices_mm=neck_vertices,
        neck_triangles=neck_triangles,
    )
    print(f"{OUTPUT}: {len(vertices)} + {len(neck_vertices)} vertices")


if __name__ == "__main__":
    main()
