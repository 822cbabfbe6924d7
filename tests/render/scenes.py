"""Small scenes whose pictures can be predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ar_effects.drawlist import DrawList, Material, Mesh, Model, ModelDraw, OccluderDraw, Primitive, Scene
from ar_effects.geometry.rotations import transform
from ar_effects.render.environment import Environment

if TYPE_CHECKING:
    from ar_effects.geometry.camera import Camera

SQUARE = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
SQUARE_TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
SQUARE_UVS = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)  # upright: v points down


def glow(red: float, green: float, blue: float, **more) -> Material:
    """A surface that sends this light; in the dark nothing else comes from it."""
    more = {"base_colour": (0.0, 0.0, 0.0, 1.0), "metallic": 0.0, **more}
    return Material(emissive=(red, green, blue), **more)


def square(material: Material, half_mm: float = 50.0, **more) -> Model:
    return model(
        Primitive(
            **{
                "positions": SQUARE * half_mm,
                "normals": np.tile(np.float32([0, 0, 1]), (4, 1)),
                "uvs": SQUARE_UVS,
                "colours": np.ones((4, 4), np.float32),
                "triangles": SQUARE_TRIANGLES,
                "material": material,
                **more,
            }
        )
    )


def sphere(material: Material, radius_mm: float = 50.0, rings: int = 24) -> Model:
    v, u = np.mgrid[0 : rings + 1, 0 : 2 * rings + 1]
    theta, phi = np.pi * v / rings, np.pi * u / rings
    n = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1)
    n = n.reshape(-1, 3).astype(np.float32)
    uvs = np.stack([u / (2 * rings), v / rings], -1).reshape(-1, 2).astype(np.float32)
    row = 2 * rings + 1
    a = (np.arange(rings)[:, None] * row + np.arange(2 * rings)[None]).reshape(-1)
    triangles = np.concatenate(
        [np.stack([a, a + row, a + 1], 1), np.stack([a + 1, a + row, a + row + 1], 1)]
    ).astype(np.uint32)
    return model(Primitive(n * radius_mm, n, uvs, np.ones((len(n), 4), np.float32), triangles, material))


def model(*primitives: Primitive) -> Model:
    points = np.concatenate([p.positions for p in primitives])
    return Model("test", primitives, np.stack([points.min(axis=0), points.max(axis=0)]))


def square_occluder(half_mm: float, camera_from_mesh: np.ndarray, *, dynamic: bool = False) -> OccluderDraw:
    return OccluderDraw(Mesh(SQUARE * half_mm, SQUARE_TRIANGLES), camera_from_mesh, dynamic)


def at(x: float, y: float, z: float, rotation: np.ndarray | None = None) -> np.ndarray:
    return transform(rotation, (x, y, z))


def scene(camera: Camera, *models: tuple[Model, np.ndarray], occluders: tuple = ()) -> DrawList:
    return DrawList(camera, (Scene(occluders, tuple(ModelDraw(m, matrix) for m, matrix in models)),))


def noise(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def plain(size: tuple[int, int], bgr: tuple[int, int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), bgr, np.uint8)


def linear(srgb_byte: np.ndarray | int) -> np.ndarray:
    s = np.asarray(srgb_byte) / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def byte(linear_light: np.ndarray | float) -> np.ndarray:
    c = np.clip(linear_light, 0, 1)
    return np.round(255 * np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055))


def integrated_brdf(roughness: float, n_dot_v: float) -> tuple[float, float]:
    """Karis' fit, written down a second time."""
    r = roughness * np.array([-1, -0.0275, -0.572, 0.022]) + np.array([1, 0.0425, 1.04, -0.04])
    a = min(r[0] * r[0], 2 ** (-9.28 * n_dot_v)) * r[0] + r[1]
    return float(-1.04 * a + r[2]), float(1.04 * a + r[3])


def room() -> Environment:
    """A synthetic room: blue sky, brown floor, a bright window up left, its blurs as mip levels."""
    levels = 6
    h, w = 64, 128
    v, u = np.mgrid[0:h, 0:w]
    theta, phi = np.pi * (v + 0.5) / h, 2 * np.pi * ((u + 0.5) / w - 0.5)
    d = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1)
    sky = np.array([0.25, 0.3, 0.4]) * (0.6 + 0.4 * d[..., 1:2]) + 0.05
    window = (np.abs(phi + 0.9) < 0.35) & (np.abs(theta - 1.0) < 0.3)
    light = np.where(
        window[..., None], [4.0, 3.8, 3.4], np.where(d[..., 1:2] > -0.2, sky, [0.12, 0.09, 0.06])
    )
    specular = [light]
    for i in range(1, levels):
        blurred = specular[-1]
        for _ in range(2 * i):
            p = np.pad(blurred, ((1, 1), (0, 0), (0, 0)), mode="edge")
            p = np.concatenate([p[:, -1:], p, p[:, :1]], axis=1)
            blurred = (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] + 2 * p[1:-1, 1:-1]) / 6
        specular.append(blurred.reshape(h >> i, 2, w >> i, 2, 3).mean(axis=(1, 3)))
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    basis = np.stack(
        [
            np.full_like(x, 0.282095),
            0.488603 * y, 0.488603 * z, 0.488603 * x,
            1.092548 * x * y, 1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ]
    )  # fmt: skip
    area = np.sin(theta) * (np.pi / h) * (2 * np.pi / w)
    lobe = np.array([1, *[2 / 3] * 3, *[1 / 4] * 5])  # the cosine lobe over pi
    sh = np.einsum("khw,hw,hwc->kc", basis, area, light) * lobe[:, None]
    return Environment(sh.astype(np.float32), tuple(s.astype(np.float16) for s in specular))


def drawn(renderer, image, draw_list):
    renderer.draw(image, draw_list)
    return renderer.read().copy()


def middle(picture):
    return picture[picture.shape[0] // 2, picture.shape[1] // 2].astype(int)
