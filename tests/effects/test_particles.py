"""The layer ``particles``: what its keys do, and what is said about those that are wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ar_effects.drawlist import Group, ParticlesDraw
from ar_effects.errors import PackError
from ar_effects.face.anchors import camera_from_anchor
from ar_effects.face.head import occluders
from tests.effects.flat_packs import CAMERA, a_face, effect, scenes, tracked

STEP_S = 1 / 30


def played(worn, frames: int, *faces, start: int = 0) -> ParticlesDraw | None:
    """The swarm after some frames."""
    for i in range(start, start + frames):
        draws = worn.draw_list(tracked(i * STEP_S, *faces))
    swarms = [p for s in scenes(draws) for p in s.particles]
    return swarms[0] if swarms else None


def test_they_rise_from_their_anchor(tmp_path):
    worn = effect(
        tmp_path,
        'kind = "particles"\nanchor = "nose_tip"\nrate_per_s = 300\nspeed_mm_s = 100\ncone_deg = 5\n'
        "life_s = 1\ndirection = [0, 0, 1]\nspread_mm = [2, 2, 2]\ndrag_per_s = 0",
    )
    face = a_face(30.0)
    swarm = played(worn, 40, face)
    anchor = camera_from_anchor("nose_tip", face, CAMERA)
    local = (swarm.particles[:, :3] - anchor[:3, 3]) @ anchor[:3, :3]
    np.testing.assert_allclose(local[:, 2], 100 * swarm.particles[:, 3], atol=5)
    assert np.abs(local[:, :2]).max() < 100 * np.sin(np.radians(5)) + 3
    assert len(swarm.particles) == pytest.approx(300, abs=40)
    assert (swarm.bounds_mm[0] <= swarm.particles[:, :3].min(axis=0)).all()
    assert (swarm.bounds_mm[1] >= swarm.particles[:, :3].max(axis=0)).all()


def test_the_mouth_lets_them_out(tmp_path):
    layer = 'kind = "particles"\nwhen = "@mouth_open"\nwhen_above = 0.2\nrate_per_s = 600\nlife_s = 9'
    numbers = []
    for amount in (0.0, 0.19, 0.6, 1.0):
        swarm = played(effect(tmp_path, layer), 30, a_face(mouth_open=amount))
        numbers.append(0 if swarm is None else len(swarm.particles))
    assert numbers[:2] == [0, 0]
    assert numbers[2] == pytest.approx(300, abs=11)
    assert numbers[3] == pytest.approx(600, abs=21)


def test_a_burst_on_a_smile(tmp_path):
    worn = effect(
        tmp_path,
        'kind = "particles"\nrate_per_s = 0\nburst = 70\nlife_s = 9',
        '[[triggers]]\nwhen = "smile"\ndo = "burst"\nlayer = "it"',
    )
    assert played(worn, 3, a_face()) is None
    assert len(played(worn, 3, a_face(smile=0.9), start=3).particles) == 70, "once, however long the smile"
    played(worn, 1, a_face(), start=6)
    assert len(played(worn, 2, a_face(smile=0.9), start=7).particles) == 140


def test_playing_begins_anew(tmp_path):
    worn = effect(
        tmp_path,
        'kind = "particles"\nrate_per_s = 60\nlife_s = 9',
        '[[triggers]]\nwhen = "key"\nkey = "p"\ndo = "play"\nlayer = "it"',
    )
    assert len(played(worn, 30, a_face()).particles) > 50
    worn.key("p")
    assert len(played(worn, 1, a_face(), start=30).particles) <= 3


def test_two_faces_have_swarms_of_their_own(tmp_path):
    worn = effect(tmp_path, 'kind = "particles"\nlife_s = 9\nspread_mm = [9, 9, 9]')
    left, right = a_face(at_mm=(-150, 0, -600)), replace(a_face(at_mm=(150, 0, -600)), id=2)
    for i in range(20):
        draws = worn.draw_list(tracked(i * STEP_S, left, right))
    (scene,) = scenes(draws)
    one, two = scene.particles
    assert one.bounds_mm[1, 0] < 0 < two.bounds_mm[0, 0]
    assert len(scene.occluders) == 2 * len(occluders(left, CAMERA)), "heads hide the hearts behind them"
    assert not np.allclose(one.particles[:, 7], two.particles[:, 7]), "not the same twice"


def test_worn_ones_move_with_the_head_and_others_stay_behind(tmp_path):
    for worn_key, follows in (("true", True), ("false", False)):
        worn = effect(
            tmp_path,
            f'kind = "particles"\nmoves_with_head = {worn_key}\nrate_per_s = 300\nspeed_mm_s = 0\nlife_s = 9',
        )
        played(worn, 20, a_face())
        moved = played(worn, 1, a_face(at_mm=(100, 0, -600)), start=20)
        assert bool(np.median(moved.particles[:, 0]) > 90) is follows


def test_snow_needs_no_face(tmp_path):
    layer = (
        'kind = "particles"\nanchor = "frame"\nshape = "flake"\nrate_per_s = 100\nprewarm_s = 8\nlife_s = 8\n'
        "direction = [0, -1, 0]\nspeed_mm_s = [150, 250]\ndrag_per_s = 0\nmax = 1000"
    )
    swarm = played(effect(tmp_path, layer), 1)
    px = CAMERA.project(swarm.particles[:, :3])
    upper, lower = (px[:, 1] < 240).mean(), (px[:, 1] >= 240).mean()
    assert len(px) == pytest.approx(800, abs=20)
    assert upper > 0.2
    assert lower > 0.2, "it has been snowing for a while"


def test_adding_and_fading_need_no_copy_of_the_picture(tmp_path):
    worn = effect(tmp_path, 'kind = "particles"\nblend = "add"\nopacity = 0.5\nlife_s = 9')
    swarm = played(worn, 20, a_face())
    assert swarm.additive
    assert swarm.opacity == 0.5
    worn = effect(tmp_path, 'kind = "particles"\nblend = "screen"\nlife_s = 9')
    for i in range(20):
        draws = worn.draw_list(tracked(i * STEP_S, a_face()))
    (group,) = draws.draws
    assert isinstance(group, Group)
    assert group.blend == "screen"


def test_parameters_colour_and_scale_those_that_fly_already(tmp_path):
    Image.new("RGBA", (4, 4), "red").save(tmp_path / "a.png")
    worn = effect(
        tmp_path,
        'kind = "particles"\nsize = "$size"\nsize_mm = 10\ncolours = ["$colour", "#000000"]\nlife_s = 9\n'
        'picture = "$sticker"',
        '[parameters]\nsize = {kind = "number", default = 1}\n'
        'colour = {kind = "colour", default = "#ff0000"}\n'
        'sticker = {kind = "picture", default = "a.png"}',
    )
    before = played(worn, 20, a_face())
    assert before.picture.shape == (4, 4, 4)
    assert before.colours[0] == pytest.approx((1, 0, 0, 1))
    np.testing.assert_allclose(before.particles[:, 4], 10)
    worn.set("size", 0.5)
    worn.set("colour", "#0000ff")
    after = played(worn, 1, a_face(), start=20)
    assert after.colours[0] == pytest.approx((0, 0, 1, 1))
    np.testing.assert_allclose(after.particles[:, 4], 5)


MISTAKES = {
    "shape": ('shape = "hart"', "shape"),
    "lower first": ("life_s = [2, 1]", "life_s: the lower number comes first"),
    "no life": ("life_s = 0", "life_s must be above 0"),
    "too many": ("max = 20000", "max"),
    "no direction": ("direction = [0, 0, 0]", "direction must not be"),
    "two numbers": ("direction = [0, 1]", "direction"),
    "three numbers": ("size_mm = [1, 2, 3]", "size_mm"),
    "colour": ('colours = ["red"]', "colours"),
    "no colours": ("colours = []", "colours"),
    "nine colours": (f"colours = {['#ffffff'] * 9}", "colours"),
    "infinite": ("gravity_mm_s2 = inf", "gravity_mm_s2"),
    "rate": ("rate_per_s = -1", "rate_per_s must lie between"),
    "frame is no head": ('anchor = "frame"\nmoves_with_head = true', "moves_with_head"),
    "signal": ('when = "@mouth"', "@mouth"),
    "no picture": ('picture = "nowhere.png"', "picture"),
    "anchor": ('anchor = "nose"', "anchor"),
    "depth": ('anchor = "frame"\ndepth_mm = [900, 300]', "depth_mm: the lower number comes first"),
}


@pytest.mark.words
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_with_their_key(tmp_path, mistake):
    line, expected = MISTAKES[mistake]
    with pytest.raises(PackError) as caught:
        effect(tmp_path, f'kind = "particles"\n{line}')
    assert "layers[0]" in str(caught.value)
    assert expected in str(caught.value)
    assert caught.value.fix
