"""A pack being worn: its clock, its parameters, its triggers, and each layer's state on each face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ar_effects.drawlist import (
    Blend,
    Draw,
    DrawList,
    Group,
    PictureDraw,
    SpaceDraw,
    Texture,
)
from ar_effects.drawlist.post import PostDraw, joined
from ar_effects.effects.face_presence import FacePresence
from ar_effects.effects.matting import matte_of
from ar_effects.effects.privacy_guard import PrivacyGuard
from ar_effects.effects.scenes import Scenes, scenes_and_pictures
from ar_effects.errors import InputError
from ar_effects.face.light_probe import LightProbe
from ar_effects.messages import Message
from ar_effects.packs.layer import ActiveFace, FadesItself, FrameContext, LayerState, MovesFace
from ar_effects.packs.pack import Pack
from ar_effects.packs.parameters import ChoiceParameter, NumberParameter, accepted, first_value
from ar_effects.packs.tables import LayerTable, SpaceTable
from ar_effects.packs.triggers import CUES, Trigger, TriggerState
from ar_effects.packs.values import Value, Values
from ar_effects.records import TrackedFrame

FRAME = 0
"""Stands for the frame where states are kept by face; faces' ids begin with 1."""

LONGEST_STEP_S, FIRST_STEP_S = 0.25, 1.0 / 30.0


