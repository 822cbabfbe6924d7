"""Directions: which way light, normal maps and panoramas point; and the environment's file."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import Material
from ar_effects.errors import AssetError
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg
from ar_effects.render.environment import Environment, load_environment
from tests.render.scenes import SQUARE_UVS, at, glow, noise, plain, room, scene, square

SIZE = (121, 91)
CAMERA = Camera.assumed(*SIZE)
BLACK = plain(SIZE, (0, 0, 0))
RED, GREEN, BLUE = 2, 1, 0


def seen(renderer, model, rotation=None):
    renderer.draw(BLACK, scene(CAMERA, (model, at(0, 0, -300, rotation))))
    return renderer.read()[SIZE[1] // 2, SIZE[0] // 2].astype(int)


def panorama_of(color_of_direction):
    """An environment whose mirror level has the colour of each direction, dark to matt surfaces."""
    v, u = np.mgrid[0:64, 0:128]
    theta, phi = np.pi * (v + 0.5) / 64, 2 * np.pi * ((u + 0.5) / 128 - 0.5)
    x, y, z = np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)
    colours = np.stack(color_of_direction(x, y, z), -1).astype(np.float16)
    return Environment(np.zeros((9, 3), np.float32), (colours,))


MIRROR = Material(metallic=1.0, roughness=0.0)


@pytest.mark.parametrize(
    ("angles", "brightest"),
    [((30, 0, 0), RED), ((0, 30, 0), GREEN), ((0, 0, 0), BLUE)],
    ids=["to the right", "up", "toward the viewer"],
)
def test_mirrors_reflect_the_right_side(make_renderer, angles, brightest):
    light = panorama_of(lambda x, y, z: (x > 0.6, y > 0.6, z > 0.8))
    colour = seen(make_renderer(SIZE, light), square(MIRROR), rotation_from_angles_deg(*angles))
    assert colour[brightest] > 200
    assert np.delete(colour, brightest).max() < 30
    opposite = seen(
        make_renderer(SIZE, light), square(MIRROR), rotation_from_angles_deg(*(-np.array(angles)))
    )
    assert (opposite[brightest] > 200) == (brightest == BLUE)


def test_no_seam_behind_the_camera(make_renderer):
    """Straight ahead of the camera the panorama's ends meet; a smooth sky stays smooth there."""
    smooth = panorama_of(lambda x, y, z: (0.4 + 0.2 * x, 0.4 + 0.2 * y, 0.4 + 0.2 * z))
    renderer = make_renderer(SIZE, smooth)
    grazing = square(MIRROR, half_mm=400)
    renderer.draw(BLACK, scene(CAMERA, (grazing, at(0, -60, -500, rotation_from_angles_deg(0, 80, 0)))))
    row = renderer.read()[-20].astype(int)
    assert row.min() > 50
    assert np.abs(np.diff(row, axis=0)).max() <= 2


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_matt_surfaces_are_lit_from_the_right_side(make_renderer, axis):
    sh = np.zeros((9, 3), np.float32)
    sh[0] = 0.3 / 0.282095
    sh[{0: 3, 1: 1, 2: 2}[axis]] = 0.25 / 0.488603
    renderer = make_renderer(SIZE, Environment(sh, (np.zeros((1, 1, 3), np.float16),)))
    matt = square(Material(metallic=0.0, roughness=1.0))
    toward = {0: (40, 0, 0), 1: (0, 40, 0), 2: (0, 0, 0)}[axis]
    away = {0: (-40, 0, 0), 1: (0, -40, 0), 2: (60, 0, 0)}[axis]
    lit, unlit = (seen(renderer, matt, rotation_from_angles_deg(*a))[0] for a in (toward, away))
    assert lit > unlit + 20


