"""The scenes of one frame: things in space with what hides them on each face, and the light they are in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ar_effects.drawlist import AnyOccluderDraw, Draw, Light, ModelDraw, PictureDraw, Scene, SpaceDraw
from ar_effects.face.head import occluders
from ar_effects.face.light_probe import LightProbe
from ar_effects.packs.layer import ActiveFace
from ar_effects.records import TrackedFrame


class Scenes:
    """What all scenes of a frame share; made when the first asks for it.

    Args:
        tracked: the frame.
        probe: of the effect; looks at the frame once, when a model is in a scene.
        step_s: since the frame before.
    """

    def __init__(self, tracked: TrackedFrame, probe: LightProbe, step_s: float) -> None:
        self._tracked, self._probe, self._step_s = tracked, probe, step_s
        self._occluders: dict[tuple[int, bool], tuple[AnyOccluderDraw, ...]] = {}
        self._light: Light | None = None
        self._looked = False

    def of(
        self, things: Iterable[SpaceDraw], worn: Sequence[ActiveFace], *, under_lids: bool = False
    ) -> Scene:
        """A scene; ``under_lids`` for what the eyes' lids hide."""
        kept = tuple(things)
        hidden_by = tuple(o for w in worn for o in self._of_face(w, under_lids))
        if not self._looked and any(isinstance(t, ModelDraw) for t in kept):
            faces = [w.face for w in worn]
            self._light = self._probe.update(self._tracked.frame.image, faces, self._step_s)
            self._looked = True
        return Scene.of(hidden_by, kept, self._light)

    def moved(self, face_id: int) -> None:
        """A layer moved the face in the picture."""
        for lids in (False, True):
            self._occluders.pop((face_id, lids), None)

    def _of_face(self, worn: ActiveFace, under_lids: bool) -> tuple[AnyOccluderDraw, ...]:
        key = worn.face.id, under_lids
        if key not in self._occluders:
            self._occluders[key] = occluders(worn.face, self._tracked.camera, under_lids=under_lids)
        return self._occluders[key]


def scenes_and_pictures(
    drawn: Iterable[SpaceDraw | PictureDraw], scene: Callable[[Iterable[SpaceDraw]], Scene]
) -> Iterator[Draw]:
    """Neighbours in space as scenes."""
    things: list[SpaceDraw] = []
    for draw in drawn:
        if not isinstance(draw, PictureDraw):
            things.append(draw)
            continue
        if things:
            yield scene(things)
            things = []
        yield draw
    if things:
        yield scene(things)
