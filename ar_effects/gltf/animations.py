"""glTF animations -> rig.Clip: channels that share their times are evaluated together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast, get_args

import numpy as np

from ar_effects.gltf import rig
from ar_effects.gltf.accessors import read_floats
from ar_effects.gltf.rig import Channel, Clip
from ar_effects.messages import Message, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ar_effects.gltf.file import GltfFile
    from ar_effects.gltf.rig import Floats
    from ar_effects.gltf.schema import AnimationChannel, AnimationSampler

MAX_CHANNELS, MAX_NUMBERS = 2048, 4_000_000
"""Of one animation."""

_WIDTHS = {"translation": "VEC3", "rotation": "VEC4", "scale": "VEC3", "weights": "SCALAR"}


class _Kind(NamedTuple):
    path: str
    times: int
    interpolation: str
    morph: int  # -1 but for weights: their numbers differ


def animation_names(file: GltfFile) -> list[str]:
    """In the file's order; one without a name is called by its number."""
    return [animation.name or str(i) for i, animation in enumerate(file.document.animations)]


def animated_nodes(file: GltfFile, name: str) -> tuple[set[int], set[int]]:
    """Nodes that an animation moves, and nodes whose weights it changes."""
    moved: set[int] = set()
    bent: set[int] = set()
    for _, channel, _ in _channels(file, name):
        if channel.target.node is not None:
            (bent if channel.target.path == "weights" else moved).add(channel.target.node)
    return moved, bent


def read_clip(
    file: GltfFile, name: str, nodes: Mapping[int, int], morphs: Mapping[int, tuple[int, int]]
) -> Clip:
    """One animation.

    Args:
        file: the opened file.
        name: as in ``animation_names``.
        nodes: index in the rig by node; nodes that are not shown are left out.
        morphs: index and count of weights of the morphs by node; the others are left out.

    Raises:
        PackError: keys are missing, damaged, or in no order.
    """
    alike: dict[_Kind, list[tuple[int, Floats, Floats | None]]] = {}
    times: dict[int, Floats] = {}
    numbers = 0
    for where, channel, sampler in _channels(file, name):
        node, path = channel.target.node, channel.target.path
        if node is None or node not in (morphs if path == "weights" else nodes):
            continue
        if sampler.input not in times:
            times[sampler.input] = _times(file, sampler.input, where)
        width = morphs[node][1] if path == "weights" else None
        values, tangents = _keys(file, sampler, len(times[sampler.input]), path, width, where)
        numbers += values.size
        if numbers > MAX_NUMBERS:
            raise file.error(where, Message("gltf.animation-too-long", max_numbers=MAX_NUMBERS))
        target = morphs[node][0] if path == "weights" else nodes[node]
        kind = _Kind(path, sampler.input, sampler.interpolation, target if path == "weights" else -1)
        alike.setdefault(kind, []).append((target, values, tangents))
    channels = []
    for kind, found in alike.items():
        morph_values = [t for _, _, t in found if t is not None]
        channels.append(
            Channel(
                cast("rig.Path", kind.path),
                np.array([target for target, _, _ in found], np.intp),
                times[kind.times],
                np.stack([values for _, values, _ in found], axis=1),
                np.stack(morph_values, axis=2) if morph_values else None,
                step=kind.interpolation == "STEP",
            )
        )
    duration = max([0.0, *(float(t[-1]) for t in times.values())])
    return Clip(duration, tuple(channels))


def _channels(file: GltfFile, name: str) -> Iterator[tuple[str, AnimationChannel, AnimationSampler]]:
    index = animation_names(file).index(name)
    animation = file.document.animations[index]
    if len(animation.channels) > MAX_CHANNELS:
        raise file.error(
            f"animations[{index}].channels",
            Message("gltf.too-many-channels", max_channels=MAX_CHANNELS),
            got=len(animation.channels),
        )
    for i, channel in enumerate(animation.channels):
        where = f"animations[{index}].channels[{i}]"
        if channel.target.path not in get_args(rig.Path):
            continue  # of an extension
        if channel.target.node is not None:
            file.item(file.document.nodes, channel.target.node, "nodes", f"{where}.target.node")
        sampler = file.item(
            animation.samplers, channel.sampler, f"animations[{index}].samplers", f"{where}.sampler"
        )
        yield f"animations[{index}].samplers[{channel.sampler}]", channel, sampler


def _times(file: GltfFile, accessor: int, where: str) -> Floats:
    """(k,) rising. Of equal ones the later comes an instant later, so that the value jumps there."""
    times = read_floats(file, accessor, f"{where}.input", ("SCALAR",))[:, 0].astype(np.float64)
    if (np.diff(times) < 0.0).any():
        raise file.error(f"{where}.input", Message("gltf.times-do-not-rise"))
    if times[0] < 0.0:
        file.note(sentence("gltf.keys-before-0"))
    if (np.diff(times) <= 0.0).any():
        for k in range(1, len(times)):
            if times[k] <= times[k - 1]:
                times[k] = np.nextafter(times[k - 1], np.inf)
    return times


def _keys(
    file: GltfFile, sampler: AnimationSampler, count: int, path: str, width: int | None, where: str
) -> tuple[Floats, Floats | None]:
    """(k, w) values and (k, 2, w) tangents of one channel."""
    raw = read_floats(file, sampler.output, f"{where}.output", (_WIDTHS[path],)).astype(np.float64)
    width = width or raw.shape[1]
    cubic = sampler.interpolation == "CUBICSPLINE"
    expected = count * (3 if cubic else 1) * (width if path == "weights" else 1)
    if len(raw) != expected:
        raise file.error(
            f"{where}.output", Message("gltf.output-count"), expected=str(expected), got=len(raw)
        )
    if not cubic:
        return raw.reshape(count, width), None
    keys = raw.reshape(count, 3, width)
    return keys[:, 1], keys[:, [0, 2]]
