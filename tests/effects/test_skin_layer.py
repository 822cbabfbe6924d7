from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import synthetic_faces as synthetic

from ar_effects.drawlist.skin import SkinDraw
from ar_effects.effects.effect import Effect
from ar_effects.errors import PackError
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.face.skin_mask import SIDE, skin_mask
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import transform
from ar_effects.packs.pack import load_pack
from ar_effects.records import Frame, TrackedFrame

CAMERA = Camera.assumed(640, 480)
FACE = synthetic.face_of(CAMERA, transform(np.eye(3), (0.0, 0.0, -500.0)))


def draws(folder, body: str, *faces):
    (folder / "effect.toml").write_text(f'format = 2\ntitle = "t"\n[[layers]]\nkind = "skin"\n{body}')
    effect = Effect(load_pack(folder))
    return effect.draw_list(TrackedFrame(Frame(np.zeros((480, 640, 3), np.uint8), 0.0), faces, CAMERA)).draws


def test_each_face_gets_its_amounts(tmp_path):
    one, two = draws(tmp_path, "smooth = 0.8\ntexture = 0.2\nwarmth = -0.5", FACE, replace(FACE, id=2))
    assert isinstance(one, SkinDraw)
    assert (one.smooth, one.texture, one.warmth, one.brightness) == (0.8, 0.2, -0.5, 0.0)
    assert one.px_per_mm == pytest.approx(CAMERA.fx / 500.0)
    assert one.mask is two.mask is skin_mask(), "uploaded once"


def test_nothing_costs_nothing(tmp_path):
    assert draws(tmp_path, "smooth = 0.0", FACE) == ()
    assert draws(tmp_path, "smooth = 1.0\nopacity = 0.0", FACE) == ()


def test_opacity_weakens_it_without_a_copy_of_the_picture(tmp_path):
    (one,) = draws(tmp_path, "smooth = 0.8\nbrightness = 0.4\nopacity = 0.5", FACE)
    assert isinstance(one, SkinDraw)
    assert (one.smooth, one.brightness) == (0.4, 0.2)


@pytest.mark.parametrize(("body", "key"), [("smooth = 1.5", "smooth"), ("glow = 1.0", "glow")])
def test_mistakes_are_told(tmp_path, body, key):
    with pytest.raises(PackError, match=key):
        draws(tmp_path, body, FACE)


def test_the_mask_spares_eyes_brows_lips_and_nostrils():
    alpha, uvs = skin_mask()[..., 3], canonical_face().uvs

    def at(*landmarks: int) -> np.ndarray:
        x, y = np.floor(uvs[list(landmarks)].T * SIDE).astype(int)
        return alpha[y, x]

    for spared in (
        RIGHT_EYE_RING,
        LEFT_EYE_RING,
        (105, 334, 52, 282, 66),
        (61, 291, 0, 17, 13, 14),
        (75, 305),
    ):
        assert (at(*spared) < 12).all()
    assert (at(50, 280, 205, 425, 151, 199, 4, 195, 117, 346) > 243).all()
    assert np.abs(alpha.astype(int) - alpha[:, ::-1]).mean() < 1.0, "both sides alike"
