"""Pictures of phones, cameras and editors: upright, in sRGB, of 8 bits, for sources and packs alike."""

from __future__ import annotations

import io
import os
import zlib

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from ar_effects.errors import PackError, SourceError
from ar_effects.media import pictures
from ar_effects.media.clips import animation
from ar_effects.media.textures import read_picture
from ar_effects.sources.open import open_source
from ar_effects.sources.picture import PictureFolder, PictureSource, load_frame, load_picture
from ar_effects.sources.video import VideoSource
from tests.media.files import ADOBE, P3, SRGB, exif, heic, icc
from tests.sources.clips import corners, named_corners

TURNED = {1: "RG..", 2: "GR..", 3: "..GR", 4: "..RG", 5: "R.G.", 6: ".R.G", 7: ".G.R", 8: "G.R."}
"""What is shown of ``corners`` by EXIF's Orientation."""


def rgb(image: np.ndarray) -> Image.Image:
    return Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize("orientation", TURNED)
def test_every_kind_is_turned_upright(tmp_path, ending, orientation):
    path = tmp_path / f"a.{ending}"
    rgb(corners(0, 96, 64)).save(path, exif=exif(orientation), **({"quality": 95} if ending != "tif" else {}))
    shown = load_picture(path)
    assert named_corners(shown) == TURNED[orientation]
    assert shown.shape == ((96, 64, 3) if orientation > 4 else (64, 96, 3))
    if ending in ("jpg", "png", "webp"):
        assert named_corners(read_picture(path)[..., 2::-1]) == TURNED[orientation]


@pytest.mark.skipif("libx265" not in av.codecs_available, reason="makes its photo with x265")
@pytest.mark.parametrize(
    ("irot", "orientation", "shown"),
    [
        (None, 0, "RG.."),
        (3, 6, ".R.G"),  # as phones do: both say the same, and it is turned once
        (3, 1, ".R.G"),
        (1, 6, "G.R."),  # the property counts
        (None, 6, ".R.G"),  # converted by a program that kept the EXIF only
        (None, 3, "..GR"),
    ],
)
def test_heic_photos_are_read_and_upright(tmp_path, irot, orientation, shown):
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(heic(corners(0, 96, 64), irot=irot, orientation=orientation))
    assert named_corners(load_picture(path)) == shown
    named_otherwise = path.rename(tmp_path / "IMG_0001.jpg")
    with open_source(named_otherwise) as source:
        assert isinstance(source, PictureSource)
        assert named_corners(next(source.frames()).image) == shown


@pytest.mark.skipif("libx265" not in av.codecs_available, reason="makes its photo with x265")
def test_heic_without_its_package_is_said_plainly(tmp_path, monkeypatch):
    path = tmp_path / "a.heic"
    path.write_bytes(heic(corners(0, 96, 64)))
    monkeypatch.setattr(pictures, "knows_heic", lambda: False)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    with pytest.raises(SourceError, match="HEIC is not read here") as caught:
        load_picture(path)
    assert "pi-heif" in caught.value.fix


def colour_of(path) -> np.ndarray:
    """RGB of a picture of one colour, which sources and packs see alike."""
    seen = load_picture(path)[..., ::-1].reshape(-1, 3).mean(axis=0)
    if path.suffix in (".png", ".jpg", ".webp"):
        np.testing.assert_allclose(read_picture(path)[..., :3].reshape(-1, 3).mean(axis=0), seen, atol=0.01)
    return seen


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "avif", "tif"])
@pytest.mark.parametrize(
    ("profile", "stored", "meant"),
    [
        # by colour.js and by hand: P3's own coding is sRGB's
        (icc(P3, None), (200, 150, 120), (208.6, 148.0, 115.9)),
        (icc(P3, None), (255, 0, 0), (255, 0, 0)),
        (icc(ADOBE, 2.19921875), (200, 150, 120), (217.8, 150.7, 118.6)),
        (icc(SRGB, None), (200, 150, 120), (200, 150, 120)),
        (b"no profile at all", (200, 150, 120), (200, 150, 120)),
    ],
)
def test_colours_of_profiles_are_brought_to_srgb(tmp_path, ending, profile, stored, meant):
    path = tmp_path / f"a.{ending}"
    picture = Image.new("RGB", (32, 32), stored)
    picture.save(path, icc_profile=profile, **({"quality": 100} if ending != "tif" else {}))
    np.testing.assert_allclose(colour_of(path), meant, atol=2.5)


