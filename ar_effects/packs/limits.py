"""What a pack may cost before it is too heavy for people's machines; published, checked, never enforced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ar_effects.drawlist import Model
from ar_effects.errors import PackError
from ar_effects.media.textures import open_picture
from ar_effects.messages import Message
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
            yield PackError(Message("advice.key-missing"), file=path, key=key)
    yield from untouched(folder, manifest)
    for i, trigger in enumerate(manifest.triggers):
        if trigger.never_fires:
            yield PackError(
                Message("pack.at-key", problem=trigger.never_fires), file=path, key=f"triggers[{i}].key"
            )
    for i, layer in enumerate(pack.layers):
        for note in getattr(layer, "notes", ()):
            file = getattr(manifest.layers[i], "file", "")
            yield PackError(
                Message("advice.model-note", model=file, note=note), file=path, key=f"layers[{i}].file"
            )
    size = pack_bytes(folder)
    if size > PACK_BYTES:
        yield PackError(
            Message("advice.pack-large", megabytes=PACK_BYTES >> 20, size=size / (1 << 20)), file=folder
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
                Message("advice.picture-large", texture_side=TEXTURE_SIDE),
                file=picture_path,
                got="{}x{}".format(*size_px),
            )
    count = triangles(pack)
    if count > TRIANGLES:
        yield PackError(Message("advice.models-heavy", triangles=TRIANGLES), file=folder, got=str(count))


def _pictures(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in PICTURES and p.is_file()]
