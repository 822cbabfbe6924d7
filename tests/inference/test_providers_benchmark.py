"""benchmarks/providers.py: without a card it says so, with one it holds every column against the CPU."""

from __future__ import annotations

import pytest

from ar_effects.inference.cuda_diagnostics import Problem
from benchmarks import providers


@pytest.fixture
def no_card(monkeypatch):
    problem = Problem("there is no NVIDIA driver (libcuda.so.1)", "install it")
    monkeypatch.setattr(providers, "find_cuda_problem", lambda: problem)
    monkeypatch.setattr(providers, "find_tensorrt_problem", lambda: problem)


def test_without_a_card_the_results_say_so(no_card):
    found, missing = providers.columns(tensorrt=True)
    assert [c.title for c in found] == ["CPU"]
    assert missing["cuda"] == "No GPU could be had: there is no NVIDIA driver (libcuda.so.1)."
    assert "TensorRT cannot run" in missing["tensorrt"]


def test_with_a_card_every_column_is_measured(card, monkeypatch):
    monkeypatch.setattr(providers, "find_cuda_problem", lambda: None)
    monkeypatch.setattr(providers, "NETWORKS", ("face_mesh_attention",))
    found, missing = providers.columns(tensorrt=False)
    records = providers.measure(found, missing, runs=1)
    assert missing == {}
    assert [r["pictures"] for r in records] == [1, 2, 4, 8]
    for record in records:
        assert list(record["columns"]) == ["CPU", "CUDA", "CUDA graphs", "CUDA half", "CUDA half graphs"]
        assert all(c["off_cpu"] < 0.5 for c in record["columns"].values())
    assert providers.batch_gain(records, "face_mesh_attention", "CPU") > 0.1
    assert providers.batch_gain(records, "face_mesh_attention", "TensorRT") is None


def test_a_column_that_fails_is_left_out_and_named(card, monkeypatch):
    monkeypatch.setattr(providers, "find_cuda_problem", lambda: None)
    monkeypatch.setattr(providers, "NETWORKS", ("face_detector_short_range",))
    card.fail_open = "CUDA failure 2: out of memory ;"
    found, missing = providers.columns(tensorrt=False)
    records = providers.measure(found, missing, runs=1)
    assert list(records[0]["columns"]) == ["CPU"]
    assert "CUDA ran out of memory" in missing["face_detector_short_range, CUDA half"]
