"""KHR_materials_pbrSpecularGlossiness as metallic-roughness.

The conversion is the Khronos group's own, of the extension's "convert between workflows" example:
metallic solves for the share of metal whose diffuse and specular colour have the given brightness, with a
dielectric's reflectance of 0.04.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.colour import LINEAR_FROM_BYTE, srgb_from_linear
from ar_effects.drawlist import Texture

DIELECTRIC = 0.04
_EPSILON = 1e-6

Floats = NDArray[np.float64]


class Converted(NamedTuple):
    """A metallic-roughness material: factors, and textures where there were any."""

    base_colour: tuple[float, float, float, float]
    metallic: float
    roughness: float
    base_colour_texture: Texture | None = None
    metallic_roughness_texture: Texture | None = None


def converted(
    diffuse: tuple[float, float, float, float],
    specular: tuple[float, float, float],
    glossiness: float,
    diffuse_texture: Texture | None,
    gloss_texture: Texture | None,
) -> Converted:
    """Both workflows' factors are linear.

    Args:
        diffuse: the factor, RGBA.
        specular: the factor, RGB.
        glossiness: the factor.
        diffuse_texture: (h, w, 4) sRGB with alpha.
        gloss_texture: (h, w, 4) specular colour in sRGB, glossiness as alpha.

    Returns:
        Without a ``gloss_texture`` the factors carry everything and the diffuse texture stays as it is: what
        its texels' metalness would be is told from the texture's mean.
    """
    if gloss_texture is None:
        mean = np.ones(3)
        if diffuse_texture is not None:
            mean = LINEAR_FROM_BYTE[diffuse_texture[..., :3].reshape(-1, 3)[::7]].mean(axis=0)
        metallic = float(_metallic(np.array(diffuse[:3]) * mean, np.array(specular)))
        red, green, blue, alpha = diffuse
        if metallic > 0.0:
            found = _base(np.array(diffuse[:3]) * mean, np.array(specular), np.array(metallic))
            red, green, blue = np.clip(found / np.maximum(mean, _EPSILON), 0.0, 1.0).tolist()
        return Converted((red, green, blue, alpha), metallic, 1.0 - glossiness, diffuse_texture)
    height, width = gloss_texture.shape[:2]
    if diffuse_texture is not None:
        height, width = max(height, diffuse_texture.shape[0]), max(width, diffuse_texture.shape[1])
    gloss = _resized(gloss_texture, width, height)
    pale = np.full((height, width, 4), 255, np.uint8)
    colours = pale if diffuse_texture is None else _resized(diffuse_texture, width, height)
    base_texture, rough_texture = np.empty_like(colours), np.full_like(colours, 255)
    for y in range(0, height, 64):  # in strips: half a gigabyte of temporaries otherwise
        rows = slice(y, y + 64)
        d = LINEAR_FROM_BYTE[colours[rows, :, :3]] * np.array(diffuse[:3])
        s = LINEAR_FROM_BYTE[gloss[rows, :, :3]] * np.array(specular)
        metallic_here = _metallic(d, s)
        base_here = np.clip(_base(d, s, metallic_here), 0.0, 1.0)
        base_texture[rows, :, :3] = np.round(srgb_from_linear(base_here) * 255)
        rough_texture[rows, :, 1] = np.round(255 - gloss[rows, :, 3] * glossiness)
        rough_texture[rows, :, 2] = np.round(metallic_here * 255)
    base_texture[..., 3] = colours[..., 3]
    return Converted((1.0, 1.0, 1.0, diffuse[3]), 1.0, 1.0, base_texture, rough_texture)


def _brightness(colour: Floats) -> Floats:
    """Perceived, of (..., 3) linear RGB."""
    return np.asarray(np.sqrt((colour * colour) @ np.array([0.299, 0.587, 0.114])))


def _metallic(diffuse: Floats, specular: Floats) -> Floats:
    """(...) share of metal."""
    lost = 1.0 - specular.max(axis=-1)
    bright, shine = _brightness(diffuse), _brightness(specular)
    b = bright * lost / (1.0 - DIELECTRIC) + shine - 2.0 * DIELECTRIC
    root = np.sqrt(np.maximum(b * b - 4.0 * DIELECTRIC * (DIELECTRIC - shine), 0.0))
    return np.asarray(np.where(shine < DIELECTRIC, 0.0, np.clip((root - b) / (2.0 * DIELECTRIC), 0.0, 1.0)))


def _base(diffuse: Floats, specular: Floats, metallic: Floats) -> Floats:
    """(..., 3) base colour."""
    lost = (1.0 - specular.max(axis=-1))[..., None]
    m = np.asarray(metallic)[..., None]
    from_diffuse = diffuse * lost / (1.0 - DIELECTRIC) / np.maximum(1.0 - m, _EPSILON)
    from_specular = (specular - DIELECTRIC * (1.0 - m)) / np.maximum(m, _EPSILON)
    return np.asarray(from_diffuse + (from_specular - from_diffuse) * m * m)


def _resized(texture: Texture, width: int, height: int) -> Texture:
    if texture.shape[:2] == (height, width):
        return texture
    return np.asarray(cv2.resize(texture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
