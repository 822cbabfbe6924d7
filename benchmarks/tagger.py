"""The tagger on real photographs, on renders of our own, and how long it takes.

PHOTOS is a folder of COCO's photographs with ``annotations.json`` (objects and captions), SINGLES one of
folders
of photographs by category. A content tag is right where its synset, or one of its parents below "whole", is
an object or a noun of a caption. The head for everyday things has seen these photographs: each is judged by
weights
and thresholds of a head made without it, parts and all (nine folds, thresholds by folds within the other
eight).
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ar_effects.app.pipeline.offline import render_file
from ar_effects.app.pipeline.tagging import FileTagger, TagOptions, tag_files
from ar_effects.hashtags.light import light_tags
from ar_effects.hashtags.tagger import Tagged, Tagger
from ar_effects.hashtags.wordnet import WordNet, wordnet
from ar_effects.hashtags.words import normalise, singulars
from ar_effects.media.pictures import read_reduced
from ar_effects.packs.library import Library
from ar_effects.sinks.picture import save_picture
from ar_effects.sources.video import VideoSource
from benchmarks.common import DEMO_CLIP, parser, table, write_results
from tools.tagger.everyday import Examples, examples, head_of

FOLDS = 9
CONTENT = ("why.class", "why.posts", "why.everyday", "why.faces")
RENDERS, LARGE, FILES = 20, (4000, 3000), 40
BARS = {"precision": 0.9, "covered": 0.6, "effects": RENDERS, "people": 18, "ratio": 1.2, "rate": 20.0}


def nouns(text: str, net: WordNet) -> set[int]:
    """All meanings of the nouns in a text, of two words together, too; words that are mostly no nouns are
    left."""
    words = re.findall(r"[a-z]+", text.lower())
    found: set[int] = set()
    for word in [*words, *(a + b for a, b in pairwise(words))]:
        irregular = net.irregular_singular(word)
        for form in (word, *([irregular] if irregular else []), *singulars(word)):
            if len(form) > 2 and (net.other_uses(form) or 0) <= 5 * max(1, sum(net.uses(form))):
                found |= set(net.synsets(form))
    return found


def truth_of(entry: dict[str, Any], net: WordNet) -> set[int]:
    """The synsets of a photograph's objects and captions."""
    said = set().union(*(nouns(text, net) for text in entry["captions"]))
    named = (normalise(name) for name, *_ in entry["objects"])
    return said.union(*(net.synsets(name) for name in named))


def is_right(tag: str, truth: set[int], net: WordNet) -> bool:
    """Whether one of a tag's synsets, or of their parents below "whole", is there."""
    return any(truth & {s, *net.parents_below_whole(s)} for s in net.synsets(normalise(tag)))


def content(tagged: Tagged) -> list[str]:
    """The tags that say what is seen."""
    kinds = {"selfie", "portrait", "groupphoto"}
    return [t.tag for t in tagged.tags if t.why.identifier in CONTENT and t.tag not in kinds]


def photographs(photos: Path, data: Examples) -> dict[str, Any]:
    """Precision and coverage out of fold, and what shows of photographs of single things."""
    net = wordnet()
    entries = json.loads((photos / "annotations.json").read_text(encoding="utf-8"))
    order = np.random.default_rng(12).permutation(len(entries))
    right, shown, covered, wrong = 0, 0, 0, []
    with FileTagger(TagOptions(provider="cpu")) as files:
        for fold in range(FOLDS):
            held = order[fold::FOLDS]
            head = head_of(data, np.setdiff1d(np.arange(len(entries)), held))
            files.tagger = Tagger(everyday=head)
            for number in held:
                truth = truth_of(entries[number], net)
                tags = content(files.tag(photos / entries[number]["file"]))
                judged = [is_right(tag, truth, net) for tag in tags]
                right, shown, covered = right + sum(judged), shown + len(tags), covered + bool(tags)
                bad = [tag for tag, ok in zip(tags, judged, strict=True) if not ok]
                wrong += [(entries[number]["file"], bad)] if bad else []
    return {
        "photos": len(entries),
        "tags": shown,
        "precision": right / max(shown, 1),
        "covered": covered / len(entries),
        "wrong": wrong,
    }


def light(folders: list[Path]) -> dict[str, Any]:
    """How many photographs of each folder get each tag of light and colour."""
    found: dict[str, Any] = {}
    for folder in folders:
        files = sorted(folder.rglob("*.jpg"))
        counts: dict[str, int] = {}
        for path in files:
            for tag in light_tags(read_reduced(path, 96).bgr):
                counts[tag.tag] = counts.get(tag.tag, 0) + 1
        found[folder.name] = {"photos": len(files), **counts}
    return found


