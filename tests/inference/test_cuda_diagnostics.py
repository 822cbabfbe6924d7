"""CUDA's and TensorRT's chains: each link broken once, and answered by a sentence and the line that helps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ar_effects.inference.cuda_diagnostics import (
    CUDA,
    TENSORRT,
    Host,
    find_cuda_problem,
    find_tensorrt_problem,
    missing_library,
)
from ar_effects.inference.provider_types import CPU

INSTALL = 'pip install "onnxruntime-gpu[cuda,cudnn]"'


class Driver:
    """Stands in for libcuda."""

    def __init__(self, version: int = 13000, init: int = 0) -> None:
        self.version, self.init = version, init

    def cuDriverGetVersion(self, reference: Any) -> int:
        reference._obj.value = self.version
        return 0

    def cuInit(self, flags: int) -> int:
        assert flags == 0
        return self.init


class Machine:
    """A computer with everything, less what is broken: {part of a library's path: the loader's message}."""

    def __init__(self, tmp_path: Path, platform: str = "linux", driver: Driver | None = None, **changes: Any):
        self.broken: dict[str, str] = changes.pop("broken", {})
        self.driver = driver or Driver()
        self.asked: list[str] = []
        (tmp_path / "capi").mkdir(exist_ok=True)
        self.around = Host(
            **{
                "available": lambda: [TENSORRT, CUDA, CPU],
                "load": self.load,
                "preload": lambda: self.asked.append("preload"),
                "capi": tmp_path / "capi",
                "packages": tmp_path,
                "cuda_version": "13.0",
                "platform": platform,
                **changes,
            }
        )

    def load(self, name: str) -> Any:
        self.asked.append(Path(name).name)
        for part, message in self.broken.items():
            if part in name:
                raise OSError(message)
        number = re.search(r"(?:\.so\.|_)(\d+)(?:\.dll)?$", name)
        if number and number[1] not in ("1", "9" if "cudnn" in name else "10" if "nv" in name else "13"):
            raise OSError(absent(name))  # a machine has one version of each, if a test says nothing else
        return self.driver

    def cuda(self):
        return find_cuda_problem(self.around)

    def tensorrt(self):
        return find_tensorrt_problem(self.around)


def absent(name: str) -> str:
    return f"{name}: cannot open shared object file: No such file or directory"


def absent_on_windows(name: str) -> str:
    return (
        f"Could not find module '{name}' (or one of its dependencies). "
        "Try using the full path with constructor syntax."
    )


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_whole_chain_loads_in_order(tmp_path, platform):
    machine = Machine(tmp_path, platform)
    assert machine.cuda() is None
    assert machine.asked == (
        [
            "nvcuda.dll",
            "preload",
            "cudart64_13.dll",
            "cublasLt64_13.dll",
            "cublas64_13.dll",
            "cudnn64_9.dll",
            "onnxruntime_providers_shared.dll",
            "onnxruntime_providers_cuda.dll",
        ]
        if platform == "win32"
        else [
            "libcuda.so.1",
            "preload",
            "libcudart.so.13",
            "libcublasLt.so.13",
            "libcublas.so.13",
            "libcudnn.so.9",
            "libonnxruntime_providers_shared.so",
            "libonnxruntime_providers_cuda.so",
        ]
    )


def test_wheel_without_cuda(tmp_path):
    machine = Machine(tmp_path, available=lambda: [CPU])
    problem = machine.cuda()
    assert problem.what == "this ONNX Runtime was built without CUDA"
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in problem.fix, "the two share files"
    assert "pip install onnxruntime-gpu" in problem.fix
    assert machine.asked == [], "nothing is loaded for nothing"


def test_macos_is_told_that_there_is_none(tmp_path):
    problem = Machine(tmp_path, "darwin", available=lambda: [CPU]).cuda()
    assert "macOS" in problem.what
    assert "pip" not in problem.fix


@pytest.mark.parametrize(("platform", "library"), [("linux", "libcuda.so.1"), ("win32", "nvcuda.dll")])
def test_no_driver(tmp_path, platform, library):
    message = absent(library) if platform == "linux" else absent_on_windows(library)
    machine = Machine(tmp_path, platform, broken={library: message})
    problem = machine.cuda()
    assert problem.what == f"there is no NVIDIA driver ({library})"
    assert "apt install nvidia-driver" in problem.fix
    assert machine.asked == [library], "nothing else is looked for: that would take time"


def test_driver_that_cannot_be_opened(tmp_path):
    problem = Machine(tmp_path, broken={"libcuda": "libcuda.so.1: file too short"}).cuda()
    assert problem.what == "the NVIDIA driver (libcuda.so.1) cannot be opened (file too short)"


def test_driver_older_than_cuda(tmp_path):
    machine = Machine(tmp_path, driver=Driver(version=12040))
    problem = machine.cuda()
    assert "serves CUDA 12.4 at most and this ONNX Runtime needs CUDA 13" in problem.what
    assert "newer NVIDIA driver" in problem.fix
    assert "preload" not in machine.asked


def test_driver_newer_than_cuda_is_welcome(tmp_path):
    assert Machine(tmp_path, driver=Driver(version=14010)).cuda() is None


@pytest.mark.parametrize(
    ("status", "what", "fix"),
    [
        (100, "finds no graphics card", "nvidia-smi"),
        (803, "parts do not match", "restart"),
        (804, "too old", "apt install nvidia-driver"),
        (999, "CUDA error 999", "restart"),
    ],
)
def test_driver_that_does_not_start(tmp_path, status, what, fix):
    problem = Machine(tmp_path, driver=Driver(init=status)).cuda()
    assert what in problem.what
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("library", "what"),
    [
        ("libcudnn.so.9", "libcudnn.so.9 of cuDNN is missing"),
        ("libcublas.so.13", "libcublas.so.13 of CUDA is missing"),
        ("libcublasLt.so.13", "libcublasLt.so.13 of CUDA is missing"),
        ("libcudart.so.13", "libcudart.so.13 of CUDA is missing"),
    ],
)
def test_missing_library(tmp_path, library, what):
    problem = Machine(tmp_path, broken={library: absent(library)}).cuda()
    assert problem.what == what
    assert INSTALL in problem.fix


@pytest.mark.parametrize("library", ["cudnn64_9.dll", "cublas64_13.dll", "cudart64_13.dll"])
def test_missing_library_on_windows(tmp_path, library):
    problem = Machine(tmp_path, "win32", broken={library: absent_on_windows(library)}).cuda()
    assert problem.what == f"{library} of {'cuDNN' if 'cudnn' in library else 'CUDA'} is missing"
    assert INSTALL in problem.fix


def test_library_that_only_the_provider_asks_for(tmp_path):
    """What ONNX Runtime of another version needs besides is named by the loader."""
    problem = Machine(tmp_path, broken={"providers_cuda": absent("libcufft.so.12")}).cuda()
    assert problem.what == "libcufft.so.12 of CUDA is missing"
    assert INSTALL in problem.fix


@pytest.mark.parametrize("place", ["pip", "system"])
def test_wrong_cuda_major(tmp_path, place):
    machine = Machine(tmp_path, broken={"libcublasLt.so.13": absent("libcublasLt.so.13")})
    if place == "pip":
        (tmp_path / "nvidia" / "cublas" / "lib").mkdir(parents=True)
        (tmp_path / "nvidia" / "cublas" / "lib" / "libcublasLt.so.12").touch()
    else:
        machine.load = lambda name, load=machine.load: object() if name.endswith(".so.12") else load(name)
        machine.around = Machine(tmp_path, load=machine.load).around
    problem = machine.cuda()
    assert problem.what == (
        "CUDA 12 is installed and this ONNX Runtime needs CUDA 13 (libcublasLt.so.13 is missing)"
    )
    assert INSTALL in problem.fix


def test_wrong_cudnn_major(tmp_path):
    (tmp_path / "nvidia" / "cudnn" / "lib").mkdir(parents=True)
    (tmp_path / "nvidia" / "cudnn" / "lib" / "libcudnn.so.8").touch()
    problem = Machine(tmp_path, broken={"libcudnn.so.9": absent("libcudnn.so.9")}).cuda()
    assert "cuDNN 8 is installed and this ONNX Runtime needs cuDNN 9" in problem.what


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("libcublas.so.13: file too short", "file too short"),
        ("libcublas.so.13: cannot open shared object file: Permission denied", "Permission denied"),
        ("/x/libcublas.so.13: invalid ELF header", "invalid ELF header"),
        ("/x/libcublas.so.13: undefined symbol: cuNew", "undefined symbol: cuNew"),
    ],
)
def test_library_that_cannot_be_opened(tmp_path, message, reason):
    problem = Machine(tmp_path, broken={"libcublas.so": message}).cuda()
    assert problem.what == f"libcublas.so.13 of CUDA cannot be opened ({reason})"
    assert "pip install --force-reinstall" in problem.fix


def test_library_of_pip_that_is_damaged_is_not_called_missing(tmp_path):
    """The loader looks for it in the system only, and says that it is not there."""
    folder = tmp_path / "nvidia" / "cu13" / "lib"
    folder.mkdir(parents=True)
    (folder / "libcublas.so.13").touch()
    broken = {
        str(folder): f"{folder}/libcublas.so.13: file too short",
        "libcublas.so": absent("libcublas.so.13"),
    }
    problem = Machine(tmp_path, broken=broken).cuda()
    assert problem.what == "libcublas.so.13 of CUDA cannot be opened (file too short)"
    assert "--force-reinstall" in problem.fix


@pytest.mark.parametrize("library", ["onnxruntime_providers_shared", "onnxruntime_providers_cuda"])
@pytest.mark.parametrize(
    ("platform", "state"),
    [("linux", "is missing"), ("win32", "cannot be opened, or a library that it needs")],
)
def test_missing_library_of_onnx_runtime(tmp_path, library, platform, state):
    path = f"C:\\x\\{library}.dll" if platform == "win32" else f"/x/lib{library}.so"
    message = absent_on_windows(path) if platform == "win32" else absent(path)
    problem = Machine(tmp_path, platform, broken={library: message}).cuda()
    assert library in problem.what
    assert problem.what.endswith(state)
    assert "pip install --force-reinstall" in problem.fix


def test_loader_that_names_nothing_is_given_the_name(tmp_path):
    problem = Machine(tmp_path, broken={"cudart": "%1 is not a valid Win32 application"}).cuda()
    assert problem.what == "libcudart.so.13 of CUDA cannot be opened (%1 is not a valid Win32 application)"


def test_runtime_that_does_not_tell_its_cuda_is_checked_by_its_provider(tmp_path):
    machine = Machine(tmp_path, cuda_version="", driver=Driver(version=11080))
    assert machine.cuda() is None
    assert not any("cublas" in name for name in machine.asked)
    machine.broken = {"providers_cuda": absent("libcublas.so.13")}
    assert machine.cuda().what == "libcublas.so.13 of CUDA is missing"


# --- TensorRT ---------------------------------------------------------------------------------------------


def test_tensorrt_loads(tmp_path):
    (tmp_path / "tensorrt_libs").mkdir()
    for name in ("libnvonnxparser.so.10", "libnvinfer.so.10"):
        (tmp_path / "tensorrt_libs" / name).touch()
    machine = Machine(tmp_path)
    assert machine.tensorrt() is None
    assert machine.asked[-3:] == [
        "libnvinfer.so.10",
        "libnvonnxparser.so.10",
        "libonnxruntime_providers_tensorrt.so",
    ]


def test_tensorrt_is_missing(tmp_path):
    problem = Machine(tmp_path, broken={"providers_tensorrt": absent("libnvinfer.so.10")}).tensorrt()
    assert problem.what == "libnvinfer.so.10 of TensorRT is missing"
    assert problem.fix == 'run `pip install "tensorrt-cu13<11"`', "newer ones have other names"


def test_tensorrt_of_another_version(tmp_path):
    (tmp_path / "tensorrt_libs").mkdir()
    (tmp_path / "tensorrt_libs" / "libnvinfer.so.11").touch()
    problem = Machine(tmp_path, broken={"providers_tensorrt": absent("libnvinfer.so.10")}).tensorrt()
    assert "TensorRT 11 is installed and this ONNX Runtime needs TensorRT 10" in problem.what
    assert "tensorrt-cu13<11" in problem.fix


def test_tensorrt_needs_what_cuda_needs(tmp_path):
    problem = Machine(tmp_path, broken={"libcudnn": absent("libcudnn.so.9")}).tensorrt()
    assert "libcudnn.so.9" in problem.what


def test_wheel_without_tensorrt(tmp_path):
    problem = Machine(tmp_path, available=lambda: [CUDA, CPU]).tensorrt()
    assert "without TensorRT" in problem.what


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (absent("libcudnn.so.9"), "libcudnn.so.9"),
        (absent("/opt/capi/libonnxruntime_providers_cuda.so"), "libonnxruntime_providers_cuda.so"),
        (absent_on_windows("C:\\a b\\cudnn64_9.dll"), "cudnn64_9.dll"),
        ("something else entirely", "something else entirely"),
    ],
)
def test_name_in_a_loader_s_message(message, name):
    assert missing_library(message) == name


def test_advice_begins_a_sentence(tmp_path):
    problem = Machine(tmp_path, broken={"libcudnn": absent("libcudnn.so.9")}).cuda()
    assert problem.advice == f"Run `{INSTALL}`"
