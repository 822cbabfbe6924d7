"""Networks as ONNX files that the app runs: the same within 1e-4, and smaller ones with their loss measured.

float16 stores the weights in half precision and computes as before: half the file. int8 quantises weights (a
scale for each channel) and what flows between layers, with scales from pictures of the person (Jacob et al.,
"Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018,
arXiv 1712.05877): a quarter of the file.
"""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from ar_effects.errors import SourceError, TrainingError
from ar_effects.media.pictures import read
from ar_effects.messages import Message
from ar_effects.training.networks.checkpoints import IMAGENET_CLASSES, Trained
from ar_effects.training.networks.lite_plan import INPUT_RANGE
from ar_effects.training.networks.resnext import MEAN, STD, ResNeXt
from ar_effects.writing import write_bytes

Precision = Literal["float32", "float16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "int8")

PARITY = 1e-4
"""How far an output may be from torch's, of its largest value, or of one where that is less."""

LARGEST_FILE = 2**31 - 1
"""Bytes of an ONNX file: protobuf's limit."""

LEAST_PICTURES = 8
"""To take int8's scales from."""

_SMALL = 1024
"""Numbers of a constant below which it stays float32: biases, limits, scales."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Loss:
    """How a written file differs from torch's float32 network on the same pictures.

    Attributes:
        largest: difference of an output, of the largest output.
        same_first: share of pictures whose first class is the same.
        least_cosine: between the embeddings of a picture, of the worst picture.
        pictures: how many were compared.
        size: of the file, bytes.
    """

    largest: float
    same_first: float
    least_cosine: float
    pictures: int
    size: int


class _Exported(nn.Module):
    """What is written: pictures in the file's range -> embedding and logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.is_resnext = isinstance(network, ResNeXt)
        if self.is_resnext:
            self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
            self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        if self.is_resnext:
            picture = (picture - self.mean) / self.std
        embedding = self.network.embed(picture)
        return embedding, (self.network.fc if self.is_resnext else self.network._fc)(embedding)  # noqa: SLF001


def input_range(trained: Trained) -> tuple[float, float]:
    """Of the RGB values that the written file takes."""
    return (0.0, 1.0) if isinstance(trained.network, ResNeXt) else INPUT_RANGE


def export(
    trained: Trained, target: Path, precision: Precision = "float32", pictures: Array | None = None
) -> Loss:
    """Write a network as an ONNX file: ``picture`` (n, 3, side, side) to ``embedding`` and ``logits``.

    The last is called ``tags`` where it is not ImageNet's 1000 classes. The file's metadata tells
    ``input_range`` and, where they are known, ``tags`` (a JSON list).

    Args:
        trained: the network.
        target: the file; replaced if it exists.
        precision: of the weights, and with int8 of the computation, too.
        pictures: (n, 3, side, side) in ``input_range``: what parity and loss are measured on, and int8's
            scales come from; made-up ones where None.

    Returns:
        What was lost.

    Raises:
        TrainingError: outputs differ from torch's by more than ``PARITY``; too few pictures for int8; or the
            file would be too large.
        SinkError: it cannot be written; what stood there is untouched.
    """
    if precision == "int8" and (pictures is None or len(pictures) < LEAST_PICTURES):
        found = 0 if pictures is None else len(pictures)
        raise TrainingError(Message("train.too-few-pictures", least=LEAST_PICTURES, found=found))
    if pictures is None:
        pictures = made_up(trained, 4)
    exported = _Exported(trained.network).eval()
    wanted = _torch_outputs(exported, pictures)
    model = _onnx(exported, trained)
    # Half weights are another network: parity is asked of the graph with whole ones, where it fits a file.
    if precision != "float16" or model.ByteSize() <= LARGEST_FILE:
        plain = _serialised(model, target)
        loss = _compared(plain, pictures, wanted)
        if not loss.largest <= PARITY:
            name = trained.name or target.stem
            raise TrainingError(Message("train.export-differs", name=name, largest=loss.largest, bar=PARITY))
        if precision == "float32":
            write_bytes(target, plain)
            return loss
    if precision == "float16":
        data = _serialised(_with_half_weights(model), target)
    else:
        data = _quantised(model, pictures)
    loss = _compared(data, pictures, wanted)
    write_bytes(target, data)
    return loss


def read_pictures(trained: Trained, folder: Path, at_most: int) -> Array:
    """The first pictures of a folder and of those in it, in the range that the written file takes.

    Args:
        trained: the network that will see them.
        folder: what cannot be read as a picture is passed over.
        at_most: how many.

    Returns:
        (n, 3, side, side) float32, as ``hashtags.backbone`` brings them to that size.

    Raises:
        TrainingError: there is none.
    """
    side, (low, high) = trained.plan.side, input_range(trained)
    found: list[Array] = []
    for path in sorted(folder.rglob("*")):
        if len(found) == at_most:
            break
        try:
            bgr = read(path).bgr
        except SourceError:
            continue
        is_larger = max(bgr.shape[:2]) > side
        small: Any = cv2.resize(
            bgr, (side, side), interpolation=cv2.INTER_AREA if is_larger else cv2.INTER_CUBIC
        )
        found.append(
            np.asarray(small[..., ::-1].transpose(2, 0, 1) * ((high - low) / 255.0) + low, np.float32)
        )
    if not found:
        raise TrainingError(Message("train.no-pictures", folder=folder))
    return np.stack(found)


def made_up(trained: Trained, count: int) -> Array:
    """Pictures of smooth noise, (count, 3, side, side) in the file's range: what differs shows on them."""
    low, high = input_range(trained)
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 3, 8, 8, generator=generator)
    fine = torch.rand(count, 3, trained.plan.side, trained.plan.side, generator=generator)
    smooth = nn.functional.interpolate(coarse, trained.plan.side, mode="bilinear")
    return np.asarray((0.8 * smooth + 0.2 * fine) * (high - low) + low, np.float32)


