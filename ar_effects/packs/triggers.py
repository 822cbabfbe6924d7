"""``[[triggers]]``: what happens makes a layer appear, play or burst, or moves a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from ar_effects.messages import Message
from ar_effects.packs.layer import Cue, Need
from ar_effects.packs.tables import Finite, Name, Table
from ar_effects.records import Expression, Face, TrackedFrame
from ar_effects.table_error import TableError

Level = Literal["mouth_open", "smile", "brow_raise", "kiss", "tilt", "eyes_shut"]
Event = Literal[
    "blink", "wink_left", "wink_right", "nod", "shake", "key", "timer", "face_enters", "face_leaves"
]
if TYPE_CHECKING:
    When = str  # a plug-in's trigger has a word of its own
else:
    When = Level | Event
Action = Literal["show", "hide", "toggle", "play", "burst", "next", "tween"]
Ease = Literal["linear", "in", "out", "in_out", "back", "spring"]

OWN_KEYS = {
    "c": Message("window.key-controls"),
    "h": Message("window.key-help"),
    "m": Message("window.key-mirror"),
    " ": Message("window.key-photo"),
}
"""What the window keeps for itself (Esc, F11 and the arrows, too); a test compares it with ``app.window``."""

LEVELS: tuple[str, ...] = get_args(Level)
RELEASE = 0.7
"""A level that was reached is left again below so much of it: at the edge nothing flickers."""

SPRING_DAMPING = 0.5
"""Share of the damping with which a spring would no longer swing."""

SHORTEST_SWING_S = 0.05

FULL_TILT_DEG = 30.0
"""How far a head leans to either side where ``tilt`` is 1."""


class Trigger(Table):
    """When something happens, do something."""

    when: When = Field(description="what the face does, or another event")
    above: Annotated[float, Field(gt=0, le=1)] = Field(default=0.5, description="how much of it, for levels")
    key: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None,
        description='the key, for when = "key": a letter but c, h, m, a digit, or another sign of ASCII',
    )
    every_s: Annotated[float, Field(ge=0.1, le=3600)] | None = Field(
        default=None, description='seconds, for when = "timer"'
    )
    do: Action
    layer: Name | None = Field(
        default=None, description="the id of a layer to show, hide, toggle, play, burst"
    )
    parameter: Name | None = Field(
        default=None, description="the parameter to tween or to give its next option"
    )
    to: Finite | None = Field(default=None, description="what a number is tweened to")
    seconds: Annotated[float, Field(ge=0, le=60)] = Field(default=0.3, description="how long a tween takes")
    ease: Ease = "out"
    for_s: Annotated[float, Field(gt=0, le=3600)] | None = Field(
        default=None, description="how long an event shows, hides or tweens; without it until the next"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key, master, value, example in (
            ("key", "when", "key", '"b"'),
            ("every_s", "when", "timer", "5.0"),
            ("to", "do", "tween", "1.0"),
        ):
            wanted, given = getattr(self, master) == value, getattr(self, key) is not None
            if wanted and not given:
                raise TableError(
                    Message("trigger.needs-key", master=master, value=value, key=key, example=example)
                )
            if given and not wanted:
                raise TableError(Message("trigger.key-of-other", master=master, value=value), key)
        needed, other = ("parameter", "layer") if self.do in ("next", "tween") else ("layer", "parameter")
        if getattr(self, needed) is None:
            raise TableError(Message("trigger.action-needs-key", action=self.do, needed=needed))
        if getattr(self, other) is not None:
            raise TableError(
                Message("trigger.action-takes-other", other=other, action=self.do, needed=needed), other
            )
        return self

    @property
    def never_fires(self) -> Message | None:
        """Why its key never comes; None where it may."""
        key = (self.key or "").lower()
        if key in OWN_KEYS:
            return Message("advice.trigger-key-taken", key=key, use=OWN_KEYS[key])
        if key and not "!" <= key <= "~":
            return Message("advice.trigger-key-unknown", key=key)
        return None

    @property
    def needs(self) -> frozenset[Need]:
        """What must be measured for it: what a face does, but leaning is in the pose."""
        known = self.when in ("tilt", "key", "timer", "face_enters", "face_leaves")
        return frozenset() if known else frozenset({"expression"})

    @property
    def per_face(self) -> bool:
        """Whether every face has its own; otherwise it is the frame's."""
        return self.when not in ("key", "timer", "face_leaves")

    @property
    def is_level(self) -> bool:
        """Whether ``level`` tells of it; otherwise it is an event."""
        return self.when in LEVELS

    def level(self, face: Face, tracked: TrackedFrame | None) -> float:  # noqa: ARG002 - for plug-ins
        """0..1: how much of it the face does, in the frame it is in."""
        return level_of(self.when, face)

    def detector(self) -> Detector | None:
        """What tells when the event happens, where the effect does not: fresh, for one face or the frame."""
        return None


Detector = Callable[[Face | None, TrackedFrame, float], bool]
"""Given a face (None for the frame's), its frame, and seconds since the last call: whether it happened."""


