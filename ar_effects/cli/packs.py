"""``packs``: what designers and people with packs do with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ar_effects.errors import ArEffectsError, PackError
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND, own_packs

if TYPE_CHECKING:
    from ar_effects.packs.check import Problem
    from ar_effects.sources.spec import SourceSpec

KEY_FILE = "author.key"


def list_command(folder: Path | None) -> int:
    """One line a pack; broken ones are named as such."""
    from ar_effects.packs.library import Library

    library = Library(folder) if folder else Library()
    names = library.names()
    if not names:
        click.echo(sentence("packs.none", folders=" or ".join(map(str, library.folders))))
        return 0
    width = max(len(name) for name in names)
    for name in names:
        try:
            manifest = library.load(name).manifest
        except ArEffectsError as error:
            click.echo(f"{name:{width}}  {sentence('packs.broken', problem=error.one_line())}")
            continue
        tags = " ".join(f"#{tag}" for tag in manifest.tags)
        click.echo(f"{name:{width}}  {manifest.title} {manifest.version}  {tags}".rstrip())
    return 0


def check_command(paths: tuple[Path, ...], strict: bool) -> int:
    """Every problem, one a line; 1 where a pack cannot be worn (or, if strict, could be better)."""
    from ar_effects.packs.library import Library

    bad = False
    library = Library()
    for path in paths or tuple(filter(None, map(library.folder_of, library.names()))):
        problems = _problems(path)
        serious = [p for p in problems if p.serious]
        for problem in problems:
            click.echo(str(problem))
        bad |= bool(problems if strict else serious)
        count, more = len(serious), len(problems) - len(serious)
        message = [_counted("packs.error", count) if count else sentence("packs.good")]
        if more:
            message.append(_counted("packs.advice", more))
        click.echo(f"{path}: {', '.join(message)}")
    return int(bad)


def _counted(what: str, count: int) -> str:
    return sentence(f"{what}-{'one' if count == 1 else 'many'}", count=count)


def upgrade_command(paths: tuple[Path, ...]) -> int:
    """Rewrite manifests in the newest format."""
    from ar_effects.packs.files import MANIFEST
    from ar_effects.packs.formats import FORMAT
    from ar_effects.packs.upgrading import upgrade

    for path in paths:
        changes = upgrade(path / MANIFEST)
        for change in changes:
            line = sentence(
                "upgrade.line", path=path / MANIFEST, line=change.line, before=change.before, now=change.now
            )
            click.echo(line)
        click.echo(sentence("upgrade.done" if changes else "upgrade.newest", path=path, format=FORMAT))
    return 0


def new_command(name: str, template: str, folder: Path | None) -> int:
    """Make a pack to begin with."""
    from ar_effects.packs.templates import make_pack

    made = make_pack(name, template, folder or own_packs())
    here = name if folder is None else str(made)
    click.echo(sentence("packs.made", made=made, command=COMMAND, here=here))
    return 0


def preview_command(path: Path, source: SourceSpec, max_faces: int, provider: Any) -> int:
    """The window on one pack."""
    from ar_effects.cli.start import has_screen, start
    from ar_effects.errors import RenderError

    if not has_screen():
        raise RenderError(Message("window.no-screen-for-pack", path=path))
    for problem in _problems(path):
        click.echo(str(problem), err=True)
    return start(
        source=source,
        effect=str(path.absolute()),
        mirror=None,
        size="1280x720",
        fps=30.0,
        photos=None,
        max_faces=max_faces,
        provider=provider,
        preview=True,
    )


def sheet_command(path: Path, output: Path, pictures: Path | None) -> int:
    """Draw the contact sheet."""
    from ar_effects.app.design.contact_sheet import contact_sheet
    from ar_effects.cli.prepare import prepare
    from ar_effects.packs.pack import load_pack
    from ar_effects.sinks.picture import save_picture
    from ar_effects.sources.open import input_files
    from ar_effects.writing import check_not_input

    pack = load_pack(path)
    read = [*path.rglob("*"), *(input_files(pictures) if pictures else ())]
    check_not_input(output, (p for p in read if p.is_file()))
    prepare()
    sheet = contact_sheet(pack, pictures)
    save_picture(output, sheet.picture)
    for remark in sheet.remarks:
        click.echo(remark)
    click.echo(sentence("cli.saved", output=output))
    return 0


def cost_command(path: Path, size: str, write: bool) -> int:
    """Measure, print, and write the card."""
    from ar_effects.app.design.pack_cost import CARD, measure
    from ar_effects.cli.prepare import prepare
    from ar_effects.cli.start import picture_size
    from ar_effects.packs.pack import load_pack
    from ar_effects.writing import write_text

    pack, pixels = load_pack(path), picture_size(size)
    prepare()
    cost = measure(pack, pixels)
    click.echo(cost.table())
    if write:
        write_text(path / CARD, cost.card())
        click.echo(sentence("cli.saved", output=path / CARD))
    return int(not cost.within_limits)


def bundle_command(path: Path, output: Path | None) -> int:
    """Write the pack as one file, signed with the author's key."""
    from ar_effects.packs.bundle import make_bundle
    from ar_effects.packs.signing import fingerprint, signature_of

    key = _own_key()
    made = make_bundle(path, output or Path(f"{path.resolve().name}.arfx"), key)
    click.echo(sentence("packs.saved-bundle", made=made, signer=fingerprint(signature_of(b"", key)["key"])))
    return 0


def install_command(bundle: Path, replace: bool, trust: bool, older: bool, shaders: bool) -> int:
    """Unpack a bundle into the effects."""
    from ar_effects.packs.installing import install_bundle

    pack, signer = install_bundle(
        bundle, own_packs(), replace=replace, trust=trust, older=older, shaders=shaders
    )
    version = pack.manifest.version
    made = Message(
        "packs.installed" if pack.replaced is None else "packs.replaced",
        title=pack.manifest.title,
        version=version,
        replaced=pack.replaced,
        name=pack.name,
        signer=signer,
    )
    click.echo(str(made))
    return 0


def schema_command(output: Path) -> int:
    """Write or print the JSON Schema of effect.toml."""
    from ar_effects.packs.manifest import json_schema
    from ar_effects.writing import write_text

    text = json_schema()
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(sentence("cli.saved", output=output))
    return 0


def _problems(path: Path) -> list[Problem]:
    """Of the files, and where these are right and there are shaders, of what the driver says to them."""
    from ar_effects.packs.check import find_problems
    from ar_effects.packs.files import MANIFEST

    problems = find_problems(path)
    if any(p.serious for p in problems) or "glsl" not in (path / MANIFEST).read_text("utf-8"):
        return problems
    from ar_effects.app.design.compiling import shader_problems

    return [*shader_problems(path), *problems]


def _own_key() -> bytes:
    """The person's private key; made when it is first needed, readable by nobody else."""
    from ar_effects.packs.signing import new_key
    from ar_effects.settings import settings_folder
    from ar_effects.writing import write_bytes

    path = settings_folder() / KEY_FILE
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, new_key(), private=True)
        key = path.read_bytes()
    except OSError as error:
        raise PackError(Message("key.unreadable"), file=path, got=error.strerror or str(error)) from None
    if len(key) != 32:
        raise PackError(Message("key.damaged"), file=path)
    return key
