"""Which ONNX Runtime execution provider runs the networks, and why that one.

ONNX Runtime falls back to the CPU without an error when CUDA's libraries cannot be loaded. So the
chain is walked by hand, from the driver to the provider's own library, and the first missing link
is named together with the line that repairs it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import onnxruntime as ort

from ar_effects.errors import ProviderError

ProviderName = Literal["auto", "cuda", "cpu"]

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider taken.

    Attributes:
        name: "cuda" or "cpu".
        reason: one sentence for the person: which runs, why, and what would change it.
    """

    name: Literal["cuda", "cpu"]
    reason: str

    @property
    def ort_names(self) -> list[str]:
        """What an InferenceSession is given."""
        return [CUDA, CPU] if self.name == "cuda" else [CPU]


@dataclass(frozen=True, slots=True)
class Problem:
    """A missing link of the CUDA chain."""

    what: str
    fix: str


def choose_provider(wanted: ProviderName = "auto") -> Provider:
    """The provider to run on. ``auto`` takes CUDA where it can really be loaded, else the CPU.

    Raises:
        ProviderError: ``wanted`` is unknown, or is "cuda" and CUDA cannot run here.
    """
    if wanted == "cpu":
        return Provider("cpu", "Networks run on the CPU, as asked.")
    if wanted not in ("auto", "cuda"):  # a tuple: what cannot be hashed gets the message, too
        raise ProviderError(
            f"There is no provider {wanted!r}", expected="auto, cuda or cpu", fix="Choose one of the three"
        )
    problem = cuda_problem()
    if problem is None:
        return Provider("cuda", "Networks run on CUDA: driver and libraries load.")
    if wanted == "cuda":
        raise ProviderError(
            f"CUDA was asked for but cannot run: {problem.what}", fix=f"{problem.fix}, or use provider cpu"
        )
    return Provider("cpu", f"Networks run on the CPU: {problem.what}. For CUDA: {problem.fix}.")


@lru_cache(maxsize=1)
def cuda_problem() -> Problem | None:
    """Why CUDA cannot run on this machine; None when it can. Looked up once."""
    return find_cuda_problem()


def find_cuda_problem(
    *,
    available: Callable[[], list[str]] = ort.get_available_providers,
    load: Callable[[str], object] = ctypes.CDLL,
    preload: Callable[[], object] | None = None,
    capi: Path | None = None,
    platform: str = sys.platform,
) -> Problem | None:
    """The first missing link, from ONNX Runtime's build to the last shared library.

    The arguments exist so that each failure can be forced in a test.
    """
    if CUDA not in available():
        return Problem(
            "this ONNX Runtime was built without CUDA",
            "there is none for macOS"
            if platform == "darwin"
            else "pip uninstall onnxruntime && pip install onnxruntime-gpu",
        )
    windows = platform == "win32"
    if _load_error("nvcuda.dll" if windows else "libcuda.so.1", load):
        return Problem(
            "no NVIDIA driver was found ({})".format("nvcuda.dll" if windows else "libcuda.so.1"),
            "install the NVIDIA driver"
            if windows
            else "install the NVIDIA driver (Debian: apt install nvidia-driver)",
        )
    (preload or _preload_pip_libraries)()
    folder = capi or Path(ort.__file__).parent / "capi"
    names = (
        ["onnxruntime_providers_shared.dll", "onnxruntime_providers_cuda.dll"]
        if windows
        else ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"]
    )
    for name in names:
        error = _load_error(str(folder / name), load)
        if error:
            return Problem(
                f"a library of CUDA is missing ({missing_library(error)})",
                'pip install "onnxruntime-gpu[cuda,cudnn]"',
            )
    return None


def missing_library(message: str) -> str:
    """The library's name in a loader's message, or the message when there is none in it.

    Linux says ``libcublasLt.so.13: cannot open shared object file: ...``.
    """
    head = message.split(":", 1)[0].strip()
    return Path(head).name if ".so" in head or head.lower().endswith(".dll") else message


def _load_error(name: str, load: Callable[[str], object]) -> str:
    try:
        load(name)
    except OSError as error:
        return str(error)
    return ""


def _preload_pip_libraries() -> None:
    """Let ONNX Runtime find the CUDA libraries that pip installed (since 1.21)."""
    preload = getattr(ort, "preload_dlls", None)
    if preload is None:
        return
    try:
        preload(cuda=True, cudnn=True)
    except OSError:  # the chain is checked library by library afterwards, and names what is missing
        return
