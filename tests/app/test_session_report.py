"""The figures of a report, on series whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ar_effects.app.sessions.figures import Seen, count_id_switches, measure_jitter
from ar_effects.app.sessions.report import (
    KIND,
    Row,
    compare_text,
    read_report,
    report_text,
    write_report,
)
from ar_effects.errors import InputError, SinkError

SHAPE = np.random.default_rng(0).uniform(-50, 50, (478, 2))


def seen(who=1, x=0.0, y=0.0, turn=0.0, scale=1.0, noise=0.0, rng=None):
    """A face whose eyes are 40 px apart."""
    c, s = np.cos(turn), np.sin(turn)
    rotation = scale * np.array([[c, -s], [s, c]])
    extra = rng.normal(0, noise, (480, 2)) if rng is not None else np.zeros((480, 2))
    points = np.vstack([SHAPE, [[20, 0], [-20, 0]]]) @ rotation.T + [x, y] + extra
    return Seen(who, points[:478], points[478:])


def test_rigid_motion_is_no_landmark_jitter_but_moves_the_anchors():
    rng = np.random.default_rng(1)
    frames = [
        (i / 30, [seen(x=rng.normal(0, 5), turn=rng.normal(0, 0.1), scale=1 + rng.normal(0, 0.05))])
        for i in range(60)
    ]
    jitter = measure_jitter(frames)
    assert jitter.landmarks == pytest.approx(0, abs=1e-9)
    assert jitter.eyes > 10


def test_even_motion_is_no_jitter_of_the_anchors_whatever_the_times():
    times = np.cumsum(np.random.default_rng(2).uniform(0.01, 0.1, 40))
    jitter = measure_jitter([(t, [seen(x=300 * t, y=-90 * t)]) for t in times])
    assert jitter.eyes == pytest.approx(0, abs=1e-9)
    assert jitter.landmarks == pytest.approx(0, abs=1e-9)
    assert jitter.triples == 38


def test_white_noise_has_the_jitter_it_must_have():
    """The second difference of noise of deviation s in x and y has the mean square 2 * 6 * s * s."""
    rng = np.random.default_rng(3)
    jitter = measure_jitter([(i / 30, [seen(noise=0.1, rng=rng)]) for i in range(400)])
    assert jitter.landmarks == pytest.approx(100 * np.sqrt(12) * 0.1 / 40, rel=0.03)
    assert jitter.eyes == pytest.approx(100 * np.sqrt(12) * 0.1 / 40, rel=0.1)


def test_gaps_and_single_frames_have_no_jitter():
    assert measure_jitter([]).triples == 0
    gaps = [(i / 30, [seen()] if i % 3 else []) for i in range(30)]
    assert measure_jitter(gaps).landmarks is None


def test_identities():
    def walk(ids, step=1.0, gap=0):
        return [(i / 30, [] if i in range(5, 5 + gap) else [seen(n, x=i * step)]) for i, n in enumerate(ids)]

    assert count_id_switches(walk([1] * 20)) == 0
    assert count_id_switches(walk([1] * 10 + [2] * 10)) == 1
    assert count_id_switches(walk([1, 2] * 5)) == 9
    assert count_id_switches(walk([1] * 15 + [2] * 15, gap=10)) == 1, "seen again within a second"
    assert count_id_switches([(0, [seen(1)]), (3, [seen(2)])]) == 0, "gone for long: may be somebody else"
    assert count_id_switches([(0, [seen(1)]), (0.1, [seen(2, x=500)])]) == 0, "far away: somebody else"


def test_swapped_identities_count_for_both():
    here, there = (lambda n: seen(n, x=0)), (lambda n: seen(n, x=200))
    frames = [(0.0, [here(1), there(2)]), (0.1, [here(2), there(1)]), (0.2, [here(2), there(1)])]
    assert count_id_switches(frames) == 2


def report(**changes):
    base = {
        "kind": KIND,
        "format": 2,
        "session": {"sha256": "abc"},
        "frames": 30,
        "hit_rate": 0.5,
        "faces_per_frame": 0.5,
        "jitter": {"landmarks_percent": 2.0, "eyes_percent": None, "triples": 28},
        "lag": {"ms": 4.0, "frames": 0.12, "correlation": 0.99},
        "id_switches": 0,
        "stages": {"track": {"count": 30, "p50_ms": 4.0, "p95_ms": 5.0, "total_s": 0.1}},
        "recorded": {
            "identical": True,
            "max_difference_px": 0.0,
            "frames_differing": 0,
            "frames_other_faces": 0,
            "frames_other_pixels": 0,
            "changed": [],
        },
        "versions": {"ar-effects": "0.1.0", "numpy": "2.0"},
        "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
    }
    return base | changes


def test_reports_side_by_side_with_ratios():
    ours = report(
        jitter={"landmarks_percent": 1.0, "eyes_percent": 3.0, "triples": 28},
        versions={"ar-effects": "0.2.0", "numpy": "2.0"},
    )
    rows = compare_text(ours, report()).splitlines()
    jitter = next(row for row in rows if row.startswith("landmark jitter"))
    assert jitter.split()[2:5] == ["1.000", "2.000", "0.500"]
    anchors = next(row for row in rows if row.startswith("eye anchor"))
    assert anchors.split()[3:6] == ["3.000", "-", "-"]
    assert rows[-1] == "Versions, other to this: ar-effects 0.1.0 to 0.2.0"
    assert jitter.split()[5] == "better"
    assert not any("different" in row for row in rows)


@pytest.mark.parametrize(
    ("row", "before", "verdict"),
    [
        (Row("jitter", 1.0, slack_share=0.02), 1.5, "better"),
        (Row("jitter", 1.0, slack_share=0.02), 0.5, "worse"),
        (Row("jitter", 1.0, slack_share=0.02), 1.01, "same"),
        (Row("hit rate", 99.0, better="more", slack=0.1), 98.0, "better"),
        (Row("hit rate", 97.0, better="more", slack=0.1), 98.0, "worse"),
        (Row("lag", 3.0, slack=1.0), -8.0, "better"),
        (Row("lag", -8.0, slack=1.0), 3.0, "worse"),
        (Row("lag", -3.0, slack=1.0), 3.5, "same"),
        (Row("identities", 0), 2, "better"),
        (Row("identities", 0), 0, "same"),
        (Row("frames", 20, better=""), 30, "other"),
        (Row("lag", None), 3.0, ""),
        (Row("lag", 3.0), None, ""),
        (Row("time", 3.0, runs=2), 9.0, ""),
    ],
)
def test_every_line_has_a_verdict(row, before, verdict):
    assert row.verdict(before) == verdict


def compared(ours, other, name):
    """The verdict of a line, and the last line."""
    rows = compare_text(ours, other).splitlines()
    line = next(row for row in rows if row.startswith(name))
    words = {"better", "worse", "same", "other"} & set(line.split())
    return words.pop() if words else "", rows[-1]


def test_what_cannot_be_compared_is_not_judged():
    slow = report(stages={"track": {"count": 30, "p50_ms": 8.0, "p95_ms": 9.0, "total_s": 0.2}})
    shaky = report(jitter={"landmarks_percent": 4.0, "eyes_percent": None, "triples": 28})
    assert compared(report(), slow, "track, median") == ("better", "Better in 2, worse in 0, same in 7.")
    assert compared(report(), shaky, "landmark jitter") == ("better", "Better in 1, worse in 0, same in 8.")
    elsewhere = {"machine": {"system": "Windows"}}
    assert compared(report(), slow | elsewhere, "track, median")[0] == ""
    assert compared(report(), shaky | elsewhere, "landmark jitter")[0] == "better"
    other = shaky | {"session": {"sha256": "def"}}
    assert compared(report(), other, "landmark jitter")[0] == ""
    assert "different sessions" in compare_text(report(), other)


def test_stages_that_only_one_build_has_are_shown():
    stage = {"count": 30, "p50_ms": 1.0, "p95_ms": 2.0, "total_s": 0.1}
    text = compare_text(report(stages={"track: new": stage}), report(stages={"track: old": stage}))
    assert next(r for r in text.splitlines() if r.startswith("track: new, median")).split()[3:] == [
        "1.000",
        "-",
        "-",
        "ms",
    ]
    assert "track: old, 95 %" in text


def test_a_report_has_a_table_of_stages():
    rows = report_text(report()).splitlines()
    (head,) = [i for i, row in enumerate(rows) if row.startswith("stage")]
    assert rows[head].split() == ["stage", "runs", "p50", "ms", "p95", "ms", "total", "s"]
    assert rows[head + 1].split() == ["track", "30", "4.000", "5.000", "0.10"]
    assert "lag                                  4.000 ms" in rows


def test_reports_of_the_first_format_are_read_and_have_no_lag(tmp_path):
    old = {k: v for k, v in report(format=1).items() if k != "lag"}
    (tmp_path / "r.json").write_text(json.dumps(old))
    read = read_report(tmp_path / "r.json")
    assert compared(report(), read, "lag")[0] == ""
    assert compared(report(), read, "landmark jitter")[0] == "same"


def test_differences_are_told():
    assert "identical" in report_text(report())
    other = report()["recorded"] | {
        "identical": False,
        "frames_differing": 4,
        "max_difference_px": 0.25,
        "frames_other_faces": 1,
        "changed": ["numpy 1 to 2"],
    }
    text = report_text(report(recorded=other))
    assert (
        "4 frames differ from the recorded results, landmarks by 0.25 px at most, other faces in 1." in text
    )
    assert "numpy 1 to 2" in text


def test_reports_are_read_back_as_written(tmp_path):
    write_report(report(), tmp_path / "r.json")
    assert read_report(tmp_path / "r.json") == report()
    with pytest.raises(SinkError):
        write_report(report(), tmp_path / "none" / "r.json")
    with pytest.raises(InputError, match="number"):
        write_report(report(hit_rate=float("nan")), tmp_path / "r.json")
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not a report"),
        ("[]", "not a report of a replay"),
        ('{"kind": "cake"}', "not a report of a replay"),
        (json.dumps(report(format=9)), "another format.*got 9"),
        (json.dumps(report(jitter=None)), "damaged"),
        (json.dumps({k: v for k, v in report().items() if k != "lag"}), "damaged"),
        (json.dumps(report(frames="30")), "damaged"),
        (json.dumps(report(stages={"track": {}})), "damaged"),
    ],
)
def test_broken_reports_are_named(tmp_path, content, words):
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(InputError, match=words) as error:
        read_report(tmp_path / "r.json")
    assert "r.json" in error.value.one_line()
    with pytest.raises(InputError, match="cannot be read"):
        read_report(tmp_path / "none.json")
