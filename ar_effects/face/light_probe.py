"""The face as a light probe: which light the tracked faces of a frame are in.

Diffuse light on a convex surface is nearly a polynomial of low order of the normal: Ramamoorthi and
Hanrahan, "An efficient representation for irradiance environment maps", SIGGRAPH 2001. That a face is
enough of a surface to read it from: Knorr and Kurz, "Real-time illumination estimation from faces for
coherent rendering", ISMAR 2014. Instead of their learnt transfer the skin's mean colour is taken as its
albedo, in a fit that outliers (brows that moved, beards, shine) have little say in, with a prior for what
a face shows badly: how much light comes from straight ahead.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ar_effects.colour import LINEAR_FROM_BYTE
from ar_effects.drawlist.light import Light
from ar_effects.face.canonical import LEFT_EYE_RING, MESH_COUNT, RIGHT_EYE_RING, canonical_face
from ar_effects.face.topology import face_topology
from ar_effects.records import Face, Image

Floats = NDArray[np.float64]

SETTLE_S = 0.5
"""The light follows what is measured with this time constant."""

LOOK_S = 0.066
"""Light is looked at so often: every second frame of 30 a second."""

MIRRORED = 0.35
"""Share of the picture in reflections."""

USUAL_SLOPE = np.array([0.0, 0.3, 0.45])
SLOPE_SPREAD = np.array([0.45, 0.3, 0.2])
"""Light comes from above and ahead as a rule; mean and standard deviation of the slope by axis."""

CURVE_SPREAD = 0.15
"""Of the second-order part, relative to the mean light: it takes up what the first cannot say."""

SKIN_SPREAD, LOOKS = 0.12, 40.0
"""How much skin differs from its mean from place to place, and how many independent looks a face gives."""

COLOURED = 0.4
"""How much of a difference between the colours' slopes is believed: cheeks and hair have colours too."""

LONGEST_SLOPE = 0.85
DIMMEST, BRIGHTEST = 0.15, 1.2
"""Relative to the environment: of any colour, and of the brightest."""

_DARK, _FAIR = np.array([0.171, 0.084, 0.058]), np.array([0.539, 0.305, 0.223])
"""Linear RGB of the patches "dark skin" and "light skin" of the ColorChecker chart (McCamy 1976)."""

FRAME_LEVEL = 0.16
"""Mean linear luminance of what automatic exposure makes of an ordinary room."""

EXPOSURE_SPREAD, WARMTH_SPREAD, GREEN_SPREAD, SKIN_NOISE, FRAME_SPREAD = 0.45, 0.15, 0.05, 0.15, 0.6
"""Standard deviations of logarithms: a room's brightness, its colour along and across daylight's, one
person's skin about the line from dark to fair, and a frame's brightness about its room's."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_FACING_FROM, _FACING_TO = 0.15, 0.45
_SMALLEST_PX, _LARGE_PX = 10.0, 30.0
_CLIPPED = 0.97
_TAPS = np.array([[0.0, 0.0], [1.0, 0.3], [-0.3, 1.0], [-1.0, -0.3], [0.3, -1.0]]) * 0.02
_LINEAR = LINEAR_FROM_BYTE.astype(np.float32)


class _Measured(NamedTuple):
    """Of one face: linear RGB of skin that faces the camera, slopes as in ``Light``, and their trust."""

    skin: Floats
    slope: Floats
    trust: float


class LightProbe:
    """The light on an effect's faces, steady over time."""

    def __init__(self) -> None:
        self._colour: Floats | None = None  # logarithm
        self._slope = np.zeros((3, 3))
        self._trust = 0.0
        self._since_s = 0.0
        self._light: Light | None = None

    def update(self, image: Image, faces: Iterable[Face], step_s: float) -> Light | None:
        """Look at one frame. None until a face was seen well enough.

        Args:
            image: the frame.
            faces: those in it; what is not seen in this frame does not count.
            step_s: since the frame before.
        """
        self._since_s += step_s
        if self._light is not None and self._since_s < LOOK_S:
            return self._light
        step_s, self._since_s = self._since_s, 0.0
        found = [(f, m) for f in faces if f.state == "tracking" and (m := measured(image, f)) is not None]
        if found:
            fractions = np.array([m.trust * f.eyes.distance_px for f, m in found])
            trust = max(m.trust for _, m in found)
            fractions /= fractions.sum()
            skins = [np.log(m.skin) for _, m in found]
            level = _frame_level(image)
            colour = sum(s * _log_colour(skin, level) for s, skin in zip(fractions, skins, strict=True))
            slope = sum(s * m.slope for s, (_, m) in zip(fractions, found, strict=True))
            if self._colour is None:
                self._colour, self._slope, self._trust = np.asarray(colour), np.asarray(slope), trust
            else:
                fraction = 1.0 - np.exp(-step_s / SETTLE_S)
                self._colour = self._colour + fraction * trust * (colour - self._colour)
                self._slope = self._slope + fraction * trust * (slope - self._slope)
                self._trust += fraction * (trust - self._trust)
            # rounded, so that no processor's last bits reach a pixel
            colour, slope = np.exp(self._colour).round(4), self._slope.round(4)
            self._light = Light(colour, slope, round(self._trust, 4), MIRRORED)
        return self._light


