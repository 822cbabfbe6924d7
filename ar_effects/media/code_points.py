"""Colours by code points (primaries and transfer, ITU-T H.273) brought to ordinary sRGB pictures.

What enters in wide colours (BT.2020, P3, Adobe RGB) or as HDR (HLG, PQ) leaves as every other picture here:
BT.709's primaries and a screen's usual curve. Light of HDR is brought to SDR as broadcasters do it: HLG's
system gamma is that of a display of 1000 cd/m2 (ITU-R BT.2100-2, table 5), reference white is 203 cd/m2
(ITU-R BT.2408-7, section 2), highlights are rolled off by the curve of ITU-R BT.2390-11, section 5.4.1, on
the largest of the three components so that hues stay, and the result is coded for BT.1886's gamma of 2.4.
Colours outside of sRGB are clipped component by component (ITU-R BT.2407-0, section 2).
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.colour import linear_from_srgb, srgb_from_linear

Light = NDArray[np.float64]
"""float64 of any shape, linear."""

PQ, HLG = 16, 18
"""Transfers of HDR."""

ADOBE_RGB = -1
"""Not of H.273: what cameras mean by "Adobe RGB" (Adobe RGB (1998), version 2005-05, section 4.3)."""

WHITE_NITS, PEAK_NITS = 203.0, 1000.0

_D65 = (0.3127, 0.3290)
_PRIMARIES = {
    # code: x, y of red, green, blue, white
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    ADOBE_RGB: ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060), _D65),
}
_BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593])
_PEAK = PEAK_NITS / WHITE_NITS
_HLG_GAMMA = 1.2
_LEVELS = 4096
_OF_BYTE = np.arange(256) * 257 >> 4
_STRIP_PIXELS = 1 << 15
"""So much stays in a core's cache."""

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@cache
def to_srgb(primaries: int, transfer: int) -> ToSrgb | None:
    """What turns RGB of these code points into sRGB; None where nothing is to be done.

    Codes that are unknown or unspecified count as BT.709, and the small differences between it and the
    standards of old television are left, as players leave them.

    Args:
        primaries: H.273's ColourPrimaries, or ``ADOBE_RGB``.
        transfer: H.273's TransferCharacteristics.
    """
    if transfer not in (PQ, HLG) and (primaries not in _PRIMARIES or primaries == 1):
        return None
    return ToSrgb(primaries, transfer)


class ToSrgb:
    """Turns RGB of some code points into sRGB; by tables, a strip of the picture at a time."""

    def __init__(self, primaries: int, transfer: int) -> None:
        levels = np.arange(_LEVELS) / (_LEVELS - 1)
        squared = levels**2  # tables of light are looked up by its root, for the eye sees about that
        self._hdr, self._hlg = transfer in (PQ, HLG), transfer == HLG
        if self._hlg:
            decoded, coded = _scene_from_hlg(levels), squared ** (1.0 / 2.4)
        elif self._hdr:
            decoded, coded = 1e4 / WHITE_NITS * _light_from_pq(levels), squared ** (1.0 / 2.4)
        else:
            # Decoded and coded by one curve (but for Adobe's): greys stay, whatever curve the screen has.
            decode = _light_from_adobe if primaries == ADOBE_RGB else linear_from_srgb
            decoded, coded = decode(levels), srgb_from_linear(squared)
        self._decoded = decoded.astype(np.float32)
        self._coded = np.rint(255.0 * coded).astype(np.uint8)
        self._system_gain = (_PEAK * squared ** (_HLG_GAMMA - 1.0)).astype(np.float32)
        self._rolled = rolled_off(squared * _PEAK).astype(np.float32)
        known = primaries if primaries in _PRIMARIES else 9 if self._hdr else 1
        self._matrix = _to_bt709(known).astype(np.float32)

    def __call__(self, rgb: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 of (height, width, 3) uint8 or uint16 over their whole range."""
        result = np.empty(rgb.shape, np.uint8)
        rows = max(_STRIP_PIXELS // max(rgb.shape[1], 1), 1)
        for y in range(0, rgb.shape[0], rows):
            result[y : y + rows] = self._strip(rgb[y : y + rows])
        return result

    def _strip(self, rgb: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
        light = self._decoded[_OF_BYTE[rgb] if rgb.dtype == np.uint8 else rgb >> 4]
        if self._hdr:
            largest = light.max(axis=2)
            gain = np.ones_like(largest)
            if self._hlg:
                luma = cv2.transform(light, _BT2020_LUMA[None].astype(np.float32))
                gain = self._system_gain[_index(luma.reshape(largest.shape))]
                largest *= gain
            rolled = self._rolled[_index(largest / _PEAK)]
            light = light * (gain * rolled / np.maximum(largest, 1e-9))[..., None]
        return self._coded[_index(cv2.transform(light, self._matrix))]


def _index(light: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Of 0..1 in a table by its root."""
    roots = np.sqrt(np.clip(light, 0.0, 1.0))
    return np.asarray(roots * (_LEVELS - 1) + 0.5).astype(np.uint16)


def rolled_off(light: Light) -> Light:
    """Light with 1 at reference white, and more in highlights, brought into 0..1."""
    peak, white = _pq_from_light(np.array([PEAK_NITS, WHITE_NITS]) / 1e4)
    e1 = np.minimum(_pq_from_light(light * WHITE_NITS / 1e4) / peak, 1.0)
    limit = white / peak
    knee = 1.5 * limit - 0.5
    t = (e1 - knee) / (1.0 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1.0 - knee)
        + (-2 * t**3 + 3 * t**2) * limit
    )
    return 1e4 / WHITE_NITS * _light_from_pq(np.where(e1 < knee, e1, spline) * peak)


def _scene_from_hlg(encoded: Light) -> Light:
    """BT.2100-2, table 5: 1 is the camera's brightest light."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(encoded <= 0.5, encoded**2 / 3.0, (np.exp((encoded - c) / a) + b) / 12.0)


def _light_from_pq(encoded: Light) -> Light:
    """BT.2100-2, table 4: 1 is 10,000 cd/m2."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = encoded ** (1.0 / m2)
    light: Light = (np.maximum(power - c1, 0.0) / (c2 - c3 * power)) ** (1.0 / m1)
    return light


def _pq_from_light(light: Light) -> Light:
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = light**m1
    encoded: Light = ((c1 + c2 * power) / (1.0 + c3 * power)) ** m2
    return encoded


def _light_from_adobe(encoded: Light) -> Light:
    light: Light = encoded ** (563 / 256)
    return light


def _to_bt709(primaries: int) -> Light:
    """(3, 3) from linear light of these primaries to BT.709's, white to white."""
    source, white = _xyz_from(primaries)
    target, target_white = _xyz_from(1)
    gain = (_BRADFORD @ target_white) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD
    return np.asarray(np.linalg.inv(target) @ adapted @ source)


def _xyz_from(primaries: int) -> tuple[Light, Light]:
    """(3, 3) XYZ of linear light, and XYZ of its white (SMPTE RP 177-1993)."""
    corners = np.array([[x / y, 1.0, (1.0 - x - y) / y] for x, y in _PRIMARIES[primaries]]).T
    white = corners[:, 3]
    return corners[:, :3] * np.linalg.solve(corners[:, :3], white), white
