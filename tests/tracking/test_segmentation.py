"""People's masks: where they are, quiet where the picture is, at once where it moves, new after a cut."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from ar_effects.errors import InputError
from ar_effects.tracking.segmentation import PersonSegmentation

FPS = 30.0
WIDTH, HEIGHT = 640, 360


@pytest.fixture(scope="module")
def steady(cpu):
    return PersonSegmentation(cpu)


@pytest.fixture(scope="module")
def bare(cpu):
    return PersonSegmentation(cpu, smooth=False)


@pytest.fixture(scope="module")
def portrait(demo_frames):
    return cv2.resize(demo_frames[0], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


class Told:
    """A network that says what it is told to."""

    side = 256

    def __init__(self, masks):
        self.masks = iter(masks)

    def run_picture(self, _):
        return [next(self.masks).astype(np.float32)[None, None]]


def smoothed(masks, images, times_s, cpu) -> list[np.ndarray]:
    segmenter = PersonSegmentation(cpu)
    segmenter._network = Told(masks)
    return [segmenter.mask(image, t).copy() for image, t in zip(images, times_s, strict=True)]


def flat(value: float) -> np.ndarray:
    return np.full((256, 256), value)


def grey(value: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def test_the_face_is_person_and_the_far_corner_is_not(bare, demo_frames, demo_truth):
    for i in (0, 60, 130):
        mask = bare.mask(demo_frames[i], i / FPS)
        assert (mask.shape, mask.dtype) == ((256, 256), np.float32)
        assert mask.min() >= 0.0
        assert mask.max() <= 1.0
        height, width = demo_frames[i].shape[:2]
        for eye in demo_truth[i]["eyes"].values():
            assert mask[int(eye[1] * 256 / height), int(eye[0] * 256 / width)] > 0.95
        assert mask[:20, :20].max() < 0.05


def test_noise_moves_the_mask_a_fifth_as_much(bare, steady, portrait):
    rng = np.random.default_rng(1)
    noisy = [np.clip(portrait + rng.normal(0, 4, portrait.shape), 0, 255).astype(np.uint8) for _ in range(16)]
    flicker = []
    for segmenter in (bare, steady):
        segmenter.reset()
        masks = np.array([segmenter.mask(image, i / FPS) for i, image in enumerate(noisy)])[4:]
        edge = (masks.mean(axis=0) > 0.02) & (masks.mean(axis=0) < 0.98)
        flicker.append(np.sqrt((np.diff(masks, axis=0)[:, edge] ** 2).mean()))
    assert flicker[0] > 0.01, "there is something to smooth"
    assert flicker[1] < 0.2 * flicker[0]


def test_motion_is_followed(bare, steady, portrait):
    """A quarter of the picture's width in a third of a second: the mask is where the person is, no trail."""
    steady.reset()
    lag = []
    for i in range(10):
        motion = np.float32([[1, 0, i * WIDTH / 40], [0, 1, 0]])
        image = cv2.warpAffine(portrait, motion, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        mask, now = steady.mask(image, i / FPS), bare.mask(image, i / FPS)
        lag.append(np.abs(mask - now).mean() / now.mean())
    assert max(lag) < 0.05


def test_where_nothing_moves_a_change_of_mind_comes_within_its_time(cpu):
    masks = [flat(0.0), *[flat(1.0)] * 15]
    told = smoothed(masks, [grey(90)] * 16, np.arange(16) / FPS, cpu)
    middle = [m[128, 128] for m in told]
    assert middle[1] < 0.3
    assert all(a < b for a, b in itertools.pairwise(middle))
    assert middle[5] == pytest.approx(1 - np.exp(-(5 / FPS) / 0.15), abs=0.02), "as a low-pass of 0.15 s"


@pytest.mark.parametrize(
    ("images", "times_s"),
    [
        ([grey(90), grey(200)], [0.0, 1 / FPS]),  # a cut
        ([grey(90), grey(90)], [0.0, 2.0]),  # a pause
        ([grey(90), grey(90)], [5.0, 0.0]),  # a clip that begins anew
    ],
    ids=["cut", "pause", "back"],
)
def test_nothing_of_the_past_is_kept(cpu, images, times_s):
    assert (smoothed([flat(0.0), flat(1.0)], images, times_s, cpu)[1] == 1.0).all()


def test_only_what_moves_forgets(cpu):
    before, after = grey(90), grey(90)
    after[:, : WIDTH // 4] = 180
    told = smoothed([flat(0.0), flat(1.0)], [before, after], [0.0, 1 / FPS], cpu)[1]
    assert told[128, 20] == pytest.approx(1.0)
    assert told[128, 200] < 0.3


def test_masks_that_were_given_are_not_touched_again(steady, portrait):
    steady.reset()
    first = steady.mask(portrait, 0.0)
    kept = first.copy()
    for i in range(1, 4):
        steady.mask(cv2.GaussianBlur(portrait, (0, 0), i), i / FPS)
    np.testing.assert_array_equal(first, kept)


def test_a_diverged_network_saw_nobody(cpu):
    (mask,) = smoothed([flat(np.nan)], [grey(90)], [0.0], cpu)
    assert not mask.any()


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 2000, 3), (1081, 1921, 3)])
def test_frames_of_any_size(bare, shape):
    mask = bare.mask(np.zeros(shape, np.uint8), 0.0)
    assert mask.shape == (256, 256)


def test_what_is_no_picture_is_refused(bare):
    with pytest.raises(InputError):
        bare.mask(np.zeros((4, 4), np.uint8), 0.0)
