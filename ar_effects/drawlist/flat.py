"""Flat things in space: pictures, and swarms of small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Matrix

if TYPE_CHECKING:
    from ar_effects.drawlist.scene import Texture


@dataclass(frozen=True, slots=True, eq=False)
class SpriteDraw:
    """A flat picture in its place, seen from both sides, unlit.

    Attributes:
        pixels: what is on it.
        camera_from_sprite: (4, 4); the picture spans -0.5 .. 0.5 of x and y, x to its right and y up.
        opacity: 0..1.
        occluded: whether what is nearer hides it.
        additive: its light is added to what is behind it, which stays as bright as it was.
        stream: None where ``pixels`` never change. Otherwise what plays (compared by identity, and weakly
            referenced where it can be): its pixels are sent again, into one texture, whenever ``version`` is
            another.
        version: of the stream's pixels.
    """

    pixels: Texture
    camera_from_sprite: Matrix
    opacity: float = 1.0
    occluded: bool = True
    additive: bool = False
    stream: object | None = None
    version: int = 0


ParticleShape = Literal["dot", "star", "heart", "confetti", "flake", "flame"]
"""Drawn by formula: a soft ball of light, and flat shapes with sharp edges (the flame's are soft)."""

PARTICLE_COLUMNS = 8
"""x, y, z (camera frame, mm), share of life that has passed, size (mm), angle and tumble (radians; the
picture turns clockwise, and about its own y axis), and a random share that is the particle's own."""

MAX_STOPS = 8


@dataclass(frozen=True, slots=True, eq=False)
class ParticlesDraw:
    """Small flat pictures that face the camera, unlit.

    Attributes:
        particles: (n, PARTICLE_COLUMNS) float32, the farthest first where their order matters. Those whose
            share of life is 1 or more are not drawn. The array is filled anew for the next frame.
        bounds_mm: (2, 3) lowest and highest corner of the camera frame that they reach.
        shape: what they are, unless there is a picture.
        picture: what is on each of them.
        colours: 1 to MAX_STOPS linear colours with straight alpha, multiplied with the picture.
        by_life: each goes through all the colours evenly in its life; otherwise each has one of them.
        sizes: 1 to MAX_STOPS shares of the size, gone through evenly in a life.
        fade: shares of life in which they appear and disappear.
        opacity: 0..1, of all.
        additive: their light is added to what is behind them.
        occluded: whether what is nearer hides them.
    """

    particles: NDArray[np.float32]
    bounds_mm: NDArray[np.float64]
    shape: ParticleShape = "dot"
    picture: Texture | None = None
    colours: tuple[tuple[float, float, float, float], ...] = ((1.0, 1.0, 1.0, 1.0),)
    by_life: bool = True
    sizes: tuple[float, ...] = (1.0,)
    fade: tuple[float, float] = (0.0, 0.0)
    opacity: float = 1.0
    additive: bool = False
    occluded: bool = True
