"""An effect on every picture and video of a folder: ``python batch_folder.py FOLDER OUTPUT [EFFECT]``.

A file that cannot be read, or holds no face, is told in a line, and the rest goes on.
"""

import sys
from pathlib import Path

from ar_effects import ArEffectsError, render_file

VIDEOS = {".mp4", ".mov", ".mkv", ".webm", ".avi"}

folder, output = Path(sys.argv[1]), Path(sys.argv[2])
effect = sys.argv[3] if len(sys.argv) > 3 else "sunglasses"
output.mkdir(parents=True, exist_ok=True)
failed = 0
for path in sorted(p for p in folder.iterdir() if p.is_file()):
    target = output / f"{path.stem}{'.mp4' if path.suffix.lower() in VIDEOS else '.png'}"
    try:
        report = render_file(str(path), target, effect)
    except ArEffectsError as error:
        failed += 1
        print(f"{path.name}: {error}")  # what is wrong, what was expected, and what to do
    else:
        print(f"{path.name}: {report.frames_with_face} of {report.frames} with a face, saved {target.name}")
sys.exit(1 if failed else 0)
