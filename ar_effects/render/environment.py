"""The light around the head: spherical harmonics for matt, a prefiltered panorama for shiny surfaces."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ar_effects.errors import AssetError
from ar_effects.messages import Message, Text
from ar_effects.paths import ASSETS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ar_effects.drawlist import Light

_Y0, _Y1, _Y20 = 0.282095, 0.488603, 0.315392
"""Real spherical harmonics: the constant, the factors of z and of 3 z^2 - 1."""

STUDIO = ASSETS / "environment" / "studio.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Environment:
    """Light that stands still in the camera's frame (+Y up, +Z toward the viewer).

    Attributes:
        irradiance_sh: (9, 3) float32 linear RGB: irradiance / pi as real spherical harmonics, the
            cosine lobe folded in, in the order Y00 Y1-1 Y10 Y11 Y2-2 Y2-1 Y20 Y21 Y22.
        specular: (h, w, 3) float16 linear RGB panoramas, row 0 up, the middle column toward the
            viewer: u = atan2(x, z) / 2pi + 0.5, v = acos(y) / pi. Level i of k + 1 is convolved
            with the GGX lobe of roughness i / k and has half the size of level i - 1.
    """

    irradiance_sh: NDArray[np.float32]
    specular: tuple[NDArray[np.float16], ...]

    @classmethod
    def uniform(cls, radiance: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Environment:
        """The same light from everywhere: what a surface reflects is then known exactly."""
        sh = np.zeros((9, 3), np.float32)
        sh[0] = np.asarray(radiance, np.float32) / 0.282095  # Y00
        level = np.broadcast_to(np.asarray(radiance, np.float16), (1, 1, 3)).copy()
        return cls(sh, (level,))


def relit(
    environment: Environment, light: Light | None
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """An environment in another light: what matt and what shiny surfaces need of it.

    The first order of its irradiance is replaced by the light's, the second kept; all of it is scaled so
    that a surface facing the viewer gets ``light.color`` times what it got. Radiance has 3/2 of the
    irradiance's slope (Ramamoorthi and Hanrahan 2001: the cosine lobe keeps 2/3 of the first order).
    Without light, or with a light like the environment's own, nothing changes.

    Returns:
        irradiance as in ``Environment`` (9, 3); factor on the panorama (3,); and by how much more the
        panorama sends from +X, +Y, +Z, (3, 3) with a row for each axis.
    """
    sh = environment.irradiance_sh.astype(np.float64)
    if light is None or light.trust <= 0.0:
        return sh, np.ones(3), np.zeros((3, 3))
    mean = _Y0 * sh[0]
    safe = np.maximum(mean, 1e-6)
    own = _Y1 * sh[[3, 1, 2]] / safe
    change = light.trust * (light.slope - own)
    ahead = mean + _Y1 * sh[2] + _Y20 * 2.0 * sh[6]
    other = ahead + mean * change[2]
    gain = light.colour**light.trust * ahead / np.maximum(other, 0.2 * safe)
    sh[[3, 1, 2]] += mean * change / _Y1
    return sh * gain, gain, 1.5 * change


def load_environment(path: Path = STUDIO) -> Environment:
    """Read an ``.npz`` with the arrays ``sh`` and ``specular_0`` .. ``specular_k``.

    Raises:
        AssetError: the file is missing, damaged, or holds other arrays.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise AssetError(
            Message("asset.environment-unreadable", path=path), got=f"{type(error).__name__}: {error}"
        ) from error
    if "sh" not in arrays or "specular_0" not in arrays:
        raise _wrong(
            path, "sh, specular_0", Message("asset.sh-and-specular"), ", ".join(arrays) or Message("got.none")
        )
    sh = arrays["sh"]
    if sh.shape != (9, 3) or sh.dtype.kind != "f" or not np.isfinite(sh).all():
        raise _wrong(path, "sh", Message("asset.sh-numbers"), _shape(sh))
    count = next(i for i in range(len(arrays) + 1) if f"specular_{i}" not in arrays)
    specular = tuple(arrays[f"specular_{i}"] for i in range(count))
    for i, level in enumerate(specular):
        _check_level(path, i, level, specular[0])
    return Environment(sh.astype(np.float32), tuple(np.ascontiguousarray(s, np.float16) for s in specular))


def _check_level(path: Path, i: int, level: NDArray[np.generic], top: NDArray[np.generic]) -> None:
    if level.ndim != 3 or level.dtype.kind != "f":
        raise _wrong(path, f"specular_{i}", Message("asset.level-floats"), _shape(level))
    wanted = (max(top.shape[0] >> i, 1), max(top.shape[1] >> i, 1), 3)  # OpenGL's rule for mip levels
    if level.shape != wanted or 0 in level.shape:
        raise _wrong(
            path,
            f"specular_{i}",
            Message("asset.of-shape", shape=wanted),
            Message("asset.of-shape", shape=level.shape),
        )
    with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite and is refused below
        stored = level.astype(np.float16)
    if not np.isfinite(stored).all() or stored.min() < 0:
        raise _wrong(path, f"specular_{i}", Message("asset.radiance"), Message("asset.no-radiance"))


def _shape(array: NDArray[np.generic]) -> Message:
    return Message("asset.dtype-and-shape", dtype=array.dtype, shape=array.shape)


def _wrong(path: Path, key: str, expected: Text, got: Text) -> AssetError:
    return AssetError(Message("asset.environment-damaged", path=path, key=key), expected=expected, got=got)
