"""An effect pack: a folder with ``effect.toml`` and the files it names. Data only, never code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ar_effects.drawlist import Texture
from ar_effects.errors import PackError
from ar_effects.packs.files import MANIFEST, PackFiles
from ar_effects.packs.layer import Layer, Need, needs_of
from ar_effects.packs.layer_kinds import AnyLayer
from ar_effects.packs.manifest import Manifest, read_manifest
from ar_effects.packs.parameters import PictureParameter
from ar_effects.packs.tables import LayerTable


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A loaded pack.

    Attributes:
        name: the folder's.
        folder: where it lies.
        manifest: as it was read.
        layers: loaded, in the order of the manifest.
        pictures: of picture parameters' defaults, by file name.
        needs: what must be measured for it, as its layers, its triggers and ``on_lost`` say.
    """

    name: str
    folder: Path
    manifest: Manifest
    layers: tuple[Layer, ...]
    pictures: Mapping[str, Texture]
    needs: frozenset[Need]

    def shown(self) -> Pack:
        """The pack with every layer there, whatever triggers say."""
        tables = [table.model_copy(update={"show": True}) for table in self.manifest.layers]
        return replace(self, manifest=self.manifest.model_copy(update={"layers": tables, "triggers": []}))

    def only(self, k: int) -> Pack:
        """The pack with nothing but one of its layers, which is there."""
        shown = self.shown()
        manifest = shown.manifest.model_copy(update={"layers": [shown.manifest.layers[k]]})
        return replace(shown, manifest=manifest, layers=(self.layers[k],))


def load_pack(folder: Path) -> Pack:
    """Read and check a pack and everything it names.

    Raises:
        PackError: naming the file, the key, what was expected, what stands there, and the fix.
    """
    return _load(folder, ())


def reload_pack(old: Pack, changed: Collection[Path]) -> Pack:
    """Read a pack again after some of its files changed.

    While nothing but the manifest changed, layers whose tables are as they were are taken over, loaded files
    and all: that makes it quick, and lets what moves go on.

    Raises:
        PackError: as ``load_pack``; ``old`` is as good as before.
    """
    only_manifest = {p.name for p in changed} <= {MANIFEST}
    known = tuple(zip(old.manifest.layers, old.layers, strict=True)) if only_manifest else ()
    return _load(old.folder, known)


def load_layer(table: AnyLayer, files: PackFiles) -> Layer:
    """What a layer's table names, loaded. Raises PackError, with the key that names the file."""
    try:
        return table.load(files)
    except PackError as error:
        raise files.naming(error, table.model_dump()) from error


def _load(folder: Path, known: tuple[tuple[LayerTable, Layer], ...]) -> Pack:
    manifest = read_manifest(folder / MANIFEST)
    files = PackFiles(folder)
    left = list(known)
    layers: list[Layer] = []
    for i, table in enumerate(manifest.layers):
        found = next((entry for entry in left if entry[0] == table), None)
        if found is not None:
            left.remove(found)
        layers.append(found[1] if found else load_layer(table, files.at(f"layers[{i}]")))
    pictures = {
        parameter.default: files.picture(parameter.default, f"parameters.{name}.default")
        for name, parameter in manifest.parameters.items()
        if isinstance(parameter, PictureParameter) and parameter.default
    }
    if manifest.preview:
        files.path(manifest.preview, "preview")
    needs = needs_of(manifest.on_lost).union(
        *(layer.needs for layer in layers),
        *(table.needs for table in manifest.layers),
        *(trigger.needs for trigger in manifest.triggers),
    )
    return Pack(folder.name, folder, manifest, tuple(layers), pictures, needs)
