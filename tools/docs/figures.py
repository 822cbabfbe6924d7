"""``python -m tools.docs.figures``: the README's table of figures, from benchmarks/results/*.json.

No figure there is typed by hand: who runs a benchmark again runs this, too, and a test says where it was
forgotten. Each row names the file it comes from, and the text above the table the machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from ar_effects.paths import ROOT
from tools.docs.marked_sections import write_between

TARGET = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- figures: python -m tools.docs.figures -->\n", "<!-- end of figures -->\n"


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        what: was measured.
        figures: as the run gave them.
        run: the name of its results' file.
    """

    what: str
    figures: str
    run: str


def sections(results: Path = RESULTS) -> str:
    """Everything between the marks."""
    paths = sorted(results.glob("*.json"))
    runs = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    rows = _rows({name: run["figures"] for name, run in runs.items()})
    machines = [runs[row.run]["machine"] for row in rows]
    where = f"Measured on {_machines(machines)}, without a graphics card (OpenGL by {_driver(runs)})"
    spread = "one run each ([docs/tracking.md](docs/tracking.md) tells how far runs differ)"
    how = "Only the ratios carry over. How: [benchmarks/](benchmarks/README.md)."
    lines = [f"{where}, {_dates(machines)}; {spread}. {how}", "", "| | | run |", "|---|---|---|"]
    lines += [f"| {what} | {told} | [{run}](benchmarks/results/{run}.json) |" for what, told, run in rows]
    return "\n".join(lines) + "\n"


def _rows(f: dict[str, Any]) -> list[Row]:
    return [*_tracking(f), *_truth(f), *_drawing(f)]


def _tracking(f: dict[str, Any]) -> list[Row]:
    track, found = f["track"], f["finding"]["turned"]["0"]
    ours, peer = f["steadiness"]["ours"], f["steadiness"]["peer"]
    alone, everything = _ratios(track["sizes"]), _ratios(track["everything"])
    faces = f["finding"]["annotated_faces"]
    hits = [found[who]["hit_rate_percent"] for who in ("ours", "peer")]
    (rest, shake), (peer_rest, peer_shake) = (
        [who[kind]["mean"] for kind in ("rest", "shake")] for who in (ours, peer)
    )
    agreement, pictures = f["agreement"]["difference_percent"], f["agreement"]["pictures"]
    return [
        Row(
            "tracking one face, with pose, against MediaPipe FaceMesh with refined landmarks, "
            "in turns of 30 frames",
            f"{alone} of its time; {everything} with smoothing, expression and head size, too",
            "track",
        ),
        Row(
            "the same in turns of a single frame, each with caches the other emptied",
            _ratios(track["single_frame_turns"]),
            "track",
        ),
        Row("four faces with everything, against its four", f"{track['four_faces']['ratio']:.2f}", "track"),
        Row(
            f"annotated faces found, of {faces}; their points' error on those both find",
            f"{hits[0]:.3g} % (MediaPipe {hits[1]:.1f} %); {found['nme_ratio_common']:.2f} of MediaPipe's",
            "finding",
        ),
        Row(
            "move at rest; error while shaken at 1 Hz",
            f"{rest:.2f} % of the eye distance (MediaPipe {peer_rest:.2f} %); "
            f"{shake:.2f} % ({peer_shake:.2f} %)",
            "steadiness",
        ),
        Row(
            f"distance to MediaPipe's own 478 points on {pictures} pictures",
            f"{agreement['median']:.2f} % of the eye distance (median over {agreement['faces']} faces)",
            "agreement",
        ),
    ]


def _truth(f: dict[str, Any]) -> list[Row]:
    demo, photographs, clips = f["demo_truth"], f["pose"]["photographs"], f["expression"].values()
    axes = _degrees(demo[axis]["mean"] for axis in ("yaw_deg", "pitch_deg", "roll_deg"))
    hits, listed = (sum(clip[key] for clip in clips) for key in ("hits", "listed"))
    invented = sum(len(clip["false"]) for clip in clips)
    return [
        Row(
            "demo clip, against its ground truth: eye anchors; yaw, pitch, roll",
            f"{demo['eyes_percent']['mean']:.1f} % of the eye distance; {axes} (means)",
            "demo_truth",
        ),
        Row(
            f"head angles of {len(photographs['faces'])} photographed people against references: "
            "yaw, pitch, roll",
            f"{_degrees(photographs['mean_absolute']['assumed'])} (means)",
            "pose",
        ),
        Row(
            f"blinks and winks in {len(clips)} clips, listed by eye",
            f"{hits} of {listed}, {invented or 'none'} invented",
            "expression",
        ),
    ]


