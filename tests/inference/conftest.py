"""A pretended graphics card for the tests of networks."""

from __future__ import annotations

from typing import Any

import onnxruntime as ort
import pytest
from devices import GRAPH_REFUSED, Card, Session

from ar_effects.inference import cuda
from ar_effects.inference.provider_types import CPU


@pytest.fixture
def card(monkeypatch, tmp_path) -> Card:
    """Sessions on CUDA or TensorRT open, with the CPU at work."""
    made = Card()
    real_session = ort.InferenceSession
    real_value = ort.OrtValue.ortvalue_from_shape_and_type

    def session(data: bytes, options: Any, providers: list[Any], **rest: Any) -> Any:
        assert rest == {"enable_fallback": 0}, "its own fall-back prints"
        if providers == [CPU]:
            return real_session(data, options, providers=providers, **rest)
        made.opened.append(providers)
        if made.fail_open:
            raise RuntimeError(made.fail_open)
        if made.refuse_graphs and providers[0][1]["enable_cuda_graph"] == "1":
            raise RuntimeError(GRAPH_REFUSED)
        return Session(made, real_session(data, options, providers=[CPU], **rest), providers[0][0])

    def value(shape: Any, kind: Any, place: str, device: int) -> Any:
        assert (place, device) == ("cuda", 0)
        if made.fail_buffer:
            raise RuntimeError(made.fail_buffer)
        return real_value(shape, kind, "cpu", 0)

    monkeypatch.setattr(ort, "InferenceSession", session)
    monkeypatch.setattr(ort.OrtValue, "ortvalue_from_shape_and_type", value)
    monkeypatch.setattr(ort.IOBinding, "synchronize_outputs", lambda _: None)
    monkeypatch.setattr(cuda, "cuda_runtime", lambda: None)
    monkeypatch.setattr("ar_effects.inference.network.cuda_runtime", lambda: None)
    monkeypatch.setattr("ar_effects.inference.network._LOST", [])
    monkeypatch.setattr("ar_effects.inference.sessions.user_cache_path", lambda *_a, **_k: tmp_path / "cache")
    return made
