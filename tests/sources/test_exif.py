"""The lens by EXIF: what is told is taken, what cannot be true of the picture is not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from ar_effects.geometry.camera import Camera
from ar_effects.sources.exif import FILM_DIAGONAL_MM, camera_from_exif
from ar_effects.sources.picture import PictureFolder, PictureSource, load_frame

FOCAL, FILM, WIDTH, HEIGHT = 0x920A, 0xA405, 0xA002, 0xA003
PLANE_X, PLANE_Y, UNIT = 0xA20E, 0xA20F, 0xA210


def picture(size, tags, kind="JPEG", orientation=1) -> bytes:
    """A grey picture with these tags in its EXIF."""
    exif = Image.Exif()
    exif[0x112] = orientation
    exif.get_ifd(0x8769).update(tags)
    file = io.BytesIO()
    grey = Image.new("RGB", size, (90, 90, 90))
    if kind == "TIFF":  # whose own directory EXIF hangs on
        directory = ImageFileDirectory_v2()
        directory[0x8769] = tags
        grey.save(file, kind, tiffinfo=directory)
    else:
        grey.save(file, kind, exif=exif)
    return file.getvalue()


def angle(size, tags, **options) -> float | None:
    camera = camera_from_exif(picture(size, tags, **options), *size)
    return camera and camera.fov_deg


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "TIFF"])
def test_a_focal_length_of_35_mm_film_is_by_the_diagonal(kind):
    camera = camera_from_exif(picture((360, 240), {FILM: 28}, kind), 360, 240)
    # 36 x 24 mm behind 28 mm: 65.47 degrees across, as every lens table has it
    assert camera.fov_deg == pytest.approx(65.47, abs=0.01)
    assert (camera.width, camera.height, camera.cx, camera.cy) == (360, 240, 179.5, 119.5)
    assert camera.fx == camera.fy == pytest.approx(28 / FILM_DIAGONAL_MM * np.hypot(360, 240))


def test_a_turned_or_smaller_picture_is_the_same_lens_s(tmp_path):
    for orientation in (1, 6, 8):
        path = tmp_path / f"{orientation}.jpg"
        path.write_bytes(picture((400, 300), {FILM: 26, WIDTH: 4000, HEIGHT: 3000}, orientation=orientation))
        frame = load_frame(path)
        assert frame.size == ((300, 400) if orientation > 1 else (400, 300))
        assert frame.camera.fov_deg == pytest.approx(2 * np.degrees(np.arctan(0.4 * FILM_DIAGONAL_MM / 26)))


def test_without_it_the_sensor_s_size_tells():
    canon = {FOCAL: 35.0, PLANE_X: 5616 / (36 / 25.4), PLANE_Y: 3744 / (24 / 25.4), UNIT: 2}
    whole = {WIDTH: 5616, HEIGHT: 3744}
    expected = pytest.approx(54.43, abs=0.01)  # 35 mm before a sensor of 36 mm
    assert angle((562, 375), canon | whole) == expected
    assert angle((375, 562), canon | whole) == expected
    centimetres = canon | {PLANE_X: 5616 / 3.6, PLANE_Y: 3744 / 2.4, UNIT: 3}
    assert angle((562, 375), centimetres | whole) == expected
    assert angle((562, 375), canon | whole | {FILM: 28}) == pytest.approx(65.47, abs=0.05), "told outright"


@pytest.mark.parametrize(
    ("size", "tags", "why"),
    [
        ((360, 240), {}, "nothing told"),
        ((360, 240), {FILM: 0}, "0 means unknown"),
        ((360, 240), {FILM: 3}, "no such lens"),
        ((360, 240), {FILM: 60000}, "no such lens"),
        ((360, 240), {FILM: 28, WIDTH: 4000, HEIGHT: 3000}, "cropped since"),
        ((400, 150), {FILM: 26}, "a panorama"),
        ((960, 400), {FILM: 26, WIDTH: 4000, HEIGHT: 3000}, "a strip"),
        ((360, 240), {FOCAL: 35.0}, "before a sensor nobody knows"),
        ((768, 576), {FOCAL: 6.0, PLANE_X: 12493.15, UNIT: 2}, "a sensor of 1.6 mm: made smaller since"),
        ((360, 240), {FOCAL: 35.0, PLANE_X: IFDRational(1, 0), UNIT: 2}, "no number"),
        ((360, 240), {FOCAL: IFDRational(0, 0), PLANE_X: 254.0, UNIT: 2}, "no number"),
        ((360, 240), {FOCAL: 35.0, PLANE_X: 254.0, UNIT: 9}, "no such unit"),
        ((360, 240), {FOCAL: 5000.0, PLANE_X: 254.0, UNIT: 2}, "longer than lenses are"),
    ],
)
def test_what_cannot_be_is_left_out(size, tags, why):
    assert angle(size, tags) is None, why


def test_pictures_without_exif_and_files_that_are_none_tell_nothing():
    plain = io.BytesIO()
    Image.new("RGB", (30, 20)).save(plain, "PNG")
    for data in (plain.getvalue(), b"", b"\xff\xd8\xff", b"GIF89a", b"not a picture" * 100):
        assert camera_from_exif(data, 30, 20) is None


GOOD = picture((36, 24), {FILM: 28, FOCAL: 5.0, PLANE_X: 1000.0, UNIT: 2, WIDTH: 36, HEIGHT: 24})


@given(st.lists(st.tuples(st.integers(2, 260), st.integers(0, 255)), max_size=12), st.integers(0, 400))
def test_spoilt_exif_never_raises_and_never_gives_what_no_lens_sees(changes, cut):
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    camera = camera_from_exif(bytes(data[: len(data) - cut]), 36, 24)
    assert camera is None or 2.5 <= camera.fov_deg <= 130.0


def test_sources_carry_it(tmp_path):
    (tmp_path / "a.jpg").write_bytes(picture((360, 240), {FILM: 28}))
    (tmp_path / "b.jpg").write_bytes(picture((360, 240), {}))
    expected = Camera.of_fov(360, 240, camera_from_exif(picture((360, 240), {FILM: 28}), 360, 240).fov_deg)
    assert PictureSource(tmp_path / "a.jpg").info.camera == expected
    assert PictureSource(tmp_path / "a.jpg", repeat=True).info.camera == expected
    assert PictureSource(tmp_path / "b.jpg").info.camera is None
    assert [frame.camera for _, frame in PictureFolder(tmp_path)] == [expected, None]
