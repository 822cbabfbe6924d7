"""What a pack that never shows a bare face (``on_lost = "blur_frame"``) may not do with its covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ar_effects.messages import Message
from ar_effects.packs.references import Trouble
from ar_effects.packs.tables import LayerTable
from ar_effects.packs.triggers import Trigger


def cover_problems(
    on_lost: object, layers: Iterable[tuple[int, LayerTable]], triggers: Iterable[tuple[int, Trigger]]
) -> Iterator[Trouble]:
    """Everything by which a cover would let a face be seen."""
    if on_lost != "blur_frame":
        return
    layers = list(layers)
    covers = [(i, layer) for i, layer in layers if getattr(layer, "kind", "") == "cover"]
    for i, layer in covers:
        for key, whole in (("opacity", 1.0), ("show", True), ("blend", "normal")):
            if getattr(layer, key) != whole:
                yield f"layers[{i}].{key}", Message("cover.not-whole", key=key)
    first_other = min(
        (i for i, layer in layers if getattr(layer, "kind", "") != "cover"), default=len(layers)
    )
    for i, _ in covers:
        if i > first_other:
            yield f"layers[{i}]", Message("cover.not-first")
    names = {layer.id for _, layer in covers if layer.id}
    for i, trigger in triggers:
        if trigger.layer in names and trigger.do in ("show", "hide", "toggle"):
            yield f"triggers[{i}].layer", Message("cover.triggered", action=trigger.do)
