"""Opens ONNX Runtime sessions, on the provider that was asked for or not at all."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnxruntime as ort
from platformdirs import user_cache_path

from ar_effects.errors import ModelError, ProviderError
from ar_effects.inference.float16 import to_half
from ar_effects.inference.manifest import NetworkEntry
from ar_effects.inference.provider_types import (
    CPU,
    CUDA,
    LABELS,
    PROVIDERS,
    TENSORRT,
    Device,
    Problem,
    Provider,
)
from ar_effects.messages import Message
from ar_effects.reasons import ProviderErrorReason

CPU_THREADS = 1
"""Measured (benchmarks/threads.py): the networks are so small that waking a second thread costs more than it
does, unless it spins between frames and burns a core. One thread also makes results repeatable."""

QUIET = 4
"""ONNX Runtime's severity "fatal": it prints to stderr what we say in words."""

MAX_BATCH = 8
"""Pictures a device takes at once; TensorRT builds its engines for up to so many."""

USUAL_RANGE = (-127 / 128, 1.0)
"""Of RGB values, as EfficientNet-Lite takes them: (x - 127) / 128."""

GRAPH_REFUSED = "graph capture"
"""In ONNX Runtime's message when a network cannot be recorded, because part of it runs on the CPU."""

CUDA_OPTIONS = {
    "device_id": "0",
    # The default times every algorithm at the start and takes the quickest, which may be another one, with
    # other last digits, the next time.
    "cudnn_conv_algo_search": "HEURISTIC",
    # Its default rounds float32 to 11 bits inside convolutions. Who wants that takes half precision.
    "use_tf32": "0",
    "arena_extend_strategy": "kSameAsRequested",
}


def open_cpu(entry: NetworkEntry, data: bytes, threads: int | None = None) -> Any:
    """A session on the CPU.

    Raises:
        ModelError: ONNX Runtime does not take the file.
    """
    try:
        return _open(data, [CPU], threads)
    except Exception as error:  # ONNX Runtime's exceptions share no base class
        raise ModelError(
            Message("network.not-loaded", path=entry.path, version=ort.__version__),
            got=str(error).splitlines()[0],
        ) from error


