"""The README's figures are those of the benchmarks' last runs, and no document says another."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from ar_effects.paths import ROOT
from tools.docs import figures

README = figures.TARGET.read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_results():
    made = README.split(figures.BEGIN)[1].split(figures.END)[0]
    assert made == figures.sections(), "python -m tools.docs.figures"


def test_the_machine_is_named_and_every_row_names_its_run():
    text = figures.sections()
    machine = json.loads((figures.RESULTS / "track.json").read_text(encoding="utf-8"))["machine"]
    assert machine["cpu"] in text.splitlines()[0]
    rows = [line for line in text.splitlines() if line.startswith("| ") and "results/" in line]
    assert len(rows) >= 15
    for row in rows:
        for name in re.findall(r"benchmarks/results/(\w+)\.json", row):
            assert (figures.RESULTS / f"{name}.json").is_file()


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("memory", lambda f: f["peak_mb"].update({"100": 777.0}), "777"),
        ("hot_reload", lambda f: f.update(median=321.0), "321 ms"),
        ("track", lambda f: f["single_frame_turns"]["640x480"].update(ratio=0.91), "to 0.91"),
        ("privacy", lambda f: f.update(uncovered=3), "3 frames with a bare face"),
        ("expression", lambda f: f["d3.mp4"]["false"].append(1.0), "1 invented"),
    ],
)
def test_another_result_is_another_table(tmp_path, name, change, told):
    results = tmp_path / "results"
    shutil.copytree(figures.RESULTS, results)
    path = results / f"{name}.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    change(run["figures"])
    path.write_text(json.dumps(run), encoding="utf-8")
    assert told in figures.sections(results)
    assert figures.sections(results) != figures.sections()


def test_writing_leaves_the_rest_as_it_is(tmp_path):
    target = tmp_path / "README.md"
    target.write_text(f"before\n{figures.BEGIN}old\n{figures.END}after\n", encoding="utf-8")
    figures.main(target)
    text = target.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    figures.main(target)
    assert target.read_text(encoding="utf-8") == text


def test_documents_do_not_contradict_what_was_built():
    benchmarks = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert "about 1.0" not in benchmarks
    assert "No shadows" not in (ROOT / "docs" / "decisions" / "0003-rendering.md").read_text(encoding="utf-8")


def test_the_changelog_has_what_was_mended_under_fixed():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    added = text.split("### Added")[1].split("###")[0]
    assert "Fixed:" not in added
    assert "### Fixed" in text