def renders(folder: Path, faces: list[Path]) -> dict[str, Any]:
    """Twenty pictures with our own effects: is the effect told, and how many people?"""
    names = [n for n in Library().names() if n != "none"]
    with VideoSource(DEMO_CLIP) as source:
        frames = [frame.image for frame in source.frames()]
    sources: list[tuple[Path, int]] = []
    for index in range(RENDERS - min(len(faces), RENDERS // 2)):
        path = folder / f"source{index}.png"
        save_picture(path, frames[(index * 17) % len(frames)])
        sources.append((path, 1))
    sources += [(path, 1) for path in faces[: RENDERS - len(sources)]]
    told, people = 0, 0
    with FileTagger(TagOptions(provider="cpu")) as files:
        for index, (path, count) in enumerate(sources):
            name = names[index % len(names)]
            output = folder / f"render{index}{('.jpg', '.png', '.webp')[index % 3]}"
            render_file(path, output, name, provider="cpu")
            tagged = files.tag(output)
            told += any(t.tag == normalise(name) for t in tagged.tags)
            people += tagged.people == count
    return {"renders": len(sources), "effects": told, "people": people}


def one_picture(repeats: int) -> dict[str, float]:
    """Milliseconds of one decoded picture on one core, faces off, and of the network alone, in turn."""
    tagger = Tagger()
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(0, 255, (12, 16, 3), np.uint8), (640, 480))
    network = tagger.backbone.network
    batch = network.new_batch()
    ours, alone = [], []
    for _ in range(repeats):
        begin = time.perf_counter()
        tagger.tag(picture)
        middle = time.perf_counter()
        network.run(batch)
        ours.append(1e3 * (middle - begin))
        alone.append(1e3 * (time.perf_counter() - middle))
    ratio = float(np.median(np.array(ours) / np.array(alone)))
    return {"ms": float(np.median(ours)), "network_ms": float(np.median(alone)), "ratio": ratio}


def folder_rate(folder: Path) -> dict[str, float]:
    """Pictures a second of a folder of 12-megapixel JPEGs, faces and all; the tagger is loaded before."""
    with VideoSource(DEMO_CLIP) as source:
        image: NDArray[np.uint8] = next(iter(source.frames())).image
    large = cv2.resize(image, LARGE, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, 4, large.shape)
    large = np.clip(large + noise, 0, 255).astype(np.uint8)
    (folder / "large").mkdir()
    for index in range(FILES):
        cv2.imwrite(str(folder / "large" / f"{index}.jpg"), large, [cv2.IMWRITE_JPEG_QUALITY, 90])
    figures: dict[str, float] = {"bytes": (folder / "large" / "0.jpg").stat().st_size}
    for name, faces in (("with_faces", True), ("without_faces", False)):
        begin = 0.0
        for count, _ in enumerate(
            tag_files([folder / "large"], TagOptions(faces=faces, provider="cpu", workers=2))
        ):
            if count == 4:  # networks are loaded, and both threads at work
                begin = time.perf_counter()
        figures[name] = (FILES - 5) / (time.perf_counter() - begin)
    return figures


def main() -> int:
    """Run what was asked for, print one table, write the figures."""
    arguments = parser("tagger", __doc__)
    arguments.add_argument("--photos", type=Path, help="COCO's, with annotations.json")
    arguments.add_argument("--singles", type=Path, help="folders by category")
    arguments.add_argument("--light", type=Path, nargs="*", default=[], help="folders to count light tags in")
    arguments.add_argument("--faces", type=Path, help="pictures with one face each, for half of the renders")
    arguments.add_argument("--repeats", type=int, default=60)
    given = arguments.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures["one_picture"] = one_picture(given.repeats)
        figures["folder"] = folder_rate(folder)
        faces = (
            sorted(p for p in given.faces.iterdir() if p.suffix in (".jpg", ".png")) if given.faces else []
        )
        figures["renders"] = renders(folder, faces)
    if given.photos and given.singles:
        figures["photographs"] = photographs(given.photos, examples(given.photos, given.singles))
    if given.light:
        figures["light"] = light(given.light)
    rows = [
        (f"{part}.{key}", value)
        for part, found in figures.items()
        for key, value in found.items()
        if isinstance(value, int | float)
    ]
    print(table("The tagger", ("figure", "value"), rows))
    write_results(
        "tagger",
        "python -m benchmarks.tagger --photos PHOTOS --singles SINGLES --light FOLDERS --faces FACES",
        {"bars": BARS, **figures},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
