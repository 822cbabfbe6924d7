"""Figures of a replay: hit rate, jitter, changed identities, times; and two such reports side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ar_effects.errors import InputError
from ar_effects.geometry.similarity import fit_similarity
from ar_effects.profiling.stages import StageTimes
from ar_effects.records import Face
from ar_effects.sinks.files import write_text

REPORT_FORMAT = 1
KIND = "ar-effects replay"

SWITCH_WITHIN_S = 1.0
"""A face that comes back later than this may well get a new identity."""

SWITCH_WITHIN_EYES = 1.0
"""Eye distances within which two faces in consecutive frames are the same head."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One face in one frame: what the figures need of it."""

    id: int
    landmarks: Array
    eyes: Array

    @classmethod
    def of(cls, face: Face) -> Seen:
        """From the tracker's record."""
        eyes = np.array([face.eyes.left, face.eyes.right], np.float64)
        return cls(face.id, face.landmarks[:, :2].astype(np.float64), eyes)

    @property
    def eye_distance(self) -> float:
        """Pixels; never 0."""
        return max(float(np.hypot(*(self.eyes[0] - self.eyes[1]))), 1e-6)


@dataclass(frozen=True, slots=True)
class Jitter:
    """Root mean squares of second differences over the eye distance, in percent; None without three frames.

    Attributes:
        landmarks: with the head's own motion (move, turn, scale) taken out of every frame.
        eyes: of the eye anchors as they are.
        triples: runs of three frames they rest on.
    """

    landmarks: float | None
    eyes: float | None
    triples: int


def measure_jitter(frames: Sequence[tuple[float, Sequence[Seen]]]) -> Jitter:
    """Jitter over all faces that were seen in three frames in a row.

    A second difference is p(before) - 2 p(now) + p(after). Where frames come unevenly, twice the distance
    of p(now) to the straight line between its neighbours at its own time; evenly spaced that is the same.

    Args:
        frames: (time in seconds, faces seen) of every frame in order.
    """
    shape_sum = eyes_sum = 0.0
    triples = 0
    for (t0, a), (t1, b), (t2, c) in zip(frames, frames[1:], frames[2:], strict=False):
        share = (t1 - t0) / (t2 - t0) if t2 > t0 else 0.5
        before, after = {f.id: f for f in a}, {f.id: f for f in c}
        for now in b:
            if now.id not in before or now.id not in after:
                continue
            first, last = before[now.id], after[now.id]
            shapes = [fit_similarity(f.landmarks, now.landmarks).apply(f.landmarks) for f in (first, last)]
            shape_sum += _square(shapes[0], now.landmarks, shapes[1], share) / now.eye_distance**2
            eyes_sum += _square(first.eyes, now.eyes, last.eyes, share) / now.eye_distance**2
            triples += 1
    if not triples:
        return Jitter(None, None, 0)
    return Jitter(
        100 * float(np.sqrt(shape_sum / triples)), 100 * float(np.sqrt(eyes_sum / triples)), triples
    )


def _square(before: Array, now: Array, after: Array, share: float) -> float:
    """Mean squared length of the points' second differences."""
    second = 2 * ((1 - share) * before + share * after - now)
    return float((second**2).sum(axis=1).mean())


def count_id_switches(frames: Sequence[tuple[float, Sequence[Seen]]]) -> int:
    """How often a head went on under another identity.

    Every face is matched to the nearest of those last seen less than a second ago and less than an eye
    distance away, the nearest pairs first; a match of two identities is a switch.
    """
    switches = 0
    last: dict[int, tuple[float, Seen]] = {}
    for time_s, faces in frames:
        last = {k: v for k, v in last.items() if time_s - v[0] <= SWITCH_WITHIN_S}
        pairs = sorted(
            (
                float(np.hypot(*(face.eyes.mean(axis=0) - old.eyes.mean(axis=0)))) / face.eye_distance,
                i,
                old_id,
            )
            for i, face in enumerate(faces)
            for old_id, (_, old) in last.items()
        )
        matched: dict[int, int] = {}
        for distance, i, old_id in pairs:
            if distance <= SWITCH_WITHIN_EYES and i not in matched and old_id not in matched.values():
                matched[i] = old_id
        for i, old_id in matched.items():
            if faces[i].id != old_id:
                switches += 1
                last.pop(old_id, None)
        last |= {face.id: (time_s, face) for face in faces}
    return switches


