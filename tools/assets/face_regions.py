"""Where makeup goes: regions of the face mesh as soft masks in its texture space, from contours of landmarks.

Everything is measured on the person's right half and mirrored: the canonical face is symmetric. Distances
are millimetres of the mean face as seen from the front; the texture is stretched by ``MM_PER_UV`` for it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ar_effects.face.canonical import MESH_COUNT
from ar_effects.face.topology import face_topology

SIZE = 512
MM_PER_UV = (205.0, 168.0)

Floats = NDArray[np.float64]

# Contours of the face mesh's topology, on the person's right half unless both halves are named.
LIPS_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
LIPS_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
UPPER_LID = (133, 173, 157, 158, 159, 160, 161, 246, 33)  # from the nose outwards
LOWER_LID = (133, 155, 154, 153, 145, 144, 163, 7, 33)
BROW_UPPER = (107, 66, 105, 63, 70)
BROW_LOWER = (55, 65, 52, 53, 46)
UNDER_BROW = (190, 221, 222, 223, 224, 225)
NOSE_BRIDGE = (168, 6, 197, 195, 5)


def places() -> Floats:
    """(468, 2) millimetres, x to the viewer's right, y down."""
    return face_topology().uvs[:MESH_COUNT].astype(np.float64) * MM_PER_UV


def at(*landmarks: int) -> Floats:
    """(n, 2) places of landmarks."""
    return np.asarray(places()[list(landmarks)])


def between(a: int, b: int, fraction: float) -> Floats:
    """(1, 2), from landmark a the share of the way to b."""
    return np.asarray(at(a) * (1.0 - fraction) + at(b) * fraction)


def spline(points: Floats, *, closed: bool = False, steps: int = 8) -> Floats:
    """A uniform Catmull-Rom curve through all points (Catmull and Rom, 1974)."""
    if closed:
        p = np.concatenate([points[-1:], points, points[:2]])
    else:
        p = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (x[:, None] for x in (a, b, c, d))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, points[-1:]])


