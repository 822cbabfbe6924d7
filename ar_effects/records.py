"""The frozen records that travel between the stages: Frame -> TrackedFrame -> (DrawList) -> picture.

Arrays inside records are shared, not copied, and must not be written to by a receiver. Records are equal
where all that they hold is, arrays included.
Frames of reference and units: CONVENTIONS.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import hypot, isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import InputError
from ar_effects.geometry.camera import Camera
from ar_effects.geometry.rotations import angles_deg_from_rotation
from ar_effects.messages import Message

Image = NDArray[np.uint8]
"""(height, width, 3) uint8, BGR, top row first."""

Alpha = NDArray[np.uint8]
"""(height, width) uint8 beside a picture of the same size: 0 is transparent, 255 opaque."""

Mask = NDArray[np.float32]
"""(height, width) float32 in 0..1 over a whole frame, of whatever size; top row first."""

Points = NDArray[np.float32]
"""(n, 2) or (n, 3) float32."""

Matrix = NDArray[np.float64]
"""(4, 4) float64, ``target_from_source`` on column vectors."""

LANDMARK_COUNT = 478
_HASHED_VALUES = 8


class Record:
    """A record whose arrays are compared by what they hold: equal ones are equal, and have one hash.

    What dataclasses make would compare arrays by ``==``, which has no single answer, and hash them, which
    raises. Used as ``@dataclass(frozen=True, slots=True, eq=False)``, whose ``eq`` would put its own in
    the place of these.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        names = [one.name for one in fields(self)]  # type: ignore[arg-type]
        return all(_same(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        values = (getattr(self, one.name) for one in fields(self))  # type: ignore[arg-type]
        return hash((type(self), *map(_hashable, values)))


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return bool(np.array_equal(a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray) and bool(a == b)


def _hashable(value: Any) -> Any:
    """A few values of an array stand for all of it: a picture has millions."""
    if isinstance(value, Mapping):
        return frozenset(value)  # what strangers keep in it may have no hash
    if not isinstance(value, np.ndarray):
        return value
    flat = value.reshape(-1)
    some = flat[:: max(1, flat.size // _HASHED_VALUES)][:_HASHED_VALUES]
    return value.shape, tuple(np.nan_to_num(some).tolist())  # each NaN has a hash of its own


@dataclass(frozen=True, slots=True)
class PictureMetadata:
    """What a picture's file says of it, ready for another file: upright and sRGB.

    Attributes:
        exif: a TIFF structure, without "Exif" in front; empty where there is none.
        xmp: a packet of XML; empty where there is none.
        iptc: records of IPTC-IIM (headline, credit, keywords), for JPEGs; empty where there are none.
    """

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class Transparency(Record):
    """What a transparent picture is before it is laid over black.

    Attributes:
        bgr: (height, width, 3) uint8, its own colours, straight.
        alpha: (height, width) uint8.
    """

    bgr: Image
    alpha: Alpha


@dataclass(frozen=True, slots=True, eq=False)
class Frame(Record):
    """One picture from a source.

    Attributes:
        image: (height, width, 3) uint8 BGR.
        time_s: capture time in seconds, on the source's clock.
        index: 0 for the first frame of the source.
        pts: the file's own exact presentation time, in ticks of the source's ``time_base``; strictly rising
            within one source. None where the source has no ticks.
        duration: how long the frame stands, in ticks; 0 where the file does not say.
        transparency: of a picture that is not opaque; ``image`` has it over black.
    """

    image: Image
    time_s: float
    index: int = 0
    pts: int | None = None
    duration: int = 0
    transparency: Transparency | None = None

    def __post_init__(self) -> None:
        check_image(self.image)
        if not isfinite(self.time_s):
            raise InputError(Message("frame.time-not-finite"), got=repr(self.time_s))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.image.shape[1]), int(self.image.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Eyes(Record):
    """The eye anchors in pixels: the middle of each eye's opening, steady under gaze and blinks.

    Left and right are the person's own: ``left`` is at the right of an unmirrored picture.
    """

    left: Points
    right: Points

    @property
    def distance_px(self) -> float:
        """Length of the line between the two anchors, pixels."""
        (x, y), (other_x, other_y) = self.left.tolist(), self.right.tolist()
        return hypot(x - other_x, y - other_y)


@dataclass(frozen=True, slots=True, eq=False)
class HeadPose(Record):
    """Where the head is.

    Attributes:
        camera_from_head: (4, 4) float64, rigid, millimetres.
        reprojection_px: root mean square distance between landmarks and the posed canonical face.
    """

    camera_from_head: Matrix
    reprojection_px: float = 0.0

    @property
    def angles_deg(self) -> tuple[float, float, float]:
        """(yaw, pitch, roll) in degrees."""
        return angles_deg_from_rotation(self.camera_from_head[:3, :3])

    @property
    def yaw_deg(self) -> float:
        """> 0: nose to the right of the picture."""
        return self.angles_deg[0]

    @property
    def pitch_deg(self) -> float:
        """> 0: chin up."""
        return self.angles_deg[1]

    @property
    def roll_deg(self) -> float:
        """> 0: clockwise as seen."""
        return self.angles_deg[2]

    @property
    def translation_mm(self) -> NDArray[np.float64]:
        """(3,) position of the point between the eyes in the camera frame."""
        return self.camera_from_head[:3, 3]


ExpressionEvent = Literal["blink", "wink_left", "wink_right", "nod", "shake"]


@dataclass(frozen=True, slots=True)
class Expression:
    """What the face does, each 0..1 relative to this person's own neutral face; sides are the person's own.

    Attributes:
        eye_open_left, eye_open_right: 1 as open as at rest, 0 shut.
        gaze_x, gaze_y: -1..1, to the viewer's right and up.
        mouth_open, smile, pucker, brow_raise, jaw_left, jaw_right: 0 at rest.
        events: what happened in this very frame.
    """

    eye_open_left: float = 1.0
    eye_open_right: float = 1.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    mouth_open: float = 0.0
    smile: float = 0.0
    pucker: float = 0.0
    brow_raise: float = 0.0
    jaw_left: float = 0.0
    jaw_right: float = 0.0
    events: tuple[ExpressionEvent, ...] = ()


FaceState = Literal["tracking", "coasting", "lost"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Face(Record):
    """One tracked face in one frame.

    Attributes:
        id: stays with the person while the track lasts.
        score: 0..1, the network's confidence that its region holds a face.
        landmarks: (478, 3) float32, pixels of the frame.
        pose: the head's pose.
        eyes: the eye anchors.
        state: "tracking" seen in this frame; "coasting" not seen for a moment, held where it should be;
            "lost" told once, in the frame in which the track ends.
        unseen_s: seconds since it was last seen; 0 while tracking.
        quality: 0..1, how far the landmarks can be trusted.
        expression: None where it is not measured.
        head_scale: this person's head over the mean's, measured by the irises; metric positions are
            ``head_scale * pose.translation_mm``. Poses themselves stay in the mean head's millimetres.
        pupil_span: how far apart this person's pupils lie, over how far apart the openings of their eyes
            make it seem: 1 the mean's.
    """

    id: int
    score: float
    landmarks: Points
    pose: HeadPose
    eyes: Eyes
    state: FaceState = "tracking"
    unseen_s: float = 0.0
    quality: float = 1.0
    expression: Expression | None = None
    head_scale: float = 1.0
    pupil_span: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class FaceCandidates(Record):
    """What might be a face in a frame, besides those that are followed.

    Attributes:
        suspects: (n, 5) float64 x0, y0, x1, y1 in pixels of the frame, from the brows to the chin, and a
            score 0..1.
        complete: all of the picture was looked at in this very frame.
        round_frames: otherwise, in so many frames it is.
    """

    suspects: NDArray[np.float64]
    complete: bool = False
    round_frames: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class TrackedFrame(Record):
    """A frame with what was found in *it*: effects are drawn on the picture they were computed from.

    Attributes:
        frame: the picture.
        faces: found in it.
        camera: that poses were solved with.
        segmentation: how far each pixel belongs to a person; None where nobody asked for it.
        face_candidates: what else might be a face; None where nobody asked for it.
        measurements: what analysers of other packages found, by the names of their products.
    """

    frame: Frame
    faces: tuple[Face, ...]
    camera: Camera
    segmentation: Mask | None = None
    face_candidates: FaceCandidates | None = None
    measurements: Mapping[str, object] = field(default_factory=dict)

    def with_measurement(self, name: str, found: object) -> TrackedFrame:
        """The same frame with one measurement more."""
        return replace(self, measurements={**self.measurements, name: found})


def check_image(image: object, name: str = "frame") -> None:
    """Raise InputError unless ``image`` is a non-empty (h, w, 3) uint8 array."""
    if not isinstance(image, np.ndarray):
        raise InputError(Message("frame.not-an-array", name=name), got=type(image).__name__)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(Message("frame.not-bgr", name=name, shape=image.shape, dtype=image.dtype))
