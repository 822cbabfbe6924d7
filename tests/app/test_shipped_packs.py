"""Every pack that comes with the app: complete, within the limits, and as it looked when it was looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ar_effects.effects.effect import Effect
from ar_effects.packs.check import find_problems
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.limits import PACK_BYTES
from ar_effects.packs.pack import load_pack
from ar_effects.records import Expression, Frame, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sources.open import DEMO_CAMERA
from tests.app.test_demo_pictures import true_face
from tests.golden_pictures import assert_matches_golden

EFFECTS = Path(__file__).resolve().parents[2] / "effects"
PACKS = sorted(p.parent.name for p in EFFECTS.glob(f"*/{MANIFEST}"))

INDEX, SMOOTHLY = 98, 20
"""Of the demo clip's frame, which stands still for so many of the effect's."""

MASK_SIZE = 256, 256
GOLDEN_SIZE = 400, 300
DOING = {
    "fire_breath": Expression(mouth_open=1.0),
    "fan": Expression(mouth_open=1.0),
    "dog": Expression(mouth_open=1.0),
    "party_hat": Expression(smile=1.0),
}


@pytest.fixture(scope="module")
def context(demo_frames, demo_truth) -> TrackedFrame:
    """The face where the ground truth puts it, and a person around it: nothing of a network in it."""
    frame = Frame(demo_frames[INDEX], 0.0)
    camera = DEMO_CAMERA
    face = replace(true_face(demo_truth[INDEX], camera), expression=Expression())
    mask = np.zeros(frame.image.shape[:2], np.float32)
    x, y = face.landmarks[:, :2].mean(axis=0)
    cv2.ellipse(mask, (round(x), round(y) - 15), (95, 135), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    cv2.rectangle(mask, (round(x) - 60, round(y) + 60), (round(x) + 60, 400), 1.0, -1)
    cv2.ellipse(mask, (round(x), 520), (240, 200), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    small = cv2.resize(cv2.GaussianBlur(mask, (0, 0), 2.0), MASK_SIZE, interpolation=cv2.INTER_AREA)
    return TrackedFrame(frame, (face,), camera, segmentation=small)


@pytest.fixture(scope="module")
def headless():
    with open_headless() as context:
        yield context


@pytest.mark.golden
@pytest.mark.parametrize("name", PACKS)
def test_its_picture(name, context, headless):
    pack = load_pack(EFFECTS / name)
    effect = Effect(pack)
    doing = DOING.get(name)
    renderer = Renderer(headless.ctx, context.frame.size)
    try:
        for i in range(SMOOTHLY):
            face = context.faces[0]
            if doing is not None and i:
                face = replace(face, expression=doing)
            tracked = replace(context, frame=replace(context.frame, time_s=i / 30.0), faces=(face,))
            draws = effect.draw_list(tracked)
        renderer.draw(context.frame.image, draws)
        picture = renderer.read().copy()
    finally:
        renderer.release()
    small = cv2.resize(picture, GOLDEN_SIZE, interpolation=cv2.INTER_AREA)
    assert_matches_golden(small, f"packs/{name}")


@pytest.mark.parametrize("name", PACKS)
def test_it_is_complete(name):
    """No problem, no advice, a licence, a description, tags, a picture, a small folder."""
    found = find_problems(EFFECTS / name)
    assert not found, found
    manifest = load_pack(EFFECTS / name).manifest
    for key in ("title", "author", "licence", "version", "description", "tags", "preview"):
        assert getattr(manifest, key), f"{name} has no {key}"
    preview = cv2.imread(str(EFFECTS / name / str(manifest.preview)))
    assert preview is not None
    assert max(preview.shape) <= 512
    files = [p for p in (EFFECTS / name).rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) <= PACK_BYTES


@pytest.mark.parametrize("name", PACKS)
def test_without_faces_nothing_of_it_is_left_on_them(name, context, headless):
    """Packs of faces leave a frame without any as it was, bit for bit."""
    pack = load_pack(EFFECTS / name)
    if any(not layer.per_face for layer in pack.layers) or pack.manifest.on_lost.startswith("blur"):
        pytest.skip("draws on the whole frame")
    renderer = Renderer(headless.ctx, context.frame.size)
    try:
        renderer.draw(context.frame.image, Effect(pack).draw_list(replace(context, faces=())))
        assert np.array_equal(renderer.read(), context.frame.image)
    finally:
        renderer.release()


WOOD = ((120, 78, 48), (139, 90, 43), (222, 184, 135), (101, 67, 33), (160, 126, 86))
ORANGE = (255, 140, 0)


def hue_deg(rgb: np.ndarray) -> np.ndarray:
    """Of (n, 3) 0..255 RGB."""
    return cv2.cvtColor(np.float32(rgb[None] / 255.0), cv2.COLOR_RGB2HSV)[0, :, 0]


def test_the_alien_leaves_wood_and_orange_clothes_as_they_are(context, headless):
    """Walnut is as skin, so that no table of colours can tell it: but nobody is made of it."""
    image = context.frame.image.copy()
    places = {(20 + 50 * i, 20): colour for i, colour in enumerate((*WOOD, ORANGE))}  # on the wall
    face = context.faces[0]
    chest = (round(float(face.landmarks[:, 0].mean())), image.shape[0] - 60)
    places[chest] = ORANGE
    for (x, y), colour in places.items():
        image[y : y + 40, x : x + 40] = colour[::-1]
    renderer = Renderer(headless.ctx, context.frame.size)
    try:
        effect = Effect(load_pack(EFFECTS / "alien"))
        renderer.draw(image, effect.draw_list(replace(context, frame=Frame(image, 0.0))))
        picture = renderer.read().copy()
    finally:
        renderer.release()
    seen = np.array([picture[y + 10 : y + 30, x + 10 : x + 30].mean(axis=(0, 1))[::-1] for x, y in places])
    turned = hue_deg(seen) - hue_deg(np.array(list(places.values()), np.float64))
    assert np.abs((turned + 180) % 360 - 180).max() < 15
    x, y = face.landmarks[50, :2].round().astype(int)  # a cheek
    neck = (face.landmarks[152, :2] + np.float32([0, 12])).round().astype(int)  # still on the mask
    for at, fraction in (((x, y), 1.1), (neck, 1.0)):
        blue, green, red = picture[at[1] - 3 : at[1] + 4, at[0] - 3 : at[0] + 4].mean(axis=(0, 1))
        assert green > fraction * max(blue, red)