@pytest.mark.skipif("libx265" not in av.codecs_available, reason="makes its photo with x265")
def test_a_heic_photo_in_display_p3(tmp_path):
    path = tmp_path / "a.heic"
    path.write_bytes(heic(np.full((64, 64, 3), (120, 150, 200), np.uint8), profile=icc(P3, None)))
    np.testing.assert_allclose(colour_of(path), (208.6, 148.0, 115.9), atol=4)


def test_grey_and_cmyk_and_palettes_with_profiles_of_rgb(tmp_path):
    for mode in ("L", "P", "CMYK"):
        path = tmp_path / f"{mode}.tif"
        Image.new("RGB", (8, 8), (90, 90, 90)).convert(mode).save(path, icc_profile=icc(P3, None))
        np.testing.assert_allclose(colour_of(path), (90, 90, 90), atol=4)  # a palette has no such grey


def test_cameras_say_adobe_rgb_without_a_profile(tmp_path):
    tags = Image.Exif()
    tags[0x8769] = {0xA001: 0xFFFF, 0xA005: {1: "R03"}}
    Image.new("RGB", (32, 32), (200, 150, 120)).save(tmp_path / "a.jpg", exif=tags, quality=100)
    np.testing.assert_allclose(colour_of(tmp_path / "a.jpg"), (217.8, 150.7, 118.6), atol=2.5)


def test_a_png_by_code_points(tmp_path):
    data = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 150, 120)).save(data, "PNG")
    raw = data.getvalue()
    chunk = b"cICP" + bytes([12, 13, 0, 1])
    raw = raw[:33] + len(chunk[4:]).to_bytes(4, "big") + chunk + crc(chunk) + raw[33:]
    (tmp_path / "a.png").write_bytes(raw)
    np.testing.assert_allclose(colour_of(tmp_path / "a.png"), (208.6, 148.0, 115.9), atol=2)


def crc(chunk: bytes) -> bytes:
    return zlib.crc32(chunk).to_bytes(4, "big")


