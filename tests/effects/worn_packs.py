"""A kind of layer for tests: it draws nothing but notes what it is asked, and packs made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import synthetic_faces as synthetic

from ar_effects.drawlist import Group, PictureDraw
from ar_effects.effects.effect import Effect
from ar_effects.effects.layers.cover import CoverTable
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.packs.manifest import Manifest
from ar_effects.packs.pack import Pack
from ar_effects.paths import EFFECTS
from ar_effects.records import Expression, Face, Frame, TrackedFrame

CAMERA = Camera.assumed(320, 240)
IMAGE = np.zeros((240, 320, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Noted(PictureDraw):
    """What a state was asked for."""

    layer: int
    state: State
    context: object
    worn: object

    @property
    def values(self):
        return self.context.values


@dataclass(eq=False)
class State:
    layer: Noting
    cues: list = field(default_factory=list)
    frames: int = 0

    def cue(self, cue) -> None:
        self.cues.append(cue)

    def draws(self, context, worn) -> Iterable[PictureDraw]:
        self.frames += 1
        return (Noted(self.layer.number, self, context, worn),)


@dataclass(eq=False)
class Noting:
    number: int
    per_face: bool = True
    isolated: bool = True
    own_blends: frozenset = frozenset({"normal"})
    needs: frozenset = frozenset()
    started: list = field(default_factory=list)

    def start(self) -> State:
        self.started.append(State(self))
        return self.started[-1]


def effect(
    layers: list[dict], triggers: list[dict] = (), parameters: dict | None = None, on_lost: str = "hold"
) -> Effect:
    """A worn pack whose layers note what they are asked. ``frame = True`` makes a layer one of the frame."""
    per_face = [not layer.pop("frame", False) for layer in layers]
    manifest = Manifest.model_validate(
        {
            "format": 2,
            "title": "Test",
            "on_lost": on_lost,
            "parameters": parameters or {},
            "layers": [{"kind": "cover", **layer} for layer in layers],
            "triggers": list(triggers),
        }
    )
    assert all(isinstance(table, CoverTable) for table in manifest.layers)
    noting = tuple(Noting(i, per) for i, per in enumerate(per_face))
    return Effect(Pack("test", EFFECTS, manifest, noting, {}, frozenset()))


class Player:
    """Hands an effect frame after frame."""

    def __init__(self, worn: Effect, fps: float = 30.0) -> None:
        self.effect, self.fps = worn, fps
        self.time_s = 0.0

    def __call__(self, *faces: Face, time_s: float | None = None) -> list[Noted]:
        """What the layers noted in the next frame, out of their groups."""
        self.draws = self.effect.draw_list(
            TrackedFrame(Frame(IMAGE, self.time_s if time_s is None else time_s), faces, CAMERA)
        ).draws
        self.time_s += 1 / self.fps
        found = []
        for draw in self.draws:
            found += draw.draws if isinstance(draw, Group) else [draw]
        return [d for d in found if isinstance(d, Noted)]

    def layers(self, *faces: Face) -> list[int]:
        """Which layers are drawn in the next frame."""
        return [noted.layer for noted in self(*faces)]


def a_face(
    face_id: int = 1, *, roll: float = 0.0, state="tracking", unseen_s: float = 0.0, events=(), **expression
):
    """A face of the mean's shape that does something."""
    pose = transform(
        rotation_from_angles_deg(0.0, 0.0, roll), np.array([-150.0 + 100.0 * face_id, 0, -700.0])
    )
    face = synthetic.face_of(CAMERA, pose)
    told = Expression(**expression, events=tuple(events))
    return replace(face, id=face_id, state=state, unseen_s=unseen_s, expression=told)
