"""Pictures that are there twice."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ar_effects.training.deduplication import (
    DISTANCE,
    HashIndex,
    distance,
    near_embeddings,
    near_hashes,
    perceptual_hash,
)


@pytest.fixture(scope="module")
def photo(demo_frames) -> np.ndarray:
    return demo_frames[0]


def test_the_hash_is_64_bits_and_always_the_same(photo):
    value = perceptual_hash(photo)
    assert 0 <= value < 2**64
    assert value == perceptual_hash(photo.copy())


@pytest.mark.parametrize(
    "change",
    [
        lambda p: cv2.resize(p, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
        lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR),
        lambda p: cv2.convertScaleAbs(p, alpha=1.08, beta=6),
        lambda p: cv2.GaussianBlur(p, (5, 5), 0),
    ],
    ids=["smaller", "compressed", "lighter", "blurred"],
)
def test_the_same_photo_saved_otherwise_is_found(photo, change):
    assert distance(perceptual_hash(photo), perceptual_hash(change(photo))) <= DISTANCE


def test_other_pictures_are_far_away(photo, demo_frames):
    generator = np.random.default_rng(0)
    hashes = [perceptual_hash(photo), perceptual_hash(photo[:, ::-1])]
    hashes += [
        perceptual_hash(cv2.resize(generator.integers(0, 256, (9, 9, 3)).astype(np.uint8), (90, 90)))
        for _ in range(40)
    ]
    far = [distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(far) > DISTANCE


def test_pictures_of_one_colour_are_not_all_the_same():
    one, other = (np.full((40, 40, 3), value, np.uint8) for value in (10, 200))
    assert perceptual_hash(one) == perceptual_hash(one)
    assert distance(perceptual_hash(one), perceptual_hash(other)) > DISTANCE


@pytest.mark.parametrize("most", [0, 1, 4, 9])
def test_the_index_finds_what_looking_at_all_finds(most):
    generator = np.random.default_rng(most)
    kept = [int(v) for v in generator.integers(0, 2**63, 300)]
    index = HashIndex(most)
    for value in kept:
        index.add(value)
    for _ in range(300):
        wanted = kept[generator.integers(300)]
        for bit in generator.choice(64, generator.integers(0, most + 3), replace=False):
            wanted ^= 1 << int(bit)
        far = [distance(value, wanted) for value in kept]
        expected = (int(np.argmin(far)), min(far)) if min(far) <= most else None
        assert index.nearest(wanted) == expected


def test_test_pictures_among_the_training_pictures_are_found_by_hash():
    assert near_hashes([0b1111, 2**63], [0, 0b1100, 2**40 - 1]) == {0: 1, 1: 0}


def test_they_are_found_by_embedding():
    generator = np.random.default_rng(0)
    training = generator.normal(size=(500, 64))
    test = np.concatenate([training[[7, 450]] * 3 + generator.normal(size=(2, 64)) * 0.1, -training[:5]])
    assert near_embeddings(test, training, rows=100) == {0: 7, 1: 450}
    assert near_embeddings(test, training[:0]) == {}
