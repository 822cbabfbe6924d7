"""What the benchmarks share: arguments, clips, quantiles, one table, one file of results."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnxruntime

from ar_effects.paths import ASSETS
from ar_effects.sources.video import VideoSource

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ar_effects.records import Image

RESULTS = Path(__file__).with_name("results")
DEMO_CLIP = ASSETS / "demo" / "demo.mp4"
DEMO_TRUTH = ASSETS / "demo" / "demo.jsonl"


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser that shows the module's own text under ``--help``."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def quantiles(values: ArrayLike) -> dict[str, float]:
    """Median, 90 % and 95 % quantile, and mean."""
    v = np.asarray(values, dtype=np.float64)
    return {
        "median": float(np.median(v)),
        "p90": float(np.quantile(v, 0.9)),
        "p95": float(np.quantile(v, 0.95)),
        "mean": float(v.mean()),
    }


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Aligned columns; floats with three digits after the point."""
    cells = [list(header)] + [[f"{c:.3f}" if isinstance(c, float) else str(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = "  ".join("-" * w for w in widths)
    return "\n".join([title, lines[0], rule, *lines[1:]])


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "onnxruntime": onnxruntime.__version__,
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def write_results(name: str, command: str, figures: dict[str, Any]) -> Path:
    """Write ``results/<name>.json``: the command, the machine, the figures rounded to four digits."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    record = {"command": command, "machine": machine(), "figures": _rounded(figures)}
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


def version_of(checkout: Path) -> str:
    """Its commit in short, or its folder's name."""
    done = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or checkout.name


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def read_clip(path: Path, size: tuple[int, int] | None = None, limit: int = 120) -> list[Image]:
    """The first ``limit`` frames of a video, fitted into ``size`` (width, height) if given."""
    frames = []
    with VideoSource(path) as source:
        for frame in source.frames():
            frames.append(fit(frame.image, size) if size else frame.image)
            if len(frames) == limit:
                break
    return frames


def fit(image: Image, size: tuple[int, int]) -> Image:
    """The whole picture scaled into ``size`` and padded with black."""
    width, height = size
    h, w = image.shape[:2]
    if (w, h) == size:
        return image
    scale = min(width / w, height / h)
    new_w, new_h = round(w * scale), round(h * scale)
    scaled = cv2.resize(
        image, (new_w, new_h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    out: Image = np.zeros((height, width, 3), np.uint8)
    x, y = (width - new_w) // 2, (height - new_h) // 2
    out[y : y + new_h, x : x + new_w] = scaled
    return out


def there_and_back(frames: Sequence[Image]) -> list[Image]:
    """A loop without a jump: forward, then backward."""
    return [*frames, *reversed(frames[1:-1])]


@contextmanager
def screen() -> Iterator[str]:
    """A virtual screen of its own, as DISPLAY names it."""
    server = shutil.which("Xvfb")
    if server is None:
        raise SystemExit("Install xvfb: the window is opened on a virtual screen.")
    read, write = os.pipe()
    command = [server, "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        process.terminate()
        process.wait(10)


def run_worker(
    worker: str, arguments: Sequence[object], checkout: Path, **environment: str
) -> dict[str, Any]:
    """What a Python program prints as its last line, as JSON, run in a process of its own on a checkout.

    Args:
        worker: the program's text.
        arguments: of it.
        checkout: whose packages it imports.
        environment: set for it beside what is set here.
    """
    command = [sys.executable, "-c", worker, *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
