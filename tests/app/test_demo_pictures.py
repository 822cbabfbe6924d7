"""Golden pictures of the demo clip: the sunglasses where the ground truth puts the head."""

from __future__ import annotations

import json
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from ar_effects.app.pipeline.stills import draw_picture
from ar_effects.drawlist import MaterialChange
from ar_effects.effects.effect import Effect
from ar_effects.face.canonical import canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.library import Library
from ar_effects.paths import ASSETS
from ar_effects.records import Eyes, Face, Frame, HeadPose, TrackedFrame
from ar_effects.render.context import open_headless
from ar_effects.render.renderer import Renderer
from ar_effects.sources.open import DEMO_CAMERA
from ar_effects.tracking.tracker import FaceTracker
from tests.golden_pictures import Bars, assert_matches_golden, complaints

FRAMES = (0, 30, 90, 140, 200)


@pytest.fixture(scope="module")
def clip() -> list[np.ndarray]:
    with av.open(str(ASSETS / "demo" / "demo.mp4")) as container:
        return [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]


@pytest.fixture(scope="module")
def truth() -> list[dict]:
    return [json.loads(line) for line in (ASSETS / "demo" / "demo.jsonl").read_text().splitlines()]


def true_face(line: dict, camera: Camera) -> Face:
    """The face the ground truth describes, with no network in between: the same on every processor."""
    pose = transform(
        rotation_from_angles_deg(line["yaw_deg"], line["pitch_deg"], line["roll_deg"]),
        line["translation_mm"],
    )
    posed = apply(pose, canonical_face().vertices_mm)
    landmarks = np.column_stack([camera.project(posed), -posed[:, 2]]).astype(np.float32)
    eyes = Eyes(*(np.array(line["eyes"][side], np.float32) for side in ("left", "right")))
    return Face(1, 1.0, landmarks, HeadPose(pose), eyes)


@pytest.mark.golden
@pytest.mark.parametrize("index", FRAMES)
def test_sunglasses_on_the_true_pose(clip, truth, index):
    frame = Frame(clip[index], index / 30, index)
    camera = DEMO_CAMERA
    tracked = TrackedFrame(frame, (true_face(truth[index], camera),), camera)
    picture = draw_picture(tracked, Library().load("sunglasses"))
    assert_matches_golden(picture, f"demo/sunglasses-{index:03d}")


def drawn_otherwise(tracked: TrackedFrame, *, lens: float = 1.0, right_px: float = 0.0) -> np.ndarray:
    """As ``draw_picture`` draws the sunglasses, but with brighter lenses or moved a little."""
    listed = Effect(Library().load("sunglasses")).draw_list(tracked)
    camera = replace(listed.camera, cx=listed.camera.cx + right_px)
    (scene,) = listed.draws
    white = [
        p.material.base_colour for m in scene.models for p in m.model.primitives if p.material.name == "lens"
    ]
    assert white
    assert all(colour[:3] == (1.0, 1.0, 1.0) for colour in white), "so that the change is lens times that"
    lenses = {"lens": MaterialChange(colour=(lens, lens, lens))}
    models = tuple(replace(m, changes={**(m.changes or {}), **lenses}) for m in scene.models)
    with open_headless() as context:
        renderer = Renderer(context.ctx, tracked.frame.size)
        try:
            renderer.draw(
                tracked.frame.image, replace(listed, camera=camera, draws=(replace(scene, models=models),))
            )
            return renderer.read().copy()
        finally:
            renderer.release()


@pytest.mark.parametrize(
    "change",
    [{"lens": 0.98}, {"lens": 1.03}, {"right_px": 0.5}, {"right_px": -0.25}],
    ids=["lens 2 % darker", "lens 3 % brighter", "half a pixel right", "a quarter left"],
)
def test_what_people_would_not_notice_is_still_no_golden(clip, truth, change):
    """The bars let the rounding of processors pass, and none of these."""
    frame = Frame(clip[0], 0.0, 0)
    camera = Camera.assumed(*frame.size)
    tracked = TrackedFrame(frame, (true_face(truth[0], camera),), camera)
    as_it_is = drawn_otherwise(tracked)
    assert complaints(as_it_is, draw_picture(tracked, Library().load("sunglasses")), Bars()) == []
    assert complaints(drawn_otherwise(tracked, **change), as_it_is, Bars())


@pytest.mark.parametrize("index", FRAMES)
def test_sunglasses_on_the_tracked_face_lie_nearly_the_same(clip, truth, index):
    """The whole chain. Processors differ in the last bits of a network, so not to the pixel."""
    frame = Frame(clip[index], index / 30, index)
    tracker = FaceTracker(mode="picture", provider="cpu", camera=DEMO_CAMERA)
    faces = tracker.track(frame.image)
    camera = tracker.camera_for(*frame.size)
    pack = Library().load("sunglasses")
    drawn = draw_picture(TrackedFrame(frame, faces, camera), pack)
    true = draw_picture(TrackedFrame(frame, (true_face(truth[index], camera),), camera), pack)
    masks = [cv2.absdiff(p, frame.image).max(axis=2) > 12 for p in (drawn, true)]
    shared = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
    assert shared > 0.7  # thin rims: a pixel's shift counts twice


@pytest.mark.parametrize("index", FRAMES)
def test_pixels_away_from_the_head_are_untouched(clip, truth, index):
    frame = Frame(clip[index], index / 30, index)
    camera = DEMO_CAMERA
    picture = draw_picture(
        TrackedFrame(frame, (true_face(truth[index], camera),), camera), Library().load("sunglasses")
    )
    eyes = truth[index]["eyes"]
    middle = (np.array(eyes["left"]) + np.array(eyes["right"])) / 2
    distance = np.hypot(*(np.array(eyes["left"]) - np.array(eyes["right"])))
    y, x = np.nonzero(cv2.absdiff(picture, frame.image).max(axis=2))
    assert len(x) > 1000
    assert np.hypot(x - middle[0], y - middle[1]).max() < 2.0 * distance
