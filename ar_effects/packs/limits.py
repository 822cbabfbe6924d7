"""What a pack may cost before it is too heavy for people's machines; published, checked, never enforced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ar_effects.drawlist import Model
from ar_effects.errors import PackError
from ar_effects.media.textures import open_picture
from ar_effects.packs.files import MANIFEST
from ar_effects.packs.pack import Pack, load_pack
from ar_effects.packs.templates import untouched

PACK_BYTES = 8 << 20
TEXTURE_SIDE = 2048
TRIANGLES = 50_000
"""The limits of Lens Studio, Effect House and Banuba, which designers' assets already keep."""

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def pack_bytes(folder: Path) -> int:
    """Of all files in the folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def triangles(pack: Pack) -> int:
    """Of all models that the pack's layers hold."""
    models = [m for layer in pack.layers if isinstance(m := getattr(layer, "model", None), Model)]
    return sum(len(p.triangles) for model in models for p in model.primitives)


def texture_bytes(pack: Pack) -> int:
    """Of the pack's pictures on the graphics card: four bytes a pixel, and a third more for smaller copies.

    Every file with a picture in the folder counts, and every texture inside of its models.
    """
    pixels = 0
    for path in _pictures(pack.folder):
        with suppress(PackError), open_picture(path) as picture:
            pixels += picture.width * picture.height
    seen: set[int] = set()
    for layer in pack.layers:
        model = getattr(layer, "model", None)
        for primitive in model.primitives if isinstance(model, Model) else ():
            for _, texture in primitive.material.textures:
                if id(texture) not in seen:
                    seen.add(id(texture))
                    pixels += texture.shape[0] * texture.shape[1]
    return pixels * 4 * 4 // 3


def advice(folder: Path) -> Iterator[PackError]:
    """What could be better about a pack that is right."""
    pack = load_pack(folder)
    manifest, path = pack.manifest, folder / MANIFEST
    for key in ("author", "licence", "tags", "preview"):
        if not getattr(manifest, key):
            yield PackError(f"{path} has no {key}", fix=f"Add {key}, so that people find it and may use it")
    yield from untouched(folder, manifest)
    for i, trigger in enumerate(manifest.triggers):
        if trigger.never_fires:
            yield PackError(
                f"{path}, triggers[{i}].key: {trigger.never_fires}",
                expected="a letter but c, h and m, a digit, or another sign of ASCII but space",
                fix="Choose another key",
            )
    for i, layer in enumerate(pack.layers):
        for note in getattr(layer, "notes", ()):
            file = getattr(manifest.layers[i], "file", "")
            yield PackError(f"{path}, layers[{i}].file: {file}: {note}", fix="Look at it with packs sheet")
    size = pack_bytes(folder)
    if size > PACK_BYTES:
        yield PackError(
            f"The pack {folder} is large",
            expected=f"at most {PACK_BYTES >> 20} MB",
            got=f"{size / (1 << 20):.1f} MB",
            fix="Make its pictures smaller",
        )
    for picture_path in _pictures(folder):
        try:
            with open_picture(picture_path) as picture:
                size_px = picture.size
        except PackError as error:  # a file that no layer names: the pack is good without it
            yield error
            continue
        if max(size_px) > TEXTURE_SIDE:
            yield PackError(
                f"The picture {picture_path} is large",
                expected=f"at most {TEXTURE_SIDE} pixels a side",
                got="{}x{}".format(*size_px),
                fix="Make it smaller",
            )
    count = triangles(pack)
    if count > TRIANGLES:
        yield PackError(
            f"The models of {folder} are heavy",
            expected=f"at most {TRIANGLES} triangles",
            got=str(count),
            fix="Simplify them",
        )


def _pictures(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in PICTURES and p.is_file()]
