"""Pictures kept in the repository: what the analytic tests do not see. Look at them when they change."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import tests.golden_pictures as golden
from ar_effects.drawlist import Material
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg
from tests.golden_pictures import assert_matches_golden
from tests.render.scenes import at, room, scene, sphere, square, square_occluder

SIZE = (320, 240)
CAMERA = Camera.of_fov(*SIZE, 63.0, "shorter")


def backdrop():
    v, u = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    light = 90 + 60 * ((u // 16 + v // 16) % 2) + v // 6
    return np.stack([light, light * 0.9, light * 0.8], axis=-1).astype(np.uint8)


def checks():
    v, u = np.mgrid[0:64, 0:64]
    on = (u // 8 + v // 8) % 2
    return np.stack([220 - 120 * on, 60 + 100 * on, 60 + 0 * on, 255 * on], -1).astype(np.uint8)


def bumps():
    v, u = np.mgrid[0:64, 0:64] / 64 * 2 * np.pi * 4
    n = np.stack([0.5 * np.sin(u), 0.5 * np.sin(v), np.ones_like(u)], -1)
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    return np.dstack([np.round((n * 0.5 + 0.5) * 255), np.full((64, 64), 255)]).astype(np.uint8)


def looks():
    """Four columns, three rows."""
    red, gold = (0.6, 0.05, 0.04, 1.0), (0.95, 0.65, 0.3, 1.0)
    yield from (Material(base_color=gold, roughness=r) for r in (0.05, 0.3, 0.6, 1.0))
    yield from (Material(base_color=red, metallic=0.0, roughness=r) for r in (0.05, 0.3, 0.6, 1.0))
    lens = {"metallic": 0.0, "roughness": 0.05, "double_sided": True}
    yield Material(**lens, base_color=(0.5, 0.7, 0.4, 1.0), transmission=1.0)
    yield Material(**lens, base_color_texture=checks(), alpha_mode="MASK")
    yield Material(**lens, base_color=(1, 1, 1, 0.7), base_color_texture=checks(), alpha_mode="BLEND")
    yield Material(metallic=1.0, roughness=0.3, normal_texture=bumps())


def test_materials(make_renderer):
    placed = [
        (sphere(look, 30), at(-120 + 80 * (i % 4), 80 - 80 * (i // 4), -320))
        for i, look in enumerate(looks())
    ]
    renderer = make_renderer(SIZE, room())
    renderer.draw(backdrop(), scene(CAMERA, *placed))
    assert_matches_golden(renderer.read(), "render/materials")


def test_occlusion(make_renderer):
    """A ball half behind an unseen wall, under a lens that reaches over the picture's edge."""
    ball = sphere(Material(base_color=(0.2, 0.5, 0.8, 1), metallic=0.0, roughness=0.3), 60)
    lens = square(Material(base_color=(0.9, 0.6, 0.3, 1), metallic=0.0, roughness=0.1, transmission=0.9), 60)
    wall = square_occluder(60, at(60, 20, -220, rotation_from_angles_deg(20, 0, 15)))
    renderer = make_renderer(SIZE, room())
    lens_pose = at(-160, -40, -240, rotation_from_angles_deg(30, -10, 5))
    renderer.draw(backdrop(), scene(CAMERA, (ball, at(10, 0, -300)), (lens, lens_pose), occluders=(wall,)))
    assert_matches_golden(renderer.read(), "render/occlusion")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(golden, "GOLDEN", tmp_path / "golden")
    monkeypatch.setattr(golden, "DIFFERENCES", tmp_path / "differences")
    return tmp_path


def test_helper_records_and_compares(folder, monkeypatch):
    picture = np.random.default_rng(0).integers(0, 250, (20, 30, 3), np.uint8)
    with pytest.raises(AssertionError, match="is missing"):
        assert_matches_golden(picture, "a/b")
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    assert_matches_golden(picture, "a/b")
    monkeypatch.delenv("UPDATE_GOLDEN")
    path = folder / "golden" / "a" / "b.png"
    assert golden.recorded_driver(path) == golden.driver_name()
    assert (cv2.imread(str(path)) == picture).all()
    assert_matches_golden(picture, "a/b")
    with pytest.raises(AssertionError, match="600 pixels differ by up to 1, allowed 0"):
        assert_matches_golden(picture + np.uint8(1), "a/b")
    assert len(list((folder / "differences").glob("a-b.*.png"))) == 3
    with pytest.raises(AssertionError, match="size"):
        assert_matches_golden(picture[1:], "a/b")


def test_helper_on_other_drivers(folder, monkeypatch):
    picture = np.random.default_rng(0).integers(0, 250, (20, 30, 3), np.uint8)
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    assert_matches_golden(picture, "x")
    monkeypatch.delenv("UPDATE_GOLDEN")
    monkeypatch.setattr(golden, "driver_name", lambda: "llvmpipe, Mesa 99")
    assert_matches_golden(picture + np.uint8(2), "x")
    with pytest.raises(AssertionError, match="up to 3, allowed 2"):
        assert_matches_golden(picture + np.uint8(3), "x")
    monkeypatch.setattr(golden, "driver_name", lambda: "a graphics card")
    assert_matches_golden(picture // 2, "x")
    with pytest.raises(AssertionError, match="blank"):
        assert_matches_golden(np.zeros_like(picture), "x")
