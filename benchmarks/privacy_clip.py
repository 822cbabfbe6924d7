"""Adversarial clips for the privacy pack, with the truth of where each face is: they are put together here.

Cards with a head each move over a still background: they enter, leave, jump, come near, are covered by a bar,
and turn their back. Where a face is on its card is known beforehand, so it is known in the clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.records import Image

FPS = 30.0
BACK_DEG = 75.0
"""A card turned farther shows the back of the head."""


@dataclass(frozen=True, slots=True)
class Card:
    """Pictures of a head, and its face in each.

    Attributes:
        images: of one size.
        faces: (x, y, half width, half height) pixels of the ellipse from the brows to the chin.
    """

    images: Sequence[Image]
    faces: Sequence[tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Key:
    """Where a card's face is at a time: shares of the picture's width and height; size of the face over the
    picture's height; how far it is turned. Between keys everything moves evenly; ``gone`` until the next.
    """

    time_s: float
    x: float
    y: float
    size: float = 0.3
    turn_deg: float = 0.0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A hand-like bar that passes over a face between two times, from left to right."""

    actor: int
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A face in a frame: (h, w) bool where it is to be seen, and its width in pixels."""

    visible: NDArray[np.bool_]
    width_px: float


def script(two: bool = True) -> tuple[float, list[list[Key]], list[Bar]]:
    """(seconds, keys of each actor, bars) of everything an adversary thinks of."""
    first = [
        Key(0.0, -0.4, 0.5, gone=True),
        Key(0.6, -0.25, 0.5),  # enters
        Key(1.2, 0.4, 0.5),
        Key(2.6, 0.42, 0.5),  # a bar passes meanwhile, and stays
        Key(4.2, 0.4, 0.5),
        Key(4.7, 0.42, 0.5, turn_deg=90),  # turns its back
        Key(5.7, 0.5, 0.5, turn_deg=90),
        Key(6.2, 0.5, 0.5),
        Key(6.8, 0.5, 0.5),
        Key(7.1, 1.35, 0.45),  # rushes out
        Key(7.2, 1.35, 0.45, gone=True),
        Key(8.0, 0.35, -0.35),  # back from above
        Key(8.4, 0.35, 0.45),
        Key(9.0, 0.35, 0.45),
        Key(9.5, 0.35, 0.5, 0.55),  # comes near
        Key(10.3, 0.35, 0.5, 0.55),
        Key(10.7, 0.3, 0.5, 0.3),
        Key(16.2, 0.3, 0.5),
        Key(16.6, 0.3, 0.5, turn_deg=90),  # turns away while the other stays
        Key(17.6, 0.3, 0.5, turn_deg=90),
        Key(18.0, 0.3, 0.5),
        Key(18.6, 0.3, 0.5),
        Key(18.63, 0.3, 0.5, gone=True),  # gone from one frame to the next
        Key(19.4, 0.6, 0.4),  # there again elsewhere
        Key(20.0, 0.6, 0.4),
    ]
    second = [
        Key(0.0, 1.4, 0.5, gone=True),
        Key(11.0, 1.25, 0.5, 0.28),  # enters while the first is covered
        Key(11.6, 0.75, 0.5, 0.28),
        Key(13.6, 0.75, 0.5, 0.28),  # a bar passes meanwhile
        Key(14.0, 1.3, 0.5, 0.28),
        Key(14.1, 1.3, 0.5, 0.28, gone=True),
        Key(15.0, 0.72, 0.45, 0.28),  # pops up
        Key(18.6, 0.72, 0.45, 0.28),
        Key(18.63, 0.72, 0.45, 0.28, gone=True),
    ]
    bars = [Bar(0, 2.2, 4.0), Bar(1, 12.2, 13.3)]
    return (20.0, [first, second] if two else [first], bars if two else bars[:1])


def compose(
    cards: Sequence[Card],
    background: Image,
    keys: Sequence[Sequence[Key]],
    bars: Sequence[Bar],
    seconds: float,
    fps: float = FPS,
) -> Iterator[tuple[Image, list[Truth]]]:
    """The clip, frame by frame; noise of a camera on all of it."""
    rng = np.random.default_rng(5)
    for i in range(round(seconds * fps)):
        time_s = i / fps
        picture = background.copy()
        truths: list[Truth] = []
        for k, card in enumerate(cards):
            at = _at(keys[k], time_s)
            if at is None:
                continue
            bar = next((b for b in bars if b.actor == k and b.begin_s <= time_s < b.end_s), None)
            truth = _paste(picture, card, i, at, bar, time_s)
            for other in truths:  # who comes later stands in front
                other.visible[truth[1]] = False
            truths.append(Truth(truth[0], truth[2]))
        noise = rng.normal(0.0, 1.5, picture.shape)
        yield np.clip(picture + noise, 0, 255).astype(np.uint8), truths


def _at(keys: Sequence[Key], time_s: float) -> Key | None:
    for a, b in zip(keys, [*keys[1:], None], strict=True):
        if a.time_s <= time_s and (b is None or time_s < b.time_s):
            if a.gone:
                return None
            if b is None:
                return a
            t = (time_s - a.time_s) / (b.time_s - a.time_s)
            x, y, size, turn = (
                p + (q - p) * t
                for p, q in ((a.x, b.x), (a.y, b.y), (a.size, b.size), (a.turn_deg, b.turn_deg))
            )
            return Key(time_s, x, y, size, turn)
    return None


def _paste(
    picture: Image, card: Card, frame: int, at: Key, bar: Bar | None, time_s: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Draw a card; gives where its face is to be seen, what it hides, and the face's width."""
    height, width = picture.shape[:2]
    k = frame % len(card.images)
    image, (fx, fy, fw, fh) = card.images[k], card.faces[k]
    scale = at.size * height / (2.0 * fh)
    squeeze = max(abs(np.cos(np.radians(at.turn_deg))), 0.3)
    away = at.turn_deg > BACK_DEG
    h, w = image.shape[:2]
    head = np.zeros((h, w), np.uint8)  # the head, and the shoulders down to the card's lower edge
    cv2.ellipse(
        head, (round(fx), round(fy - 0.25 * fh)), (round(1.75 * fw), round(1.95 * fh)), 0, 0, 360, 255, -1
    )
    shoulders = [(fx - fw, fy + fh), (fx + fw, fy + fh), (fx + 4.0 * fw, h + fh), (fx - 4.0 * fw, h + fh)]
    cv2.fillPoly(head, [np.array(shoulders).round().astype(np.int32)], 255)
    if away:  # a back of a head: hair where the face was
        image = image.copy()
        hair = image[max(int(fy - 1.75 * fh), 0) : max(int(fy - 1.3 * fh), 1), max(int(fx), 0) : int(fx) + 9]
        colour = [float(c) for c in hair.reshape(-1, 3).mean(axis=0)] if hair.size else [40.0, 40.0, 40.0]
        cv2.ellipse(
            image,
            (round(fx), round(fy - 0.1 * fh)),
            (round(1.5 * fw), round(1.6 * fh)),
            0,
            0,
            360,
            colour,
            -1,
        )
    move = np.array(
        [
            [scale * squeeze, 0.0, at.x * width - fx * scale * squeeze],
            [0.0, scale, at.y * height - fy * scale],
        ]
    )
    flags = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    drawn = cv2.warpAffine(image, move, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    alpha = (
        cv2.warpAffine(cv2.GaussianBlur(head, (0, 0), 2.0 / scale), move, (width, height))[..., None] / 255.0
    )
    picture[:] = np.round(drawn * alpha + picture * (1.0 - alpha)).astype(np.uint8)
    visible = np.zeros((height, width), np.uint8)
    centre, half_size = (at.x * width, at.y * height), (fw * scale * squeeze, fh * scale)
    if not away:
        cv2.ellipse(
            visible, tuple(round(c) for c in centre), tuple(round(s) for s in half_size), 0, 0, 360, 1, -1
        )
    hides = alpha[..., 0] > 0.5
    if bar is not None:
        hides |= _draw_bar(picture, visible, bar, time_s, centre, half_size)
    return visible > 0, hides, 2.0 * half_size[0]


def _draw_bar(
    picture: Image,
    visible: NDArray[np.uint8],
    bar: Bar,
    time_s: float,
    centre: tuple[float, float],
    half_size: tuple[float, float],
) -> NDArray[np.bool_]:
    """A skin-coloured rounded bar that comes, stays upon the face a while, and goes; gives where it is."""
    t = (time_s - bar.begin_s) / (bar.end_s - bar.begin_s)
    x = centre[0] + half_size[0] * float(np.interp(t, (0.0, 0.25, 0.75, 1.0), (-5.0, 0.0, 0.0, 5.0)))
    mask = np.zeros(visible.shape, np.uint8)
    top, bottom = centre[1] - 1.3 * half_size[1], picture.shape[0] + half_size[1]
    cv2.line(
        mask,
        (round(x), round(top + half_size[0])),
        (round(x), round(bottom)),
        1,
        thickness=max(round(2.5 * half_size[0]), 1),
    )
    picture[mask > 0] = (118, 148, 196)
    visible[mask > 0] = 0
    return mask > 0


def room(width: int, height: int) -> Image:
    """A still background with some furniture in it."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:height, 0:width] / height
    wall = np.stack([150 + 40 * y, 165 + 30 * x, 175 - 20 * y], axis=-1)
    for _ in range(14):
        x0, y0 = rng.uniform(-0.1, width / height), rng.uniform(-0.1, 0.9)
        w, h = rng.uniform(0.05, 0.35, 2)
        inside = (x > x0) & (x < x0 + w) & (y > y0) & (y < y0 + h)
        wall[inside] = 0.6 * wall[inside] + 0.4 * rng.uniform(30, 230, 3)
    grain = cv2.GaussianBlur(rng.normal(0, 30, (height, width, 1)), (0, 0), 3.0)[..., None]
    return np.asarray(np.clip(wall + grain, 0, 255), dtype=np.uint8)
