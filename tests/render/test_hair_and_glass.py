"""Matt materials (specularFactor 0) and solid glass (thickness) against what they must be."""

from __future__ import annotations

import numpy as np
import pytest

from ar_effects.drawlist import Material
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg
from tests.render.scenes import at, room, scene, square

SIZE = (160, 120)
CAMERA = Camera(*SIZE, 200.0, 200.0, 79.5, 59.5)
GLASS = {"metallic": 0.0, "roughness": 0.1, "transmission": 1.0, "ior": 1.5, "double_sided": True}


def stripes() -> np.ndarray:
    """Dark left of the middle column, bright right of it."""
    picture = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
    picture[:, 80:] = 200
    return picture


def edge_of(picture: np.ndarray) -> float:
    """Column where the middle row turns bright."""
    row = picture[60, 60:100, 1].astype(float)
    return 60 + float(np.argmax(row > 120))


def drawn(make_renderer, material, pose):
    renderer = make_renderer(SIZE, room())
    renderer.draw(stripes(), scene(CAMERA, (square(material, 60), pose)))
    return renderer.read().copy()


def test_thin_glass_bends_nothing(make_renderer):
    pose = at(0, 0, -300, rotation_from_angles_deg(35, 0, 0))
    assert edge_of(drawn(make_renderer, Material(**GLASS), pose)) == 80


@pytest.mark.parametrize("thickness", [15.0, 30.0])
@pytest.mark.parametrize("yaw", [-35.0, 35.0])
def test_a_tilted_plate_moves_what_is_behind_it_as_the_law_of_refraction_says(make_renderer, thickness, yaw):
    plate = Material(**GLASS, thickness_mm=thickness)
    got = edge_of(drawn(make_renderer, plate, at(0, 0, -300, rotation_from_angles_deg(yaw, 0, 0))))
    # Snell at the middle of the picture: the ray goes on inside at asin(sin a / n) to the normal
    a = np.radians(abs(yaw))
    inside = np.arcsin(np.sin(a) / 1.5)
    aside = thickness * np.sin(a - inside)  # millimetres across the line of sight
    depth = 300 + thickness * np.cos(a - inside)
    expected = 200.0 * aside / depth
    moved = abs(got - 80)
    assert moved == pytest.approx(expected, abs=1.2)
    assert moved > 1


def test_a_plate_square_to_the_sight_bends_nothing(make_renderer):
    plate = Material(**GLASS, thickness_mm=30.0)
    assert edge_of(drawn(make_renderer, plate, at(0, 0, -300))) == 80


def test_matt_surfaces_mirror_nothing(make_renderer):
    black = Material(base_colour=(0, 0, 0, 1), metallic=0.0, roughness=0.3, specular=0.0)
    picture = drawn(make_renderer, black, at(0, 0, -300))
    assert picture[60, 80].max() == 0


def test_half_of_the_specular_mirrors_half(make_renderer):
    levels = []
    for fraction in (0.5, 1.0):
        black = Material(base_colour=(0, 0, 0, 1), metallic=0.0, roughness=0.3, specular=fraction)
        pixel = drawn(make_renderer, black, at(0, 0, -300))[60, 80].astype(float) / 255
        levels.append(np.where(pixel <= 0.04045, pixel / 12.92, ((pixel + 0.055) / 1.055) ** 2.4))
    np.testing.assert_allclose(levels[0], levels[1] / 2, atol=2e-3)
    assert levels[1].min() > 4e-3


def test_matt_white_is_as_bright_as_other_white_without_its_mirror(make_renderer):
    grey = {"base_colour": (0.5, 0.5, 0.5, 1), "metallic": 0.0, "roughness": 1.0}
    matt, almost = (
        drawn(make_renderer, Material(**grey, specular=fraction), at(0, 0, -300))[60, 80].astype(int)
        for fraction in (0.0, 1e-6)
    )
    assert np.abs(matt - almost).max() <= 1
