"""Packs to begin with, for ``packs new``. They stand in ``assets/templates`` and are packs themselves."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ar_effects.errors import AssetError, PackError
from ar_effects.messages import Message
from ar_effects.packs.file_names import DEVICES
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.manifest import Manifest
from ar_effects.paths import ASSETS, EFFECTS, RESTORE

TEMPLATES = ASSETS / "templates"
SCHEMA = EFFECTS / "schema.json"
"""The JSON Schema of manifests, beside the packs: ``packs schema effects/schema.json`` writes it."""

SHARED: dict[str, tuple[Path, ...]] = {"sunglasses": (EFFECTS / "sunglasses" / "sunglasses.glb",)}
"""What a template takes from elsewhere, so that nothing is shipped twice."""

PLACEHOLDER = "Your name"
"""The author of the templates."""

LONGEST = 40
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_SCHEMA_LINE = re.compile(r"^#:schema .*$", re.MULTILINE)
_TITLE_LINE = re.compile(r"^title = .*$", re.MULTILINE)


def make_pack(name: str, template: str, folder: Path) -> Path:
    """Make a pack from a template; it appears whole or not at all.

    Args:
        name: of its folder; letters, digits, - and _.
        template: one of the folders in ``assets/templates``.
        folder: where packs live; made if it is missing.

    Returns:
        The new pack's folder.

    Raises:
        PackError: the name cannot be used, or the folder cannot be written.
        AssetError: the template is not there.
    """
    _check_name(name, folder)
    source = TEMPLATES / template
    if not re.fullmatch(r"[a-z_]+", template) or not (source / MANIFEST).is_file():
        known = sorted(p.parent.name for p in TEMPLATES.glob(f"*/{MANIFEST}"))
        raise AssetError(
            Message("template.unknown", template=template, known=", ".join(known))
            if known
            else Message("template.lost", template=template, restore=RESTORE)
        )
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as temporary:
            made = Path(temporary) / name
            made.mkdir()
            for path in (*sorted(source.iterdir()), *SHARED.get(template, ())):
                if path.is_file():
                    shutil.copyfile(path, made / path.name)
            manifest = made / MANIFEST
            text = manifest.read_text(encoding="utf-8")
            title = re.sub(r"[_-]+", " ", name).strip()
            text = _TITLE_LINE.sub(f'title = "{title[:1].upper()}{title[1:]}"', text, count=1)
            text = _SCHEMA_LINE.sub(f"#:schema {_schema_from(folder)}", text, count=1)
            manifest.write_text(text, encoding="utf-8", newline="\n")
            made.rename(target)
    except OSError as error:
        raise PackError(Message("template.not-made"), file=target, got=error.strerror or str(error)) from None
    return target


def untouched(folder: Path, manifest: Manifest) -> Iterator[PackError]:
    """What a pack still has of the template that it was made from, and should have of its own."""
    path = folder / MANIFEST
    if manifest.author == PLACEHOLDER:
        yield PackError(Message("advice.author-untouched", placeholder=PLACEHOLDER), file=path, key="author")
    if not manifest.preview:
        return
    preview = (folder / manifest.preview).read_bytes()
    for template in TEMPLATES.glob("*/preview.*"):
        if template.stat().st_size == len(preview) and template.read_bytes() == preview:
            yield PackError(
                Message("advice.preview-untouched", preview=manifest.preview), file=path, key="preview"
            )
            return


def _check_name(name: str, folder: Path) -> None:
    if "/" in name or "\\" in name or name in (".", ".."):
        raise PackError(Message("template.name-is-path", name=name))
    if not _NAME.fullmatch(name) or len(name) > LONGEST or name.casefold() in DEVICES:
        near = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-").lstrip("0123456789_-")[:LONGEST]
        usable = bool(near) and near.casefold() not in DEVICES
        raise PackError(
            Message("template.name-refused", name=name, longest=LONGEST),
            fix=Message("hint.did-you-mean", near=near) if usable else Message("template.name-it"),
        )
    if os.path.lexists(folder / name):
        raise PackError(Message("template.folder-taken"), file=folder / name)


def _schema_from(folder: Path) -> str:
    """How editors find the schema from inside of a pack: beside the other packs, or by its full place."""
    return "../schema.json" if folder.resolve() == EFFECTS.resolve() else SCHEMA.resolve().as_uri()