def stages_of(times: StageTimes) -> dict[str, dict[str, float]]:
    """The stages' figures as plain data."""
    return {
        s.name: {"count": s.count, "p50_ms": s.median_ms, "p95_ms": s.p95_ms, "total_s": s.total_s}
        for s in times.summaries()
    }


def report_text(report: dict[str, Any]) -> str:
    """A report for people."""
    lines = [f"{name:<38}{_figure(value):>12} {unit}" for name, value, unit in _rows(report)]
    same = report["recorded"]
    if same["identical"]:
        lines.append("Landmarks are identical to the recorded ones: they differ by 0.00 px at most.")
    else:
        parts = [f"{same['frames_differing']} frames differ from the recorded results"]
        if same["max_difference_px"] is not None:
            parts.append(f"landmarks by {same['max_difference_px']:.2f} px at most")
        if same["frames_other_faces"]:
            parts.append(f"other faces in {same['frames_other_faces']}")
        lines.append(f"{', '.join(parts)}.")
        if same["changed"]:
            lines.append(f"What changed since the recording: {', '.join(same['changed'])}.")
    return "\n".join(lines)


def compare_text(ours: dict[str, Any], other: dict[str, Any]) -> str:
    """Two reports side by side; ratios are this one's over the other's."""
    lines = []
    if ours["session"]["sha256"] != other["session"]["sha256"]:
        lines.append("Careful: the two reports are of different sessions.")
    there = {name: value for name, value, _ in _rows(other)}
    lines.append(f"{'':<38}{'this':>12}{'other':>12}{'ratio':>9}")
    for name, value, unit in _rows(ours):
        before = there.pop(name, None)
        ratio = f"{value / before:9.3f}" if value is not None and before else f"{'-':>9}"
        lines.append(f"{name:<38}{_figure(value):>12}{_figure(before):>12}{ratio} {unit}".rstrip())
    changed = changed_versions(ours["versions"], other["versions"])
    if changed:
        lines.append(f"Versions, other to this: {', '.join(changed)}")
    return "\n".join(lines)


def changed_versions(now: dict[str, str], before: dict[str, str]) -> list[str]:
    """What is of another version, in words."""
    names = sorted(now.keys() | before.keys())
    return [
        f"{n} {before.get(n, 'none')} to {now.get(n, 'none')}" for n in names if now.get(n) != before.get(n)
    ]


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report as JSON, whole or not at all.

    Raises:
        SinkError: it cannot be written.
        InputError: it holds a number JSON has no word for.
    """
    try:
        text = json.dumps(report, indent=2, allow_nan=False) + "\n"
    except ValueError as error:
        raise InputError("The report holds a number that is none", got=str(error)) from None
    write_text(path, text)


def read_report(path: Path) -> dict[str, Any]:
    """A report written earlier.

    Raises:
        InputError: missing, not JSON, not a report, or of another format.
    """
    fix = "Make one with: python app.py replay SESSION --report OUT.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The report {path} cannot be read", got=error.strerror or str(error)) from None
    except ValueError:
        raise InputError(f"{path} is not a report", expected="JSON", fix=fix) from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InputError(f"{path} is not a report of a replay", fix=fix)
    if data.get("format") != REPORT_FORMAT:
        raise InputError(
            f"The report {path} has another format",
            expected=str(REPORT_FORMAT),
            got=str(data.get("format")),
            fix=fix,
        )
    try:
        good = all(v is None or isfinite(v) for _, v, _ in _rows(data))
        good &= isinstance(data["versions"], dict) and isinstance(data["session"]["sha256"], str)
    except (KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise InputError(f"The report {path} is damaged", fix=fix)
    return data


def _rows(report: dict[str, Any]) -> list[tuple[str, float | None, str]]:
    """(name, value, unit) of every figure worth a line."""
    rows: list[tuple[str, float | None, str]] = [
        ("frames", report["frames"], ""),
        ("hit rate", None if report["hit_rate"] is None else 100 * report["hit_rate"], "%"),
        ("faces a frame", report["faces_per_frame"], ""),
        ("landmark jitter", report["jitter"]["landmarks_percent"], "% of the eye distance"),
        ("eye anchor jitter", report["jitter"]["eyes_percent"], "% of the eye distance"),
        ("identities changed", report["id_switches"], ""),
    ]
    for name, stage in report["stages"].items():
        rows += [(f"{name}, median", stage["p50_ms"], "ms"), (f"{name}, 95 %", stage["p95_ms"], "ms")]
    return rows


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