def test_deep_grey_is_a_ramp(tmp_path):
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (8, 1))
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), ramp)
    for seen in (load_picture(path)[..., 0], read_picture(path)[..., 1]):
        assert np.abs(seen[4].astype(int) - np.arange(256)).max() <= 1
    cv2.imwrite(str(tmp_path / "grey.tif"), ramp)
    assert np.abs(load_picture(tmp_path / "grey.tif")[4, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_a_deep_tiff_that_pillow_does_not_read(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.tif"), np.full((6, 6, 3), 100 * 257, np.uint16))
    assert (load_picture(tmp_path / "deep.tif") == 100).all()


def noisy(tmp_path, **options) -> bytes:
    image = np.random.default_rng(3).integers(0, 255, (90, 110, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "whole.jpg", **options)
    return (tmp_path / "whole.jpg").read_bytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}, {"subsampling": 0}])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_without_its_end_mark_is_whole(tmp_path, options, lost):
    whole = noisy(tmp_path, **options)
    (tmp_path / "a.jpg").write_bytes(whole[:-lost])
    assert (load_picture(tmp_path / "a.jpg") == load_picture(tmp_path / "whole.jpg")).all()
    assert (read_picture(tmp_path / "a.jpg") == read_picture(tmp_path / "whole.jpg")).all()


@pytest.mark.parametrize("lost", [40, 400, 4000])
def test_a_jpeg_without_some_of_its_pixels_is_cut_off(tmp_path, lost):
    (tmp_path / "a.jpg").write_bytes(noisy(tmp_path)[:-lost])
    with pytest.raises(SourceError, match="is cut off"):
        load_picture(tmp_path / "a.jpg")
    with pytest.raises(PackError):
        read_picture(tmp_path / "a.jpg")


def test_a_png_without_its_end_mark_is_whole(tmp_path):
    rgb(corners(0, 60, 40)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[:-12])
    assert named_corners(load_picture(tmp_path / "a.png")) == "RG.."


def animated(path, count: int, *, hidden: bool = False, **options) -> None:
    """Pictures that get brighter; with a black one before them that is not to be seen."""
    shades = [Image.new("RGB", (20, 20), (60 + 50 * i,) * 3) for i in range(count)]
    if hidden:
        Image.new("RGB", (20, 20)).save(
            path, save_all=True, append_images=shades, default_image=True, duration=100, **options
        )
    else:
        shades[0].save(path, save_all=True, append_images=shades[1:], duration=100, **options)


@pytest.mark.parametrize("count", [1, 3])
def test_the_picture_for_programs_without_animation_is_never_shown(tmp_path, count):
    path = tmp_path / "a.png"
    animated(path, count, hidden=True)
    assert (load_picture(path) == 60).all()
    assert (read_picture(path)[..., :3] == 60).all()
    frames = animation(path, 5.0)
    seen = [int(frames.at(t, loop=False)[0][0, 0, 0]) for t in (0.05, 0.15, 0.25)]
    assert seen == ([60, 110, 160] if count == 3 else [60, 60, 60])


def test_a_gif_of_one_picture_is_a_picture_and_one_of_two_a_film(tmp_path):
    animated(tmp_path / "one.gif", 1)
    animated(tmp_path / "two.gif", 2)
    with open_source(tmp_path / "one.gif") as one, open_source(tmp_path / "two.gif") as two:
        assert isinstance(one, PictureSource)
        assert isinstance(two, VideoSource)
        assert len(list(two.frames())) == 2


def test_pictures_of_phones_are_found_in_folders(tmp_path):
    for name in ("a.jfif", "b.HEIC", "c.avif", "d.heif", "e.hif", "f.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [p.name[0] for p in PictureFolder(tmp_path).paths] == list("abcde")


def test_what_lies_under_transparent_parts_is_kept_beside_the_picture(tmp_path):
    pixels = np.full((4, 4, 4), 200, np.uint8)
    pixels[:2, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    frame = load_frame(tmp_path / "a.png")
    assert (frame.image[:2] == 0).all()
    assert frame.transparency is not None
    assert (frame.transparency.bgr == 200).all()
    assert (frame.transparency.alpha == pixels[..., 3]).all()
    Image.fromarray(pixels[..., :3]).save(tmp_path / "b.png")
    assert load_frame(tmp_path / "b.png").transparency is None


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "gif", "tif", "bmp", "jp2", "avif", "ppm"])
def test_damaged_files_are_refused_in_words(tmp_path, kind, capfd):
    image = Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 70, 3), dtype=np.uint8))
    image.save(tmp_path / f"a.{kind}")
    data = (tmp_path / f"a.{kind}").read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(12):
        broken = bytearray(data[: rng.integers(8, len(data))])
        for at in rng.integers(0, len(broken), 6):
            broken[at] ^= int(rng.integers(1, 255))
        (tmp_path / f"b.{kind}").write_bytes(broken)
        said = trouble(tmp_path / f"b.{kind}")
        assert said is None or (said.fix and "\n" not in str(said))


def trouble(path) -> SourceError | None:
    try:
        load_picture(path)
    except SourceError as error:
        return error
    return None


def test_nothing_that_runs_other_programs_is_opened(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n" + os.urandom(200))
    with pytest.raises(SourceError, match="is not a picture"):
        load_picture(tmp_path / "a.png")
