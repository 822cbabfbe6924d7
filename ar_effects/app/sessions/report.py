"""The report of a replay: as text, as a file, and two of them side by side with a verdict a line."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from ar_effects.app.sessions.lag import Lag
from ar_effects.errors import InputError
from ar_effects.messages import Message, sentence
from ar_effects.paths import COMMAND
from ar_effects.profiling.spans import REST
from ar_effects.profiling.stages import StageTimes
from ar_effects.writing import write_text

REPORT_FORMAT = 2
KIND = "ar-effects replay"
NAME = 30
"""Width of a figure's name."""

MIN_RUNS = 20

TIME_SLACK = {"p50_ms": 0.2, "p95_ms": 0.4}
"""Six replays of one build on a machine with other work differed by up to this share."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a report.

    Attributes:
        name, value, unit: for people; None where it could not be measured.
        better: which direction is; "" for what is neither good nor bad.
        slack: difference below which two values count as the same, in the figure's own unit.
        slack_share: the same as a share of the other value.
        timed: depends on the machine.
        runs: it rests on; a handful is shown and not judged.
    """

    name: str
    value: float | None
    unit: str = ""
    better: Literal["less", "more", ""] = "less"
    slack: float = 0.0
    slack_share: float = 0.0
    timed: bool = False
    runs: int = MIN_RUNS

    def verdict(self, before: float | None) -> str:
        """Better, worse, same or other than another report's value; empty where either is missing."""
        if self.value is None or before is None or self.runs < MIN_RUNS:
            return ""
        # A lag may be either way round: what counts is how far it is from none.
        gain = abs(before) - abs(self.value)
        if abs(gain) <= max(self.slack, self.slack_share * abs(before)):
            return "same"
        if not self.better:
            return "other"
        return "better" if (gain > 0) == (self.better == "less") else "worse"


def stages_of(times: StageTimes) -> dict[str, dict[str, float]]:
    """The stages' figures as plain data."""
    return {
        s.name: {"count": s.count, "p50_ms": s.median_ms, "p95_ms": s.p95_ms, "total_s": s.total_s}
        for s in sorted(times.summaries(), key=lambda s: s.name.endswith(REST))  # what is left comes last
    }


def lag_of(lag: Lag) -> dict[str, float | None]:
    """The lag as plain data."""
    ms = None if lag.seconds is None else 1000.0 * lag.seconds
    return {"ms": ms, "frames": lag.frames, "correlation": lag.correlation}


def report_text(report: dict[str, Any]) -> str:
    """A report for people."""
    lines = [f"{r.name:<{NAME}}{_figure(r.value):>12} {r.unit}".rstrip() for r in _figures(report)]
    lines += _stage_lines(report["stages"])
    same = report["recorded"]
    if same["identical"]:
        lines.append(sentence("report.identical"))
    else:
        parts = [sentence("report.frames-differ", frames=same["frames_differing"])]
        if same["max_difference_px"] is not None:
            parts.append(sentence("report.landmarks-differ", most_px=same["max_difference_px"]))
        if same["frames_other_faces"]:
            parts.append(sentence("report.other-faces", frames=same["frames_other_faces"]))
        lines.append(f"{', '.join(parts)}.")
        if same["changed"]:
            lines.append(sentence("report.what-changed", changes=", ".join(same["changed"])))
    return "\n".join(lines)


def _stage_lines(stages: dict[str, Any]) -> list[str]:
    lines = ["", f"{'stage':<{NAME}}{'runs':>8}{'p50 ms':>10}{'p95 ms':>10}{'total s':>10}"]
    for name, stage in stages.items():
        numbers = f"{stage['p50_ms']:>10.3f}{stage['p95_ms']:>10.3f}{stage['total_s']:>10.2f}"
        lines.append(f"{name:<{NAME}}{stage['count']:>8}{numbers}")
    return [*lines, ""]


