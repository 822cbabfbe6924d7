"""What CUDA and TensorRT need, walked link by link.

ONNX Runtime falls back to the CPU, or fails with a page of text, when one of their libraries cannot be
loaded. So the chain is walked by hand, from ONNX Runtime's build over the driver to the last library, and the
first missing link is named together with the line that repairs it. Without a driver that takes a
millisecond.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnxruntime as ort

from ar_effects.inference.preload import preload_cuda
from ar_effects.inference.provider_types import CUDA, TENSORRT, Problem
from ar_effects.messages import Message
from ar_effects.reasons import ProviderErrorReason

CUDA_PACKAGES = '"onnxruntime-gpu[cuda,cudnn]"'
"""As a shell takes them after ``pip install``."""

DRIVER, LIBRARY = ProviderErrorReason.DRIVER, ProviderErrorReason.LIBRARY
NOT_BUILT_IN = ProviderErrorReason.NOT_BUILT_IN

CUDNN = 9
"""Major version that ONNX Runtime has asked for since 1.19. Newer ones load without it and fail later."""

_NOT_FOUND = ("no such file", "could not find module", "cannot find", "not found")

_DRIVER_FAILURES = {
    34: Message("provider.driver-is-stub"),
    100: Message("provider.no-card"),
    101: Message("provider.no-usable-card"),
    803: Message("provider.driver-mixed"),
    804: Message("provider.driver-too-old-for-libraries"),
}
"""By the error number of cuInit."""


def _cuda_version() -> str:
    return str(getattr(ort, "cuda_version", "") or "")


@dataclass(frozen=True, slots=True)
class Host:
    """What the chain asks of the computer; replaced in tests, so that each failure can be forced."""

    available: Callable[[], list[str]] = ort.get_available_providers
    load: Callable[[str], Any] = ctypes.CDLL
    preload: Callable[[], object] = preload_cuda
    capi: Path = field(default_factory=lambda: Path(ort.__file__).parent / "capi")
    packages: Path = field(default_factory=lambda: Path(ort.__file__).parents[1])
    cuda_version: str = field(default_factory=_cuda_version)
    platform: str = sys.platform

    @property
    def windows(self) -> bool:
        """Whether libraries are called as on Windows."""
        return self.platform == "win32"

    def library(self, stem: str, major: int | str) -> str:
        """A CUDA library's file name: libcublas.so.13, cublas64_13.dll."""
        return f"{stem}64_{major}.dll" if self.windows else f"lib{stem}.so.{major}"


def find_cuda_problem(around: Host | None = None) -> Problem | None:
    """The first missing link of CUDA's chain; None where all of it loads."""
    around = around or Host()
    if CUDA not in around.available():
        if around.platform == "darwin":
            return Problem(Message("provider.no-cuda-on-macos"), reason=NOT_BUILT_IN)
        return Problem(Message("provider.built-without-cuda"), reason=NOT_BUILT_IN)
    needed = int(around.cuda_version.split(".")[0]) if around.cuda_version[:1].isdigit() else 0
    return _driver_problem(around, needed) or _libraries_problem(around, needed)


def find_tensorrt_problem(around: Host | None = None) -> Problem | None:
    """The first missing link of TensorRT's chain, which begins with CUDA's."""
    around = around or Host()
    if TENSORRT not in around.available():
        return Problem(Message("provider.built-without-tensorrt"), reason=NOT_BUILT_IN)
    problem = find_cuda_problem(around)
    if problem:
        return problem
    for path in _tensorrt_files(around):
        _error(str(path), around.load)  # only so that it is in memory; what is needed is asked for below
    name = "onnxruntime_providers_tensorrt.dll" if around.windows else "libonnxruntime_providers_tensorrt.so"
    error = _error(str(around.capi / name), around.load)
    return _library_problem(around, error, "TensorRT") if error else None


def missing_library(message: str) -> str:
    """The library's name in a loader's message, or the message when there is none in it.

    The system's loader gives nothing but a sentence.

    Linux says ``libcublasLt.so.13: cannot open shared object file: ...``.
    """
    head = message.split(":", 1)[0].strip()
    if ".so" in head:
        return Path(head).name
    found = re.search(r"[\w.-]+\.(?:dll|so[.\d]*)", message)
    return found[0] if found else message


def _driver_problem(around: Host, needed: int) -> Problem | None:
    name = "nvcuda.dll" if around.windows else "libcuda.so.1"
    try:
        driver = around.load(name)
    except OSError as error:
        if _is_absent(str(error)):
            return Problem(Message("provider.no-driver", name=name), reason=DRIVER)
        return Problem(Message("provider.driver-not-opened", name=name, why=_why(str(error))), reason=DRIVER)
    version = ctypes.c_int()
    if driver.cuDriverGetVersion(ctypes.byref(version)) == 0 and version.value // 1000 < needed:
        major, minor = version.value // 1000, version.value % 1000 // 10
        return Problem(
            Message("provider.driver-too-old", name=name, major=major, minor=minor, needed=needed),
            reason=DRIVER,
        )
    status = int(driver.cuInit(0))
    if status:
        fallback = Message("provider.driver-does-not-start", status=status)
        return Problem(_DRIVER_FAILURES.get(status, fallback), reason=DRIVER)
    return None


