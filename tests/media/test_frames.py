"""Frames of phones and broadcasters: in sRGB, progressive, upright, of one size."""

from __future__ import annotations

import io
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from ar_effects.media import frames as frames_module
from ar_effects.media.alpha_video import AlphaVideo
from ar_effects.media.code_points import HLG, PQ, to_srgb
from ar_effects.media.frames import display_matrix
from ar_effects.sources.video import VideoSource
from tests.media.files import exif, write_video
from tests.sources.clips import corners, make_clip, named_corners, set_matrix

SKIN = (198, 150, 144)
BT2020_FROM_BT709 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)  # ITU-R BT.2087-0, equation 4
LUMA = np.array([0.2627, 0.6780, 0.0593])


def in_hlg(colour) -> np.ndarray:
    """The code values 0..1 of an SDR colour in HLG, as BT.2408 places it: white at 203 cd/m2."""
    light = BT2020_FROM_BT709 @ (np.array(colour) / 255) ** 2.4 * 203 / 1000
    scene = light * max(light @ LUMA, 1e-9) ** ((1 - 1.2) / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def in_pq(colour) -> np.ndarray:
    light = (BT2020_FROM_BT709 @ (np.array(colour) / 255) ** 2.4 * 203 / 1e4) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * light) / (1 + 2392 / 128 * light)) ** (2523 / 32)


def plain16(code) -> np.ndarray:
    return np.full((48, 64, 3), np.rint(np.array(code) * 65535), np.uint16)


def mean(image: np.ndarray) -> np.ndarray:
    return image.reshape(-1, 3).mean(axis=0)[::-1]


