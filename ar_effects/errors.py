"""The one small tree of errors that people see.

Every error a user, designer or developer can cause or repair is one of these: it says what is
wrong, what was expected, what was found, and what to do. Errors of other libraries are mapped to
them at the place where that library is called; anything else is a defect of ours.
"""

from __future__ import annotations


class ArEffectsError(Exception):
    """What is wrong, in words.

    Args:
        what: one sentence naming the thing (file, camera, key) and the trouble.
        expected: what should have been there, if that helps.
        got: what was there instead.
        fix: what the person can do about it.
    """

    def __init__(self, what: str, *, expected: str = "", got: str = "", fix: str = "") -> None:
        self.what = what
        self.expected = expected
        self.got = got
        self.fix = fix
        super().__init__(self.one_line())

    def one_line(self) -> str:
        """The whole message on one line, as the command line prints it."""
        parts = [self.what.rstrip(".")]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.got:
            parts.append(f"got {self.got}")
        line = ", ".join(parts) + "."
        if self.fix:
            line += f" {self.fix}" if self.fix.endswith(("?", "!")) else f" {self.fix.rstrip('.')}."
        return " ".join(line.split())


class SourceError(ArEffectsError):
    """A camera, video or picture cannot be opened or read."""


class CameraLostError(SourceError):
    """A camera that worked stopped delivering; the app may reconnect."""


class SinkError(ArEffectsError):
    """A file cannot be written; nothing stands under the final name."""


class ModelError(ArEffectsError):
    """A network's file is missing, altered, or cannot be loaded."""


class ProviderError(ModelError):
    """An ONNX Runtime execution provider was asked for by name and cannot run."""


class PackError(ArEffectsError):
    """An effect pack is broken; the message names file and key."""


class AssetError(ArEffectsError):
    """A file the program ships with is missing or damaged."""


class RenderError(ArEffectsError):
    """OpenGL is missing or refused something."""


class InputError(ArEffectsError):
    """A library caller passed an array or value of the wrong kind."""
