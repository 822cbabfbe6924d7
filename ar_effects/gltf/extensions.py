"""glTF's extensions: what is read, what is refused by name, and what ``packs check`` says is not drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ar_effects.messages import Message, Text, sentence

SUPPORTED_EXTENSIONS = (
    "KHR_materials_transmission",
    "KHR_materials_ior",
    "KHR_materials_specular",
    "KHR_materials_volume",
    "KHR_materials_emissive_strength",
    "KHR_materials_unlit",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
    "KHR_draco_mesh_compression",
    "EXT_texture_webp",
)

NAMES = {
    "KHR_draco_mesh_compression": Message("extension.draco"),
    "EXT_meshopt_compression": Message("extension.meshopt"),
    "KHR_meshopt_compression": Message("extension.meshopt"),
    "KHR_texture_basisu": Message("extension.ktx2"),
    "EXT_texture_avif": Message("extension.avif"),
    "MSFT_texture_dds": Message("extension.dds"),
    "EXT_mesh_gpu_instancing": Message("extension.instances"),
    "KHR_materials_variants": Message("extension.variants"),
    "KHR_lights_punctual": Message("extension.lights"),
    "KHR_animation_pointer": Message("extension.animated-materials"),
}
"""What people and exporters call them."""

_INSTEAD = {
    "KHR_materials_variants": Message("extension.first-variant"),
    "KHR_lights_punctual": Message("extension.lit-as-the-face"),
}
"""What is drawn in the place of some."""

MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")

_SILENT = frozenset({"KHR_xmp", "KHR_xmp_json_ld"})
"""They change nothing that could be seen."""

_KEY = re.compile(rb'"((?:KHR|EXT)_\w{1,80})"\s*:')

_PARTS: tuple[tuple[bytes, str], ...] = (
    (b"specularColorTexture", "KHR_materials_specular"),
    (b"specularTexture", "KHR_materials_specular"),
    (b"thicknessTexture", "KHR_materials_volume"),
    (b"attenuationColor", "KHR_materials_volume"),
)
"""Keys of extensions that are drawn in part."""


def named(extension: str) -> Text:
    """Such as "Draco compression (KHR_draco_mesh_compression)"."""
    name = NAMES.get(extension)
    return Message("extension.named", name=name, extension=extension) if name else extension


def not_drawn(json: bytes, used: Iterable[str]) -> Iterator[str]:
    """A sentence on each extension, or part of one, that the file uses and that is not drawn.

    Args:
        json: the file's JSON.
        used: its ``extensionsUsed``, which some exporters forget to fill.
    """
    found = dict.fromkeys([*used, *(match.decode() for match in _KEY.findall(json))])
    for extension in found:
        if extension in SUPPORTED_EXTENSIONS or extension in _SILENT:
            continue
        if extension in _INSTEAD:
            yield sentence(
                "gltf.extension-drawn-otherwise", extension=named(extension), instead=_INSTEAD[extension]
            )
        else:
            yield sentence("gltf.extension-not-drawn", extension=named(extension))
    for key, extension in _PARTS:
        if extension in found and re.search(rb'"' + key + rb'"\s*:', json):
            yield sentence("gltf.extension-in-part", extension=extension, key=key.decode())