class Effect:
    """Turns tracked frames into draw lists. One per pack and stream of frames.

    Args:
        pack: what is worn; None draws nothing.
        with_candidates: frames come with candidates for faces where the pack needs them; one without is
            not trusted.

    Attributes:
        parameters: current values by name; change them with ``set``.
    """

    def __init__(self, pack: Pack | None, *, with_candidates: bool = False) -> None:
        self.pack = pack
        manifest = pack.manifest if pack else None
        self.parameters: dict[str, Value] = {
            name: first_value(parameter)
            for name, parameter in (manifest.parameters if manifest else {}).items()
        }
        self._tables = tuple(manifest.layers) if manifest else ()
        self._triggers = tuple(manifest.triggers) if manifest else ()
        self._pictures: dict[str, Texture] = dict(pack.pictures) if pack else {}
        self._face_presence = FacePresence(manifest.on_lost if manifest else "fade")
        on_lost = self._face_presence.on_lost
        self._privacy_guard = (
            PrivacyGuard(on_lost, with_candidates=with_candidates)
            if on_lost in ("blur_face", "blur_frame")
            else None
        )
        self._layers: dict[tuple[int, int], LayerState] = {}
        self._fired: dict[tuple[int, int], TriggerState] = {}
        self._probe = LightProbe()
        self._keys = set[str]()
        self._clock_s = 0.0
        self._time_s: float | None = None

    def take_over(self, before: Effect) -> None:
        """Go on where an earlier version of the same pack was: its clock, faces and choices.

        Layers that the new version took over whole (``pack.reload_pack``) go on moving as they were; others
        begin anew.
        """
        self._clock_s, self._time_s = before._clock_s, before._time_s
        self._probe = before._probe
        on_lost = self._face_presence.on_lost
        if before._face_presence.on_lost == on_lost:
            self._privacy_guard = before._privacy_guard
        self._face_presence, self._face_presence.on_lost = before._face_presence, on_lost
        old_manifest = before.pack.manifest if before.pack else None
        for name, value in before.parameters.items():
            parameter = self.pack.manifest.parameters.get(name) if self.pack else None
            was_default = old_manifest is not None and value == first_value(old_manifest.parameters[name])
            if parameter is not None and not was_default:
                taken = accepted(parameter, value)
                if taken is not None:
                    self.parameters[name] = taken
                    self._pictures.update({k: p for k, p in before._pictures.items() if k == taken})
        old_layers = before.pack.layers if before.pack else ()
        places = {id(layer): k for k, layer in enumerate(self.pack.layers if self.pack else ())}
        for (k, face_id), state in before._layers.items():
            new = places.get(id(old_layers[k]))
            if new is not None:
                self._layers[new, face_id] = state
        if self._triggers == before._triggers:
            self._fired = before._fired

    def reset(self) -> None:
        """Give every parameter the value that its designer gave it."""
        manifest = self.pack.manifest if self.pack else None
        for name, parameter in (manifest.parameters if manifest else {}).items():
            self.parameters[name] = first_value(parameter)

    def set(self, name: str, value: Value, picture: Texture | None = None) -> None:
        """Give a parameter a value; numbers are kept within their range.

        Args:
            name: of the parameter.
            value: of its kind; for a picture a name to know it by.
            picture: the pixels of a picture that is not one of the pack's.

        Raises:
            InputError: there is no such parameter, or it cannot take the value.
        """
        parameter = self.pack.manifest.parameters.get(name) if self.pack else None
        if parameter is None:
            raise InputError(
                Message("effect.no-parameter"), expected=", ".join(self.parameters), got=repr(name)
            )
        taken = accepted(parameter, value)
        if taken is None:
            raise InputError(
                Message("effect.value-refused", name=name), expected=parameter.kind, got=repr(value)
            )
        self.parameters[name] = taken
        if picture is not None:
            self._pictures[str(taken)] = picture

    def key(self, key: str) -> None:
        """A key was pressed: its triggers fire with the next frame."""
        self._keys.add(key.lower())

    def draw_list(self, tracked: TrackedFrame) -> DrawList:
        """What to draw over one frame, the frames in the order they were captured."""
        if self.pack is None:
            return DrawList(tracked.camera)
        step_s = self._tick(tracked.frame.time_s)
        worn = self._face_presence.update(tracked.faces, step_s)
        self._forget(worn)
        self._trigger(tracked, worn, step_s)
        hidden = self._privacy_guard.draws(tracked, worn, step_s) if self._privacy_guard else ()
        draws = (*hidden, *joined(self._draws(tracked, worn, step_s)))
        matte = None
        if draws and tracked.segmentation is not None and "segmentation" in self.pack.needs:
            matte = matte_of(tracked.frame.image, tracked.segmentation, tracked.faces)
        return DrawList(tracked.camera, draws, time_s=self._clock_s, matte=matte)

    def _tick(self, time_s: float) -> float:
        """Seconds since the last frame; a clip that begins anew counts as one frame later."""
        passed = FIRST_STEP_S if self._time_s is None else time_s - self._time_s
        self._time_s = time_s
        step_s = min(passed, LONGEST_STEP_S) if passed >= 0.0 else FIRST_STEP_S
        self._clock_s += step_s
        return step_s

    def _forget(self, worn: list[ActiveFace]) -> None:
        """States of faces that are gone go with them."""
        here = {FRAME, *(w.face.id for w in worn)}
        for states in (self._layers, self._fired):
            for key in [key for key in states if key[1] not in here]:
                del states[key]

    # --- triggers

    def _trigger(self, tracked: TrackedFrame, worn: list[ActiveFace], step_s: float) -> None:
        frame_events = {f"key:{key}" for key in self._keys}
        if self._face_presence.left:
            frame_events.add("face_leaves")
        self._keys.clear()
        for i, trigger in enumerate(self._triggers):
            if not trigger.per_face:
                self._update_trigger(i, trigger, tracked, None, frozenset(frame_events), step_s)
                continue
            for one in worn:
                seen = one.face.state == "tracking"  # what happened to a face that stays parked is over
                events = set(one.face.expression.events) if one.face.expression and seen else set()
                if one.face.id in self._face_presence.entered:
                    events.add("face_enters")  # type: ignore[arg-type]
                self._update_trigger(i, trigger, tracked, one, frozenset(events), step_s)

    def _update_trigger(
        self,
        i: int,
        trigger: Trigger,
        tracked: TrackedFrame,
        worn: ActiveFace | None,
        events: frozenset[str],
        step_s: float,
    ) -> None:
        face_id = worn.face.id if worn else FRAME
        state = self._fired.setdefault((i, face_id), TriggerState(trigger))
        if not state.update(worn.face if worn else None, events, step_s, tracked):
            return
        if trigger.do == "next" and trigger.parameter and self.pack:
            parameter = self.pack.manifest.parameters[trigger.parameter]
            assert isinstance(parameter, ChoiceParameter)
            at = parameter.options.index(str(self.parameters[trigger.parameter]))
            self.parameters[trigger.parameter] = parameter.options[(at + 1) % len(parameter.options)]
        elif trigger.do in CUES:
            for k, table in enumerate(self._tables):
                if table.id == trigger.layer:
                    here = (k, face_id if self.pack and self.pack.layers[k].per_face else FRAME)
                    for key in [here] if worn else [key for key in self._layers if key[0] == k]:
                        self._state(*key).cue(CUES[trigger.do])

    def _shown(self, k: int, face_id: int, values: Values) -> bool:
        """Whether a layer is there: as the manifest says, unless a trigger that is active says otherwise."""
        table = self._tables[k]
        shown = values.flag(table.show)
        if table.id is None:
            return shown
        for (i, owner_id), state in self._fired.items():
            trigger = self._triggers[i]
            if trigger.layer != table.id or not state.active:
                continue
            if face_id != FRAME and owner_id not in (
                FRAME,
                face_id,
            ):  # the frame's layers follow whoever does it
                continue
            shown = {"show": True, "hide": False, "toggle": not shown}.get(trigger.do, shown)
        return shown

    def _values(self, worn: ActiveFace | None) -> Values:
        """The parameters with the tweens of this face applied, one after the other."""
        values = self.parameters
        face_id = worn.face.id if worn else FRAME
        for (i, owner_id), state in self._fired.items():
            trigger = self._triggers[i]
            if trigger.do != "tween" or trigger.to is None or trigger.parameter is None:
                continue
            # The frame's layers follow whoever does it.
            if (owner_id in (FRAME, face_id) or worn is None) and state.amount != 0.0:
                base = float(values[trigger.parameter])
                moved = base + (trigger.to - base) * state.amount
                values = {**values, trigger.parameter: self._within(trigger.parameter, moved)}
        return Values(values, self._pictures, worn.face.expression if worn else None)

    def _within(self, name: str, value: float) -> float:
        parameter = self.pack.manifest.parameters[name] if self.pack else None
        assert isinstance(parameter, NumberParameter)
        return min(max(value, parameter.min), parameter.max)

    # --- drawing

    def _state(self, k: int, face_id: int) -> LayerState:
        assert self.pack is not None
        state = self._layers.get((k, face_id))
        if state is None:
            state = self._layers[k, face_id] = self.pack.layers[k].start()
        return state

    def _draws(self, tracked: TrackedFrame, worn: list[ActiveFace], step_s: float) -> Iterator[Draw]:
        """Layers in order; things in space that follow one another become one scene."""
        assert self.pack is not None
        scenes = Scenes(tracked, self._probe, step_s)
        leader = worn[0].face.expression if worn else None  # the frame's layers follow who is there longest
        context = FrameContext(tracked, self._clock_s, step_s, replace(self._values(None), expression=leader))
        moments = {w.face.id: replace(context, values=self._values(w)) for w in worn}
        pending: list[SpaceDraw] = []

        for k, (table, layer) in enumerate(zip(self._tables, self.pack.layers, strict=True)):
            for one in worn if layer.per_face else (None,):
                seen = moments[one.face.id] if one else context
                if not self._shown(k, one.face.id if one else FRAME, seen.values):
                    self._layers.pop((k, one.face.id if one else FRAME), None)  # begins anew when it is shown
                    continue
                opacity = seen.values.number(table.opacity) * (one.presence if one else 1.0)
                if opacity <= 0.0 or (table.is_cut and tracked.segmentation is None):
                    continue
                blend: Blend = "normal" if table.blend in layer.own_blends else table.blend
                state = self._state(k, one.face.id if one else FRAME)
                if one and blend == "normal" and isinstance(state, FadesItself):
                    one, opacity = replace(one, presence=min(opacity, 1.0)), 1.0  # noqa: PLW2901
                drawn = list(state.draws(seen, one))
                if not drawn:
                    continue
                apart = opacity < 1.0 or blend != "normal" or table.is_cut
                lids = isinstance(table, SpaceTable) and table.under_lids
                if not apart and not lids and all(not isinstance(d, PictureDraw) for d in drawn):
                    pending.extend(drawn)  # type: ignore[arg-type]
                    continue
                if pending:
                    yield scenes.of(pending, worn)
                    pending = []
                plain = blend == "normal" and not table.is_cut
                if apart and plain and all(isinstance(d, PostDraw) for d in drawn):
                    drawn = [d.faded(min(opacity, 1.0)) for d in drawn if isinstance(d, PostDraw)]
                    apart = False  # weaker, without a second picture
                inner = tuple(scenes_and_pictures(drawn, partial(scenes.of, worn=worn, under_lids=lids)))
                if apart:
                    yield _group(inner, opacity, blend, layer.isolated, table)
                else:
                    yield from inner
                if one and k + 1 < len(self._tables) and isinstance(state, MovesFace):
                    worn = [
                        replace(w, face=state.moved(seen, one)) if w.face is one.face else w for w in worn
                    ]
                    scenes.moved(one.face.id)
        if pending:
            yield scenes.of(pending, worn)


def _group(draws: tuple[Draw, ...], opacity: float, blend: Blend, isolated: bool, table: LayerTable) -> Group:
    # Half-faded glass must still be glass: at normal blending the change of the picture is what fades.
    isolated = isolated and blend != "normal"
    return Group(draws, min(opacity, 1.0), blend, isolated, table.behind, table.on_people)