def compare_text(ours: dict[str, Any], other: dict[str, Any]) -> str:
    """Two reports side by side: both values, this one's over the other's, and a verdict a line.

    Figures of different sessions are not judged, nor are times of different machines.
    """
    lines = []
    comparable = ours["session"]["sha256"] == other["session"]["sha256"]
    same_machine = ours.get("machine") == other.get("machine")
    if not comparable:
        lines.append(sentence("report.other-session"))
    elif not same_machine:
        lines.append(sentence("report.other-machine"))
    there = {row.name: row.value for row in _rows(other)}
    lines.append(f"{'':<{NAME}}{'this':>12}{'other':>12}{'ratio':>9}  verdict")
    counts: Counter[str] = Counter()
    for row in _rows(ours):
        before = there.pop(row.name, None)
        ratio = f"{row.value / before:9.3f}" if row.value is not None and before else f"{'-':>9}"
        judged = comparable and (same_machine or not row.timed)
        verdict = row.verdict(before) if judged else ""
        counts[verdict] += 1
        figures = f"{_figure(row.value):>12}{_figure(before):>12}{ratio}"
        lines.append(f"{row.name:<{NAME}}{figures}  {verdict:<7} {row.unit}".rstrip())
    for name, before in there.items():
        lines.append(f"{name:<{NAME}}{'-':>12}{_figure(before):>12}{'-':>9}")
    if comparable:
        lines.append(
            sentence("report.verdicts", better=counts["better"], worse=counts["worse"], same=counts["same"])
        )
    changed = changed_versions(ours["versions"], other["versions"])
    if changed:
        lines.append(sentence("report.versions", changes=", ".join(changed)))
    return "\n".join(lines)


def changed_versions(now: dict[str, str], before: dict[str, str]) -> list[str]:
    """What is of another version, in words."""
    names = sorted(now.keys() | before.keys())
    return [
        sentence(
            "report.version-changed",
            n=n,
            before=before.get(n) or Message("got.none"),
            now=now.get(n) or Message("got.none"),
        )
        for n in names
        if now.get(n) != before.get(n)
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
        raise InputError(Message("report.number-missing"), got=str(error)) from None
    write_text(path, text)


def read_report(path: Path) -> dict[str, Any]:
    """A report written earlier.

    Raises:
        InputError: missing, not JSON, not a report, or of another format.
    """
    fix = Message("report.make-one", command=COMMAND)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(Message("report.unreadable", path=path), got=error.strerror or str(error)) from None
    except ValueError:
        raise InputError(Message("report.not-json", path=path), fix=fix) from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InputError(Message("report.not-a-report", path=path), fix=fix)
    if data.get("format") == 1:  # had no lag
        data["lag"] = {"ms": None, "frames": None, "correlation": None}
    elif data.get("format") != REPORT_FORMAT:
        raise InputError(
            Message("report.other-format", path=path, report_format=REPORT_FORMAT),
            got=str(data.get("format")),
            fix=fix,
        )
    try:
        good = all(row.value is None or isfinite(row.value) for row in _rows(data))
        good &= isinstance(data["versions"], dict) and isinstance(data["session"]["sha256"], str)
    except (KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise InputError(Message("report.damaged", path=path), fix=fix)
    return data


def _figures(report: dict[str, Any]) -> list[Row]:
    """Every figure but the times."""
    hit_rate = None if report["hit_rate"] is None else 100 * report["hit_rate"]
    jitter, lag = report["jitter"], report["lag"]
    return [
        Row("frames", report["frames"], better=""),
        Row("hit rate", hit_rate, "%", better="more", slack=0.1),
        Row("faces a frame", report["faces_per_frame"], better="", slack=0.001),
        Row("landmark jitter", jitter["landmarks_percent"], "% of the eye distance", slack_share=0.02),
        Row("eye anchor jitter", jitter["eyes_percent"], "% of the eye distance", slack_share=0.02),
        Row("lag", lag["ms"], "ms", slack=1.0),
        Row("lag in frames", lag["frames"], "", slack=0.03),
        Row("identities changed", report["id_switches"]),
    ]


def _rows(report: dict[str, Any]) -> list[Row]:
    """Every figure worth a line."""
    rows = _figures(report)
    for name, stage in report["stages"].items():
        for words, key in (("median", "p50_ms"), ("95 %", "p95_ms")):
            slack = TIME_SLACK[key]
            row = Row(f"{name}, {words}", stage[key], "ms", slack=0.01, slack_share=slack, timed=True)
            rows.append(replace(row, runs=stage["count"]))
    return rows


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
