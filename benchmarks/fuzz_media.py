"""Does any picture or video, however broken, crash the readers or hang them, and is any whole one refused?

A file of every kind of picture and of every container and codec that can be made here is changed at random,
each case from a seed of its own: bytes overwritten, flipped, cut out, put in, cut off. Only errors in words
may come out, on one line and with advice, within ten seconds. The whole files are read first: all must open,
with no note of damage. A case that kills the process is found, for it runs in a process of its own that is
started again behind it. Returns 2 when a bar is missed; `--case NAME:SEED` repeats one.
"""

from __future__ import annotations

import argparse
import io
import itertools
import multiprocessing
import sys
import tempfile
import time
import traceback
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from ar_effects.errors import ArEffectsError, PackError, SourceError
from ar_effects.media.alpha_video import AlphaVideo
from ar_effects.media.textures import read_picture
from ar_effects.sources.picture import load_frame
from ar_effects.sources.video import VideoSource
from benchmarks.common import parser, table, write_results

SLOWEST_S, STARTED_S = 10.0, 60.0
FRAMES = 6
SIZE = (96, 64)

PICTURES: dict[str, dict[str, Any]] = {
    "png": {},
    "jpg": {},
    "webp": {},
    "gif": {},
    "tif": {"compression": "tiff_lzw"},
    "bmp": {},
    "jp2": {},
    "ppm": {},
    "avif": {},
}
VIDEOS = {
    # ending: codecs with their pixel formats
    "mp4": (
        ("libx264", "yuv420p"),
        ("libx265", "yuv420p10le"),
        ("mpeg4", "yuv420p"),
        ("libsvtav1", "yuv420p"),
    ),
    "mov": (("prores_ks", "yuva444p10le"), ("png", "rgba"), ("mjpeg", "yuvj420p")),
    "mkv": (("libx264", "yuv444p"), ("ffv1", "gbrp10le"), ("libvpx-vp9", "yuv420p")),
    "webm": (("libvpx", "yuv420p"), ("libvpx-vp9", "yuva420p")),
    "avi": (("mpeg4", "yuv420p"), ("mjpeg", "yuvj420p"), ("huffyuv", "yuv422p")),
    "ts": (("libx264", "yuv420p"), ("mpeg2video", "yuv420p")),
    "mpg": (("mpeg2video", "yuv420p"), ("mpeg1video", "yuv420p")),
    "flv": (("flv", "yuv420p"),),
    "ogv": (("libtheora", "yuv420p"),),
    "gif": (("gif", "rgb8"),),
    "apng": (("apng", "rgba"),),
    "mxf": (("mpeg2video", "yuv422p"),),
    "nut": (("ffv1", "yuv420p"),),
    "wmv": (("wmv2", "yuv420p"),),
    "3gp": (("mpeg4", "yuv420p"),),
    "y4m": (("wrapped_avframe", "yuv420p"),),
}