def read_file(path: Path) -> tuple[NetworkEntry, bytes]:
    """A network that no manifest lists, as its own file describes it, and the file's bytes.

    Args:
        path: an ONNX file; its metadata may have ``input_range``, such as "-1.0 1.0", of RGB values; without
            it the range is ``USUAL_RANGE``.

    Raises:
        ModelError: it cannot be read, or is no network that takes pictures.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            Message("network.file-unreadable", path=path),
            got=error.strerror or str(error),
            fix=Message("hint.check-the-name"),
        ) from error
    entry = NetworkEntry(path.stem, path, hashlib.sha256(data).hexdigest(), {}, {}, USUAL_RANGE)
    session = open_cpu(entry, data)
    inputs, outputs = (
        {one.name: tuple(one.shape) for one in some} for some in (session.get_inputs(), session.get_outputs())
    )
    shapes = list(inputs.values())
    # Sizes that are free have a name, or none; only how many pictures may be free.
    if len(shapes) != 1 or len(shapes[0]) != 4 or [type(n) for n in shapes[0][1:]] != [int] * 3:
        raise ModelError(Message("network.takes-no-pictures", path=path), got=str(inputs))
    text = session.get_modelmeta().custom_metadata_map.get("input_range", "")
    try:
        low, high = map(float, text.replace(",", " ").split()) if text else USUAL_RANGE
    except ValueError:
        raise ModelError(Message("network.range-unreadable", path=path), got=repr(text)) from None
    return replace(entry, inputs=inputs, outputs=outputs, input_range=(low, high)), data


def open_device(entry: NetworkEntry, data: bytes, provider: Provider) -> tuple[Any, bool]:
    """A session on the provider's device, and whether it records CUDA graphs.

    Raises:
        ProviderError: the device's libraries load but it refuses this network; what it said is in ``what``.
        ModelError: the network cannot be brought to half precision.
    """
    name = provider.name
    plugin = PROVIDERS.find(name)
    if plugin is not None and plugin.ort_name not in ort.get_available_providers():
        raise ProviderError(
            Message("provider.built-without-plugins", ort_name=plugin.ort_name, device=plugin.label),
            device=name,
            reason=ProviderErrorReason.NOT_BUILT_IN,
        )
    if provider.float16:
        data = to_half(data, entry.name)
    # Whatever the libraries load and log before a session exists goes to the default logger.
    ort.set_default_logger_severity(QUIET)
    graphs = provider.graphs and name == "cuda"
    try:
        try:
            session = _open(data, _providers(entry, provider, graphs=graphs))
        except Exception as error:
            if not graphs or GRAPH_REFUSED not in str(error):
                raise
            graphs = False
            session = _open(data, _providers(entry, provider, graphs=False))
    except Exception as error:
        raise device_error(name, error) from error
    wanted = provider.ort_names[0]
    if session.get_providers()[0] != wanted:
        fallen = Message(
            "provider.fell-back", device=LABELS[name], providers=", ".join(session.get_providers())
        )
        raise Problem(fallen, reason=ProviderErrorReason.FAILED).error(name)
    return session, graphs


def device_error(name: Device, error: Exception) -> ProviderError:
    """What ONNX Runtime raised about a device, in one sentence; its own text is a page."""
    problem = _problem(LABELS[name], str(error))
    if name in PROVIDERS:  # what is to be done is known of ours only
        problem = replace(problem, given_fix=Message("provider.check-device"))
    return problem.error(name)


def _problem(device: str, message: str) -> Problem:
    """What ONNX Runtime means: it gives nothing but a text."""
    low = message.lower()
    if "out of memory" in low or "failed to allocate memory" in low or "cuda failure 2:" in low:
        return Problem(
            Message("provider.out-of-memory", device=device), reason=ProviderErrorReason.OUT_OF_MEMORY
        )
    found = re.search(r"(CUDA|CUDNN\w*|CUBLAS\w*|CURAND\w*) failure (-?\d+)\s*:\s*([^;\n]+)", message)
    if found:
        library = found[1].split("_")[0].replace("CUDNN", "cuDNN").replace("CUBLAS", "cuBLAS")
        return Problem(
            Message(
                "provider.library-failed",
                device=device,
                library=library,
                number=found[2],
                reason=found[3].strip(),
            ),
            reason=ProviderErrorReason.FAILED,
        )
    if "cudnn" in low and ("not available" in low or "unavailable" in low):
        return Problem(Message("provider.no-cudnn", device=device), reason=ProviderErrorReason.LIBRARY)
    if not message.strip():
        return Problem(Message("provider.failed-silently", device=device), reason=ProviderErrorReason.FAILED)
    line = message.strip().splitlines()[0]
    line = re.sub(r"^(?:\[ONNXRuntimeError\] : \d+ : \w+ : |/\S+ )+", "", line)
    return Problem(
        Message("provider.device-failed", device=device, reason=line[:160]), reason=ProviderErrorReason.FAILED
    )


def _open(data: bytes, providers: list[Any], threads: int | None = None) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or CPU_THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    # Spinning threads would burn a whole core between frames for a gain of microseconds.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Its fall-back to the CPU prints, and keeps from us that a device failed.
    return ort.InferenceSession(data, options, providers=providers, enable_fallback=0)


def _providers(entry: NetworkEntry, provider: Provider, *, graphs: bool) -> list[Any]:
    plugin = PROVIDERS.find(provider.name)
    if plugin is not None:
        own = (plugin.ort_name, dict(plugin.options(entry)))
        return [own] if plugin.ort_name == CPU else [own, CPU]
    cuda = (CUDA, {**CUDA_OPTIONS, "enable_cuda_graph": str(int(graphs))})
    if provider.name == "cuda":
        return [cuda, CPU]
    return [(TENSORRT, _tensorrt_options(entry, float16=provider.float16)), cuda, CPU]


def _tensorrt_options(entry: NetworkEntry, *, float16: bool) -> dict[str, str]:
    ((name, shape),) = entry.inputs.items()
    sizes = "x".join(str(s) for s in shape[1:])
    options = {
        "device_id": "0",
        "trt_fp16_enable": str(int(float16)),
        "trt_profile_min_shapes": f"{name}:1x{sizes}",
        "trt_profile_opt_shapes": f"{name}:1x{sizes}",
        "trt_profile_max_shapes": f"{name}:{MAX_BATCH}x{sizes}",
    }
    folder = engine_cache()
    if folder:
        options |= {
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(folder),
            "trt_engine_cache_prefix": f"{entry.name}_{entry.sha256[:12]}_{'half' if float16 else 'full'}",
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": str(folder),
        }
    return options


def engine_cache() -> Path | None:
    """Where TensorRT keeps the engines it builds, which takes it a minute; None where nothing can be kept.

    One folder a version of ONNX Runtime: an engine of another TensorRT is refused or, worse, taken.
    """
    folder = user_cache_path("ar-effects", appauthor=False) / "tensorrt" / f"onnxruntime-{ort.__version__}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