@pytest.mark.parametrize(("code", "transfer"), [(in_hlg, HLG), (in_pq, PQ)])
@pytest.mark.parametrize("pix_fmt", ["gbrp10le", "yuv420p10le"])
@pytest.mark.parametrize("colour", [SKIN, (90, 60, 50), (30, 60, 90), (120, 120, 120), (0, 0, 0)])
def test_hdr_becomes_the_sdr_that_it_was_made_of(tmp_path, code, transfer, pix_fmt, colour):
    matrix = 0 if pix_fmt.startswith("gbr") else 9
    path = write_video(
        tmp_path / "a.mkv",
        [plain16(code(colour))],
        pix_fmt=pix_fmt,
        primaries=9,
        transfer=transfer,
        matrix=matrix,
    )
    source = VideoSource(path)
    (frame,) = source.frames()
    np.testing.assert_allclose(mean(frame.image), colour, atol=5)
    assert "HDR" in source.info.notes[0]


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_brighter_light_stays_brighter_and_nothing_is_burnt_out_early(transfer):
    change = to_srgb(9, transfer)
    assert change is not None
    ramp = np.repeat(np.arange(65536, dtype=np.uint16)[None, :, None], 3, axis=2)
    seen = change(ramp)[0].astype(int)
    assert (np.ptp(seen, axis=1) <= 1).all(), "greys stay grey"
    assert (np.diff(seen[:, 1]) >= 0).all()
    code = in_hlg if transfer == HLG else in_pq
    white = round(float(code((255, 255, 255))[1]) * 65535)
    assert 215 <= seen[white, 1] <= 240, "room is left above the white of paper"
    assert seen[-1, 1] >= 254
    assert seen[white // 3, 1] < seen[white // 2, 1] < seen[white, 1] < seen[-1, 1]


def test_bytes_and_deep_pixels_are_the_same_colours():
    change = to_srgb(9, PQ)
    assert change is not None
    bytes_ = np.random.default_rng(1).integers(0, 255, (700, 90, 3), dtype=np.uint8)
    difference = change(bytes_).astype(int) - change(bytes_.astype(np.uint16) * 257)
    assert np.abs(difference).max() <= 2


def by_matrix(colour) -> np.ndarray:
    """A colour of BT.2020's primaries in BT.709's, by ITU-R BT.2087's matrix turned round."""
    coded = np.array(colour) / 255
    light = np.linalg.inv(BT2020_FROM_BT709) @ ((coded + 0.055) / 1.055) ** 2.4
    return 255 * (1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(
    ("primaries", "stored", "meant"),
    [
        (1, (200, 150, 120), (200, 150, 120)),
        (2, (200, 150, 120), (200, 150, 120)),
        (6, (200, 150, 120), (200, 150, 120)),
        (12, (200, 150, 120), (208.6, 148.0, 115.9)),
        (9, (200, 150, 120), by_matrix((200, 150, 120))),
        (9, (128, 128, 128), (128, 128, 128)),
    ],
)
def test_wide_primaries_are_brought_to_srgb(tmp_path, primaries, stored, meant):
    path = write_video(
        tmp_path / "a.mkv", [plain16(np.array(stored) / 255)], primaries=primaries, transfer=1, matrix=0
    )
    (frame,) = VideoSource(path).frames()
    np.testing.assert_allclose(mean(frame.image), meant, atol=2.5)


def moved(i: int) -> np.ndarray:
    """A bright square that goes 6 pixels to the right in each field."""
    image = np.zeros((96, 128, 3), np.uint8)
    image[24:72, 10 + 6 * i : 42 + 6 * i] = 255
    return image


def interlaced(count: int) -> list[np.ndarray]:
    woven = []
    for i in range(count):
        image = moved(2 * i).copy()
        image[1::2] = moved(2 * i + 1)[1::2]
        woven.append(image)
    return woven


def comb(image: np.ndarray) -> float:
    """How much lines differ from both of their neighbours."""
    grey = image.mean(axis=2)[26:70]
    return float(np.abs(2 * grey[1:-1] - grey[:-2] - grey[2:]).mean())


def test_the_fields_of_interlaced_frames_are_made_one_picture(tmp_path):
    path = write_video(
        tmp_path / "a.mpg",
        interlaced(8),
        codec="mpeg2video",
        pix_fmt="yuv420p",
        kind="bgr24",
        options={"b": "8M"},
        interlaced=True,
    )
    with av.open(str(path)) as film:
        assert next(film.decode(video=0)).interlaced_frame
    seen = list(VideoSource(path).frames())
    assert len(seen) == 8, "as many as there are, the first and the last, too"
    assert comb(interlaced(8)[3]) > 30
    assert max(comb(f.image) for f in seen) < 8
    steps = np.diff([f.time_s for f in seen])
    np.testing.assert_allclose(steps, 1 / 25, atol=0.001)


def test_progressive_frames_pass_as_they_are(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.mp4", [0, 40, 80], image=corners)

    def unwanted(*_):
        raise AssertionError("nothing is interlaced here")

    monkeypatch.setattr(frames_module, "_Deinterlacer", unwanted)
    assert len(list(VideoSource(path).frames())) == 3


def test_another_size_in_the_middle_is_fitted_not_stretched(tmp_path):
    """Two streams one after the other in one transport stream, as a phone that was turned makes them."""
    wide = make_clip(tmp_path / "1.ts", [i * 3600 for i in range(5)], time_base=Fraction(1, 90000))
    tall = make_clip(
        tmp_path / "2.ts",
        [(5 + i) * 3600 for i in range(5)],
        time_base=Fraction(1, 90000),
        size=(32, 96),
        image=lambda *_: np.full((96, 32, 3), 220, np.uint8),
    )
    (tmp_path / "a.ts").write_bytes(wide.read_bytes() + tall.read_bytes())
    source = VideoSource(tmp_path / "a.ts")
    seen = list(source.frames())
    assert {f.size for f in seen} == {(64, 48)}
    last = seen[-1].image[24, :, 1]
    assert (last[26:38] > 200).all(), "16 wide in the middle: as high as the frame, of its own shape"
    assert (last[:22] < 30).all()
    assert (last[42:] < 30).all()


def test_what_is_transparent_in_a_film_lies_over_black(tmp_path):
    pixels = np.full((48, 64, 4), 200, np.uint8)
    pixels[..., 3] = 255
    pixels[:, :32, 3] = 0
    path = write_video(tmp_path / "a.mov", [pixels], codec="png", pix_fmt="rgba", kind="rgba", matrix=0)
    (frame,) = VideoSource(path).frames()
    assert (frame.image[:, :32] == 0).all()
    assert (frame.image[:, 32:] == 200).all()


@pytest.mark.parametrize(("matrix", "shown"), [((0, 1, -1, 0), ".R.G"), ((-1, 0, 0, 1), "GR..")])
def test_videos_of_packs_are_turned_too(tmp_path, matrix, shown):
    path = set_matrix(make_clip(tmp_path / "t.mp4", [0, 40], size=(64, 32), image=corners), matrix)
    video = AlphaVideo(path)
    pixels, _ = next(video.frames())
    assert named_corners(np.ascontiguousarray(pixels[..., 2::-1])) == shown
    assert video.size == ((64, 32) if matrix[0] else (32, 64))


def test_videos_of_packs_have_square_pixels(tmp_path):
    assert AlphaVideo(make_clip(tmp_path / "a.mp4", [0, 40], aspect=Fraction(2))).size == (128, 48)


class Unnamed:
    """Side data of which one kind has no name in PyAV."""

    def __getitem__(self, _):
        raise ValueError("30 is not a valid Type")


@pytest.mark.parametrize(
    ("degrees", "matrix"),
    [
        (0, (1, 0, 0, 1)),
        (-90, (0, 1, -1, 0)),
        (90, (0, -1, 1, 0)),
        (180, (-1, 0, 0, -1)),
        (-180, (-1, 0, 0, -1)),
        (1, (1, 0, 0, 1)),
    ],
)
def test_side_data_that_nobody_can_name_costs_no_turn(degrees, matrix):
    assert display_matrix(SimpleNamespace(side_data=Unnamed(), rotation=degrees)) == matrix


@pytest.mark.parametrize(("orientation", "shown"), [(1, "RG.."), (6, ".R.G"), (3, "..GR")])
def test_motion_jpeg_with_exif_in_its_frames(tmp_path, orientation, shown):
    data = io.BytesIO()
    Image.fromarray(corners(0, 96, 64)[..., ::-1]).save(data, "JPEG", quality=95, exif=exif(orientation))
    with av.open(str(tmp_path / "a.avi"), "w") as out:
        stream = out.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        for i in range(3):
            packet = av.Packet(data.getvalue())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, i, i, Fraction(1, 5)
            out.mux(packet)
    seen = list(VideoSource(tmp_path / "a.avi").frames())
    assert len(seen) == 3
    assert {named_corners(f.image) for f in seen} == {shown}
