"""What networks can run on, and the record of which was taken."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

ProviderName = Literal["auto", "tensorrt", "cuda", "cpu"]
Device = Literal["tensorrt", "cuda", "cpu"]

TENSORRT = "TensorrtExecutionProvider"
CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

LABELS: dict[Device, str] = {"tensorrt": "TensorRT", "cuda": "CUDA", "cpu": "the CPU"}
"""As sentences call them."""

_ORT_NAMES: dict[Device, list[str]] = {
    "tensorrt": [TENSORRT, CUDA, CPU],  # what one cannot do, the next does
    "cuda": [CUDA, CPU],
    "cpu": [CPU],
}


@dataclass(slots=True, eq=False)
class Provider:
    """The provider taken; the networks made with it share it.

    Attributes:
        name: what the networks run on now.
        reason: one sentence for the person: which runs, why, and what would change it.
        may_fall_back: nobody asked for it by name, so that a device that fails while it runs gives way to
            the CPU; otherwise that is an error.
        float16: the networks' bodies run in float16.
        graphs: CUDA records a network's work once and replays it.
    """

    name: Device
    reason: str
    may_fall_back: bool = False
    float16: bool = False
    graphs: bool = True

    @property
    def ort_names(self) -> list[str]:
        """ONNX Runtime's names, the preferred one first."""
        return _ORT_NAMES[self.name]

    def fall_back(self, what: str) -> None:
        """Run on the CPU from now on, and say so, once.

        Args:
            what: what went wrong, as a sentence's second half: "CUDA ran out of memory".
        """
        if self.name == "cpu":
            return
        self.name = "cpu"
        self.reason = f"Networks run on the CPU from here on, because {what}."
        # Without a handler of the application's own, Python prints a warning's text to stderr and no more.
        logging.getLogger(__name__).warning(self.reason)
