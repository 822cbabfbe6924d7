"""Makes ``assets/environment/studio.npz``: the light of a small studio, computed from nothing.

Run ``python tools/assets/make_environment.py``. A window upper left of the viewer, a soft box to the
right, a strip light behind the head, walls, ceiling and a warm floor; no photograph is used. The
file holds what a renderer needs (see ``ar_effects/render/environment.py``): irradiance as spherical
harmonics, and panoramas convolved with the GGX lobe of growing roughness.

Axes: +X right, +Y up, +Z toward the viewer. Radiance is linear RGB.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TARGET = Path(__file__).resolve().parents[2] / "assets" / "environment" / "studio.npz"
LEVELS = 7
WIDTH, HEIGHT = 512, 256  # of the mirror level, enough for the bars of the window
SAMPLES = 512
FACING_LIGHT = 0.95  # irradiance / pi on a surface that faces the viewer
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Light:
    """A bright rectangle, seen from the head.

    Attributes:
        azimuth_deg: to the right of the direction toward the viewer.
        elevation_deg: above the horizon.
        half_size: half width and height where the plane is one unit away.
        colour: radiance at its middle.
        softness: width of the fading edge in the same unit.
        panes: columns and rows of a window, (1, 1) for a plain light.
        falloff: how much darker the rim is than the middle, 0 to 1.
    """

    azimuth_deg: float
    elevation_deg: float
    half_size: tuple[float, float]
    colour: tuple[float, float, float]
    softness: float
    panes: tuple[int, int] = (1, 1)
    falloff: float = 0.0

    def radiance(self, directions: Array) -> Array:
        """What it adds in each direction."""
        azimuth, elevation = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        forward = np.array(
            [np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)]
        )
        right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
        up = np.cross(forward, right)
        depth = directions @ forward
        safe = np.where(depth > 0.05, depth, 1.0)
        a, b = directions @ right / safe, directions @ up / safe
        fraction = np.where(depth > 0.05, 1.0, 0.0)
        for at, half, panes in ((a, self.half_size[0], self.panes[0]), (b, self.half_size[1], self.panes[1])):
            fraction = fraction * _fade((half - np.abs(at)) / self.softness)
            bar = half * 0.028
            for k in range(1, panes):
                middle = half * (2 * k / panes - 1)
                fraction = fraction * _fade((np.abs(at - middle) - bar) / (0.5 * self.softness))
        far = np.clip((a / self.half_size[0]) ** 2 + (b / self.half_size[1]) ** 2, 0.0, 2.0) / 2
        fraction = fraction * (1 - self.falloff * far)
        colour = np.broadcast_to(np.array(self.colour), (*directions.shape[:-1], 3))
        if self.panes != (1, 1):
            # Outside is a bright sky above and warmer, darker ground below.
            height = _fade((b / self.half_size[1] + 1) / 2)[..., None]
            colour = colour * (
                np.array([0.80, 0.70, 0.58]) * (1 - height) + np.array([1.0, 1.06, 1.14]) * height
            )
        return np.asarray(fraction[..., None] * colour)


LIGHTS = (
    Light(-29.0, 17.0, (0.36, 0.38), (8.0, 8.0, 8.0), 0.018, panes=(2, 3)),
    Light(52.0, 12.0, (0.26, 0.44), (1.9, 1.85, 1.75), 0.16, falloff=0.4),
    Light(152.0, 14.0, (0.09, 0.75), (1.5, 1.53, 1.62), 0.08),
)


def _fade(t: Array) -> Array:
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def room(directions: Array) -> Array:
    """Walls, ceiling and floor: a dim, closed room that the window lights softly."""
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    ceiling, floor = _fade((y - 0.25) / 0.5), _fade((-y - 0.22) / 0.4)
    # The wall that the viewer stands before is a little brighter than the one behind the head.
    wall = 0.33 + 0.06 * z - 0.05 * x
    colour = wall[..., None] * np.array([1.0, 0.985, 0.96])
    top = (0.52 - 0.10 * x)[..., None] * np.array([1.0, 0.99, 0.97])
    ground = (0.30 - 0.06 * x + 0.04 * z)[..., None] * np.array([1.06, 0.88, 0.68])
    colour = colour + ceiling[..., None] * (top - colour)
    return np.asarray(colour + floor[..., None] * (ground - colour))


def directions_of(width: int, height: int) -> Array:
    """Unit vectors of the pixel centres of a panorama."""
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    polar = (np.arange(height) + 0.5) / height * np.pi
    ring = np.sin(polar)[:, None]
    return np.stack(
        [
            ring * np.sin(azimuth),
            np.broadcast_to(np.cos(polar)[:, None], (height, width)),
            ring * np.cos(azimuth),
        ],
        axis=2,
    )


def halved(picture: Array) -> Array:
    """Each two by two pixels as their mean."""
    height, width = picture.shape[:2]
    return np.asarray(picture.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3)))


def panorama() -> Array:
    """The radiance of the studio at the size of the mirror level, scaled to the wanted brightness."""
    fine = directions_of(WIDTH * 4, HEIGHT * 4)
    radiance = room(fine)
    for light in LIGHTS:
        radiance = radiance + light.radiance(fine)
    radiance = halved(halved(radiance))
    facing = irradiance_sh(radiance).T @ harmonics(np.array([0.0, 0.0, 1.0]))
    return np.asarray(radiance * (FACING_LIGHT / float(facing.mean())))


def harmonics(n: Array) -> Array:
    """The first nine real spherical harmonics, last axis: Y00 Y1-1 Y10 Y11 Y2-2 Y2-1 Y20 Y21 Y22."""
    x, y, z = n[..., 0], n[..., 1], n[..., 2]
    return np.stack(
        [
            np.full_like(x, 0.28209479177387814),
            0.4886025119029199 * y,
            0.4886025119029199 * z,
            0.4886025119029199 * x,
            1.0925484305920792 * x * y,
            1.0925484305920792 * y * z,
            0.31539156525252005 * (3 * z * z - 1),
            1.0925484305920792 * x * z,
            0.5462742152960396 * (x * x - y * y),
        ],
        axis=-1,
    )


def irradiance_sh(radiance: Array) -> Array:
    """(9, 3) coefficients of irradiance / pi (Ramamoorthi and Hanrahan 2001)."""
    height, width = radiance.shape[:2]
    edges = np.cos(np.arange(height + 1) / height * np.pi)
    solid_angle = (edges[:-1] - edges[1:])[:, None] * (2 * np.pi / width)
    basis = harmonics(directions_of(width, height))
    coefficients = np.einsum("hwk,hwc,hw->kc", basis, radiance, np.broadcast_to(solid_angle, (height, width)))
    lobe = np.array([1.0] + [2 / 3] * 3 + [1 / 4] * 5)
    return np.asarray(coefficients * lobe[:, None])


def prefiltered(pyramid: list[Array], roughness: float, width: int, height: int) -> Array:
    """A panorama convolved with the GGX lobe, seen head on (N = V = R), by importance sampling."""
    alpha = roughness**2
    k = np.arange(SAMPLES)
    first = (k + 0.5) / SAMPLES
    second = np.array([int(f"{i:016b}"[::-1], 2) for i in k]) / 65536.0  # van der Corput
    cosine_squared = (1 - first) / (1 + (alpha**2 - 1) * first)
    cosine, sine = np.sqrt(cosine_squared), np.sqrt(1 - cosine_squared)
    half = np.stack([sine * np.cos(2 * np.pi * second), sine * np.sin(2 * np.pi * second), cosine], axis=1)
    light = 2 * half[:, 2:] * half - np.array([0.0, 0.0, 1.0])
    density = alpha**2 / (np.pi * ((alpha**2 - 1) * cosine_squared + 1) ** 2) / 4
    # Each sample stands for a patch of sky: read it from the level whose pixels are that large.
    pixel = 4 * np.pi / (WIDTH * HEIGHT)
    lod = np.clip(0.5 * np.log2(1 / (SAMPLES * density * pixel)) + 0.5, 0, len(pyramid) - 1)
    normal = directions_of(width, height)
    side = np.cross(np.broadcast_to([0.0, 1.0, 0.0], normal.shape), normal)
    side = side / np.linalg.norm(side, axis=2, keepdims=True)
    other = np.cross(normal, side)
    total, weight = np.zeros((height, width, 3)), 0.0
    for (x, y, z), level in zip(light, lod, strict=True):
        if z <= 0:
            continue
        direction = x * side + y * other + z * normal
        low = int(level)
        fraction = level - low
        value = (1 - fraction) * looked_up(pyramid[low], direction)
        if fraction > 0:
            value = value + fraction * looked_up(pyramid[low + 1], direction)
        total, weight = total + z * value, weight + z
    return np.asarray(total / weight)


def looked_up(picture: Array, direction: Array) -> Array:
    """Bilinear reading of a panorama."""
    height, width = picture.shape[:2]
    u = (np.arctan2(direction[..., 0], direction[..., 2]) / (2 * np.pi) + 0.5) * width - 0.5
    v = np.arccos(np.clip(direction[..., 1], -1, 1)) / np.pi * height - 0.5
    left, top = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    a, b = (u - left)[..., None], (v - top)[..., None]
    columns, rows = (left % width, (left + 1) % width), np.clip([top, top + 1], 0, height - 1)
    upper = (1 - a) * picture[rows[0], columns[0]] + a * picture[rows[0], columns[1]]
    lower = (1 - a) * picture[rows[1], columns[0]] + a * picture[rows[1], columns[1]]
    return np.asarray((1 - b) * upper + b * lower)


def build_arrays() -> dict[str, NDArray[np.generic]]:
    """All that the file holds, by name."""
    radiance = panorama()
    pyramid = [radiance]
    while pyramid[-1].shape[0] > 4:
        pyramid.append(halved(pyramid[-1]))
    arrays: dict[str, NDArray[np.generic]] = {"sh": np.round(irradiance_sh(radiance), 5).astype(np.float32)}
    for level in range(LEVELS):
        size = WIDTH >> level, HEIGHT >> level
        picture = prefiltered(pyramid, level / (LEVELS - 1), *size) if level else radiance
        arrays[f"specular_{level}"] = _stored(picture)
    return arrays


def _stored(picture: Array) -> NDArray[np.float16]:
    # Steps of 1/512 are finer than a screen shows, and packed they take half the room.
    return np.asarray(np.round(picture * 512) / 512, dtype=np.float16)


def packed(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """An ``.npz`` whose bytes do not depend on when it was written, as numpy's own do."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # zipfile would note the operating system
            archive.writestr(info, entry.getvalue(), compresslevel=9)
    return file.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the studio's light.")
    parser.add_argument("--out", type=Path, default=TARGET, help="the .npz file to write")
    out: Path = parser.parse_args().out
    data = packed(build_arrays())
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    print(f"{out}: {len(data)} bytes")


if __name__ == "__main__":
    main()
