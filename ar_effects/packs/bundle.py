"""``.arfx``: a pack in one file, a zip whose every file is listed with its checksum, and the list signed.

A bundle comes from strangers, so nothing in it is believed: names, links, sizes before and after
unpacking, checksums and signature are looked at first. ``installing.py`` puts it to where packs live.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from ar_effects.errors import PackError
from ar_effects.messages import Message
from ar_effects.packs.file_names import clash_of, fault_of
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import load_pack
from ar_effects.packs.signing import signature_of, verified_key
from ar_effects.writing import PartFile, write_error_message

SUFFIX = ".arfx"
CHECKSUMS, SIGNATURE = "checksums.json", "signature.json"
BUNDLE_FORMAT = 2
OLD_FORMAT = 1
"""Signed without a context (``signing.CONTEXT``): such bundles are still taken."""

MAX_FILES = 500
MAX_BYTES = 64 << 20
"""Of all files together, unpacked."""

MAX_RATIO = 200
"""A file that unpacks to more than so many times its size is a bomb; flat textures reach about 100."""

_DATE = (1980, 1, 1, 0, 0, 0)
"""The same files make the same bundle."""


def make_bundle(folder: Path, target: Path, key: bytes) -> Path:
    """Check a pack and write it as one file; nothing is left when that fails.

    Hidden files and folders stay out.

    Args:
        folder: the pack's.
        target: the file to write.
        key: the author's private key, from ``signing.new_key``.

    Returns:
        ``target`` with the suffix ``.arfx``.

    Raises:
        PackError: the pack is broken or too large, or cannot be read.
        SinkError: the file cannot be written.
    """
    pack = load_pack(folder)
    if target.suffix.lower() != SUFFIX:
        target = target.with_name(
            target.name + SUFFIX
        )  # what looks like a suffix is part of the name: cat-1.2
    names = sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    )
    total = sum((folder / name).stat().st_size for name in names)
    if len(names) > MAX_FILES or total > MAX_BYTES:
        raise PackError(
            Message(
                "bundle.too-large",
                max_files=MAX_FILES,
                megabytes=MAX_BYTES >> 20,
                count=len(names),
                total=total / (1 << 20),
            ),
            file=folder,
        )
    for name in names:
        for piece in PurePosixPath(name).parts:
            if fault := fault_of(piece):
                raise PackError(Message("bundle.name-refused", piece=piece, fault=fault), file=folder / name)
    if clash := clash_of(names):
        raise PackError(Message("bundle.names-clash", one=clash[0], other=clash[1]), file=folder)
    part = PartFile(target)
    try:
        with zipfile.ZipFile(part.file, "w", zipfile.ZIP_DEFLATED) as archive:
            sums: dict[str, str] = {}
            for name in names:
                data = _file_bytes(folder / name)
                sums[name] = hashlib.sha256(data).hexdigest()
                archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
            listed = json.dumps(
                {"format": BUNDLE_FORMAT, "id": pack.manifest.id or folder.resolve().name, "files": sums},
                indent=1,
            ).encode()
            archive.writestr(zipfile.ZipInfo(CHECKSUMS, _DATE), listed)
            archive.writestr(zipfile.ZipInfo(SIGNATURE, _DATE), json.dumps(signature_of(listed, key)))
        part.finish()
    except OSError as error:
        raise write_error_message(target, error) from None
    finally:
        part.discard()
    return target


def _file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(
            Message("pack.file-unreadable"), file=path, got=error.strerror or str(error)
        ) from None


def unpack(bundle: Path, folder: Path) -> tuple[str, str]:
    """Check everything and unpack into a folder, which is made.

    Returns:
        The public key the bundle was signed with, and the id it was bundled with; empty in older bundles.

    Raises:
        PackError: it is damaged or unsafe.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            members = _checked_members(bundle, archive)
            sums, signer, named = _checksums(bundle, archive, members)
            folder.mkdir()
            for name, info in members.items():
                if name in (CHECKSUMS, SIGNATURE):
                    continue
                data = _read(bundle, archive, info)
                if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sums[name]):
                    raise _unsafe(bundle, Message("bundle.file-altered", name=name))
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return signer, named
    except FileNotFoundError:
        raise PackError(Message("bundle.missing"), file=bundle) from None
    except IsADirectoryError:
        raise PackError(Message("bundle.is-folder", suffix=SUFFIX), file=bundle) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise PackError(Message("bundle.not-a-bundle"), file=bundle, got=str(error)[:120]) from error


