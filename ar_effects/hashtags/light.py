"""What light and colour say of a picture, by measured rules: black and white, night, sunset.

Each rule looks at a small copy of the picture and asks for all of several things, so that it is seldom wrong;
benchmarks/tagger.py counts how often on real photographs.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.messages import Message
from ar_effects.records import Image

SIDE = 64

GREY_CHROMA = 3.0
"""Of CIELAB: the 98th percentile under which a picture has no colour but what JPEG adds."""

LEAST_CONTRAST, MIDTONES, MIDTONE_SHARE = 8.0, (12.0, 88.0), 0.5
"""Standard deviation of CIELAB's lightness, and the share of what is neither black nor white: a blank page
and a drawing are no photographs in black and white."""

DARK, DARK_SHARE, DARK_MEAN = 20.0, 0.7, 22.0
BRIGHT, BRIGHT_SHARES = 70.0, (0.002, 0.1)
NEUTRAL_DARK = 8.0
"""Night: lightness and share of the dark, the mean, lights and their share, and the chroma of the dark."""

WARM_DEG, WARM_CHROMA, WARM_SHARE = (25.0, 80.0), 26.0, 0.55
SKY_LIGHT, LAND_DARKER = 42.0, 22.0
"""Sunset: hues and chroma of a warm sky and its share of the upper half, its lightness, and how much darker
the lowest third is."""


class LightTag(NamedTuple):
    """A tag with how sure it is and why."""

    tag: str
    score: float
    why: Message


def light_tags(picture: Image) -> list[LightTag]:
    """The tags of light and colour that are sure.

    Args:
        picture: (h, w, 3) uint8 BGR, of any size.
    """
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255.0, cv2.COLOR_BGR2LAB)
    light, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    found = []
    grey = float(np.percentile(chroma, 98)) < GREY_CHROMA
    midtones = float(((light > MIDTONES[0]) & (light < MIDTONES[1])).mean())
    if grey and float(light.std()) > LEAST_CONTRAST and midtones > MIDTONE_SHARE:
        found.append(LightTag("blackandwhite", 0.99, Message("why.no-colour")))
    dark = light < DARK
    bright = float((light > BRIGHT).mean())
    # A dark wall in a studio is even; a night has lights, and is dark at its edges.
    edges = np.concatenate([dark[:5].ravel(), dark[:, :5].ravel(), dark[:, -5:].ravel()])
    if (
        not grey
        and float(dark.mean()) > DARK_SHARE
        and float(light.mean()) < DARK_MEAN
        and BRIGHT_SHARES[0] < bright < BRIGHT_SHARES[1]
        and float(edges.mean()) > DARK_SHARE
        and float(np.median(chroma[dark])) < NEUTRAL_DARK
        and _many_lights(light)
    ):
        found.append(LightTag("night", 0.9, Message("why.dark", fraction=float(dark.mean()))))
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    warm = (hue > WARM_DEG[0]) & (hue < WARM_DEG[1]) & (chroma > WARM_CHROMA)
    sky, land = slice(0, SIDE // 2), slice(2 * SIDE // 3, SIDE)
    smooth = float(np.abs(np.diff(light[sky], axis=0)).mean()) < 3.0
    if (
        float(warm[sky].mean()) > WARM_SHARE
        and float(light[sky].mean()) > SKY_LIGHT
        and float(light[sky].mean() - light[land].mean()) > LAND_DARKER
        and smooth
    ):
        found.append(LightTag("sunset", 0.9, Message("why.warm-sky", fraction=float(warm[sky].mean()))))
    return found


def _many_lights(light: NDArray[np.float32]) -> bool:
    """Whether what is bright are several spots, and none of them large."""
    count, _, figures, _ = cv2.connectedComponentsWithStats((light > BRIGHT).astype(np.uint8))
    return count > 3 and int(figures[1:, cv2.CC_STAT_AREA].max()) < SIDE * SIDE // 30
