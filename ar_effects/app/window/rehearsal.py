"""An effect is drawn once on a face of ours before the first frame comes.

Drivers compile shaders, and the renderer uploads models and textures, when they are first drawn with. What
the worn pack needs is known only to its layers and to the passes that draw them: so they draw it, all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np

from ar_effects.effects.effect import Effect
from ar_effects.face.canonical import LEFT_EYE_RING, RIGHT_EYE_RING, canonical_face
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import apply, rotation_from_angles_deg, transform
from ar_effects.packs.pack import Pack
from ar_effects.records import (
    Expression,
    ExpressionEvent,
    Eyes,
    Face,
    FaceCandidates,
    Frame,
    HeadPose,
    TrackedFrame,
)
from ar_effects.render.renderer import Renderer

SIZE = (640, 480)
"""Width and height of the picture. What is compiled depends on it only in pictures of very few lines."""

DEPTH_MM = 600.0
STEP_S = 0.1
DOING = (
    Expression(),
    Expression(
        mouth_open=1.0,
        smile=1.0,
        pucker=1.0,
        brow_raise=1.0,
        eye_open_left=0.0,
        eye_open_right=0.0,
        events=get_args(ExpressionEvent),
    ),
    Expression(mouth_open=1.0, smile=1.0),
)
"""What the face does, frame by frame: everything at once, so that whatever waits for it comes."""


def rehearse(renderer: Renderer, pack: Pack | None) -> None:
    """Draw a pack on the mean face, all that it ever shows; the picture is of no use.

    Args:
        renderer: of ``SIZE``.
        pack: None for the bare picture.

    Raises:
        RenderError: the driver refuses a shader.
    """
    # Effects of their own: the worn one's clock has not begun. Once with what its triggers let loose, and
    # once with the layers that they hide.
    effects = [Effect(pack), Effect(pack.shown())] if pack and pack.manifest.triggers else [Effect(pack)]
    needs = pack.needs if pack else frozenset()
    # What does not look at the expression is all there in one frame.
    doing = DOING if "expression" in needs or len(effects) > 1 else DOING[1:2]
    for effect in effects:
        for i, expression in enumerate(doing):
            tracked = posed_frame(i * STEP_S, expression)
            if "segmentation" in needs:  # somebody, nobody, and an edge between
                ramp = np.linspace(-1.0, 2.0, SIZE[0], dtype=np.float32).clip(0.0, 1.0)
                tracked = replace(tracked, segmentation=np.tile(ramp, (SIZE[1], 1)))
            if "face_candidates" in needs:
                tracked = replace(tracked, face_candidates=FaceCandidates(np.zeros((0, 5)), complete=True))
            renderer.draw(tracked.frame.image, effect.draw_list(tracked))


def posed_frame(time_s: float, expression: Expression) -> TrackedFrame:
    """A grey picture with the mean face in it, a little turned. No network looks at it."""
    camera = Camera.assumed(*SIZE)
    pose = transform(rotation_from_angles_deg(10.0, 5.0, 0.0), (0.0, 0.0, -DEPTH_MM))
    posed = apply(pose, canonical_face().vertices_mm)
    pixels = np.column_stack([camera.project(posed), -posed[:, 2]]).astype(np.float32)
    left, right = (pixels[list(ring), :2].mean(axis=0) for ring in (LEFT_EYE_RING, RIGHT_EYE_RING))
    face = Face(1, 1.0, pixels, HeadPose(pose), Eyes(left, right), expression=expression)
    return TrackedFrame(Frame(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8), time_s), (face,), camera)