def pattern(i: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A frame with edges, colours and a little noise."""
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    waves = np.stack([x * 2 + 9 * i, y * 3, 128 + 100 * np.sin((x + y + 5 * i) / 9)], axis=-1)
    noise = np.random.default_rng(i).integers(0, 12, waves.shape)
    return np.clip(waves + noise, 0, 255).astype(np.uint8)


def whole_files(folder: Path) -> dict[str, Path]:
    """One file of every kind that this build of the libraries can write, by its name."""
    found: dict[str, Path] = {}
    exif = Image.Exif()
    exif[0x0112] = 6
    for ending, options in PICTURES.items():
        path = folder / f"picture.{ending}"
        extra: dict[str, Any] = {"exif": exif.tobytes()} if ending in ("jpg", "png", "webp", "avif") else {}
        try:
            Image.fromarray(pattern(0)).save(path, **options, **extra)
        except (OSError, KeyError, ValueError):
            continue
        found[path.name] = path
    deep = folder / "deep.png"
    Image.fromarray(pattern(0)[..., 0].astype(np.uint16) * 257).save(deep)
    found[deep.name] = deep
    for ending, codecs in VIDEOS.items():
        for codec, pixel_format in codecs:
            path = folder / f"{codec}.{pixel_format}.{ending}"
            if _write_video(path, codec, pixel_format):
                found[path.name] = path
    return found


def _write_video(path: Path, codec: str, pixel_format: str) -> bool:
    """False where the library cannot write it."""
    memory = io.BytesIO()
    muxer = {"ts": "mpegts", "mkv": "matroska", "wmv": "asf", "y4m": "yuv4mpegpipe", "mpg": "mpeg"}
    ending = path.suffix[1:]
    try:
        with av.open(memory, "w", format=muxer.get(ending, ending.replace("ogv", "ogg"))) as out:
            stream: Any = out.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = *SIZE, pixel_format
            for i in range(FRAMES):
                frame = av.VideoFrame.from_ndarray(pattern(i), "rgb24").reformat(format=pixel_format)
                frame.pts, frame.time_base = i, Fraction(1, 25)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, OSError):
        return False
    path.write_bytes(memory.getvalue())
    return path.stat().st_size > 0


def changed(data: bytes, rng: np.random.Generator) -> bytes:
    """The same file, broken in one to six places; in half of the cases near its head."""
    result = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        if len(result) < 16:
            break
        reach = len(result) if rng.random() < 0.5 else min(len(result), 400)
        at = int(rng.integers(0, reach))
        length = int(rng.integers(1, 40))
        match int(rng.integers(0, 6)):
            case 0:
                result[at] ^= 1 << int(rng.integers(0, 8))
            case 1:
                result[at : at + length] = rng.bytes(length)
            case 2:
                del result[at : at + length]
            case 3:
                result[at:at] = rng.bytes(length)
            case 4:
                result[at : at + 4] = bytes([(0, 255, 127)[int(rng.integers(0, 3))]]) * 4
            case _:
                del result[int(rng.integers(16, len(result) + 1)) :]
    return bytes(result)


def read(path: Path) -> tuple[str, ...]:
    """Read it as a source and as a file of a pack; gives the notes. Raises ArEffectsError."""
    if path.stem.removeprefix("case-") in ("picture", "deep"):
        try:
            read_picture(path)
        except PackError as error:
            _check_words(error)
        load_frame(path)
        return ()
    try:
        for _ in itertools.islice(AlphaVideo(path).frames(), 4 * FRAMES):
            pass
    except SourceError as error:
        _check_words(error)
    with VideoSource(path) as source:
        for _ in itertools.islice(source.frames(), 4 * FRAMES):
            pass
        return source.info.notes


def _check_words(error: ArEffectsError) -> None:
    text = str(error)
    assert text, "an error says something"
    assert "\n" not in text, "on one line"
    assert len(text) < 1500, "which a person can read"


def _worker(pipe: Connection) -> None:
    """Reads what it is told to, and says what came of it: refused, read, or a traceback."""
    pipe.send("ready")
    while True:
        path = pipe.recv()
        try:
            read(path)
            pipe.send("read")
        except ArEffectsError as error:
            try:
                _check_words(error)
                pipe.send("refused")
            except AssertionError:
                pipe.send(traceback.format_exc())
        except BaseException:
            pipe.send(traceback.format_exc())


class Reader:
    """A process that reads files, started again where one has killed it or will not end."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._pipe, other = self._context.Pipe()
        self._process = self._context.Process(target=_worker, args=(other,), daemon=True)
        self._process.start()
        other.close()
        if not self._pipe.poll(STARTED_S):
            raise RuntimeError("the reading process did not start")
        self._pipe.recv()

    def read(self, path: Path) -> str:
        """What came of it: "read", "refused", or what should not have been."""
        self._pipe.send(path)
        try:
            if self._pipe.poll(SLOWEST_S):
                return str(self._pipe.recv())
            said = f"no end after {SLOWEST_S:.0f} s"
        except (EOFError, OSError):
            self._process.join()
            said = f"the process ended with {self._process.exitcode}"
        self.close()
        self._start()
        return said

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def main() -> int:
    """Run all cases."""
    arguments = _arguments()
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        files = whole_files(Path(temporary))
        for name, path in files.items():
            try:
                notes = read(path)
            except ArEffectsError as error:
                failures.append(f"{name}, which is whole, is refused: {error}")
                continue
            failures += [
                f"{name}, which is whole: {note}" for note in notes if "damage" in note or "cut" in note
            ]
        names = list(files)
        cases = [(names[i % len(names)], i // len(names)) for i in range(arguments.cases)]
        if arguments.case:
            name, seed = arguments.case.rsplit(":", 1)
            cases = [(name, int(seed))]
        rows = {name: [0, 0, 0, 0.0] for name in names}
        reader = Reader()
        start = time.perf_counter()
        for name, seed in cases:
            if time.perf_counter() - start > arguments.seconds:
                break
            rng = np.random.default_rng([seed, *name.encode()])
            broken = Path(temporary) / f"case-{name}"
            broken.write_bytes(changed(files[name].read_bytes(), rng))
            begin = time.perf_counter()
            said = reader.read(broken)
            row = rows[name]
            row[0] += 1
            row[1] += said == "refused"
            row[3] = max(row[3], time.perf_counter() - begin)
            if said not in ("read", "refused"):
                row[2] += 1
                failures.append(f"{name}:{seed}\n{said}")
        reader.close()
        seconds = time.perf_counter() - start
    done = sum(int(row[0]) for row in rows.values())
    header = ("file", "cases", "refused", "failures", "slowest s")
    print(table(f"{done} broken files in {seconds:.0f} s", header, [(n, *row) for n, row in rows.items()]))
    for failure in failures[: arguments.show]:
        print(f"\n{failure}", file=sys.stderr)
    print(f"{len(failures)} failures")
    if not arguments.case:
        kinds = {n: dict(zip(header[1:], row, strict=True)) for n, row in rows.items()}
        figures = {"cases": done, "failures": len(failures), "seconds": seconds, "files": kinds}
        print(write_results("fuzz_media", "python -m benchmarks.fuzz_media", figures))
    return 2 if failures else 0


def _arguments() -> argparse.Namespace:
    p = parser("fuzz_media", __doc__)
    p.add_argument("--cases", type=int, default=5_000)
    p.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    p.add_argument("--case", help="one case again, such as picture.png:17")
    p.add_argument("--show", type=int, default=5, help="how many failures to print")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(main())