def test_second_order_light_matches_the_room(make_renderer):
    """Nine coefficients describe a real room's light on a matt wall: compare with the sum over its sky."""
    light = room()
    matt_only = Environment(light.irradiance_sh, (np.zeros((1, 1, 3), np.float16),))
    sky = light.specular[0].astype(np.float64)
    v, u = np.mgrid[0:64, 0:128]
    theta, phi = np.pi * (v + 0.5) / 64, 2 * np.pi * ((u + 0.5) / 128 - 0.5)
    directions = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1)
    for angles in ((0, 0, 0), (-50, 0, 0), (0, 50, 0), (30, -30, 0)):
        rotation = rotation_from_angles_deg(*angles)
        cosine = np.maximum(directions @ rotation[:, 2], 0)
        area = np.sin(theta) * (np.pi / 64) * (2 * np.pi / 128)
        expected = np.einsum("hw,hwc->c", cosine * area, sky) / np.pi
        # a surface that is black but for its diffuse part: rough, and almost no mirror light to lose
        colour = seen(make_renderer(SIZE, matt_only), square(Material(metallic=0.0, roughness=1.0)), rotation)
        linear = ((colour[::-1] / 255 + 0.055) / 1.055) ** 2.4
        assert np.abs(linear - expected).max() < 0.05


def normal_map(x: float, y: float) -> np.ndarray:
    z = np.sqrt(1 - x * x - y * y)
    pixel = np.round((np.array([x, y, z]) * 0.5 + 0.5) * 255)
    return np.tile(np.append(pixel, 255).astype(np.uint8), (2, 2, 1))


TILT = np.array([0.45, 0.25, np.sqrt(1 - 0.45**2 - 0.25**2)])
# how the texture lies on the square, and what its map must say for that tilt: +X along u, +Y against v
LAYINGS = {
    "upright": (SQUARE_UVS, (0.45, 0.25)),
    "mirrored": (SQUARE_UVS * [-1, 1] + [1, 0], (-0.45, 0.25)),
    "turned": (np.stack([SQUARE_UVS[:, 1], 1 - SQUARE_UVS[:, 0]], axis=1), (-0.25, 0.45)),  # u down, v left
}


@pytest.mark.parametrize("laying", LAYINGS)
@pytest.mark.parametrize("angles", [(0, 0, 0), (20, -30, 40)])
def test_normal_maps_tilt_like_normals(make_renderer, laying, angles):
    uvs, xy = LAYINGS[laying]
    renderer, rotation = make_renderer(SIZE, room()), rotation_from_angles_deg(*angles)
    look = {"metallic": 1.0, "roughness": 0.6}
    mapped = square(Material(**look, normal_texture=normal_map(*xy)), uvs=uvs.astype(np.float32))
    tilted = square(Material(**look), normals=np.tile(TILT.astype(np.float32), (4, 1)))
    one, two = seen(renderer, mapped, rotation), seen(renderer, tilted, rotation)
    assert np.abs(one - two).max() <= 3
    assert np.abs(two - seen(renderer, square(Material(**look)), rotation)).max() > 8


def test_back_of_a_double_sided_surface_is_lit_from_behind(make_renderer):
    renderer = make_renderer(SIZE, room())
    front = square(Material(metallic=0.0, roughness=0.8, double_sided=True))
    behind = rotation_from_angles_deg(180, 0, 0)
    assert np.abs(seen(renderer, front) - seen(renderer, front, behind)).max() <= 1


