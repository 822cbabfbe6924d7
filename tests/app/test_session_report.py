"""The figures of a report, on series whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ar_effects.app.session_report import (
    KIND,
    Seen,
    compare_text,
    count_id_switches,
    measure_jitter,
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
        "format": 1,
        "session": {"sha256": "abc"},
        "frames": 30,
        "hit_rate": 0.5,
        "faces_per_frame": 0.5,
        "jitter": {"landmarks_percent": 2.0, "eyes_percent": None, "triples": 28},
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
    assert not any("different sessions" in row for row in rows)
    assert "different sessions" in compare_text(ours, report(session={"sha256": "def"}))


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
