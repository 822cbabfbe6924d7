"""A graphics card for tests: ONNX Runtime's CPU under the names of CUDA and TensorRT; told to fail, it does.

Everything but the card is real: the sessions, the fixed buffers, the binding, the networks.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from ar_effects.inference.provider_types import CPU

OUT_OF_MEMORY = (
    "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node. Name:'' Status "
    "Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* "
    "onnxruntime::BFCArena::AllocateRawInternal(size_t) Failed to allocate memory for requested buffer of "
    "size 18874368"
)
DEVICE_LOST = (
    "[ONNXRuntimeError] : 11 : EP_FAIL : Non-zero status code returned while running Conv node. Name:'' "
    "Status Message: CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=x ; "
    "file=/onnxruntime_src/onnxruntime/core/providers/cuda/nn/conv.cc ; line=520 ; "
    "expr=cudnnConvolutionForward()"
)
NO_DEVICE = (
    "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, "
    "onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError] "
    "CUDA failure 100: no CUDA-capable device is detected ; GPU=0 ; hostname=x ; file=x.cc ; line=303 ; "
    "expr=cudaSetDevice(info_.device_id);"
)
GRAPH_REFUSED = (
    "[ONNXRuntimeError] : 1 : FAIL : This session cannot use the graph capture feature as requested by the "
    "user as all compute graph nodes have not been partitioned to the CUDAExecutionProvider"
)


class Card:
    """What the card was asked for, and what it shall answer."""

    def __init__(self) -> None:
        self.opened: list[list[Any]] = []
        self.runs: list[str | None] = []
        self.fail_open = ""
        self.fail_buffer = ""
        self.fail_run = ""
        self.refuse_graphs = False
        self.fall_back_silently = False

    def options(self, at: int = -1) -> dict[str, str]:
        """Of the device's own provider, in one of the sessions opened."""
        return self.opened[at][0][1]


class Session:
    """An InferenceSession on the CPU that says it is on the card."""

    def __init__(self, card: Card, real: Any, name: str) -> None:
        self._card, self._real, self._name = card, real, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def get_providers(self) -> list[str]:
        return [CPU] if self._card.fall_back_silently else [self._name, CPU]

    def run(self, *_: Any) -> None:
        pytest.fail("a device is not run with arrays of the CPU")

    def run_with_iobinding(self, binding: Any, options: Any) -> None:
        if self._card.fail_run:
            raise RuntimeError(self._card.fail_run)
        try:
            self._card.runs.append(options.get_run_config_entry("gpu_graph_id"))
        except RuntimeError:
            self._card.runs.append(None)
        self._real.run_with_iobinding(binding)


class Runtime:
    """Stands in for libcudart."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.held: dict[int, Any] = {}

    def cudaMallocHost(self, pointer: Any, size: Any) -> int:
        if self.status == 0:
            block = ctypes.create_string_buffer(b"\xff" * size.value, size.value)
            pointer._obj.value = ctypes.addressof(block)
            self.held[ctypes.addressof(block)] = block
        return self.status

    def cudaFreeHost(self, pointer: Any) -> int:
        del self.held[pointer.value]
        return 0
