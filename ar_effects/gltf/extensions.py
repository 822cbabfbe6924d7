"""glTF's extensions: what is read, what is refused by name, and what ``packs check`` says is not drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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

IN_WORDS = {
    "KHR_draco_mesh_compression": "Draco compression",
    "EXT_meshopt_compression": "meshopt compression",
    "KHR_meshopt_compression": "meshopt compression",
    "KHR_texture_basisu": "KTX2 textures",
    "EXT_texture_avif": "AVIF textures",
    "MSFT_texture_dds": "DDS textures",
    "EXT_mesh_gpu_instancing": "instances",
    "KHR_materials_variants": "variants of materials; the first look is drawn",
    "KHR_lights_punctual": "lights of its own; models are lit as the face is",
    "KHR_animation_pointer": "animations of materials",
}
"""What people and exporters call them."""

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


def named(extension: str) -> str:
    """Such as "Draco compression (KHR_draco_mesh_compression)"."""
    words = IN_WORDS.get(extension)
    return f"{words.partition(';')[0]} ({extension})" if words else extension


def not_drawn(text: bytes, used: Iterable[str]) -> Iterator[str]:
    """A sentence on each extension, or part of one, that the file uses and that is not drawn.

    Args:
        text: the file's JSON.
        used: its ``extensionsUsed``, which some exporters forget to fill.
    """
    found = dict.fromkeys([*used, *(match.decode() for match in _KEY.findall(text))])
    for extension in found:
        if extension in SUPPORTED_EXTENSIONS or extension in _SILENT:
            continue
        more = IN_WORDS.get(extension, "").partition("; ")[2]
        yield f"{named(extension)} is not drawn" + (f": {more}" if more else "")
    for key, extension in _PARTS:
        if extension in found and re.search(rb'"' + key + rb'"\s*:', text):
            yield f"{extension} is drawn without its {key.decode()}"
