"""``python app.py devices``: what works on this computer, what does not, and what to install."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import click

from ar_effects.cli.start import has_screen
from ar_effects.errors import ArEffectsError, ModelError
from ar_effects.version import program_version


def devices_command() -> int:
    """Print one block a subject; 1 if something the app cannot do without is missing."""
    click.echo(f"AR Effects {program_version()}, Python {platform.python_version()}, {platform.platform()}")
    needed = [_section("Networks", _networks), _section("OpenGL", _opengl), _section("Video", _video)]
    _section("Screen", _screen)
    _section("Cameras", _cameras)
    _section("Plug-ins", _plugins)
    return 0 if all(needed) else 1


def _section(title: str, lines: Callable[[], list[str]]) -> bool:
    try:
        text, works = lines(), True
    except ArEffectsError as error:
        text, works = [f"does not work: {error.one_line()}"], False
    for i, line in enumerate(text):
        click.echo(f"{title if i == 0 else '':<10}{line}")
    return works


def _networks() -> list[str]:
    from ar_effects.inference.manifest import read_manifest, read_network
    from ar_effects.inference.provider import choose_provider, runtime_version

    names = list(read_manifest())
    for name in names:
        read_network(name)
    return [
        f"ONNX Runtime {runtime_version()}: {choose_provider().reason}",
        f"intact: {', '.join(names)}",
    ]


def _opengl() -> list[str]:
    from ar_effects.render.context import describe

    info = describe()
    lines = [f"{info['version']}, {info['renderer']}"]
    if any(word in info["renderer"].lower() for word in ("llvmpipe", "softpipe", "swrast")):
        lines.append("drawn by the processor: install your graphics card's driver for more speed")
    return lines


def _video() -> list[str]:
    import av

    from ar_effects.sinks.encoder import find_encoder

    name = find_encoder()
    quality = "" if name == "libx264" else " (H.264 is missing: files are larger; pip install --upgrade av)"
    return [f"PyAV {av.__version__}, encoder {name}{quality}"]


def _screen() -> list[str]:
    if has_screen():
        return ["a window can be opened"]
    return ["none (DISPLAY is not set): `render` and `track` work without one"]


def _cameras() -> list[str]:
    from ar_effects.sources.camera_list import list_cameras

    found = list_cameras()
    if not found:
        return ["none found: plug in a webcam, or use --source demo"]
    return [
        f"{c.index}: {c.name}" + ("" if c.openable else " (no permission: sudo usermod -aG video $USER)")
        for c in found
    ]


def _plugins() -> list[str]:
    from ar_effects.inference.manifest import networks, read_network
    from ar_effects.inference.provider_types import PROVIDERS
    from ar_effects.packs.layer_kinds import LAYERS
    from ar_effects.packs.trigger_kinds import TRIGGERS
    from ar_effects.plugins import Registry, unknown_groups
    from ar_effects.render.passes import ADDED_PASSES
    from ar_effects.sources.spec import SOURCES
    from ar_effects.tracking.analysers import ANALYSERS

    registries: tuple[Registry[Any], ...] = (
        LAYERS,
        ADDED_PASSES,
        TRIGGERS,
        SOURCES,
        networks(),
        ANALYSERS,
        PROVIDERS,
    )
    lines = [
        f"{registry.group}: {name} of {package or 'an unknown package'}"
        for registry in registries
        for name, package in registry.added().items()
    ]
    lines += [f"{problem}" for registry in registries for problem in registry.problems()]
    for name in networks().added():
        try:
            read_network(name)
        except ModelError as error:
            lines.append(error.one_line())
    groups = [registry.group for registry in registries]
    lines += [
        f"{', '.join(packages)}: there are no plug-ins called {group}, but {', '.join(groups)}"
        for group, packages in unknown_groups(groups).items()
    ]
    return lines or ["none"]
