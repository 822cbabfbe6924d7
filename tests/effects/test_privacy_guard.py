"""What may be a bare face is blurred before anything is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ar_effects.effects.change_detector import TRUSTED_S, ChangeDetector, shape_of
from ar_effects.effects.privacy_guard import LEFT_FOR_S, LOST_FOR_S, SURE_AFTER_S, PrivacyGuard
from ar_effects.face.outline import face_outline
from ar_effects.packs.layer import ActiveFace
from ar_effects.records import FaceCandidates, Frame, TrackedFrame
from tests.effects.worn_packs import CAMERA, a_face

STEP = 1 / 30
RNG = np.random.default_rng(2)
WALL = np.repeat(np.repeat(RNG.integers(60, 190, (12, 16, 3), np.uint8), 20, 0), 20, 1)  # 320 x 240
NOBODY = np.empty((0, 5))


def looked(*suspects, complete=False) -> FaceCandidates:
    return FaceCandidates(np.array(suspects, float).reshape(-1, 5), complete, 4)


class Scene:
    """Frames handed to a guard; says what it blurs."""

    def __init__(self, on_lost="blur_frame", with_candidates=True) -> None:
        self.guard = PrivacyGuard(on_lost, with_candidates=with_candidates)

    def __call__(self, *faces, image=WALL, candidates=None, frames=1):
        for _ in range(frames):
            tracked = TrackedFrame(Frame(image, 0.0), faces, CAMERA, face_candidates=candidates)
            worn = [ActiveFace(f) for f in faces if f.state != "lost"]
            self.draws = self.guard.draws(tracked, worn, STEP)
        self.places = [place for draw in self.draws for place in draw.places]
        return self

    @property
    def whole(self) -> bool:
        """Whether all of the picture is blurred."""
        return len(self.places) == 1 and self.places[0].box and self.places[0].half_size == (160, 120)

    def hides(self, x: float, y: float) -> bool:
        """Whether a point of the picture is blurred."""
        for p in self.places:
            c, s = np.cos(p.roll_rad), np.sin(p.roll_rad)
            a, b = x - p.centre[0], y - p.centre[1]
            a, b = abs(c * a + s * b) / p.half_size[0], abs(c * b - s * a) / p.half_size[1]
            if max(a, b) <= 1 if p.box else a * a + b * b <= 1:
                return True
        return False


def settled(*faces, **more) -> Scene:
    """Faces that are followed surely in a picture that was looked at for long."""
    scene = Scene(**more)(*faces, candidates=looked(), frames=60)
    assert scene.draws == ()
    return scene


ONE, TWO = a_face(1), a_face(3)


def test_everything_is_blurred_until_a_face_is_followed_surely():
    scene = Scene()
    assert scene(candidates=looked(), frames=100).whole
    shown = [not scene(ONE, candidates=looked()).whole for _ in range(60)]
    first = shown.index(True)
    assert first * STEP == pytest.approx(SURE_AFTER_S, abs=2 * STEP)
    assert all(shown[first:])


def test_everything_is_blurred_when_the_face_is_lost():
    scene = settled(ONE)
    for state in ("coasting", "lost"):
        assert scene(replace(ONE, state=state, unseen_s=STEP), candidates=looked()).whole
    assert scene(candidates=looked(), frames=300).whole
    scene(ONE, candidates=looked())
    assert scene.whole, "and until it is followed surely again"


def test_a_doubtful_face_counts_for_none():
    scene = settled(ONE)
    assert scene(replace(ONE, quality=0.1), candidates=looked()).whole


def test_what_was_not_watched_is_not_trusted():
    scene = settled(ONE)
    assert scene(ONE).whole
    assert not Scene(with_candidates=False)(ONE, frames=20).whole, "but by those who said that nobody watches"


def test_a_single_picture_that_was_looked_at_closely():
    assert Scene()(ONE, candidates=looked(complete=True)).draws == ()
    assert Scene()(candidates=looked(complete=True)).whole
    scene = Scene()(ONE, candidates=looked((250, 40, 290, 80, 0.3), complete=True))
    assert scene.hides(270, 60)
    assert scene.hides(270, 35), "forehead"
    assert not scene.hides(160, 200)


def test_another_face_that_is_not_sure_yet_is_blurred():
    scene = settled(ONE)
    scene(ONE, TWO, candidates=looked())
    centre = face_outline(TWO).centre
    assert scene.hides(*centre)
    assert not scene.hides(*face_outline(ONE).centre), "that one has its cover"
    for _ in range(15):
        scene(ONE, TWO, candidates=looked())
    assert not scene.hides(*centre)


def test_a_face_lost_beside_another_stays_blurred():
    scene = settled(ONE, TWO)
    centre = face_outline(TWO).centre
    sizes = []
    for k in range(round(LOST_FOR_S / STEP) - 5):
        coasting = (replace(TWO, state="coasting", unseen_s=k * STEP),) if k < 30 else ()
        scene(ONE, *coasting, candidates=looked())
        assert not scene.whole
        assert scene.hides(*centre)
        sizes.append(max(p.half_size[0] for p in scene.places))
    assert sizes[0] < sizes[10] < sizes[30] <= sizes[-1], "it grows"
    assert not scene(ONE, candidates=looked(), frames=20).hides(*centre)


def test_a_face_that_left_over_the_edge_is_soon_forgotten():
    gone = a_face(4)
    gone = replace(gone, landmarks=gone.landmarks + np.float32([85, 0, 0]))
    scene = settled(ONE, gone)
    scene(ONE, candidates=looked())
    assert scene.places
    assert scene(ONE, candidates=looked(), frames=round(LEFT_FOR_S / STEP) + 2).draws == ()


def test_a_lost_place_is_free_when_the_face_is_found():
    scene = settled(ONE, TWO)
    scene(ONE, candidates=looked(), frames=40)
    moved = replace(TWO, id=9, landmarks=TWO.landmarks + np.float32([20, 60, 0]))
    scene(ONE, moved, candidates=looked(), frames=30)
    assert not scene.hides(*face_outline(TWO).centre)


# --- suspects


def test_suspects_are_blurred_and_held():
    scene = settled(ONE)
    scene(ONE, candidates=looked((250, 120, 290, 160, 0.3)))
    assert scene.hides(270, 140)
    assert scene(ONE, candidates=looked(), frames=8).hides(270, 140), "what is seen now and then"
    assert not scene(ONE, candidates=looked(), frames=10).hides(270, 140)


def test_the_followed_face_is_no_suspect():
    scene = settled(ONE)
    (x, y), (a, b) = face_outline(ONE).centre, face_outline(ONE).half_size
    box = (x - 0.8 * a, y - 0.6 * b, x + 0.8 * a, y + 0.9 * b)
    assert scene(ONE, candidates=looked((*box, 0.95))).draws == ()
    collar = (x - 0.4 * a, y + 1.2 * b, x + 0.4 * a, y + 1.8 * b)
    assert scene(ONE, candidates=looked((*collar, 0.4))).draws == (), "a collar"
    assert scene(ONE, candidates=looked((*collar, 0.8))).draws, "a child"


# --- newness


def with_patch(x: int, y: int, size: int = 30) -> np.ndarray:
    image = WALL.copy()
    image[y : y + size, x : x + size] = 255 - image[y : y + size, x : x + size]
    return image


def test_what_is_new_is_blurred_until_it_was_looked_at():
    scene = settled(ONE)
    image = with_patch(270, 30)
    hidden = [scene(ONE, image=image, candidates=looked()).hides(285, 45) for _ in range(60)]
    assert not scene.hides(200, 30)
    lasts = hidden.index(False)
    assert lasts * STEP == pytest.approx(TRUSTED_S, abs=3 * STEP)
    assert not any(hidden[lasts:])


def test_what_moves_is_blurred_as_long_as_it_moves():
    scene = settled(ONE)
    for k in range(60):
        x = 230 + k
        scene(ONE, image=with_patch(x, 30), candidates=looked())
        for point in ((x + 2, 32), (x + 27, 57), (x + 15, 45)):
            assert scene.hides(*point)


def test_a_new_picture_is_blurred_as_a_whole():
    scene = settled(ONE)
    assert scene(ONE, image=WALL[::-1, ::-1].copy(), candidates=looked()).whole


def test_light_that_changes_everywhere_is_nothing_new():
    scene = settled(ONE)
    for k in range(30):
        image = np.clip(WALL.astype(int) + k, 0, 255).astype(np.uint8)
        assert scene(ONE, image=image, candidates=looked()).draws == ()


def test_the_body_of_a_followed_face_may_move():
    scene = settled(ONE)
    (x, y), (_, b) = face_outline(ONE).centre, face_outline(ONE).half_size
    image = with_patch(int(x) - 15, int(y + 1.5 * b))
    assert scene(ONE, image=image, candidates=looked()).draws == ()


@pytest.mark.parametrize("size", [(320, 240), (1280, 720), (720, 1280), (40, 30), (3, 700)])
def test_newness_of_pictures_of_any_size(size):
    image = np.zeros((size[1], size[0], 3), np.uint8)
    change_detector = ChangeDetector()
    known = np.zeros(shape_of(image), bool)
    change_detector.update(image, known, 1, STEP)
    assert change_detector.new.shape == known.shape
    assert change_detector.new.all(), "nobody has looked at the first picture yet"
    (box,) = change_detector.rectangles(5)
    assert box == pytest.approx((-0.5, -0.5, size[0] - 0.5, size[1] - 0.5))
    for _ in range(30):
        change_detector.update(image, known, 1, STEP)
    assert not change_detector.new.any()
    other = np.zeros((50, 60, 3), np.uint8)
    change_detector.update(other, np.zeros(shape_of(other), bool), 1, STEP)
    assert change_detector.new.all(), "another size is another picture"


def test_two_rounds_are_looked_at_however_slow_they_are():
    change_detector, known = ChangeDetector(), np.zeros(shape_of(WALL), bool)
    for k in range(40):
        change_detector.update(WALL, known, 15, 0.1)
        assert change_detector.new.all() == (k < 29)


# --- blur_face


def test_blur_face_blurs_the_place_where_the_face_was():
    scene = Scene("blur_face", with_candidates=False)
    assert scene(frames=5).draws == (), "nobody was there yet"
    assert scene(ONE, frames=5).draws == ()
    centre = face_outline(ONE).centre
    sizes = []
    for k in range(100):
        scene(*(replace(ONE, state="coasting", unseen_s=k * STEP),) * (k < 30))
        assert scene.hides(*centre)
        assert not scene.whole
        sizes.append(scene.places[0].half_size[0])
    assert sizes == sorted(sizes)
    assert sizes[-1] > 2 * sizes[0]
    assert scene(frames=2000).hides(*centre), "until a face is found again"
    assert scene(replace(TWO, id=5)).draws == ()


def test_blur_face_keeps_the_place_while_another_stays():
    scene = Scene("blur_face", with_candidates=False)(ONE, TWO, frames=5)
    centre = face_outline(TWO).centre
    assert scene(ONE, frames=100).hides(*centre)
    assert scene(ONE, TWO).draws == ()


@pytest.mark.parametrize("on_lost", ["blur_face", "blur_frame"])
def test_many_faces_and_wild_frames(on_lost):
    scene = Scene(on_lost)
    for k in range(50):
        faces = [a_face(int(i)) for i in RNG.choice(np.arange(1, 9), RNG.integers(0, 6), replace=False)]
        suspects = RNG.uniform(-50, 400, (RNG.integers(0, 20), 5))
        candidates = None if k % 7 == 0 else looked(*suspects, complete=k % 5 == 0)
        scene(*faces, image=WALL if k % 3 else WALL[::-1].copy(), candidates=candidates)
        for place in scene.places:
            assert np.isfinite([*place.centre, *place.half_size, place.roll_rad]).all()
