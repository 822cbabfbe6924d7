"""``python -m tools.assets.make_tiger``: the tiger, brushed and furred on the texture space of the face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.assets import face_drawing as draw
from tools.assets.face_drawing import Floats, Stroke, on_both
from tools.assets.glb import Node, Part, glb
from tools.assets.packs import write
from tools.assets.shapes import Shape, catmull, joined, tube

ORANGE, AMBER, RUST = (0.96, 0.50, 0.06), (1.0, 0.67, 0.16), (0.80, 0.31, 0.03)
WHITE, BLACK, PINK = (0.97, 0.95, 0.90), (0.035, 0.025, 0.022), (0.42, 0.16, 0.15)
SEED = 7
TUFTS = 0.418
"""How far from the middle the fur ends."""

# Places on the person's right half, at the left of the texture; mirrored.
STRIPES = (
    # forehead, from the middle outwards
    Stroke(((0.497, 0.115), (0.455, 0.122), (0.405, 0.150)), 0.026, 0.5),
    Stroke(((0.497, 0.165), (0.450, 0.170), (0.395, 0.202)), 0.028, 0.5),
    Stroke(((0.499, 0.215), (0.470, 0.216), (0.440, 0.236)), 0.020, 0.5),
    Stroke(((0.370, 0.075), (0.345, 0.110), (0.340, 0.165)), 0.026, 0.2),
    Stroke(((0.285, 0.090), (0.265, 0.130), (0.268, 0.185)), 0.028, 0.2),
    Stroke(((0.205, 0.130), (0.195, 0.170), (0.208, 0.222)), 0.026, 0.2),
    # temples and cheeks, from the outline inwards
    Stroke(((0.090, 0.250), (0.135, 0.262), (0.185, 0.300)), 0.030, 0.4),
    Stroke(((0.050, 0.340), (0.110, 0.345), (0.190, 0.378)), 0.032, 0.4),
    Stroke(((0.040, 0.430), (0.110, 0.428), (0.195, 0.440), (0.245, 0.458)), 0.034, 0.4),
    Stroke(((0.045, 0.520), (0.110, 0.508), (0.190, 0.508), (0.255, 0.520)), 0.036, 0.4),
    Stroke(((0.065, 0.615), (0.120, 0.592), (0.185, 0.580), (0.250, 0.585)), 0.034, 0.4),
    Stroke(((0.110, 0.715), (0.150, 0.678), (0.205, 0.655), (0.262, 0.652)), 0.032, 0.4),
    Stroke(((0.185, 0.815), (0.215, 0.765), (0.255, 0.735), (0.295, 0.725)), 0.028, 0.4),
    Stroke(((0.285, 0.890), (0.305, 0.845), (0.335, 0.815)), 0.024, 0.4),
    # short ones between
    Stroke(((0.130, 0.468), (0.175, 0.470), (0.215, 0.484)), 0.014, 0.1),
    Stroke(((0.135, 0.552), (0.180, 0.545), (0.225, 0.550)), 0.014, 0.1),
    Stroke(((0.430, 0.300), (0.452, 0.325), (0.458, 0.365)), 0.014, 0.1),
)
EYES = (
    Stroke(
        (
            (0.425, 0.392),
            (0.402, 0.362),
            (0.372, 0.333),
            (0.337, 0.322),
            (0.300, 0.332),
            (0.268, 0.352),
            (0.226, 0.336),
        ),
        0.022,
        0.3,
        0.0,
        0.4,
    ),
    Stroke(
        ((0.418, 0.372), (0.380, 0.373), (0.340, 0.376), (0.300, 0.368), (0.270, 0.352)), 0.014, 0.5, 0.2, 0.5
    ),
    Stroke(((0.405, 0.362), (0.428, 0.396), (0.440, 0.440), (0.444, 0.482)), 0.022, 0.5, 0.0, 0.15),
)
BROW_WHITE = (
    (0.425, 0.290),
    (0.395, 0.232),
    (0.320, 0.212),
    (0.255, 0.232),
    (0.235, 0.275),
    (0.285, 0.300),
    (0.345, 0.305),
    (0.395, 0.325),
)
EYE_WHITE = ((0.400, 0.395), (0.340, 0.388), (0.285, 0.385), (0.262, 0.405), (0.300, 0.432), (0.365, 0.430))
MUZZLE = (
    (0.500, 0.585),
    (0.450, 0.572),
    (0.395, 0.580),
    (0.345, 0.620),
    (0.335, 0.680),
    (0.365, 0.722),
    (0.420, 0.735),
    (0.500, 0.740),
)
CHIN = ((0.500, 0.760), (0.430, 0.775), (0.385, 0.820), (0.400, 0.900), (0.455, 0.950), (0.500, 0.958))
RUFF = (
    (0.075, 0.560),
    (0.165, 0.545),
    (0.255, 0.600),
    (0.305, 0.700),
    (0.330, 0.800),
    (0.320, 0.900),
    (0.200, 0.860),
    (0.090, 0.700),
)
NOSE = ((0.500, 0.470), (0.462, 0.488), (0.418, 0.522), (0.412, 0.552), (0.452, 0.566), (0.500, 0.576))
LIP = (
    Stroke(
        ((0.500, 0.634), (0.462, 0.627), (0.420, 0.652), (0.382, 0.690), (0.345, 0.692), (0.318, 0.664)),
        0.016,
        0.8,
        0.0,
        0.5,
    ),
    Stroke(((0.500, 0.560), (0.500, 0.598), (0.500, 0.636)), 0.017, 1.0, 1.0, 0.5),
)
DOTS = ((0.455, 0.610), (0.418, 0.606), (0.382, 0.625), (0.440, 0.640), (0.402, 0.648), (0.366, 0.662))


def paint() -> NDArray[np.uint8]:
    """(1024, 1024, 4) the paint, straight alpha."""
    rng = np.random.default_rng(SEED)
    x, y = draw.grid()
    away = np.abs(x - 0.5)
    wobble = tuple(0.004 * draw.noise(rng, 40, 3) for _ in range(2))
    colour = np.broadcast_to(np.array(ORANGE, np.float32), (draw.LARGE, draw.LARGE, 3)).copy()
    colour = draw.over(colour, AMBER, np.clip(1.0 - away / 0.2, 0, 1) * np.clip((0.62 - y) / 0.3, 0, 1))
    colour = draw.over(colour, RUST, 0.75 * np.clip((away - 0.2) / 0.26, 0, 1))
    colour = draw.over(colour, RUST, 0.5 * np.clip((0.22 - y) / 0.18, 0, 1))
    colour *= (1.0 + 0.09 * draw.noise(rng, 9, 4))[..., None]
    ruff = draw.patch(RUFF, soft=0.05)
    pale = [
        draw.patch(BROW_WHITE, soft=0.022),
        draw.patch(EYE_WHITE, soft=0.02),
        draw.patch(MUZZLE, soft=0.025),
        draw.patch(CHIN, soft=0.035),
        0.85 * ruff,
    ]
    for area in pale:
        colour = draw.over(colour, WHITE, draw.pushed(area, *wobble))
    colour = draw.over(colour, RUST, 0.45 * draw.spot((0.5, 0.752), (0.10, 0.012)))  # under the lower lip
    stripes = draw.pushed(draw.brushed(on_both(STRIPES)), *wobble)
    colour = draw.over(colour, BLACK, stripes)
    colour = draw.hairs(colour, rng, 60_000, (0.008, 0.022), _flow(x, y), 0.16)
    # what is brushed last lies over the fur
    colour = draw.over(colour, BLACK, draw.brushed(on_both(EYES)))
    dots = sum(
        (
            np.clip(1.6 - np.hypot(x - u, (y - v) * 0.82) / 0.0042, 0, 1)
            for d in DOTS
            for u, v in (d, (1 - d[0], d[1]))
        ),
        np.zeros_like(x),
    )
    colour = draw.over(colour, BLACK, np.clip(dots, 0, 1))
    nose = draw.patch(NOSE, soft=0.008)
    colour = draw.over(colour, PINK, nose)
    colour = draw.over(
        colour, BLACK, nose * np.clip(1.15 - 1.3 * draw.spot((0.5, 0.515), (0.055, 0.030)), 0, 1)
    )
    colour = draw.over(colour, BLACK, draw.brushed(on_both(LIP)))
    alpha = 0.94 - 0.06 * np.clip(draw.noise(rng, 12, 3), -1, 1)
    alpha = np.maximum(alpha, 0.97 * stripes) * (1.0 - 0.75 * draw.patch(LOWER_LIP, soft=0.02))
    # at the outline the fur ends in tufts, not in a line
    r = np.hypot(right := x - 0.5, down := y - 0.505)
    end = np.clip((TUFTS - r + 0.006 * draw.noise(rng, 24, 2)) / 0.01, 0, 1)
    tufts = draw.hairs(
        np.repeat(end[..., None], 3, axis=2), rng, 50_000, (0.015, 0.05), (right, down), 0.0, end
    )
    return draw.picture(colour, alpha * tufts[..., 0])


LOWER_LIP = ((0.500, 0.706), (0.455, 0.708), (0.400, 0.712), (0.440, 0.752), (0.500, 0.762))


def _flow(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Fur lies away from the nose, on the cheeks outwards and down."""
    right = x - 0.5
    down = y - 0.50
    down = np.where(y < 0.5, down * 1.2, down) + 0.25 * np.clip(np.abs(right) - 0.1, 0, 1)
    return right, np.asarray(down, np.float32)


