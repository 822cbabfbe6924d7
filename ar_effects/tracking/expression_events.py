"""What happens in a face: blinks and winks from the lids, nods and shakes from the head's angles.

Counting the turns of an angle follows Kawato & Ohya, "Real-time detection of nodding and head-shaking by
directly detecting and tracking the between-eyes", 2000.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

from ar_effects.records import ExpressionEvent

SHUT, REOPENED, OPEN = 0.35, 0.4, 0.5
"""Mean opening of both eyes (1 at rest) under which they are shut, over which they are open again (somebody
who then looks down opens them no further), and over which they must have been before."""

HALF = 0.6
"""In a blink neither eye may be open further than this: one frame at 30 fps seldom shows both lids down."""

BLINK_S = (0.06, 0.5)
"""From the last frame with open eyes to the first with open eyes again."""

GLIMPSE, GLIMPSE_S = 0.33, 0.1
"""A blink of which one frame saw only part: both eyes under HALF, the mean of the frame before and of the
frame after over it and higher by this, within this time. Eyes that look down are not back so soon."""

WINK_SHUT, WINK_OPEN, WINK_AGAIN = 0.3, 0.6, 0.5
"""One eye under the first, the other over the second; the next wink when the eye has been over the third."""

WINK_S = 0.1
"""How long, so that an uneven blink is none."""

WINK_YAW_DEG = 30.0
"""Turned further, the far eye's lids are guessed."""

TURN_S = 1.2
"""A nod or a shake happens within this."""

NOD_DEG, SHAKE_DEG = 10.0, 12.0
"""How far each swing goes at least: heads of people who talk bob by up to nine degrees."""

ALONE = 1.5
"""How much farther a head nods or shakes than it turns otherwise: one that sways as it bobs does neither."""

CALM_S = 0.4
"""The next nod or shake needs calm for so long before."""

GAP_S = 0.5
"""After this long without a frame nothing is known of what happened."""

JUMP_DEG_PER_S = 700.0
"""No head turns so fast: another picture, or another face."""

Sample = tuple[float, float, float, float]
"""Seconds, yaw, pitch, roll in degrees."""