def _torch_outputs(exported: nn.Module, pictures: Array) -> tuple[Array, Array]:
    with torch.no_grad():
        parts = [exported(torch.from_numpy(pictures[at : at + 1])) for at in range(len(pictures))]
    embeddings, logits = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    return embeddings, logits


def _onnx(exported: nn.Module, trained: Trained) -> onnx.ModelProto:
    last = "logits" if trained.classes == IMAGENET_CLASSES and not trained.tags else "tags"
    side = trained.plan.side
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch to itself
            program = torch.onnx.export(
                exported,
                (torch.zeros(2, 3, side, side),),
                dynamo=True,
                input_names=["picture"],
                output_names=["embedding", last],
                dynamic_shapes={"picture": {0: torch.export.Dim("pictures")}},
                verbose=False,
            )
    finally:
        logger.setLevel(before)
    model = program.model_proto
    low, high = input_range(trained)
    facts = {"input_range": f"{low} {high}"}
    if trained.tags:
        facts["tags"] = json.dumps(trained.tags, ensure_ascii=False)
    helper.set_model_props(model, facts)
    return model


def _serialised(model: onnx.ModelProto, target: Path) -> bytes:
    size = model.ByteSize()
    if size > LARGEST_FILE:
        raise TrainingError(Message("train.export-too-large", path=target, size=size, limit=LARGEST_FILE))
    return bytes(model.SerializeToString(deterministic=True))


def _with_half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network whose large constants are stored as float16 and widened when a session is opened."""
    found = onnx.ModelProto()
    found.CopyFrom(model)
    graph = found.graph
    casts = []
    for constant in graph.initializer:
        if constant.data_type != TensorProto.FLOAT or int(np.prod(constant.dims)) < _SMALL:
            continue
        values = np.clip(numpy_helper.to_array(constant), -65504.0, 65504.0).astype(np.float16)
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(values, f"{name}.float16"))
        casts.append(helper.make_node("Cast", [f"{name}.float16"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return found


class _Pictures(CalibrationDataReader):
    """Hands int8's calibration one picture after the other."""

    def __init__(self, pictures: Array) -> None:
        self._rest = iter(pictures)

    def get_next(self) -> dict[str, Array] | None:
        picture = next(self._rest, None)
        return None if picture is None else {"picture": picture[None]}


def _quantised(model: onnx.ModelProto, pictures: Array) -> bytes:
    quiet = warnings.catch_warnings(action="ignore")  # of onnxruntime to itself
    with quiet, tempfile.TemporaryDirectory(prefix="ar-effects-export-") as folder:
        plain, prepared, small = (
            Path(folder) / name for name in ("plain.onnx", "prepared.onnx", "int8.onnx")
        )
        onnx.save(model, plain)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            small,
            _Pictures(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        made = onnx.load(small)
    helper.set_model_props(made, {prop.key: prop.value for prop in model.metadata_props})
    return bytes(made.SerializeToString(deterministic=True))


def _compared(data: bytes, pictures: Array, wanted: tuple[Array, Array]) -> Loss:
    """What the file gives against what torch gave."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    run: Callable[..., list[Any]] = session.run
    parts = [run(None, {"picture": pictures[at : at + 1]}) for at in range(len(pictures))]
    embedding, logits = (np.concatenate(part) for part in zip(*parts, strict=True))
    differences = [
        float(np.abs(found - want).max() / max(1.0, np.abs(want).max()))
        for found, want in zip((embedding, logits), wanted, strict=True)
    ]
    lengths = np.linalg.norm(embedding, axis=1) * np.linalg.norm(wanted[0], axis=1)
    cosines = (embedding * wanted[0]).sum(1) / np.maximum(lengths, 1e-12)
    return Loss(
        largest=max(differences),
        same_first=float((logits.argmax(1) == wanted[1].argmax(1)).mean()),
        least_cosine=float(cosines.min()),
        pictures=len(pictures),
        size=len(data),
    )
