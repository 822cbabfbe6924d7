"""A pack on the faces of one frame: the draw list."""

from __future__ import annotations

from ar_effects.drawlist import DrawList, ModelDraw, OccluderDraw
from ar_effects.effects.anchors import camera_from_eyes
from ar_effects.effects.head import occluders
from ar_effects.effects.pack import Pack
from ar_effects.records import TrackedFrame

HOLD_S = 0.25
"""A face missed for a moment keeps its effect; longer, and glasses would hang in the air."""


def draw_list(tracked: TrackedFrame, pack: Pack | None) -> DrawList:
    """What to draw over ``tracked.frame``; nothing where there is no face or no pack."""
    if pack is None or not tracked.faces:
        return DrawList(tracked.camera)
    hidden_by: list[OccluderDraw] = []
    models: list[ModelDraw] = []
    for face in tracked.faces:
        if face.state == "lost" or face.unseen_s > HOLD_S:
            continue
        hidden_by.extend(occluders(face, tracked.camera))
        place = camera_from_eyes(face, tracked.camera)
        models.extend(ModelDraw(model, place) for model in pack.models)
    return DrawList(tracked.camera, tuple(hidden_by), tuple(models))
