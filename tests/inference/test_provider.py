from __future__ import annotations

from pathlib import Path

import pytest

from ar_effects.errors import ProviderError
from ar_effects.inference import provider as module
from ar_effects.inference.provider import (
    CPU,
    CUDA,
    Problem,
    choose_provider,
    find_cuda_problem,
    missing_library,
)


class Loader:
    """Stands in for the system's loader: libraries whose path holds a key fail with its message."""

    def __init__(self, failures: dict[str, str]) -> None:
        self.failures = failures
        self.asked: list[str] = []

    def __call__(self, name: str) -> object:
        self.asked.append(name)
        for part, message in self.failures.items():
            if part in name:
                raise OSError(message)
        return object()


def find(platform: str = "linux", built: bool = True, preload=lambda: None, **failures: str):
    loader = Loader({k.replace("__", "."): v for k, v in failures.items()})
    problem = find_cuda_problem(
        available=lambda: [CUDA, CPU] if built else [CPU],
        load=loader,
        preload=preload,
        capi=Path("/capi"),
        platform=platform,
    )
    return problem, loader.asked


def shared_object(name: str) -> str:
    return f"{name}: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_whole_chain_loads(platform):
    problem, asked = find(platform)
    assert problem is None
    ending = "dll" if platform == "win32" else "so"
    assert [Path(p).suffix for p in asked[1:]] == [f".{ending}"] * 2
    assert "cuda" in asked[0]
    assert asked[1].endswith(f"onnxruntime_providers_shared.{ending}")
    assert asked[2].endswith(f"onnxruntime_providers_cuda.{ending}")


def test_build_without_cuda_is_named_before_anything_is_loaded():
    problem, asked = find(built=False)
    assert "built without CUDA" in problem.what
    assert "pip install onnxruntime-gpu" in problem.fix
    assert asked == []


def test_macos_is_told_that_there_is_none():
    problem, asked = find("darwin", built=False)
    assert "macOS" in problem.fix
    assert "pip" not in problem.fix
    assert asked == []


@pytest.mark.parametrize(("platform", "library"), [("linux", "libcuda.so.1"), ("win32", "nvcuda.dll")])
def test_missing_driver(platform, library):
    def never() -> None:
        raise AssertionError("libraries are looked for without a driver")

    problem, asked = find(platform, preload=never, cuda="no such file")
    assert "no NVIDIA driver" in problem.what
    assert library in problem.what
    assert "install the NVIDIA driver" in problem.fix
    assert asked == [library]


@pytest.mark.parametrize("library", ["libcublasLt.so.13", "libcudnn.so.9", "libcudart.so.12"])
def test_missing_library_of_the_provider(library):
    problem, _ = find(providers_cuda=shared_object(library))
    assert library in problem.what
    assert "cannot open" not in problem.what
    assert 'pip install "onnxruntime-gpu[cuda,cudnn]"' in problem.fix


@pytest.mark.parametrize("library", ["onnxruntime_providers_shared", "onnxruntime_providers_cuda"])
@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_missing_provider_library(library, platform):
    path = f"C:\\x\\{library}.dll" if platform == "win32" else f"/x/lib{library}.so"
    message = (
        f"Could not find module '{path}' (or one of its dependencies)."
        if platform == "win32"
        else shared_object(path)
    )
    problem, _ = find(platform, **{library: message})
    assert library in problem.what
    assert "pip install" in problem.fix


def test_pip_libraries_are_loaded_before_the_provider():
    order: list[str] = []

    def load(name: str) -> object:
        order.append(Path(name).name)
        return object()

    find_cuda_problem(
        available=lambda: [CUDA], load=load, preload=lambda: order.append("preload"), platform="linux"
    )
    assert (
        order.index("libcuda.so.1") < order.index("preload") < order.index("libonnxruntime_providers_cuda.so")
    )


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (shared_object("libcudnn.so.9"), "libcudnn.so.9"),
        (shared_object("/opt/capi/libonnxruntime_providers_cuda.so"), "libonnxruntime_providers_cuda.so"),
        ("something else entirely", "something else entirely"),
    ],
)
def test_name_in_a_loader_s_message(message, name):
    assert missing_library(message) == name


@pytest.fixture
def broken_cuda(monkeypatch):
    problem = Problem("a library of CUDA is missing (libcudnn.so.9)", "pip install it")
    monkeypatch.setattr(module, "cuda_problem", lambda: problem)


def test_auto_takes_the_cpu_and_says_why(broken_cuda):
    provider = choose_provider("auto")
    assert provider.name == "cpu"
    assert provider.ort_names == [CPU]
    for part in ("CPU", "libcudnn.so.9", "pip install it"):
        assert part in provider.reason


def test_cuda_by_name_is_refused_with_the_missing_thing(broken_cuda):
    with pytest.raises(ProviderError, match=r"libcudnn\.so\.9.*pip install it, or use provider cpu"):
        choose_provider("cuda")


def test_auto_takes_cuda_where_it_loads(monkeypatch):
    monkeypatch.setattr(module, "cuda_problem", lambda: None)
    for wanted in ("auto", "cuda"):
        provider = choose_provider(wanted)
        assert provider.name == "cuda"
        assert provider.ort_names == [CUDA, CPU], "what CUDA cannot do, the CPU does"


def test_cpu_by_name_looks_for_nothing(monkeypatch):
    monkeypatch.setattr(module, "cuda_problem", lambda: pytest.fail("CUDA was looked for"))
    assert choose_provider("cpu").name == "cpu"


@pytest.mark.parametrize("wanted", ["gpu", "CUDA", "", None, ["cpu"]])
def test_unknown_provider(wanted):
    with pytest.raises(ProviderError, match="auto, cuda or cpu"):
        choose_provider(wanted)


def test_this_machine_is_judged_truthfully():
    """Whatever machine this is: what is said must be what happens."""
    problem = find_cuda_problem()
    if problem is None:
        assert choose_provider("cuda").name == "cuda"
        return
    assert problem.what
    assert problem.fix
    assert choose_provider("auto").name == "cpu"
    assert problem.what in choose_provider("auto").reason
    with pytest.raises(ProviderError) as caught:
        choose_provider("cuda")
    assert problem.what in str(caught.value)
    assert problem.fix in str(caught.value)
