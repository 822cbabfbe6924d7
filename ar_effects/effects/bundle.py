"""``.arfx``: a pack in one file, a zip whose every file is listed with its checksum, and the list signed.

A bundle comes from strangers, so nothing in it is believed: names, links, sizes before and after
unpacking, checksums and signature are looked at first, and the pack is loaded from a folder of its own
before it moves to where packs live, in one step. The signature does not say who the author is, but that
the next version comes from the same one: only with it may a pack be replaced without a question.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from ar_effects.effects.files import MANIFEST
from ar_effects.effects.pack import Pack, load_pack
from ar_effects.effects.signing import fingerprint, signature_of, verified_key
from ar_effects.errors import PackError
from ar_effects.writing import PartFile, write_trouble

SUFFIX = ".arfx"
CHECKSUMS, SIGNATURE = "checksums.json", "signature.json"
SIGNED_BY = ".signed_by"
"""In an installed pack: the key its bundle was signed with."""

BUNDLE_FORMAT = 1

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
    load_pack(folder)
    target = target.with_suffix(SUFFIX)
    names = sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    )
    total = sum((folder / name).stat().st_size for name in names)
    if len(names) > MAX_FILES or total > MAX_BYTES:
        raise PackError(
            f"The pack {folder} is too large for a bundle",
            expected=f"at most {MAX_FILES} files and {MAX_BYTES >> 20} MB",
            got=f"{len(names)} files, {total / (1 << 20):.1f} MB",
            fix="Make its pictures smaller",
        )
    part = PartFile(target)
    try:
        with zipfile.ZipFile(part.file, "w", zipfile.ZIP_DEFLATED) as archive:
            sums: dict[str, str] = {}
            for name in names:
                data = (folder / name).read_bytes()
                sums[name] = hashlib.sha256(data).hexdigest()
                archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
            listed = json.dumps({"format": BUNDLE_FORMAT, "files": sums}, indent=1).encode()
            archive.writestr(zipfile.ZipInfo(CHECKSUMS, _DATE), listed)
            archive.writestr(zipfile.ZipInfo(SIGNATURE, _DATE), json.dumps(signature_of(listed, key)))
        part.finish()
    except OSError as error:
        raise write_trouble(target, error) from None
    finally:
        part.discard()
    return target


def install_bundle(
    bundle: Path, effects: Path, *, replace: bool = False, trust: bool = False
) -> tuple[Pack, str]:
    """Unpack a bundle into the folder of packs, under the bundle's name.

    Args:
        bundle: the ``.arfx`` file.
        effects: where packs live; made if it is missing.
        replace: take the place of a pack of the same name.
        trust: also when that one was signed with another key, or not at all.

    Returns:
        The installed pack, and the fingerprint of its author's key.

    Raises:
        PackError: the bundle is damaged, unsafe or broken, or there is a pack of that name; then nothing
            has changed.
    """
    name = bundle.stem
    if not name or name.startswith(".") or any(c in name for c in "/\\:"):
        raise PackError(f"{bundle} has no name for a pack", fix="Rename the file, such as cat.arfx")
    target = effects / name
    if target.exists() and not replace:
        raise PackError(
            f"There is a pack called {name} already", fix="Add --replace to put this one in its place"
        )
    try:
        effects.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=effects) as temporary:
            folder = Path(temporary) / name
            signer = _unpack(bundle, folder)
            if target.exists() and not trust and _signer(target) != signer:
                raise PackError(
                    f"The pack {name} that is installed was not signed by who signed {bundle}",
                    expected=fingerprint(_signer(target)) if _signer(target) else "a signed pack",
                    got=fingerprint(signer),
                    fix="Add --trust if you know that both are from the same author",
                )
            load_pack(folder)
            (folder / SIGNED_BY).write_text(signer, encoding="ascii")
            old = Path(temporary) / "old"
            if target.exists():
                target.rename(old)
            try:
                folder.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
    except OSError as error:
        raise PackError(f"{target} could not be written", got=error.strerror or str(error)) from None
    return load_pack(target), fingerprint(signer)


def _signer(folder: Path) -> str:
    """The key of an installed pack; empty where there is none."""
    try:
        return (folder / SIGNED_BY).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _unpack(bundle: Path, folder: Path) -> str:
    """Check and unpack; gives the public key it was signed with."""
    try:
        with zipfile.ZipFile(bundle) as archive:
            members = _checked_members(bundle, archive)
            sums, signer = _checksums(bundle, archive, members)
            folder.mkdir()
            for name, info in members.items():
                if name in (CHECKSUMS, SIGNATURE):
                    continue
                data = _read(bundle, archive, info)
                if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sums[name]):
                    raise _unsafe(bundle, f"{name} is not the file that was bundled", "download it again")
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return signer
    except FileNotFoundError:
        raise PackError(f"There is no file {bundle}", fix="Check the name") from None
    except IsADirectoryError:
        raise PackError(
            f"{bundle} is a folder", fix=f"Name a {SUFFIX} file, or copy the folder itself"
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise PackError(
            f"{bundle} is no bundle, or damaged", got=str(error)[:120], fix="Download it again"
        ) from error


def _checked_members(bundle: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files by name, when all of them may be unpacked."""
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(infos) > MAX_FILES:
        raise _unsafe(bundle, f"it holds {len(infos)} files", f"at most {MAX_FILES} are taken")
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES:
        raise _unsafe(bundle, f"it unpacks to {total >> 20} MB", f"at most {MAX_BYTES >> 20} MB are taken")
    members: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
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
            raise _unsafe(bundle, f"the name {name[:80]!r} leads out of the pack or is hidden")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _unsafe(bundle, f"{name} is a link or a device, not a file")
        if info.flag_bits & 1:
            raise _unsafe(bundle, f"{name} is encrypted")
        if info.file_size > MAX_RATIO * max(info.compress_size, 64):
            raise _unsafe(
                bundle,
                f"{name} would unpack to {info.file_size / max(info.compress_size, 1):.0f} times its size",
            )
        if name.casefold() in folded:
            raise _unsafe(bundle, f"{name} is in it twice")
        folded.add(name.casefold())
        members[name] = info
    if MANIFEST not in members:
        raise PackError(
            f"{bundle} is no bundle of an effect: it has no {MANIFEST}", fix="Make it with packs bundle"
        )
    return members


