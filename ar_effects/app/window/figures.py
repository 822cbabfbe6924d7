"""The window's line of figures."""

from __future__ import annotations

from collections.abc import Sequence

from ar_effects.app.pipeline.live_pipeline import LivePipeline
from ar_effects.inference.provider_types import LABELS, Device
from ar_effects.messages import sentence
from ar_effects.render.detail import DetailStep

DEVICES: dict[Device, str] = {"tensorrt": "TensorRT", "cuda": "CUDA", "cpu": "CPU"}
STAGES = ("track", "draw", "gpu", "present", "text", "flip")


def figures_line(
    pipeline: LivePipeline, drawn_s: Sequence[float], size: tuple[int, int] | None, detail: DetailStep
) -> str:
    """How fast it goes: frames a second, size, detail, medians of the stages in ms, provider, frames dropped.

    Args:
        pipeline: its stages' times, with those the window adds.
        drawn_s: when the last frames were shown, seconds, rising.
        size: (width, height) of the newest frame; None where there is none yet.
        detail: how finely it is drawn.
    """
    span = drawn_s[-1] - drawn_s[0] if len(drawn_s) > 1 else 0.0
    fps = (len(drawn_s) - 1) / span if span > 0 else 0.0
    shape = "{}x{}".format(*size) if size else "-"
    stages = "  ".join(f"{name} {pipeline.times.median_ms(name):.1f}" for name in STAGES)
    how = sentence("figures.size-and-detail", shape=shape, name=detail.name)
    return sentence(
        "figures.line",
        fps=fps,
        how=how,
        stages=stages,
        device=DEVICES.get(pipeline.device) or LABELS[pipeline.device],
        dropped=pipeline.dropped,
    )
