"""The lens: who decides it, and that faces far from the middle are not read as turned because of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as test_settings
from hypothesis import strategies as st

from ar_effects import settings
from ar_effects.app.pipeline.lens import camera_of
from ar_effects.app.pipeline.stills import draw_picture
from ar_effects.errors import InputError
from ar_effects.face.anchors import camera_from_anchor
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply
from ar_effects.packs.library import Library
from ar_effects.records import Face, Frame, TrackedFrame
from ar_effects.settings import StoredCamera, assumed_camera, remember_camera
from ar_effects.sources.base import SourceInfo
from ar_effects.sources.open import DEMO_CAMERA, open_source
from ar_effects.tracking.eyes import eyes_of
from ar_effects.tracking.pose.solver import solve_pose

MEASURED = StoredCamera("Logi", 640, 480, 611.0, 612.0, 320.0, 240.0, "chessboard")
TOLD = Camera.of_fov(640, 480, 48.0)
BAR = 0.12


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(settings.FOLDER_VARIABLE, str(tmp_path / "config"))


def of(name="p.jpg", *, is_live=False, told=None, fov=None, size=None):
    info = SourceInfo(name, 640, 480, 30.0, is_live=is_live, camera=told)
    return camera_of(info, fov_deg=fov, size=size, warn=lambda _: None)


# --- who decides ------------------------------------------------------------------------------------------


def test_of_a_file_the_angle_given_goes_before_what_it_tells():
    assert of() is None, "the tracker assumes"
    assert of(told=TOLD) == TOLD
    assert of(told=TOLD, fov=70.0) == Camera.of_fov(640, 480, 70.0)
    assert of(told=TOLD, is_live=True) == TOLD, "played as a camera"
    assert of(told=TOLD, size=(480, 640)) is None, "it speaks of other frames"


def test_of_a_camera_measured_goes_before_given_before_kept():
    assert of("Logi", is_live=True, fov=70.0) == Camera.of_fov(640, 480, 70.0)
    remember_camera(assumed_camera("Logi", 55.0))
    assert of("Logi", is_live=True) == Camera.of_fov(640, 480, 55.0)
    assert of("Logi", is_live=True, fov=70.0) == Camera.of_fov(640, 480, 70.0)
    remember_camera(MEASURED)
    assert of("Logi", is_live=True) == MEASURED.camera
    assert of("Logi", is_live=True, fov=70.0) == MEASURED.camera
    assert of("Logi", is_live=True, size=(320, 240)) == MEASURED.camera.scaled_to(320, 240)
    assert of("Logi") is None, "a file of that name is no camera"


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize("fov", [0.0, 400.0, -5.0, float("nan")])
def test_an_impossible_angle_is_refused(is_live, fov):
    with pytest.raises(InputError, match="field of view"):
        of(is_live=is_live, fov=fov)


def test_the_demo_clip_has_the_lens_it_was_drawn_through():
    with open_source("demo") as source:
        assert source.info.camera == DEMO_CAMERA
        assert (DEMO_CAMERA.width, DEMO_CAMERA.height) == source.info.size
    assert DEMO_CAMERA.fx == pytest.approx(240 / np.tan(np.radians(31.5)))


# --- faces anywhere ---------------------------------------------------------------------------------------


def placed(
    face: Face, scale: float, middle: tuple[float, float], size: tuple[int, int]
) -> tuple[Face, Camera]:
    """The face seen elsewhere, as if cut out and pasted there, and the camera assumed of the picture."""
    landmarks = face.landmarks * np.float32(scale)
    landmarks[:, :2] += np.array(middle, np.float32) - landmarks[:, :2].mean(axis=0)
    camera = Camera.assumed(*size)
    return Face(1, 1.0, landmarks, solve_pose(landmarks, camera), eyes_of(landmarks)), camera


def lens_height(face: Face, camera: Camera) -> float:
    """How high lenses of 44 mm are drawn, pixels: the mean over both eyes."""
    corners = np.array([(x, y, 15.0) for x in (-32.0, 32.0) for y in (22.0, -22.0)])
    seen = camera.project(apply(camera_from_anchor("eyes", face, camera), corners))
    return float(np.mean([seen[1, 1] - seen[0, 1], seen[3, 1] - seen[2, 1]]))


@test_settings(max_examples=150)
@given(st.floats(1.0, 6.0), st.booleans(), st.floats(0.3, 0.8), st.floats(0.0, 1.0))
def test_the_same_face_anywhere_is_given_glasses_of_one_height(demo_face, aspect, upright, share, along):
    size = (300, round(300 * aspect)) if upright else (round(300 * aspect), 300)
    box = np.ptp(demo_face.landmarks[:, :2], axis=0)
    scale = share * 300 / box.max()
    room = scale * box[1 if upright else 0] / 2
    axis = 1 if upright else 0
    middle = [size[0] / 2, size[1] / 2]
    wanted = lens_height(*placed(demo_face, scale, tuple(middle), size))
    middle[axis] = room + along * (size[axis] - 2 * room)
    assert lens_height(*placed(demo_face, scale, tuple(middle), size)) == pytest.approx(wanted, rel=BAR)


@pytest.mark.parametrize("size", [(1067, 600), (1434, 600), (2400, 600), (600, 1300)])
def test_on_rendered_pixels_too(picture_tracker, demo_frames, size):
    face = demo_frames[0][40:340, 200:440]
    frame = np.full((size[1], size[0], 3), 90, np.uint8)
    axis = 0 if size[0] > size[1] else 1
    places = []
    for fraction in (0.0, 0.5, 1.0):
        at = [round((size[0] - 240) / 2), round((size[1] - 300) / 2)]
        at[axis] = round(fraction * (size[axis] - (240, 300)[axis]))
        places.append(tuple(at))
        frame[at[1] : at[1] + 300, at[0] : at[0] + 240] = face
    faces = picture_tracker.track(frame)
    assert len(faces) == 3
    drawn = draw_picture(
        TrackedFrame(Frame(frame, 0.0), faces, picture_tracker.camera_for(*size)),
        Library().load("sunglasses"),
    )
    changed = cv2.absdiff(drawn, frame).max(axis=2) > 60
    heights = []
    for x, y in places:
        rows = np.flatnonzero(changed[y : y + 300, x : x + 240].sum(axis=1) > 8)
        heights.append(rows[-1] - rows[0] + 1)
    assert heights[1] > 40, "glasses are there"
    assert heights == pytest.approx([heights[1]] * 3, rel=BAR)