def _libraries_problem(around: Host, needed: int) -> Problem | None:
    around.preload()
    cuda = [around.library(stem, needed) for stem in ("cudart", "cublasLt", "cublas")] if needed else []
    ends = ("onnxruntime_providers_shared.dll", "onnxruntime_providers_cuda.dll")
    if not around.windows:
        ends = ("libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so")
    own = [str(around.capi / name) for name in ends]
    for name in [*cuda, around.library("cudnn", CUDNN), *own]:
        error = _error(name, around.load)
        if error:
            # Windows' loader names nothing: then it is the library that was asked for.
            return _library_problem(around, error if _named(error) else f"{name}: {error}", "CUDA")
    return None


def _library_problem(around: Host, error: str, suite: str) -> Problem:
    name = missing_library(error)
    if name.startswith(("onnxruntime_", "libonnxruntime_")):
        if around.windows:  # where the loader says the same of both
            failure = Message("provider.own-library-or-another", name=name, packages=CUDA_PACKAGES)
        elif _is_absent(error):
            failure = Message("provider.own-library-missing", name=name, packages=CUDA_PACKAGES)
        else:
            failure = Message(
                "provider.own-library-not-opened", name=name, why=_why(error), packages=CUDA_PACKAGES
            )
        return Problem(failure, reason=LIBRARY)
    stem, needed = _stem_and_major(name)
    suite = "cuDNN" if stem == "cudnn" else suite
    packages = CUDA_PACKAGES
    if suite == "TensorRT":
        cuda = around.cuda_version.split(".")[0] or "12"
        packages = f'"tensorrt-cu{cuda}{f"<{needed + 1}" if needed else ""}"'
    damaged = [path for path in _packaged(around, stem) if path.name == name] if _is_absent(error) else []
    if damaged:  # pip brought it, but it did not load
        error = _error(str(damaged[0]), around.load) or error
    if not _is_absent(error):
        return Problem(
            Message(
                "provider.library-not-opened", name=name, suite=suite, why=_why(error), packages=packages
            ),
            reason=LIBRARY,
        )
    other = _other_major(around, stem, needed)
    if other:
        return Problem(
            Message(
                "provider.library-other-version",
                suite=suite,
                other=other,
                needed=needed,
                name=name,
                packages=packages,
            ),
            reason=LIBRARY,
        )
    return Problem(
        Message("provider.library-missing", name=name, suite=suite, packages=packages), reason=LIBRARY
    )


def _other_major(around: Host, stem: str, needed: int) -> int:
    """The major version of a library that is there instead of the one needed; 0 if none is."""
    if not needed or stem in _OWN_NUMBERS:
        return 0
    here = {_stem_and_major(path.name)[1] for path in _packaged(around, stem)} - {0, needed}
    if here:
        return max(here)
    near = [needed - 1, needed + 1, needed - 2]
    return next((m for m in near if m > 0 and not _error(around.library(stem, m), around.load)), 0)


_OWN_NUMBERS = {"cufft", "curand", "nvrtc"}
"""Libraries that do not count as CUDA does: libcurand.so.10 is that of CUDA 13, too."""


def _packaged(around: Host, stem: str) -> Iterable[Path]:
    """Files of a library that pip installed, of any version."""
    pattern = f"{stem}*.dll" if around.windows else f"lib{stem}.so.*"
    yield from (around.packages / "nvidia").glob(f"*/*/**/{pattern}")
    yield from (around.packages / "tensorrt_libs").glob(pattern)


def _tensorrt_files(around: Host) -> list[Path]:
    """TensorRT's libraries as pip installs them, the one that the others need first."""
    stems = ("nvinfer", "nvinfer_plugin", "nvonnxparser")
    folder = around.packages / "tensorrt_libs"
    patterns = [f"{s}_[0-9]*.dll" if around.windows else f"lib{s}.so.*" for s in stems]
    return [path for pattern in patterns for path in sorted(folder.glob(pattern))]


def _stem_and_major(name: str) -> tuple[str, int]:
    """libcublasLt.so.13 and cublasLt64_13.dll are both ("cublasLt", 13)."""
    found = re.fullmatch(r"lib(\w+?)\.so(?:\.(\d+))?[.\d]*|(\w+?)(?:64)?_(\d+)\.dll", name)
    if not found:
        return name, 0
    return found[1] or found[3], int(found[2] or found[4] or 0)


def _named(message: str) -> bool:
    return missing_library(message) != message


def _is_absent(message: str) -> bool:
    return any(words in message.lower() for words in _NOT_FOUND)


def _why(message: str) -> str:
    """The loader's reason, in brackets."""
    reason = message.partition(":")[2].replace("cannot open shared object file:", "").strip()
    return f" ({reason})" if reason else ""


def _error(name: str, load: Callable[[str], Any]) -> str:
    try:
        load(name)
    except OSError as error:
        return str(error) or f"{name}: unknown error"  # as the loader would say it: it is read above
    return ""
