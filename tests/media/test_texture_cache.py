"""Pictures of a pack: equal ones are kept once, and all of them within a budget."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from ar_effects.errors import PackError
from ar_effects.face import topology as face_mesh
from ar_effects.media.texture_cache import BUDGET_BYTES, Pictures
from ar_effects.packs.pack import load_pack

SPRITE = '[[layers]]\nkind = "sprite"\nanchor = "frame"\nfile = "{}"\n'
PAINT = '[[layers]]\nkind = "face_texture"\ntexture = "{}"\n'


def pack(folder, *layers):
    text = 'format = 2\ntitle = "P"\n' + "".join(layers)
    (folder / "effect.toml").write_text(text, encoding="utf-8")
    return folder


def save(path, side, value=0):
    Pillow.new("RGBA", (side, side), (value, 0, 0, 255)).save(path)


def test_layers_with_the_same_picture_share_its_pixels(tmp_path):
    save(tmp_path / "a.png", 64)
    (tmp_path / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    layers = [SPRITE.format("a.png")] * 4 + [SPRITE.format("copy.png")]
    loaded = load_pack(pack(tmp_path, *layers, *[PAINT.format("a.png")] * 3))
    pictures = [layer.clip().at(0.0, loop=True)[0] for layer in loaded.layers[:5]]
    assert all(picture is pictures[0] for picture in pictures)
    painted = [layer.texture for layer in loaded.layers[5:]]
    assert all(texture is painted[0] for texture in painted)
    assert painted[0] is pictures[0], "painted or flying, it is one picture"


def test_a_file_is_read_once_however_many_layers_name_it(tmp_path, monkeypatch):
    save(tmp_path / "a.png", 64)
    frames = [Pillow.new("RGB", (10, 10), (i * 40, 0, 0)) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=50)
    read, whole = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or whole(path))
    cut = SPRITE.format("a.png") + "columns = 4\nrows = 4\n"
    layers = [SPRITE.format("a.png"), PAINT.format("a.png"), cut, SPRITE.format("a.gif")]
    load_pack(pack(tmp_path, *layers, *layers))
    assert sorted(name for name in read if name.startswith("a.")) == ["a.gif", "a.png"]


def test_cells_are_parts_of_their_sheet(tmp_path):
    save(tmp_path / "a.png", 64)
    cut = SPRITE.format("a.png") + "columns = 4\nrows = 4\n"
    sheet, paint = load_pack(pack(tmp_path, cut, PAINT.format("a.png"))).layers
    assert np.shares_memory(sheet.clip().at(0.0, loop=True)[0], paint.texture)


def test_where_a_picture_paints_is_found_once(tmp_path, monkeypatch):
    save(tmp_path / "a.png", 64)
    loaded = load_pack(pack(tmp_path, *[PAINT.format("a.png")] * 3))
    first, *others = [face_mesh.painted_triangles(layer.texture) for layer in loaded.layers]
    assert len(first)
    assert all(other is first for other in others)
    here = len(face_mesh._painted)
    del loaded
    gc.collect()
    assert len(face_mesh._painted) == here - 1, "it goes with the picture"


@pytest.mark.parametrize("side", [64, 4096])
def test_a_single_texel_is_painted(side):
    clear = np.zeros((side, side, 4), np.uint8)
    assert not len(face_mesh.painted_triangles(clear))
    clear[side // 2, side // 2, 3] = 1
    assert len(face_mesh.painted_triangles(clear.copy()))


def test_a_models_colours_are_not_those_of_a_picture_with_a_profile(tmp_path):
    save(tmp_path / "a.png", 8)
    pictures, other = Pictures(), np.zeros((8, 8, 4), np.uint8)
    seen = pictures.picture(tmp_path / "a.png")
    assert pictures.of_model((tmp_path / "a.png").read_bytes(), (8, 8), "m", lambda: other) is other
    assert pictures.picture(tmp_path / "a.png") is seen


def test_sheets_that_are_cut_alike_share_their_cells(tmp_path):
    save(tmp_path / "a.png", 64)
    cut = SPRITE.format("a.png") + "columns = 4\nrows = 4\n"
    loaded = load_pack(pack(tmp_path, cut, cut, cut + "fps = 3.0\n"))
    first, second, slower = (layer.clip().at(0.0, loop=True)[0] for layer in loaded.layers)
    assert first is second
    assert slower is not first


def test_a_pack_whose_pictures_are_too_large_together_is_refused_before_they_are_unpacked(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("ar_effects.media.texture_cache.BUDGET_BYTES", 100_000)
    for i in range(3):
        save(tmp_path / f"{i}.png", 120, i)  # 57,600 bytes each
    load_pack(pack(tmp_path, *[SPRITE.format("0.png")] * 10))
    with pytest.raises(PackError) as caught:
        load_pack(pack(tmp_path, SPRITE.format("0.png"), PAINT.format("1.png")))
    said = caught.value
    assert "layers[1].texture" in said.what
    assert "too large together" in said.what
    assert said.expected
    assert said.got
    assert "smaller" in said.fix


def test_frames_of_animations_count(tmp_path, monkeypatch):
    monkeypatch.setattr("ar_effects.media.texture_cache.BUDGET_BYTES", 100_000)
    frames = [Pillow.new("RGB", (100, 100), (i * 40, 0, 0)) for i in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=50)
    with pytest.raises(PackError, match=r"layers\[0\]\.file.*too large together"):
        load_pack(pack(tmp_path, SPRITE.format("a.gif")))


def test_the_budget_holds_the_largest_picture():
    pictures = Pictures()
    huge = np.zeros((1, 1, 4), np.uint8)
    assert pictures.of_model(b"x", (4096, 4096), "x.png", lambda: huge) is huge
    assert BUDGET_BYTES < 300 << 20
