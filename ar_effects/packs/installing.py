"""Puts a bundle to where packs live, in one step, once everything in it was looked at.

The signature does not say who the author is, but that the next version comes from the same one: only with it
may a pack be replaced without a question. Which pack that is says the id that was signed, whatever the file
is called.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ar_effects.errors import PackError
from ar_effects.messages import Message
from ar_effects.packs.bundle import SUFFIX, unpack
from ar_effects.packs.file_names import fault_of
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.manifest import Manifest, read_toml
from ar_effects.packs.pack import load_pack
from ar_effects.packs.signing import fingerprint

SIGNED_BY = ".signed_by"
"""In an installed pack: the key its bundle was signed with, and the id it was bundled with."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A pack that was put in place.

    Attributes:
        name: the folder's.
        folder: where it lies.
        manifest: as it was read.
        replaced: the version that was there before; None without one.
    """

    name: str
    folder: Path
    manifest: Manifest
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an installed pack without loading it."""

    folder: Path
    id: str
    version: str
    signer: str


def install_bundle(
    bundle: Path,
    effects: Path,
    *,
    replace: bool = False,
    trust: bool = False,
    older: bool = False,
    shaders: bool = False,
) -> tuple[Installed, str]:
    """Unpack a bundle into the folder of packs, under the bundle's name or in the place of the same pack.

    Args:
        bundle: the ``.arfx`` file.
        effects: where packs live; made if it is missing.
        replace: take the place of the same pack, or of one of the same name.
        trust: also when that one was signed with another key, or not at all, or is another pack.
        older: also when that one is of a later version.
        shaders: also when it brings shaders, programs of its author's for the graphics card.

    Returns:
        The installed pack, and the fingerprint of its author's key.

    Raises:
        PackError: the bundle is damaged, unsafe or broken, or one of the above was not given; then nothing
            has changed.
    """
    name = bundle.name[: -len(SUFFIX)] if bundle.name.lower().endswith(SUFFIX) else bundle.stem
    if not name or name.startswith(".") or any(c in name for c in "/\\:"):
        raise PackError(Message("install.no-name"), file=bundle)
    if fault := fault_of(name):
        raise PackError(Message("install.name-refused", name=name, fault=fault), file=bundle)
    target = effects / name
    try:
        effects.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=effects) as temporary:
            folder = Path(temporary) / name
            signer, named = unpack(bundle, folder)
            table = read_toml(folder / MANIFEST)
            identity = _text(table.get("id")) or named or name
            there = _same(effects, identity, target)
            if there is not None:
                _check_place(bundle, there, identity, signer, replace=replace, trust=trust)
                target = there.folder
            pack = load_pack(folder)
            if there is not None and not older and _earlier(pack.manifest.version, there.version):
                raise PackError(
                    Message("install.older", name=target.name, version=there.version),
                    file=bundle,
                    got=pack.manifest.version,
                )
            names = dict.fromkeys(name for layer in pack.layers for name in layer.shader_files)
            if names and not shaders:
                raise PackError(
                    Message("install.shaders"),
                    file=bundle,
                    got=", ".join(names)[:120],
                )
            (folder / SIGNED_BY).write_text(f"{signer}\n{identity}\n", encoding="utf-8")
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
        raise PackError(
            Message("install.not-written"), file=target, got=error.strerror or str(error)
        ) from None
    version = None if there is None else there.version
    return Installed(target.name, target, pack.manifest, version), fingerprint(signer)


def _check_place(
    bundle: Path, there: _Known, identity: str, signer: str, *, replace: bool, trust: bool
) -> None:
    """Whether a pack may take the place of another. Raises PackError."""
    name = there.folder.name
    if not replace:
        raise PackError(
            Message("install.there-already", name=name)
            if there.id == identity
            else Message("install.another-there-already", name=name, bundle=bundle),
            file=bundle,
        )
    if there.signer != signer and not trust:
        raise PackError(
            Message("install.other-signer", name=name),
            file=bundle,
            expected=fingerprint(there.signer) if there.signer else Message("install.a-signed-pack"),
            got=fingerprint(signer),
        )
    if there.id != identity and not trust:
        raise PackError(
            Message("install.other-pack", name=name), file=bundle, expected=there.id, got=identity
        )


def _same(effects: Path, identity: str, target: Path) -> _Known | None:
    """The installed pack of this id, or else the one in the place that the file's name asks for."""
    folders = [target, *sorted(p.parent for p in effects.glob(f"*/{MANIFEST}") if p.parent != target)]
    known = [_known(folder) for folder in folders if folder.exists()]
    same = next((k for k in known if k.id == identity), None)
    return same or next((k for k in known if k.folder == target), None)


def _known(folder: Path) -> _Known:
    try:
        signer, _, rest = (folder / SIGNED_BY).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        signer, rest = "", ""
    try:
        table = read_toml(folder / MANIFEST)
    except PackError:  # a broken one can be replaced like any other
        table = {}
    identity = _text(table.get("id")) or rest.strip() or folder.name
    return _Known(folder, identity, _text(table.get("version")) or "1.0", signer.strip())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(.*)", re.DOTALL)


def _earlier(one: str, other: str) -> bool:
    """Whether a version is before another: by its numbers; 1.0-beta is before 1.0, and words tell nothing."""
    found = [_VERSION.fullmatch(version.strip()) for version in (one, other)]
    if found[0] is None or found[1] is None:
        return False
    numbers = [[int(part) for part in match[1].split(".")] for match in found if match]
    length = max(map(len, numbers))
    padded = [(*n, *[0] * (length - len(n))) for n in numbers]
    ends = [match[2].strip() for match in found if match]
    return (padded[0], not ends[0], ends[0]) < (padded[1], not ends[1], ends[1])
