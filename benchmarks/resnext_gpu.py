"""``python -m benchmarks.resnext_gpu --out FILE``: what training the networks costs on one graphics card.

For each network pictures/s of a whole training step (forward, 1/k softmax, backward, SGD with momentum;
bfloat16 by autocast with float32 weights, channels last), peak memory, the largest batch, all that again with
blocks computed a second time on the way back, and whether the loss falls; then DDP with one process,
gradients of the processor against the card's in float32, and how many pictures a second the processor's cores
decode. Pictures are noise: the arithmetic does not look at them. Each part has a process of its own, so that
what fails leaves the rest; results are written after every part.

It needs torch, numpy and OpenCV, and nothing else of ours but ``ar_effects.training.networks``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ar_effects.training.networks.resnext import RESNEXT_PLANS, SMALL, ResNeXt

CLASSES = 1500
"""Tags of the paper's vocabulary for ImageNet."""

PUBLISHED = tuple(f"resnext101_32x{width}d" for width in (8, 16, 32, 48))
TAGS_A_PICTURE = 4
RESERVE = 0.96
"""How much of the predicted largest batch is tried."""

ALLOCATOR = {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}
"""Memory given back by one batch can be taken by a larger one."""

Record = dict[str, Any]


class Trainer:
    """One network with its optimiser, and a batch of noise."""

    def __init__(self, name: str, device: str, *, checkpointed: bool = False) -> None:
        torch.manual_seed(0)
        plan = RESNEXT_PLANS[name]
        self.device, self.side = device, plan.side
        with torch.device(device):
            network = ResNeXt(plan, CLASSES, checkpointed=checkpointed)
        self.network: nn.Module = network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(self.network.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)

    def batch(self, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(size, 3, side, side) pictures and (size, CLASSES) targets, 1/k at k tags each."""
        generator = torch.Generator(self.device).manual_seed(1)
        at = {"device": self.device, "generator": generator}
        pictures = torch.randn(size, 3, self.side, self.side, **at)
        tags = torch.rand(size, CLASSES, **at).topk(TAGS_A_PICTURE).indices
        targets = torch.zeros(size, CLASSES, device=self.device).scatter_(1, tags, 1.0 / TAGS_A_PICTURE)
        return pictures.to(memory_format=torch.channels_last), targets

    def step(self, pictures: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """One whole step; gives the loss without waiting for it."""
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device, torch.bfloat16):
            logits = self.network(pictures)
        loss = functional.cross_entropy(logits.float(), targets)
        loss.backward()
        self.optimiser.step()
        return loss.detach()

    def wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()


def is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error).lower()


def timed(trainer: Trainer, size: int, seconds: float, call: Callable[..., Any], least: int = 3) -> Record:
    """Pictures/s of a call on one batch and its peak memory; ``fits`` is false where there is too little.

    Args:
        trainer: gives the batch.
        size: pictures in it.
        seconds: how long to measure.
        call: takes the batch.
        least: calls before the measurement, in which cuDNN tries its algorithms, and in it.
    """
    if trainer.device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        batch = trainer.batch(size)
        for _ in range(least):
            call(*batch)
        trainer.wait()
        start, count = time.perf_counter(), 0
        while count < least or time.perf_counter() - start < seconds:
            call(*batch)
            trainer.wait()
            count += 1
        took = time.perf_counter() - start
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return {"batch": size, "fits": False}
    peak = torch.cuda.max_memory_allocated() / 2**30 if trainer.device == "cuda" else 0.0
    reserved = torch.cuda.max_memory_reserved() / 2**30 if trainer.device == "cuda" else 0.0
    return {
        "batch": size,
        "fits": True,
        "pictures_per_s": round(count * size / took, 1),
        "step_ms": round(1000 * took / count, 2),
        "steps": count,
        "peak_gib": round(peak, 2),
        "reserved_gib": round(reserved, 2),
    }


def largest_predicted(runs: list[Record], total_gib: float) -> int:
    """The batch at which peak memory, a line through the last two that fit, reaches the card's."""
    fitting = [run for run in runs if run["fits"]][-2:]
    if len(fitting) < 2:
        return 0
    first, last = fitting
    slope = (last["peak_gib"] - first["peak_gib"]) / (last["batch"] - first["batch"])
    return int((first["batch"] + (total_gib - first["peak_gib"]) / max(slope, 1e-6)) * RESERVE) // 8 * 8


def sweep(trainer: Trainer, sizes: list[int], seconds: float, until: float) -> list[Record]:
    """Batches from small to large until one does not fit, and then the largest that should."""
    runs: list[Record] = []
    for size in sizes:
        if time.monotonic() > until:
            break
        runs.append(timed(trainer, size, seconds, trainer.step))
        if not runs[-1]["fits"]:
            break
    if trainer.device == "cuda" and time.monotonic() < until:
        total = torch.cuda.get_device_properties(0).total_memory / 2**30
        size = largest_predicted(runs, total - 1.5)
        best = max((run for run in runs if run["fits"]), key=lambda run: run["batch"], default=None)
        if best and size > best["batch"] and 2.5 * size / best["pictures_per_s"] < until - time.monotonic():
            runs.append(timed(trainer, size, 0.0, trainer.step, least=1))
    return runs


def part_network(name: str, device: str, seconds: float, budget_s: float) -> Record:
    """One network, plain and with blocks computed again; told after each step, as the rest may not end."""
    until = time.monotonic() + budget_s
    found: Record = {}
    for measure in (_measure_plain, _measure_checkpointed):
        for _ in measure(found, name, device, seconds, until):
            print(json.dumps(found), flush=True)
        if device == "cuda":
            torch.cuda.empty_cache()
    return found


def _measure_plain(found: Record, name: str, device: str, seconds: float, until: float) -> Iterator[None]:
    trainer = Trainer(name, device)
    found["parameters"] = sum(p.numel() for p in trainer.network.parameters())
    batch = trainer.batch(32 if device == "cuda" else 4)
    losses = [float(trainer.step(*batch)) for _ in range(12)]
    found["loss_first"], found["loss_last"] = losses[0], losses[-1]
    del batch
    yield
    sizes = [32, 64, 128, 256, 512] if device == "cuda" else [2, 4]
    found["plain"] = sweep(trainer, sizes, seconds, until - 0.35 * (until - time.monotonic()))
    found["largest_plain_batch"] = max((run["batch"] for run in found["plain"] if run["fits"]), default=0)
    yield

    def forward(pictures: torch.Tensor, _targets: torch.Tensor) -> None:
        with torch.no_grad(), torch.autocast(device, torch.bfloat16):
            trainer.network(pictures)

    trainer.network.eval()
    found["forward_only"] = timed(trainer, 128 if device == "cuda" else 4, seconds, forward)
    yield


def _measure_checkpointed(
    found: Record, name: str, device: str, seconds: float, until: float
) -> Iterator[None]:
    trainer = Trainer(name, device, checkpointed=True)
    sizes = [64, 128, 256, 512] if device == "cuda" else [4]
    found["checkpointed"] = sweep(trainer, sizes, seconds, until)
    fitting = [run["batch"] for run in found["checkpointed"] if run["fits"]]
    found["largest_checkpointed_batch"] = max(fitting, default=0)
    yield


def part_choices(name: str, device: str, seconds: float, budget_s: float) -> Record:
    """What the choices of the sweep bring: layout, precision, fewer launches, compilation."""
    until = time.monotonic() + budget_s
    size = 64 if device == "cuda" else 4
    trainer = Trainer(name, device)
    found: Record = {"batch": size, "bfloat16_channels_last": timed(trainer, size, seconds, trainer.step)}

    def contiguous(pictures: torch.Tensor, targets: torch.Tensor) -> None:
        trainer.step(pictures.contiguous(), targets)

    def full(pictures: torch.Tensor, targets: torch.Tensor) -> None:
        trainer.optimiser.zero_grad(set_to_none=True)
        functional.cross_entropy(trainer.network(pictures), targets).backward()
        trainer.optimiser.step()

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    found["tf32_channels_last"] = timed(trainer, size, seconds, full)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    found["float32_channels_last"] = timed(trainer, size, seconds, full)
    trainer.network.to(memory_format=torch.contiguous_format)
    found["bfloat16_contiguous"] = timed(trainer, size, seconds, contiguous)
    trainer.network.to(memory_format=torch.channels_last)
    print(json.dumps(found), flush=True)
    if time.monotonic() < until:
        start = time.perf_counter()
        trainer.network = torch.compile(trainer.network)
        trainer.step(*trainer.batch(size))
        trainer.wait()
        found["compile_s"] = round(time.perf_counter() - start, 1)
        found["compiled"] = timed(trainer, size, seconds, trainer.step)
    return found


@contextmanager
def one_process_group(device: str) -> Iterator[None]:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29517", "RANK": "0", "WORLD_SIZE": "1"}
    torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


def part_ddp(name: str, device: str, seconds: float, _budget_s: float) -> Record:
    """DDP with one process: the same losses, and what its bookkeeping costs."""
    size = 64 if device == "cuda" else 4
    found: Record = {"batch": size}
    losses = []
    with one_process_group(device):
        for wrapped in (False, True):
            trainer = Trainer(name, device)
            if wrapped:
                trainer.network = nn.parallel.DistributedDataParallel(
                    trainer.network, gradient_as_bucket_view=True, static_graph=True
                )
            batch = trainer.batch(size)
            losses.append([float(trainer.step(*batch)) for _ in range(5)])
            found["ddp" if wrapped else "alone"] = timed(trainer, size, seconds, trainer.step)
            del trainer, batch
    found["losses_alone"], found["losses_ddp"] = losses
    return found


def part_gradients(_name: str, device: str, _seconds: float, _budget_s: float) -> Record:
    """Gradients of the small network in float32 on processor and card, and how far they are from exact."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.manual_seed(0)
    plan = RESNEXT_PLANS[SMALL]
    network = ResNeXt(plan, CLASSES)
    for module in network.modules():  # zero scales would hide what lies before them
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
    pictures = torch.randn(16, 3, plan.side, plan.side)
    targets = torch.rand(16, CLASSES).softmax(1)
    gradients: dict[str, list[torch.Tensor]] = {}
    losses = {}
    for where, kind in (("cpu", torch.float64), ("cpu", torch.float32), (device, torch.float32)):
        network.zero_grad(set_to_none=True)
        moved = network.to(where, kind)
        loss = functional.cross_entropy(moved(pictures.to(where, kind)), targets.to(where, kind))
        loss.backward()
        key = f"{where}_{kind}".replace("torch.", "")
        losses[key] = loss.item()
        gradients[key] = [p.grad.double().cpu().flatten() for p in moved.parameters()]
    exact = torch.cat(gradients.pop("cpu_float64"))
    away = {key: float((torch.cat(g) - exact).norm() / exact.norm()) for key, g in gradients.items()}
    apart = [torch.cat(g) for g in gradients.values()]
    return {
        "network": SMALL,
        "losses": losses,
        "distance_from_float64": away,
        "distance_from_each_other": float((apart[0] - apart[-1]).norm() / exact.norm()),
    }


def _decode(seconds: float) -> float:
    """Pictures/s of one core: a JPEG of 640x480 decoded and brought to 224x224."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (30, 40, 3), np.uint8)
    picture = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    picture = cv2.add(picture, rng.integers(0, 24, picture.shape, np.uint8))
    data: Any = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        decoded: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
        cv2.resize(decoded[:, 80:560], (224, 224), interpolation=cv2.INTER_AREA)
        count += 1
    return count / (time.perf_counter() - start)


def part_decoding(_name: str, _device: str, seconds: float, _budget_s: float) -> Record:
    """One core, and as many processes as there are cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    alone = _decode(seconds)
    with ProcessPoolExecutor(cores) as pool:
        together = sum(pool.map(_decode, [seconds] * cores))
    return {"cores": cores, "one_core_per_s": round(alone, 1), "all_cores_per_s": round(together, 1)}


PARTS: dict[str, Callable[[str, str, float, float], Record]] = {
    "network": part_network,
    "choices": part_choices,
    "ddp": part_ddp,
    "gradients": part_gradients,
    "decoding": part_decoding,
}


def facts(device: str) -> Record:
    """Where this runs."""
    found: Record = {"python": platform.python_version(), "torch": torch.__version__, "device": device}
    if device == "cuda":
        card = torch.cuda.get_device_properties(0)
        found |= {
            "card": card.name,
            "memory_gib": round(card.total_memory / 2**30, 2),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
        }
    return found


def run_part(part: str, name: str, options: argparse.Namespace, limit_s: float) -> Record:
    """One part in a process of its own; what went wrong is a result, too."""
    command = [sys.executable, "-m", "benchmarks.resnext_gpu", "--part", part, "--network", name]
    command += [
        "--device",
        options.device,
        "--seconds",
        str(options.seconds),
        "--budget-s",
        str(limit_s * 0.8),
    ]
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit_s, check=False, env=os.environ | ALLOCATOR
        )
        printed, wrong = done.stdout, "" if done.returncode == 0 else done.stderr[-800:]
    except subprocess.TimeoutExpired as error:
        printed = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        wrong = f"not done within {limit_s:.0f} s"
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    found: Record = json.loads(lines[-1]) if lines else {}
    if wrong:
        found["failed"] = wrong
    return found | {"took_s": round(time.perf_counter() - start, 1)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resnext_gpu", description=__doc__)
    parser.add_argument("--out", type=Path, help="the JSON file")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--networks", nargs="*", default=list(PUBLISHED))
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each figure is measured")
    parser.add_argument("--limit-s", type=float, default=330.0, help="of everything")
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--network", default=SMALL)
    parser.add_argument("--budget-s", type=float, default=60.0)
    options = parser.parse_args()
    if options.part:
        torch.backends.cudnn.benchmark = options.part != "gradients"
        measure = PARTS[options.part]
        print(json.dumps(measure(options.network, options.device, options.seconds, options.budget_s)))
        return 0
    if options.out is None:
        parser.error("--out is missing")
    end = time.monotonic() + options.limit_s
    results: Record = {"classes": CLASSES, "networks": {}}
    record = {
        "command": f"python -m benchmarks.resnext_gpu --out {options.out}",
        "machine": facts(options.device),
    }
    todo = [("gradients", SMALL, 40.0), ("decoding", SMALL, 20.0), ("ddp", options.networks[0], 40.0)]
    todo[1:1] = [("network", name, 55.0) for name in options.networks]
    todo.append(("choices", options.networks[0], 120.0))
    for part, name, limit_s in todo:
        left = end - time.monotonic()
        if left < 8:
            found: Record = {"failed": "no time was left"}
        else:
            found = run_part(part, name, options, min(limit_s, left))
        if part == "network":
            results["networks"][name] = found
        else:
            results[part] = found
        words = json.dumps({**record, "figures": results}, indent=1)
        options.out.write_text(words + "\n", encoding="utf-8")
        print(part, name, json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