def measured(image: Image, face: Face) -> _Measured | None:
    """What one face says about its light; None if it is too small, turned away or cannot be read."""
    size_px = face.eyes.distance_px
    if not size_px > _SMALLEST_PX or not np.isfinite(face.landmarks).all():
        return None
    skin = _skin()
    normals = skin.normals @ face.pose.camera_from_head[:3, :3].T
    places = face.landmarks[skin.vertices, :2]
    rgb, inside = _colours(image, places, size_px)
    bright = rgb @ _LUMINANCE
    t = np.clip((normals[:, 2] - _FACING_FROM) / (_FACING_TO - _FACING_FROM), 0.0, 1.0)
    weights = skin.areas * t * t * (3.0 - 2.0 * t) * inside * _not_clipped(rgb)
    seen = float(weights.sum())
    if seen < 0.2:
        return None
    middle = _weighted_median(bright, weights)
    if middle < 0.002:
        return None
    weights *= bright > 0.1 * middle  # a hole, a hand's shadow, hair
    fit = _fit(normals, rgb, weights * (LOOKS / max(seen, 1e-9)))
    if fit is None:
        return None
    level, slope, spread = fit
    small = np.clip((size_px - _SMALLEST_PX) / (_LARGE_PX - _SMALLEST_PX), 0.0, 1.0)
    uneven = np.clip(1.5 - spread / (2.5 * SKIN_SPREAD), 0.0, 1.0)
    trust = float(small * uneven * np.clip(seen / 0.5, 0.0, 1.0) * np.clip(face.quality, 0.0, 1.0))
    if trust <= 0.0:
        return None
    return _Measured(np.maximum(level * (1.0 + slope[2]), 1e-3), slope, trust)


def _fit(normals: Floats, rgb: Floats, weights: Floats) -> tuple[Floats, Floats, float] | None:
    """Mean light (3,), slope (3, 3) and the residuals' spread, by reweighted least squares.

    ``rgb = level * (1 + slope . n + second order)``; the slope's prior is on its difference from the usual.
    The weights of Cauchy's distribution, from the residuals of brightness, are used for all three colours.
    """
    x, y, z = normals.T
    second = np.stack([x * y, y * z, x * z, 0.5 * (x * x - y * y), z * z - 1.0 / 3.0], axis=1)
    design = np.concatenate([np.ones((len(normals), 1)), normals, second], axis=1)
    scale = np.maximum(weights @ rgb / weights.sum(), 1e-4)
    relative = rgb / scale
    prior = np.zeros((8, 9))
    prior[:3, 0] = -USUAL_SLOPE / SLOPE_SPREAD
    prior[:3, 1:4] = np.diag(1.0 / SLOPE_SPREAD)
    prior[3:, 4:] = np.eye(5) / CURVE_SPREAD
    ridge = prior.T @ prior * SKIN_SPREAD**2
    brightness = relative @ _LUMINANCE
    robust, residual = weights, brightness
    for _ in range(3):
        weighted = design.T * robust
        try:
            theta = np.linalg.solve(weighted @ design + ridge, weighted @ relative)
        except np.linalg.LinAlgError:
            return None
        residual = design @ (theta @ _LUMINANCE) - brightness
        robust = weights / (1.0 + (residual / (2.0 * SKIN_SPREAD)) ** 2)
    spread = float(np.sqrt(robust @ residual**2 / robust.sum()))
    level = np.maximum(theta[0], 0.1)
    slope = theta[1:4] / level
    if not np.isfinite(slope).all():
        return None
    common = (slope @ _LUMINANCE)[:, None]
    slope = common + COLOURED * (slope - common)
    longest = np.linalg.norm(slope, axis=0).max()
    return level * scale, slope / max(longest / LONGEST_SLOPE, 1.0), spread


def _log_colour(skin: Floats, frame_level: float) -> Floats:
    """(3,) logarithm of the light's colour, from that of the skin and of the frame's mean luminance.

    Is the skin dark or the light dim? Both are normal variables, so is what is seen: skin lies along the
    line from dark to fair, rooms are about equally bright in pictures, light's colours lie along daylight's,
    and a dim room's frame is dark as a whole. The most probable light is one linear step.
    """
    seen = np.append(skin - _mean_skin(), np.log(frame_level / FRAME_LEVEL))
    likely = _light_from_skin() @ seen
    likely -= max(float(likely.max()) - np.log(BRIGHTEST), 0.0)  # keeps its hue
    return np.asarray(np.maximum(likely, np.log(DIMMEST)), dtype=np.float64)