WHISKERS = (
    (17.0, -9.0, -9.0, 66.0, 0.20, -0.10),
    (20.0, -12.5, -11.5, 74.0, 0.06, -0.16),
    (22.0, -16.0, -14.0, 70.0, -0.08, -0.20),
    (22.5, -19.5, -16.5, 58.0, -0.22, -0.22),
)
"""On the person's left, millimetres from the tip of the nose: x, y and z of the root, length, rise, droop."""


def whiskers() -> bytes:
    """Thin white hairs, thick at the root, bent back and down."""
    hairs: list[Shape] = []
    for x, y, z, reach, rise, droop in WHISKERS:
        s = np.linspace(0.0, 1.0, 8)[:, None]
        way = np.array([1.0, rise, 0.22]) / np.hypot(1.0, 0.22)
        path = np.array([x, y, z]) + reach * (s * way + s**2 * np.array([0.0, droop, -0.30]))
        hairs.append(tube(catmull(path, 14), 0.75 * (1 - 0.85 * np.linspace(0, 1, 14)), 6))
    white = {"baseColorFactor": [0.95, 0.94, 0.91, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.4}
    materials = [{"name": "whiskers", "pbrMetallicRoughness": white}]
    return glb(
        [Node("whiskers", (Part(joined(hairs).both(), "whiskers"),))], materials, "tools/assets/make_tiger.py"
    )


FILES = {"tiger/tiger.webp": lambda: draw.webp(paint()), "tiger/whiskers.glb": whiskers}

if __name__ == "__main__":
    write(FILES)
