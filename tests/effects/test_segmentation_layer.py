"""The ``segmentation`` layer, and ``behind`` of any layer: what is needed, drawn, refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ar_effects.drawlist import Group
from ar_effects.drawlist.segmentation import BackgroundDraw
from ar_effects.effects.effect import Effect
from ar_effects.errors import PackError
from ar_effects.geometry.camera import Camera
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from ar_effects.packs.values import rgba_from_hex
from ar_effects.paths import EFFECTS
from ar_effects.records import Frame, TrackedFrame

SIZE = (320, 180)
CAMERA = Camera.assumed(*SIZE)
HEAD = 'format = 2\ntitle = "Test"\n'
LAYER = '[[layers]]\nkind = "segmentation"\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    Image.new("RGB", (16, 9), (10, 20, 30)).save(tmp_path / "wall.png")
    frames = [Image.new("RGB", (4, 4), (90 * i, 0, 0)) for i in range(2)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:], duration=500, loop=0)
    return tmp_path


def effect(folder: Path, text: str) -> Effect:
    (folder / MANIFEST).write_text(HEAD + text, encoding="utf-8")
    return Effect(load_pack(folder))


def refused(folder: Path, text: str) -> str:
    with pytest.raises(PackError) as caught:
        effect(folder, text)
    assert MANIFEST in str(caught.value)
    return str(caught.value)


def frame(time_s: float = 0.0, *, looked: bool = True) -> TrackedFrame:
    mask = np.zeros((256, 256), np.float32)
    cv2.circle(mask, (128, 128), 60, 1.0, -1)
    image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    return TrackedFrame(Frame(image, time_s), (), CAMERA, mask if looked else None)


def drawn(worn: Effect, time_s: float = 0.0) -> BackgroundDraw:
    (draw,) = worn.draw_list(frame(time_s)).draws
    assert isinstance(draw, BackgroundDraw)
    return draw


def test_packs_say_that_they_need_it(folder):
    assert effect(folder, LAYER).pack.needs == {"segmentation"}
    behind = '[[layers]]\nkind = "sprite"\nfile = "wall.png"\nanchor = "frame"\nbehind = true\n'
    assert "segmentation" in effect(folder, behind).pack.needs
    assert "segmentation" not in effect(folder, behind.replace("true", "false")).pack.needs
    assert "segmentation" in effect(folder, behind.replace("behind", "on_people")).pack.needs


def test_frames_without_a_mask_are_left_alone(folder):
    for layer in (LAYER, '[[layers]]\nkind = "sprite"\nfile = "wall.png"\nanchor = "frame"\nbehind = true\n'):
        worn = effect(folder, layer)
        for looked, count in ((False, 0), (True, 1), (False, 0)):
            found = worn.draw_list(frame(looked=looked))
            assert len(found.draws) == count
            assert (found.matte is not None) == looked


def test_no_cut_is_made_for_packs_that_do_not_ask(folder):
    worn = effect(folder, '[[layers]]\nkind = "sprite"\nfile = "wall.png"\nanchor = "frame"\n')
    assert worn.draw_list(frame()).matte is None


def test_blur_goes_with_its_amount(folder):
    widths = [drawn(effect(folder, LAYER + f"amount = {a}\n")).blur for a in (0.0, 0.5, 1.0)]
    assert widths[0] == 0.0
    assert 2 * widths[1] == pytest.approx(widths[2])
    assert 0.02 < widths[2] < 0.1, "a share of the frame's height"


def test_colour(folder):
    draw = drawn(effect(folder, LAYER + 'background = "colour"\ncolour = "#336699"\n'))
    assert draw.colour == pytest.approx(rgba_from_hex("#336699")[:3])
    assert draw.picture is None


def test_picture_and_animation(folder):
    still = drawn(effect(folder, LAYER + 'background = "picture"\npicture = "wall.png"\n'))
    assert still.picture.shape == (9, 16, 4)
    playing = effect(folder, LAYER + 'background = "picture"\npicture = "two.gif"\n')
    reds = [int(drawn(playing, t / 8).picture[0, 0, 0]) for t in range(10)]
    assert (reds[0], reds[5], reds[9]) == (0, 90, 0), "half a second each, again and again"


def test_video_plays(folder):
    import av

    with av.open(str(folder / "sea.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for i in range(5):
            picture = av.VideoFrame.from_ndarray(np.full((16, 32, 3), 50 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    worn = effect(folder, LAYER + 'background = "video"\nvideo = "sea.mp4"\n')
    draws = [drawn(worn, t / 10) for t in range(4)]
    assert len({id(d.stream) for d in draws}) == 1
    assert draws[0].stream is not None
    assert len({d.version for d in draws}) == 4, "another picture each tenth of a second"


PARAMETERS = """
[parameters.what]
kind = "choice"
default = "blur"
options = ["blur", "colour", "picture", "sea view"]
[parameters.photo]
kind = "picture"
[[layers]]
kind = "segmentation"
background = "$what"
colour = "#ff0000"
picture = "$photo"
"""


def test_the_person_chooses(folder):
    worn = effect(folder, PARAMETERS)
    assert drawn(worn).blur > 0
    worn.set("what", "picture")
    assert drawn(worn).colour == (1.0, 0.0, 0.0), "no photo is chosen yet: a colour, and not the room"
    photo = np.full((5, 7, 4), 255, np.uint8)
    worn.set("photo", "mine", photo)
    assert drawn(worn).picture is photo
    worn.set("what", "sea view")
    assert worn.draw_list(frame()).draws == ()


def test_layers_behind_people_are_groups_behind_people(folder):
    layer = '[[layers]]\nkind = "sprite"\nfile = "wall.png"\nanchor = "frame"\nopacity = 0.5\nbehind = true\n'
    worn = effect(folder, layer)
    (group,) = worn.draw_list(frame()).draws
    assert isinstance(group, Group)
    assert (group.behind, group.on_people) == (True, False)
    assert group.opacity == 0.5


def test_filters_on_people_are_groups_on_people(folder):
    worn = effect(folder, '[[layers]]\nkind = "post"\neffect = "grain"\non_people = true\n')
    (group,) = worn.draw_list(frame()).draws
    assert isinstance(group, Group)
    assert (group.behind, group.on_people) == (False, True)
    assert worn.draw_list(frame(looked=False)).draws == ()


def test_nothing_is_behind_people_and_on_them(folder):
    layer = '[[layers]]\nkind = "post"\neffect = "grain"\non_people = true\nbehind = true\n'
    assert "keep one of them" in refused(folder, layer)


@pytest.mark.words
@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('background = "picture"\n', "needs a picture"),
        ('background = "video"\n', "needs a video"),
        ('background = "sea"\n', "background"),
        ('video = "wall.png"\n', "video must end in"),
        ('background = "picture"\npicture = "wal.png"\n', "wall.png"),
        ("behind = true\n", "behind everybody already"),
        ("on_people = true\n", "behind everybody already"),
        ("amount = 2.0\n", "amount"),
        ("ammount = 0.5\n", "amount"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(folder, lines, says):
    message = refused(folder, LAYER + lines)
    assert "layers[0]" in message
    assert says in message


def test_the_shipped_pack():
    pack = load_pack(EFFECTS / "background")
    worn = Effect(pack)
    assert pack.needs == {"segmentation"}
    assert drawn(worn).blur > 0
    worn.key("b")
    assert drawn(worn, 0.1).colour is not None
    worn.key("b")
    assert drawn(worn, 0.2).picture.shape[1] >= 1280
