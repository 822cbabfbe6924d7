"""Packs with sprites and particles, written for a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import synthetic_faces as synthetic

from ar_effects.drawlist import DrawList, Scene
from ar_effects.effects.effect import Effect
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from ar_effects.records import Expression, Face, Frame, TrackedFrame

CAMERA = Camera.assumed(640, 480)
IMAGE = np.zeros((480, 640, 3), np.uint8)


def effect(folder: Path, layer: str, more: str = "") -> Effect:
    """A pack with one layer, worn."""
    text = f'format = 2\ntitle = "Test"\n{more}\n[[layers]]\nid = "it"\n{layer}\n'
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return Effect(load_pack(folder))


def a_face(yaw: float = 0.0, at_mm=(0.0, 0.0, -600.0), **expression: float) -> Face:
    """A synthetic face with an expression."""
    face = synthetic.face_of(CAMERA, transform(rotation_from_angles_deg(yaw, 0.0, 0.0), at_mm))
    return replace(face, expression=Expression(**expression))


def tracked(time_s: float, *faces: Face) -> TrackedFrame:
    """A frame with these faces."""
    return TrackedFrame(Frame(IMAGE, time_s), faces, CAMERA)


def scenes(draws: DrawList) -> list[Scene]:
    """The scenes of a draw list."""
    return [d for d in draws.draws if isinstance(d, Scene)]
