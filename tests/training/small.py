"""A small set of pictures with tags, and a small network that learns them within seconds."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from ar_effects.training.loop import Data, Trainer, split_off
from ar_effects.training.options import RunOptions
from ar_effects.training.shards import Example, ShardSet, WriterOptions, write_shards
from ar_effects.training.store import Store
from ar_effects.training.trainable import Trainable

TAGS = ("sky", "grass", "fire", "stripes", "rare")
COLOURS = {0: (200, 120, 40), 1: (40, 160, 60), 2: (30, 60, 220)}


def picture(generator: np.random.Generator, tags: tuple[int, ...]) -> np.ndarray:
    """(48, 64, 3) BGR: the colours of its tags in patches, with stripes where one is "stripes", and noise."""
    image = np.zeros((48, 64, 3), np.float32)
    colours = [COLOURS[tag] for tag in tags if tag in COLOURS] or [(128, 128, 128)]
    for row in range(4):
        for column in range(4):
            image[row * 12 : row * 12 + 12, column * 16 : column * 16 + 16] = colours[
                generator.integers(len(colours))
            ]
    if 3 in tags:
        image[::6] += 90
    if 4 in tags:
        image[:, ::6] -= 90
    image += generator.normal(0, 25, image.shape) + generator.normal(0, 30, (4, 4, 1)).repeat(12, 0).repeat(
        16, 1
    )
    return np.clip(image, 0, 255).astype(np.uint8)


def examples(folder: Path, count: int, seed: int = 0) -> list[Example]:
    """Pictures in files, with their tags."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    found = []
    for number in range(count):
        tags = [int(generator.choice(3, p=[0.6, 0.3, 0.1]))]
        tags += [3] if generator.random() < 0.3 else []
        tags += [4] if generator.random() < 0.05 else []
        path = folder / f"{number:04d}.png"
        cv2.imwrite(str(path), picture(generator, tuple(tags)))
        found.append(Example(path, tuple(tags)))
    return found


def shards(folder: Path, count: int = 160, per_shard: int = 50, seed: int = 0) -> Path:
    """A folder of shards with so many pictures."""
    write_shards(
        examples(folder / "pictures", count, seed),
        TAGS,
        Store(str(folder / "shards")),
        WriterOptions(side=32, pictures_per_shard=per_shard),
    )
    return folder / "shards"


class SmallNet(nn.Module):
    """Two convolutions with batch normalisation, dropout and a head."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 5, 2, 2, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.1),
        )
        self.head = nn.Linear(16, tags)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(pictures))


def small(seed: int = 0, tags: int = len(TAGS)) -> Trainable:
    torch.manual_seed(seed)
    return Trainable("small", SmallNet(tags), 24, (128.0,) * 3, (64.0,) * 3, "head")


def data(folder: Path, hold_out: float = 0.2, seed: int = 0) -> Data:
    opened = ShardSet(str(folder))
    training, held = split_off(len(opened), hold_out, seed)
    return Data(opened, training, opened, held)


OPTIONS = RunOptions(
    "small", epochs=3, batch=16, learning_rate=1.6, ema=0.9, checkpoint_every=3, hold_out=0.2
)


def trainer(shard_folder: Path, folder: Path, options: RunOptions = OPTIONS, **more) -> Trainer:
    return Trainer(small(), data(shard_folder), options, folder, **more)


def contents(folder: Path) -> dict[str, bytes]:
    """What a run leaves, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def same(one: object, other: object) -> bool:
    """Whether two states are equal to the bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(one[key], other[key]) for key in one)
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def history(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
