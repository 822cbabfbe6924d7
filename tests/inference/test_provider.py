"""Which provider is taken, and that the person gets one sentence about it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from ar_effects.errors import ProviderError
from ar_effects.inference import preload as preload_module
from ar_effects.inference import provider as module
from ar_effects.inference.cuda_diagnostics import Problem, find_cuda_problem
from ar_effects.inference.preload import QuietThread, preload_cuda
from ar_effects.inference.provider import choose_provider
from ar_effects.inference.provider_types import CPU, CUDA, TENSORRT, Provider
from ar_effects.inference.timing import Trial
from tests.waiting import HANGS_S

MISSING = Problem("libcudnn.so.9 of cuDNN is missing", "run `pip install it`")


@pytest.fixture(autouse=True)
def fresh():
    module.trial_of.cache_clear()
    yield
    module.trial_of.cache_clear()


@pytest.fixture
def broken_cuda(monkeypatch):
    monkeypatch.setattr(module, "cuda_problem", lambda: MISSING)
    monkeypatch.setattr(module, "tensorrt_problem", lambda: MISSING)
    monkeypatch.setattr(module, "try_device", lambda _: pytest.fail("what cannot load was tried"))


def machine(monkeypatch, trial: Trial | ProviderError) -> list[str]:
    """CUDA and TensorRT load; what trying them gives."""
    tried: list[str] = []

    def try_device(name: str) -> Trial:
        tried.append(name)
        if isinstance(trial, Exception):
            raise trial
        return trial

    monkeypatch.setattr(module, "cuda_problem", lambda: None)
    monkeypatch.setattr(module, "tensorrt_problem", lambda: None)
    monkeypatch.setattr(module, "try_device", try_device)
    return tried


def is_one_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".") and ". " not in text and "\n" not in text


def test_auto_takes_the_cpu_and_says_why_in_one_sentence(broken_cuda):
    provider = choose_provider("auto")
    assert provider.ort_names == [CPU]
    assert provider.reason == (
        "Networks run on the CPU, because libcudnn.so.9 of cuDNN is missing; for CUDA, run `pip install it`."
    )
    assert is_one_sentence(provider.reason)


@pytest.mark.parametrize(("wanted", "label"), [("cuda", "CUDA"), ("tensorrt", "TensorRT")])
def test_what_is_asked_for_by_name_is_refused_with_the_missing_thing(broken_cuda, wanted, label):
    with pytest.raises(ProviderError) as caught:
        choose_provider(wanted)
    assert str(caught.value) == (
        f"{label} was asked for but cannot run, because libcudnn.so.9 of cuDNN is missing. "
        "Run `pip install it`, or use provider cpu."
    )


def test_auto_takes_the_quicker_and_gives_the_times(monkeypatch):
    machine(monkeypatch, Trial(float16=True, device_ms=0.712, cpu_ms=3.14))
    provider = choose_provider("auto")
    assert provider.ort_names == [CUDA, CPU], "what CUDA cannot do, the CPU does"
    assert provider.float16
    assert provider.may_fall_back, "nobody asked for CUDA: it may give way"
    assert "0.71 ms a face in half precision" in provider.reason
    assert "the CPU takes 3.1 ms" in provider.reason
    assert "on CUDA" in provider.reason
    assert is_one_sentence(provider.reason.replace("0.71", "").replace("3.1", ""))


@pytest.mark.parametrize("device_ms", [3.1, 9.9])
def test_auto_takes_the_cpu_where_it_is_the_quicker(monkeypatch, device_ms):
    machine(monkeypatch, Trial(float16=True, device_ms=device_ms, cpu_ms=3.1))
    provider = choose_provider("auto")
    assert provider.name == "cpu"
    assert f"3.1 ms a face, CUDA takes {device_ms} ms" in provider.reason
    assert "on CUDA" not in provider.reason


def test_auto_takes_the_cpu_where_cuda_loads_and_then_fails(monkeypatch):
    error = Problem("CUDA ran out of memory", "close other programs").error("cuda")
    machine(monkeypatch, error)
    provider = choose_provider("auto")
    assert provider.name == "cpu"
    assert provider.reason == (
        "Networks run on the CPU, because CUDA ran out of memory; close other programs."
    )
    with pytest.raises(ProviderError, match=r"CUDA ran out of memory\. Close other programs"):
        choose_provider("cuda")


@pytest.mark.parametrize("float16", [True, False])
def test_by_name_the_device_is_taken_even_if_it_is_slower(monkeypatch, float16):
    machine(monkeypatch, Trial(float16=float16, device_ms=9.0, cpu_ms=3.0))
    provider = choose_provider("cuda")
    assert (provider.name, provider.float16, provider.may_fall_back) == ("cuda", float16, False)
    assert f"9.0 ms a face in {'half' if float16 else 'full'} precision" in provider.reason


def test_tensorrt_runs_on_cuda_and_the_cpu_what_it_cannot(monkeypatch):
    tried = machine(monkeypatch, Trial(float16=True, device_ms=0.5, cpu_ms=3.0))
    provider = choose_provider("tensorrt")
    assert provider.ort_names == [TENSORRT, CUDA, CPU]
    assert provider.reason.startswith("Networks run on TensorRT, as asked")
    choose_provider("auto")
    assert tried == ["tensorrt", "cuda"], "it builds engines for a minute: never without being asked for"


def test_a_device_is_tried_once_a_process(monkeypatch):
    tried = machine(monkeypatch, Trial(float16=True, device_ms=0.5, cpu_ms=3.0))
    for _ in range(3):
        choose_provider("auto")
        choose_provider("cuda")
    assert tried == ["cuda"]


def test_cpu_by_name_looks_for_nothing(monkeypatch):
    monkeypatch.setattr(module, "cuda_problem", lambda: pytest.fail("CUDA was looked for"))
    assert choose_provider("cpu").name == "cpu"


@pytest.mark.parametrize("wanted", ["gpu", "CUDA", "", None, ["cpu"]])
def test_unknown_provider(wanted):
    with pytest.raises(ProviderError, match="auto, tensorrt, cuda or cpu"):
        choose_provider(wanted)


def test_this_machine_is_judged_truthfully():
    """Whatever machine this is: what is said must be what happens."""
    problem = find_cuda_problem()
    if problem is None:
        assert choose_provider("auto").name in ("cpu", "cuda")
        return
    assert choose_provider("auto").name == "cpu"
    assert problem.what in choose_provider("auto").reason
    with pytest.raises(ProviderError) as caught:
        choose_provider("cuda")
    assert problem.what in str(caught.value)
    assert problem.advice in str(caught.value)


def test_the_look_for_cuda_costs_and_prints_nothing_here():
    """Without a driver it is one library that is not there: 20 ms at most, on any machine far below 2 s."""
    code = (
        "import time, ar_effects.inference.provider as p; t = time.process_time(); "
        "p.choose_provider('auto'); "
        "print(p.cuda_problem() is None, time.process_time() - t)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=HANGS_S, check=True
    )
    works, seconds = done.stdout.split()
    assert done.stderr == ""
    if works == "False":
        assert float(seconds) < 2.0


def test_a_fall_back_is_told_once_and_for_all(caplog):
    provider = Provider("cuda", "quick", may_fall_back=True)
    for _ in range(2):
        provider.fall_back("CUDA ran out of memory")
    assert provider.name == "cpu"
    assert provider.ort_names == [CPU]
    assert provider.reason == "Networks run on the CPU from here on, because CUDA ran out of memory."
    assert [r.getMessage() for r in caplog.records] == [provider.reason]


# --- libraries that pip installed -------------------------------------------------------------------------


def test_onnx_runtime_s_own_helper_is_kept_quiet(monkeypatch, capsys):
    def helper(*, cuda: bool, cudnn: bool) -> None:
        assert cuda
        assert cudnn
        print("Failed to load libcublas: ...")
        raise OSError("as a test says")

    monkeypatch.setattr(preload_module.ort, "preload_dlls", helper, raising=False)
    preload_cuda()
    assert capsys.readouterr().out == ""
    monkeypatch.delattr(preload_module.ort, "preload_dlls")
    preload_cuda()  # before 1.21 there was none


def test_only_the_own_thread_is_quiet(capsys):
    inside, said = threading.Event(), threading.Event()

    def other() -> None:
        inside.wait(HANGS_S)
        print("heard")
        said.set()

    thread = threading.Thread(target=other)
    thread.start()
    with QuietThread():
        print("lost")
        inside.set()
        said.wait(HANGS_S)
    thread.join()
    print("afterwards")
    time.sleep(0)
    assert capsys.readouterr().out == "heard\nafterwards\n"
