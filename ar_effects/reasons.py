"""Why something cannot be had, in kind: what programs ask errors for."""

from __future__ import annotations

from enum import StrEnum


class SourceErrorKind(StrEnum):
    """Why a source gives no pictures."""

    MISSING = "missing"
    """There is nothing of that name: no file, folder or camera."""
    DENIED = "denied"
    """It may not be read or used."""
    UNSUITABLE = "unsuitable"
    """It is something else than what was asked for, or of a kind that is not read here."""
    DAMAGED = "damaged"
    """It is cut off, altered or broken."""
    EMPTY = "empty"
    """There are no pictures in it."""
    LIMITS = "limits"
    """It is larger, smaller or longer than can be worked with."""
    LOST = "lost"
    """A camera that worked stopped, or does not come back."""
    UNREADABLE = "unreadable"
    """The system or a library refuses to read it."""


class ProviderErrorReason(StrEnum):
    """Why an execution provider cannot run."""

    UNKNOWN = "unknown"
    """There is none of that name."""
    NOT_BUILT_IN = "not-built-in"
    """This system's ONNX Runtime has none of it."""
    DRIVER = "driver"
    """There is no graphics driver, or it does not serve."""
    LIBRARY = "library"
    """A library that it needs is missing, damaged or of another version."""
    OUT_OF_MEMORY = "out-of-memory"
    """The graphics card has no memory left."""
    FAILED = "failed"
    """The device refused or failed at its work."""
    WRONG_RESULTS = "wrong-results"
    """It computes, and something else than the CPU does."""