def _drawing(f: dict[str, Any]) -> list[Row]:
    drawn = {c["case"]: c["draw + read BGR"] for c in f["render"]["cases"] if c["size"] == "1280x720"}
    glasses, reload, privacy = f["anchoring"]["all"], f["hot_reload"], f["privacy"]
    eyes, pupils, lenses = (
        glasses[key]["mean"]
        for key in ("discs from anchors", "discs from pupils", "lenses from where pupils put them")
    )
    against = f["memory_against"]["as it is"]["ratios"]
    with_face, memory = sum(clip["with_face"] for clip in privacy["clips"]), f["memory"]["peak_mb"]
    return [
        Row(
            "drawing the sunglasses with their shadow and the face's light, and reading back, 1280x720",
            f"{drawn['third']:.0f} ms with the face a third of the height, {drawn['near']:.0f} ms when it "
            "fills it",
            "render",
        ),
        Row(
            f"glasses on the eyes of {len(f['anchoring']['clips'])} clips, on rendered pixels",
            f"{eyes:.1f} % of the eye distance from the eyes; {pupils:.1f} % from pupils that look around, "
            f"with and without shut eyes; {lenses:.1f} % for the sunglasses' own lenses, parallax taken off",
            "anchoring",
        ),
        Row(
            "glasses anywhere on wide, tall and joined pictures, against those on a middle face",
            f"of one height within {100 * f['lens']['worst']:.0f} %",
            "lens",
        ),
        Row(
            "from a saved pack to the changed picture",
            f"{reload['median']:.0f} ms (median of {reload['saves']}), {reload['worst']:.0f} ms at worst",
            "hot_reload",
        ),
        Row(
            f"the privacy pack over {with_face} frames with faces that leave, return, turn and are covered",
            f"{privacy['uncovered']} frames with a bare face",
            "privacy",
        ),
        _broken_packs(f["fuzz_packs"]),
        Row(
            f"peak memory of `render` on {', '.join(memory)} frames of 1280x720",
            ", ".join(f"{mb:.0f}" for mb in memory.values()) + " MB",
            "memory",
        ),
        Row(
            "`render` of the demo clip against the commit before (ee416f6), in turns",
            f"{against['wall s']:.2f} of its time, {against['cpu s']:.2f} of its processor time, "
            f"{against['peak MB']:.2f} of its peak memory",
            "memory_against",
        ),
    ]


def _broken_packs(fuzz: dict[str, Any]) -> Row:
    kinds = fuzz["kinds"]
    failures = sum(kind["failures"] for kind in kinds.values())
    slowest = max(kind["slowest ms"] for kind in kinds.values()) / 1000.0
    shared = any("shared" in name for name in kinds)
    told = f"{failures or 'no'} failures, {slowest:.2f} s at most, {fuzz['memory_over_base_mb']:.0f} MB"
    if not shared:
        told += "; pictures that many layers share came after this run ([bars](benchmarks/README.md))"
    return Row(f"{fuzz['cases']:,} broken packs", told, "fuzz_packs")


def _ratios(sizes: dict[str, Any]) -> str:
    """The ratio at each size; they differ by chance more than by size."""
    ratios = sorted({f"{run['ratio']:.2f}" for run in sizes.values()})
    return ratios[0] if len(ratios) == 1 else f"{ratios[0]} to {ratios[-1]}"


def _degrees(values: Any) -> str:
    return ", ".join(f"{value:.1f}" for value in values) + " degrees"


def _machines(machines: list[dict[str, Any]]) -> str:
    return " and ".join(sorted({f"{m['cores']} cores of an {m['cpu']}" for m in machines}))


def _driver(runs: dict[str, Any]) -> str:
    return str(runs["render"]["figures"]["driver"]["renderer"])


def _dates(machines: list[dict[str, Any]]) -> str:
    dates = sorted({m["date"] for m in machines})
    return dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"


def main(target: Path = TARGET) -> None:
    """Write them between the marks."""
    write_between(target, BEGIN, END, sections())


if __name__ == "__main__":
    main()