def _checked_members(bundle: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files by name, when all of them may be unpacked."""
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(infos) > MAX_FILES:
        raise _unsafe(bundle, Message("bundle.too-many-files", count=len(infos), max_files=MAX_FILES))
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES:
        raise _unsafe(
            bundle, Message("bundle.unpacks-too-large", total=total >> 20, megabytes=MAX_BYTES >> 20)
        )
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name, pure = info.filename, PurePosixPath(info.filename)
        if (
            pure.is_absolute()
            or ".." in pure.parts
            or "\\" in name
            or ":" in name
            or "\0" in name
            or pure.as_posix() != name
            or any(part.startswith(".") or part != part.strip() or part.endswith(".") for part in pure.parts)
        ):
            raise _unsafe(bundle, Message("bundle.name-escapes", name=name[:80]))
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _unsafe(bundle, Message("bundle.not-a-file", name=name))
        if info.flag_bits & 1:
            raise _unsafe(bundle, Message("bundle.encrypted", name=name))
        if info.file_size > MAX_RATIO * max(info.compress_size, 64):
            raise _unsafe(
                bundle,
                Message(
                    "bundle.compression-bomb", name=name, times=info.file_size / max(info.compress_size, 1)
                ),
            )
        for part in pure.parts:
            if fault := fault_of(part):
                raise _unsafe(bundle, Message("bundle.part-refused", part=part[:80], fault=fault))
        if name in members:
            raise _unsafe(bundle, Message("bundle.name-twice", name=name))
        members[name] = info
    if clash := clash_of(members):
        raise _unsafe(bundle, Message("bundle.name-clash-inside", other=clash[1], one=clash[0]))
    if MANIFEST not in members:
        raise PackError(Message("bundle.no-manifest", manifest=MANIFEST), file=bundle)
    return members


def _checksums(
    bundle: Path, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> tuple[dict[str, str], str, str]:
    """The signed checksums by name, the public key of who signed them, and the pack's id."""
    for name in (CHECKSUMS, SIGNATURE):
        if name not in members:
            raise _unsafe(bundle, Message("bundle.part-missing", name=name))
    text = _read(bundle, archive, members[CHECKSUMS])
    try:
        signed = json.loads(_read(bundle, archive, members[SIGNATURE]))
        signer, old = verified_key(text, signed), False
        if signer is None:
            signer, old = verified_key(text, signed, b""), True
        if signer is None:
            raise _unsafe(bundle, Message("bundle.signature-wrong"))
        listed: Any = json.loads(text)
    except RecursionError:
        raise _unsafe(
            bundle, Message("bundle.signature-unreadable", checksums=CHECKSUMS, signature=SIGNATURE)
        ) from None
    sums = listed.get("files") if isinstance(listed, dict) else None
    formats = (OLD_FORMAT,) if old else (OLD_FORMAT, BUNDLE_FORMAT)
    if not isinstance(listed, dict) or listed.get("format") not in formats:
        raise PackError(Message("bundle.other-format", bundle_format=BUNDLE_FORMAT), file=bundle)
    if not isinstance(sums, dict) or not all(isinstance(v, str) for v in sums.values()):
        raise _unsafe(bundle, Message("bundle.checksums-empty", checksums=CHECKSUMS))
    if set(sums) != set(members) - {CHECKSUMS, SIGNATURE}:
        raise _unsafe(bundle, Message("bundle.files-differ"))
    named = listed.get("id")
    return sums, signer, named if isinstance(named, str) else ""


def _read(bundle: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One file, never more of it than its header promises."""
    with archive.open(info) as opened:
        data = opened.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise _unsafe(bundle, Message("bundle.size-lies", filename=info.filename))
    return data


def _unsafe(bundle: Path, why: Message) -> PackError:
    fix = "" if why.says("fix") else Message("bundle.ask-its-author")
    return PackError(Message("bundle.refused", why=why), file=bundle, fix=fix)