def _checksums(
    bundle: Path, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> tuple[dict[str, str], str]:
    """The signed checksums by name, and the public key of who signed them."""
    for name in (CHECKSUMS, SIGNATURE):
        if name not in members:
            raise _unsafe(bundle, f"it has no {name}", "make it with packs bundle")
    text = _read(bundle, archive, members[CHECKSUMS])
    try:
        signer = verified_key(text, json.loads(_read(bundle, archive, members[SIGNATURE])))
        if signer is None:
            raise _unsafe(bundle, "its signature does not fit")
        listed: Any = json.loads(text)
    except RecursionError:
        raise _unsafe(bundle, f"{CHECKSUMS} or {SIGNATURE} cannot be read") from None
    sums = listed.get("files") if isinstance(listed, dict) else None
    if listed.get("format") != BUNDLE_FORMAT if isinstance(listed, dict) else True:
        raise PackError(
            f"{bundle} is of another format",
            expected=f"bundle format {BUNDLE_FORMAT}",
            fix="Update AR Effects",
        )
    if not isinstance(sums, dict) or not all(isinstance(v, str) for v in sums.values()):
        raise _unsafe(bundle, f"{CHECKSUMS} lists no files")
    if set(sums) != set(members) - {CHECKSUMS, SIGNATURE}:
        raise _unsafe(bundle, "the files in it are not those that were bundled")
    return sums, signer


def _read(bundle: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One file, never more of it than its header promises."""
    with archive.open(info) as opened:
        data = opened.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise _unsafe(bundle, f"{info.filename} is larger than it says")
    return data


def _unsafe(bundle: Path, why: str, fix: str = "") -> PackError:
    return PackError(
        f"{bundle} was not unpacked: {why}", fix=(fix or "ask its author for a good one").capitalize()
    )
