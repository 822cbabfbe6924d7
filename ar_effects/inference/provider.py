"""Which ONNX Runtime execution provider runs the networks, and why that one."""

from __future__ import annotations

from functools import lru_cache

import onnxruntime

from ar_effects.errors import ProviderError
from ar_effects.inference.cuda_diagnostics import find_cuda_problem, find_tensorrt_problem
from ar_effects.inference.provider_types import (
    LABELS,
    OWN_NAMES,
    PROVIDERS,
    Device,
    Problem,
    Provider,
    ProviderName,
)
from ar_effects.inference.timing import Trial, try_device
from ar_effects.messages import Message
from ar_effects.reasons import ProviderErrorReason

__all__ = ["Device", "Problem", "Provider", "ProviderName", "choose_provider"]


def choose_provider(wanted: ProviderName = "auto") -> Provider:
    """The provider to run on.

    ``auto`` looks whether CUDA's libraries load, and where they do runs the landmark network on both
    CUDA and the CPU and takes the quicker; what was found out holds for the process. TensorRT is taken only
    when asked for, since it builds engines for a minute.

    Raises:
        ProviderError: ``wanted`` is unknown, or was asked for by name and cannot run here.
        ModelError: the landmark network's file is missing or damaged.
    """
    if wanted == "cpu":
        return Provider("cpu", Message("provider.cpu-as-asked"))
    if wanted == "auto":
        return _quicker()
    if wanted not in OWN_NAMES and wanted in PROVIDERS:
        return _of_plugin(wanted)
    if wanted not in ("cuda", "tensorrt"):  # a tuple: what cannot be hashed gets the message, too
        if isinstance(wanted, str) and (left_out := PROVIDERS.problem(wanted)):
            raise ProviderError(left_out.message, device=wanted, fix=Message("hint.update-or-use-cpu"))
        *names, last = *OWN_NAMES, *PROVIDERS
        raise ProviderError(
            Message("provider.unknown", wanted=wanted, names=", ".join(names), last=last),
            reason=ProviderErrorReason.UNKNOWN,
        )
    problem = tensorrt_problem() if wanted == "tensorrt" else cuda_problem()
    if problem is not None:
        raise ProviderError(
            Message("provider.asked-for", device=LABELS[wanted], problem=problem),
            device=wanted,
            reason=problem.reason,
        )
    return _as_asked(wanted)


def _of_plugin(name: Device) -> Provider:
    """The provider that another package adds. Raises ProviderError where it cannot run."""
    try:
        PROVIDERS[name].check()
    except Exception as error:  # it is no code of ours
        raise ProviderError(
            Message("provider.plugin-cannot-run", device=LABELS[name]),
            device=name,
            got=str(error) or type(error).__name__,
        ) from error
    return _as_asked(name)


def _as_asked(wanted: Device) -> Provider:
    """A device that somebody named and that works."""
    trial = trial_of(wanted)
    as_asked = Message("provider.as-asked", device=LABELS[wanted], **_times(trial))
    return Provider(wanted, as_asked, float16=trial.float16)


@lru_cache(maxsize=1)
def runtime_version() -> str:
    """Of ONNX Runtime."""
    return str(onnxruntime.__version__)


def cuda_problem() -> Problem | None:
    """Why CUDA cannot run on this machine; None when its libraries load. Looked up once."""
    return find_cuda_problem()


@lru_cache(maxsize=1)
def tensorrt_problem() -> Problem | None:
    """Why TensorRT cannot run on this machine; None when its libraries load. Looked up once."""
    return find_tensorrt_problem()


@lru_cache(maxsize=8)
def trial_of(name: Device) -> Trial:
    """How a device did against the CPU. Tried once; a failure is tried again."""
    return try_device(name)


def _quicker() -> Provider:
    problem = cuda_problem()
    if problem is not None:
        return Provider("cpu", Message("provider.cpu-without-cuda", problem=problem))
    try:
        trial = trial_of("cuda")
    except ProviderError as error:
        failed = "provider.cpu-because" if "problem" in error.facts else "provider.cpu-after-error"
        return Provider("cpu", Message(failed, error=error, problem=error.facts.get("problem")))
    if trial.device_ms >= trial.cpu_ms:
        return Provider("cpu", Message("provider.cpu-is-quicker", **_times(trial)))
    quicker = Message("provider.cuda-is-quicker", **_times(trial))
    return Provider("cuda", quicker, may_fall_back=True, float16=trial.float16)


def _times(trial: Trial) -> dict[str, object]:
    """The facts of a trial."""
    precision = Message("provider.half-precision" if trial.float16 else "provider.full-precision")
    return {"device_ms": _ms(trial.device_ms), "cpu_ms": _ms(trial.cpu_ms), "precision": precision}


def _ms(value: float) -> str:
    return f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"