@lru_cache(maxsize=1)
def _light_from_skin() -> Floats:
    """(3, 4): the posterior mean of a linear Gaussian model, for deviations from the means."""
    melanin = 0.5 * (np.log(_FAIR) - np.log(_DARK))
    light = np.stack(
        [
            EXPOSURE_SPREAD * np.ones(3),
            WARMTH_SPREAD * np.array([1.0, 0.0, -1.0]),
            GREEN_SPREAD * np.array([-0.5, 1.0, -0.5]),
        ],
        axis=1,
    )
    causes = np.zeros((4, 4))  # rows: skin's red, green, blue, the frame; columns: melanin, light
    causes[:3, 0] = melanin
    causes[:3, 1:] = light
    causes[3, 1] = EXPOSURE_SPREAD
    noise = np.diag([SKIN_NOISE**2] * 3 + [FRAME_SPREAD**2])
    gain = causes.T @ np.linalg.inv(causes @ causes.T + noise)
    return np.asarray(light @ gain[1:])


def _mean_skin() -> Floats:
    return np.asarray(0.5 * (np.log(_FAIR) + np.log(_DARK)))


def _frame_level(image: Image) -> float:
    """Mean linear luminance of a sparse grid of the frame's pixels."""
    height, width = image.shape[:2]
    few = _LINEAR[image[:: max(height // 24, 1), :: max(width // 32, 1)].reshape(-1, 3)]
    return max(float(few.mean(axis=0) @ _LUMINANCE[::-1]), 1e-3)


def _colours(image: Image, places: NDArray[np.float32], size_px: float) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 3) linear RGB about each place, and whether it lies in the picture."""
    height, width = image.shape[:2]
    taps = np.rint(places + (_TAPS * size_px)[:, None]).astype(np.intp)
    x, y = taps[..., 0], taps[..., 1]
    inside = (x.min(axis=0) >= 0) & (x.max(axis=0) < width) & (y.min(axis=0) >= 0) & (y.max(axis=0) < height)
    bgr = _LINEAR.take(image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])
    return (bgr.sum(axis=0) / len(_TAPS))[:, ::-1].astype(np.float64), inside


def _not_clipped(rgb: Floats) -> NDArray[np.bool_]:
    return (rgb[:, 0] < _CLIPPED) & (rgb[:, 1] < _CLIPPED) & (rgb[:, 2] < _CLIPPED)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, 0.5 * total[-1])]])


class _Skin(NamedTuple):
    """Vertices on bare skin, their normals in the head frame, and their shares of the area."""

    vertices: NDArray[np.intp]
    normals: Floats
    areas: Floats


# On the person's right half; topology of the face mesh.
_BROW = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
_LIPS = (61, 185, 40, 39, 37, 0, 17, 84, 181, 91, 146)
_NOSTRILS = (2, 97, 98, 60, 75)


@lru_cache(maxsize=1)
def _skin() -> _Skin:
    canonical, border_mm = canonical_face(), face_topology().border_mm[:MESH_COUNT]
    vertices = canonical.vertices_mm[:MESH_COUNT]
    keep = border_mm > 4.0
    for points, clear_mm in (
        ((*RIGHT_EYE_RING, *LEFT_EYE_RING), 6.0),
        (_both(_BROW), 4.0),
        (_both(_LIPS), 4.0),
        (_both(_NOSTRILS), 3.0),
    ):
        gaps = np.linalg.norm(vertices[:, None] - vertices[None, list(points)], axis=2).min(axis=1)
        keep &= gaps > clear_mm
    inner = vertices[np.unique(canonical.lid_triangles)]
    mouth = inner[inner[:, 1] < -40.0]
    low, high = mouth.min(axis=0) - 6.0, mouth.max(axis=0) + 6.0
    keep &= ~((vertices[:, :2] > low[:2]) & (vertices[:, :2] < high[:2])).all(axis=1)
    a, b, c = np.moveaxis(vertices[canonical.triangles], 1, 0)
    each = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    areas = np.zeros(MESH_COUNT)
    np.add.at(areas, canonical.triangles, each[:, None] / 3.0)
    chosen = np.flatnonzero(keep)
    return _Skin(chosen, canonical.normals()[chosen], areas[chosen] / areas[chosen].sum())


def _both(points: tuple[int, ...]) -> tuple[int, ...]:
    mirror = canonical_face().mirror
    return (*points, *(int(mirror[k]) for k in points))
