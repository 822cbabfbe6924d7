"""Hashtags of pictures and clips, and the pictures that are most alike.

    python examples/tag_pictures.py [FILE ...]

Without files it makes two pictures with effects from the built-in clip and tags these.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ar_effects import ArEffectsError, FileTagger, open_source, render_file, save_picture


def made(folder: Path) -> list[Path]:
    """Two frames of the clip that wear something."""
    files = []
    with open_source("demo") as source:
        frame = next(iter(source.frames()))
    plain = save_picture(folder / "plain.png", frame.image)
    for effect in ("crown", "dog"):
        files.append(folder / f"{effect}.jpg")
        render_file(plain, files[-1], effect)
    return files


def main(names: list[str]) -> int:
    """Print the tags of every file, and which two are most alike."""
    with tempfile.TemporaryDirectory() as folder, FileTagger() as tagger:
        found = {}
        for path in [Path(name) for name in names] or made(Path(folder)):
            try:
                found[path.name] = tagger.tag(path)
            except ArEffectsError as error:
                print(error.one_line(), file=sys.stderr)
    for name, tagged in found.items():
        print(name, " ".join(f"#{tag.tag}" for tag in tagged.tags))
    pairs = [(float(found[a].embedding @ found[b].embedding), a, b) for a in found for b in found if a < b]
    if pairs:
        score, a, b = max(pairs)
        print(f"most alike ({score:.2f}): {a} and {b}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
