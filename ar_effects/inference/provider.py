"""Which ONNX Runtime execution provider runs the networks, and why that one."""

from __future__ import annotations

from functools import lru_cache

import onnxruntime

from ar_effects.errors import ProviderError
from ar_effects.inference.cuda_diagnostics import Problem, find_cuda_problem, find_tensorrt_problem
from ar_effects.inference.provider_types import LABELS, OWN_NAMES, PROVIDERS, Device, Provider, ProviderName
from ar_effects.inference.timing import Trial, try_device

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
        return Provider("cpu", "Networks run on the CPU, as asked.")
    if wanted == "auto":
        return _quicker()
    if wanted not in OWN_NAMES and wanted in PROVIDERS:
        return _of_plugin(wanted)
    if wanted not in ("cuda", "tensorrt"):  # a tuple: what cannot be hashed gets the message, too
        if isinstance(wanted, str) and (left_out := PROVIDERS.problem(wanted)):
            raise ProviderError(f"{left_out}", fix="Update that package, or use provider cpu")
        *names, last = *OWN_NAMES, *PROVIDERS
        raise ProviderError(
            f"There is no provider {wanted!r}",
            expected=f"{', '.join(names)} or {last}",
            fix="Choose one of them",
        )
    problem = tensorrt_problem() if wanted == "tensorrt" else cuda_problem()
    if problem is not None:
        raise ProviderError(
            f"{LABELS[wanted]} was asked for but cannot run, because {problem.what}",
            fix=f"{problem.advice}, or use provider cpu",
        )
    return _as_asked(wanted)


def _of_plugin(name: Device) -> Provider:
    """The provider that another package adds. Raises ProviderError where it cannot run."""
    try:
        PROVIDERS[name].check()
    except Exception as error:  # it is no code of ours
        raise ProviderError(
            f"{LABELS[name]} was asked for but cannot run",
            got=f"{error}" or type(error).__name__,
            fix="Use provider cpu",
        ) from error
    return _as_asked(name)


def _as_asked(wanted: Device) -> Provider:
    """A device that somebody named and that works."""
    trial = trial_of(wanted)
    return Provider(
        wanted,
        f"Networks run on {LABELS[wanted]}, as asked: {_ms(trial.device_ms)} a face in {_precision(trial)}, "
        f"the CPU takes {_ms(trial.cpu_ms)}.",
        float16=trial.float16,
    )


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
        return Provider("cpu", f"Networks run on the CPU, because {problem.what}; for CUDA, {problem.fix}.")
    try:
        trial = trial_of("cuda")
    except ProviderError as error:
        advice = error.fix.removesuffix(", or use provider cpu")
        advice = f"; {advice[:1].lower()}{advice[1:]}" if advice else ""
        return Provider("cpu", f"Networks run on the CPU, because {error.what}{advice}.")
    if trial.device_ms >= trial.cpu_ms:
        return Provider(
            "cpu",
            f"Networks run on the CPU, because it is the quicker here: {_ms(trial.cpu_ms)} a face, "
            f"CUDA takes {_ms(trial.device_ms)}.",
        )
    return Provider(
        "cuda",
        f"Networks run on CUDA, because it is the quicker here: {_ms(trial.device_ms)} a face in "
        f"{_precision(trial)}, the CPU takes {_ms(trial.cpu_ms)}.",
        may_fall_back=True,
        float16=trial.float16,
    )


def _ms(value: float) -> str:
    return f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"


def _precision(trial: Trial) -> str:
    return "half precision" if trial.float16 else "full precision"
