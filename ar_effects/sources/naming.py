"""What the words after --source name. Light: nothing is loaded to tell a camera from a file."""

from __future__ import annotations

from pathlib import Path

DEMO_WORD, CAMERA_WORDS = "demo", frozenset({"webcam", "camera", "auto"})
"""Words that are no names, however they are written: the built-in clip, and the first camera that works."""


def is_demo(spec: str) -> bool:
    """Whether it names the built-in clip."""
    return spec.strip().casefold() == DEMO_WORD


def is_any_camera(spec: str) -> bool:
    """Whether it asks for the first camera that works; a file of that name wins."""
    return spec.strip().casefold() in CAMERA_WORDS and not exists(Path(spec.strip()))


def is_camera(spec: str) -> bool:
    """Whether `open_source` looks for a camera: by number, by name, or for any."""
    text = spec.strip()
    if is_demo(text) or not text:
        return False
    return text.isdecimal() or is_any_camera(text) or not (exists(Path(text)) or looks_like_path(text))


def is_folder(spec: str) -> bool:
    """Whether it names a folder, which some commands take picture by picture."""
    return not is_demo(spec) and exists(Path(spec)) and Path(spec).is_dir()


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False for what cannot be a name."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with forbidden characters
        return False


def looks_like_path(text: str) -> bool:
    """Whether somebody who types this means a file, be it there or not."""
    return "/" in text or "\\" in text or Path(text).suffix != ""
