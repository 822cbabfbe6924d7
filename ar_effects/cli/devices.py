"""``python app.py devices``: what works on this computer, what does not, and what to install."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import click

from ar_effects.cli.start import has_screen
from ar_effects.errors import ArEffectsError, ModelError
from ar_effects.messages import Message, sentence
from ar_effects.version import program_version


def devices_command() -> int:
    """Print one block a subject; 1 if something the app cannot do without is missing."""
    click.echo(
        sentence(
            "devices.program",
            version=program_version(),
            python=platform.python_version(),
            system=platform.platform(),
        )
    )
    needed = [
        _section(sentence("devices.title-networks"), _networks),
        _section(sentence("devices.title-opengl"), _opengl),
        _section(sentence("devices.title-video"), _video),
    ]
    _section(sentence("devices.title-screen"), _screen)
    _section(sentence("devices.title-cameras"), _cameras)
    _section(sentence("devices.title-plugins"), _plugins)
    return 0 if all(needed) else 1


def _section(title: str, lines: Callable[[], list[str]]) -> bool:
    try:
        text, works = lines(), True
    except ArEffectsError as error:
        text, works = [sentence("devices.does-not-work", problem=error.one_line())], False
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
        sentence("devices.runtime", version=runtime_version(), choice=choose_provider().reason),
        sentence("devices.networks", names=", ".join(names)),
    ]


def _opengl() -> list[str]:
    from ar_effects.render.context import describe

    info = describe()
    lines = [f"{info['version']}, {info['renderer']}"]
    if any(word in info["renderer"].lower() for word in ("llvmpipe", "softpipe", "swrast")):
        lines.append(sentence("devices.software"))
    return lines


def _video() -> list[str]:
    import av

    from ar_effects.sinks.encoder import find_encoder

    name = find_encoder()
    found = "devices.encoder" if name == "libx264" else "devices.other-encoder"
    return [sentence(found, version=av.__version__, name=name)]


def _screen() -> list[str]:
    if has_screen():
        return [sentence("devices.screen")]
    return [sentence("devices.no-screen")]


def _cameras() -> list[str]:
    from ar_effects.sources.camera_list import list_cameras

    found = list_cameras()
    if not found:
        return [sentence("devices.no-camera")]
    return [
        sentence("devices.camera" if c.openable else "devices.denied-camera", index=c.index, name=c.name)
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
        sentence(
            "devices.plugin",
            group=registry.group,
            name=name,
            package=package or Message("plugin.unknown-package"),
        )
        for registry in registries
        for name, package in registry.from_plugins().items()
    ]
    lines += [str(problem) for registry in registries for problem in registry.problems()]
    for name in networks().from_plugins():
        try:
            read_network(name)
        except ModelError as error:
            lines.append(error.one_line())
    groups = [registry.group for registry in registries]
    lines += [
        sentence(
            "devices.plugins-of-no-group",
            packages=", ".join(packages),
            group=group,
            groups=", ".join(groups),
        )
        for group, packages in unknown_groups(groups).items()
    ]
    return lines or [sentence("got.none")]
