"""``python -m tools.docs.pack_pictures``: the pictures of docs/effect-packs.md, made by the app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from ar_effects.cli.pack_commands import TEMPLATES as NAMES
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.templates import make_pack
from ar_effects.sinks.picture import save_picture
from tools.docs.__main__ import PICTURES
from tools.docs.previews import demo_frames, preview

AMBER, BLUE = "#ffa03c", "#2a7de1"


def main(folder: Path = PICTURES) -> None:
    """Make all three."""
    frames = demo_frames()
    with TemporaryDirectory() as temporary:
        made = [make_pack(name, name, Path(temporary)) for name in NAMES]
        shown = [preview(pack, frames) for pack in made]
        small = [cv2.resize(p, (300, 300), interpolation=cv2.INTER_AREA) for p in shown]
        print(save_picture(folder / "pack_templates.jpg", np.ascontiguousarray(np.hstack(small))))
        manifest = made[0] / MANIFEST
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace(AMBER, BLUE), encoding="utf-8")
        pair = [p[60:400, 60:420] for p in (shown[0], preview(made[0], frames))]
        print(save_picture(folder / "pack_lens.jpg", np.ascontiguousarray(np.hstack(pair))))
    target = folder / "pack_error.jpg"
    command = [sys.executable, "-m", "benchmarks.hot_reload", "--saves", "2", "--screenshot", str(target)]
    subprocess.run([*command, "--no-results"], check=False)
    print(target)


if __name__ == "__main__":
    main()
