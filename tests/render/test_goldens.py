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
    yield from (Material(base_colour=gold, roughness=r) for r in (0.05, 0.3, 0.6, 1.0))
    yield from (Material(base_colour=red, metallic=0.0, roughness=r) for r in (0.05, 0.3, 0.6, 1.0))
    lens = {"metallic": 0.0, "roughness": 0.05, "double_sided": True}
    yield Material(**lens, base_colour=(0.5, 0.7, 0.4, 1.0), transmission=1.0)
    yield Material(**lens, base_colour_texture=checks(), alpha_mode="MASK")
    yield Material(**lens, base_colour=(1, 1, 1, 0.7), base_colour_texture=checks(), alpha_mode="BLEND")
    yield Material(metallic=1.0, roughness=0.3, normal_texture=bumps())


@pytest.mark.golden
def test_materials(make_renderer):
    placed = [
        (sphere(look, 30), at(-120 + 80 * (i % 4), 80 - 80 * (i // 4), -320))
        for i, look in enumerate(looks())
    ]
    renderer = make_renderer(SIZE, room())
    renderer.draw(backdrop(), scene(CAMERA, *placed))
    assert_matches_golden(renderer.read(), "render/materials")


@pytest.mark.golden
def test_occlusion(make_renderer):
    """A ball half behind an unseen wall, under a lens that reaches over the picture's edge."""
    ball = sphere(Material(base_colour=(0.2, 0.5, 0.8, 1), metallic=0.0, roughness=0.3), 60)
    lens = square(Material(base_colour=(0.9, 0.6, 0.3, 1), metallic=0.0, roughness=0.1, transmission=0.9), 60)
    wall = square_occluder(60, at(60, 20, -220, rotation_from_angles_deg(20, 0, 15)))
    renderer = make_renderer(SIZE, room())
    lens_pose = at(-160, -40, -240, rotation_from_angles_deg(30, -10, 5))
    renderer.draw(backdrop(), scene(CAMERA, (ball, at(10, 0, -300)), (lens, lens_pose), occluders=(wall,)))
    assert_matches_golden(renderer.read(), "render/occlusion")


# --- the comparison itself --------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Goldens and differences of this test alone, on the driver goldens are drawn by."""
    monkeypatch.setattr(golden, "GOLDEN", tmp_path / "golden")
    monkeypatch.setattr(golden, "DIFFERENCES", tmp_path / "differences")
    monkeypatch.setattr(golden, "driver_name", lambda: "llvmpipe, as a test says")
    for name in ("UPDATE_GOLDEN", "GOLDEN_EXACT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def some_picture(size=(100, 100)):
    return np.random.default_rng(0).integers(20, 230, (*size, 3), np.uint8)


def drawn_anew(monkeypatch, picture, name, how="1"):
    """Whether updating wrote it: the test that draws it is skipped then, so that somebody looks."""
    with monkeypatch.context() as patch:
        patch.setenv("UPDATE_GOLDEN", how)
        try:
            assert_matches_golden(picture, name)
        except pytest.skip.Exception as said:
            return "look at" in str(said)
    return False


def test_a_missing_golden_is_drawn_on_demand_and_says_who_drew_it(folder, monkeypatch):
    picture = some_picture()
    with pytest.raises(AssertionError, match="is missing"):
        assert_matches_golden(picture, "a/b")
    assert drawn_anew(monkeypatch, picture, "a/b")
    path = folder / "golden" / "a" / "b.png"
    assert golden.recorded_driver(path) == "llvmpipe, as a test says"
    assert (cv2.imread(str(path)) == picture).all()
    assert_matches_golden(picture, "a/b")


def rounded_otherwise(picture, fraction, by=1):
    """As another processor rounds: some values one up, as many one down."""
    rng = np.random.default_rng(1)
    chosen = rng.random(picture.shape) < fraction
    return (picture + np.where(chosen, rng.choice([-by, by], picture.shape), 0)).astype(np.uint8)


def with_pixels(picture, count, by):
    """Single pixels in far corners that differ by so much."""
    changed = picture.copy()
    changed.reshape(-1, 3)[:: len(picture) ** 2 // count][:count] += np.uint8(by)
    return changed


def test_another_processor_s_rounding_is_no_change(folder, monkeypatch):
    picture = some_picture()
    drawn_anew(monkeypatch, picture, "x")
    for other in (
        rounded_otherwise(picture, 0.2),
        rounded_otherwise(picture, 0.05, by=2),
        with_pixels(picture, 2, 25),  # 0.02 % of 10,000
    ):
        assert (other != picture).any()
        assert_matches_golden(other, "x")
    assert not (folder / "differences").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: with_pixels(p, 3, 3), "3 pixels differ by more than 2, allowed 2"),
        (lambda p: with_pixels(p, 1, 80), "a pixel differs by"),
        (lambda p: p + np.uint8(1), "the mean of 16x16 pixels differs by 1.00, allowed 0.5"),
        (lambda p: np.vstack([p[:80], p[80:] - np.uint8(1)]), "16x16 pixels differs"),
        (lambda p: p[1:], r"size \(99, 100, 3\), golden \(100, 100, 3\)"),
        (lambda p: np.roll(p, 1, axis=1), "pixels differ by more than 2"),
    ],
    ids=["few too many", "one too far", "all brighter", "a part darker", "another size", "shifted"],
)
def test_what_no_processor_does_is_a_change(folder, monkeypatch, change, said):
    picture = some_picture()
    drawn_anew(monkeypatch, picture, "a/x")
    with pytest.raises(AssertionError, match=said):
        assert_matches_golden(change(picture), "a/x")
    assert [p.name for p in (folder / "differences").iterdir()] == ["a-x.png"]


def test_exact_where_it_is_asked_for(folder, monkeypatch):
    picture = some_picture()
    drawn_anew(monkeypatch, picture, "x")
    monkeypatch.setenv("GOLDEN_EXACT", "1")
    assert_matches_golden(picture, "x")
    with pytest.raises(AssertionError, match="1 pixels differ by more than 0, allowed 0"):
        assert_matches_golden(with_pixels(picture, 1, 1), "x")


def test_updating_writes_changes_and_no_noise(folder, monkeypatch):
    picture = some_picture()
    drawn_anew(monkeypatch, picture, "x")
    path = folder / "golden" / "x.png"
    before = path.read_bytes()
    noise = rounded_otherwise(picture, 0.1)
    assert not drawn_anew(monkeypatch, noise, "x")
    assert path.read_bytes() == before
    assert drawn_anew(monkeypatch, picture + np.uint8(9), "x")
    assert (cv2.imread(str(path)) == picture + np.uint8(9)).all()
    beside = cv2.imread(str(folder / "differences" / "x.png"))
    assert (beside[:, :100] == picture).all()
    assert (beside[:, 100:200] == picture + np.uint8(9)).all()
    assert (beside[:, 200:] == 9 * 16).all()
    assert drawn_anew(monkeypatch, noise, "x", "all")
    assert not drawn_anew(monkeypatch, noise, "x", "all")


def test_on_another_driver_nothing_is_compared_or_written_and_that_is_no_pass(folder, monkeypatch):
    picture = some_picture()
    drawn_anew(monkeypatch, picture, "x")
    before = (folder / "golden" / "x.png").read_bytes()
    monkeypatch.setattr(golden, "driver_name", lambda: "a graphics card")
    for update in ("", "1", "all"):
        monkeypatch.setenv("UPDATE_GOLDEN", update)
        for name in ("x", "new"):
            with pytest.raises(pytest.skip.Exception, match="a graphics card: nothing was compared"):
                assert_matches_golden(picture // 2, name)
    assert (folder / "golden" / "x.png").read_bytes() == before
    assert not (folder / "golden" / "new.png").exists()
    with pytest.raises(AssertionError, match="blank"):
        assert_matches_golden(np.zeros_like(picture), "x")


def test_no_golden_is_left_over_and_none_is_missing():
    from tests.app.test_demo_pictures import FRAMES
    from tests.app.test_shipped_packs import PACKS

    kept = {p.relative_to(golden.GOLDEN).as_posix() for p in golden.GOLDEN.rglob("*") if p.is_file()}
    compared = {"render/materials.png", "render/occlusion.png"}
    compared |= {f"packs/{name}.png" for name in PACKS}
    compared |= {f"demo/sunglasses-{index:03d}.png" for index in FRAMES}
    assert kept == compared
    assert all(golden.SOFTWARE in golden.recorded_driver(golden.GOLDEN / name) for name in kept)