class ExpressionEvents:
    """Recognises events of one face."""

    def __init__(self) -> None:
        self._time_s: float | None = None
        self._forget()

    def update(
        self, time_s: float, opening: tuple[float, float], angles_deg: tuple[float, float, float]
    ) -> tuple[ExpressionEvent, ...]:
        """What is recognised in this frame.

        Args:
            time_s: seconds on a clock that never goes back.
            opening: left and right eye, 0 shut, 1 open as at rest.
            angles_deg: yaw, pitch, roll.
        """
        before = self._time_s
        if before is not None and time_s <= before:
            return ()
        self._time_s = time_s
        if before is not None and self._is_torn(before, time_s, angles_deg):
            self._forget()
        self._samples.append((time_s, *angles_deg))
        while time_s - self._samples[0][0] > TURN_S:
            self._samples.popleft()
        events: list[ExpressionEvent] = []
        if self._blinked(time_s, opening):
            events.append("blink")
        events += self._winked(time_s, opening, angles_deg[0])
        events += self._turned(time_s, angles_deg[0], angles_deg[1])
        return tuple(events)

    def _forget(self) -> None:
        self._samples: deque[Sample] = deque()
        # At least as far apart as the samples' least and largest yaw and pitch.
        self._bounds = (math.inf, -math.inf, math.inf, -math.inf)
        self._open_s = 0.0  # the last frame that was not shut
        self._shut = self._was_open = False
        self._before = self._last = (0.0, 0.0, 0.0)  # seconds, mean and larger opening of the last two frames
        self._alone_s: list[float | None] = [None, None]  # since when the left, the right eye alone is shut
        self._winkable = [False, False]
        self._turnable = True

    def _is_torn(self, before_s: float, time_s: float, angles_deg: tuple[float, float, float]) -> bool:
        passed = time_s - before_s
        last = self._samples[-1]
        (yaw, pitch, roll), (_, last_yaw, last_pitch, last_roll) = angles_deg, last
        leap = max(abs(_turn(yaw - last_yaw)), abs(pitch - last_pitch), abs(_turn(roll - last_roll)))
        return passed > GAP_S or leap > max(JUMP_DEG_PER_S * passed, 15.0)

    def _blinked(self, time_s: float, opening: tuple[float, float]) -> bool:
        mean = (opening[0] + opening[1]) / 2
        before, glimpsed = self._before, self._last
        self._before, self._last = glimpsed, (time_s, mean, max(opening))
        if mean > OPEN:
            self._was_open = True
        if not self._shut:
            if (
                min(before[1], mean) > max(glimpsed[1] + GLIMPSE, HALF)
                and glimpsed[2] < HALF
                and BLINK_S[0] <= time_s - before[0] <= GLIMPSE_S
            ):
                self._open_s = time_s
                return True
            if mean < SHUT and max(opening) < HALF and self._was_open:
                self._shut = True
            else:
                self._open_s = time_s
            return False
        if mean < REOPENED:
            return False
        lasted = time_s - self._open_s
        self._shut, self._was_open, self._open_s = False, mean > OPEN, time_s
        return BLINK_S[0] <= lasted <= BLINK_S[1]

    def _winked(self, time_s: float, opening: tuple[float, float], yaw_deg: float) -> list[ExpressionEvent]:
        events: list[ExpressionEvent] = []
        names: tuple[ExpressionEvent, ExpressionEvent] = ("wink_left", "wink_right")
        for side, name in enumerate(names):
            mine, other = opening[side], opening[1 - side]
            if mine > WINK_AGAIN:
                self._winkable[side] = True
            elif max(opening) < REOPENED:  # of shut eyes one opens first: that is no wink of the other
                self._winkable[side] = False
            if not (mine < WINK_SHUT and other > WINK_OPEN and abs(yaw_deg) < WINK_YAW_DEG):
                self._alone_s[side] = None
                continue
            since = self._alone_s[side]
            if since is None:
                self._alone_s[side] = since = time_s
            if self._winkable[side] and time_s - since >= WINK_S:
                self._winkable[side] = False
                events.append(name)
        return events

    def _turned(self, time_s: float, yaw_deg: float, pitch_deg: float) -> list[ExpressionEvent]:
        low_yaw, high_yaw, low_pitch, high_pitch = self._bounds
        low_yaw, high_yaw = min(low_yaw, yaw_deg), max(high_yaw, yaw_deg)
        low_pitch, high_pitch = min(low_pitch, pitch_deg), max(high_pitch, pitch_deg)
        self._bounds = low_yaw, high_yaw, low_pitch, high_pitch
        if self._turnable and high_yaw - low_yaw < SHAKE_DEG and high_pitch - low_pitch < NOD_DEG:
            return []  # a head at rest: nothing to look through
        _, yaws, pitches, rolls = zip(*self._samples, strict=True)
        self._bounds = min(yaws), max(yaws), min(pitches), max(pitches)
        low_yaw, high_yaw, low_pitch, high_pitch = self._bounds
        yaw, pitch = high_yaw - low_yaw, high_pitch - low_pitch
        if not self._turnable:
            late = [s for s in self._samples if time_s - s[0] <= CALM_S]
            if _span([s[1] for s in late]) < SHAKE_DEG / 2 and _span([s[2] for s in late]) < NOD_DEG / 2:
                self._turnable, self._samples = True, deque(late)
            return []
        roll = max(rolls) - min(rolls)
        name: ExpressionEvent
        if pitch >= NOD_DEG and pitch > ALONE * max(yaw, roll):
            name, angles, swing = "nod", pitches, NOD_DEG
        elif yaw >= SHAKE_DEG and yaw > ALONE * pitch and yaw > roll:
            name, angles, swing = "shake", yaws, SHAKE_DEG
        else:
            return []
        if reversals(angles, swing) < 2:
            return []
        self._turnable = False
        return [name]


def reversals(values: Iterable[float], swing: float) -> int:
    """How often a signal turns back by at least ``swing`` after having gone at least as far."""
    low, high = math.inf, -math.inf
    direction = turns = 0
    for value in values:
        low = min(low, value)
        high = max(high, value)
        if direction <= 0 and value - low >= swing:
            turns += direction < 0
            direction, high = 1, value
        elif direction >= 0 and high - value >= swing:
            turns += direction > 0
            direction, low = -1, value
    return turns


def _span(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _turn(degrees: float) -> float:
    """The same turn within -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0