class LevelTrigger(Trigger):
    """Base of plug-ins' triggers that fire where something comes above ``above``, and rest while it stays.

    A subclass has ``when: Literal["its_word"]``, keys of its own, ``level``, and where that looks at more
    than landmarks and pose, ``needs``.
    """

    @property
    def needs(self) -> frozenset[Need]:
        """What must be measured for it; "expression" where ``level`` looks at that."""
        return frozenset()

    @property
    def is_level(self) -> bool:
        """Always."""
        return True

    def level(self, face: Face, tracked: TrackedFrame | None) -> float:
        """0..1: how much of it the face does, in the frame it is in."""
        raise NotImplementedError


class EventTrigger(Trigger):
    """Base of plug-ins' triggers that fire when something happens.

    A subclass has ``when: Literal["its_word"]``, keys of its own, ``detector``, and where the given ones do
    not fit, ``needs`` and ``per_face``.
    """

    @property
    def needs(self) -> frozenset[Need]:
        """What must be measured for it; "expression" where its detector looks at that."""
        return frozenset()

    def detector(self) -> Detector:
        """What tells when it happens: fresh, for one face or the frame."""
        raise NotImplementedError


def level_of(name: str, face: Face) -> float:
    """0..1: how much of it the face does."""
    e = face.expression or Expression()
    if name == "tilt":
        return min(abs(face.pose.roll_deg) / FULL_TILT_DEG, 1.0)
    if name == "eyes_shut":
        return 1.0 - max(e.eye_open_left, e.eye_open_right)
    return float(getattr(e, {"kiss": "pucker"}.get(name, name)))


class TriggerState:
    """One trigger on one face (or on the frame, for keys and timers).

    Attributes:
        active: whether what it shows, hides or tweens is so now.
        amount: 0..1 (spring and back beyond), how far its tween has come.
    """

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger
        self._detector = trigger.detector()
        self.active = False
        self.amount = 0.0
        self._progress = 0.0
        self._speed = 0.0
        self._active_s = 0.0
        self._timer_s = 0.0

    def update(
        self,
        face: Face | None,
        events: frozenset[str],
        step_s: float,
        tracked: TrackedFrame | None = None,
    ) -> bool:
        """Look at one frame; True where the trigger fires: a level is reached, or the event happens.

        Args:
            face: whose trigger it is; None for the frame's.
            events: what happened to this face or frame: Event names, and "key:X".
            step_s: since the last call.
            tracked: the frame, for plug-ins' triggers.
        """
        fired = self._fires(face, events, step_s, tracked)
        self._move(step_s)
        return fired

    def _fires(
        self, face: Face | None, events: frozenset[str], step_s: float, tracked: TrackedFrame | None
    ) -> bool:
        t = self.trigger
        if t.is_level:
            level = t.level(face, tracked) if face is not None and face.state == "tracking" else None
            was = self.active
            if level is not None:  # what cannot be seen stays as it was
                self.active = level >= (t.above * RELEASE if was else t.above)
            return self.active and not was
        if t.when == "timer":
            self._timer_s += step_s
            fired = t.every_s is not None and self._timer_s >= t.every_s
            if fired and t.every_s is not None:
                self._timer_s %= t.every_s  # what is over counts for the next one
        elif self._detector is not None:
            assert tracked is not None
            fired = self._detector(face, tracked, step_s)
        else:
            fired = (f"key:{(t.key or '').lower()}" if t.when == "key" else t.when) in events
        if fired:
            # Without a duration an event turns it on, and the next one off again.
            self.active = True if t.for_s is not None else not self.active
            self._active_s = 0.0
        elif self.active and t.for_s is not None:
            self._active_s += step_s
            self.active = self._active_s < t.for_s - 1e-9  # frames' times are sums
        return fired

    def _move(self, step_s: float) -> None:
        """Let the tween come nearer to where it should be."""
        t = self.trigger
        if t.do != "tween":
            return
        goal = 1.0 if self.active else 0.0
        if t.ease == "spring":
            self._swing(goal, 2.0 * math.pi / max(t.seconds, SHORTEST_SWING_S), step_s)
            return
        travel = step_s / t.seconds if t.seconds > 0 else 1.0
        self._progress += min(max(goal - self._progress, -travel), travel)
        self.amount = eased(self._progress, t.ease)

    def _swing(self, goal: float, rate: float, step_s: float) -> None:
        """One step of a damped oscillator, exact for steps of any length.

        Args:
            goal: where it comes to rest.
            rate: radians a second that it would swing with, undamped.
            step_s: length of the step.
        """
        decay, swing = SPRING_DAMPING * rate, rate * math.sqrt(1.0 - SPRING_DAMPING**2)
        off, c, s = self.amount - goal, math.cos(swing * step_s), math.sin(swing * step_s)
        lag = (self._speed + decay * off) / swing
        shrunk = math.exp(-decay * step_s)
        self.amount = goal + shrunk * (off * c + lag * s)
        self._speed = shrunk * ((lag * swing - decay * off) * c - (off * swing + decay * lag) * s)


def eased(x: float, ease: Ease) -> float:
    """0..1 -> 0..1 along a curve; "back" goes a tenth too far before it arrives (Penner's equations)."""
    if ease == "in":
        return x * x * x
    if ease == "out":
        return 1.0 - (1.0 - x) ** 3
    if ease == "in_out":
        return x * x * (3.0 - 2.0 * x)
    if ease == "back":
        c = 1.70158
        return 1.0 + (c + 1.0) * (x - 1.0) ** 3 + c * (x - 1.0) ** 2
    return x


CUES: dict[str, Cue] = {cue: cue for cue in get_args(Cue)}
