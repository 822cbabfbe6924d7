"""``python -m tools.tagger COCO CALTECH``: make ``models/tagger_everyday.npz`` anew.

COCO is a folder of photographs with ``annotations.json``, CALTECH one of folders by category.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ar_effects.hashtags.everyday_head import SHIPPED, write_everyday
from tools.tagger.everyday import examples, head_of


def main(photos: str, singles: str) -> None:
    """Make the head and say what it shows."""
    head = head_of(examples(Path(photos), Path(singles)))
    write_everyday(SHIPPED, head)
    for tag, threshold in zip(head.tags, head.threshold, strict=True):
        print(f"{tag:<20} {threshold:6.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
