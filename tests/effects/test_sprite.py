"""The layer ``sprite``: where it is, what plays when, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ar_effects.drawlist import SpriteDraw
from ar_effects.errors import PackError
from ar_effects.face.anchors import camera_from_anchor
from ar_effects.media import clips
from tests.effects.flat_packs import CAMERA, a_face, effect, scenes, tracked

COLOURS = ("red", "lime", "blue", "white")
RGB = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def save_animation(path, durations=(100, 100, 200, 100), size=(8, 6)) -> None:
    frames = [Image.new("RGBA", size, c) for c in COLOURS[: len(durations)]]
    lossless = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=list(durations),
        loop=0,
        disposal=2,
        **lossless,
    )


def sprite_at(worn, time_s: float, *faces) -> SpriteDraw | None:
    found = [s for scene in scenes(worn.draw_list(tracked(time_s, *faces))) for s in scene.sprites]
    return found[0] if found else None


def colour(sprite: SpriteDraw | None) -> str:
    if sprite is None:
        return "nothing"
    rgb = sprite.pixels[sprite.pixels.shape[0] // 2, sprite.pixels.shape[1] // 2, :3].astype(int)
    return min(RGB, key=lambda c: np.abs(np.array(RGB[c]) - rgb).sum())


def corners_px(sprite: SpriteDraw) -> np.ndarray:
    """Top left, top right, bottom right, bottom left."""
    local = np.array([[-0.5, 0.5, 0, 1], [0.5, 0.5, 0, 1], [0.5, -0.5, 0, 1], [-0.5, -0.5, 0, 1]])
    return CAMERA.project((local @ sprite.camera_from_sprite.T)[:, :3])


@pytest.mark.parametrize("yaw", [0.0, 40.0])
@pytest.mark.parametrize("turn", [0.0, 35.0])
def test_before_the_camera_it_stays_upright_and_flat(tmp_path, yaw, turn):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    layer = (
        'kind = "sprite"\nfile = "a.png"\nanchor = "chin"\nsize_mm = 60\noffset_mm = [0, -30, 10]\n'
        f"rotate_deg = {turn}"
    )
    face = a_face(yaw)
    sprite = sprite_at(effect(tmp_path, layer), 0.0, face)
    matrix = sprite.camera_from_sprite
    np.testing.assert_allclose(matrix[2, :2], 0.0, atol=1e-9)
    anchor = camera_from_anchor("chin", face, CAMERA)
    np.testing.assert_allclose(matrix[:3, 3], (anchor @ [0, -30, 10, 1])[:3], atol=1e-6)
    top_left, top_right, _, bottom_left = corners_px(sprite)
    along, down = top_right - top_left, bottom_left - top_left
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(turn, abs=1e-4), "clockwise"
    scale = CAMERA.fx / -matrix[2, 3]
    assert np.linalg.norm(along) == pytest.approx(60 * scale, rel=1e-6)
    assert np.linalg.norm(down) == pytest.approx(30 * scale, rel=1e-6)
    assert sprite.occluded


def test_on_the_head_it_turns_with_it(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    face = a_face(35.0)
    layer = (
        'kind = "sprite"\nfile = "a.png"\nfacing = "head"\nanchor = "forehead"\nsize_mm = 50\n'
        "occluded = false"
    )
    sprite = sprite_at(effect(tmp_path, layer), 0.0, face)
    rotation = face.pose.camera_from_head[:3, :3]
    np.testing.assert_allclose(sprite.camera_from_sprite[:3, :2], 50 * rotation[:, :2], atol=1e-6)
    assert not sprite.occluded


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("place = [0.25, 0.75]\nwidth = 0.5", ((0, 280), (320, 440))),
        ('fit = "stretch"', ((0, 0), (640, 480))),
        ('fit = "cover"', ((-160, 0), (800, 480))),
        ('fit = "contain"', ((0, 80), (640, 400))),
    ],
)
@pytest.mark.parametrize("behind", [False, True])
def test_on_the_frame_it_is_where_its_place_says(tmp_path, keys, expected, behind):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    layer = f'kind = "sprite"\nfile = "a.png"\nanchor = "frame"\n{keys}\noccluded = {str(behind).lower()}'
    sprite = sprite_at(effect(tmp_path, layer), 0.0)
    top_left, _, bottom_right, _ = corners_px(sprite) + 0.5
    np.testing.assert_allclose((top_left, bottom_right), expected, atol=1e-6)
    assert sprite.occluded is behind
    assert bool(sprite.camera_from_sprite[2, 3] < -2000) is behind


@pytest.mark.parametrize("suffix", ["png", "gif", "webp"])
def test_animations_play_with_their_own_durations(tmp_path, suffix):
    save_animation(tmp_path / f"a.{suffix}")
    worn = effect(tmp_path, f'kind = "sprite"\nfile = "a.{suffix}"')
    seen = [colour(sprite_at(worn, 7 + t, a_face())) for t in (0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.66)]
    # the effect's clock begins one step of 1/30 s before its first frame is drawn
    assert seen == ["red", "red", "lime", "blue", "blue", "white", "red", "lime"]


def test_frames_are_unpacked_when_they_are_shown_and_then_kept(tmp_path):
    save_animation(tmp_path / "a.gif")
    frames = clips.animation(tmp_path / "a.gif", 1.0)
    assert len(frames._pictures) == 1
    assert frames.at(0.15, loop=True)[0] is frames.at(0.65, loop=True)[0], "uploaded once"
    assert len(frames._pictures) == 4


def test_sheets_are_cut_row_by_row(tmp_path):
    sheet = Image.new("RGB", (20, 20))
    for i, name in enumerate(COLOURS):
        sheet.paste(Image.new("RGB", (10, 10), name), (i % 2 * 10, i // 2 * 10))
    sheet.save(tmp_path / "a.png")
    worn = effect(tmp_path, 'kind = "sprite"\nfile = "a.png"\ncolumns = 2\nrows = 2\nfps = 10\ncount = 3')
    sprites = [sprite_at(worn, t, a_face()) for t in (0.0, 0.15, 0.25, 0.35)]
    assert [colour(s) for s in sprites] == ["red", "lime", "blue", "red"]
    assert all((s.pixels[..., :3] == RGB[colour(s)]).all() for s in sprites), "nothing of a neighbour"


PLAY = '[[triggers]]\nwhen = "key"\nkey = "p"\ndo = "play"\nlayer = "it"'


def test_once_it_stays_on_its_last_picture_until_it_is_played_again(tmp_path):
    save_animation(tmp_path / "a.gif")
    worn = effect(tmp_path, 'kind = "sprite"\nfile = "a.gif"\nplay = "once"', PLAY)
    assert [colour(sprite_at(worn, t, a_face())) for t in (0, 0.2, 0.4, 0.6, 0.8)][-2:] == ["white", "white"]
    worn.key("p")
    assert colour(sprite_at(worn, 0.9, a_face())) == "red"
    assert colour(sprite_at(worn, 1.05, a_face())) == "lime"


def test_on_cue_it_is_seen_while_it_plays(tmp_path):
    save_animation(tmp_path / "a.gif")
    worn = effect(tmp_path, 'kind = "sprite"\nfile = "a.gif"\nplay = "on_cue"', PLAY)
    assert colour(sprite_at(worn, 0.0, a_face())) == "nothing"
    worn.key("p")
    assert [colour(sprite_at(worn, t, a_face())) for t in (0.1, 0.25, 0.45, 0.65)] == [
        "red",
        "lime",
        "blue",
        "nothing",
    ]


def test_a_chosen_picture(tmp_path):
    Image.new("RGB", (4, 2), "blue").save(tmp_path / "a.png")
    worn = effect(
        tmp_path, 'kind = "sprite"\nfile = "$logo"', '[parameters.logo]\nkind = "picture"\ndefault = "a.png"'
    )
    assert colour(sprite_at(worn, 0.0, a_face())) == "blue"
    worn.set("logo", "mine", np.full((5, 5, 4), 255, np.uint8))
    assert colour(sprite_at(worn, 0.1, a_face())) == "white"
    worn.set("logo", "")
    assert colour(sprite_at(worn, 0.2, a_face())) == "nothing"


# --- what is refused


def refused(folder, layer: str) -> str:
    with pytest.raises(PackError) as caught:
        effect(folder, f'kind = "sprite"\n{layer}')
    assert caught.value.fix
    return str(caught.value)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ('file = "a.png"\nwidth = 0.5', 'width belongs to anchor = "frame"'),
        ('file = "a.png"\nanchor = "frame"\nsize_mm = 5', "size_mm belongs to anchors on the face"),
        ('file = "a.png"\nalpha = "beside"', "alpha belongs to a video"),
        ('file = "a.webm"\ncolumns = 2', "columns and rows belong to a picture"),
        ('file = "a.png"\ncolumns = 0', "columns"),
        ('file = "a.png"\nplay = "twice"', "play"),
        ('file = "b.png"', "not there"),
        ('file = "a.png"\nfacing = "away"', "facing"),
        ('file = "a.png"\nplace = [0.5]', "place"),
        ('file = "a.png"\ncolumns = 9', "columns"),
    ],
)
def test_mistakes_are_told(tmp_path, layer, expected):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "a.webm").write_bytes(b"x")
    assert expected in refused(tmp_path, layer)


def test_too_many_frames_are_refused_before_one_is_unpacked(tmp_path):
    frames = [Image.new("L", (2, 2), i % 256) for i in range(clips.MAX_FRAMES + 5)]
    for suffix in ("gif", "png"):
        frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], duration=20)
        assert "too large" in refused(tmp_path, f'file = "a.{suffix}"')


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    big = [Image.new("P", (2000, 2000), i) for i in range(6)]
    big[0].save(tmp_path / "a.gif", save_all=True, append_images=big[1:], duration=50)
    assert (tmp_path / "a.gif").stat().st_size < 200_000
    message = refused(tmp_path, 'file = "a.gif"')
    assert "6 frames of 2000x2000" in message
    assert "64 MB" in message


def test_frames_that_outgrow_their_picture_end_the_animation(tmp_path):
    """A GIF's second frame may claim a canvas of 65535x65535."""
    save_animation(tmp_path / "a.gif", (100, 100))
    data = bytearray((tmp_path / "a.gif").read_bytes())
    second = data.rindex(b"\x2c\x00\x00\x00\x00\x08\x00\x06\x00")
    data[second + 5 : second + 9] = struct.pack("<HH", 65535, 65535)
    (tmp_path / "a.gif").write_bytes(data)
    worn = effect(tmp_path, 'kind = "sprite"\nfile = "a.gif"')
    assert [colour(sprite_at(worn, t, a_face())) for t in (0.0, 0.15, 0.35)] == ["red"] * 3


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_damaged_animations_play_as_far_as_they_go_or_are_refused(tmp_path, suffix):
    save_animation(tmp_path / f"a.{suffix}", size=(64, 64))
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    random = np.random.default_rng(3)
    for i in range(60):
        data = bytearray(whole[: int(random.integers(8, len(whole)))] if i % 2 else whole)
        for _ in range(3):
            data[int(random.integers(6, len(data)))] = int(random.integers(256))
        (tmp_path / f"a.{suffix}").write_bytes(data)
        try:
            frames = clips.animation(tmp_path / f"a.{suffix}", 1.0)
        except PackError:
            continue
        for t in (0.0, 0.3, 1.0, 50.0):
            pixels, _ = frames.at(t, loop=True)
            assert pixels.dtype == np.uint8
            assert pixels.shape[2] == 4


def test_a_still_png_that_claims_a_million_frames_is_refused(tmp_path):
    data = io.BytesIO()
    Image.new("RGB", (4, 4)).save(data, "PNG")
    raw = data.getvalue()
    chunk = b"acTL" + struct.pack(">II", 1_000_000, 0)
    raw = raw[:33] + struct.pack(">I", 8) + chunk + struct.pack(">I", zlib.crc32(chunk)) + raw[33:]
    (tmp_path / "a.png").write_bytes(raw)
    assert "too large" in refused(tmp_path, 'file = "a.png"')