@lru_cache(maxsize=1)
def texels() -> Floats:
    """(SIZE, SIZE / 2, 2) millimetres of the texels' middles on the right half, the left of the texture."""
    u = (np.arange(SIZE) + 0.5) / SIZE
    x, y = np.meshgrid(u[: SIZE // 2] * MM_PER_UV[0], u * MM_PER_UV[1])
    return np.stack([x, y], axis=-1)


def from_line(line: Floats) -> tuple[Floats, Floats]:
    """Distance of every texel from a polyline, and how far along it (0..1) the nearest place is."""
    length = np.linalg.norm(np.diff(line, axis=0), axis=1)
    start = np.concatenate([[0.0], np.cumsum(length)])
    best, along = np.full(texels().shape[:2], np.inf), np.zeros(texels().shape[:2])
    for i, (a, b) in enumerate(pairwise(line)):
        if length[i] == 0.0:
            continue
        t = np.clip(((texels() - a) @ (b - a)) / length[i] ** 2, 0.0, 1.0)
        way = np.linalg.norm(texels() - a - t[..., None] * (b - a), axis=-1)
        nearer = way < best
        best = np.where(nearer, way, best)
        along = np.where(nearer, (start[i] + t * length[i]) / start[-1], along)
    return best, along


def inside(polygon: Floats) -> NDArray[np.bool_]:
    """Whether texels' middles lie in a closed polygon, by crossings."""
    x, y = texels()[..., 0], texels()[..., 1]
    result = np.zeros(x.shape, bool)
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (a[1] > y) != (b[1] > y)
        if a[1] != b[1]:
            result ^= crosses & (x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
    return result


def depth_in(polygon: Floats) -> Floats:
    """Millimetres from the polygon's edge, > 0 inside."""
    way, _ = from_line(np.concatenate([polygon, polygon[:1]]))
    return np.where(inside(polygon), way, -way)


def smooth(low: float, high: float, x: Floats) -> Floats:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def hill(way: Floats, sigma_mm: float) -> Floats:
    """A Gaussian that ends at 3 sigma."""
    return np.asarray(np.exp(-0.5 * (way / sigma_mm) ** 2) * smooth(-3.0, -2.2, -way / sigma_mm))


def mirrored(mask: Floats) -> Floats:
    """Both halves of a mask of the right one."""
    return np.concatenate([mask, mask[:, ::-1]], axis=1)


def lips() -> Floats:
    """Both lips to their outer contour; the mesh itself leaves the mouth open."""
    return mirrored(smooth(0.0, 1.3, depth_in(spline(at(*LIPS_OUTER), closed=True))))


def gloss() -> Floats:
    """Where lips shine: a band on the lower lip, two spots beside the cupid's bow."""
    lower = 0.55 * at(178, 87, 14) + 0.45 * at(181, 84, 17)
    way, along = from_line(spline(lower))
    band = hill(way, 1.3) * smooth(0.0, 0.35, along)
    upper = 0.45 * at(81, 82) + 0.55 * at(39, 37)
    way, _ = from_line(upper)
    return mirrored(np.maximum(band, 0.7 * hill(way, 0.8)))


def eye_shadow() -> Floats:
    """From the lashes to under the brow, fading upwards."""
    lid = spline(at(*UPPER_LID))
    outer = np.concatenate([between(113, 124, 0.5), between(226, 35, 0.25), at(33)])
    arc = spline(np.concatenate([at(133, *UNDER_BROW), outer]))
    region = inside(np.concatenate([lid, arc[::-1]]))
    to_lid, along = from_line(lid)
    to_arc, _ = from_line(arc)
    fraction = to_lid / np.maximum(to_lid + to_arc, 1e-6)
    fade = (
        (1.0 - smooth(0.2, 0.95, fraction))
        * (0.25 + 0.75 * smooth(0.0, 0.35, along))
        * smooth(0.0, 0.8, to_arc)
    )
    return mirrored(np.where(region, fade, 0.0))


def eyeliner() -> Floats:
    """Along the upper lashes, thicker outwards, with a short wing; thin under the outer half of the eye."""
    way, along = from_line(spline(at(*UPPER_LID)))
    upper = smooth(-0.35, 0.35, 0.35 + 1.25 * along**1.5 - way) * smooth(0.02, 0.2, along)
    tip = at(33) + np.array([[-5.0, -3.2]])
    way, along = from_line(np.concatenate([at(246), at(33) - np.array([[0.4, 0.6]]), tip]))
    wing = smooth(-0.35, 0.35, 1.3 * (1.0 - along) ** 0.8 + 0.1 - way)
    way, along = from_line(spline(at(*LOWER_LID)))
    lower = 0.55 * smooth(-0.35, 0.35, 0.55 - way) * smooth(0.45, 0.75, along)
    return mirrored(np.maximum(np.maximum(upper, wing), lower))


def blush() -> Floats:
    """On the cheek, drawn up toward the ear."""
    middle = (0.5 * at(50) + 0.5 * at(123))[0] + [3.0, 1.0]
    along = at(227)[0] - at(205)[0]
    along /= np.linalg.norm(along)
    d = texels() - middle
    first, second = d @ along, d @ np.array([-along[1], along[0]])
    way = np.hypot(first / 13.0, second / 8.0)
    return mirrored(hill(way, 1.0) * from_outline(4.0, 16.0))


def brows() -> Floats:
    """The brows, softer where they begin."""
    polygon = np.concatenate([spline(at(*BROW_UPPER)), spline(at(*BROW_LOWER))[::-1]])
    _, along = from_line(spline(0.5 * (at(*BROW_UPPER) + at(*BROW_LOWER))))
    soft = smooth(-0.2, 2.0, depth_in(polygon))
    return mirrored(soft * (0.55 + 0.45 * smooth(0.0, 0.4, along)))


def contour() -> Floats:
    """Hollows of the cheeks, temples, sides of the nose."""
    hollow = np.concatenate([between(137, 177, 0.5), between(147, 213, 0.2), between(187, 214, 0.3), at(212)])
    way, along = from_line(spline(hollow))
    cheek = hill(way, 5.0) * (1.0 - smooth(0.25, 0.8, along))
    way, _ = from_line(
        spline(np.concatenate([at(139), at(71), between(68, 54, 0.2), between(104, 103, 0.2)]))
    )
    temple = 0.7 * hill(way, 6.0)
    bridge = at(*NOSE_BRIDGE) - [[7.0, 0.0]]
    way, along = from_line(bridge)
    nose = 0.55 * hill(way, 2.4) * smooth(0.0, 0.25, along) * (1.0 - smooth(0.8, 1.0, along))
    return mirrored(np.maximum(np.maximum(cheek, temple) * from_outline(5.0, 16.0), nose))


def from_outline(low_mm: float, high_mm: float) -> Floats:
    """0 at the outline of the mesh, 1 farther inside."""
    return smooth(low_mm, high_mm, _depth_in_outline())


@lru_cache(maxsize=1)
def _depth_in_outline() -> Floats:
    topology = face_topology()
    outline = np.flatnonzero(topology.border_mm == 0.0)
    p = places()[outline]
    middle = p.mean(axis=0)
    order = np.argsort(np.arctan2(*(p - middle).T))  # the outline is nearly convex: it goes round its middle
    return depth_in(p[order])


REGIONS = {
    "lips": lips,
    "gloss": gloss,
    "eye_shadow": eye_shadow,
    "eyeliner": eyeliner,
    "blush": blush,
    "brows": brows,
    "contour": contour,
}


def masks() -> dict[str, NDArray[np.uint8]]:
    """(SIZE, SIZE) uint8 of every region."""
    return {name: np.rint(255.0 * make()).astype(np.uint8) for name, make in REGIONS.items()}