def test_maps_multiply_factors(make_renderer):
    half_size = np.full((2, 2, 4), 188, np.uint8)  # as sRGB: half the light
    emitted = seen(make_renderer(SIZE), square(glow(0.8, 0.4, 0.2, emissive_texture=half_size)))
    assert np.abs(emitted - seen(make_renderer(SIZE), square(glow(0.4, 0.2, 0.1)))).max() <= 2
    numbers = np.zeros((2, 2, 4), np.uint8)
    numbers[..., :3] = (128, 128, 255)  # occlusion, roughness, metallic
    renderer = make_renderer(SIZE, room())
    colour = (0.9, 0.6, 0.3, 1.0)
    mapped = Material(base_colour=colour, metallic_roughness_texture=numbers, occlusion_texture=numbers)
    factors = Material(base_colour=colour, roughness=128 / 255)
    open_ = seen(renderer, square(factors)) / 255
    linear = ((open_ + 0.055) / 1.055) ** 2.4 * 128 / 255
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(seen(renderer, square(mapped)) - expected).max() <= 2
    colours = np.tile(np.float32([0.5, 0.25, 1, 1]), (4, 1))
    painted = square(Material(base_colour=(1, 1, 0.25, 1), roughness=0.5), colours=colours)
    alike = square(Material(base_colour=(0.5, 0.25, 0.25, 1), roughness=0.5))
    assert np.abs(seen(renderer, painted) - seen(renderer, alike)).max() <= 1


def test_masks_cut_along_the_cutoff(make_renderer):
    ramp = np.full((1, 256, 4), 255, np.uint8)
    ramp[0, :, 3] = np.arange(256)
    image = noise(SIZE)
    renderer = make_renderer(SIZE)
    material = glow(0.4, 0.4, 0.4, alpha_mode="MASK", alpha_cutoff=0.75, base_colour_texture=ramp)
    material = Material(
        **{s: getattr(material, s) for s in material.__slots__} | {"base_colour": (0, 0, 0, 1)}
    )
    renderer.draw(image, scene(CAMERA, (square(material, half_mm=80), at(0, 0, -300))))
    picture = renderer.read()
    row, original = picture[SIZE[1] // 2], image[SIZE[1] // 2]
    left, right = (CAMERA.cx + s * CAMERA.fx * 80 / 300 for s in (-1, 1))
    edge = left + 0.75 * (right - left)
    columns = np.arange(SIZE[0])
    hidden = (columns > edge + 1.5) & (columns < right - 1)
    clear = (columns < left - 1) | ((columns > left + 4) & (columns < edge - 1.5))  # the texture repeats
    assert hidden.sum() > 5
    assert (row[clear] == original[clear]).all()
    assert np.ptp(row[hidden]) == 0


# --- the file


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_environment_survives_its_file(tmp_path):
    light = room()
    levels = {f"specular_{i}": s for i, s in enumerate(light.specular)}
    found = load_environment(save(tmp_path / "e.npz", sh=light.irradiance_sh, **levels))
    assert (found.irradiance_sh == light.irradiance_sh).all()
    assert [s.shape for s in found.specular] == [s.shape for s in light.specular]


SH = np.zeros((9, 3), np.float32)
TOP = np.ones((8, 16, 3), np.float16)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"sh": SH}, "expected the arrays sh and specular_0, got sh"),
        ({"specular_0": TOP}, "at sh, specular_0"),
        ({"sh": SH[:4], "specular_0": TOP}, r"at sh, expected finite numbers of shape \(9, 3\)"),
        ({"sh": SH * np.float32("nan"), "specular_0": TOP}, "at sh"),
        ({"sh": SH, "specular_0": TOP[..., 0]}, "at specular_0"),
        ({"sh": SH, "specular_0": TOP, "specular_1": TOP}, r"at specular_1, expected shape \(4, 8, 3\)"),
        ({"sh": SH, "specular_0": -TOP}, "at specular_0, expected radiance"),
        ({"sh": SH, "specular_0": TOP.astype(np.float32) * 1e6}, "at specular_0, expected radiance"),
        ({"sh": SH, "specular_0": np.ones((8, 16, 3), np.uint8)}, "at specular_0, expected floats"),
    ],
)
def test_damaged_environment_is_named(tmp_path, arrays, words):
    with pytest.raises(AssetError, match=words):
        load_environment(save(tmp_path / "e.npz", **arrays))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut off", b"something else"])
def test_unreadable_environment_is_named(tmp_path, content):
    path = tmp_path / "e.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AssetError, match=r"e\.npz cannot be read"):
        load_environment(path)
