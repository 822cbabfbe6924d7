"""What a layer is: a table of the manifest, what is loaded for it, and its state on one face.

A kind of layer is one module of ``effects/layers`` with three things: a ``LayerTable`` with a ``kind``, a
``Layer`` (data, loaded once, shared) and a ``LayerState`` (what moves by itself: springs, animations,
particles; one for each face that wears it, or one for the frame). ``layer_kinds.py`` lists the kinds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ar_effects.drawlist import Blend, PictureDraw, SpaceDraw
from ar_effects.geometry.camera import Camera
from ar_effects.packs.values import Values
from ar_effects.records import Face, TrackedFrame

Cue = Literal["play", "burst"]
"""What triggers tell a layer: begin your animation anew, throw your particles."""

Need = str
"""What must be measured for a layer, by the name of the analyser's product: "expression", "segmentation",
"face_candidates" (whatever might be a face, in every frame), or what an analyser of another package gives,
which is then in ``context.tracked.measurements``. What nobody needs is not computed."""


OnLost = Literal["hold", "fade", "park", "blur_face", "blur_frame"]
"""What becomes of the effect on a face that is not seen any more.

hold: it stays where the face is expected while the tracker holds it (up to a second), then goes at once.
fade: it stays a quarter of a second, then fades out.
park: it stays where it was last until a face is there again.
blur_face: as hold, and the place where the face was last seen is blurred until a face is found again.
blur_frame: as hold, and the whole picture is blurred while no face is seen: never a bare face.
"""


def needs_of(on_lost: OnLost) -> frozenset[Need]:
    """What must be measured for it."""
    return frozenset({"face_candidates"}) if on_lost == "blur_frame" else frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class FrameContext:
    """One frame, as layers see it.

    Attributes:
        tracked: the frame with all of its faces.
        time_s: seconds on the effect's own clock: it never goes back, and starts at 0 with the effect.
        step_s: since the frame before, 0..0.25.
        values: of the parameters; those handed to a face's layer know its expression.
    """

    tracked: TrackedFrame
    time_s: float
    step_s: float
    values: Values

    @property
    def camera(self) -> Camera:
        """Of the frame."""
        return self.tracked.camera


@dataclass(frozen=True, slots=True, eq=False)
class ActiveFace:
    """A face that wears the effect.

    Attributes:
        face: where it is, or is expected to be.
        presence: 0..1, how far it has faded in or out; layers need not look at it, what they draw is
            laid over the picture with it.
        since_s: seconds since it came.
    """

    face: Face
    presence: float = 1.0
    since_s: float = 0.0


class LayerState(Protocol):
    """A layer on one face, or on the frame."""

    def cue(self, cue: Cue) -> None:
        """A trigger fired; called before ``draws`` of the same moment."""

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """What to draw, in order: what is in space shares depth and occluders with its neighbours, every
        other is a PictureDraw. ``worn`` is None for layers of the frame. Arrays in it stay as they are for
        two frames more: it may be drawn while the next ones are made.
        """


@runtime_checkable
class FadesItself(Protocol):
    """A state of a face that weakens what it does by ``worn.presence``, which then holds all of the opacity.

    Half a warp is half as far, not two pictures over one another.
    """

    fades_itself: Literal[True]


@runtime_checkable
class MovesFace(Protocol):
    """A state of a face that moves the face in the picture."""

    def moved(self, context: FrameContext, worn: ActiveFace) -> Face:
        """The face as the layers that follow must see it; called after ``draws`` of the same moment."""


class Layer(Protocol):
    """A layer's loaded data.

    Attributes:
        per_face: drawn for each face; otherwise once a frame, faces or none.
        isolated: its colours have alpha and can be laid over by a blend mode (things, pictures); False for
            filters, which change the picture under them.
        own_blends: blend modes that its draws bring about by themselves, which needs no copy of the picture.
        needs: what tracking must measure.
        shader_files: of the designer's own programs for the graphics card, by the pack's names.
    """

    @property
    def per_face(self) -> bool: ...
    @property
    def own_blends(self) -> frozenset[Blend]: ...
    @property
    def isolated(self) -> bool: ...
    @property
    def needs(self) -> frozenset[Need]: ...
    @property
    def shader_files(self) -> tuple[str, ...]: ...

    def start(self) -> LayerState:
        """A fresh state."""


class StaticLayer:
    """A layer that is its own state, for kinds in which nothing moves by itself."""

    per_face = True
    isolated = True
    own_blends: frozenset[Blend] = frozenset({"normal"})
    needs: frozenset[Need] = frozenset()
    shader_files: tuple[str, ...] = ()

    def start(self) -> LayerState:
        """Itself."""
        return self

    def cue(self, cue: Cue) -> None:
        """Nothing to begin."""

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """What to draw, in order."""
        raise NotImplementedError
