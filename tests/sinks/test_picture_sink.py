import errno
import os
from datetime import datetime

import numpy as np
import PIL.Image
import pytest

from ar_effects.errors import InputError, SinkError
from ar_effects.records import PictureMetadata
from ar_effects.sinks.picture import next_photo_path, save_picture
from ar_effects.sources.picture import load_picture


@pytest.fixture
def image():
    return np.kron(
        np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8)
    )


@pytest.mark.parametrize(
    ("name", "error"), [("a.png", 0), ("a.PNG", 0), ("a.jpg", 12), ("ünï.jpeg", 12), ("a.webp", 12)]
)
def test_saved_pictures_read_back(tmp_path, image, name, error):
    path = save_picture(tmp_path / name, image)
    assert path == tmp_path / name
    assert np.abs(load_picture(path).astype(int) - image).mean() <= error
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_an_existing_file_is_replaced(tmp_path, image):
    save_picture(tmp_path / "a.png", image // 2)
    save_picture(tmp_path / "a.png", image)
    assert (load_picture(tmp_path / "a.png") == image).all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.xyz", "ending in .png"),
        ("a", "no ending"),
        ("none/a.png", "There is no folder"),
        ("d.png", "is a folder"),
    ],
)
def test_impossible_names(tmp_path, image, name, words):
    (tmp_path / "d.png").mkdir()
    with pytest.raises(SinkError, match=words) as caught:
        save_picture(tmp_path / name, image)
    assert caught.value.fix
    assert [p.name for p in tmp_path.iterdir()] == ["d.png"]


def test_a_full_disk_keeps_the_old_file_and_leaves_no_part(tmp_path, image, monkeypatch):
    path = save_picture(tmp_path / "a.png", image)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SinkError, match="the disk is full"):
        save_picture(path, image // 2)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_more_pixels_than_the_kind_of_file_takes(tmp_path):
    with pytest.raises(SinkError, match="too many"):
        save_picture(tmp_path / "a.webp", np.zeros((4, 17000, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_not_a_picture(tmp_path):
    with pytest.raises(InputError, match="BGR"):
        save_picture(tmp_path / "a.png", np.zeros((4, 4), np.uint8))


def test_photo_names_are_free_and_say_when(tmp_path, image):
    now = datetime(2026, 5, 31, 14, 2, 33)  # noqa: DTZ001 - people read local time
    first = next_photo_path(tmp_path, now)
    assert first.name == "ar-effects 2026-05-31 14.02.33.png"
    save_picture(first, image)
    second = next_photo_path(tmp_path, now)
    assert second.name == "ar-effects 2026-05-31 14.02.33 (2).png"
    save_picture(second, image)
    assert next_photo_path(tmp_path, now).name == "ar-effects 2026-05-31 14.02.33 (3).png"
    assert next_photo_path(tmp_path, now, ".jpg").suffix == ".jpg"
    assert next_photo_path(tmp_path / "not there", now).parent.name == "not there"


def test_a_png_with_a_description_keeps_its_bytes(tmp_path, image):
    """The chunks stand behind the header, and Pillow reads them."""
    exif = PIL.Image.Exif()
    exif[0x010F] = "Maker"
    xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/">smile \U0001f600</x:xmpmeta>'.encode()
    bare = save_picture(tmp_path / "bare.png", image).read_bytes()
    metadata = PictureMetadata(exif=exif.tobytes().removeprefix(b"Exif\0\0"), xmp=xmp)
    described = save_picture(tmp_path / "a.png", image, metadata=metadata).read_bytes()
    assert described.startswith(bare[:33])
    assert described.endswith(bare[33:])
    with PIL.Image.open(tmp_path / "a.png") as opened:
        opened.load()  # checks the checksums
        assert opened.getexif()[0x010F] == "Maker"
        assert opened.info["XML:com.adobe.xmp"].encode() == xmp
