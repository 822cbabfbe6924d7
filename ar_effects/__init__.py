"""AR Effects: real-time face filters for the desktop, and the parts they are made of.

``FaceTracker`` finds and follows faces. ``open_source`` opens a camera, video or picture, ``Library`` and
``Effect`` wear a pack, ``Renderer`` draws it, ``VideoSink`` and ``save_picture`` write it; ``render_file`` is
all of that for a file; ``FileTagger`` and ``Tagger`` give pictures their hashtags. What they raise is an
``ArEffectsError``. ``examples/`` has a program for each use.
``LayerTable``, ``LevelTrigger``, ``EventTrigger``, ``BasicSource`` and ``ExecutionProvider`` are for packages
that add to the program: docs/how-to-add.md.

Importing this package loads nothing heavy until it is used. It writes to the logger ``ar_effects``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

__all__ = [
    "ActiveFace",
    "ArEffectsError",
    "AssetError",
    "BasicSource",
    "Camera",
    "CameraLostError",
    "DrawList",
    "Effect",
    "EventTrigger",
    "ExecutionProvider",
    "Expression",
    "Eyes",
    "Face",
    "FaceTracker",
    "FileTagger",
    "Frame",
    "FrameContext",
    "HeadPose",
    "HeadlessContext",
    "InputError",
    "LayerTable",
    "LevelTrigger",
    "Library",
    "ModelError",
    "Network",
    "PackError",
    "ProviderError",
    "RenderError",
    "Renderer",
    "SinkError",
    "Source",
    "SourceError",
    "SourceInfo",
    "SourceKind",
    "SourceOptions",
    "SourceSpec",
    "StageTimes",
    "StaticLayer",
    "Tag",
    "TagOptions",
    "Tagged",
    "Tagger",
    "TrackedFrame",
    "VideoSink",
    "open_headless",
    "open_source",
    "render_file",
    "save_picture",
]

if TYPE_CHECKING:
    __version__: str
    from ar_effects.app.pipeline.offline import render_file
    from ar_effects.app.pipeline.tagging import FileTagger, TagOptions
    from ar_effects.drawlist import DrawList
    from ar_effects.effects.effect import Effect
    from ar_effects.errors import (
        ArEffectsError,
        AssetError,
        CameraLostError,
        InputError,
        ModelError,
        PackError,
        ProviderError,
        RenderError,
        SinkError,
        SourceError,
    )
    from ar_effects.geometry.camera import Camera
    from ar_effects.hashtags.tagger import Tag, Tagged, Tagger
    from ar_effects.inference.network import Network
    from ar_effects.inference.provider_types import ExecutionProvider
    from ar_effects.packs.layer import ActiveFace, FrameContext, StaticLayer
    from ar_effects.packs.library import Library
    from ar_effects.packs.tables import LayerTable
    from ar_effects.packs.triggers import EventTrigger, LevelTrigger
    from ar_effects.profiling.stages import StageTimes
    from ar_effects.records import Expression, Eyes, Face, Frame, HeadPose, TrackedFrame
    from ar_effects.render.context import HeadlessContext, open_headless
    from ar_effects.render.renderer import Renderer
    from ar_effects.sinks.picture import save_picture
    from ar_effects.sinks.video import VideoSink
    from ar_effects.sources.base import BasicSource, Source, SourceInfo
    from ar_effects.sources.open import open_source
    from ar_effects.sources.spec import SourceKind, SourceOptions, SourceSpec
    from ar_effects.tracking.tracker import FaceTracker

_HOMES = {
    name: f"ar_effects.{home}"
    for home, names in {
        "app.pipeline.offline": ("render_file",),
        "app.pipeline.tagging": ("FileTagger", "TagOptions"),
        "drawlist": ("DrawList",),
        "effects.effect": ("Effect",),
        "packs.layer": ("FrameContext", "StaticLayer", "ActiveFace"),
        "packs.library": ("Library",),
        "packs.tables": ("LayerTable",),
        "packs.triggers": ("EventTrigger", "LevelTrigger"),
        "errors": tuple(name for name in __all__ if name.endswith("Error")),
        "geometry.camera": ("Camera",),
        "inference.provider_types": ("ExecutionProvider",),
        "hashtags.tagger": ("Tag", "Tagged", "Tagger"),
        "inference.network": ("Network",),
        "profiling.stages": ("StageTimes",),
        "records": ("Expression", "Eyes", "Face", "Frame", "HeadPose", "TrackedFrame"),
        "render.context": ("HeadlessContext", "open_headless"),
        "render.renderer": ("Renderer",),
        "sinks.picture": ("save_picture",),
        "sinks.video": ("VideoSink",),
        "sources.base": ("BasicSource", "Source", "SourceInfo"),
        "sources.spec": ("SourceKind", "SourceOptions", "SourceSpec"),
        "sources.open": ("open_source",),
        "tracking.tracker": ("FaceTracker",),
    }.items()
    for name in names
}

logging.getLogger(__name__).addHandler(logging.NullHandler())  # a library says nothing unless it is asked to


def __getattr__(name: str) -> object:
    """Import the public names when they are first asked for (PEP 562)."""
    if name == "__version__":
        from ar_effects.version import program_version  # noqa: PLC0415 - a checkout asks git

        return program_version()
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415 - only where a public name is used

        found = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
