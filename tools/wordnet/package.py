"""Reads WordNet's files out of Debian's package, and ImageNet's classes out of timm's wheel."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ar_effects.paths import ROOT

CACHE = ROOT / ".cache" / "wordnet"
DEBIAN_PACKAGE = "wordnet-base"
DEBIAN_SHA256 = "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752"  # 1:3.0-37
CLASSES_REQUIREMENT = "timm==1.0.31"
CLASSES_SHA256 = "5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7"
CLASSES_FILE = "timm/data/_info/imagenet_synsets.txt"


def fetch(folder: Path = CACHE) -> tuple[Path, Path]:
    """The two packages, downloaded through apt-get and pip unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob(f"{DEBIAN_PACKAGE}_*.deb")):
        subprocess.run(["apt-get", "download", DEBIAN_PACKAGE], cwd=folder, check=True)
    if not list(folder.glob("timm-*.whl")):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
        subprocess.run([*pip, CLASSES_REQUIREMENT], check=True)
    return next(folder.glob(f"{DEBIAN_PACKAGE}_*.deb")), next(folder.glob("timm-*.whl"))


def check(path: Path, sha256: str) -> bytes:
    """The file's bytes; ValueError where they are not those that the table is made of."""
    data = path.read_bytes()
    got = hashlib.sha256(data).hexdigest()
    if got != sha256:
        raise ValueError(f"{path} has the SHA-256 {got}, expected {sha256}")
    return data


def ar_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file of an ``ar`` archive, which a Debian package is."""
    if not data.startswith(b"!<arch>\n"):
        raise ValueError("this is no Debian package")
    at = 8
    while at + 60 <= len(data):
        name, size = data[at : at + 16].decode().strip().rstrip("/"), int(data[at + 48 : at + 58])
        yield name, data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


def wordnet_files(package: bytes) -> dict[str, str]:
    """WordNet's files by name, such as "data.noun", as text."""
    payload = next(data for name, data in ar_members(package) if name.startswith("data.tar"))
    found = {}
    with tarfile.open(fileobj=io.BytesIO(payload)) as archive:
        for member in archive:
            opened = archive.extractfile(member) if member.isfile() else None
            if opened and "/share/wordnet/" in member.name:
                found[Path(member.name).name] = opened.read().decode("ascii")
    return found


def class_offsets(wheel: bytes) -> list[int]:
    """WordNet offsets of ImageNet's 1000 classes, in the order of the networks' outputs."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return [int(line[1:]) for line in archive.read(CLASSES_FILE).decode().split()]
