"""``python -m tools.wordnet``: assets/hashtags/wordnet.npz, the nouns of WordNet 3.0, from Debian's package.

Downloads ``wordnet-base`` by apt-get and, for the order of ImageNet's classes, the wheel of timm by pip,
unless both are named. The same packages give the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ar_effects.paths import ASSETS
from tools.assets.deterministic import save_npz
from tools.wordnet.package import CLASSES_SHA256, DEBIAN_SHA256, check, class_offsets, fetch, wordnet_files
from tools.wordnet.table import noun_table

TABLE = ASSETS / "hashtags" / "wordnet.npz"
NOTICE = ASSETS / "hashtags" / "WORDNET-LICENSE"


def notice(data: str) -> str:
    """Princeton's licence, as it stands at the head of each of WordNet's files, without its line numbers."""
    head = [line for line in data.splitlines() if line.startswith("  ")]
    return "\n".join(line.strip().partition(" ")[2].rstrip() for line in head).strip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.wordnet", description=__doc__)
    parser.add_argument("--package", type=Path, help="Debian's wordnet-base_*.deb")
    parser.add_argument("--classes", type=Path, help="timm's wheel")
    parser.add_argument("--out", type=Path, default=TABLE)
    arguments = parser.parse_args()
    package, wheel = arguments.package, arguments.classes
    if not (package and wheel):
        fetched = fetch()
        package, wheel = package or fetched[0], wheel or fetched[1]
    files = wordnet_files(check(package, DEBIAN_SHA256))
    table = noun_table(files, class_offsets(check(wheel, CLASSES_SHA256)))
    save_npz(arguments.out, **table)
    arguments.out.with_name(NOTICE.name).write_text(notice(files["data.noun"]), encoding="utf-8")
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes, {len(table['offsets']):,} synsets")


if __name__ == "__main__":
    main()
