import os
import struct

import cv2
import numpy as np
import pytest

from ar_effects.errors import SourceError
from ar_effects.sources.picture import PictureFolder, PictureSource, load_picture
from tests.sources.clips import corners, named_corners


def write(path, image, *options):
    done, data = cv2.imencode(path.suffix, image, list(options))
    assert done
    path.write_bytes(data.tobytes())
    return path


@pytest.fixture
def photo():
    return corners(0, 60, 40)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_usual_kinds(tmp_path, photo, ending):
    source = PictureSource(write(tmp_path / f"a{ending}", photo))
    (frame,) = source.frames()
    assert frame.time_s == 0
    assert frame.size == source.info.size == (60, 40)
    assert source.info.frame_count == 1
    assert source.info.fps == 0
    assert named_corners(frame.image) == "RG.."


def test_grey_and_16_bit_become_bgr(tmp_path):
    grey = write(tmp_path / "g.png", np.full((5, 7), 90, np.uint8))
    assert (load_picture(grey) == 90).all()
    deep = write(tmp_path / "d.png", np.full((5, 7, 3), 90 * 257, np.uint16))
    image = load_picture(deep)
    assert image.dtype == np.uint8
    assert (image == 90).all()
    assert image.shape == (5, 7, 3)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_transparent_parts_become_black_instead_of_what_is_hidden_there(tmp_path, depth):
    scale = 257 if depth == np.uint16 else 1
    image = np.full((4, 4, 4), 200 * scale, depth)
    image[:2, :, 3] = 0
    image[2:, :, 3] = 255 * scale
    image[3, :, 3] = 128 * scale
    read = load_picture(write(tmp_path / "a.png", image))
    assert (read[:2] == 0).all()
    assert (read[2] == 200).all()
    assert np.abs(read[3].astype(int) - 100).max() <= 1


def exif(orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff


@pytest.mark.parametrize(
    ("orientation", "shown"), [(1, "RG.."), (2, "GR.."), (3, "..GR"), (4, "..RG"), (6, ".R.G"), (8, "G.R.")]
)
def test_photos_are_turned_upright(tmp_path, photo, orientation, shown):
    path = write(tmp_path / "a.jpg", photo)
    data = path.read_bytes()
    path.write_bytes(data[:2] + exif(orientation) + data[2:])
    image = load_picture(path)
    assert named_corners(image) == shown
    assert image.shape[:2] == ((60, 40) if orientation > 4 else (40, 60))


def test_smallest_and_very_large(tmp_path):
    assert load_picture(write(tmp_path / "one.png", np.full((1, 1, 3), 7, np.uint8))).shape == (1, 1, 3)
    large = write(tmp_path / "large.png", np.zeros((10000, 10000), np.uint8), cv2.IMWRITE_PNG_COMPRESSION, 1)
    assert load_picture(large).shape == (10000, 10000, 3)


@pytest.mark.parametrize("name", ["ünï 🎭.png", "a b%03d.png", "CAPS.PNG"])
def test_unusual_names(tmp_path, photo, name):
    write(tmp_path / "a.png", photo).rename(tmp_path / name)
    assert load_picture(tmp_path / name).shape == photo.shape


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_cut_off_files_are_refused_not_shown_half_grey(tmp_path, ending, part, capfd):
    image = np.random.default_rng(1).integers(0, 255, (80, 90, 3), dtype=np.uint8)
    path = write(tmp_path / f"a{ending}", image)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(SourceError, match="is cut off"):
        load_picture(path)
    assert capfd.readouterr().err == ""


def test_data_after_the_end_of_a_photo_does_no_harm(tmp_path, photo):
    path = write(tmp_path / "motion.jpg", photo)
    path.write_bytes(path.read_bytes() + b"\0\0\0\x18ftypmp42" + bytes(500))
    assert load_picture(path).shape == photo.shape


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p.write_text("hello"), "is not a picture"),
        (lambda p: p.write_bytes(os.urandom(3000)), "is not a picture"),
        (lambda p: p.write_bytes(b""), "is empty"),
        (lambda p: None, "There is no file"),
        (lambda p: p.mkdir(), "is a folder"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(tmp_path, make, words, capfd):
    path = tmp_path / "x.jpg"
    make(path)
    with pytest.raises(SourceError, match=words) as caught:
        PictureSource(path)
    assert caught.value.fix
    assert capfd.readouterr().err == ""


def test_no_permission(tmp_path, photo, monkeypatch):
    path = write(tmp_path / "a.png", photo)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything

        def refuse(self, *args, **kwargs):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(SourceError, match="may not be read"):
        load_picture(path)


def test_repeated_at_the_pace_of_a_camera(tmp_path, photo):
    now = [5.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    source = PictureSource(
        write(tmp_path / "a.png", photo), repeat=True, fps=25, clock=lambda: now[0], sleep=sleep
    )
    assert source.info.is_live
    frames = source.frames()
    times = [next(frames).time_s for _ in range(5)]
    assert times == pytest.approx([5, 5.04, 5.08, 5.12, 5.16])
    source.close()
    assert next(frames, None) is None


def test_folder_in_natural_order_reports_the_unreadable(tmp_path, photo):
    for name in ("face10.png", "face2.jpg", "Face1.PNG", "note.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("face10.png", "Face1.PNG"):
        done, data = cv2.imencode(".png", photo)
        assert done
        (tmp_path / name).write_bytes(data.tobytes())
    folder = PictureFolder(tmp_path)
    assert [p.name for p in folder.paths] == ["Face1.PNG", "face2.jpg", "face10.png"]
    for _ in range(2):
        assert [(p.name, f.index) for p, f in folder] == [("Face1.PNG", 0), ("face10.png", 2)]
        assert [p.name for p, _ in folder.unreadable] == ["face2.jpg"]
        assert "is not a picture" in folder.unreadable[0][1].what
    assert len(folder) == 3


def test_folders_without_pictures(tmp_path):
    with pytest.raises(SourceError, match="holds no pictures"):
        PictureFolder(tmp_path)
    with pytest.raises(SourceError, match="There is no folder"):
        PictureFolder(tmp_path / "missing")
