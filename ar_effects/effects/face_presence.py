"""Which faces wear an effect now, and how much of it: what happens when a face comes and is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ar_effects.packs.layer import ActiveFace, OnLost
from ar_effects.records import Face

HOLD_S, FADE_OUT_S = 0.25, 0.3


@dataclass(slots=True, eq=False)
class _Known:
    face: Face
    since_s: float = 0.0
    parked: bool = False


class FacePresence:
    """Follows faces from frame to frame.

    Attributes:
        entered, left: ids of this frame's comers and goers.
    """

    def __init__(self, on_lost: OnLost = "fade") -> None:
        self.on_lost = on_lost
        self.entered: frozenset[int] = frozenset()
        self.left: frozenset[int] = frozenset()
        self._known: dict[int, _Known] = {}

    def update(self, faces: Iterable[Face], step_s: float) -> list[ActiveFace]:
        """The faces that wear the effect in this frame, those longest there first."""
        here = {f.id: f for f in faces if f.state != "lost"}
        before = set(self._known)
        for face_id, face in here.items():
            known = self._known.get(face_id)
            if known is None:
                self._known[face_id] = _Known(face)
            else:
                known.face, known.parked = face, False
                known.since_s += step_s
        seen = any(f.state == "tracking" for f in here.values())
        for face_id in before - set(here):
            known = self._known[face_id]
            if self.on_lost != "park" or seen:
                del self._known[face_id]
            elif not known.parked:  # stays as it was when it was last seen
                known.parked = True
                known.face = replace(known.face, state="lost")
        self.entered = frozenset(set(self._known) - before)
        self.left = frozenset(before - set(self._known))
        worn = [ActiveFace(k.face, self._presence(k), k.since_s) for k in self._known.values()]
        return [w for w in worn if w.presence > 0.0]

    def _presence(self, known: _Known) -> float:
        if self.on_lost != "fade":
            return 1.0
        out = 1.0 - (known.face.unseen_s - HOLD_S) / FADE_OUT_S
        return min(max(out, 0.0), 1.0)
