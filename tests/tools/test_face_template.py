"""The template designers paint on, and the masks of makeup: as their script makes them, in their places."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from ar_effects.face.topology import face_topology
from tools.assets import face_regions, make_face_template

INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
FOLDER = make_face_template.FOLDER


@pytest.fixture(scope="module")
def masks():
    return face_regions.masks()


def test_the_shipped_masks_are_what_the_script_makes(masks):
    with np.load(FOLDER / "makeup.npz") as shipped:
        assert set(shipped) == set(masks)
        for name, mask in masks.items():
            assert np.abs(shipped[name].astype(int) - mask).max() <= 1, name  # of another libm's last bit


def test_the_shipped_drawing_is_what_the_script_makes():
    assert (FOLDER / "template.svg").read_text(encoding="utf-8") == make_face_template.svg()


def test_layers_of_the_drawing():
    tree = ET.parse(FOLDER / "template.svg")
    labels = [g.get(f"{INKSCAPE}label") for g in tree.iter("{http://www.w3.org/2000/svg}g")]
    assert labels == ["your paint", "regions", "eyes", "brows", "cheeks", "lips", "mouth", "mesh", "guide"]


def test_the_picture_shows_the_mesh_on_clear_ground():
    with Image.open(FOLDER / "template.png") as picture:
        pixels = np.asarray(picture.convert("RGBA"))
    side = len(pixels)
    assert pixels.shape == (2048, 2048, 4)
    assert pixels[5, 5, 3] == 0
    topology = face_topology()
    for a, b in make_face_template.mesh_edges()[::37]:
        x, y = np.rint(topology.uvs[[a, b]].mean(axis=0) * side).astype(int)
        assert pixels[y - 2 : y + 3, x - 2 : x + 3, 3].max() > 60


def test_masks_are_alike_on_both_sides_and_leave_the_outline_alone(masks):
    topology = face_topology()
    outline = topology.uvs[topology.border_mm == 0.0]
    for name, mask in masks.items():
        assert (mask == mask[:, ::-1]).all(), name
        assert mask.max() > 120, name
        x, y = np.clip(np.rint(outline * len(mask)).astype(int), 1, len(mask) - 2).T
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                assert mask[y + dy, x + dx].max() <= 2, name


@pytest.mark.parametrize(
    ("name", "landmarks"),
    [
        ("lips", (11, 12, 15, 16, 72, 73, 85, 315)),
        ("eye_shadow", (27, 28, 29, 56)),
        ("brows", (105,)),
        ("blush", (50, 280)),
    ],
)
def test_masks_lie_where_their_names_say(masks, name, landmarks):
    for landmark in landmarks:
        x, y = (face_topology().uvs[landmark] * len(masks[name])).astype(int)
        assert masks[name][y - 8 : y + 9, x - 4 : x + 5].max() > 60, landmark
    for elsewhere in (9, 18, 4):  # forehead, under the lips, tip of the nose
        x, y = (face_topology().uvs[elsewhere] * len(masks[name])).astype(int)
        assert masks[name][y, x] == 0
